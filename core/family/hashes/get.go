package hashes

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

func hget(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if found {
		replyField(c, &h, c.Args[2])
		return
	}
	c.Out.Null()
}

// replyField replies the value of field, or null.
func replyField(c *command.Call, h *hash.Hash, field []byte) (found bool) {
	val, _, found := h.Get(field)
	if found {
		bulk(c, val)
	} else {
		c.Out.Null()
	}
	return found
}

func hmget(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	c.Out.Array(len(c.Args) - 2)
	for _, field := range c.Args[2:] {
		if found {
			replyField(c, &h, field)
		} else {
			c.Out.Null()
		}
	}
}

func hexists(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if found {
		_, _, found = h.Get(c.Args[2])
	}
	replyFlag(c, found)
}

func replyFlag(c *command.Call, v bool) {
	if v {
		c.Out.Int(1)
	} else {
		c.Out.Int(0)
	}
}

func hstrlen(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	n := 0
	if found {
		if val, _, there := h.Get(c.Args[2]); there {
			n = val.Len()
		}
	}
	c.Out.Int(int64(n))
}

func hlen(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	n := 0
	if found {
		n = h.Stored()
	}
	c.Out.Int(int64(n))
}

func hgetall(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if !found {
		c.Out.Map(0)
		return
	}
	c.Out.Map(h.Len())
	out := c.Out
	if h.Words(func(b []byte, n int64, isInt bool) {
		if isInt {
			out.BulkInt(n)
		} else {
			out.Bulk(b)
		}
	}) {
		return
	}
	h.Each(func(field, val hash.Item, _ int64) bool {
		bulk(c, field)
		bulk(c, val)
		return true
	})
}

func hkeys(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if !found {
		c.Out.Array(0)
		return
	}
	c.Out.Array(h.Len())
	h.Each(func(field, _ hash.Item, _ int64) bool {
		bulk(c, field)
		return true
	})
}

func hvals(c *command.Call) {
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if !found {
		c.Out.Array(0)
		return
	}
	c.Out.Array(h.Len())
	h.Each(func(_, val hash.Item, _ int64) bool {
		bulk(c, val)
		return true
	})
}
