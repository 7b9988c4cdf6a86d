package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

const path = "data/dump.rdb"

func save(fs vfs.FS, value []byte, incremental bool) error {
	o := SaveOptions{Dir: "data", Name: "dump.rdb", TempName: TempName(7), IncrementalSync: incremental, Encoder: EncoderOptions{Checksum: true}}
	return SaveFile(fs, o, func(e *Encoder) error {
		e.Header()
		e.StringEntry([]byte("k"), value)
		return e.Err()
	})
}

// load returns the value in the file, "" when there is no file; anything but
// a whole file fails the test.
func load(t *testing.T, on vfs.FS) string {
	t.Helper()
	var l log
	err := LoadFile(on, path, DecoderOptions{}, &l)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	if err != nil {
		t.Fatalf("a broken file is there: %v", err)
	}
	return string(l.entries["0/k"].Value)
}

// withOld returns a file system on which a file with value is durable.
func withOld(t *testing.T, value []byte) *memfs.FS {
	t.Helper()
	m := memfs.New()
	if err := errors.Join(m.MkdirAll("data"), m.SyncDir("."), save(m, value, false)); err != nil {
		t.Fatal(err)
	}
	return m
}

// The order of the file operations is what makes a save durable.
func TestSaveOrderGolden(t *testing.T) {
	for _, c := range []struct {
		size        int
		incremental bool
		want        string
	}{
		{3, true, `
create temp-7.rdb
write temp-7.rdb 25
sync temp-7.rdb
close temp-7.rdb
rename temp-7.rdb dump.rdb
syncdir data`},
		{4 << 20, true, `
create temp-7.rdb
write temp-7.rdb 17
write temp-7.rdb 262144 (16 times)
sync temp-7.rdb
write temp-7.rdb 9
sync temp-7.rdb
close temp-7.rdb
rename temp-7.rdb dump.rdb
syncdir data`},
		{4 << 20, false, `
create temp-7.rdb
write temp-7.rdb 17
write temp-7.rdb 262144 (16 times)
write temp-7.rdb 9
sync temp-7.rdb
close temp-7.rdb
rename temp-7.rdb dump.rdb
syncdir data`},
	} {
		f := faultfs.New(withOld(t, []byte("old")), faultfs.Fault{})
		if err := save(f, bytes.Repeat([]byte("n"), c.size), c.incremental); err != nil {
			t.Fatal(err)
		}
		if got := fold(f.Trace()); got != c.want {
			t.Errorf("%d bytes, incremental %v:%s\nwant:%s", c.size, c.incremental, got, c.want)
		}
	}
}

// fold writes equal lines once, with their number.
func fold(lines []string) string {
	var b strings.Builder
	for i := 0; i < len(lines); {
		n := 1
		for i+n < len(lines) && lines[i+n] == lines[i] {
			n++
		}
		b.WriteString("\n" + lines[i])
		if n > 1 {
			fmt.Fprintf(&b, " (%d times)", n)
		}
		i += n
	}
	return b.String()
}

// Each file operation fails in turn, once or from then on, and after each the
// file is the old one or the new one.
func TestSaveSurvivesEachFault(t *testing.T) {
	oldValue, newValue := []byte("old"), pattern(2*encoderBuffer+100)
	for _, fault := range []faultfs.Fault{
		{}, {Persistent: true},
		{ShortWrite: true, Err: syscall.ENOSPC}, {ShortWrite: true, Err: syscall.ENOSPC, Persistent: true},
	} {
		for n := 1; ; n++ {
			m := withOld(t, oldValue)
			fault.At = n
			f := faultfs.New(m, fault)
			err := save(f, newValue, true)
			if !f.Fired() {
				if err != nil || n < 7 {
					t.Fatalf("no fault, %d operations: %v", n, err)
				}
				break
			}
			checkAfterFault(t, m, f, err, fault, string(oldValue), string(newValue))
		}
	}
}

func checkAfterFault(t *testing.T, m *memfs.FS, f *faultfs.FS, err error, fault faultfs.Fault, oldValue, newValue string) {
	t.Helper()
	cause := fault.Err
	if cause == nil {
		cause = syscall.EIO
	}
	if !errors.Is(err, cause) {
		t.Fatalf("%+v: the cause is not in %v", fault, err)
	}
	trace := f.Trace()
	renamed := strings.HasPrefix(trace[len(trace)-1], "syncdir")
	if got := load(t, m); got != oldValue && !renamed || got != newValue && renamed {
		t.Fatalf("%+v: another file is there after\n%s", fault, strings.Join(trace, "\n"))
	}
	names, _ := m.ReadDir("data")
	if len(names) != 1 && !fault.Persistent {
		t.Fatalf("%+v: %q are there after\n%s", fault, names, strings.Join(trace, "\n"))
	}
	for seed := range uint64(20) {
		got := load(t, m.CrashClone(rand.New(rand.NewPCG(seed, 1))))
		if got != oldValue && got != newValue {
			t.Fatalf("%+v: neither file after a crash", fault)
		}
	}
}

// A crash before each operation, with the least and with arbitrary amounts
// of unsynced state surviving, leaves one of the two files; after the save
// it is the new one.
func TestSaveSurvivesACrashAnywhere(t *testing.T) {
	for _, oldValue := range []string{"", "old"} {
		newValue := pattern(encoderBuffer + 5000)
		m := memfs.New()
		if err := errors.Join(m.MkdirAll("data"), m.SyncDir(".")); err != nil {
			t.Fatal(err)
		}
		if oldValue != "" {
			m = withOld(t, []byte(oldValue))
		}
		crashes := 0
		crash := func(op string) {
			for seed := range uint64(30) {
				r := rand.New(rand.NewPCG(seed, 2))
				if seed == 0 {
					r = nil
				}
				crashes++
				if got := load(t, m.CrashClone(r)); got != oldValue && got != string(newValue) {
					t.Fatalf("crash before %q: neither file", op)
				}
			}
		}
		f := faultfs.New(m, faultfs.Fault{Before: crash})
		if err := save(f, newValue, true); err != nil {
			t.Fatal(err)
		}
		if load(t, m.CrashClone(nil)) != string(newValue) || crashes < 30*6 {
			t.Fatalf("after the save and %d crashes: not the new file", crashes)
		}
	}
}

// The crash test must be able to fail: without the sync it does.
func TestCrashTestFindsAMissingSync(t *testing.T) {
	m := withOld(t, []byte("old"))
	file, _ := m.Create("data/temp")
	file.Write(encode(t, checked, func(e *Encoder) { e.StringEntry([]byte("k"), pattern(5000)) }))
	file.Close()
	if err := errors.Join(m.Rename("data/temp", path), m.SyncDir("data")); err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(20) {
		var l log
		if LoadFile(m.CrashClone(rand.New(rand.NewPCG(seed, 3))), path, DecoderOptions{}, &l) != nil {
			return
		}
	}
	t.Fatal("20 crashes and the unsynced file was always whole")
}

func TestSaveStopsWhenTheCallerDoes(t *testing.T) {
	m := withOld(t, []byte("old"))
	cancelled := errors.New("cancelled")
	o := SaveOptions{Dir: "data", Name: "dump.rdb", TempName: TempName(7)}
	err := SaveFile(m, o, func(e *Encoder) error { e.Header(); return cancelled })
	names, _ := m.ReadDir("data")
	if err != cancelled || load(t, m) != "old" || len(names) != 1 {
		t.Fatal(err, names)
	}
	o.Dir = "nowhere"
	if err := SaveFile(m, o, func(*Encoder) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}
