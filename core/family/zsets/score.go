package zsets

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
)

func zcard(c *command.Call) {
	z, found, ok := find(c, c.Args[1])
	switch {
	case !ok:
	case found:
		c.Out.Int(z.Len())
	default:
		c.Out.Int(0)
	}
}

func zscore(c *command.Call) {
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	if found {
		if score, there := z.Score(c.Args[2]); there {
			c.Out.Double(score)
			return
		}
	}
	c.Out.Null()
}

func zmscore(c *command.Call) {
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	c.Out.Array(len(c.Args) - 2)
	for _, member := range c.Args[2:] {
		var score float64
		there := false
		if found {
			score, there = z.Score(member)
		}
		if there {
			c.Out.Double(score)
		} else {
			c.Out.Null()
		}
	}
}

func zrank(c *command.Call)    { rank(c, false) }
func zrevrank(c *command.Call) { rank(c, true) }

func rank(c *command.Call, reverse bool) {
	withScore := len(c.Args) == 4
	switch {
	case len(c.Args) > 4:
		c.Out.Errorf("ERR wrong number of arguments for '%s' command", c.Row.Name)
		return
	case withScore && !c.Is(3, "WITHSCORE"):
		c.Out.Error(command.ErrSyntax)
		return
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	var n int64
	var score float64
	if found {
		n, score, found = z.Rank(c.Args[2])
	}
	switch {
	case !found && withScore:
		c.Out.NullArray()
	case !found:
		c.Out.Null()
	default:
		if reverse {
			n = z.Len() - 1 - n
		}
		if withScore {
			c.Out.Array(2)
		}
		c.Out.Int(n)
		if withScore {
			c.Out.Double(score)
		}
	}
}

func zcount(c *command.Call)    { count(c, byScore) }
func zlexcount(c *command.Call) { count(c, byLex) }

func count(c *command.Call, by rangeKind) {
	r := bounds{kind: by}
	if !r.parse(c, 2, 3) {
		return
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	var from, to int64
	if found {
		from, to = r.ranks(&z, false, math.MaxInt64)
	}
	c.Out.Int(to - from)
}
