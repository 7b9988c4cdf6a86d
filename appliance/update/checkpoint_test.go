package update

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const incr = "appendonlydir/a.aof.2.incr.aof"

// dataDir is a data folder as a server leaves it.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"appendonlydir", "identity", "lost+found"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"dump.rdb": "one", "appendonlydir/a.aof.1.base.rdb": "base", incr: "increment",
		"appendonlydir/a.aof.manifest": "manifest", "identity/machine-id": "me",
	} {
		put(t, dir, name, text)
	}
	return dir
}

// put replaces a file as a whole, as the server does.
func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path+".tmp", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		t.Fatal(err)
	}
}

// contents are the server's files of dir.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := eachFile(dir, func(name string, d fs.DirEntry) error {
		if d.IsDir() {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// spoil does to the data what a server does: replace, append, remove, add.
func spoil(t *testing.T, dir string) {
	t.Helper()
	put(t, dir, "dump.rdb", "two")
	put(t, dir, "appendonlydir/a.aof.manifest", "another")
	put(t, dir, "nodes.conf", "new")
	f, err := os.OpenFile(filepath.Join(dir, incr), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString(" and more")
	if err := errors.Join(err, f.Close(), os.Remove(filepath.Join(dir, "appendonlydir/a.aof.1.base.rdb"))); err != nil {
		t.Fatal(err)
	}
}

func TestCheckpoint(t *testing.T) {
	dir := dataDir(t)
	if err := RestoreCheckpoint(dir); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("without one: %v", err)
	}
	before := contents(t, dir)
	if err := MakeCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	spoil(t, dir)
	spoiled := contents(t, dir)
	for range 2 { // it is still there after it was used
		if err := RestoreCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, dir); !maps.Equal(got, before) {
			t.Fatalf("got %q, want %q", got, before)
		}
		spoil(t, dir)
	}
	if err := RestoreCheckpoint(dir); err != nil {
		t.Fatal(err)
	}
	if got := contents(t, filepath.Join(dir, updateDir, replacedDir)); !maps.Equal(got, spoiled) {
		t.Errorf("replaced %q, want %q", got, spoiled)
	}
	if me, err := os.ReadFile(filepath.Join(dir, "identity/machine-id")); string(me) != "me" {
		t.Errorf("the machine's identity is %q, %v", me, err)
	}
}

// A restore that was cut off anywhere is finished by the next one.
func TestRestoreCutOff(t *testing.T) {
	for _, state := range []string{moving, copying} {
		dir := dataDir(t)
		before := contents(t, dir)
		if err := MakeCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		spoil(t, dir)
		base := filepath.Join(dir, updateDir)
		replaced := filepath.Join(base, replacedDir)
		if err := errors.Join(os.Mkdir(replaced, 0o700), mark(filepath.Join(base, restoringFile), state),
			os.Rename(filepath.Join(dir, "dump.rdb"), filepath.Join(replaced, "dump.rdb"))); err != nil {
			t.Fatal(err)
		}
		if state == copying {
			if err := moveData(dir, replaced); err != nil {
				t.Fatal(err)
			}
			put(t, dir, "dump.rdb", "half of it")
		}
		if err := RestoreCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		if got := contents(t, dir); !maps.Equal(got, before) {
			t.Errorf("%s: got %q, want %q", state, got, before)
		}
		if got := contents(t, replaced)["dump.rdb"]; got != "two" {
			t.Errorf("%s: what was replaced is lost: %q", state, got)
		}
	}
}

// Increments are what the server appends to; nothing else is copied.
func TestIsIncrement(t *testing.T) {
	for name, want := range map[string]bool{
		incr: true, "appendonly.aof": true, "x/a.aof.1.base.aof": false, "a.aof.1.base.rdb": false, "dump.rdb": false, "a.aof.manifest": false,
	} {
		if got := isIncrement(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !strings.Contains(incr, ".incr.") {
		t.Fatal("the test's increment is none")
	}
}
