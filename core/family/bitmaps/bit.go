package bitmaps

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

const (
	errOffset = "ERR bit offset is not an integer or out of range"
	errBit    = "ERR bit is not an integer or out of range"
)

// lookup finds argument 1, which may be absent but not of another type: that
// has been replied as an error where ok is false.
func lookup(c *command.Call, how keyspace.Access) (s value.String, found, ok bool) {
	e, found := c.DB.Find(c.Args[1], how)
	if !found {
		return s, false, true
	}
	if e.Type() != value.TypeString {
		c.Out.Error(command.ErrWrongType)
		return s, true, false
	}
	return e.String(), true, true
}

// offset reads argument i as a bit's number within the longest string allowed.
// With width > 0 the form #N is N·width.
func (f family) offset(c *command.Call, i, width int) (bit int64, ok bool) {
	b := c.Args[i]
	scale := int64(1)
	if width > 0 && len(b) > 0 && b[0] == '#' {
		b, scale = b[1:], int64(width)
	}
	n, ok := command.ParseInt(b)
	// A product that wraps around is taken as it is, as Redis does.
	n *= scale
	if !ok || n < 0 || n>>3 >= c.MaxString(f.MaxBulk()) {
		c.Out.Error(errOffset)
		return 0, false
	}
	return n, true
}

func (f family) getbit(c *command.Call) {
	bit, ok := f.offset(c, 2, 0)
	if !ok {
		return
	}
	s, found, ok := lookup(c, keyspace.ForRead)
	if !ok {
		return
	}
	if !found || bit>>3 >= s.Len() {
		c.Out.Int(0)
		return
	}
	c.Out.Int(int64(s.At(bit>>3) >> (7 - bit&7) & 1))
}

func (f family) setbit(c *command.Call) {
	bit, ok := f.offset(c, 2, 0)
	if !ok {
		return
	}
	on, ok := c.IntOr(3, errBit)
	if !ok {
		return
	}
	if on != 0 && on != 1 {
		c.Out.Error(errBit)
		return
	}
	s, found, ok := lookup(c, keyspace.ForWrite)
	if !ok {
		return
	}
	at, mask := bit>>3, byte(0x80)>>(bit&7)
	var old byte
	grows := !found || at >= s.Len()
	if !grows {
		old = s.At(at)
	}
	now := old &^ mask
	if on == 1 {
		now |= mask
	}
	changed := grows || now != old
	if changed || s.Encoding() != "raw" {
		c.DB.SetRange(c.Args[1], at, []byte{now})
	}
	if changed {
		c.Changed(keyspace.EventString, "setbit", c.Args[1], 1)
	}
	c.Out.Int(int64(old >> (7 - bit&7) & 1))
}
