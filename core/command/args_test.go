package command

import (
	"math"
	"strconv"
	"testing"
)

func TestParseInt(t *testing.T) {
	for _, n := range []int64{0, 1, -1, 9, 10, -10, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		s := strconv.FormatInt(n, 10)
		if got, ok := ParseInt([]byte(s)); !ok || got != n {
			t.Errorf("ParseInt(%q) = %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "-", "-0", "+1", "01", "-01", " 1", "1 ", "1.0", "0x1", "a",
		"9223372036854775808", "-9223372036854775809", "18446744073709551617",
		"99999999999999999999", "100000000000000000000000"} {
		if got, ok := ParseInt([]byte(s)); ok {
			t.Errorf("ParseInt(%q) = %d, want none", s, got)
		}
	}
}

// FuzzParseInt holds ParseInt against strconv: a string parses exactly when it
// is the one form of the number.
func FuzzParseInt(f *testing.F) {
	for _, s := range []string{"0", "-1", "9223372036854775807", "007", "-0", "+5"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		want, err := strconv.ParseInt(string(b), 10, 64)
		canonical := err == nil && strconv.FormatInt(want, 10) == string(b)
		got, ok := ParseInt(b)
		if ok != canonical || ok && got != want {
			t.Errorf("ParseInt(%q) = %d, %v; strconv %d, %v", b, got, ok, want, err)
		}
	})
}

func TestEqualFold(t *testing.T) {
	for _, v := range []struct {
		b, word string
		want    bool
	}{
		{"nx", "NX", true}, {"Nx", "nX", true}, {"nx", "XX", false}, {"n", "NX", false},
		{"[", "{", false}, {"@", "`", false}, {"", "", true},
	} {
		if got := EqualFold([]byte(v.b), v.word); got != v.want {
			t.Errorf("EqualFold(%q, %q) = %v", v.b, v.word, got)
		}
	}
}

func TestArgsDoNotAllocate(t *testing.T) {
	c := &Call{Args: [][]byte{[]byte("set"), []byte("EX"), []byte("-12345")}}
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := c.Int(2); !ok || !c.Is(1, "ex") || c.Is(3, "ex") {
			t.Fatal("wrong")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
