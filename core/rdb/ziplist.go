package rdb

import (
	"encoding/binary"
	"strconv"
)

// A ziplist is what Redis before 7.0 packed small collections into; files
// still hold them. All numbers are little-endian but string lengths.
//
//	offset 0   uint32  bytes of the whole ziplist
//	       4   uint32  offset of the last entry
//	       8   uint16  entries; 65535: count them
//	      10   entries
//	     n-1   0xff
//
// An entry is the length of the entry before it (1 byte, or 0xfe and a
// uint32), an encoding byte, and data:
//
//	00llllll                string of l bytes
//	01llllll + 1 byte       string, 14 bits big-endian
//	10000000 + 4 bytes      string, 32 bits big-endian
//	c0 d0 e0 f0 fe          integers of 2, 4, 8, 3 and 1 bytes
//	f1 to fd                the integers 0 to 12
//
// TestZiplist has worked examples.
const (
	ziplistHeader = 10
	ziplistEnd    = 0xff
	ziplistBigLen = 0xfe // a 32-bit length of the previous entry follows
)

// eachZiplist hands each element of a ziplist to fn, integers as digits, and
// checks on its way all that the format says. The slice is valid during the
// call. Elements that came before a fault have been handed over by then.
func eachZiplist(z []byte, fn func(element []byte) error) error {
	if len(z) < ziplistHeader+1 || uint64(binary.LittleEndian.Uint32(z)) != uint64(len(z)) || z[len(z)-1] != ziplistEnd {
		return errZiplist
	}
	end := len(z) - 1
	last, count := 0, 0
	at, before := ziplistHeader, 0
	for at != end {
		element, size := ziplistEntry(z[at:end], before)
		if size == 0 {
			return errZiplist
		}
		if err := fn(element); err != nil {
			return err
		}
		last, before = at, size
		at += size
		count++
	}
	tail, declared := binary.LittleEndian.Uint32(z[4:]), int(binary.LittleEndian.Uint16(z[8:]))
	if count > 0 && uint64(tail) != uint64(last) || uint64(tail) > uint64(end) || declared != 0xffff && declared != count {
		return errZiplist
	}
	return nil
}

// ziplistEntry reads the entry at the start of p and returns its element and
// size, 0 if it is broken. The entry before it had the size given.
func ziplistEntry(p []byte, before int) (element []byte, size int) {
	header := 1
	if p[0] == ziplistBigLen {
		header = 5
	}
	if len(p) < header+1 {
		return nil, 0
	}
	previous := uint64(p[0])
	if header == 5 {
		previous = uint64(binary.LittleEndian.Uint32(p[1:]))
	}
	if previous != uint64(before) {
		return nil, 0
	}
	p = p[header:]
	if p[0] >= 0xc0 {
		element, size = ziplistInteger(p)
	} else {
		element, size = ziplistString(p)
	}
	if size == 0 {
		return nil, 0
	}
	return element, header + size
}

func ziplistString(p []byte) (element []byte, size int) {
	var start int
	var n uint64
	switch p[0] >> 6 {
	case 0:
		start, n = 1, uint64(p[0])
	case 1:
		if start = 2; len(p) >= start {
			n = uint64(p[0]&0x3f)<<8 | uint64(p[1])
		}
	default:
		if start = 5; len(p) >= start {
			n = uint64(binary.BigEndian.Uint32(p[1:]))
		}
	}
	if len(p) < start || n > uint64(len(p)-start) {
		return nil, 0
	}
	size = start + int(n)
	return p[start:size], size
}

func ziplistInteger(p []byte) (element []byte, size int) {
	enc := p[0]
	if enc >= 0xf1 && enc <= 0xfd {
		return strconv.AppendInt(nil, int64(enc-0xf1), 10), 1
	}
	width := 0
	switch enc {
	case 0xfe:
		width = 1
	case 0xc0:
		width = 2
	case 0xf0:
		width = 3
	case 0xd0:
		width = 4
	case 0xe0:
		width = 8
	}
	if width == 0 || len(p) < 1+width {
		return nil, 0
	}
	var v uint64
	for i := width; i > 0; i-- {
		v = v<<8 | uint64(p[i])
	}
	unused := 64 - 8*width // bits above the sign
	return strconv.AppendInt(nil, int64(v<<unused)>>unused, 10), 1 + width
}
