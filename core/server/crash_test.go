//go:build linux

package server_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

const (
	reportStart = "=== REDIS BUG REPORT START: Cut & paste starting from here ==="
	reportEnd   = "=== REDIS BUG REPORT END."
)

// TestCrash crashes a server in every way that a client or a signal can, and looks
// at the log and at how the process ends.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		args   string
		debug  string // the subcommand of DEBUG, or
		signal syscall.Signal
		end    string
		want   string // in the log, separated by |
		not    string
	}{
		{name: "segfault", debug: "SEGFAULT", end: "signal 11",
			want: "crashed by signal: 11|Accessing address: 0x|server.segfault|" + `argv[1]: "SEGFAULT"|argc: 2|cmd=debug|debug (|set (|rss:|# Server|# CPU|not available`,
			not:  "Guru"},
		{name: "segfault, portable", args: "--transport portable", debug: "SEGFAULT", end: "signal 11", want: `server.segfault|argv[1]: "SEGFAULT"`},
		{name: "panic", debug: "PANIC", end: "signal 6",
			want: "Software Failure|Guru Meditation: DEBUG PANIC called at Unix time |(*stopper).Crash", not: "crashed by signal"},
		{name: "assert", debug: "ASSERT", end: "signal 6", want: "=== ASSERTION FAILED ===|'1 == 2' is not true|(*stopper).Crash"},
		{name: "oom", debug: "OOM", end: "signal 6", want: "Out Of Memory allocating 9223372036854775807 bytes!|(*stopper).Crash"},
		{name: "SIGSEGV", signal: syscall.SIGSEGV, end: "signal 11", want: "crashed by signal: 11|# Keyspace\ndb0:keys=1|id=1 addr="},
		{name: "SIGBUS", signal: syscall.SIGBUS, end: "signal 7", want: "crashed by signal: 7"},
		{name: "SIGFPE", signal: syscall.SIGFPE, end: "signal 8", want: "crashed by signal: 8"},
		{name: "SIGILL", signal: syscall.SIGILL, end: "signal 4", want: "crashed by signal: 4"},
		{name: "SIGABRT", signal: syscall.SIGABRT, end: "signal 6", want: "crashed by signal: 6"},
		{name: "use-exit-on-panic", args: "--use-exit-on-panic yes", debug: "PANIC", end: "exit 1", want: "Guru Meditation"},
		{name: "no log, panic", args: "--crash-log-enabled no", debug: "PANIC", end: "signal 6", want: "Guru Meditation", not: "STACK TRACE"},
		{name: "no log, signal", args: "--crash-log-enabled no", signal: syscall.SIGSEGV, end: "signal 11",
			want: "crash-log-enabled is no", not: "REDIS BUG REPORT"},
		{name: "standard output", args: "--logfile|", debug: "SEGFAULT", end: "signal 11", want: "crashed by signal: 11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := []string{"--save", "1 1", "--requirepass", ""}
			for _, arg := range strings.Fields(c.args) {
				args = append(args, strings.Split(arg, "|")...)
			}
			p := startProcess(t, t.TempDir(), "", "Ready to accept", args...)
			client := p.dial()
			expect(t, client, "OK", "DEBUG", "PAUSE-CRON", "1") // it saves nothing by itself
			expect(t, client, "OK", "SET", "key", "value")
			if c.debug != "" {
				client.Send("DEBUG", c.debug)
			} else {
				p.signal(c.signal)
			}
			p.ends(c.end)
			log := p.log()
			for _, want := range strings.Split(c.want, "|") {
				if !strings.Contains(log, want) {
					t.Errorf("not in the log: %s", want)
				}
			}
			if c.not != "" && strings.Contains(log, c.not) {
				t.Errorf("in the log: %s", c.not)
			}
			if c.not != "REDIS BUG REPORT" && (strings.Count(log, reportStart) != 1 || strings.Count(log, reportEnd) != 1) {
				t.Error("not one report from start to end")
			}
			if p.exists("dump.rdb") {
				t.Error("the crash saved data")
			}
		})
	}
}

// TestCrashWhileSaving: the file of a save that runs is not given its name.
func TestCrashWhileSaving(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "", "--rdb-key-save-delay", "10000000")
	client := p.dial()
	expect(t, client, "OK", "MSET", "a", "1", "b", "2")
	expect(t, client, "Background saving started", "BGSAVE")
	p.until("a file", func() bool { return len(p.temporary()) > 0 })
	client.Send("DEBUG", "SEGFAULT")
	p.ends("signal 11")
	if log := p.log(); !strings.Contains(log, "background_save:true") || !strings.Contains(log, reportEnd) {
		t.Error("the report does not tell of the save")
	}
	if p.exists("dump.rdb") {
		t.Error("an unfinished save has become the file")
	}
}

// TestRuntimeFatal: what Go's runtime ends the process for, and a panic where
// nobody guards, is in the log, in Go's own words.
func TestRuntimeFatal(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]string{
		"stack overflow":        "fatal error: stack overflow",
		"concurrent map writes": "fatal error: concurrent map writes",
		"unguarded panic":       "panic: nobody guards this",
	} {
		t.Run(fault, func(t *testing.T) {
			p := startProcess(t, t.TempDir(), fault, "Ready to accept", "--save", "")
			if err := os.WriteFile(p.path("go"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			p.ends("exit 2")
			if log := p.log(); !strings.Contains(log, want) || !strings.Contains(log, "(*sweeper).run") {
				t.Errorf("not in the log: %s, and the stacks of all goroutines", want)
			}
		})
	}
}

// TestCrashWithoutReader: standard output is a pipe that is full. The report cannot
// be written, and the process ends all the same.
func TestCrashWithoutReader(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "--port", "0", "--save", "")
	cmd.Dir, cmd.Env, cmd.Stdout = t.TempDir(), append(os.Environ(), mainEnv+"=1"), w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: cmd, done: make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	defer cmd.Process.Kill()
	for started, b := "", make([]byte, 4096); !strings.Contains(started, "Ready to accept"); {
		n, err := r.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		started += string(b[:n])
	}
	fill(t, w)
	p.signal(syscall.SIGABRT)
	p.ends("signal 6")
}

// fill writes to a pipe until it takes no more, and leaves a write waiting.
func fill(t *testing.T, w *os.File) {
	t.Helper()
	var written atomic.Int64
	go func() {
		for {
			n, err := w.Write(make([]byte, 4096))
			if err != nil {
				return
			}
			written.Add(int64(n))
		}
	}()
	for before := int64(-1); ; time.Sleep(300 * time.Millisecond) {
		now := written.Load()
		if now > 0 && now == before {
			return
		}
		before = now
	}
}

// TestReportHidesSecrets: passwords that a client sends are not in a report, nor in
// the slow log.
func TestReportHidesSecrets(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--slowlog-log-slower-than", "0")
	c := r.dial()
	expect(t, c, "OK", "CONFIG", "SET", "maxclients", "100", "RequirePass", "secret")
	expect(t, c, "OK", "AUTH", "secret")
	if _, err := c.Do("HELLO", "2", "AUTH", "default", "secret"); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "OK", "ACL", "SETUSER", "bob", ">secret")
	log := fmt.Sprint(c.Must(t, "SLOWLOG", "GET", "10"))
	if strings.Contains(log, "secret") || strings.Count(log, "(redacted)") != 6 || !strings.Contains(log, "maxclients 100") {
		t.Errorf("the slow log: %s", log)
	}
	r.end()
	r.exit(0)
}

// panickingFS is a disk whose first use panics.
type panickingFS struct{ vfs.FS }

func (panickingFS) Open(string) (vfs.File, error)    { panic("the disk is mad") }
func (panickingFS) Stat(string) (fs.FileInfo, error) { panic("the disk is mad") }
func (panickingFS) ReadDir(string) ([]string, error) { panic("the disk is mad") }

// console is a log that writes later, as that of a machine.
type console struct {
	text
	flushed bool
}

func (c *console) Flush(time.Duration) { c.flushed = strings.Contains(c.String(), reportEnd) }

// TestPanicGoesOn: where the server is part of another program the panic is that
// program's, after the report.
func TestPanicGoesOn(t *testing.T) {
	dir, log := t.TempDir(), &console{}
	disk := panickingFS{}
	var cause any
	func() {
		defer func() { cause = recover() }()
		server.RunOn(context.Background(), disk, []string{"--port", "0", "--dir", dir, "--appendonly", "yes"}, strings.NewReader(""), log, log)
	}()
	if cause != "the disk is mad" {
		t.Fatalf("the panic that went on: %v\n%s", cause, log.String())
	}
	if !log.flushed {
		t.Error("the panic went on before the console had written the report")
	}
	for _, want := range []string{reportStart, "Guru Meditation: the disk is mad", "in the main goroutine", "panickingFS", reportEnd} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("not in the log: %s\n%s", want, log.String())
		}
	}
}

// TestWatchdog: a loop that hangs has the stacks logged, once.
func TestWatchdog(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "")
	client := p.dial()
	expect(t, client, "OK", "CONFIG", "SET", "watchdog-period", "200")
	expect(t, client, "OK", "DEBUG", "SLEEP", "1.5")
	if n := strings.Count(p.log(), "--- WATCHDOG TIMER EXPIRED ---"); n != 1 || !strings.Contains(p.log(), "debugCommand") {
		t.Errorf("%d reports of the watchdog", n)
	}
	p.signal(syscall.SIGALRM)
	p.until("stacks after SIGALRM", func() bool { return strings.Count(p.log(), "WATCHDOG TIMER") == 2 })
	expect(t, client, "OK", "CONFIG", "SET", "watchdog-period", "0")
	p.signal(syscall.SIGTERM)
	p.ends("exit 0")
}
