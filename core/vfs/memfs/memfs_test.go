package memfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

func put(t *testing.T, f vfs.FS, name, text string, sync bool) {
	t.Helper()
	file, err := f.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if sync {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

// get returns a file's text, or "-" when it is not there.
func get(t *testing.T, f vfs.FS, name string) string {
	t.Helper()
	file, err := f.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "-"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// kind is what a test can tell of an error on every system.
func kind(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, fs.ErrNotExist):
		return "no such file"
	case errors.Is(err, io.EOF):
		return "EOF"
	}
	return "error"
}

// The same random operations on the operating system's files and on these
// must have the same outcomes.
func TestAsTheOperatingSystem(t *testing.T) {
	for seed := range uint64(20) {
		dir := t.TempDir()
		mem := memfs.New()
		if err := mem.MkdirAll(dir); err != nil {
			t.Fatal(err)
		}
		a, b := &actor{fs: vfs.OS, dir: dir}, &actor{fs: mem, dir: dir}
		r := rand.New(rand.NewPCG(seed, 1))
		for step := range 300 {
			op, x, y, n := r.IntN(14), r.IntN(4), r.IntN(4), r.IntN(2000)
			if want, got := a.do(op, x, y, n), b.do(op, x, y, n); got != want {
				t.Fatalf("seed %d step %d op %d: %s, the OS says %s", seed, step, op, got, want)
			}
		}
		a.close()
		b.close()
	}
}

type actor struct {
	fs   vfs.FS
	dir  string
	open [4]vfs.File
}

func (a *actor) close() {
	for _, f := range a.open {
		if f != nil {
			f.Close()
		}
	}
}

func (a *actor) name(i int) string {
	return filepath.Join(a.dir, []string{"a", "b", "d/a", "d/b"}[i])
}

func (a *actor) keep(i int, f vfs.File, err error) string {
	if err == nil {
		if a.open[i] != nil {
			a.open[i].Close()
		}
		a.open[i] = f
	}
	return kind(err)
}

func (a *actor) do(op, x, y, n int) string {
	switch op {
	case 0:
		f, err := a.fs.Create(a.name(x))
		return a.keep(y, f, err)
	case 1:
		f, err := a.fs.Open(a.name(x))
		return a.keep(y, f, err)
	case 2:
		f, err := a.fs.OpenAppend(a.name(x))
		return a.keep(y, f, err)
	case 3:
		return kind(a.fs.Rename(a.name(x), a.name(y)))
	case 4:
		return kind(a.fs.Remove(a.name(x)))
	case 5:
		info, err := a.fs.Stat(a.name(x))
		if err != nil {
			return kind(err)
		}
		return fmt.Sprint(info.Name(), info.Size(), info.IsDir())
	case 6:
		names, err := a.fs.ReadDir(filepath.Join(a.dir, []string{"", "d"}[x%2]))
		return fmt.Sprint(names, kind(err))
	case 7:
		return kind(a.fs.MkdirAll(filepath.Join(a.dir, "d")))
	case 8:
		return kind(a.fs.SyncDir(a.dir))
	}
	return a.onFile(op, a.open[x], n)
}

func (a *actor) onFile(op int, f vfs.File, n int) string {
	if f == nil {
		return "none"
	}
	p := bytes.Repeat([]byte{byte(n)}, n)
	switch op {
	case 9, 10:
		got, err := f.Write(p)
		return fmt.Sprint(got, kind(err))
	case 11:
		got, err := f.Read(p)
		return fmt.Sprintf("%d %s %x", got, kind(err), p)
	case 12:
		got, err := f.ReadAt(p, int64(n/2))
		return fmt.Sprintf("%d %s %x", got, kind(err), p)
	}
	err := f.Truncate(int64(n))
	info, statErr := f.Stat()
	return fmt.Sprint(kind(err), kind(statErr), info.Size(), kind(f.Sync()), kind(f.DataSync()))
}

func TestCrashKeepsWhatIsSyncedAndNoMore(t *testing.T) {
	m := memfs.New()
	m.MkdirAll("d")
	put(t, m, "d/a", "synced", true)
	if got := get(t, m.CrashClone(nil), "d/a"); got != "-" {
		t.Fatalf("a name outlived a crash without SyncDir: %q", got)
	}
	m.SyncDir(".")
	m.SyncDir("d")
	file, _ := m.OpenAppend("d/a")
	file.Write([]byte(" and not"))
	put(t, m, "d/b", "unsynced", false)
	m.SyncDir("d")
	c := m.CrashClone(nil)
	if a, b := get(t, c, "d/a"), get(t, c, "d/b"); a != "synced" || b != "" {
		t.Fatalf("%q %q", a, b)
	}
	put(t, c, "d/a", "changed", true)
	if got := get(t, m, "d/a"); got != "synced and not" {
		t.Fatalf("the clone changed the original: %q", got)
	}
}

func TestCrashKeepsWhatIsDataSynced(t *testing.T) {
	m := memfs.New()
	file, _ := m.OpenAppend("a")
	m.SyncDir(".")
	file.Write([]byte("synced"))
	if err := file.DataSync(); err != nil {
		t.Fatal(err)
	}
	file.Write([]byte(" and not"))
	if got := get(t, m.CrashClone(nil), "a"); got != "synced" {
		t.Fatalf("%q", got)
	}
}

func TestCrashMayKeepMoreAndTearIt(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(200) {
		m := memfs.New()
		put(t, m, "a", strings.Repeat("o", 1024), true)
		m.SyncDir(".")
		put(t, m, "a", strings.Repeat("n", 1024), false)
		put(t, m, "b", "x", true)
		m.Rename("b", "c")
		c := m.CrashClone(rand.New(rand.NewPCG(seed, 1)))
		a := get(t, c, "a")
		for _, s := range []string{"on", "no", "oo", "nn"} {
			if len(a) == 1024 && a[0] == s[0] && a[1023] == s[1] {
				seen[s] = true
			}
		}
		names := fmt.Sprint(get(t, c, "b") != "-", get(t, c, "c") != "-")
		seen[names] = true
	}
	for _, want := range []string{"on", "no", "oo", "nn", "false false", "true false", "false true"} {
		if !seen[want] {
			t.Errorf("200 crashes never gave %q", want)
		}
	}
	if seen["true true"] {
		t.Error("a rename within a directory left both names")
	}
}

func TestCrashMayKeepAnyPrefix(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(200) {
		m := memfs.New()
		put(t, m, "a", "old", true)
		put(t, m, "b", "abcd", true)
		m.SyncDir(".")
		file, _ := m.OpenAppend("a")
		file.Write([]byte("1"))
		file.Write([]byte("23"))
		put(t, m, "b", "aX", false)
		c := m.CrashPrefix(rand.New(rand.NewPCG(seed, 1)))
		seen[get(t, c, "a")] = true
		seen[get(t, c, "b")] = true
	}
	for _, want := range []string{"old", "old1", "old12", "old123", "abcd", "aXcd"} {
		if !seen[want] {
			t.Errorf("200 crashes never gave %q", want)
		}
	}
	if len(seen) != 6 {
		t.Errorf("crashes gave %v", seen)
	}
}

func TestErrors(t *testing.T) {
	m := memfs.New()
	put(t, m, "f", "x", false)
	m.MkdirAll("d/e")
	for _, c := range []struct {
		err  error
		want error
	}{
		{m.Remove("d"), syscall.ENOTEMPTY},
		{m.Remove("none"), fs.ErrNotExist},
		{m.MkdirAll("f/g"), syscall.ENOTDIR},
		{m.SyncDir("f"), syscall.ENOTDIR},
		{m.Rename("f", "d"), fs.ErrExist},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%v, want %v", c.err, c.want)
		}
	}
	f, _ := m.Open("f")
	if _, err := f.Write([]byte("y")); !errors.Is(err, syscall.EBADF) {
		t.Error(err)
	}
	f.Close()
	if err := f.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Error(err)
	}
}
