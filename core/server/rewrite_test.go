package server_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestFailedRewritesAreLimited: BGREWRITEAOF that fails three times puts off the
// rewrites nobody asks for, but not the next BGREWRITEAOF.
func TestFailedRewritesAreLimited(t *testing.T) {
	dir := t.TempDir()
	d := startOnDisk(t, newDisk(t, dir), dir, "--enable-debug-command", "yes")
	defer d.stop()
	const started = "Background append only file rewriting started"
	rewrite := func() {
		if reply, err := d.do("BGREWRITEAOF"); reply != started {
			t.Fatal(reply, err)
		}
	}
	d.do("SET", "k", "v")
	for range 3 {
		d.do("CONFIG", "SET", "rdb-key-save-delay", "10000000")
		rewrite()
		d.do("CONFIG", "SET", "rdb-key-save-delay", "0") // for later rewrites
		d.do("DEBUG", "FAIL-JOB")
		d.idle()
	}
	d.do("CONFIG", "SET", "auto-aof-rewrite-percentage", "1", "auto-aof-rewrite-min-size", "1kb")
	d.do("SET", "x", strings.Repeat("x", 2048))
	d.until("the limit", func() bool { return strings.Contains(d.log.String(), "has repeatedly failed and triggered the limit") })
	if strings.Contains(d.log.String(), "Background AOF rewrite terminated with success") {
		t.Errorf("rewritten all the same\n%s", d.log)
	}
	rewrite()
	d.idle()
	if !strings.Contains(d.log.String(), "Background AOF rewrite terminated with success") {
		t.Errorf("not rewritten\n%s", d.log)
	}
}

// TestTurnOnInTransaction: the first rewrite is left to the cron, and what the
// transaction has done is in its base.
func TestTurnOnInTransaction(t *testing.T) {
	dir := t.TempDir()
	disk := newDisk(t, dir)
	d := startOnDisk(t, disk, dir)
	d.do("CONFIG", "SET", "appendonly", "no")
	for _, line := range []string{"MULTI", "SET a 1", "CONFIG SET appendonly yes", "SET b 2"} {
		d.do(words(line)...)
	}
	if reply, err := d.do("EXEC"); fmt.Sprint(reply) != "[OK OK OK]" {
		t.Fatal(reply, err)
	}
	if !strings.Contains(d.log.String(), "An AOF background was scheduled to start when possible") {
		t.Errorf("not scheduled\n%s", d.log)
	}
	d.until("the first rewrite", func() bool {
		return strings.Contains(d.log.String(), "Background AOF rewrite terminated with success")
	})
	d.idle()
	d.stop()

	d = startOnDisk(t, disk, dir)
	defer d.stop()
	if reply, err := d.do("MGET", "a", "b"); fmt.Sprint(reply) != "[1 2]" {
		t.Error(reply, err)
	}
}

// TestTurnOnWithOtherSettings: directives that are set together with appendonly are
// those of the first rewrite.
func TestTurnOnWithOtherSettings(t *testing.T) {
	dir := t.TempDir()
	disk := newDisk(t, dir)
	d := startOnDisk(t, disk, dir, "--appendonly", "no")
	defer d.stop()
	if reply, err := d.do("CONFIG", "SET", "appendonly", "yes", "aof-use-rdb-preamble", "no"); reply != "OK" {
		t.Fatal(reply, err)
	}
	d.idle()
	if _, err := disk.Stat(filepath.Join(dir, "appendonlydir", "appendonly.aof.1.base.aof")); err != nil {
		t.Errorf("%v\n%s", err, d.log)
	}
}

// TestLoadAOFCountsNoChanges: after DEBUG LOADAOF nothing has changed since the last
// save.
func TestLoadAOFCountsNoChanges(t *testing.T) {
	dir := t.TempDir()
	d := startOnDisk(t, newDisk(t, dir), dir, "--enable-debug-command", "yes")
	defer d.stop()
	for _, c := range []struct{ command, want string }{
		{"SET k v", "rdb_changes_since_last_save:1\r"},
		{"DEBUG LOADAOF", "rdb_changes_since_last_save:0\r"},
		{"APPEND k w", "rdb_changes_since_last_save:1\r"},
	} {
		d.do(words(c.command)...)
		if info, err := d.do("INFO", "persistence"); !strings.Contains(fmt.Sprint(info), c.want) {
			t.Errorf("after %s: want %s, got %v, %v", c.command, c.want, info, err)
		}
	}
	if reply, err := d.do("GET", "k"); reply != "vw" {
		t.Error(reply, err)
	}
}
