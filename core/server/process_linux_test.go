package server_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

func commandLine(t *testing.T, p *process) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(string(b), "\x00")
}

func TestProcessTitle(t *testing.T) {
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "")
	c := p.dial()
	if got := commandLine(t, p); !strings.HasSuffix(got, fmt.Sprintf("server.test 127.0.0.1:%d", p.port)) {
		t.Errorf("title %q", got)
	}
	c.Must(t, "CONFIG", "SET", "proc-title-template", "TEST {port} {tls-port} {config-file}")
	if got := commandLine(t, p); got != fmt.Sprintf("TEST %d 0 -", p.port) {
		t.Errorf("title %q", got)
	}
	long := strings.Repeat("x", 100_000)
	c.Must(t, "CONFIG", "SET", "proc-title-template", long)
	if got := commandLine(t, p); got == "" || !strings.HasPrefix(long, got) {
		t.Errorf("title of %d bytes", len(got))
	}
	// What the process was started with is as it was.
	c.Must(t, "SET", "a", "1")
	if got := c.Must(t, "CONFIG", "GET", "enable-debug-command"); fmt.Sprint(got) != "[enable-debug-command yes]" {
		t.Errorf("%v", got)
	}

	p = startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "", "--set-proc-title", "no")
	if got := commandLine(t, p); !strings.Contains(got, "--set-proc-title\x00no") {
		t.Errorf("title %q", got)
	}
}

func TestOOMScore(t *testing.T) {
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "")
	c := p.dial()
	file := fmt.Sprintf("/proc/%d/oom_score_adj", p.cmd.Process.Pid)
	score := func(want int) {
		t.Helper()
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := strconv.Atoi(strings.TrimSpace(string(b))); got != want {
			t.Errorf("score %d, want %d", got, want)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	base, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	c.Must(t, "CONFIG", "SET", "oom-score-adj-values", "10 20 30")
	score(base)
	c.Must(t, "CONFIG", "SET", "oom-score-adj", "yes")
	score(base + 10)
	c.Must(t, "CONFIG", "SET", "oom-score-adj", "absolute", "oom-score-adj-values", "500 0 0")
	score(500)
	c.Must(t, "CONFIG", "SET", "oom-score-adj-values", "2000 0 0")
	score(1000)
	// What follows fails, and takes back what was done before.
	reply, err := c.Do("CONFIG", "SET", "oom-score-adj-values", "7 0 0", "tls-port", "1")
	if _, failed := reply.(redistest.Error); err != nil || !failed {
		t.Errorf("%v, %v", reply, err)
	}
	score(1000)
	c.Must(t, "CONFIG", "SET", "oom-score-adj", "no")
	score(base)
}

func TestServerCPUList(t *testing.T) {
	status := func(p *process) string {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		_, rest, _ := strings.Cut(string(b), "Cpus_allowed_list:\t")
		list, _, _ := strings.Cut(rest, "\n")
		return list
	}
	own, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(own), "Cpus_allowed_list:\t")
	first := strings.FieldsFunc(rest, func(r rune) bool { return r < '0' || r > '9' })[0]
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "", "--server_cpulist", first)
	if got := status(p); got != first {
		t.Errorf("runs on %s, want %s", got, first)
	}
	p = startProcess(t, t.TempDir(), "", "Ready to accept", "--save", "", "--server_cpulist", "0-x")
	if !strings.Contains(p.log(), "'0-x' is no list of processors") {
		t.Error("a list that is none is not noticed")
	}
}
