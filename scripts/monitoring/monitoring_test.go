// Package monitoring tries Redoubt with the programs that operators watch Redis with:
// Prometheus, promtool, and prometheus-redis-exporter, as Debian has them. make
// monitoring runs it.
package monitoring

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// patience is for a machine that is busy with other work.
const patience = 2 * time.Minute

// TestMonitoring runs all that needs the programs; they are no part of the everyday
// test.
func TestMonitoring(t *testing.T) {
	if os.Getenv("REDOUBT_MONITORING") == "" {
		t.Skip("needs Prometheus and its exporter for Redis: make monitoring")
	}
	redoubt := filepath.Join(t.TempDir(), "adminserver")
	build := exec.Command("go", "build", "-o", redoubt, "github.com/redoubt-kv/redoubt/appliance/internal/adminserver")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Run("exporter names", func(t *testing.T) { exporterNames(t, redoubt) })
	t.Run("exporter with a password", func(t *testing.T) { exporterWithPassword(t, redoubt) })
	t.Run("exporter as a user", func(t *testing.T) { exporterAsUser(t, redoubt) })
	t.Run("endpoint names", func(t *testing.T) { endpointNames(t, redoubt) })
	t.Run("promtool", func(t *testing.T) { promtool(t, redoubt) })
	t.Run("prometheus", func(t *testing.T) { prometheus(t, redoubt) })
}

// machine is a Redoubt server with its endpoint.
type machine struct {
	*redistest.Client
	addr  string // host:port of the data
	admin string // URL of the endpoint
}

// startMachine starts one, with the server's arguments.
func startMachine(t *testing.T, program string, args ...string) *machine {
	t.Helper()
	data, admin := freePort(t), freePort(t)
	m := &machine{addr: fmt.Sprintf("127.0.0.1:%d", data), admin: fmt.Sprintf("http://127.0.0.1:%d", admin)}
	start(t, program, append([]string{"-port", fmt.Sprint(data), "-admin", strings.TrimPrefix(m.admin, "http://"), "-dir", t.TempDir(), "--"}, args...)...)
	get(t, m.admin+"/healthz")
	m.Client = redistest.MustDial(t, m.addr)
	return m
}

// program is a running one.
type program struct{ log string }

// said is its log so far.
func (p *program) said(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// start runs a program until the test ends.
func start(t *testing.T, path string, args ...string) *program {
	t.Helper()
	p := &program{log: filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (scripts/setup monitoring installs what is missing)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		kill := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // a signal ended it
		kill.Stop()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(path), p.said(t))
		}
	})
	return p
}

func freePort(t *testing.T) int {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// get waits until a URL answers with 200, and returns the answer.
func get(t *testing.T, url string) string {
	t.Helper()
	var last string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		r, err := (&http.Client{Timeout: 20 * time.Second}).Get(url)
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err == nil && r.StatusCode == http.StatusOK {
			return string(body)
		}
		last = fmt.Sprintf("%s %v %s", r.Status, err, body)
	}
	t.Fatalf("%s: %s", url, last)
	return ""
}

// use has a server do something of everything that the figures count.
func use(t *testing.T, c *redistest.Client) {
	t.Helper()
	for _, line := range []string{
		"set string value", "setex short 1000 value", "get string", "get nothing", "lpush list a b c", "sadd set a b", "zadd zset 1 a",
		"hset hash f v", "xadd stream * f v", "xgroup create stream group 0", "pfadd hll a", "object freq string", "lpush string a",
		"nonsense", "config set slowlog-log-slower-than 0", "select 1", "set other value", "select 0", "publish channel text", "bgsave",
	} {
		var args []any
		for _, word := range strings.Fields(line) {
			args = append(args, word)
		}
		if _, err := c.Raw(args...); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if _, err := c.Raw("eval", "return redis.call('get', KEYS[1])", 1, "string"); err != nil {
		t.Fatal(err)
	}
}
