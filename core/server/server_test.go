package server_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// text is a log that is written by one goroutine and read by another.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// running is a server within the test.
type running struct {
	t    *testing.T
	dir  string
	port int
	log  *text
	end  context.CancelFunc
	code chan int
}

// start runs a server in dir on a free port and waits until it answers.
func start(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	r := launch(t, dir, args...)
	r.eventually("ready", func() bool { return strings.Contains(r.log.String(), "Ready to accept") })
	return r
}

// launch is start that does not wait.
func launch(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{t: t, dir: dir, port: port, log: &text{}, end: cancel, code: make(chan int, 1)}
	var file []string // of configuration, which has to come first
	if len(args) > 0 && filepath.IsAbs(args[0]) {
		file, args = args[:1], args[1:]
	}
	args = append(append(file[:len(file):len(file)], "--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", dir, "--loops", "2"), args...)
	go func() {
		r.code <- server.RunEmbedded(ctx, args, strings.NewReader(""), r.log, r.log, server.Embedding{Reserve: server.TestReserve})
	}()
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("log:\n%s", r.log)
		}
	})
	return r
}

func (r *running) eventually(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not reached: %s\n%s", what, r.log)
		}
	}
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func (r *running) dial() *redistest.Client {
	r.t.Helper()
	return redistest.MustDial(r.t, address(r.port))
}

// exit waits for the end and compares the exit code.
func (r *running) exit(want int) {
	r.t.Helper()
	select {
	case code := <-r.code:
		if code != want {
			r.t.Fatalf("exit code %d, want %d\n%s", code, want, r.log)
		}
	case <-time.After(20 * time.Second):
		r.t.Fatalf("the server does not end\n%s", r.log)
	}
}

func expect(t *testing.T, c *redistest.Client, want any, args ...any) {
	t.Helper()
	got, err := c.Do(args...)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v: %v, %v; want %v", args, got, err, want)
	}
}

// TestShutdownAndRestart: what SHUTDOWN SAVE and the end of the context save is
// there again; NOSAVE saves nothing.
func TestShutdownAndRestart(t *testing.T) {
	dir := t.TempDir()
	pidfile := filepath.Join(dir, "pid")
	r := start(t, dir, "--save", "", "--pidfile", pidfile)
	c := r.dial()
	if b, err := os.ReadFile(pidfile); err != nil || string(b) != fmt.Sprintln(os.Getpid()) {
		t.Errorf("pidfile: %q, %v", b, err)
	}
	expect(t, c, "OK", "SET", "a", "1")
	expect(t, c, "OK", "SET", "b", strings.Repeat("x", 100000), "PX", 1000000)
	c.Send("SHUTDOWN", "SAVE")
	r.exit(0)
	if _, err := os.Stat(pidfile); err == nil {
		t.Error("the pidfile is left")
	}

	r = start(t, dir, "--save", "3600 1")
	c = r.dial()
	expect(t, c, 2, "DBSIZE")
	expect(t, c, 100000, "STRLEN", "b")
	expect(t, c, "OK", "SET", "c", "2")
	c.Send("SHUTDOWN", "NOSAVE")
	r.exit(0)

	r = start(t, dir, "--save", "3600 1")
	c = r.dial()
	expect(t, c, 2, "DBSIZE")
	expect(t, c, "OK", "SET", "c", "2")
	r.end() // as SIGTERM
	r.exit(0)

	r = start(t, dir, "--save", "", "--enable-debug-command", "yes")
	c = r.dial()
	expect(t, c, 3, "DBSIZE")
	expect(t, c, "OK", "DEBUG", "RELOAD")
	expect(t, c, 3, "DBSIZE")
	expect(t, c, "1", "GET", "a")
	r.end()
	r.exit(0)
}

// TestShutdownRefused: a save that fails keeps the server alive, unless forced.
func TestShutdownRefused(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, "--save", "", "--enable-protected-configs", "yes")
	c := r.dial()
	if err := os.Mkdir(filepath.Join(dir, "taken"), 0o755); err != nil { // no file can be renamed to it
		t.Fatal(err)
	}
	expect(t, c, "OK", "CONFIG", "SET", "dbfilename", "taken")
	got, err := c.Do("SHUTDOWN", "SAVE")
	if _, refused := got.(redistest.Error); err != nil || !refused {
		t.Errorf("SHUTDOWN that cannot save: %v, %v", got, err)
	}
	expect(t, c, "PONG", "PING")
	c.Send("SHUTDOWN", "SAVE", "FORCE")
	r.exit(0)
}

// TestPort: CONFIG SET port listens there, or goes on where it listened.
func TestPort(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "")
	c := r.dial()
	free, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	expect(t, c, "OK", "CONFIG", "SET", "port", free)
	expect(t, redistest.MustDial(t, address(free)), "PONG", "PING")
	if nc, err := net.Dial("tcp", address(r.port)); err == nil {
		nc.Close()
		t.Error("the old port is still open")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	got, err := c.Do("CONFIG", "SET", "port", taken.Addr().(*net.TCPAddr).Port)
	if _, refused := got.(redistest.Error); err != nil || !refused {
		t.Errorf("a taken port: %v, %v", got, err)
	}
	expect(t, redistest.MustDial(t, address(free)), "PONG", "PING")
	expect(t, c, fmt.Sprint([]string{"port", fmt.Sprint(free)}), "CONFIG", "GET", "port")
	r.end()
	r.exit(0)
}

// TestPasswordAndClients: requirepass and maxclients hold for new clients.
func TestPasswordAndClients(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--requirepass", "secret", "--maxclients", "2")
	c := r.dial()
	expect(t, c, "NOAUTH Authentication required.", "PING")
	expect(t, c, "WRONGPASS invalid username-password pair or user is disabled.", "AUTH", "no")
	expect(t, c, "OK", "AUTH", "secret")
	expect(t, c, "PONG", "PING")
	r.dial().Do("PING")
	third := r.dial()
	if got, err := third.Receive(); err != nil || got != redistest.Error("ERR max number of clients reached") {
		t.Errorf("the third client: %v, %v", got, err)
	}
	expect(t, c, "OK", "CONFIG", "SET", "requirepass", "")
	expect(t, c, "OK", "CONFIG", "SET", "maxclients", "100")
	expect(t, r.dial(), "PONG", "PING")
	r.end()
	r.exit(0)
}

// TestSavePoint: changes are saved in the background when a point is reached.
func TestSavePoint(t *testing.T) {
	dir := t.TempDir()
	r := start(t, dir, "--save", "1 2")
	c := r.dial()
	expect(t, c, "OK", "MSET", "a", "1", "b", "2")
	r.eventually("a file", func() bool {
		_, err := os.Stat(filepath.Join(dir, "dump.rdb"))
		return err == nil
	})
	r.eventually("success in INFO", func() bool {
		return strings.Contains(fmt.Sprint(c.Must(t, "INFO", "persistence")), "rdb_changes_since_last_save:0")
	})
	c.Send("SHUTDOWN", "NOSAVE")
	r.exit(0)
}

// TestLimitWhileFreeing: with memory over the limit, nothing to evict and values
// that wait to be freed, clients and the sweeper free them instead of waiting
// for each other.
func TestLimitWhileFreeing(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes")
	c := r.dial()
	expect(t, c, "OK", "DEBUG", "POPULATE", "100000")
	for i := range 8 {
		c.Must(t, "SETRANGE", fmt.Sprint("big", i), "3000000", "x")
		c.Must(t, "SET", fmt.Sprint("solid", i), strings.Repeat("x", 3<<20))
	}
	expect(t, c, "OK", "DEBUG", "PAUSE-CRON", "1") // keeps the sweeper from freeing
	expect(t, c, "OK", "FLUSHALL", "ASYNC")
	expect(t, c, "OK", "CONFIG", "SET", "maxmemory", "1000")
	for range 20 {
		expect(t, c, "PONG", "PING")
		if _, err := c.Do("SET", "a", "b"); err != nil {
			t.Fatal(err)
		}
	}
	r.end()
	r.exit(0)
}

// TestUnixSocket serves on a path, with its mode.
func TestUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	r := start(t, t.TempDir(), "--save", "", "--unixsocket", path, "--unixsocketperm", "700")
	nc, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	expect(t, redistest.NewClient(nc), "PONG", "PING")
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", fi.Mode(), err)
	}
	r.end()
	r.exit(0)
}

// TestRefusals: what cannot start says why and ends with 1.
func TestRefusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	corrupt := t.TempDir()
	if err := os.WriteFile(filepath.Join(corrupt, "dump.rdb"), []byte("REDIS0010\xff12345678"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--no-such", "1"}, "Bad directive"},
		{[]string{"--maxmemory", "lots"}, "maxmemory"},
		{[]string{"/no/such/file.conf"}, "can't open config file"},
		{[]string{"--port", fmt.Sprint(taken.Addr().(*net.TCPAddr).Port), "--bind", "127.0.0.1"}, "Address already in use"},
		{[]string{"--port", "0", "--dir", corrupt}, "Fatal error loading the DB"},
	} {
		var log text
		code := server.Run(context.Background(), c.args, strings.NewReader(""), &log, &log)
		if code != 1 || !strings.Contains(strings.ToLower(log.String()), strings.ToLower(c.want)) {
			t.Errorf("%q: exit code %d, log %s", c.args, code, log.String())
		}
	}
}
