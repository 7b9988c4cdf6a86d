//go:build unix

package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// slowSave has a save of some keys take seconds.
const slowSave = "200000"

// TestSecondInterrupt: the first SIGINT saves; a second one meanwhile ends the
// process at once and leaves no temporary file.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "3600 1", "--rdb-key-save-delay", slowSave)
	populate(t, p.dial())
	p.signal(syscall.SIGINT)
	temp := func() bool { return len(p.temporary()) > 0 }
	p.until("a temporary file", temp)
	p.signal(syscall.SIGINT)
	p.ends("exit 1")
	if left := p.temporary(); len(left) > 0 || p.exists("dump.rdb") {
		t.Errorf("left: %v", left)
	}
	if log := p.log(); !strings.Contains(log, "Received SIGINT scheduling shutdown...") || !strings.Contains(log, "You insist... exiting now.") {
		t.Error("the log does not tell of the signals")
	}
}

func populate(t *testing.T, c *redistest.Client) {
	t.Helper()
	expect(t, c, "OK", "DEBUG", "POPULATE", "100")
	expect(t, c, "OK", "SET", "a", "1")
}

// temporary are the files of saves that run.
func (p *process) temporary() []string {
	names, _ := filepath.Glob(p.path("temp-*.rdb"))
	return names
}

// TestTermWhileSaving: SIGTERM cancels a background save and saves by itself.
func TestTermWhileSaving(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "3600 1", "--rdb-key-save-delay", slowSave)
	c := p.dial()
	populate(t, c)
	expect(t, c, "Background saving started", "BGSAVE")
	expect(t, c, "OK", "CONFIG", "SET", "rdb-key-save-delay", "0")
	p.signal(syscall.SIGTERM)
	p.ends("exit 0")
	if left := p.temporary(); len(left) > 0 || !p.exists("dump.rdb") {
		t.Errorf("no file, or temporary ones left: %v", left)
	}
}

// TestTermWhileLoading: what is loaded half-way is not saved, by a signal as by
// SHUTDOWN SAVE.
func TestTermWhileLoading(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := startProcess(t, dir, "", "Ready to accept", "--save", "")
	c := p.dial()
	populate(t, c)
	c.Send("SHUTDOWN", "SAVE")
	p.ends("exit 0")
	before, err := os.ReadFile(p.path("dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"SIGTERM", "SHUTDOWN SAVE"} {
		os.Remove(p.path("log"))
		p := startProcess(t, dir, "", "is starting", "--save", "1 1", "--key-load-delay", "100000")
		c := p.dial()
		p.until("loading", func() bool {
			return strings.Contains(c.Must(t, "INFO", "persistence").(string), "loading:1")
		})
		if how == "SIGTERM" {
			p.signal(syscall.SIGTERM)
		} else {
			c.Send("SHUTDOWN", "SAVE")
		}
		p.ends("exit 0")
		after, err := os.ReadFile(p.path("dump.rdb"))
		if err != nil || string(after) != string(before) {
			t.Errorf("%s while loading has changed the file: %v", how, err)
		}
	}
}

// TestAbort: SHUTDOWN ABORT takes back what SIGTERM has asked for while the cron was
// paused, and cancels a final save.
func TestAbort(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "3600 1", "--rdb-key-save-delay", slowSave)
	c := p.dial()
	populate(t, c)
	none := "ERR No shutdown in progress."
	expect(t, c, none, "SHUTDOWN", "ABORT")
	expect(t, c, "OK", "DEBUG", "PAUSE-CRON", "1")
	p.signal(syscall.SIGTERM)
	p.logs("Received SIGTERM")
	p.until("an abort", func() bool { return c.Must(t, "SHUTDOWN", "ABORT") == "OK" })
	expect(t, c, none, "SHUTDOWN", "ABORT")
	expect(t, c, "OK", "DEBUG", "PAUSE-CRON", "0")
	expect(t, c, "PONG", "PING")

	p.signal(syscall.SIGTERM)
	p.until("a final save", func() bool { return len(p.temporary()) > 0 })
	expect(t, c, "OK", "SHUTDOWN", "ABORT")
	p.until("nothing temporary", func() bool { return len(p.temporary()) == 0 })
	expect(t, c, "1", "GET", "a")
	if n := strings.Count(p.log(), "Shutdown manually aborted."); n != 2 {
		t.Errorf("%d aborts in the log", n)
	}
	c.Send("SHUTDOWN", "NOSAVE")
	p.ends("exit 0")
}

// TestFailedShutdown: if the final save fails the server goes on, and the next
// signal tries again; FORCE ends it.
func TestFailedShutdown(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "3600 1")
	c := p.dial()
	populate(t, c)
	if err := os.Mkdir(p.path("dump.rdb"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p.path("dump.rdb"), "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, c, "ERR Errors trying to SHUTDOWN. Check logs.", "SHUTDOWN")
	for i := range 2 {
		p.signal(syscall.SIGINT)
		p.until("a failure", func() bool { return strings.Count(p.log(), "Errors trying to shut down the server.") == i+2 })
		expect(t, c, "OK", "SET", "b", "2")
	}
	if !strings.Contains(p.log(), "Error trying to save the DB, can't exit.") {
		t.Error("the log does not say why")
	}
	c.Send("SHUTDOWN", "FORCE")
	p.ends("exit 0")
	if !strings.Contains(p.log(), "Exit anyway.") {
		t.Error("the log does not tell of the force")
	}
}

// TestHangUp: the end of a terminal does not end the server.
func TestHangUp(t *testing.T) {
	t.Parallel()
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "")
	c := p.dial()
	p.signal(syscall.SIGHUP)
	p.signal(syscall.SIGPIPE)
	expect(t, c, "PONG", "PING")
	p.signal(syscall.SIGTERM)
	p.ends("exit 0")
	if !strings.Contains(p.log(), "ready to exit, bye bye") {
		t.Error("no last word in the log")
	}
}

// TestShutdownSyntax compares SHUTDOWN's refusals with Redis's.
func TestShutdownSyntax(t *testing.T) {
	oracle := redistest.Start(t, "--save", "")
	r := start(t, t.TempDir(), "--save", "")
	ours, theirs := r.dial(), redistest.MustDial(t, oracle.Addr)
	for _, args := range []string{"SHUTDOWN ABORT", "SHUTDOWN abort now", "SHUTDOWN ABORT FORCE", "SHUTDOWN SAVE NOSAVE",
		"SHUTDOWN NOW FORCE NOSAVE SAVE", "SHUTDOWN LATER", "SHUTDOWN NOSAVE x", "SHUTDOWN ABORT ABORT"} {
		var words []any
		for _, w := range strings.Fields(args) {
			words = append(words, w)
		}
		a, errA := ours.Do(words...)
		b, errB := theirs.Do(words...)
		if errA != nil || errB != nil || a != b {
			t.Errorf("%s: %v, %v; Redis: %v, %v", args, a, errA, b, errB)
		}
	}
	r.end()
	r.exit(0)
}
