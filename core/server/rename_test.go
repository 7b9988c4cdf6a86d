package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestRenameCommand: clients use the new names, files and statistics the old ones.
func TestRenameCommand(t *testing.T) {
	dir := t.TempDir()
	args := []string{"--rename-command", "SET", "put", "--rename-command", "flushall", "", "--rename-command", "get", "set", "--appendonly", "yes"}
	r := start(t, dir, args...)
	c := r.dial()
	refused := func(args ...any) {
		t.Helper()
		reply, err := c.Do(args...)
		if e, ok := reply.(redistest.Error); err != nil || !ok || !strings.HasPrefix(string(e), "ERR unknown command") {
			t.Errorf("%v: %v, %v", args, reply, err)
		}
	}
	expect(t, c, "OK", "PUT", "a", "1")
	expect(t, c, "1", "set", "a")
	refused("GET", "a")
	refused("FLUSHALL")
	refused("")
	expect(t, c, "OK", "MULTI")
	expect(t, c, "QUEUED", "put", "b", "2")
	expect(t, c, "[OK]", "EXEC")
	refused("GET", "a")
	if info := c.Must(t, "INFO", "commandstats").(string); !strings.Contains(info, "cmdstat_set:calls=2") || strings.Contains(info, "put") {
		t.Errorf("INFO:\n%s", info)
	}
	if list := fmt.Sprint(c.Must(t, "COMMAND", "LIST", "FILTERBY", "PATTERN", "flush*")); list != "[flushdb]" {
		t.Errorf("COMMAND LIST: %s", list)
	}
	r.end()
	r.exit(0)
	r = start(t, dir, args...)
	c = r.dial()
	expect(t, c, "2", "set", "b")
	r.end()
	r.exit(0)
	for _, wrong := range [][]string{{"nothing", "x"}, {"get", "set"}} {
		r := launch(t, t.TempDir(), "--rename-command", wrong[0], wrong[1])
		r.exit(1)
		if !strings.Contains(r.log.String(), "rename-command "+wrong[0]) {
			t.Errorf("%v: log %s", wrong, r.log)
		}
	}
}
