//go:build linux

// Package boottest boots images in QEMU by run.sh, as a user does, and talks to
// them. Machines are emulated, so that a test means the same everywhere; they
// take a few seconds each.
package boottest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/image"
)

// patience is for a boot on a machine that is very busy; nothing depends on it
// when all is well.
const patience = 3 * time.Minute

// root returns the repository's folder.
func root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// dependOnSources looks at everything a machine is made of. Go remembers the
// result of a test until a file that it looked at has changed; what run.sh and a
// build by another process read, it does not see.
func dependOnSources(t *testing.T) {
	t.Helper()
	for _, name := range []string{"run.sh", "go.mod", "appliance", "cmd", "core", "images"} {
		err := filepath.WalkDir(filepath.Join(root(), name), func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// requireQEMU fails the test, with what to do, where there is no QEMU: a boot
// test that skips itself would be no test.
func requireQEMU(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Fatal("there is no qemu-system-x86_64; as root on Debian: scripts/setup test")
	}
}

// buildImage builds the redis-memonly profile with the Go package initPackage as
// its program (the profile's own if it is ""), and returns the path of usr.img.
func buildImage(t *testing.T, initPackage string) string {
	t.Helper()
	dependOnSources(t)
	var report bytes.Buffer
	b := image.Builder{
		Profile: filepath.Join(root(), "images", "redis-memonly"),
		Output:  t.TempDir(),
		Root:    root(),
		Init:    initPackage,
		Report:  &report,
	}
	if err := b.Build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(b.Output, image.DiskFile)
}

// machine is a running machine: the process of run.sh.
type machine struct {
	t       *testing.T
	address string // of the forwarded port
	cmd     *exec.Cmd
	done    chan struct{} // closed when run.sh has ended
	err     error         // of run.sh, once done is closed

	mu      sync.Mutex
	console bytes.Buffer
}

// Write collects the console.
func (m *machine) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.console.Write(p)
}

// log returns the console so far.
func (m *machine) log() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.console.String()
}

// start boots the image by run.sh with more arguments. The machine is gone when
// the test ends.
func start(t *testing.T, usrImg string, args ...string) *machine {
	t.Helper()
	port := freePort(t)
	args = append([]string{"-i", usrImg, "-a", "tcg", "-m", "512M", "-p", "none", "-f", fmt.Sprintf("%d:6379", port)}, args...)
	return launch(t, port, filepath.Join(root(), "run.sh"), args...)
}

// launch runs a program that is a machine, whose server is at a port here.
func launch(t *testing.T, port int, program string, args ...string) *machine {
	t.Helper()
	m := &machine{t: t, address: fmt.Sprintf("127.0.0.1:%d", port), done: make(chan struct{})}
	m.cmd = exec.Command(program, args...)
	m.cmd.Stdout, m.cmd.Stderr = m, m
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.done)
	}()
	t.Cleanup(m.kill)
	return m
}

// freePort returns a port that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// kill ends the machine if it still runs: a second signal to run.sh pulls the
// plug.
func (m *machine) kill() {
	for {
		select {
		case <-m.done:
			if m.t.Failed() {
				m.t.Logf("console:\n%s", m.log())
			}
			return
		case <-time.After(200 * time.Millisecond):
			_ = m.cmd.Process.Signal(syscall.SIGTERM) // it may have ended meanwhile
		}
	}
}

// waitPong waits until the machine answers PING.
func (m *machine) waitPong() {
	m.t.Helper()
	m.wait("an answer to PING", func() bool {
		reply, err := m.try("PING")
		return err == nil && reply == "+PONG"
	})
}

// waitLog waits until the console holds text.
func (m *machine) waitLog(text string) {
	m.t.Helper()
	m.wait(fmt.Sprintf("%q on the console", text), func() bool { return strings.Contains(m.log(), text) })
}

// wait waits for a condition, and fails when the machine ends before.
func (m *machine) wait(what string, ok func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
		select {
		case <-m.done:
			if !ok() {
				m.t.Fatalf("the machine ended (%v) before %s", m.err, what)
			}
			return
		default:
		}
	}
	m.t.Fatalf("waited %s for %s", patience, what)
}

// waitOff waits until the machine has powered off after an orderly stop.
func (m *machine) waitOff() {
	m.t.Helper()
	m.waitEnd()
	if !strings.Contains(m.log(), "redoubt: power off") {
		m.t.Fatal("the machine ended without powering off")
	}
}

// waitEnd waits until QEMU has ended without an error.
func (m *machine) waitEnd() {
	m.t.Helper()
	select {
	case <-m.done:
	case <-time.After(patience):
		m.t.Fatal("the machine did not power off")
	}
	if m.err != nil {
		m.t.Fatalf("run.sh: %v", m.err)
	}
}

// pressPowerButton does what Ctrl-C does: run.sh presses the power button.
func (m *machine) pressPowerButton() {
	m.t.Helper()
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
}

// qmp sends a command to QEMU's control socket.
func (m *machine) qmp(socket, command string) {
	m.t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		m.t.Fatal(err)
	}
	defer conn.Close()
	decoder := json.NewDecoder(conn)
	for _, c := range []string{`{"execute":"qmp_capabilities"}`, command} {
		if _, err := io.WriteString(conn, c); err != nil {
			m.t.Fatal(err)
		}
		for answer := map[string]any{}; answer["return"] == nil; {
			clear(answer)
			if err := decoder.Decode(&answer); err != nil || answer["error"] != nil {
				m.t.Fatalf("QMP %s: %v %v", c, answer, err)
			}
		}
	}
}

// try sends one inline command and returns the first line of the reply.
func (m *machine) try(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", m.address, time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(2 * time.Second)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	reply := make([]byte, 4096)
	n, err := conn.Read(reply)
	line, _, found := strings.Cut(string(reply[:n]), "\r\n")
	if !found && err == nil {
		err = errors.New("half a reply")
	}
	return line, err
}
