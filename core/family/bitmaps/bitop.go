package bitmaps

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// op is an operation of BITOP.
type op uint8

const (
	and op = iota
	or
	xor
	not
)

func parseOp(c *command.Call) (o op, ok bool) {
	switch {
	case c.Is(1, "AND"):
		return and, true
	case c.Is(1, "OR"):
		return or, true
	case c.Is(1, "XOR"):
		return xor, true
	case c.Is(1, "NOT"):
		if len(c.Args) != 4 {
			c.Out.Error("ERR BITOP NOT must be called with a single source key.")
			return not, false
		}
		return not, true
	}
	c.Out.Error(command.ErrSyntax)
	return 0, false
}

func bitop(c *command.Call) {
	o, ok := parseOp(c)
	if !ok {
		return
	}
	longest, ok := longestSource(c)
	if !ok {
		return
	}
	target := c.Args[2]
	if longest == 0 {
		if c.DB.Delete(target) {
			c.Changed(keyspace.EventGeneric, "del", target, 1)
		}
		c.Out.Int(0)
		return
	}
	res := make([]byte, 0, longest)
	for i, key := range c.Args[3:] {
		e, found := c.DB.Find(key, keyspace.Peek)
		var s value.String
		if found {
			s = e.String()
		}
		if i == 0 {
			if found {
				res = s.AppendTo(res)
			}
			res = res[:longest] // the rest is still zero
			continue
		}
		combine(res, s, found, o)
	}
	if o == not {
		invert(res)
	}
	c.DB.SetRaw(target, res, keyspace.NoTTL)
	c.Changed(keyspace.EventString, "set", target, 1)
	c.Out.Int(longest)
}

// longestSource looks every source up as a read, so that what has expired is
// gone afterwards, and returns the length of the longest.
func longestSource(c *command.Call) (n int64, ok bool) {
	for _, key := range c.Args[3:] {
		e, found := c.DB.Find(key, keyspace.ForRead)
		if !found {
			continue
		}
		if e.Type() != value.TypeString {
			c.Out.Error(command.ErrWrongType)
			return 0, false
		}
		n = max(n, e.String().Len())
	}
	return n, true
}

// combine does res = res o s, where s goes on with zeros to the length of res.
func combine(res []byte, s value.String, found bool, o op) {
	rest := res
	if found {
		s.Pieces(0, s.Len(), func(p []byte) bool {
			combineBytes(rest, p, o)
			rest = rest[len(p):]
			return true
		})
	}
	if o == and {
		clear(rest)
	}
}

// combineBytes does dst = dst o src for the length of src.
func combineBytes(dst, src []byte, o op) {
	word := binary.LittleEndian
	for ; len(src) >= 8; dst, src = dst[8:], src[8:] {
		a, b := word.Uint64(dst), word.Uint64(src)
		switch o {
		case and:
			a &= b
		case or:
			a |= b
		case xor:
			a ^= b
		}
		word.PutUint64(dst, a)
	}
	for i, b := range src {
		switch o {
		case and:
			dst[i] &= b
		case or:
			dst[i] |= b
		case xor:
			dst[i] ^= b
		}
	}
}

func invert(b []byte) {
	word := binary.LittleEndian
	for ; len(b) >= 8; b = b[8:] {
		word.PutUint64(b, ^word.Uint64(b))
	}
	for i := range b {
		b[i] = ^b[i]
	}
}
