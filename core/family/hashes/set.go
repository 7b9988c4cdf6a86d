package hashes

import (
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/longdouble"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// hset also serves HMSET, which replies OK.
func hset(c *command.Call) {
	if len(c.Args)%2 != 0 {
		wrongArity(c)
		return
	}
	cell, ok := changeOrNew(c)
	if !ok {
		return
	}
	pairs := c.Args[2:]
	e := edit(c, cell, pairs)
	created := 0
	for i := 0; i < len(pairs); i += 2 {
		if e.Set(pairs[i], pairs[i+1], hash.NoDue) {
			created++
		}
	}
	store(c, cell, &e)
	changed(c, "hset", len(pairs)/2)
	if c.Row.Name == "hmset" {
		c.Out.OK()
		return
	}
	c.Out.Int(int64(created))
}

func wrongArity(c *command.Call) {
	c.Out.Errorf("ERR wrong number of arguments for '%s' command", c.Row.FullName)
}

func hsetnx(c *command.Call) {
	cell, ok := changeOrNew(c)
	if !ok {
		return
	}
	e := edit(c, cell, c.Args[2:])
	if _, _, there := e.Get(c.Args[2]); there {
		c.Out.Int(0)
		return
	}
	e.Set(c.Args[2], c.Args[3], hash.NoDue)
	store(c, cell, &e)
	changed(c, "hset", 1)
	c.Out.Int(1)
}

func hdel(c *command.Call) {
	cell, ok := change(c)
	if !ok {
		return
	}
	if cell == nil {
		c.Out.Int(0)
		return
	}
	e := edit(c, cell, nil)
	deleted := 0
	for _, field := range c.Args[2:] {
		if e.Delete(field) {
			deleted++
		}
	}
	there := store(c, cell, &e)
	if deleted > 0 {
		changed(c, "hdel", deleted)
	}
	if !there {
		emptied(c)
	}
	c.Out.Int(int64(deleted))
}

func hincrby(c *command.Call) {
	by, ok := c.Int(3)
	if !ok {
		return
	}
	cell, ok := changeOrNew(c)
	if !ok {
		return
	}
	e := edit(c, cell, c.Args[2:])
	var n int64
	if val, _, there := e.Get(c.Args[2]); there {
		if n, ok = val.Int(); !ok {
			c.Out.Error("ERR hash value is not an integer")
			return
		}
	}
	if by < 0 && n < math.MinInt64-by || by > 0 && n > math.MaxInt64-by {
		c.Out.Error("ERR increment or decrement would overflow")
		return
	}
	n += by
	var digits [20]byte
	e.Set(c.Args[2], strconv.AppendInt(digits[:0], n, 10), hash.KeepDue)
	store(c, cell, &e)
	changed(c, "hincrby", 1)
	c.Out.Int(n)
}

func hincrbyfloat(c *command.Call) {
	by, ok := longdouble.Parse(c.Args[3])
	if !ok {
		c.Out.Error(command.ErrNotFloat)
		return
	}
	if by.Inf() {
		c.Out.Error("ERR value is NaN or Infinity")
		return
	}
	cell, ok := changeOrNew(c)
	if !ok {
		return
	}
	e := edit(c, cell, c.Args[2:])
	var n longdouble.Number
	val, due, there := e.Get(c.Args[2])
	if there {
		if n, ok = float(val); !ok {
			c.Out.Error("ERR hash value is not a float")
			return
		}
	}
	sum, finite := n.Add(by)
	if !finite {
		c.Out.Error("ERR increment would produce NaN or Infinity")
		return
	}
	text := sum.AppendHuman(nil)
	e.Set(c.Args[2], text, hash.KeepDue)
	store(c, cell, &e)
	changed(c, "hincrbyfloat", 1)
	c.Out.Bulk(text)
	// Other machines may round otherwise. HSET would take the due time away.
	if due == hash.NoDue {
		c.RecordAs([]byte("HSET"), c.Args[1], c.Args[2], text)
	} else {
		c.RecordAs([]byte("HSETEX"), c.Args[1], []byte("KEEPTTL"), []byte("FIELDS"), []byte("1"), c.Args[2], text)
	}
}

func float(val hash.Item) (longdouble.Number, bool) {
	if n, ok := val.Number(); ok {
		return longdouble.FromInt(n), true
	}
	if val.Len() >= longdouble.MaxText {
		return longdouble.Number{}, false
	}
	return longdouble.Parse(val.Bytes(nil))
}
