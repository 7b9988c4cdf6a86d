package set

import (
	"github.com/redoubt-kv/redoubt/core/intset"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// A SetHashed is searched from its start, which up to this many members takes
// no longer than a table's bucket would.
const (
	maxHashed       = 128 // members
	maxHashedMember = 64  // bytes
	maxIntsetLen    = 1 << 30
	maxIntLen       = 20 // decimal digits and sign
)

// New makes c an empty set.
func New(c *value.Cell) {
	var room [16]byte
	c.Set(value.SetInts, intset.New(room[:0]))
}

// Expect makes a table of the empty set c that is to have as many members as the
// cell expects, m among them, if it would become one.
func Expect(c *value.Cell, m []byte) {
	n, l := c.Expected, c.Limits
	if _, isInt := value.ParseInt(m); n > int64(max(maxHashed, l.SetMaxListpackEntries)) && (!isInt || n > int64(l.SetMaxIntsetEntries)) {
		toTable(c)
	}
}

// AddTo adds m to the table of a set, or to a part of it, at the position that the
// hash of m gives; it tells whether it was not there.
func AddTo(t *table.Table, at uint64, m, _ []byte) (added bool) {
	return t.Insert(at, m, table.Item{Due: table.NoDue})
}

// Add adds m, which must not lie in c, and tells whether it was not there.
func Add(c *value.Cell, m []byte) (added bool) {
	switch c.Kind &^ value.InNode {
	case value.SetInts:
		return addToInts(c, m)
	case value.SetTable:
		return addToTable(c, m)
	}
	return addToPack(c, m)
}

func addToInts(c *value.Cell, m []byte) bool {
	ints := c.Blob()
	count := intset.Len(ints)
	n, ok := value.ParseInt(m)
	if !ok {
		if mayPack(c.Limits, count, max(len(m), longest(ints))) {
			toPack(c, value.SetPack)
		} else {
			toHashed(c, count+1, len(m))
		}
		return Add(c, m)
	}
	if _, found := intset.Find(ints, n); found {
		return false
	}
	if count >= min(c.Limits.SetMaxIntsetEntries, maxIntsetLen) {
		toHashed(c, count+1, len(m))
		return Add(c, m)
	}
	ints = c.EditBlob(intset.AddedSize(ints, n) - len(ints))
	ints, _ = intset.Add(ints, n)
	c.PutBlob(value.SetInts, ints)
	return true
}

// mayPack tells whether a SetPack of count members, none longer than size, may
// have one more.
func mayPack(l *value.Limits, count, size int) bool {
	return count < l.SetMaxListpackEntries && size <= l.SetMaxListpackValue
}

// longest is the length of the longest of the numbers in decimal.
func longest(ints []byte) int {
	n := intset.Len(ints)
	if n == 0 {
		return 0
	}
	var room [maxIntLen]byte
	first := Member{Int: intset.Get(ints, 0)}.Bytes(room[:])
	size := len(first)
	last := Member{Int: intset.Get(ints, n-1)}.Bytes(room[:])
	return max(size, len(last))
}

func addToPack(c *value.Cell, m []byte) bool {
	pack, kind := c.Blob(), c.Kind&^value.InNode
	if listpack.Find(pack, listpack.First(pack), m, 0) != listpack.None {
		return false
	}
	count := listpack.Len(pack)
	fits := count < maxHashed && len(m) <= maxHashedMember
	if kind == value.SetPack {
		fits = mayPack(c.Limits, count, len(m)) && listpack.SafeToAdd(len(pack), len(m))
	}
	if !fits {
		toHashed(c, count+1, len(m))
		return Add(c, m)
	}
	pack = c.EditBlob(listpack.EncodedSize(m))
	c.PutBlob(kind, listpack.Append(pack, m))
	return true
}

func addToTable(c *value.Cell, m []byte) bool {
	t := c.OpenTable(0, nil)
	if !AddTo(t, c.Hash(m), m, nil) {
		return false
	}
	c.PutTable(0, t)
	return true
}

// toHashed converts a packed set to what Redis 7.0 calls a hash table, for
// count members, the new one of size bytes.
func toHashed(c *value.Cell, count, size int) {
	kind := c.Kind &^ value.InNode
	fits := count <= maxHashed && size <= maxHashedMember && kind != value.SetHashed
	if kind == value.SetPack && fits {
		OfCell(c).Each(func(m Member) bool {
			fits = len(m.Text) <= maxHashedMember
			return fits
		})
	}
	if fits {
		toPack(c, value.SetHashed)
	} else {
		toTable(c)
	}
}

// toPack makes a set of numbers, or a listpack of the other kind, a listpack.
func toPack(c *value.Cell, kind value.Kind) {
	if c.Kind&^value.InNode != value.SetInts {
		pack := c.EditBlob(0)
		c.PutBlob(kind, pack)
		return
	}
	ints := c.Blob()
	count := intset.Len(ints)
	var pack []byte
	if count == 0 {
		pack = c.EditBlob(0) // room enough for what is empty
	} else {
		pack = make([]byte, 0, 8+count*(longest(ints)+2))
	}
	pack = listpack.New(pack[:0])
	for i := range count {
		pack = listpack.AppendInt(pack, intset.Get(ints, i))
	}
	c.PutBlob(kind, pack)
}

// toTable makes a packed set a table.
func toTable(c *value.Cell) {
	var version [value.TableSize]byte
	t := table.Nested(c.Where, c.Hash, nil)
	var room [maxIntLen]byte
	OfCell(c).Each(func(m Member) bool {
		text := m.Bytes(room[:])
		t.Set(c.Hash(text), text, table.Item{Due: table.NoDue})
		return true
	})
	c.DropBlob()
	value.PutTable(version[:], &t)
	c.Set(value.SetTable, version[:])
}

// Remove removes m, which must not lie in c, and tells whether it was there.
func Remove(c *value.Cell, m []byte) (removed bool) {
	switch kind := c.Kind &^ value.InNode; kind {
	case value.SetInts:
		n, ok := value.ParseInt(m)
		if !ok {
			return false
		}
		i, found := intset.Find(c.Blob(), n)
		if found {
			c.PutBlob(kind, intset.RemoveAt(c.EditBlob(0), i))
		}
		return found
	case value.SetTable:
		t := c.OpenTable(0, nil)
		removed = t.Delete(c.Hash(m), m)
		if removed {
			c.PutTable(0, t)
		}
		return removed
	default:
		pack := c.Blob()
		pos := listpack.Find(pack, listpack.First(pack), m, 0)
		if pos == listpack.None {
			return false
		}
		pack, _ = listpack.Delete(c.EditBlob(0), pos)
		c.PutBlob(kind, pack)
		return true
	}
}

// Clear removes all members; the set is then as New makes it.
func Clear(c *value.Cell) {
	if c.Kind == value.SetTable {
		c.OpenTable(0, nil).Free()
	} else {
		c.DropBlob()
	}
	New(c)
}
