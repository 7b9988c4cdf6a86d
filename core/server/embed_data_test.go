package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// embedded is a server inside of the test, which holds what a program around it does.
type embedded struct {
	*running
	handle *server.Handle
}

// embed runs a server in dir and waits until it is ready.
func embed(t *testing.T, dir string, args ...string) *embedded {
	t.Helper()
	return embedWith(t, dir, args, func(ctx context.Context, args []string, log *text, started func(*server.Handle)) int {
		return server.RunEmbedded(ctx, args, strings.NewReader(""), log, log, server.Embedding{Started: started, Reserve: server.TestReserve})
	})
}

func embedWith(t *testing.T, dir string, args []string, run func(ctx context.Context, args []string, log *text, started func(*server.Handle)) int) *embedded {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := &embedded{running: &running{t: t, dir: dir, port: port, log: &text{}, end: cancel, code: make(chan int, 1)}}
	started := make(chan *server.Handle, 1)
	args = append([]string{"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", dir, "--loops", "2"}, args...)
	go func() { e.code <- run(ctx, args, e.log, func(h *server.Handle) { started <- h }) }()
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("log:\n%s", e.log)
		}
	})
	e.handle = <-started
	e.eventually("ready", e.handle.Ready)
	return e
}

// stop ends the server as SIGTERM does.
func (e *embedded) stop() {
	e.t.Helper()
	e.end()
	e.exit(0)
}

// fillKeys sets keys key:0 … with a value that names the data set, some with an expiry, and
// one hash.
func fillKeys(t *testing.T, c *redistest.Client, name string, keys int) {
	t.Helper()
	for i := range keys {
		c.Send("SET", fmt.Sprint("key:", i), fmt.Sprint(name, i), "PX", 1000000)
		c.Send("HSET", "hash", fmt.Sprint(i), name)
	}
	for range 2 * keys {
		if _, err := c.Receive(); err != nil {
			t.Fatal(err)
		}
	}
}

// digest is DEBUG DIGEST.
func digest(t *testing.T, c *redistest.Client) string {
	t.Helper()
	return fmt.Sprint(c.Must(t, "DEBUG", "DIGEST"))
}

func (e *embedded) snapshot() []byte {
	e.t.Helper()
	var b bytes.Buffer
	if err := e.handle.WriteSnapshot(context.Background(), &b); err != nil {
		e.t.Fatal(err)
	}
	return b.Bytes()
}

// A snapshot that is streamed while clients move amounts between accounts has the sums of
// the start: it is one moment. No file is written for it.
func TestWriteSnapshotUnderTransfers(t *testing.T) {
	const accounts, each = 3000, 1000
	dir := t.TempDir()
	e := embed(t, dir, "--save", "", "--snapshot-workers", "3")
	c := e.dial()
	for i := range accounts {
		c.Send("SET", fmt.Sprint("account:", i), fmt.Sprint(each))
		c.Send("HSET", "bank", fmt.Sprint(i), fmt.Sprint(each))
	}
	for range 2 * accounts {
		if _, err := c.Receive(); err != nil {
			t.Fatal(err)
		}
	}
	var stop atomic.Bool
	var group sync.WaitGroup
	for w := range 2 {
		client := e.dial()
		group.Go(func() {
			for n := w; !stop.Load(); n += 7919 {
				transferWithin(t, client, n%accounts, (n*31+7)%accounts, n%100)
			}
		})
	}
	for i := range 4 {
		file := filepath.Join(t.TempDir(), "dump.rdb")
		if err := os.WriteFile(file, e.snapshot(), 0o600); err != nil {
			t.Fatal(err)
		}
		checkSums(t, file, accounts, each)
		if i == 0 {
			redistest.CheckRDB(t, file)
		}
	}
	stop.Store(true)
	group.Wait()
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// slow is a reader who takes nothing until he is released.
type slow struct {
	reached chan struct{}
	release chan struct{}
	once    sync.Once
	late    atomic.Bool
}

func (s *slow) Write(p []byte) (int, error) {
	s.once.Do(func() { close(s.reached) })
	<-s.release
	if s.late.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	return len(p), nil
}

func (s *slow) SetWriteDeadline(time.Time) error {
	if s.late.CompareAndSwap(false, true) {
		close(s.release)
	}
	return nil
}

// While a snapshot is streamed no other is taken, BGSAVE says that one runs, and the end
// of the reader, a FLUSHALL or a shutdown ends it.
func TestWriteSnapshotEnds(t *testing.T) {
	for _, how := range []string{"reader", "flushall", "shutdown"} {
		t.Run(how, func(t *testing.T) {
			e := embed(t, t.TempDir(), "--save", "")
			c := e.dial()
			fillKeys(t, c, "a", 20000)
			w := &slow{reached: make(chan struct{}), release: make(chan struct{})}
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			failed := make(chan error, 1)
			go func() { failed <- e.handle.WriteSnapshot(ctx, w) }()
			<-w.reached
			if p := e.handle.Saving(); !p.Running || p.Total != 20001 {
				t.Errorf("progress: %+v", p)
			}
			if err := e.handle.WriteSnapshot(ctx, io.Discard); !errors.Is(err, server.ErrSaving) {
				t.Errorf("a second one: %v", err)
			}
			expect(t, c, "ERR Background save already in progress", "BGSAVE")
			switch how {
			case "reader":
				cancel()
			case "flushall":
				expect(t, c, "OK", "FLUSHALL")
				close(w.release)
			case "shutdown":
				close(w.release)
				e.end()
				e.exit(0)
			}
			err := <-failed
			if how == "reader" && !errors.Is(err, context.Canceled) || how == "flushall" && err == nil {
				t.Errorf("the download ended with %v", err)
			}
			if how != "shutdown" {
				expect(t, c, "Background saving started", "BGSAVE")
			}
		})
	}
}

// A reader who is slower than what clients change is cut off, rather than that writers
// wait for him.
func TestSlowReaderIsCutOff(t *testing.T) {
	e := embed(t, t.TempDir(), "--save", "", "--snapshot-memory-budget", "1mb", "--enable-debug-command", "yes")
	c := e.dial()
	c.Must(t, "DEBUG", "POPULATE", "100000", "key", "200")
	w := &slow{reached: make(chan struct{}), release: make(chan struct{})}
	failed := make(chan error, 1)
	go func() { failed <- e.handle.WriteSnapshot(context.Background(), w) }()
	<-w.reached
	var stop atomic.Bool
	var group sync.WaitGroup
	group.Go(func() {
		for i := 0; !stop.Load(); i++ {
			expect(t, c, "OK", "SET", fmt.Sprint("key:", i*7919%100000), "b")
		}
	})
	err := <-failed
	stop.Store(true)
	group.Wait()
	if !errors.Is(err, server.ErrSlowReader) {
		t.Errorf("got %v", err)
	}
}

// A restore replaces all data, and a restart finds it, however the files are kept.
func TestRestoreIsKept(t *testing.T) {
	for _, how := range [][]string{
		{"--save", "3600 1"},
		{"--save", "", "--appendonly", "yes", "--appendfsync", "always"},
		{"--save", "3600 1", "--appendonly", "yes", "--aof-use-rdb-preamble", "no"},
	} {
		t.Run(strings.Join(how, " "), func(t *testing.T) {
			how = append(how, "--enable-debug-command", "yes")
			dir := t.TempDir()
			e := embed(t, dir, how...)
			c := e.dial()
			fillKeys(t, c, "a", 5000)
			expect(t, c, "mylib", "FUNCTION", "LOAD", "#!lua name=mylib\nredis.register_function('f', function() return 7 end)")
			file, before := e.snapshot(), digest(t, c)
			expect(t, c, "OK", "FLUSHALL")
			expect(t, c, "OK", "FUNCTION", "FLUSH")
			fillKeys(t, c, "b", 100)
			expect(t, c, "OK", "SET", "other", "1")

			got, err := e.handle.Restore(context.Background(), bytes.NewReader(file), int64(len(file)))
			if err != nil || got.Keys != 5001 || got.Replaced != 102 || got.Functions != 1 {
				t.Fatalf("restored %+v, %v", got, err)
			}
			if now := digest(t, c); now != before {
				t.Errorf("digest %s, want %s", now, before)
			}
			expect(t, c, 7, "FCALL", "f", 0)
			expect(t, c, "OK", "SET", "after", "1") // follows the new data in the append-only file
			want := digest(t, c)
			if strings.Contains(strings.Join(how, " "), "always") {
				copied := t.TempDir() // as a crash would find it
				if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				again := embed(t, copied, how...)
				if got := digest(t, again.dial()); got != want {
					t.Errorf("after a crash: digest %s, want %s", got, want)
				}
				again.stop()
			}
			e.stop()
			again := embed(t, dir, how...)
			c = again.dial()
			if got := digest(t, c); got != want {
				t.Errorf("after a restart: digest %s, want %s", got, want)
			}
			expect(t, c, 7, "FCALL", "f", 0)
			if left, _ := filepath.Glob(filepath.Join(dir, "temp-*")); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			again.stop()
		})
	}
}

// A file that is not sound changes nothing.
func TestBadRestoreChangesNothing(t *testing.T) {
	e := embed(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes")
	c := e.dial()
	fillKeys(t, c, "a", 3000)
	good := e.snapshot()
	fillKeys(t, c, "b", 3000)
	before := digest(t, c)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 0x55
	twice := bytes.Clone([]byte("REDIS0009\xfe\x00\x00\x01k\x01v\x00\x01k\x01w\xff\x00\x00\x00\x00\x00\x00\x00\x00"))
	for name, file := range map[string][]byte{
		"empty":          nil,
		"no RDB":         []byte("<html>no</html>"),
		"truncated":      good[:len(good)-100],
		"half":           good[:len(good)/2],
		"without end":    good[:len(good)-9],
		"flipped":        flipped,
		"garbage behind": append(bytes.Clone(good), "more"...),
		"huge string":    []byte("REDIS0009\xfe\x00\x00\x81\x7f\xff\xff\xff\xff\xff\xff\xffk"),
		"huge list":      []byte("REDIS0009\xfe\x00\x01\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff\x01a"),
		"database 99":    []byte("REDIS0009\xfe\x40\x63\x00\x01k\x01v\xff\x00\x00\x00\x00\x00\x00\x00\x00"),
		"key twice":      twice,
		"bad function":   []byte("REDIS0010\xf5\x08not Lua!\xff\x00\x00\x00\x00\x00\x00\x00\x00"),
	} {
		for _, size := range []int64{int64(len(file)), -1} {
			_, err := e.handle.Restore(context.Background(), bytes.NewReader(file), size)
			if !errors.Is(err, server.ErrBadFile) {
				t.Errorf("%s: got %v", name, err)
			}
		}
	}
	if _, err := e.handle.Restore(context.Background(), bytes.NewReader(good), int64(len(good)+1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("shorter than announced: %v", err)
	}
	cut := io.MultiReader(bytes.NewReader(good), cutReader{})
	if _, err := e.handle.Restore(context.Background(), cut, -1); !errors.Is(err, errCut) {
		t.Errorf("a sender who goes: %v", err)
	}
	if now := digest(t, c); now != before {
		t.Error("the data has changed")
	}
	if left, _ := os.ReadDir(e.dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

var errCut = errors.New("cut off")

type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, errCut }

// What would not fit in memory is refused before anything is dropped.
func TestRestoreTooLarge(t *testing.T) {
	e := embed(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes")
	c := e.dial()
	c.Must(t, "SET", "large", strings.Repeat("x", 24<<20)) // compresses well
	fillKeys(t, c, "a", 20000)
	file := e.snapshot()
	expect(t, c, "OK", "FLUSHALL")
	fillKeys(t, c, "b", 10)
	before := digest(t, c)
	expect(t, c, "OK", "CONFIG", "SET", "maxmemory", "12mb")
	_, err := e.handle.Restore(context.Background(), bytes.NewReader(file), -1)
	if !errors.Is(err, server.ErrNoMemory) {
		t.Errorf("got %v", err)
	}
	if now := digest(t, c); now != before {
		t.Error("the data has changed")
	}
}

// Where memory does not hold both, the old data goes first.
func TestRestoreWithoutRoomForBoth(t *testing.T) {
	e := embed(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes")
	c := e.dial()
	c.Must(t, "DEBUG", "POPULATE", "300000", "old", "100")
	c.Must(t, "DEBUG", "POPULATE", "300000", "new", "100")
	file := e.snapshot()
	want := digest(t, c)
	c.Must(t, "SET", "more", "1")
	_, text, _ := strings.Cut(e.handle.Info("memory"), "used_memory:")
	var used int64
	fmt.Sscan(text, &used)
	c.Must(t, "CONFIG", "SET", "maxmemory-resident", fmt.Sprint(used*3/2+80<<20))
	got, err := e.handle.Restore(context.Background(), bytes.NewReader(file), int64(len(file)))
	if err != nil || got.Replaced != 600001 || got.Keys != 600000 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if !strings.Contains(e.log.String(), "There is no room for the data of before") {
		t.Error("there was room for both: the test does not test it")
	}
	if now := digest(t, c); now != want {
		t.Error("the data is not that of the file")
	}
}

// Clients: a watched key makes EXEC fail, who tracks is told to forget all, who waits for
// a key that the file has is served, and who comes meanwhile is told LOADING or waits.
func TestRestoreAndClients(t *testing.T) {
	e := embed(t, t.TempDir(), "--save", "", "--enable-debug-command", "yes")
	c := e.dial()
	c.Must(t, "RPUSH", "list", "a")
	fillKeys(t, c, "a", 10000)
	file := e.snapshot()
	expect(t, c, "OK", "FLUSHALL")
	expect(t, c, "OK", "SET", "watched", "1")

	watcher := e.dial()
	expect(t, watcher, "OK", "WATCH", "watched")
	expect(t, watcher, "OK", "MULTI")
	expect(t, watcher, "QUEUED", "SET", "watched", "2")
	waiter := e.dial()
	waiter.Send("BLPOP", "list", 0)
	e.eventually("the client waits", func() bool { return strings.Contains(e.handle.Info("clients"), "blocked_clients:1") })

	var stop atomic.Bool
	var group sync.WaitGroup
	for range 2 {
		busy := e.dial()
		group.Go(func() {
			for !stop.Load() {
				for _, request := range [][]any{{"GET", "key:1"}, {"INFO", "keyspace"}} {
					got, err := busy.Do(request...)
					if refusal, is := got.(redistest.Error); err != nil || is && !strings.HasPrefix(string(refusal), "LOADING") {
						t.Errorf("%v: %v, %v", request, got, err)
					}
				}
			}
		})
	}
	for range 3 {
		if _, err := e.handle.Restore(context.Background(), bytes.NewReader(file), -1); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	group.Wait()
	expect(t, watcher, nil, "EXEC")
	if got, err := waiter.Receive(); fmt.Sprint(got) != "[list a]" {
		t.Errorf("BLPOP: %v, %v", got, err)
	}
}

// A checkpoint is a sound file, in the place of an older one.
func TestCheckpoint(t *testing.T) {
	dir := t.TempDir()
	e := embed(t, dir, "--save", "")
	fillKeys(t, e.dial(), "a", 1000)
	path := filepath.Join(dir, "checkpoint.rdb")
	for range 2 {
		if err := e.handle.Checkpoint(context.Background(), path); err != nil {
			t.Fatal(err)
		}
		redistest.CheckRDB(t, path)
	}
	if err := e.handle.Checkpoint(context.Background(), filepath.Join(dir, "none", "checkpoint.rdb")); err == nil {
		t.Error("a checkpoint in a folder that is not there")
	}
}
