package journal

import (
	"bytes"
	"strings"
	"sync"
	"testing"
)

// tape is a Sink that keeps everything.
type tape struct{ b []byte }

func (t *tape) Append(p []byte) { t.b = append(t.b, p...) }

// words turns a log into lines, one a request.
func words(t *testing.T, log []byte) string {
	t.Helper()
	var out []string
	for rest := string(log); rest != ""; {
		count, after, ok := strings.Cut(rest, "\r\n")
		if !ok || count[0] != '*' {
			t.Fatalf("no request at %q", rest)
		}
		rest = after
		var request []string
		for range int(count[1] - '0') {
			_, after, _ := strings.Cut(rest, "\r\n")
			word, after, _ := strings.Cut(after, "\r\n")
			request, rest = append(request, word), after
		}
		out = append(out, strings.Join(request, " "))
	}
	return strings.Join(out, "; ")
}

func args(line string) (list [][]byte) {
	for _, w := range strings.Fields(line) {
		list = append(list, []byte(w))
	}
	return list
}

// TestUnits: what is enclosed by MULTI, and what is preceded by SELECT.
func TestUnits(t *testing.T) {
	for _, c := range []struct{ name, effects, want string }{
		{"one effect", "0 set k v", "SELECT 0; set k v"},
		{"the same database", "0 a|end|0 b", "SELECT 0; a; b"},
		{"two units", "0 a,0 b", "SELECT 0; a; b"},
		{"a unit of two", "0 a+0 b", "SELECT 0; MULTI; a; b; EXEC"},
		{"databases in a unit", "3 a+0 b+0 c|end|3 d", "SELECT 3; MULTI; a; SELECT 0; b; c; EXEC; SELECT 3; d"},
		{"units of all kinds", "0 a,0 b+1 c,1 d|end|1 e", "SELECT 0; a; MULTI; b; SELECT 1; c; EXEC; d; e"},
		{"nothing", "", ""},
		{"apart", "0 a+0 b+0 c+apart", "SELECT 0; a; b; c"},
		{"apart, and more", "0 a+0 b,0 c+0 d+apart+0 e+0 f", "SELECT 0; MULTI; a; b; EXEC; c; d; MULTI; e; f; EXEC"},
	} {
		j, to := New(), &tape{}
		j.Attach(to)
		b := j.NewBatch()
		for _, part := range strings.Split(c.effects, "|") {
			if part == "end" {
				b.End()
				continue
			}
			for _, unit := range strings.Split(part, ",") {
				for _, e := range strings.Split(unit, "+") {
					if e == "apart" {
						b.Apart()
					} else if e != "" {
						b.Add(int(e[0]-'0'), args(e[2:])...)
					}
				}
				b.EndUnit()
			}
		}
		b.End()
		if got := words(t, to.b); got != c.want {
			t.Errorf("%s: %s; want %s", c.name, got, c.want)
		}
		if j.End() != int64(len(to.b)) || len(to.b) > 0 && b.Last() != j.End() {
			t.Errorf("%s: end %d, last %d, of %d bytes", c.name, j.End(), b.Last(), len(to.b))
		}
	}
}

// TestGolden holds the example in the package's comment to the code.
func TestGolden(t *testing.T) {
	j, to := New(), &tape{}
	j.Attach(to)
	b := j.NewBatch()
	b.Add(0, args("SET k v")...)
	b.End()
	if want := "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n"; string(to.b) != want {
		t.Errorf("%q; want %q", to.b, want)
	}
}

// TestSinks: nobody listens, somebody comes and goes, a mark.
func TestSinks(t *testing.T) {
	j := New()
	b := j.NewBatch()
	b.Add(0, args("SET before 1")...)
	b.End()
	if j.Recording() || j.End() != 0 {
		t.Fatalf("recording %v, end %d without a sink", j.Recording(), j.End())
	}
	first, second := &tape{}, &tape{}
	j.Attach(first)
	b.Add(0, args("SET a 1")...)
	b.End()
	if at := j.Attach(second); at != j.End() || at != int64(len(first.b)) {
		t.Errorf("second sink at %d of %d", at, len(first.b))
	}
	b.Add(0, args("SET b 1")...)
	b.End()
	j.Detach(first)
	j.Mark()
	b.Add(0, args("SET c 1")...)
	b.Deleted(0, []byte("x"), false)
	b.EndUnit()
	j.SetLazy(false, true)
	b.Deleted(0, []byte("y"), true)
	b.EndUnit()
	j.SetLazy(true, false)
	b.Deleted(0, []byte("z"), false)
	b.End()
	if got, want := words(t, first.b), "SELECT 0; SET a 1; SELECT 0; SET b 1"; got != want {
		t.Errorf("first: %s; want %s", got, want)
	}
	if got, want := words(t, second.b), "SELECT 0; SET b 1; SELECT 0; MULTI; SET c 1; DEL x; EXEC; UNLINK y; UNLINK z"; got != want {
		t.Errorf("second: %s; want %s", got, want)
	}
	j.Detach(second)
	if b.Recording() {
		t.Error("recording without a sink")
	}
	var nobody *Batch
	nobody.Add(0, args("x")...)
	nobody.EndUnit()
	nobody.End()
	if nobody.Recording() || nobody.Last() != 0 || nobody.Journal() != nil {
		t.Error("a nil batch does something")
	}
}

// TestConcurrentBatches: units of several goroutines stay whole.
func TestConcurrentBatches(t *testing.T) {
	j, to := New(), &tape{}
	j.Attach(to)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			b := j.NewBatch()
			for range 200 {
				b.Add(i, args("a x")...)
				b.Add(i, args("b x")...)
				b.End()
			}
		})
	}
	wg.Wait()
	if n := strings.Count(words(t, to.b), "MULTI; a x; b x; EXEC"); n != 800 {
		t.Errorf("%d whole units", n)
	}
}

// TestLongArguments: counts of several digits.
func TestLongArguments(t *testing.T) {
	j, to := New(), &tape{}
	j.Attach(to)
	b := j.NewBatch()
	long := bytes.Repeat([]byte("x"), 100<<10)
	b.Add(0, args("a b c d e f g h i j k")...)
	b.Add(0, long)
	b.End()
	if !bytes.Contains(to.b, []byte("*11\r\n$1\r\na\r\n")) || !bytes.Contains(to.b, append([]byte("*1\r\n$102400\r\n"), long...)) {
		t.Errorf("%.80q", to.b)
	}
	if b.buf != nil || j.out != nil {
		t.Error("a large buffer is kept")
	}
}
