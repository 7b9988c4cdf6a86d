// Package intset packs a set of integers into one sorted slice of bytes, in
// the layout of Redis's intset.c, so that small sets of integers are saved,
// loaded, dumped and restored by copying.
//
// # Layout
//
// All numbers are little endian.
//
//	| width 4 | count 4 | integer | integer | … |
//
//	width    bytes of each integer: 2, 4 or 8, as the widest needs
//	integer  ascending, none twice
//
// The set of -2 and 5:
//
//	02 00 00 00  02 00 00 00  FE FF  05 00
//
// # Slices
//
// An intset is a []byte that ends with its last integer. Functions that
// change it work as append does: in place where the capacity suffices, else
// in a copy; the argument is invalid afterwards. Except for Validate every
// function trusts the bytes.
package intset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

const headerSize = 8

// New returns an empty set, in dst's memory if its capacity suffices. dst may
// be nil.
func New(dst []byte) []byte {
	s := slices.Grow(dst[:0], headerSize)[:headerSize]
	setHeader(s, 2, 0)
	return s
}

// Len returns the number of integers.
func Len(s []byte) int { return int(binary.LittleEndian.Uint32(s[4:])) }

// Get returns the i-th integer in ascending order, counted from 0.
func Get(s []byte, i int) int64 { return get(s, width(s), i) }

// Find returns the index of v, or where it would be.
func Find(s []byte, v int64) (index int, found bool) {
	n, w := Len(s), width(s)
	if widthOf(v) > w {
		if v < 0 {
			return 0, false
		}
		return n, false
	}
	low, high := 0, n
	for low < high {
		mid := int(uint(low+high) >> 1)
		if get(s, w, mid) < v {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < n && get(s, w, low) == v
}

// Add puts v into the set, and tells whether it was new.
func Add(s []byte, v int64) (_ []byte, added bool) {
	if w := widthOf(v); w > width(s) {
		s = widen(s, w)
	}
	i, found := Find(s, v)
	if found {
		return s, false
	}
	n, w := Len(s), width(s)
	at := headerSize + i*w
	s = slices.Grow(s, w)[:len(s)+w]
	copy(s[at+w:], s[at:])
	set(s, w, i, v)
	setHeader(s, w, n+1)
	return s, true
}

// AddedSize returns how long the set may become by the addition of v.
func AddedSize(s []byte, v int64) int {
	return headerSize + (Len(s)+1)*max(width(s), widthOf(v))
}

// Remove takes v out of the set, and tells whether it was there. The width
// stays, as in Redis.
func Remove(s []byte, v int64) (_ []byte, removed bool) {
	i, found := Find(s, v)
	if !found {
		return s, false
	}
	return RemoveAt(s, i), true
}

// RemoveAt takes the i-th integer out of the set.
func RemoveAt(s []byte, i int) []byte {
	n, w := Len(s), width(s)
	at := headerSize + i*w
	copy(s[at:], s[at+w:])
	setHeader(s, w, n-1)
	return s[:len(s)-w]
}

// widen rewrites the integers, from the last on so that none is overwritten
// before it is read.
func widen(s []byte, to int) []byte {
	n, from := Len(s), width(s)
	size := headerSize + n*to
	s = slices.Grow(s, size-len(s))[:size]
	for i := n - 1; i >= 0; i-- {
		set(s, to, i, get(s, from, i))
	}
	setHeader(s, to, n)
	return s
}

// The ways in which bytes fail to be an intset. Validate returns one of them
// wrapped.
var (
	ErrWidth = errors.New("integers are not of 2, 4 or 8 bytes")
	ErrSize  = errors.New("size and count do not agree")
	ErrOrder = errors.New("integers are not ascending")
)

// Validate tells whether s, any bytes, is an intset. If deep is false it does
// not look at the integers.
func Validate(s []byte, deep bool) error {
	if len(s) < headerSize {
		return fmt.Errorf("intset of %d bytes: %w", len(s), ErrSize)
	}
	w := uint64(binary.LittleEndian.Uint32(s))
	if w != 2 && w != 4 && w != 8 {
		return fmt.Errorf("intset of width %d: %w", w, ErrWidth)
	}
	if n := uint64(binary.LittleEndian.Uint32(s[4:])); headerSize+n*w != uint64(len(s)) {
		return fmt.Errorf("intset of %d bytes and %d integers: %w", len(s), n, ErrSize)
	}
	for i := 1; deep && i < Len(s); i++ {
		if Get(s, i-1) >= Get(s, i) {
			return fmt.Errorf("intset, integer %d: %w", i, ErrOrder)
		}
	}
	return nil
}

func width(s []byte) int { return int(binary.LittleEndian.Uint32(s)) }

func setHeader(s []byte, width, n int) {
	binary.LittleEndian.PutUint32(s, uint32(width))
	binary.LittleEndian.PutUint32(s[4:], uint32(n))
}

func widthOf(v int64) int {
	switch {
	case v >= math.MinInt16 && v <= math.MaxInt16:
		return 2
	case v >= math.MinInt32 && v <= math.MaxInt32:
		return 4
	default:
		return 8
	}
}

func get(s []byte, w, i int) int64 {
	b := s[headerSize+i*w:]
	switch w {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	default:
		return int64(binary.LittleEndian.Uint64(b))
	}
}

func set(s []byte, w, i int, v int64) {
	b := s[headerSize+i*w:]
	switch w {
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	default:
		binary.LittleEndian.PutUint64(b, uint64(v))
	}
}
