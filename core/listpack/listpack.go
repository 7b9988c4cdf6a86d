package listpack

import (
	"encoding/binary"
	"slices"
)

const (
	// None is the position of no entry.
	None = 0

	// MaxSize is the most that a listpack may grow to, see SafeToAdd.
	MaxSize = 1 << 30

	headerSize   = 6
	emptySize    = headerSize + 1
	countUnknown = 65535
	end          = 0xFF
)

// New returns an empty listpack, in dst's memory if its capacity suffices.
// dst may be nil.
func New(dst []byte) []byte {
	lp := slices.Grow(dst[:0], emptySize)[:emptySize]
	setTotal(lp)
	setCount(lp, 0)
	lp[headerSize] = end
	return lp
}

// SafeToAdd tells whether a listpack of size bytes may grow by n more, as
// far as its size is concerned. Who stores long elements asks before.
func SafeToAdd(size, n int) bool { return size <= MaxSize && n <= MaxSize-size }

// Len returns the number of entries. It walks where the header cannot tell.
func Len(lp []byte) int {
	n := count(lp)
	if n != countUnknown {
		return n
	}
	n = 0
	for pos := headerSize; lp[pos] != end; pos += entrySize(lp, pos) {
		n++
	}
	return n
}

// Empty tells whether there is no entry, without a walk.
func Empty(lp []byte) bool { return lp[headerSize] == end }

// First returns the position of the first entry.
func First(lp []byte) int {
	if lp[headerSize] == end {
		return None
	}
	return headerSize
}

// Last returns the position of the last entry.
func Last(lp []byte) int { return Prev(lp, len(lp)-1) }

// Next returns the position of the entry behind that at pos.
func Next(lp []byte, pos int) int {
	pos += entrySize(lp, pos)
	if lp[pos] == end {
		return None
	}
	return pos
}

// Prev returns the position of the entry before pos, which is that of an
// entry or len(lp)-1, the end.
func Prev(lp []byte, pos int) int {
	if pos == headerSize {
		return None
	}
	return before(lp, pos)
}

// before is the position of the entry that ends at pos.
func before(lp []byte, pos int) int {
	size := readBacklen(lp, pos)
	return pos - size - backlenSize(size)
}

// Seek returns the position of the entry with the index, counted from 0 at
// the front or from -1 at the back. It walks from the nearer end.
func Seek(lp []byte, index int) int {
	forward := index >= 0
	if n := count(lp); n != countUnknown {
		switch {
		case index >= n || index < -n:
			return None
		case forward && index > n/2:
			index, forward = index-n, false
		case !forward && -index > n/2:
			index, forward = index+n, true
		}
	}
	if forward {
		return seekForward(lp, index)
	}
	return seekBackward(lp, -index-1)
}

func seekForward(lp []byte, n int) int {
	pos := headerSize
	for ; n > 0 && lp[pos] != end; n-- {
		pos += entrySize(lp, pos)
	}
	if lp[pos] == end {
		return None
	}
	return pos
}

func seekBackward(lp []byte, n int) int {
	pos := len(lp) - 1
	for ; pos > headerSize; n-- {
		pos = before(lp, pos)
		if n == 0 {
			return pos
		}
	}
	return None
}

func count(lp []byte) int { return int(binary.LittleEndian.Uint16(lp[4:])) }

func setCount(lp []byte, n int) {
	binary.LittleEndian.PutUint16(lp[4:], uint16(min(n, countUnknown)))
}

// addCount counts entries that came or went. An unknown count stays unknown.
func addCount(lp []byte, n int) {
	if c := count(lp); c != countUnknown {
		setCount(lp, c+n)
	}
}

func setTotal(lp []byte) {
	binary.LittleEndian.PutUint32(lp, uint32(len(lp)))
}
