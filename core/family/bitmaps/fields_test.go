package bitmaps

import (
	"math/big"
	"testing"
)

// FuzzField writes and adds in a field and compares with unbounded integers,
// except for the one case where Redis itself wraps around before it decides.
func FuzzField(f *testing.F) {
	f.Add(uint64(3), uint8(7), true, int64(100), int64(100), uint8(0))
	f.Add(uint64(7), uint8(63), true, int64(-1), int64(-1<<63), uint8(1))
	f.Add(uint64(1), uint8(62), false, int64(1)<<62, int64(1)<<62, uint8(1))
	f.Fuzz(func(t *testing.T, offset uint64, width uint8, signed bool, v, by int64, how uint8) {
		fd := field{offset: int64(offset >> 1), bits: uint(width%63) + 1, signed: signed}
		if signed {
			fd.bits = uint(width%64) + 1
		}
		var w window
		for i := range w {
			w[i] = 0xa5
		}
		fd.set(&w, v)
		v = fd.get(&w)
		checkAround(t, fd, w)

		low, high := limits(fd)
		sum := new(big.Int).Add(big.NewInt(v), big.NewInt(by))
		fits := sum.Cmp(low) >= 0 && sum.Cmp(high) <= 0
		got, over := fd.add(v, by, overflow(how%3))
		if over == fits && !wrapsBefore(fd, v, by) {
			t.Fatalf("%+v: %d+%d overflows %v", fd, v, by, over)
		}
		switch {
		case fits && !over:
			if got != sum.Int64() {
				t.Fatalf("%+v: %d+%d = %d", fd, v, by, got)
			}
		case overflow(how%3) == wrap:
			var x window
			fd.set(&x, v+by)
			if got != fd.get(&x) {
				t.Fatalf("%+v: %d+%d wraps to %d", fd, v, by, got)
			}
		case overflow(how%3) == saturate && !wrapsBefore(fd, v, by):
			want := low
			if sum.Cmp(high) > 0 {
				want = high
			}
			if got != want.Int64() {
				t.Fatalf("%+v: %d+%d saturates at %d", fd, v, by, got)
			}
		}
	})
}

// checkAround asks that the bits before and behind the field are still 0xa5.
func checkAround(t *testing.T, f field, w window) {
	for i := range int64(72) {
		in := i >= f.offset&7 && i < f.offset&7+int64(f.bits)
		if bit := w[i>>3] >> (7 - i&7) & 1; !in && bit != 0xa5>>(7-i&7)&1 {
			t.Fatalf("%+v changes bit %d: %x", f, i, w)
		}
	}
}

func limits(f field) (low, high *big.Int) {
	one := big.NewInt(1)
	if !f.signed {
		return new(big.Int), new(big.Int).Sub(new(big.Int).Lsh(one, f.bits), one)
	}
	half := new(big.Int).Lsh(one, f.bits-1)
	return new(big.Int).Neg(half), new(big.Int).Sub(half, one)
}

// wrapsBefore: the room above or below v is not an int64.
func wrapsBefore(f field, v, by int64) bool {
	low, high := limits(f)
	room := new(big.Int).Sub(high, big.NewInt(v))
	depth := new(big.Int).Sub(low, big.NewInt(v))
	return !room.IsInt64() || !depth.IsInt64()
}
