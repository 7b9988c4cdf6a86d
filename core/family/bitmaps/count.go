package bitmaps

import (
	"encoding/binary"
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// span is a range of bits, first and last inclusive; empty if last < first.
type span struct{ first, last int64 }

// resolve turns first and last index of units of the given size in bits, of
// which negative ones count from the end, into the bits of a string of n bytes.
func resolve(start, end, n int64, unit int64) span {
	total := n * 8 / unit
	if start < 0 {
		start = max(start+total, 0)
	}
	if end < 0 {
		end = max(end+total, 0)
	}
	end = min(end, total-1)
	if start > end {
		return span{0, -1}
	}
	return span{start * unit, end*unit + unit - 1}
}

// unit reads BIT or BYTE at argument i, which may be absent.
func unit(c *command.Call, i int) (bits int64, ok bool) {
	switch {
	case i >= len(c.Args) || c.Is(i, "BYTE"):
		return 8, true
	case c.Is(i, "BIT"):
		return 1, true
	}
	c.Out.Error(command.ErrSyntax)
	return 0, false
}

func bitcount(c *command.Call) {
	s, found, ok := lookup(c, keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(0)
		return
	}
	r := span{0, s.Len()*8 - 1}
	switch len(c.Args) {
	case 2:
	case 4, 5:
		if r, ok = countSpan(c, s.Len()); !ok {
			return
		}
	default:
		c.Out.Error(command.ErrSyntax)
		return
	}
	c.Out.Int(countIn(s, r))
}

func countSpan(c *command.Call, n int64) (r span, ok bool) {
	start, ok := c.Int(2)
	if !ok {
		return r, false
	}
	end, ok := c.Int(3)
	if !ok {
		return r, false
	}
	if start < 0 && end < 0 && start > end {
		return span{0, -1}, true
	}
	size, ok := unit(c, 4)
	if !ok {
		return r, false
	}
	return resolve(start, end, n, size), true
}

// countIn counts the bits set in r.
func countIn(s value.String, r span) int64 {
	if r.last < r.first {
		return 0
	}
	from, to := r.first>>3, r.last>>3+1
	var n int64
	s.Pieces(from, to, func(p []byte) bool {
		n += popcount(p)
		return true
	})
	n -= int64(bits.OnesCount8(s.At(from) &^ (0xff >> (r.first & 7))))
	n -= int64(bits.OnesCount8(s.At(to-1) &^ (0xff << (7 - r.last&7))))
	return n
}

func popcount(p []byte) (n int64) {
	for ; len(p) >= 8; p = p[8:] {
		n += int64(bits.OnesCount64(binary.LittleEndian.Uint64(p)))
	}
	for _, b := range p {
		n += int64(bits.OnesCount8(b))
	}
	return n
}

func bitpos(c *command.Call) {
	bit, ok := c.Int(2)
	if !ok {
		return
	}
	if bit != 0 && bit != 1 {
		c.Out.Error("ERR The bit argument must be 1 or 0.")
		return
	}
	s, found, ok := lookup(c, keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(-bit) // all zeros without an end
		return
	}
	r := span{0, s.Len()*8 - 1}
	if len(c.Args) > 6 {
		c.Out.Error(command.ErrSyntax)
		return
	}
	if len(c.Args) > 3 {
		if r, ok = posSpan(c, s.Len()); !ok {
			return
		}
	}
	pos := find(s, r, byte(bit))
	if pos < 0 && bit == 0 && r.first <= r.last && len(c.Args) < 5 {
		// Without an end the string goes on with zeros.
		pos = r.last + 1
	}
	c.Out.Int(pos)
}

func posSpan(c *command.Call, n int64) (r span, ok bool) {
	start, ok := c.Int(3)
	if !ok {
		return r, false
	}
	size, ok := unit(c, 5)
	if !ok {
		return r, false
	}
	end := n - 1
	if len(c.Args) > 4 {
		if end, ok = c.Int(4); !ok {
			return r, false
		}
	}
	return resolve(start, end, n, size), true
}

// find is the place of the first bit of r that is bit, or -1.
func find(s value.String, r span, bit byte) int64 {
	if r.last < r.first {
		return -1
	}
	flip := bit - 1 // all ones if a zero is wanted: then look for a one too
	base, pos := r.first>>3, int64(-1)
	head := byte(0xff) >> (r.first & 7)
	s.Pieces(base, r.last>>3+1, func(p []byte) bool {
		if b := (p[0] ^ flip) & head; b != 0 {
			pos = base*8 + int64(bits.LeadingZeros8(b))
			return false
		}
		head = 0xff
		if i := firstOne(p[1:], flip); i >= 0 {
			pos = (base+1)*8 + i
			return false
		}
		base += int64(len(p))
		return true
	})
	if pos > r.last {
		return -1
	}
	return pos
}

// firstOne is the place of the first one in p with flip xored into each byte,
// or -1.
func firstOne(p []byte, flip byte) int64 {
	flips := uint64(flip) * 0x0101010101010101
	i := 0
	for ; len(p)-i >= 8; i += 8 {
		if w := binary.BigEndian.Uint64(p[i:]) ^ flips; w != 0 {
			return int64(i)*8 + int64(bits.LeadingZeros64(w))
		}
	}
	for ; i < len(p); i++ {
		if b := p[i] ^ flip; b != 0 {
			return int64(i)*8 + int64(bits.LeadingZeros8(b))
		}
	}
	return -1
}
