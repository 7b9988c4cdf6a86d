package sets

import (
	"math"
	"math/rand/v2"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/set"
)

func spop(c *command.Call) {
	switch len(c.Args) {
	case 2:
		popOne(c)
	case 3:
		popMany(c)
	default:
		c.Out.Error(command.ErrSyntax)
	}
}

func popOne(c *command.Call) {
	key := c.Args[1]
	cell, found, ok := change(c, key)
	if !ok {
		return
	}
	if !found {
		c.Out.Null()
		return
	}
	member := pop(c, cell)
	deleted := finish(c, key, cell)
	c.Changed(keyspace.EventSet, "spop", key, 1)
	if deleted {
		c.Changed(keyspace.EventGeneric, "del", key, 0)
	}
	recordPop(c, key, member)
}

// pop removes a random member, replies it, and returns its text, which is in the
// reply.
func pop(c *command.Call, cell *value.Cell) (text []byte) {
	text = reply(c.Out, set.OfCell(cell).Random(rand.Uint64))
	set.Remove(cell, text)
	return text
}

// recordPop records that a member was popped: it is random, so others would pop
// another one.
func recordPop(c *command.Call, key, member []byte) { c.RecordAs([]byte("SREM"), key, member) }

func popMany(c *command.Call) {
	key := c.Args[1]
	const notPositive = "ERR value is out of range, must be positive"
	count, ok := c.IntOr(2, notPositive)
	if !ok {
		return
	}
	if count < 0 {
		c.Out.Error(notPositive)
		return
	}
	cell, found, ok := change(c, key)
	if !ok {
		return
	}
	if !found || count == 0 {
		c.Out.Set(0)
		return
	}
	size := set.OfCell(cell).Len()
	rest := size - count
	if rest <= 0 {
		replySet(c, set.OfCell(cell))
		c.DB.Delete(key)
		c.Changed(keyspace.EventSet, "spop", key, int(size))
		c.Changed(keyspace.EventGeneric, "del", key, 0)
		c.RecordDeleted(key, false)
		return
	}
	c.Out.Set(int(count))
	if rest*5 > count {
		for range count {
			recordPop(c, key, pop(c, cell))
		}
	} else {
		popMost(c, key, cell, int(rest))
	}
	c.DB.Commit(cell)
	c.Changed(keyspace.EventSet, "spop", key, int(count))
}

// popMost replies all but rest members, which are taken at random and become
// the set: cheaper than to remove nearly all one after the other. As in Redis
// the new set's encoding is that of its few members.
func popMost(c *command.Call, key []byte, cell *value.Cell, rest int) {
	texts, ends := make([]byte, 0, 16*rest), make([]int, 0, rest)
	var room [20]byte
	for range rest {
		start := len(texts)
		texts = append(texts, set.OfCell(cell).Random(rand.Uint64).Bytes(room[:])...)
		set.Remove(cell, texts[start:])
		ends = append(ends, len(texts))
	}
	set.OfCell(cell).Each(func(m set.Member) bool {
		recordPop(c, key, reply(c.Out, m))
		return true
	})
	set.Clear(cell)
	start := 0
	for _, end := range ends {
		set.Add(cell, texts[start:end])
		start = end
	}
}

func srandmember(c *command.Call) {
	switch len(c.Args) {
	case 2:
		s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
		switch {
		case !ok:
		case found:
			reply(c.Out, s.Random(rand.Uint64))
		default:
			c.Out.Null()
		}
	case 3:
		randomMany(c)
	default:
		c.Out.Error(command.ErrSyntax)
	}
}

func randomMany(c *command.Call) {
	count, ok := c.Int(2)
	if !ok {
		return
	}
	if count == math.MinInt64 {
		c.Out.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
		return
	}
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	if !found || count == 0 {
		c.Out.Array(0)
		return
	}
	switch size := s.Len(); {
	case count < 0 || count == 1:
		randomAgain(c, s, max(count, -count))
	case count >= size:
		c.Out.Array(int(size))
		s.Each(func(m set.Member) bool {
			reply(c.Out, m)
			return true
		})
	case s.Packed() || count > size/3:
		c.Out.Array(int(count))
		sample(c, s, count)
	default:
		c.Out.Array(int(count))
		draw(c, s, int(count))
	}
}

// randomAgain replies count random members, of which some may be the same.
func randomAgain(c *command.Call, s set.Set, count int64) {
	mark := len(c.Out.B)
	c.Out.Array(int(count))
	for ; count > 0; count-- {
		if c.TooLong(mark) {
			c.RefuseLong(mark)
			return
		}
		reply(c.Out, s.Random(rand.Uint64))
	}
}

// sample replies count different members in the order of the set: each is
// taken with the probability that brings the rest to its number.
func sample(c *command.Call, s set.Set, count int64) {
	left := s.Len()
	s.Each(func(m set.Member) bool {
		if rand.Int64N(left) < count {
			reply(c.Out, m)
			count--
		}
		left--
		return count > 0
	})
}

// draw replies count different members of a table that has many more: random
// ones, but for those that came before. They are known by where they lie, which
// does not change meanwhile.
func draw(c *command.Call, s set.Set, count int) {
	seen := make(map[*byte]struct{}, count)
	emptySeen := false
	for count > 0 {
		m := s.Random(rand.Uint64)
		if len(m.Text) == 0 {
			if emptySeen {
				continue
			}
			emptySeen = true
		} else {
			at := &m.Text[0]
			if _, again := seen[at]; again {
				continue
			}
			seen[at] = struct{}{}
		}
		reply(c.Out, m)
		count--
	}
}
