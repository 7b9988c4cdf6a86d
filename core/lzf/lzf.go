// Package lzf compresses and expands byte strings in the LZF format, the one
// that RDB files use for strings: fast, with no header and no checksum.
//
// # Layout
//
// A compressed string is a sequence of two kinds of items until its end.
// The first byte of an item, the control byte, says which kind it is:
//
//	control    following bytes   meaning
//	000LLLLL   L+1 literals      copy the next L+1 (1..32) bytes
//	LLLooooo   oooooooo          L = 1..6: copy L+2 (3..8) bytes from
//	                             o+1 (1..8192) bytes back in the output
//	111ooooo   NNNNNNNN oooooooo copy N+9 (9..264) bytes from o+1 bytes back
//
//	     literal run                  back reference (long form)
//	+----------+----------------+   +-----------+--------+--------+
//	| 000 len-1| len raw bytes →|   | 111 off hi| len-9  | off lo |
//	+----------+----------------+   +-----------+--------+--------+
//
// A reference may reach into the bytes that it produces itself, which is how
// runs are stored. Worked example, 30 times 'a':
//
//	01 61 61    two literals "aa": the encoder never refers to offset 0
//	e0 11 00    copy 0x11+9 = 26 bytes from 0+1 = 1 byte back
//	01 61 61    two literals: the last two bytes stay out of a match
//
// The lengths of the compressed and of the expanded string are not part of
// the format; whoever stores it keeps both.
//
// # Equality with Redis
//
// The encoder makes the same choices as liblzf with the settings of Redis
// (a table of 64K slots, the "very fast" hash, two positions entered after a
// match), so equal input gives equal output. There is one difference: liblzf
// as Redis builds it leaves its table uninitialised, so what an earlier
// string left there may lead it to a match that is correct but different.
// Here the output depends on the input alone.
package lzf

const (
	hashBits   = 16
	hashSlots  = 1 << hashBits
	maxLiteral = 1 << 5      // bytes in one literal run
	maxOffset  = 1 << 13     // distance of a reference
	maxMatch   = 1<<8 + 1<<3 // length of a reference

	// MaxInput is the longest string that Compress accepts, in bytes.
	MaxInput = 1 << 30

	// MaxExpansion is the most bytes that one compressed byte can stand for:
	// a long reference expands 3 bytes to 264. A declared length above
	// MaxExpansion times the compressed length is a lie.
	MaxExpansion = maxMatch / 3
)
