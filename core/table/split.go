package table

import (
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/page"
)

const (
	// minEntry is less than what any entry takes with its tag and offset.
	minEntry = 8
	// maxFan is into how many parts a bucket is split at most, as a power of two.
	maxFan = 4
)

// split parts the bucket b at at into two of the next depth; where it is known that
// these will be split again, at once into as many of a greater one, so that entries
// are not moved from depth to depth.
func (t *Table) split(at place, ref page.Ref, b bucket, pos uint64) {
	depth := b.depth()
	fan := t.fan(b)
	at = t.slotsToPart(at, pos, depth, 1<<fan)
	fan = min(fan, bits.Len(uint(at.n))-1)
	var refs [1 << maxFan]page.Ref
	var parts [1 << maxFan]bucket
	var part [MaxBucket / minEntry]uint8 // of each entry
	sizes, counts := t.weigh(b, depth, fan, part[:])
	each := b.each()
	for i := range 1 << fan {
		slots := max(slotsFor(counts[i]), 8)
		size, slots := t.ahead(offTags+3*slots+sizes[i], slots, depth+fan, each)
		refs[i] = t.newBucket(size, slots, depth+fan)
	}
	for i := range 1 << fan {
		parts[i] = t.heap.Node(refs[i])
	}
	for i := range b.count() {
		e := b.entry(t.heap, i)
		t.move(parts[part[i]], b[offTags+i], e)
	}
	n := at.n >> fan
	for i := range at.n {
		*page.RefAt(t.heap, at.parent, dirSlots+4*(at.start+i)) = refs[i/n]
	}
	t.retire(ref, 0)
}

// fan is into how many parts the full bucket b is to be split, as a power of two:
// until those that it will become at last are filled to four fifths.
func (t *Table) fan(b bucket) int {
	const fill = (MaxBucket - offTags) * 4 / 5
	depth, fan := b.depth(), 1
	bytes := t.Expected >> min(depth, 62) * int64(b.each())
	for fan < maxFan && depth+fan < maxDepth && bytes>>fan > fill {
		fan++
	}
	return fan
}

// weigh returns the bytes and number of the entries that go to each part, and says
// in part where each of them goes.
func (t *Table) weigh(b bucket, depth, fan int, part []uint8) (sizes, counts [1 << maxFan]int) {
	for i := range b.count() {
		e := b.entry(t.heap, i)
		p := t.hash(e.Key()) << depth >> (64 - fan)
		part[i] = uint8(p)
		sizes[p] += e.size()
		counts[p]++
	}
	return sizes, counts
}

// move appends the entry e with its tag to b, which has the room.
func (t *Table) move(b bucket, tag uint8, e Entry) {
	size, s := e.size(), b.count()
	off := b.low() - size
	copy(b[off:], e.b[:size])
	b[offTags+s] = tag
	b.setOffset(s, off)
	b.setLow(off)
	b.setCount(s + 1)
	t.noteDue(b, e.Due())
}

// slotsToPart makes sure that at least two slots name the bucket of the given
// depth at at, and as many as it has parts where that takes no more directories: it
// doubles the one there is, or puts one above or below.
func (t *Table) slotsToPart(at place, pos uint64, depth, parts int) place {
	for at.parent != 0 && at.n < parts && int(page.At[nodeHead](t.heap, at.parent).owner) < maxBits {
		at = t.double(at, pos)
	}
	if at.parent != 0 && at.n > 1 {
		return at
	}
	child := t.Root
	if at.parent != 0 {
		child = *page.RefAt(t.heap, at.parent, dirSlots+4*at.start)
	}
	dir := t.newDirectory(minBits)
	for i := range 1 << minBits {
		*page.RefAt(t.heap, dir, dirSlots+4*i) = child
	}
	t.hang(at, dir)
	return place{parent: dir, start: 0, n: 1 << minBits, depth: depth}
}

func (t *Table) newDirectory(bits int) page.Ref {
	ref := t.arena.Alloc(dirSlots+4<<bits, kindDirectory|t.nested)
	page.At[nodeHead](t.heap, ref).owner = uint8(bits)
	return ref
}

// double replaces the directory at.parent by one of twice the slots.
func (t *Table) double(at place, pos uint64) place {
	old := at.parent
	k := int(page.At[nodeHead](t.heap, old).owner)
	dir := t.newDirectory(k + 1)
	for i := range 1 << k {
		r := *page.RefAt(t.heap, old, dirSlots+4*i)
		*page.RefAt(t.heap, dir, dirSlots+8*i) = r
		*page.RefAt(t.heap, dir, dirSlots+8*i+4) = r
	}
	t.hang(t.above(old, pos), dir)
	t.retire(old, 0)
	return place{parent: dir, start: at.start * 2, n: at.n * 2, depth: at.depth}
}
