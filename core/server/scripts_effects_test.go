package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestScriptEffects compares what scripts record in the append-only file with what
// redis-server's record: their effects, as one unit.
func TestScriptEffects(t *testing.T) {
	const fsync = "always"
	ourDir, theirDir := t.TempDir(), t.TempDir()
	s := start(t, ourDir, "--save", "", "--appendonly", "yes", "--appendfsync", fsync)
	oracle := redistest.StartIn(t, theirDir, "--save", "", "--appendonly", "yes", "--appendfsync", fsync)
	ours, theirs := s.dial(), redistest.MustDial(t, oracle.Addr)
	for _, request := range [][]any{
		{"SET", "plain", "1"},
		{"EVAL", "return redis.call('set', KEYS[1], ARGV[1])", 1, "one", "x"},
		{"EVAL", "redis.call('set', KEYS[1], 1) redis.call('incr', KEYS[1]) return redis.call('get', KEYS[1])", 1, "two"},
		{"EVAL", "return redis.call('get', 'two')", 0},
		{"EVAL", "redis.call('set', 'before', 1) error('x')", 0},
		{"EVAL", "redis.call('set', 'a', 1) redis.set_repl(redis.REPL_NONE) redis.call('set', 'b', 1) redis.set_repl(redis.REPL_ALL) redis.call('set', 'c', 1)", 0},
		{"EVAL", "redis.call('select', 3) redis.call('set', 'in3', 1)", 0},
		{"SET", "in0", "1"},
		{"EVAL", "redis.call('select', 4) redis.call('set', 'in4', 1) redis.call('select', 0) redis.call('set', 'in0', 2)", 0},
		{"EVAL", "redis.call('incrbyfloat', 'f', 0.1) redis.call('set', 'e', 'x', 'pxat', '4102444800000') redis.call('persist', 'e')", 0},
		{"EVAL", "redis.pcall('incr', 'f', 'x') redis.pcall('lpush', 'f', 'x')", 0},
		{"MULTI"},
		{"SET", "t", "1"},
		{"EVAL", "redis.call('set', 'u', 1) redis.call('set', 'v', 1)", 0},
		{"EXEC"},
		{"SCRIPT", "LOAD", "return redis.call('incr', KEYS[1])"},
		{"EVALSHA", "4ca238f611c9d0ae4e9a75a5dbac22aedc1e40ab", 1, "n"},
		{"EVAL", "return redis.call('publish', 'ch', 'x')", 0},
		{"EVAL", "redis.call('sadd', 'set', 'a', 'b') redis.call('sort', 'set', 'alpha', 'store', 'sorted')", 0},
		{"EVAL", "redis.call('spop', 'set', 2)", 0},
	} {
		got, err := ours.Raw(request...)
		if err != nil {
			t.Fatal(err)
		}
		want, err := theirs.Raw(request...)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%v: %q, want %q", request, got, want)
		}
	}
	got, want := increments(t, ourDir), increments(t, theirDir)
	if got != want {
		t.Errorf("the append-only file:\n%s\nwant:\n%s", got, want)
	}
}

// increments is the last incremental file of the append-only file in dir, a request a
// line.
func increments(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no append-only file in %s: %v", dir, err)
	}
	text, err := os.ReadFile(names[len(names)-1])
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, line := range strings.Split(string(text), "\r\n") {
		switch {
		case strings.HasPrefix(line, "*"):
			b.WriteString("\n")
		case !strings.HasPrefix(line, "$"):
			b.WriteString(line + " ")
		}
	}
	return b.String()
}
