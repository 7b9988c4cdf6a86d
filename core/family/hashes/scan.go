package hashes

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

func hscan(c *command.Call) {
	cursor, ok := c.ScanCursor(2)
	if !ok {
		return
	}
	h, present, ok := lookup(c)
	if !ok {
		return
	}
	found, n := resp.Writer{}, 0
	if !present {
		c.ReplyScan(0, 0, &found)
		return
	}
	o, ok := c.ScanOptions(3, command.ScanNoValues)
	if !ok {
		return
	}
	into := *c
	into.Out = &found
	var room [64]byte
	next := h.Scan(cursor, o.Count, func(field, val hash.Item) {
		if !o.Match(field.Bytes(room[:])) {
			return
		}
		bulk(&into, field)
		n++
		if !o.Names {
			bulk(&into, val)
			n++
		}
	})
	c.ReplyScan(next, n, &found)
}
