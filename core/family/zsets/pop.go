package zsets

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// end is the side of a set that is popped from.
type end uint8

const (
	least end = iota
	greatest
)

func (e end) event() string {
	if e == greatest {
		return "zpopmax"
	}
	return "zpopmin"
}

// shape is how popped members are replied.
type shape uint8

const (
	flat        shape = iota // member, score …
	pairs                    // a pair each
	keyAndFlat               // key, member, score
	keyAndPairs              // key, array of pairs
)

func zpopmin(c *command.Call) { zpop(c, least) }
func zpopmax(c *command.Call) { zpop(c, greatest) }

func zpop(c *command.Call, from end) {
	if len(c.Args) > 3 {
		c.Out.Error(command.ErrSyntax)
		return
	}
	n, as := int64(1), flat
	if len(c.Args) == 3 {
		const negative = "ERR value is out of range, must be positive"
		var ok bool
		if n, ok = c.IntOr(2, negative); !ok {
			return
		}
		if n < 0 {
			c.Out.Error(negative)
			return
		}
		if c.Out.Proto == 3 {
			as = pairs
		}
	}
	key := c.Args[1]
	cell, found, ok := change(c, key)
	switch {
	case !ok:
	case !found || n == 0:
		c.Out.Array(0)
	default:
		pop(c, key, cell, from, n, as)
	}
}

// pop takes up to n members, at least one, off the set in cell and replies them.
func pop(c *command.Call, key []byte, cell *value.Cell, side end, n int64, as shape) {
	ed := zset.Edit(cell)
	z := ed.View()
	size := z.Len()
	n = min(n, size)
	replyPopped(c, key, &z, side, n, as)
	recordPop(c, key, side, n, as)
	from := int64(0)
	if side == greatest {
		from = size - n
	}
	removeRanks(c, key, cell, &ed, side.event(), from, from+n)
}

// recordPop records all but ZPOPMIN and ZPOPMAX as one of these.
func recordPop(c *command.Call, key []byte, side end, n int64, as shape) {
	name := []byte("ZPOPMIN")
	if side == greatest {
		name = []byte("ZPOPMAX")
	}
	switch as {
	case keyAndFlat:
		c.RecordAs(name, key)
	case keyAndPairs:
		var room [20]byte
		c.RecordAs(name, key, strconv.AppendInt(room[:0], n, 10))
	}
}

func replyPopped(c *command.Call, key []byte, z *zset.ZSet, from end, n int64, as shape) {
	switch as {
	case flat:
		c.Out.Array(2 * int(n))
	case pairs:
		c.Out.Array(int(n))
	case keyAndFlat:
		c.Out.Array(2*int(n) + 1)
		c.Out.Bulk(key)
	case keyAndPairs:
		c.Out.Array(2)
		c.Out.Bulk(key)
		c.Out.Array(int(n))
	}
	rank := int64(0)
	if from == greatest {
		rank = z.Len() - 1
	}
	for at := z.At(rank); n > 0; n-- {
		if as == pairs || as == keyAndPairs {
			c.Out.Array(2)
		}
		c.Out.Bulk(at.Member())
		c.Out.Double(at.Score())
		if from == least {
			at.Next()
		} else {
			at.Prev()
		}
	}
}

// removeRanks removes the members of ranks [from, to) from the set that ed edits
// in cell, and reports that.
func removeRanks(c *command.Call, key []byte, cell *value.Cell, ed *zset.Editor, event string, from, to int64) {
	if from >= to {
		return
	}
	deleted := false
	if to-from == ed.Len() { // it need not be taken apart
		deleted = c.DB.Delete(key)
	} else {
		ed.RemoveRanks(from, to)
		deleted = finish(c, key, cell, ed)
	}
	removed(c, event, key, int(to-from), deleted)
}

// multiPop is what ZMPOP and BZMPOP are asked for.
type multiPop struct {
	keys [][]byte
	from end
	n    int64
}

// parse reads the arguments from that with the number of keys on.
func (m *multiPop) parse(c *command.Call, at int) bool {
	const few = "ERR numkeys should be greater than 0"
	keys, ok := c.IntOr(at, few)
	if !ok {
		return false
	}
	if keys < 1 {
		c.Out.Error(few)
		return false
	}
	if keys >= int64(len(c.Args)-at-1) {
		c.Out.Error(command.ErrSyntax)
		return false
	}
	m.keys = c.Args[at+1 : at+1+int(keys)]
	i := at + 1 + int(keys)
	switch {
	case c.Is(i, "MIN"):
		m.from = least
	case c.Is(i, "MAX"):
		m.from = greatest
	default:
		c.Out.Error(command.ErrSyntax)
		return false
	}
	return m.parseCount(c, i+1)
}

func (m *multiPop) parseCount(c *command.Call, i int) (ok bool) {
	if m.n = 1; i == len(c.Args) {
		return true
	}
	if i+1 >= len(c.Args) || !c.Is(i, "COUNT") {
		c.Out.Error(command.ErrSyntax)
		return false
	}
	const few = "ERR count should be greater than 0"
	if m.n, ok = c.IntOr(i+1, few); !ok {
		return false
	}
	if m.n < 1 {
		c.Out.Error(few)
		return false
	}
	if i+2 < len(c.Args) {
		c.Out.Error(command.ErrSyntax)
		return false
	}
	return true
}

func zmpop(c *command.Call) {
	var m multiPop
	if m.parse(c, 1) && !m.try(c, keyAndPairs) {
		c.Out.NullArray()
	}
}

// try pops from the first of the keys that holds a set; done tells that there is
// a reply.
func (m *multiPop) try(c *command.Call, as shape) (done bool) {
	for _, key := range m.keys {
		cell, found, ok := change(c, key)
		if !ok {
			return true
		}
		if found {
			pop(c, key, cell, m.from, m.n, as)
			return true
		}
	}
	return false
}
