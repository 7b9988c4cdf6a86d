package lzf

import (
	"encoding/binary"
	"math/bits"
)

// Encoder compresses strings, one at a time. It holds the 256 KiB table that
// every call reuses, so it is made once per writer. The zero value is ready.
type Encoder struct {
	// slots maps the hash of three bytes to base+position of their last
	// occurrence. Each call starts with a base above every value stored
	// before, so that older entries are recognised and the table need not
	// be cleared between strings.
	slots [hashSlots]uint32
	base  uint32
}

// begin makes all entries of earlier strings stale.
func (e *Encoder) begin(size int) uint32 {
	if uint64(e.base)+2*uint64(size)+1 > 1<<32-1 {
		clear(e.slots[:])
		e.base = 0
	}
	base := e.base + 1
	e.base = base + uint32(size)
	return base
}

// hash3 hashes the three bytes at the front of p.
func hash3(p []byte) uint32 {
	_ = p[2]
	low := uint32(p[1])<<8 | uint32(p[2])
	return (uint32(p[0])<<8 | uint32(p[1]) - low*5) & (hashSlots - 1)
}

// Compress writes the compressed form of src to dst and returns its length,
// or 0 when it does not fit into dst, src is empty, or src is longer than
// MaxInput. dst holds garbage after a 0. The two must not overlap.
func (e *Encoder) Compress(dst, src []byte) int {
	if len(src) == 0 || len(dst) == 0 || len(src) > MaxInput {
		return 0
	}
	base := e.begin(len(src))
	end := len(src)
	in, out := 0, 1 // dst[out-lit-1] is the control byte of the open run
	lit := 0
	for in < end-2 {
		slot := &e.slots[hash3(src[in:])]
		ref := int(*slot) - int(base) // negative when stale
		*slot = base + uint32(in)
		// Position 0 is never referred to: liblzf cannot tell it from an
		// empty slot, and equal output is worth the one lost match.
		if ref <= 0 || in-ref > maxOffset || !same3(src, ref, in) {
			if out >= len(dst) {
				return 0
			}
			dst[out] = src[in]
			in, out, lit = in+1, out+1, lit+1
			if lit == maxLiteral {
				dst[out-lit-1] = maxLiteral - 1
				lit = 0
				out++
			}
			continue
		}
		out = closeRun(dst, out, lit)
		if out+4 >= len(dst) {
			return 0
		}
		n := matchLen(src, ref, in)
		out = putReference(dst, out, in-ref-1, n-2)
		lit = 0
		out++
		in += n
		if in >= end-2 {
			break
		}
		e.slots[hash3(src[in-2:])] = base + uint32(in-2)
		e.slots[hash3(src[in-1:])] = base + uint32(in-1)
	}
	return finish(dst, src[in:], out, lit)
}

func same3(src []byte, a, b int) bool {
	return src[a] == src[b] && src[a+1] == src[b+1] && src[a+2] == src[b+2]
}

// closeRun ends the open literal run before a reference and returns where
// the next item goes: an empty run gives its control byte back.
func closeRun(dst []byte, out, lit int) int {
	if lit == 0 {
		return out - 1
	}
	dst[out-lit-1] = byte(lit - 1)
	return out
}

// matchLen returns how many bytes from in on equal those from ref on, given
// that the first three do. The last two bytes of a string stay out of a
// match, as in liblzf: except that its unrolled comparison overruns that
// limit by up to two when 17 or 18 bytes are left, and at 1 or 2.
func matchLen(src []byte, ref, in int) int {
	limit := min(len(src)-in-2, maxMatch)
	if limit > 16 {
		limit = max(limit, 19)
	} else {
		limit = max(limit, 3)
	}
	n := 3
	for n+8 <= limit {
		diff := binary.LittleEndian.Uint64(src[ref+n:]) ^ binary.LittleEndian.Uint64(src[in+n:])
		if diff != 0 {
			return n + bits.TrailingZeros64(diff)/8
		}
		n += 8
	}
	for n < limit && src[ref+n] == src[in+n] {
		n++
	}
	return n
}

// putReference writes a reference of length n+2 to off+1 bytes back.
func putReference(dst []byte, out, off, n int) int {
	if n < 7 {
		dst[out] = byte(off>>8 | n<<5)
		out++
	} else {
		dst[out] = byte(off>>8 | 7<<5)
		dst[out+1] = byte(n - 7)
		out += 2
	}
	dst[out] = byte(off)
	return out + 1
}

// finish appends the last bytes as literals and closes their run.
func finish(dst, rest []byte, out, lit int) int {
	if out+3 > len(dst) { // at most two bytes and one control byte follow
		return 0
	}
	for _, b := range rest {
		dst[out] = b
		out, lit = out+1, lit+1
		if lit == maxLiteral {
			dst[out-lit-1] = maxLiteral - 1
			lit = 0
			out++
		}
	}
	return closeRun(dst, out, lit)
}
