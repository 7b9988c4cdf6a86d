package main

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// inMemory is a run over one file in memory.
func inMemory(t testing.TB, text, stdin string, fault faultfs.Fault, args ...string) (mem *memfs.FS, f *faultfs.FS, out string, code int) {
	t.Helper()
	mem = memfs.New()
	file, err := mem.Create("a")
	if err == nil {
		_, err = file.Write([]byte(text))
		err = errors.Join(err, file.Sync(), file.Close(), mem.SyncDir("."))
	}
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	f = faultfs.New(mem, fault)
	tool := &tool{fs: f, stdin: strings.NewReader(stdin), out: &b, bar: newBar(io.Discard)}
	code = tool.aof(args, "usage")
	return mem, f, b.String(), code
}

func read(t testing.TB, fsys vfs.FS) string {
	t.Helper()
	file, err := fsys.Open("a")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFixIsDurable: after a --fix that says so, the end is cut off whatever
// happens; one that fails says so and loses nothing of what is sound.
func TestFixIsDurable(t *testing.T) {
	text := set + multi + set
	for at := 1; ; at++ {
		mem, f, out, code := inMemory(t, text, "y\n", faultfs.Fault{At: at}, "--fix", "a")
		after := read(t, mem.CrashClone(nil))
		switch {
		case code == 0 && after != set:
			t.Errorf("operation %d: mended, but after a crash the file is %q", at, after)
		case code == 0 != strings.Contains(out, "Successfully truncated"):
			t.Errorf("operation %d: code %d, %s", at, code, out)
		case !strings.HasPrefix(after, set):
			t.Errorf("operation %d: %q is left", at, after)
		}
		if !f.Fired() {
			if code != 0 {
				t.Errorf("code %d without a fault: %s", code, out)
			}
			return
		}
	}
}

// TestOptionsTogether: both options may be given, in any order.
func TestOptionsTogether(t *testing.T) {
	text := "#TS:1\r\n" + set + "#TS:5\r\n" + set + "!!!"
	for _, args := range []string{"--fix --truncate-to-timestamp 5 a", "--truncate-to-timestamp 5 --fix a"} {
		mem, _, out, code := inMemory(t, text, "y", faultfs.Fault{}, strings.Fields(args)...)
		if after := read(t, mem); code != 0 || after != text[:len(text)-3] {
			t.Errorf("%s: code %d, %q, %s", args, code, after, out)
		}
		mem, _, out, code = inMemory(t, text, "", faultfs.Fault{}, strings.Fields(strings.ReplaceAll(args, "5", "4"))...)
		if after := read(t, mem); code != 0 || after != "#TS:1\r\n"+set {
			t.Errorf("%s, time 4: code %d, %q, %s", args, code, after, out)
		}
	}
}

// TestTimeWithinTransaction: half a transaction is no use, so it is cut off
// whole.
func TestTimeWithinTransaction(t *testing.T) {
	text := "#TS:1\r\n" + set + multi + "#TS:5\r\n" + set + exe
	mem, _, out, code := inMemory(t, text, "", faultfs.Fault{}, "--truncate-to-timestamp", "4", "a")
	if after := read(t, mem); code != 0 || after != "#TS:1\r\n"+set {
		t.Errorf("code %d, %q, %s", code, after, out)
	}
}

// TestValueThatLooksLikeManifest: redis-check-aof takes this for a manifest.
func TestValueThatLooksLikeManifest(t *testing.T) {
	_, _, out, code := inMemory(t, cmd("set", "k", "file"), "", faultfs.Fault{}, "a")
	if code != 0 || !strings.Contains(out, "AOF a is valid") {
		t.Errorf("code %d, %s", code, out)
	}
}

// loads tells whether the server would load a file without cutting it.
func loads(text string) bool {
	open := false
	for r := aof.NewReader(strings.NewReader(text), aof.ReaderOptions{}); ; {
		argv, err := r.Next()
		if err != nil {
			return err == io.EOF && !open
		}
		switch strings.ToLower(string(argv[0])) {
		case "multi":
			if open {
				return false
			}
			open = true
		case "exec":
			if !open {
				return false
			}
			open = false
		}
	}
}

// FuzzCheck: a file is valid if the server loads it, and what --fix leaves is.
func FuzzCheck(f *testing.F) {
	f.Add("#TS:1\r\n" + set + multi + set + exe)
	f.Add(set + multi + set)
	f.Add(set + "*0\r\n")
	f.Add(set + "#TS:12")
	f.Add("*1\r\n$+1\r\na\r\n")
	f.Add("*0000000000000000000000001\r\n$1\r\na\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.HasPrefix(text, "REDIS") || text == "" {
			return
		}
		if kind, err := kindOf(faultfs.New(fileOf(t, text), faultfs.Fault{}), "a"); err != nil || kind != commandFile {
			return
		}
		_, _, out, code := inMemory(t, text, "", faultfs.Fault{}, "a")
		if (code == 0) != loads(text) {
			t.Fatalf("%q: code %d, but loads: %v\n%s", text, code, loads(text), out)
		}
		mem, _, out, code := inMemory(t, text, "y", faultfs.Fault{}, "--fix", "a")
		after := read(t, mem)
		if code != 0 || !strings.HasPrefix(text, after) || !loads(after) {
			t.Fatalf("%q: --fix gives %d and leaves %q\n%s", text, code, after, out)
		}
	})
}

func fileOf(t testing.TB, text string) *memfs.FS {
	t.Helper()
	mem := memfs.New()
	file, err := mem.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return mem
}
