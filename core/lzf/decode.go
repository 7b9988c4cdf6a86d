package lzf

import (
	"errors"
	"fmt"
)

// The ways in which compressed data can be wrong. Decompress returns one of
// them wrapped with the position.
var (
	ErrTruncated = errors.New("compressed data ends within an item")
	ErrTooLong   = errors.New("compressed data expands beyond its declared length")
	ErrTooShort  = errors.New("compressed data expands to less than its declared length")
	ErrReference = errors.New("reference to before the start of the data")
)

// Decompress expands src into dst, which must have exactly the length that
// was declared for it. It never reads or writes outside the two, whatever
// src holds; after an error dst holds garbage. They must not overlap.
func Decompress(dst, src []byte) error {
	in, out := 0, 0
	for in < len(src) {
		item := in
		ctrl := int(src[in])
		in++
		var err error
		if ctrl < maxLiteral {
			in, out, err = literals(dst, src, in, out, ctrl+1)
		} else {
			in, out, err = reference(dst, src, in, out, ctrl)
		}
		if err != nil {
			return fmt.Errorf("lzf: byte %d of %d: %w", item, len(src), err)
		}
	}
	if out != len(dst) {
		return fmt.Errorf("lzf: %d of %d bytes: %w", out, len(dst), ErrTooShort)
	}
	return nil
}

func literals(dst, src []byte, in, out, n int) (int, int, error) {
	if n > len(dst)-out {
		return in, out, ErrTooLong
	}
	if n > len(src)-in {
		return in, out, ErrTruncated
	}
	copy(dst[out:out+n], src[in:in+n])
	return in + n, out + n, nil
}

func reference(dst, src []byte, in, out, ctrl int) (int, int, error) {
	n := ctrl>>5 + 2
	if n == 9 {
		if in >= len(src) {
			return in, out, ErrTruncated
		}
		n += int(src[in])
		in++
	}
	if in >= len(src) {
		return in, out, ErrTruncated
	}
	back := (ctrl&0x1f)<<8 | int(src[in]) + 1
	in++
	if n > len(dst)-out {
		return in, out, ErrTooLong
	}
	ref := out - back
	if ref < 0 {
		return in, out, ErrReference
	}
	copyForward(dst, ref, out, n)
	return in, out + n, nil
}

// copyForward copies n bytes from ref to out as a byte-by-byte loop would:
// where source and target overlap, bytes just written are read again. Each
// round copies what is already there, so the distance doubles.
func copyForward(dst []byte, ref, out, n int) {
	for n > 0 {
		k := copy(dst[out:out+n], dst[ref:out])
		out += k
		n -= k
	}
}
