package strings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/longdouble"
	"github.com/redoubt-kv/redoubt/core/value"
)

func incr(c *command.Call) { add(c, 1) }
func decr(c *command.Call) { add(c, -1) }

func incrby(c *command.Call) {
	if by, ok := c.Int(2); ok {
		add(c, by)
	}
}

func decrby(c *command.Call) {
	by, ok := c.Int(2)
	if !ok {
		return
	}
	if by == math.MinInt64 {
		c.Out.Error("ERR decrement would overflow")
		return
	}
	add(c, -by)
}

func add(c *command.Call, by int64) {
	cell, found := c.DB.Change(c.Args[1], keyspace.ForWrite)
	var n int64
	if found {
		if cell.Kind.Type() != value.TypeString {
			c.Out.Error(command.ErrWrongType)
			return
		}
		var ok bool
		if n, ok = value.StringOf(cell.Space.Heap, cell.Kind, cell.B).Int(); !ok {
			c.Out.Error(command.ErrNotInt)
			return
		}
	}
	if by < 0 && n < math.MinInt64-by || by > 0 && n > math.MaxInt64-by {
		c.Out.Error("ERR increment or decrement would overflow")
		return
	}
	n += by
	if found { // in its entry, as all numbers are
		var room [8]byte
		cell.Set(value.StringInt, value.AppendInt(room[:0], n))
		c.DB.Commit(cell)
	} else {
		c.DB.SetInt(c.Args[1], n, keyspace.KeepTTL)
	}
	c.Changed(keyspace.EventString, "incrby", c.Args[1], 1)
	c.Out.Int(n)
}

func incrbyfloat(c *command.Call) {
	s, found, ok := lookup(c, keyspace.ForWrite)
	if !ok {
		return
	}
	var n longdouble.Number
	if found {
		if s.Len() >= longdouble.MaxText {
			c.Out.Error(command.ErrNotFloat)
			return
		}
		if n, ok = longdouble.Parse(s.AppendTo(nil)); !ok {
			c.Out.Error(command.ErrNotFloat)
			return
		}
	}
	by, ok := longdouble.Parse(c.Args[2])
	if !ok {
		c.Out.Error(command.ErrNotFloat)
		return
	}
	sum, finite := n.Add(by)
	if !finite {
		c.Out.Error("ERR increment would produce NaN or Infinity")
		return
	}
	text := sum.AppendHuman(nil)
	c.DB.SetText(c.Args[1], text, keyspace.KeepTTL)
	c.Changed(keyspace.EventString, "incrbyfloat", c.Args[1], 1)
	c.RecordAs([]byte("SET"), c.Args[1], text, []byte("KEEPTTL")) // other machines may round otherwise
	c.Out.Bulk(text)
}
