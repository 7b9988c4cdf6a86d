package zsets

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/resp"
)

func zscan(c *command.Call) {
	cursor, ok := c.ScanCursor(2)
	if !ok {
		return
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	if !found {
		c.ReplyScan(0, 0, &resp.Writer{})
		return
	}
	o, ok := c.ScanOptions(3, command.ScanNone)
	if !ok {
		return
	}
	members, n := resp.Writer{}, 0
	take := func(member []byte, score func()) {
		if o.Match(member) {
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
	c.ReplyScan(next, n, &members)
}
