package strings

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// TestLCSFits: whatever proto-max-bulk-len says, two long strings are refused
// before memory is asked for or an hour is spent.
func TestLCSFits(t *testing.T) {
	f := family{Options{MaxBulk: func() int64 { return math.MaxInt64 }}}
	for _, c := range []struct {
		a, b int64
		want bool
	}{
		{0, 0, true}, {1 << 15, 1 << 15, true}, {1 << 20, 1 << 11, true},
		{1 << 29, 1 << 29, false}, {1 << 20, 1 << 20, false}, {math.MaxUint32 - 2, math.MaxUint32 - 2, false}, {math.MaxUint32, 0, false},
	} {
		call := &command.Call{Out: &resp.Writer{}}
		if got := f.lcsFits(call, c.a, c.b); got != c.want || got == (len(call.Out.B) > 0) {
			t.Errorf("lcsFits(%d, %d) = %v, replied %q", c.a, c.b, got, call.Out.B)
		}
	}
}

// slowLCS is the length by definition.
func slowLCS(a, b []byte) int {
	switch {
	case len(a) == 0 || len(b) == 0:
		return 0
	case a[0] == b[0]:
		return 1 + slowLCS(a[1:], b[1:])
	}
	return max(slowLCS(a[1:], b), slowLCS(a, b[1:]))
}

func TestLCS(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 0))
	word := func() []byte {
		b := make([]byte, rng.IntN(10))
		for i := range b {
			b[i] = "abc"[rng.IntN(3)]
		}
		return b
	}
	for range 500 {
		a, b := word(), word()
		l := findLCS(a, b)
		if want := slowLCS(a, b); l.length != want || lcsLength(a, b) != want {
			t.Fatalf("%s %s: %d and %d, want %d", a, b, l.length, lcsLength(a, b), want)
		}
		n, endA, endB := 0, len(a), len(b)
		for _, r := range l.runs {
			if r.a+r.n > endA || r.b+r.n > endB || string(a[r.a:r.a+r.n]) != string(b[r.b:r.b+r.n]) {
				t.Fatalf("%s %s: runs %v", a, b, l.runs)
			}
			n, endA, endB = n+r.n, r.a, r.b
		}
		if n != l.length {
			t.Fatalf("%s %s: runs %v, length %d", a, b, l.runs, l.length)
		}
	}
}
