package listpack

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// The first bytes of entries, see Layout. Those of integers of 13 bits and of
// strings under 4096 bytes hold data in their low bits.
const (
	encString6  = 0x80
	encInt13    = 0xC0
	encString12 = 0xE0
	encString32 = 0xF0
	encInt16    = 0xF1
	encInt24    = 0xF2
	encInt32    = 0xF3
	encInt64    = 0xF4
)

// Get returns the element at pos: an integer, or bytes that alias lp.
func Get(lp []byte, pos int) (b []byte, n int64, isInt bool) {
	first := lp[pos]
	switch {
	case first < encString6:
		return nil, int64(first), true
	case first < encInt13:
		return lp[pos+1 : pos+1+int(first&0x3F)], 0, false
	case first >= encString12 && first < encString32:
		size := int(first&0x0F)<<8 | int(lp[pos+1])
		return lp[pos+2 : pos+2+size], 0, false
	case first == encString32:
		size := int(binary.LittleEndian.Uint32(lp[pos+1:]))
		return lp[pos+5 : pos+5+size], 0, false
	}
	return nil, wideInt(lp, pos), true
}

// wideInt reads an integer of more than 7 bits.
func wideInt(lp []byte, pos int) int64 {
	switch first := lp[pos]; first {
	case encInt16:
		return int64(int16(binary.LittleEndian.Uint16(lp[pos+1:])))
	case encInt24:
		high := uint32(lp[pos+1])<<8 | uint32(lp[pos+2])<<16 | uint32(lp[pos+3])<<24
		return int64(int32(high) >> 8)
	case encInt32:
		return int64(int32(binary.LittleEndian.Uint32(lp[pos+1:])))
	case encInt64:
		return int64(binary.LittleEndian.Uint64(lp[pos+1:]))
	default:
		high := uint16(first)<<11 | uint16(lp[pos+1])<<3
		return int64(int16(high) >> 3)
	}
}

// AppendElem appends the element at pos, integers in decimal, to dst.
func AppendElem(dst, lp []byte, pos int) []byte {
	b, n, isInt := Get(lp, pos)
	if isInt {
		return strconv.AppendInt(dst, n, 10)
	}
	return append(dst, b...)
}

// Equal tells whether the element at pos is elem.
func Equal(lp []byte, pos int, elem []byte) bool {
	b, n, isInt := Get(lp, pos)
	if !isInt {
		return bytes.Equal(b, elem)
	}
	v, ok := ParseInt(elem)
	return ok && v == n
}

// Find returns the position of the first element that is elem, from pos on,
// passing over skip entries after each that it compares: 1 to look at the
// fields of a hash. pos may be None.
func Find(lp []byte, pos int, elem []byte, skip int) int {
	if pos == None {
		return None
	}
	v, mayBeInt := ParseInt(elem)
	if n := len(elem); !mayBeInt && n < 64 && skip <= 1 {
		return findShort(lp, pos, elem, skip)
	}
	for lp[pos] != end {
		b, n, isInt := Get(lp, pos)
		if isInt && mayBeInt && n == v || !isInt && bytes.Equal(b, elem) {
			return pos
		}
		pos += entrySize(lp, pos)
		for i := 0; i < skip && lp[pos] != end; i++ {
			pos += entrySize(lp, pos)
		}
	}
	return None
}

// findShort is Find for a string whose entry starts with its length, that and
// the first byte tell most others apart.
func findShort(lp []byte, pos int, elem []byte, skip int) int {
	head := encString6 | byte(len(elem))
	for {
		first := lp[pos]
		if first == head && string(lp[pos+1:pos+1+len(elem)]) == string(elem) {
			return pos
		}
		if first == end {
			return None
		}
		pos += entrySize(lp, pos)
		if skip != 0 {
			if lp[pos] == end {
				return None
			}
			pos += entrySize(lp, pos)
		}
	}
}

// ParseInt reads a decimal integer of 64 bits in its canonical form: those
// are the elements that are stored as integers.
func ParseInt(s []byte) (n int64, ok bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	digits, limit := s, uint64(1<<63-1)
	if s[0] == '-' {
		digits, limit = s[1:], 1<<63
	}
	if len(digits) == 0 || digits[0] == '0' && len(s) > 1 {
		return 0, false
	}
	var u uint64
	for _, c := range digits {
		d := uint64(c - '0')
		if c < '0' || c > '9' || u > (limit-d)/10 {
			return 0, false
		}
		u = u*10 + d
	}
	if s[0] == '-' {
		return -int64(u), true
	}
	return int64(u), true
}

// entrySize returns the size of the entry at pos, its backlen included.
// Most are small numbers and short strings, with a backlen of one byte.
func entrySize(lp []byte, pos int) int {
	first := lp[pos]
	if first < encString6 {
		return 1 + 1
	}
	if first < encInt13 {
		return 1 + int(first&0x3F) + 1
	}
	return longEntrySize(lp, pos)
}

func longEntrySize(lp []byte, pos int) int {
	size := encodedSize(lp, pos)
	return size + backlenSize(size)
}

// encodedSize returns the size of encoding and data of the entry at pos.
func encodedSize(lp []byte, pos int) int {
	first := lp[pos]
	switch {
	case first < encString6:
		return 1
	case first < encInt13:
		return 1 + int(first&0x3F)
	case first < encString12:
		return 2
	case first < encString32:
		return 2 + int(first&0x0F)<<8 + int(lp[pos+1])
	}
	switch first {
	case encInt16:
		return 3
	case encInt24:
		return 4
	case encInt32:
		return 5
	case encInt64:
		return 9
	default: // encString32: Validate lets no other pass
		return 5 + int(binary.LittleEndian.Uint32(lp[pos+1:]))
	}
}

// backlenSize returns the size of the backlen of a size. The limits are one
// less than what would fit, as Redis has them.
func backlenSize(size int) int {
	switch {
	case size <= 127:
		return 1
	case size < 1<<14-1:
		return 2
	case size < 1<<21-1:
		return 3
	case size < 1<<28-1:
		return 4
	default:
		return 5
	}
}

// maxBacklen is the most bytes that a backlen takes.
const maxBacklen = 5

// readBacklen reads the backlen that ends at pos.
func readBacklen(lp []byte, pos int) int {
	size := 0
	for shift := 0; ; shift += 7 {
		pos--
		size |= int(lp[pos]&0x7F) << shift
		if lp[pos]&0x80 == 0 {
			return size
		}
	}
}
