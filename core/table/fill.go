package table

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Filling a table whose entries are all there at once: their places are looked for
// some at a time, and of a large table by several goroutines.

// Insert is Set for a key that may be there already: then it changes nothing, not even
// the root, and returns false.
func (t *Table) Insert(pos uint64, key []byte, item Item) (added bool) {
	if t.Root == 0 || len(key) > maxInlineKey {
		if _, there := t.Find(pos, key); !there {
			t.Add(pos, key, item)
			return true
		}
		return false
	}
	ref := t.leaf(pos)
	b := bucket(t.heap.Node(ref))
	want := 8 + len(key) + len(item.Value)
	if item.Due != NoDue {
		want += 8
	}
	switch {
	case t.search(b, pos, key) >= 0:
		return false
	case b.next() != 0: // it may be there
		return t.insertBehind(pos, key, item)
	case b.count() == b.slots() || b.free() < want || !t.heap.Owned(ref):
		t.Add(pos, key, item)
		return true
	}
	t.Count++
	t.countDue(false, item.Due != NoDue)
	s := b.count()
	b.setCount(s + 1)
	t.write(b, s, pos, key, 0, item)
	if invariant.Enabled {
		t.checkBucketAt(pos)
	}
	return true
}

// insertBehind is Insert where there is an overflow chain.
func (t *Table) insertBehind(pos uint64, key []byte, item Item) bool {
	if _, there := t.Find(pos, key); there {
		return false
	}
	t.Add(pos, key, item)
	return true
}

// warmMost is how many places WarmAll looks for at a time.
const warmMost = 32

// WarmAll reads what is needed to insert at these positions, of which it returns
// anything. The processor waits for the places of all of them at a time, where it
// would wait for one after the other while each is inserted.
func (t *Table) WarmAll(at []uint64) (any uint8) {
	for t.Root != 0 && len(at) > 0 {
		n := min(len(at), warmMost)
		any += t.warm(at[:n])
		at = at[n:]
	}
	return any
}

func (t *Table) warm(at []uint64) (any uint8) {
	var refs [warmMost]page.Ref
	var rest [warmMost]uint64
	for i, pos := range at {
		refs[i], rest[i] = t.Root, pos
	}
	descend(t.heap, refs[:len(at)], rest[:])
	for i := range at {
		b := bucket(t.heap.Node(refs[i]))
		free := offTags + b.slots() + 2*b.count() // in the offsets, or behind them
		any += b[min(free, len(b)-1)] + b[max(b.low()-1, 0)]
	}
	return any
}

// Parts makes the empty table t one of so many parts, each with a part of the hash
// order, as there are arenas, in which their nodes are allocated. Each part may then
// be filled, with Insert and Add alone, by a goroutine of its own that holds the
// shard of its arena; Unite ends that.
func (t *Table) Parts(arenas []*page.Arena) []Table {
	dir := t.newDirectory(maxBits)
	parts := make([]Table, len(arenas))
	for i := range parts {
		parts[i] = *t
		parts[i].arena, parts[i].Root = arenas[i], dir
	}
	for slot := range 1 << maxBits {
		p := &parts[PartOfParts(uint64(slot)<<(64-maxBits), len(parts))]
		*page.RefAt(t.heap, dir, dirSlots+4*slot) = p.newBucket(page.Unit, 8, maxBits)
	}
	t.Root = dir // which has all the slots that it can: no part replaces it
	return parts
}

// PartOfParts is the index of the part, of so many, in which pos is.
func PartOfParts(pos uint64, parts int) int {
	return int(pos >> (64 - maxBits) * uint64(parts) >> maxBits)
}

// FitPart is Fit for all of t, the part with this index among so many.
func (t *Table) FitPart(part, parts int) {
	t.fitUntil(startOfPart(part, parts), startOfPart(part+1, parts), math.MaxInt)
}

// startOfPart is the first position of a part; 0 is also the end of the last.
func startOfPart(part, parts int) uint64 {
	slot := (part<<maxBits + parts - 1) / parts
	return uint64(slot) << (64 - maxBits)
}

// Unite makes t what its parts are.
func (t *Table) Unite(parts []Table) {
	for i := range parts {
		t.Count += parts[i].Count
		t.Dues += parts[i].Dues
	}
}
