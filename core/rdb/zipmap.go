package rdb

import "encoding/binary"

// A zipmap is what Redis 2.0 to 2.4 packed small hashes into.
//
//	byte: fields, 254 and more: count them
//	for each field
//	  length, field
//	  length, byte: unused bytes, value, the unused bytes
//	0xff
//
// A length is one byte up to 253, else 0xfe and a uint32 LE.
const (
	zipmapBigLen = 254
	zipmapEnd    = 255
)

// eachZipmap hands each field and value of a zipmap to fn, checking it on its
// way; the slices alias z. Pairs that came before a fault have been handed
// over by then. A zipmap without fields is broken, as Redis has it.
func eachZipmap(z []byte, fn func(field, value []byte) error) error {
	if len(z) < 2 || z[len(z)-1] != zipmapEnd {
		return errZipmap
	}
	count := 0
	p := z[1:]
	for p[0] != zipmapEnd {
		field, rest := zipmapString(p, 0)
		if rest == nil {
			return errZipmap
		}
		var value []byte
		if value, rest = zipmapString(rest, 1); rest == nil {
			return errZipmap
		}
		if err := fn(field, value); err != nil {
			return err
		}
		p = rest
		count++
	}
	if len(p) != 1 || count == 0 || z[0] < zipmapBigLen && int(z[0]) != count {
		return errZipmap
	}
	return nil
}

// zipmapString reads a length and, behind as many header bytes as given (the
// first says how many bytes behind the string are unused), the string. rest
// is nil if it is broken, else it is not empty: the end mark is left at least.
func zipmapString(p []byte, header int) (s, rest []byte) {
	n, start := uint64(p[0]), 1
	switch {
	case n == zipmapEnd:
		return nil, nil
	case n == zipmapBigLen:
		if start = 5; len(p) < start {
			return nil, nil
		}
		if n = uint64(binary.LittleEndian.Uint32(p[1:])); n < zipmapBigLen {
			return nil, nil // must take one byte
		}
	}
	unused := uint64(0)
	if header == 1 {
		if len(p) <= start {
			return nil, nil
		}
		unused = uint64(p[start])
		start++
	}
	if left := uint64(max(len(p)-start, 0)); n+unused >= left { // the end mark is still to come
		return nil, nil
	}
	return p[start : start+int(n)], p[start+int(n)+int(unused):]
}
