package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// cmd is a command as it stands in a file.
func cmd(argv ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(argv))
	for _, a := range argv {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

// readAll reads text in several ways, which must agree, and returns the
// commands, the offset at the end, and the error.
func readAll(t testing.TB, text string) (commands [][]string, end int64, err error) {
	t.Helper()
	type result struct {
		commands [][]string
		end      int64
		err      string
		cause    error
	}
	read := func(src io.Reader, o ReaderOptions) result {
		var got result
		r := NewReader(src, o)
		for {
			argv, err := r.Next()
			if err != nil {
				got.end = r.Offset()
				if err != io.EOF {
					got.err, got.cause = err.Error(), err
				}
				if _, again := r.Next(); again != err {
					t.Fatalf("%q: after the error %v comes %v", text, err, again)
				}
				return got
			}
			var words []string
			for _, a := range argv {
				words = append(words, string(a))
			}
			got.commands = append(got.commands, words)
		}
	}
	first := read(strings.NewReader(text), ReaderOptions{Size: int64(len(text))})
	for name, other := range map[string]result{
		"size unknown":  read(strings.NewReader(text), ReaderOptions{}),
		"bytes":         read(iotest.OneByteReader(strings.NewReader(text)), ReaderOptions{Size: int64(len(text))}),
		"data with EOF": read(iotest.DataErrReader(strings.NewReader(text)), ReaderOptions{}),
	} {
		same := reflect.DeepEqual(other.commands, first.commands) && other.end == first.end
		for _, cause := range []error{ErrTruncated, ErrFormat} {
			same = same && errors.Is(other.cause, cause) == errors.Is(first.cause, cause)
		}
		if !same {
			t.Fatalf("%q: read as %+v, but (%s) as %+v", text, first, name, other)
		}
	}
	return first.commands, first.end, first.cause
}

func TestReader(t *testing.T) {
	set := cmd("set", "k", "v")
	for _, c := range []struct {
		name, text string
		commands   int
		end        int // -1: all
		cause      error
	}{
		{"empty", "", 0, 0, nil},
		{"two", set + set, 2, -1, nil},
		{"empty argument", cmd("set", "", ""), 1, -1, nil},
		{"binary", cmd("set", "\r\n*1\r\n$4\r\nping\r\n", "\x00\xff"), 1, -1, nil},
		{"long", cmd("set", strings.Repeat("k", readBlock/2-3), strings.Repeat("v", 3*readBlock)) + set, 2, -1, nil},
		{"annotations", "#TS:1\r\n" + set + "#TS:2\r\n#x\n#\n" + set + "#end\r\n", 2, -1, nil},
		{"longest annotation", "#" + strings.Repeat("a", maxAnnotation-2) + "\n" + set, 1, -1, nil},
		{"too long annotation", set + "#" + strings.Repeat("a", maxAnnotation-1) + "\n" + set, 1, len(set), ErrFormat},
		{"cut annotation", set + "#TS:12", 1, len(set), ErrTruncated},
		{"cut long annotation", set + "#" + strings.Repeat("a", 2000), 1, len(set), ErrFormat},
		{"annotation before a cut command", set + "#TS:12\r\n*", 1, len(set), ErrTruncated},
		{"inline", set + "ping\r\n", 1, len(set), ErrFormat},
		{"Redis's test", set + "!!!" + set, 1, len(set), ErrFormat},
		{"no arguments", set + "*0\r\n", 1, len(set), ErrFormat},
		{"negative count", "*-1\r\n", 0, 0, ErrFormat},
		{"no count", "*\r\n", 0, 0, ErrFormat},
		{"count with a letter", "*3x\r\n", 0, 0, ErrFormat},
		{"too many arguments", "*2147483648\r\n", 0, 0, ErrFormat},
		{"a number without end", "*" + strings.Repeat("1", 100), 0, 0, ErrFormat},
		{"many zeros", "*" + strings.Repeat("0", 30) + "\r\n", 0, 0, ErrFormat},
		{"no dollar", "*1\r\nx\r\n", 0, 0, ErrFormat},
		{"negative length", "*1\r\n$-1\r\n", 0, 0, ErrFormat},
		{"length that overflows", "*1\r\n$18446744073709551617\r\na\r\n", 0, 0, ErrFormat},
		{"longer than allowed", "*1\r\n$4294967296\r\na\r\n", 0, 0, ErrFormat},
		{"line feed alone", "*1\n$1\na\n", 0, 0, ErrFormat},
		{"no line end after an argument", "*1\r\n$3\r\nabcde\r\n", 0, 0, ErrFormat},
		{"half a line end after an argument", "*1\r\n$3\r\nabc\rx", 0, 0, ErrFormat},
		{"arguments missing", "*3\r\n$1\r\na\r\n" + set, 0, 0, ErrFormat},
		{"declared longer than the file", set + "*2147483647\r\n$4294967295\r\n" + set, 1, len(set), ErrTruncated},
		{"zeros", set + "\x00\x00\x00", 1, len(set), ErrTruncated},
		{"many blocks of zeros", set + strings.Repeat("\x00", 3*readBlock), 1, len(set), ErrTruncated},
		{"zeros in a command", set + "*3\r\n$3\r\nset" + strings.Repeat("\x00", 512), 1, len(set), ErrTruncated},
		{"zeros in a number", set + "*3\r\n$3\x00\x00", 1, len(set), ErrTruncated},
		{"zeros in place of an argument", set + "*1\r\n$3" + strings.Repeat("\x00", 512), 1, len(set), ErrTruncated},
		{"zeros and more", set + strings.Repeat("\x00", 2*readBlock) + set, 1, len(set), ErrFormat},
		{"preamble", "REDIS0011", 0, 0, ErrFormat},
	} {
		commands, end, err := readAll(t, c.text)
		if c.end < 0 {
			c.end = len(c.text)
		}
		if len(commands) != c.commands || int(end) != c.end || !errors.Is(err, c.cause) {
			t.Errorf("%s: %d commands up to %d, then %v; want %d, %d, %v", c.name, len(commands), end, err, c.commands, c.end, c.cause)
		}
	}
}

// TestReaderCuts cuts a file at every byte: it must never be anything but
// truncated, and sound up to the last whole command.
func TestReaderCuts(t *testing.T) {
	parts := []string{cmd("set", "key", "value\r\n"), cmd("multi"), "#TS:170000000\r\n", cmd("incrby", "", "12"), cmd("exec")}
	text := strings.Join(parts, "")
	for size := range len(text) {
		_, end, err := readAll(t, text[:size])
		sound, at := 0, 0
		whole := false
		for _, p := range parts {
			at += len(p)
			if at <= size && (p[0] == '*' || at == size) {
				sound = at
			}
			whole = whole || at == size
		}
		if size == 0 || whole {
			if err != nil || int(end) != size {
				t.Errorf("whole at %d: end %d, error %v", size, end, err)
			}
			continue
		}
		if !errors.Is(err, ErrTruncated) || int(end) != sound {
			t.Errorf("cut at %d: end %d (want %d), error %v", size, end, sound, err)
		}
	}
}

func TestReaderAnnotations(t *testing.T) {
	var got []string
	text := "#TS:1\r\n" + cmd("a") + "#x\n"
	r := NewReader(strings.NewReader(text), ReaderOptions{Offset: 100, Annotation: func(at int64, line []byte) {
		got = append(got, fmt.Sprintf("%d %s", at, line))
	}})
	for {
		if _, err := r.Next(); err != nil {
			break
		}
	}
	want := []string{"100 #TS:1", fmt.Sprintf("%d #x", 107+len(cmd("a")))}
	if !reflect.DeepEqual(got, want) || r.Offset() != int64(100+len(text)) {
		t.Errorf("annotations %q, want %q; end %d", got, want, r.Offset())
	}
}

func TestReaderErrorsOfTheSource(t *testing.T) {
	cause := errors.New("disk on fire")
	text := cmd("set", "k", "v")
	for size := range len(text) {
		r := NewReader(io.MultiReader(strings.NewReader(text[:size]), iotest.ErrReader(cause)), ReaderOptions{})
		_, err := r.Next()
		if !errors.Is(err, cause) || errors.Is(err, ErrTruncated) || r.Offset() != 0 {
			t.Errorf("after %d bytes: %v at %d", size, err, r.Offset())
		}
	}
	r := NewReader(strings.NewReader(text), ReaderOptions{Progress: func(int64) error { return cause }})
	if _, err := r.Next(); err != cause {
		t.Errorf("error of Progress: %v", err)
	}
}

// TestReaderMemory declares much and has little: what is declared must not be
// allocated.
func TestReaderMemory(t *testing.T) {
	for _, text := range []string{
		"*1\r\n$4294967295\r\n" + strings.Repeat("x", 1000),
		"*2147483647\r\n" + strings.Repeat("$1\r\nx\r\n", 1000),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := NewReader(strings.NewReader(text), ReaderOptions{}).Next(); !errors.Is(err, ErrTruncated) {
			t.Error(err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 {
			t.Errorf("%.20q: %d bytes were allocated for a file of %d", text, got, len(text))
		}
	}
}

// TestReaderRandom reads what was written, of sizes around those of blocks.
func TestReaderRandom(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	var want [][]string
	for range 400 {
		argv := make([]string, 1+rnd.IntN(5))
		for i := range argv {
			n := rnd.IntN(100)
			switch rnd.IntN(100) {
			case 0:
				n = readBlock/2 - 20 + rnd.IntN(40)
			case 1:
				n = readBlock - 20 + rnd.IntN(40)
			case 2:
				n = 2*growStep - 20 + rnd.IntN(40)
			}
			argv[i] = strings.Repeat(string(rune('a'+rnd.IntN(26))), n)
		}
		text.WriteString(cmd(argv...))
		want = append(want, argv)
	}
	r := NewReader(&text, ReaderOptions{Size: int64(text.Len())})
	for i, w := range want {
		argv, err := r.Next()
		if err != nil {
			t.Fatalf("command %d: %v", i, err)
		}
		for j := range w {
			if len(argv) != len(w) || string(argv[j]) != w[j] {
				t.Fatalf("command %d differs in argument %d", i, j)
			}
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Error(err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(cmd("set", "k", "v") + "#TS:1\r\n" + cmd("multi") + cmd("del", "") + cmd("exec"))
	f.Add("*2\r\n$3\r\nset\r\n$5\r\nab")
	f.Add("*1\r\n$1\r\na\r\n\x00\x00\x00")
	f.Add("*2147483647\r\n$4294967295\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		commands, end, err := readAll(t, text)
		switch {
		case err == nil && int(end) != len(text):
			t.Fatalf("end %d without an error", end)
		case err != nil && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrFormat):
			t.Fatalf("error %v", err)
		case int(end) > len(text):
			t.Fatalf("end %d of %d", end, len(text))
		}
		again, _, err := readAll(t, text[:end])
		if err != nil || !reflect.DeepEqual(again, commands) {
			t.Fatalf("what is sound of %q is read as %q, %v, not %q", text, again, err, commands)
		}
	})
}

func BenchmarkReader(b *testing.B) {
	text := strings.Repeat(cmd("SET", "key:000000001234", strings.Repeat("v", 32)), 10000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r := NewReader(strings.NewReader(text), ReaderOptions{Size: int64(len(text))})
		for {
			if _, err := r.Next(); err != nil {
				break
			}
		}
	}
}
