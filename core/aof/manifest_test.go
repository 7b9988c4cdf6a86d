package aof

import (
	"errors"
	"io/fs"
	"math/rand/v2"
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

const (
	baseLine = "file appendonly.aof.1.base.aof seq 1 type b\n"
	incrLine = "file appendonly.aof.1.incr.aof seq 1 type i\n"
)

// badManifests are texts and what is wrong with them; the oracle is asked about
// them too.
var badManifests = []struct{ name, text, reason string }{
	{"empty", "", "Found an empty AOF manifest"},
	{"blank line", incrLine + "\n" + incrLine, badFormat},
	{"line of blanks", " \t \n", badFormat},
	{"two bases", baseLine + "file b seq 2 type b\n", "Found duplicate base file information"},
	{"falling", "file b seq 2 type i\nfile a seq 1 type i\n", "Found a non-monotonic sequence number"},
	{"equal", incrLine + incrLine, "Found a non-monotonic sequence number"},
	{"negative increment", "file a seq -1 type i\n", "Found a non-monotonic sequence number"},
	{"unknown type", "file a seq 1 type x\n", "Unknown AOF file type"},
	{"no file", "filx a seq 1 type b\n", badFormat},
	{"too short", "file a type i\n", badFormat},
	{"odd", "file a seq 1 type i newkey\n", badFormat},
	{"no number", "file a seq x type i\n", badFormat},
	{"zero", "file a seq 0 type i\n", badFormat},
	{"empty type", "file a seq 1 type \"\"\n", badFormat},
	{"open quote", "file \"a seq 1 type i\n", badFormat},
	{"open single quote", "file it's seq 1 type i\n", badFormat},
	{"path", "file a/b seq 1 type i\n", "File can't be a path, just a filename"},
	{"path of Windows", "file \"a\\\\b\" seq 1 type i\n", "File can't be a path, just a filename"},
	{"too long", "file a seq 1 type i" + strings.Repeat(" k v", 252) + "\n", "The AOF manifest file contains too long line"},
	{"long comment", "#" + strings.Repeat("c", 1024) + "\n" + incrLine, badFormat},
	{"no newline", "file a seq 1 type i", "The AOF manifest file contains too long line"},
	{"NUL", "file a seq 1\x00 type i\n", "The AOF manifest file contains too long line"},
	{"carriage return within", "file a\rseq 1 type i x\n", badFormat},
}

func TestBadManifests(t *testing.T) {
	for _, c := range badManifests {
		_, err := ParseManifest(strings.NewReader(c.text))
		var e *ManifestError
		if !errors.As(err, &e) || e.Reason != c.reason {
			t.Errorf("%s: %v, want %q", c.name, err, c.reason)
		}
	}
}

func TestManifestErrorInLog(t *testing.T) {
	_, err := ParseManifest(strings.NewReader(incrLine + "# c\n  file a seq 1 typ i \n"))
	var e *ManifestError
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	want := []string{"\n*** FATAL AOF MANIFEST FILE ERROR ***\n",
		"Reading the manifest file, at line 3\n", ">>> 'file a seq 1 typ i'\n", badFormat + "\n"}
	if got := e.LogLines(); !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	_, err = ParseManifest(strings.NewReader(incrLine + "file a seq 1 type i"))
	if !errors.As(err, &e) || len(e.LogLines()) != 2 {
		t.Errorf("%v: a line that was not read to its end must not be shown", err)
	}
}

func TestGoodManifests(t *testing.T) {
	for _, c := range []struct{ name, text, canonical string }{
		{"both", baseLine + incrLine, ""},
		{"gap", "file a seq 1 type i\nfile c seq 3 type i\n", ""},
		{"other keys", "file a seq 1 type b new value\n", "file a seq 1 type b\n"},
		{"other order, case and blanks", " TYPE b\t seq  1 File a \r\n", "file a seq 1 type b\n"},
		{"later wins", "file a file b seq 1 seq 7 type h type i\n", "file b seq 7 type i\n"},
		{"comments", "# x\n#\n" + incrLine + "#end\n", incrLine},
		{"base last", incrLine + baseLine, baseLine + incrLine},
		{"history", "file c seq 2 type h\nfile b seq 1 type b\nfile d seq 9 type i\n", "file b seq 1 type b\nfile c seq 2 type h\nfile d seq 9 type i\n"},
		{"quoted", "file \" a\\n\\x41\\\"\" seq 1 type b\n", "file \" a\\nA\\\"\" seq 1 type b\n"},
		{"quoted name", "file \" file seq \\n\\n.aof .2.base.rdb\" seq 2 type b\n", ""},
		{"bytes that do not print", "file \"\\xff\\x01\\a\\b\\t\\r\" seq 2 type b\n", ""},
		{"long type", "file a seq 1 type base\n", "file a seq 1 type b\n"},
		{"rest of a number", "file a seq +12x type i\n", "file a seq 12 type i\n"},
		{"longest line", "file a seq 1 type i" + strings.Repeat(" k v", 251) + "\n", "file a seq 1 type i\n"},
		{"only a comment", "#\n", "-"},
		{"NUL in quotes", "file \"a\\x00b\" seq 1 type b\n", "file a seq 1 type b\n"},
	} {
		m, err := ParseManifest(strings.NewReader(c.text))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		want := c.canonical
		switch want {
		case "":
			want = c.text
		case "-":
			want = ""
		}
		if got := m.String(); got != want {
			t.Errorf("%s: %q, want %q", c.name, got, want)
		}
	}
}

func TestManifestTooLarge(t *testing.T) {
	line := "#" + strings.Repeat("c", 1000) + "\n"
	text := strings.Repeat(line, maxManifestSize/len(line)) + incrLine
	if _, err := ParseManifest(strings.NewReader(text)); err != nil {
		t.Errorf("just fits: %v", err)
	}
	if _, err := ParseManifest(strings.NewReader(text + line)); err == nil {
		t.Error("a manifest of more than 16 MiB was read")
	}
	if _, err := ParseManifest(strings.NewReader("file a seq 9223372036854775807 type i\n")); err == nil {
		t.Error("the last number was read: there is none after it")
	}
}

// TestManifestLife goes through the changes of two rewrites.
func TestManifestLife(t *testing.T) {
	var m Manifest
	const name = "a.aof"
	step := func(want string) {
		t.Helper()
		if got := m.String(); got != want {
			t.Fatalf("manifest\n%swant\n%s", got, want)
		}
	}
	if !m.Empty() {
		t.Error("a new manifest is not empty")
	}
	m.AddBase(name, false)
	m.AddIncr(name)
	step("file a.aof.1.base.aof seq 1 type b\nfile a.aof.1.incr.aof seq 1 type i\n")
	before := m.Clone()
	if f := m.AddIncr(name); f.Name != "a.aof.2.incr.aof" {
		t.Errorf("second increment is %v", f)
	}
	m.AddIncr(name)
	if len(before.Live()) != 2 || len(m.Live()) != 4 {
		t.Errorf("a clone changed with its original: %v", before.Live())
	}
	m.AddBase(name, true)
	m.RetireIncrs(1)
	step("file a.aof.2.base.rdb seq 2 type b\n" +
		"file a.aof.2.incr.aof seq 2 type h\nfile a.aof.1.incr.aof seq 1 type h\nfile a.aof.1.base.aof seq 1 type h\n" +
		"file a.aof.3.incr.aof seq 3 type i\n")
	if last, ok := m.LastIncr(); !ok || last.Seq != 3 {
		t.Errorf("last increment is %v", last)
	}
	m.DropHistory()
	step("file a.aof.2.base.rdb seq 2 type b\nfile a.aof.3.incr.aof seq 3 type i\n")
	m.RetireIncrs(0)
	if _, ok := m.LastIncr(); ok || m.AddIncr(name).Seq != 4 {
		t.Error("the numbers of increments that were retired are given again")
	}
	m = Manifest{}
	m.AddOldBase(name)
	step("file a.aof seq 1 type b\n")
	if f := m.AddBase(name, true); f.Name != "a.aof.2.base.rdb" {
		t.Errorf("the base after the old file is %v", f)
	}
}

func TestNumbersGoOnAfterLoading(t *testing.T) {
	m, err := ParseManifest(strings.NewReader("file a.7.base.rdb seq 7 type b\nfile a.9.incr.aof seq 9 type i\n"))
	if err != nil {
		t.Fatal(err)
	}
	if b, i := m.AddBase("a", true), m.AddIncr("a"); b.Seq != 8 || i.Seq != 10 {
		t.Errorf("next are %v and %v", b, i)
	}
}

func testManifest() *Manifest {
	var m Manifest
	m.AddBase("x", true)
	m.AddIncr("x")
	return &m
}

func TestPersistOrder(t *testing.T) {
	mem := memfs.New()
	if err := mem.MkdirAll("d"); err != nil {
		t.Fatal(err)
	}
	f := faultfs.New(mem, faultfs.Fault{})
	if err := testManifest().Persist(f, "d", "x"); err != nil {
		t.Fatal(err)
	}
	want := []string{"create temp-x.manifest", "write temp-x.manifest", "sync temp-x.manifest", "close temp-x.manifest",
		"rename temp-x.manifest x.manifest", "syncdir d"}
	got := f.Trace()
	if len(got) != len(want) || slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, "!") }) {
		t.Fatalf("operations %q, want %q", got, want)
	}
	for i := range want {
		if strings.Fields(got[i])[0] != strings.Fields(want[i])[0] {
			t.Errorf("operation %d is %q, want %q", i, got[i], want[i])
		}
	}
}

// TestPersistFails fails each operation and crashes after it: what is there
// is always the old manifest or the new one.
func TestPersistFails(t *testing.T) {
	for at := 1; ; at++ {
		for _, short := range []bool{false, true} {
			mem := memfs.New()
			if err := errors.Join(mem.MkdirAll("d"), mem.SyncDir(".")); err != nil {
				t.Fatal(err)
			}
			m := testManifest()
			old := m.String()
			if err := m.Persist(mem, "d", "x"); err != nil {
				t.Fatal(err)
			}
			m.AddIncr("x")
			f := faultfs.New(mem, faultfs.Fault{At: at, ShortWrite: short, Err: syscall.ENOSPC})
			err := m.Persist(f, "d", "x")
			if !f.Fired() {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("operation %d: error %v", at, err)
			}
			for seed := range uint64(8) {
				after, err := LoadManifest(mem.CrashClone(rand.New(rand.NewPCG(seed, 1))), "d", "x")
				if err != nil || after.String() != old && after.String() != m.String() {
					t.Fatalf("operation %d: after a crash %v, %q", at, err, after)
				}
			}
			if err := m.Persist(mem, "d", "x"); err != nil {
				t.Fatal(err)
			}
			after, err := LoadManifest(mem.CrashClone(nil), "d", "x")
			if err != nil || after.String() != m.String() {
				t.Fatalf("after a second try %v, %q", err, after)
			}
		}
	}
}

func TestPersistRefusesWhatCannotBeLoaded(t *testing.T) {
	fsys := memfs.New()
	var long, spent, odd Manifest
	long.AddIncr(strings.Repeat("\xff", 255))
	spent.incrSeq = maxSeq
	spent.AddIncr("x")
	odd.AddIncr("a\x00b")
	for i, m := range []*Manifest{&long, &spent, &odd, {}} {
		if err := m.Persist(fsys, ".", "x"); err == nil {
			t.Errorf("manifest %d was written", i)
		}
	}
	for _, name := range []string{"it's", "", "ü", "#", "file seq 1"} {
		var m Manifest
		m.AddOldBase(name)
		if err := m.Persist(fsys, ".", "x"); err != nil {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

func TestLoadManifest(t *testing.T) {
	fsys := memfs.New()
	for _, dir := range []string{"missing", "."} {
		m, err := LoadManifest(fsys, dir, "x")
		if err != nil || !m.Empty() {
			t.Errorf("no manifest in %s: %v, %v", dir, m, err)
		}
	}
	if _, err := ReadManifest(fsys, "x.manifest"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no manifest: %v", err)
	}
	dir := t.TempDir()
	if err := vfs.OS.MkdirAll(filepath.Join(dir, "x.manifest")); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadManifest(vfs.OS, dir, "x"); err == nil {
		t.Error("a directory was taken for no manifest")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(baseLine + incrLine)
	for _, c := range badManifests {
		f.Add(c.text)
	}
	f.Add("file \" a\\n\\xff'\" seq 3 type h k v\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseManifest(strings.NewReader(text))
		if err != nil {
			var e *ManifestError
			if !errors.As(err, &e) || e.Reason == "" {
				t.Fatalf("error %v", err)
			}
			return
		}
		if m.String() == "" {
			return
		}
		again, err := ParseManifest(strings.NewReader(m.String()))
		if err != nil {
			var e *ManifestError
			// Escapes can make a line longer than the one it came from.
			if errors.As(err, &e) && strings.HasSuffix(e.Reason, "too long line") {
				return
			}
			t.Fatalf("%q is written as %q, which gives %v", text, m.String(), err)
		}
		if !reflect.DeepEqual(again, m) {
			t.Fatalf("%q is written as %q, which is read as %+v, not %+v", text, m.String(), again, m)
		}
	})
}
