package server_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
)

// A restore whose files cannot be written changes nothing, in memory or on disk, and
// the next one succeeds.
func TestRestoreOnAFullDisk(t *testing.T) {
	for name, c := range map[string]struct {
		fails func(op string) bool
		args  []string
	}{
		"the upload": {func(op string) bool { return strings.HasPrefix(op, "write") && strings.Contains(op, "upload") }, []string{"--save", "3600 1"}},
		"the RDB file": {func(op string) bool {
			return strings.HasPrefix(op, "write") && strings.Contains(op, ".rdb") && !strings.Contains(op, "upload")
		}, []string{"--save", "3600 1"}},
		"its name": {func(op string) bool { return strings.HasPrefix(op, "rename") && strings.Contains(op, "dump.rdb") }, []string{"--save", "3600 1"}},
		"the base": {func(op string) bool { return strings.HasPrefix(op, "write") && strings.Contains(op, ".base") },
			[]string{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}},
		"the name of the base": {func(op string) bool { return strings.HasPrefix(op, "rename") && strings.Contains(op, ".base.rdb") },
			[]string{"--save", "", "--appendonly", "yes", "--appendfsync", "always"}},
	} {
		t.Run(name, func(t *testing.T) {
			var armed atomic.Bool
			disk := faultfs.New(vfs.OS, faultfs.Fault{At: 1, Err: syscall.ENOSPC, Only: func(op string) bool { return armed.Load() && c.fails(op) }})
			dir := t.TempDir()
			args := append(c.args[:len(c.args):len(c.args)], "--enable-debug-command", "yes")
			e := embedOn(t, disk, dir, args...)
			client := e.dial()
			fillKeys(t, client, "new", 2000)
			file, want := e.snapshot(), digest(t, client)
			expect(t, client, "OK", "FLUSHALL")
			fillKeys(t, client, "old", 500)
			expect(t, client, "lib", "FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 7 end)")
			before := digest(t, client)
			armed.Store(true)
			_, err := e.handle.Restore(context.Background(), bytes.NewReader(file), int64(len(file)))
			if !disk.Fired() || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("fired: %v, error: %v\n%s", disk.Fired(), err, strings.Join(disk.Trace(), "\n"))
			}
			if got := digest(t, client); got != before {
				t.Errorf("the data has changed")
			}
			expect(t, client, 7, "FCALL", "f", 0)
			expect(t, client, "OK", "SET", "after", "1")
			if _, err := e.handle.Restore(context.Background(), bytes.NewReader(file), int64(len(file))); err != nil {
				t.Errorf("the next one: %v", err)
			}
			if got := digest(t, client); got != want {
				t.Error("the next one has not restored the data")
			}
			e.stop()
			again := embed(t, dir, args...)
			if got := digest(t, again.dial()); got != want {
				t.Error("a restart does not find what was restored")
			}
			again.stop()
		})
	}
}

// embedOn is embed with the data's files on disk.
func embedOn(t *testing.T, disk vfs.FS, dir string, args ...string) *embedded {
	t.Helper()
	return embedWith(t, dir, args, func(ctx context.Context, args []string, log *text, started func(*server.Handle)) int {
		return server.RunEmbeddedOn(ctx, disk, args, strings.NewReader(""), log, log, server.Embedding{Started: started})
	})
}
