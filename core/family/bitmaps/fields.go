package bitmaps

import "math"

// field is an integer of some bits at any place of a bitmap, its most
// significant bit first.
type field struct {
	offset int64 // of its first bit
	bits   uint  // 1 to 64, unsigned to 63
	signed bool
}

// overflow is what to do with a number that does not fit its field.
type overflow uint8

const (
	wrap     overflow = iota // keep the low bits
	saturate                 // take the nearest number that fits
	fail                     // do nothing and reply null
)

// window is the bytes a field lies in: at most nine.
type window [9]byte

// size is how many bytes of the window the field touches.
func (f field) size() int { return int((f.offset&7 + int64(f.bits) + 7) >> 3) }

// get reads the field out of the bytes from offset/8 on.
func (f field) get(w *window) int64 {
	var v uint64
	for i, n := uint(f.offset&7), uint(0); n < f.bits; i, n = i+1, n+1 {
		v = v<<1 | uint64(w[i>>3]>>(7-i&7)&1)
	}
	if f.signed {
		return int64(v<<(64-f.bits)) >> (64 - f.bits)
	}
	return int64(v)
}

// set writes the low bits of v into the field.
func (f field) set(w *window, v int64) {
	for i, n := uint(f.offset&7), uint(0); n < f.bits; i, n = i+1, n+1 {
		mask := byte(0x80) >> (i & 7)
		if uint64(v)>>(f.bits-1-n)&1 == 1 {
			w[i>>3] |= mask
		} else {
			w[i>>3] &^= mask
		}
	}
}

// add returns v+by as it is to be stored, and whether it did not fit. (With
// fail the number returned then means nothing.)
func (f field) add(v, by int64, how overflow) (sum int64, over bool) {
	if f.signed {
		return f.addSigned(v, by, how)
	}
	return f.addUnsigned(uint64(v), by, how)
}

func (f field) addUnsigned(v uint64, by int64, how overflow) (int64, bool) {
	top := uint64(1)<<f.bits - 1 // bits is at most 63
	// Both differences are taken modulo 2^64, as the sum is.
	above := v > top || by > 0 && by > int64(top-v)
	below := !above && by < 0 && by < int64(-v)
	switch {
	case !above && !below:
		return int64(v) + by, false
	case how == saturate && above:
		return int64(top), true
	case how == saturate:
		return 0, true
	}
	return int64((v + uint64(by)) & top), true
}

// addSigned decides as Redis does, whose differences wrap around: SET of a
// number far below the range of a field of less than 64 bits counts as being
// above it.
func (f field) addSigned(v, by int64, how overflow) (int64, bool) {
	top := int64(math.MaxInt64) >> (64 - f.bits)
	bottom := -top - 1
	room, depth := top-v, bottom-v
	narrow := f.bits != 64
	above := v > top || narrow && by > room || v >= 0 && by > 0 && by > room
	below := !above && (v < bottom || narrow && by < depth || v < 0 && by < 0 && by < depth)
	switch {
	case !above && !below:
		return v + by, false
	case how == saturate && above:
		return top, true
	case how == saturate:
		return bottom, true
	}
	return (v + by) << (64 - f.bits) >> (64 - f.bits), true
}
