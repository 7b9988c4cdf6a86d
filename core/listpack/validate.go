package listpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The ways in which bytes fail to be a listpack. Validate returns one of them
// wrapped with the position.
var (
	ErrHeader  = errors.New("size and header do not agree")
	ErrEntry   = errors.New("entry reaches beyond the end")
	ErrBacklen = errors.New("entry does not say its own length at its end")
	ErrCount   = errors.New("count does not agree with the entries")
)

// Validate tells whether b, any bytes, is a listpack, and returns its number
// of entries. If deep is false it reads the header and the end only, and the
// number is a guess that may exceed the entries.
func Validate(b []byte, deep bool) (entries int, err error) {
	if len(b) < emptySize || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b)) || b[len(b)-1] != end {
		return 0, fmt.Errorf("listpack of %d bytes: %w", len(b), ErrHeader)
	}
	if !deep {
		return count(b), nil
	}
	pos, last := headerSize, len(b)-1
	for ; pos < last && b[pos] != end; entries++ {
		// Most are small numbers and short strings, with a length of one byte.
		if first := b[pos]; first < encInt13 {
			size := 1
			if first >= encString6 {
				size += int(first & 0x3f)
			}
			if pos+size < last && int(b[pos+size]) == size {
				pos += size + 1
				continue
			}
		}
		size, err := validEntry(b[:len(b)-1], pos)
		if err != nil {
			return 0, fmt.Errorf("listpack of %d bytes, entry %d at %d: %w", len(b), entries, pos, err)
		}
		pos += size
	}
	if pos != len(b)-1 {
		return 0, fmt.Errorf("listpack of %d bytes, end at %d: %w", len(b), pos, ErrEntry)
	}
	if n := count(b); n != countUnknown && n != entries {
		return 0, fmt.Errorf("listpack of %d entries, header says %d: %w", entries, n, ErrCount)
	}
	return entries, nil
}

// validEntry returns the size of the entry at pos if it lies within body,
// which is the listpack without its end.
func validEntry(body []byte, pos int) (int, error) {
	first, left := body[pos], len(body)-pos
	switch {
	case first > encInt64,
		first >= encString12 && first < encString32 && left < 2,
		first == encString32 && left < 5:
		return 0, ErrEntry
	}
	size := encodedSize(body, pos)
	whole := size + backlenSize(size)
	if whole > left {
		return 0, ErrEntry
	}
	// Byte for byte: one that reads on into the data may give the same size,
	// but would not after the data has moved.
	var backlen [maxBacklen]byte
	putBacklen(backlen[:], 0, size)
	if !bytes.Equal(body[pos+size:pos+whole], backlen[:whole-size]) {
		return 0, ErrBacklen
	}
	return whole, nil
}
