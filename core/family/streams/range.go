package streams

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
)

func xlen(c *command.Call) {
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	switch {
	case !ok:
	case found:
		c.Out.Int(s.Len())
	default:
		c.Out.Int(0)
	}
}

func xrange(c *command.Call)    { entriesBetween(c, 2, 3, false) }
func xrevrange(c *command.Call) { entriesBetween(c, 3, 2, true) }

// entriesBetween is XRANGE and XREVRANGE: first and last ID are at these
// arguments.
func entriesBetween(c *command.Call, first, last int, back bool) {
	from, ok := startID(c, first)
	if !ok {
		return
	}
	to, ok := endID(c, last)
	if !ok {
		return
	}
	count, limited := int64(0), false
	for i := 4; i < len(c.Args); i += 2 {
		if !c.Is(i, "COUNT") || i+1 == len(c.Args) {
			c.Out.Error(command.ErrSyntax)
			return
		}
		if count, ok = c.Int(i + 1); !ok {
			return
		}
		count, limited = max(count, 0), true
	}
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	switch {
	case !ok:
	case !found:
		c.Out.Array(0)
	case limited && count == 0:
		c.Out.NullArray()
	default:
		it := s.Range(from, to)
		if back {
			it = s.RangeBack(from, to)
		}
		replyEntries(c, &it, count)
	}
}
