//go:build unix

package server_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// The environment variables that make the test's own binary a server in a process
// of its own, and what goes wrong in it of which no client can be the cause.
const (
	mainEnv  = "REDOUBT_TEST_MAIN"
	faultEnv = "REDOUBT_TEST_FAULT"
)

// TestMain is the program redoubt-server in a process that startProcess has
// started.
func TestMain(m *testing.M) {
	if os.Getenv(mainEnv) == "" {
		os.Exit(m.Run())
	}
	if fault := faults[os.Getenv(faultEnv)]; fault != nil {
		go func() {
			waitForFile("go")
			fault()
		}()
	}
	os.Exit(server.Main(os.Args[1:]))
}

// faults are failures of Go's runtime, and of a goroutine that nobody guards.
var faults = map[string]func(){
	"stack overflow": func() {
		debug.SetMaxStack(1 << 20)
		overflow(1)
	},
	"concurrent map writes": func() {
		m := map[int]int{}
		for range 8 {
			go func() {
				for i := 0; ; i++ {
					m[i&15] = i
				}
			}()
		}
	},
	"unguarded panic": func() { panic("nobody guards this") },
}

func overflow(n int) int {
	if n == 0 {
		return 0
	}
	return overflow(n+1) + 1
}

func waitForFile(name string) {
	for {
		if _, err := os.Stat(name); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// process is a server in a process of its own, in a directory of its own.
type process struct {
	t    *testing.T
	dir  string
	port int
	cmd  *exec.Cmd
	done chan error
}

// startProcess starts one that logs to a file, and waits until that says ready. The
// child runs in dir.
func startProcess(t *testing.T, dir, fault, ready string, args ...string) *process {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, dir: dir, port: port, done: make(chan error, 1)}
	args = append([]string{"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--logfile", "log", "--loops", "2",
		"--enable-debug-command", "yes"}, args...)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(exe, args...)
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), mainEnv+"=1", faultEnv+"="+fault)
	stdout, err := os.Create(filepath.Join(dir, "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	p.cmd.Stdout = stdout
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait() }()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		if t.Failed() {
			t.Logf("log:\n%s", p.log())
		}
	})
	p.logs(ready)
	return p
}

func (p *process) path(name string) string { return filepath.Join(p.dir, name) }

// log is what the server has logged, to the file or to standard output.
func (p *process) log() string {
	b, _ := os.ReadFile(p.path("log"))
	out, _ := os.ReadFile(p.path("stdout"))
	return string(b) + string(out)
}

// logs waits until the log has a text.
func (p *process) logs(text string) {
	p.t.Helper()
	p.until("in the log: "+text, func() bool { return strings.Contains(p.log(), text) })
}

func (p *process) until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("not reached: %s", what)
		}
	}
}

func (p *process) exists(name string) bool {
	_, err := os.Stat(p.path(name))
	return err == nil
}

func (p *process) dial() *redistest.Client {
	p.t.Helper()
	return redistest.MustDial(p.t, address(p.port))
}

func (p *process) signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// ends waits for the end and compares it with "signal: NAME" or "exit CODE".
func (p *process) ends(want string) {
	p.t.Helper()
	select {
	case err := <-p.done:
		if got := endOf(err); got != want {
			p.t.Fatalf("the process ended by %s, want %s", got, want)
		}
	case <-time.After(40 * time.Second):
		p.t.Fatal("the process does not end")
	}
}

// endOf leaves out whether there was a core file.
func endOf(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return "exit 0"
	}
	status := exit.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return "signal " + fmt.Sprint(int(status.Signal()))
	}
	return fmt.Sprint("exit ", status.ExitStatus())
}
