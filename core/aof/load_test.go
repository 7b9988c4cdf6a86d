package aof

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// loading is a Load with all that it calls.
type loading struct {
	fs       *memfs.FS
	o        LoadOptions
	applied  []string
	log      []string
	files    []string
	progress []int64
}

const rdbStub = "REDIS-stub" // what the test's RDB loader takes for an RDB file

// newLoading writes files, by name, into a directory.
func newLoading(t *testing.T, files map[string]string) *loading {
	t.Helper()
	l := &loading{fs: memfs.New()}
	if err := errors.Join(l.fs.MkdirAll("d"), l.fs.SyncDir(".")); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		writeFile(t, l.fs, filepath.Join("d", name), text)
	}
	l.o = LoadOptions{
		FS: l.fs, Dir: "d", Name: "a", Databases: 16,
		Apply: func(_, db int, argv [][]byte) error {
			if is(argv[0], "bla") {
				return fmt.Errorf("look up: %w", ErrUnknownCommand)
			}
			if is(argv[0], "broken") {
				return errors.New("no memory")
			}
			l.applied = append(l.applied, fmt.Sprintf("%d %s", db, joined(argv)))
			return nil
		},
		RDB: func(file vfs.File, path string, size int64, progress func(int64) error) (int64, error) {
			head := make([]byte, len(rdbStub))
			if file.ReadAt(head, 0); string(head) != rdbStub {
				return 0, errors.New("RDB is broken")
			}
			l.applied = append(l.applied, "rdb "+path)
			return int64(len(rdbStub)), progress(int64(len(rdbStub)))
		},
		Progress: func(done, total int64) error {
			l.progress = append(l.progress, done, total)
			return nil
		},
		File:    func(name string) { l.files = append(l.files, name) },
		Notice:  func(format string, args ...any) { l.log = append(l.log, "* "+fmt.Sprintf(format, args...)) },
		Warning: func(format string, args ...any) { l.log = append(l.log, "# "+fmt.Sprintf(format, args...)) },
	}
	return l
}

func joined(argv [][]byte) string {
	words := make([]string, len(argv))
	for i, a := range argv {
		words[i] = string(a)
	}
	return strings.Join(words, " ")
}

func writeFile(t testing.TB, fsys vfs.FS, path, text string) {
	t.Helper()
	file, err := fsys.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Write([]byte(text))
	if err = errors.Join(err, file.Sync(), file.Close(), fsys.SyncDir(filepath.Dir(path))); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, fsys vfs.FS, path string) string {
	t.Helper()
	file, err := fsys.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	text := make([]byte, info.Size())
	if n, err := file.ReadAt(text, 0); n < len(text) {
		t.Fatal(err)
	}
	return string(text)
}

func (l *loading) load(t testing.TB) (Loaded, error) {
	t.Helper()
	m, err := LoadManifest(l.o.FS, l.o.Dir, l.o.Name)
	if err != nil {
		t.Fatal(err)
	}
	l.applied, l.log, l.files, l.progress = nil, nil, nil, nil
	return Load(m, l.o)
}

const baseAndTwo = "file a.1.base.aof seq 1 type b\nfile a.1.incr.aof seq 1 type i\nfile a.2.incr.aof seq 2 type i\n"

func TestLoadInOrder(t *testing.T) {
	base := cmd("select", "3") + cmd("set", "k1", "v1")
	one := cmd("set", "k2", "v2") + cmd("MULTI") + cmd("SeLeCt", "2") + cmd("incr", "x") + cmd("EXEC") + cmd("del", "y")
	two := "#TS:1\r\n" + cmd("select", "1") + cmd("set", "k3", "v3")
	l := newLoading(t, map[string]string{"a.manifest": baseAndTwo, "a.1.base.aof": base, "a.1.incr.aof": one, "a.2.incr.aof": two})
	got, err := l.load(t)
	if err != nil {
		t.Fatal(err)
	}
	want := Loaded{State: Whole, Size: int64(len(base + one + two)), BaseSize: int64(len(base)), LastSize: int64(len(two)), Commands: 5}
	if got != want {
		t.Errorf("loaded %+v, want %+v", got, want)
	}
	if commands := []string{"3 set k1 v1", "0 set k2 v2", "2 incr x", "2 del y", "1 set k3 v3"}; !reflect.DeepEqual(l.applied, commands) {
		t.Errorf("applied %q, want %q", l.applied, commands)
	}
	if want := []string{"a.1.base.aof", "a.1.incr.aof", "a.2.incr.aof"}; !reflect.DeepEqual(l.files, want) {
		t.Errorf("files %q", l.files)
	}
	if !slices.IsSortedFunc(pairs(l.progress), func(a, b [2]int64) int { return int(a[0] - b[0]) }) || l.progress[len(l.progress)-2] != want.Size {
		t.Errorf("progress %v", l.progress)
	}
	if len(l.log) != 3 || !strings.HasPrefix(l.log[0], "* DB loaded from base file a.1.base.aof: 0.") || !strings.HasPrefix(l.log[2], "* DB loaded from incr file a.2.incr.aof: 0.") {
		t.Errorf("log %q", l.log)
	}
}

func pairs(list []int64) (all [][2]int64) {
	for p := range slices.Chunk(list, 2) {
		all = append(all, [2]int64(p))
	}
	return all
}

func TestLoadStates(t *testing.T) {
	set := cmd("set", "k", "v")
	for _, c := range []struct {
		name  string
		files map[string]string
		state LoadState
		count int
	}{
		{"no manifest", nil, NoFiles, 0},
		{"only history", map[string]string{"a.manifest": "file x seq 1 type h\n"}, NoFiles, 0},
		{"all empty", map[string]string{"a.manifest": baseAndTwo, "a.1.base.aof": "", "a.1.incr.aof": "", "a.2.incr.aof": ""}, NoData, 0},
		{"some empty", map[string]string{"a.manifest": baseAndTwo, "a.1.base.aof": "", "a.1.incr.aof": set, "a.2.incr.aof": ""}, Whole, 1},
		{"annotations alone", map[string]string{"a.manifest": "file i seq 1 type i\n", "i": "#TS:1\r\n#\r\n"}, Whole, 0},
		{"RDB base", map[string]string{"a.manifest": "file b seq 1 type b\n", "b": rdbStub}, Whole, 1},
		{"RDB preamble", map[string]string{"a.manifest": "file a seq 1 type b\nfile i seq 1 type i\n", "a": rdbStub + set, "i": set}, Whole, 3},
		{"shorter than an RDB file's name", map[string]string{"a.manifest": "file i seq 1 type i\n", "i": "#\r\n"}, Whole, 0},
	} {
		l := newLoading(t, c.files)
		got, err := l.load(t)
		if err != nil || got.State != c.state || len(l.applied) != c.count {
			t.Errorf("%s: %+v, %v; applied %q", c.name, got, err, l.applied)
		}
	}
}

const (
	oneIncr       = "file i seq 1 type i\n"
	shortRead     = "# !!! Warning: short read while loading the AOF file i!!!"
	loadedAnyway  = "# AOF i loaded anyway because aof-load-truncated is enabled"
	revert        = "# Revert incomplete MULTI/EXEC transaction in AOF file i"
	unexpectedEnd = "# Unexpected end of file reading the append only file i. You can: " +
		"1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. " +
		"2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server."
	badFile = "# Bad file format reading the append only file i: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>"
)

// TestLoadSpoiled loads last files that are cut or broken, with and without
// aof-load-truncated. A sound part of -1 means that nothing may be cut off.
func TestLoadSpoiled(t *testing.T) {
	set := cmd("set", "k", "v")
	multi := cmd("multi") + set
	for _, c := range []struct {
		name, text string
		sound      int // what stays with aof-load-truncated
		log        []string
		without    []string // the log without aof-load-truncated
	}{
		{"cut in an argument", set + set[:len(set)-3], len(set), []string{shortRead, loadedAnyway}, []string{unexpectedEnd}},
		{"the last byte missing", set + set[:len(set)-1], len(set), []string{shortRead, loadedAnyway}, []string{unexpectedEnd}},
		{"one byte", "*", 0, []string{shortRead, loadedAnyway}, []string{unexpectedEnd}},
		{"zeros", set + "\x00\x00", len(set), []string{shortRead, loadedAnyway}, []string{unexpectedEnd}},
		{"MULTI without EXEC", set + multi, len(set), []string{revert, shortRead, loadedAnyway}, []string{revert, unexpectedEnd}},
		{"cut in a transaction", set + multi + set[:9], len(set), []string{revert, shortRead, loadedAnyway}, []string{revert, unexpectedEnd}},
		{"annotation cut in a transaction", set + multi + "#TS", len(set), []string{revert, shortRead, loadedAnyway}, []string{revert, unexpectedEnd}},
		{"annotation in a transaction", set + multi + "#TS:1\r\n", len(set), []string{revert, shortRead, loadedAnyway}, []string{revert, unexpectedEnd}},
		{"cut annotation", set + "#TS:1", len(set), nil, nil},
		{"bad format", set + "!!!" + set, -1, []string{badFile}, []string{badFile}},
		{"bad format in a transaction", multi + "!!!", -1, []string{badFile}, []string{badFile}},
		{"unknown command", set + cmd("bla", "foo") + set, -1, []string{"# Unknown command 'bla' reading the append only file i"}, []string{"# Unknown command 'bla' reading the append only file i"}},
		{"unknown command in a transaction", cmd("multi") + cmd("bla") + cmd("exec"), -1, []string{"# Unknown command 'bla' reading the append only file i"}, []string{"# Unknown command 'bla' reading the append only file i"}},
		{"RDB in an increment", rdbStub, -1, []string{badFile}, []string{badFile}},
	} {
		for _, allowed := range []bool{true, false} {
			l := newLoading(t, map[string]string{"a.manifest": oneIncr, "i": c.text})
			l.o.Truncated = allowed
			got, err := l.load(t)
			want, sound := c.without, len(c.text)
			if allowed {
				want = c.log
			}
			fine := c.sound >= 0 && (allowed || want == nil)
			if fine {
				sound = c.sound
			}
			if fine != (err == nil) {
				t.Errorf("%s (%v): error %v", c.name, allowed, err)
				continue
			}
			if err == nil && (got.LastSize != int64(sound) || got.Size != int64(sound) || (got.State == Cut) != (want != nil)) {
				t.Errorf("%s (%v): %+v", c.name, allowed, got)
			}
			if text := readFile(t, l.fs.CrashClone(nil), "d/i"); text != c.text[:sound] {
				t.Errorf("%s (%v): the file has %d bytes, want %d", c.name, allowed, len(text), sound)
			}
			if log := told(l.log); !reflect.DeepEqual(log, want) {
				t.Errorf("%s (%v): log %q, want %q", c.name, allowed, log, want)
			}
			if err != nil && "# "+err.Error() != l.log[len(l.log)-1] {
				t.Errorf("%s: error %q is not the last line of the log %q", c.name, err, l.log)
			}
			if len(l.applied) > 0 && slices.ContainsFunc(l.applied, func(s string) bool { return s != "0 set k v" }) || c.sound == 0 && l.applied != nil {
				t.Errorf("%s: applied %q", c.name, l.applied)
			}
		}
	}
}

// told are the warnings but for those whose numbers differ.
func told(log []string) (lines []string) {
	for _, line := range log {
		if strings.HasPrefix(line, "# ") && !strings.Contains(line, "is not sound") && !strings.Contains(line, "!!! Truncating the AOF") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestLoadAfterCutting(t *testing.T) {
	set := cmd("set", "k", "v")
	l := newLoading(t, map[string]string{"a.manifest": oneIncr, "i": set + cmd("multi") + set})
	l.o.Truncated = true
	if _, err := l.load(t); err != nil || !slices.Contains(l.log, fmt.Sprintf("# !!! Truncating the AOF i at offset %d !!!", len(set))) {
		t.Fatal(err, l.log)
	}
	l.o.Truncated = false
	if got, err := l.load(t); err != nil || got.State != Whole || len(l.applied) != 1 {
		t.Errorf("the file that was cut off: %+v, %v", got, err)
	}
}

// TestLoadNotLast: only the last file may end too early, and another is left
// as it is.
func TestLoadNotLast(t *testing.T) {
	set := cmd("set", "k", "v")
	for _, text := range []string{set + "*1", set + cmd("multi")} {
		l := newLoading(t, map[string]string{"a.manifest": baseAndTwo, "a.1.base.aof": set, "a.1.incr.aof": text, "a.2.incr.aof": set})
		l.o.Truncated = true
		_, err := l.load(t)
		if err == nil || err.Error() != "Fatal error: the truncated file is not the last file" {
			t.Errorf("error %v", err)
		}
		if got := readFile(t, l.fs, "d/a.1.incr.aof"); got != text {
			t.Errorf("the file was changed to %q", got)
		}
	}
	l := newLoading(t, map[string]string{"a.manifest": baseAndTwo, "a.1.base.aof": set + "#T", "a.1.incr.aof": set + "#", "a.2.incr.aof": set})
	if _, err := l.load(t); err != nil || len(l.applied) != 3 || readFile(t, l.fs, "d/a.1.incr.aof") != set+"#" {
		t.Errorf("annotations cut in other files: %v, %q", err, l.applied)
	}
}

func TestLoadCutsNoPreamble(t *testing.T) {
	l := newLoading(t, map[string]string{"a.manifest": "file a seq 1 type b\n", "a": rdbStub + "*2\r\n"})
	l.o.Truncated = true
	if got, err := l.load(t); err != nil || got.BaseSize != int64(len(rdbStub)) || readFile(t, l.fs, "d/a") != rdbStub {
		t.Errorf("%+v, %v", got, err)
	}
	want := []string{"* Reading RDB preamble from AOF file...", "* Reading the remaining AOF tail..."}
	if !reflect.DeepEqual(l.log[:2], want) {
		t.Errorf("log %q", l.log)
	}
}

func TestLoadErrors(t *testing.T) {
	set := cmd("set", "k", "v")
	for _, c := range []struct {
		name  string
		files map[string]string
		log   []string
	}{
		{"missing", map[string]string{"a.manifest": baseAndTwo, "a.1.base.aof": set, "a.2.incr.aof": set},
			[]string{"# Unable to obtain the AOF file a.1.incr.aof length. stat: No such file or directory"}},
		{"base", map[string]string{"a.manifest": "file b seq 1 type b\n", "b": "REDIS!"},
			[]string{"* Reading RDB base file on AOF loading...", "# RDB is broken", "# Error reading the RDB base file b, AOF loading aborted"}},
		{"preamble", map[string]string{"a.manifest": "file a seq 1 type b\n", "a": "REDIS"},
			[]string{"* Reading RDB preamble from AOF file...", "# RDB is broken", "# Error reading the RDB preamble of the AOF file a, AOF loading aborted"}},
		{"database", map[string]string{"a.manifest": oneIncr, "i": cmd("select", "16")},
			[]string{`# Error applying the append only file i: command 'select' that ends at offset 24: SELECT "16": there are 16 databases`}},
		{"negative database", map[string]string{"a.manifest": oneIncr, "i": cmd("select", "-1")},
			[]string{`# Error applying the append only file i: command 'select' that ends at offset 24: SELECT "-1": there are 16 databases`}},
		{"SELECT alone", map[string]string{"a.manifest": oneIncr, "i": cmd("select")},
			[]string{`# Error applying the append only file i: command 'select' that ends at offset 16: SELECT with 0 arguments`}},
		{"a handler's error", map[string]string{"a.manifest": oneIncr, "i": set + cmd("broken")},
			[]string{fmt.Sprintf(`# Error applying the append only file i: command 'broken' that ends at offset %d: no memory`, len(set+cmd("broken")))}},
	} {
		l := newLoading(t, c.files)
		l.o.Truncated = true
		_, err := l.load(t)
		if err == nil || !reflect.DeepEqual(l.log, c.log) {
			t.Errorf("%s: %v, log %q, want %q", c.name, err, l.log, c.log)
		}
	}
}

func TestLoadStopped(t *testing.T) {
	stop := errors.New("shutdown")
	set := cmd("set", "k", "v")
	for at := range 5 {
		l := newLoading(t, map[string]string{"a.manifest": "file b seq 1 type b\nfile i seq 1 type i\n", "b": rdbStub + set, "i": set})
		n := 0
		l.o.Progress = func(int64, int64) error {
			if n++; n > at {
				return stop
			}
			return nil
		}
		if _, err := l.load(t); err != stop || slices.ContainsFunc(l.log, func(s string) bool { return s[0] == '#' }) {
			t.Errorf("stopped at %d: %v, log %q", at, err, l.log)
		}
	}
}

func TestStrayTransactions(t *testing.T) {
	set := cmd("set", "k", "v")
	l := newLoading(t, map[string]string{"a.manifest": oneIncr,
		"i": cmd("exec") + set + cmd("multi") + set + cmd("multi") + set + cmd("exec") + strings.Repeat(cmd("exec"), 100) + set})
	if _, err := l.load(t); err != nil || len(l.applied) != 4 || len(l.log) != maxStray+1 {
		t.Errorf("%v, applied %q, log %q", err, l.applied, l.log)
	}
}

// TestLoadFaults fails each file operation of a load that cuts off a tail.
func TestLoadFaults(t *testing.T) {
	set := cmd("set", "k", "v")
	for at := 1; ; at++ {
		l := newLoading(t, map[string]string{"a.manifest": "file b seq 1 type b\n" + oneIncr, "b": rdbStub + set, "i": set + set[:5]})
		l.o.Truncated = true
		m, err := LoadManifest(l.fs, "d", "a")
		if err != nil {
			t.Fatal(err)
		}
		f := faultfs.New(l.fs, faultfs.Fault{At: at, Err: syscall.EIO})
		l.o.FS = f
		got, err := Load(m, l.o)
		if !f.Fired() {
			if err != nil || got.State != Cut {
				t.Errorf("without a fault: %+v, %v", got, err)
			}
			return
		}
		closing := strings.HasPrefix(last(f.Trace()), "close")
		if err == nil && !closing {
			t.Errorf("operation %d failed, but Load did not: %q", at, f.Trace())
		}
		if err != nil && !strings.Contains(strings.Join(l.log, "\n"), "Input/output error") && !strings.Contains(strings.Join(l.log, "\n"), "RDB is broken") {
			t.Errorf("operation %d: log %q", at, l.log)
		}
		l.o.FS = l.fs
		if again, err := l.load(t); err != nil || again.LastSize != int64(len(set)) {
			t.Errorf("after operation %d failed: %+v, %v", at, again, err)
		}
	}
}

func last(list []string) string { return list[len(list)-1] }
