package stream

import (
	"bytes"
	"math"
	"testing"
)

func TestIDOrder(t *testing.T) {
	const m = math.MaxUint64
	ids := []ID{{0, 0}, {0, 1}, {0, m - 1}, {0, m}, {1, 0}, {1, 256}, {256, 1}, {m, 0}, {m, m - 1}, {m, m}}
	for i, a := range ids {
		for j, b := range ids {
			ka, kb := a.Key(), b.Key()
			if want := compareInts(i, j); a.Compare(b) != want || a.Less(b) != (want < 0) || bytes.Compare(ka[:], kb[:]) != want {
				t.Errorf("%v and %v: Compare %d, Less %v, keys %d; want %d", a, b, a.Compare(b), a.Less(b), bytes.Compare(ka[:], kb[:]), want)
			}
		}
		k := a.Key()
		if IDOf(k[:]) != a {
			t.Errorf("%v comes back as %v", a, IDOf(k[:]))
		}
	}
}

func compareInts(a, b int) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func TestIDSteps(t *testing.T) {
	const m = math.MaxUint64
	for _, c := range []struct {
		id, next ID
		ok       bool
	}{
		{ID{0, 0}, ID{0, 1}, true},
		{ID{5, m}, ID{6, 0}, true},
		{ID{m, m - 1}, ID{m, m}, true},
		{ID{m, m}, ID{0, 0}, false},
	} {
		if next, ok := c.id.Next(); next != c.next || ok != c.ok {
			t.Errorf("Next of %v is %v, %v", c.id, next, ok)
		}
		if prev, ok := c.next.Prev(); prev != c.id || ok != c.ok {
			t.Errorf("Prev of %v is %v, %v", c.next, prev, ok)
		}
	}
	if s := string((ID{m, 7}).AppendTo([]byte("x"))); s != "x18446744073709551615-7" {
		t.Error(s)
	}
}
