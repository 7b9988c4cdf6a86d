package sets

import (
	"bytes"
	"cmp"
	"math"
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/set"
)

// operand is the set of one key; without a key it is empty.
type operand struct {
	set.Set
	found bool
	size  int64
}

// operands looks up the sets of keys. Where one is no set that was replied.
func operands(c *command.Call, keys [][]byte) (sets []operand, ok bool) {
	c.DB.Settle(keys...)
	sets = make([]operand, len(keys))
	for i, key := range keys {
		o := &sets[i]
		if o.Set, o.found, ok = lookup(c, key, keyspace.ForRead); !ok {
			return nil, false
		}
		if o.found {
			o.size = o.Len()
		}
	}
	return sets, true
}

// has tells whether m is in one of sets.
func has(sets []operand, m set.Member, scratch []byte) bool {
	for i := range sets {
		if sets[i].found && sets[i].HasMember(m, scratch) {
			return true
		}
	}
	return false
}

// replyEach replies the members that list hands on, without knowing how many.
func replyEach(c *command.Call, list func(fn func(m set.Member) bool)) {
	mark, n := c.Out.Mark(), 0
	list(func(m set.Member) bool {
		reply(c.Out, m)
		n++
		return true
	})
	c.Out.SetAt(mark, n)
}

// replaceSet replies the size of cell, which is the new value of dst, and
// stores it; of an empty set nothing is stored, and the key goes.
func replaceSet(c *command.Call, cell *value.Cell, dst []byte, event string) {
	size := set.OfCell(cell).Len()
	if size > 0 {
		c.DB.Commit(cell)
		c.Changed(keyspace.EventSet, event, dst, 1)
	} else {
		set.Clear(cell)
		deleteKey(c, dst)
	}
	c.Out.Int(size)
}

func deleteKey(c *command.Call, key []byte) {
	if c.DB.Delete(key) {
		c.Changed(keyspace.EventGeneric, "del", key, 1)
	}
}

// fill makes a new set for dst of what list hands on.
func fill(c *command.Call, dst []byte, list func(fn func(m set.Member) bool)) *value.Cell {
	cell := c.DB.New(dst)
	set.New(cell)
	var room [20]byte
	list(func(m set.Member) bool {
		set.Add(cell, m.Bytes(room[:]))
		return true
	})
	return cell
}

func sinter(c *command.Call) {
	sets, ok := operands(c, c.Args[1:])
	if ok {
		replyEach(c, intersection(sets))
	}
}

func sinterstore(c *command.Call) {
	sets, ok := operands(c, c.Args[2:])
	if ok {
		replaceSet(c, fill(c, c.Args[1], intersection(sets)), c.Args[1], "sinterstore")
	}
}

func sintercard(c *command.Call) {
	const fewKeys = "ERR numkeys should be greater than 0"
	n, ok := c.IntOr(1, fewKeys)
	if !ok {
		return
	}
	if n < 1 {
		c.Out.Error(fewKeys)
		return
	}
	if n > int64(len(c.Args)-2) {
		c.Out.Error("ERR Number of keys can't be greater than number of args")
		return
	}
	limit, ok := cardLimit(c, 2+int(n))
	if !ok {
		return
	}
	sets, ok := operands(c, c.Args[2:2+n])
	if !ok {
		return
	}
	count := int64(0)
	intersection(sets)(func(set.Member) bool {
		count++
		return count < limit
	})
	c.Out.Int(count)
}

// cardLimit reads the options of SINTERCARD from argument i on.
func cardLimit(c *command.Call, i int) (limit int64, ok bool) {
	limit = math.MaxInt64
	for ; i < len(c.Args); i += 2 {
		if !c.Is(i, "LIMIT") || i+1 == len(c.Args) {
			c.Out.Error(command.ErrSyntax)
			return 0, false
		}
		const negative = "ERR LIMIT can't be negative"
		if limit, ok = c.IntOr(i+1, negative); !ok {
			return 0, false
		}
		if limit < 0 {
			c.Out.Error(negative)
			return 0, false
		}
		if limit == 0 {
			limit = math.MaxInt64
		}
	}
	return limit, true
}

// intersection lists what is in all sets: it asks for each member of the
// smallest whether the others have it, the smaller ones first.
func intersection(sets []operand) func(fn func(m set.Member) bool) {
	slices.SortStableFunc(sets, func(a, b operand) int { return cmp.Compare(a.size, b.size) })
	return func(fn func(m set.Member) bool) {
		if sets[0].size == 0 {
			return
		}
		var room [20]byte
		sets[0].Each(func(m set.Member) bool {
			for i := 1; i < len(sets); i++ {
				if !sets[i].HasMember(m, room[:]) {
					return true
				}
			}
			return fn(m)
		})
	}
}

func sunion(c *command.Call) {
	sets, ok := operands(c, c.Args[1:])
	if ok {
		replyEach(c, union(sets))
	}
}

func sunionstore(c *command.Call) {
	sets, ok := operands(c, c.Args[2:])
	if !ok {
		return
	}
	// The new set itself tells what is there already.
	replaceSet(c, fill(c, c.Args[1], func(fn func(m set.Member) bool) {
		for i := range sets {
			if sets[i].found {
				sets[i].Each(fn)
			}
		}
	}), c.Args[1], "sunionstore")
}

// maxProbes is with how many sets before it each member of a set is looked
// up, so that a union of more sets remembers its members instead.
const maxProbes = 3

// union lists what is in any of sets, each member once.
func union(sets []operand) func(fn func(m set.Member) bool) {
	sets = slices.DeleteFunc(sets, func(o operand) bool { return !o.found })
	return func(fn func(m set.Member) bool) {
		var seen members
		var room [20]byte
		for i := range sets {
			sets[i].Each(func(m set.Member) bool {
				if len(sets) <= maxProbes+1 && has(sets[:i], m, room[:]) ||
					len(sets) > maxProbes+1 && !seen.add(m.Bytes(room[:])) {
					return true
				}
				return fn(m)
			})
		}
	}
}

func sdiff(c *command.Call) {
	keys := c.Args[1:]
	sets, ok := operands(c, keys)
	if !ok {
		return
	}
	if subtractsItself(keys) {
		c.Out.Set(0)
		return
	}
	if manyProbes(sets) {
		replyEach(c, differenceByIndex(sets))
	} else {
		replyEach(c, difference(sets))
	}
}

func sdiffstore(c *command.Call) {
	dst, keys := c.Args[1], c.Args[2:]
	sets, ok := operands(c, keys)
	if !ok {
		return
	}
	var cell *value.Cell
	switch {
	case subtractsItself(keys):
		cell = fill(c, dst, func(func(set.Member) bool) {})
	case manyProbes(sets):
		cell = fillBySubtraction(c, dst, sets)
	default:
		cell = fill(c, dst, difference(sets))
	}
	replaceSet(c, cell, dst, "sdiffstore")
}

// subtractsItself tells whether the first key is among those behind it.
func subtractsItself(keys [][]byte) bool {
	return slices.ContainsFunc(keys[1:], func(key []byte) bool { return bytes.Equal(key, keys[0]) })
}

// manyProbes tells whether looking up each member of the first set in the
// others takes longer than going once through all sets (Redis's estimate).
func manyProbes(sets []operand) bool {
	probes, all := int64(0), int64(0)
	for i := range sets {
		if sets[i].found {
			probes += sets[0].size
			all += sets[i].size
		}
	}
	return probes/2 > all
}

// difference lists what is in the first set and in no other: it asks the
// others, the larger ones first, for each member.
func difference(sets []operand) func(fn func(m set.Member) bool) {
	others := sets[1:]
	slices.SortStableFunc(others, func(a, b operand) int { return cmp.Compare(b.size, a.size) })
	return func(fn func(m set.Member) bool) {
		if !sets[0].found {
			return
		}
		var room [20]byte
		sets[0].Each(func(m set.Member) bool { return has(others, m, room[:]) || fn(m) })
	}
}

// differenceByIndex is difference for many sets that are small beside the
// first: their members are gathered first.
func differenceByIndex(sets []operand) func(fn func(m set.Member) bool) {
	return func(fn func(m set.Member) bool) {
		var subtracted members
		var room [20]byte
		union(sets[1:])(func(m set.Member) bool {
			subtracted.add(m.Bytes(room[:]))
			return true
		})
		sets[0].Each(func(m set.Member) bool { return subtracted.has(m.Bytes(room[:])) || fn(m) })
	}
}

// fillBySubtraction makes the difference for dst as Redis does where there are
// many probes, so that the result has the encoding of the whole first set.
func fillBySubtraction(c *command.Call, dst []byte, sets []operand) *value.Cell {
	cell := fill(c, dst, sets[0].Each)
	var room [20]byte
	for i := 1; i < len(sets); i++ {
		if sets[i].found {
			sets[i].Each(func(m set.Member) bool {
				set.Remove(cell, m.Bytes(room[:]))
				return true
			})
		}
	}
	return cell
}
