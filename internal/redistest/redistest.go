// Package redistest runs Debian's redis-server, the oracle that Redoubt's
// tests ask instead of guessing, and talks RESP to it or to any other server.
//
// A test that needs the oracle fails when it is missing; it does not skip,
// because a comparison that silently did not happen proves nothing.
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	startTimeout = 20 * time.Second // generous: other work shares the machine
	stopTimeout  = 10 * time.Second
	startTries   = 5 // a port found free may be taken before the server binds it
)

// Server is one running redis-server. Its methods may be called from the
// goroutine of the test that started it.
type Server struct {
	*Client // the first connection; Do, Must and Raw come from here

	Addr string // "127.0.0.1:port"
	Port int
	Dir  string // the server's working directory: dump.rdb lands here

	cmd    *exec.Cmd
	log    string // path of the server's log
	exited chan struct{}
}

// Path returns where the named program of Redis (redis-server,
// redis-check-rdb, redis-cli, redis-benchmark) is, and fails the test with
// what to install when it is not there.
func Path(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is not installed, and these tests compare with it: apt-get install redis-server redis-tools", program)
	}
	return path
}

// Start runs redis-server in a new temporary directory on a free port of
// 127.0.0.1, with no persistence unless args ask for it. args follow
// redis-server's own syntax, as in Start(t, "--save", "60 1").
// The server is stopped when the test ends.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return StartIn(t, t.TempDir(), args...)
}

// StartIn is Start in a directory of the caller, so that a server can load
// a dump.rdb that the test put there, or that an earlier server left.
func StartIn(t testing.TB, dir string, args ...string) *Server {
	t.Helper()
	s, err := TryStart(t, dir, args...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TryStart is StartIn for servers that may refuse to start: the error then
// holds the server's log.
func TryStart(t testing.TB, dir string, args ...string) (*Server, error) {
	t.Helper()
	program := Path(t, "redis-server")
	var lastErr error
	for range startTries {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		s, err := run(program, dir, port, args)
		if err == nil {
			t.Cleanup(func() { s.Stop() })
			return s, nil
		}
		lastErr = err
		if !strings.Contains(err.Error(), "Address already in use") {
			break
		}
	}
	return nil, lastErr
}

func run(program, dir string, port int, args []string) (*Server, error) {
	s := &Server{
		Addr:   net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Port:   port,
		Dir:    dir,
		log:    filepath.Join(dir, fmt.Sprintf("redis-%d.log", port)),
		exited: make(chan struct{}),
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, fmt.Errorf("redis-server log: %w", err)
	}
	defer log.Close()
	own := []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--dir", dir,
		"--save", "", "--appendonly", "no", "--daemonize", "no"}
	s.cmd = exec.Command(program, append(own, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start redis-server: %w", err)
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.waitReady(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("redis-server on %s: %w; its log:\n%s", s.Addr, err, s.Log())
	}
	return s, nil
}

// waitReady connects and pings until the server answers +PONG, which it
// does only after it has loaded its data.
func (s *Server) waitReady() error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		select {
		case <-s.exited:
			return errors.New("exited during start")
		case <-time.After(5 * time.Millisecond):
		}
		if s.Client == nil {
			c, err := Dial(s.Addr)
			if err != nil {
				continue
			}
			s.Client = c
		}
		reply, err := s.Do("PING")
		switch e, isErr := reply.(Error); {
		case err != nil:
			s.Client.Close()
			s.Client = nil
		case reply == "PONG", isErr && strings.HasPrefix(string(e), "NOAUTH"):
			return nil
		}
	}
	return fmt.Errorf("not ready after %v", startTimeout)
}

// Log returns what the server has logged so far.
func (s *Server) Log() string {
	b, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(bytes.TrimSpace(b))
}

// Stop ends the server (SIGTERM on its own process, SIGKILL when that does
// not help) and waits for it. It may be called more than once.
func (s *Server) Stop() {
	if s.Client != nil {
		s.Client.Close()
	}
	terminate(s.cmd.Process)
	select {
	case <-s.exited:
		return
	case <-time.After(stopTimeout):
	}
	s.cmd.Process.Kill()
	<-s.exited
}

// CheckRDB runs redis-check-rdb over the file and fails the test, with the
// tool's output, when it finds fault.
func CheckRDB(t testing.TB, path string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, Path(t, "redis-check-rdb"), path).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("RDB looks OK")) {
		t.Fatalf("redis-check-rdb %s: %v\n%s", path, err, out)
	}
}

// PortsEnv names the environment variable that confines FreePort to a
// range, as in 23000-23099, on machines where several runs share ports.
const PortsEnv = "REDOUBT_TEST_PORTS"

// FreePort returns a TCP port of 127.0.0.1 that nothing listened on a moment
// ago. Someone else may take it before the caller does.
func FreePort() (int, error) {
	spec := os.Getenv(PortsEnv)
	if spec == "" {
		return listenOnce(0)
	}
	var first, last int
	if n, err := fmt.Sscanf(spec, "%d-%d", &first, &last); n != 2 || err != nil || first < 1 || last < first {
		return 0, fmt.Errorf("%s=%q: want FIRST-LAST", PortsEnv, spec)
	}
	// Start at a place that differs between processes and calls, so that
	// packages tested side by side do not race for the first port.
	span := last - first + 1
	start := (os.Getpid() + int(time.Now().UnixNano()/1000)) % span
	for i := range span {
		if port, err := listenOnce(first + (start+i)%span); err == nil {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no free port in %s", spec)
}

func listenOnce(port int) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
