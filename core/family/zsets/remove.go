package zsets

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

func zrem(c *command.Call) {
	key := c.Args[1]
	cell, found, ok := change(c, key)
	if !ok {
		return
	}
	n := 0
	if found {
		ed := zset.Edit(cell)
		for _, member := range c.Args[2:] {
			if ed.Remove(member) {
				n++
			}
			if ed.Len() == 0 {
				break
			}
		}
		deleted := finish(c, key, cell, &ed)
		if n > 0 {
			removed(c, "zrem", key, n, deleted)
		}
	}
	c.Out.Int(int64(n))
}

func zremrangebyrank(c *command.Call)  { removeRange(c, byRank, "zremrangebyrank") }
func zremrangebyscore(c *command.Call) { removeRange(c, byScore, "zremrangebyscore") }
func zremrangebylex(c *command.Call)   { removeRange(c, byLex, "zremrangebylex") }

func removeRange(c *command.Call, by rangeKind, event string) {
	key := c.Args[1]
	r := bounds{kind: by}
	if !r.parse(c, 2, 3) {
		return
	}
	cell, found, ok := change(c, key)
	if !ok {
		return
	}
	var from, to int64
	if found {
		ed := zset.Edit(cell)
		z := ed.View()
		from, to = r.ranks(&z, false, math.MaxInt64)
		removeRanks(c, key, cell, &ed, event, from, to)
	}
	c.Out.Int(to - from)
}
