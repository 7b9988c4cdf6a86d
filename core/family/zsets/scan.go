package zsets

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/resp"
)

func zscan(c *command.Call) {
	cursor, ok := command.ParseCursor(c.Args[2])
	if !ok {
		c.Out.Error("ERR invalid cursor")
		return
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	if !found {
		c.Out.Array(2)
		c.Out.BulkString("0")
		c.Out.Array(0)
		return
	}
	o, ok := c.ParseScan(3)
	if !ok {
		return
	}
	// The cursor precedes the members in the reply and is known after them.
	members, n := resp.Writer{}, 0
	take := func(member []byte, score func()) {
		if o.Pattern == nil || glob.Match(o.Pattern, member) {
			members.Bulk(member)
			score()
			n += 2
		}
	}
	var next uint64
	if pack := z.Packed(); pack != nil {
		// Scores as they are in there: a large integer has all its digits.
		var text []byte
		for at, pos := z.At(0), listpack.First(pack); at.Valid(); at.Next() {
			pos = listpack.Next(pack, pos)
			take(at.Member(), func() {
				text = listpack.AppendElem(text[:0], pack, pos)
				members.Bulk(text)
			})
			pos = listpack.Next(pack, pos)
		}
	} else {
		next = z.Scan(cursor, o.Count, func(member []byte, score float64) {
			take(member, func() {
				var text [32]byte
				members.Bulk(resp.AppendDouble(text[:0], score))
			})
		})
	}
	c.Out.Array(2)
	c.Out.BulkString(strconv.FormatUint(next, 10))
	c.Out.Array(n)
	c.Out.B = append(c.Out.B, members.B...)
}
