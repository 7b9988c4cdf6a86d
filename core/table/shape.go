package table

import (
	"github.com/redoubt-kv/redoubt/core/page"
)

// slotsFor is the slots that a bucket of n entries is given: some more, so that
// not each insertion has to move the arrays.
func slotsFor(n int) int { return (n + 7) &^ 7 }

// rebuild copies the owned bucket b, compacted, into a node that has room for
// one more entry of extra bytes (none if extra is 0), hangs it at at and frees
// the old node. b stays readable until the next allocation.
func (t *Table) rebuild(at place, ref page.Ref, b bucket, extra int) (page.Ref, bucket) {
	n := b.count()
	if extra > 0 {
		n++
	}
	slots := max(slotsFor(n), 8)
	size := b.live(slots) + extra
	if extra > 0 {
		size, slots = t.ahead(size, slots, b.depth())
	}
	nref := t.arena.Alloc(size, kindBucket|t.nested)
	nb := bucket(t.heap.Node(nref))
	initBucket(nb, slots, b.depth())
	nb.setNext(b.next())
	t.copyEntries(nb, b)
	t.hang(at, nref)
	t.retire(ref, 0)
	return nref, nb
}

// ahead returns size and slots for a new bucket of the given depth that needs at
// least these: as many more as the entries will take that are still to come to
// it, if that is known. An eighth is left out, since some buckets get fewer.
func (t *Table) ahead(size, slots, depth int) (int, int) {
	n := (t.Expected >> min(depth, 62)) * 7 / 8
	if n <= int64(slots) {
		return size, slots
	}
	const most = MaxBucket / minEntry
	each := (size - offTags) / slots // with tag and offset, or a little less
	room := min(int(min(n, most)), (MaxBucket-offTags)/max(each, minEntry))
	if room = room &^ 7; room <= slots {
		return size, slots
	}
	need := size + 3*(room-slots)
	if need > MaxBucket {
		return size, slots
	}
	return max(need, offTags+room*each), room
}

// copyEntries fills the empty bucket dst with the entries of src.
func (t *Table) copyEntries(dst, src bucket) {
	n := src.count()
	dst.setCount(n)
	dst.setDue(src.due())
	copy(dst[offTags:], src[offTags:offTags+n])
	if src.dead() == 0 {
		// The entries are one block: move it, and every offset by as much.
		size := len(src) - src.low()
		copy(dst[len(dst)-size:], src[src.low():])
		dst.setLow(len(dst) - size)
		delta := len(dst) - len(src)
		so, do := src[offTags+src.slots():], dst[offTags+dst.slots():]
		for i := range n {
			le.PutUint16(do[2*i:], uint16(int(le.Uint16(so[2*i:]))+delta))
		}
		return
	}
	low := len(dst)
	for i := range n {
		e := src.entry(t.heap, i)
		size := e.size()
		low -= size
		copy(dst[low:], e.b[:size])
		dst.setOffset(i, low)
	}
	dst.setLow(low)
}

// split parts the bucket b at at into two of the next depth.
func (t *Table) split(at place, ref page.Ref, b bucket, pos uint64) {
	depth := b.depth()
	at = t.slotsToPart(at, pos, depth)
	var refs [2]page.Ref
	var halves [2]bucket
	var upper [MaxBucket / minEntry / 64]uint64 // a bit for each entry
	sizes, counts := t.weigh(b, depth, upper[:])
	for i := range halves {
		slots := max(slotsFor(counts[i]), 8)
		size, slots := t.ahead(offTags+3*slots+sizes[i], slots, depth+1)
		refs[i] = t.newBucket(size, slots, depth+1)
	}
	for i := range halves {
		halves[i] = t.heap.Node(refs[i])
	}
	for i := range b.count() {
		e := b.entry(t.heap, i)
		t.move(halves[upper[i/64]>>(i%64)&1], b[offTags+i], e)
	}
	half := at.n / 2
	for i := range half {
		*page.RefAt(t.heap, at.parent, dirSlots+4*(at.start+i)) = refs[0]
		*page.RefAt(t.heap, at.parent, dirSlots+4*(at.start+half+i)) = refs[1]
	}
	t.retire(ref, 0)
}

// minEntry is less than what any entry takes with its tag and offset.
const minEntry = 8

// weigh returns the bytes and number of the entries that go to each half, and
// sets the bits in upper of those that go to the second.
func (t *Table) weigh(b bucket, depth int, upper []uint64) (sizes, counts [2]int) {
	for i := range b.count() {
		e := b.entry(t.heap, i)
		bit := t.hash(e.Key()) >> (63 - depth) & 1
		upper[i/64] |= bit << (i % 64)
		sizes[bit] += e.size()
		counts[bit]++
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
// depth at at: it puts a directory above or below, or doubles the one there is.
func (t *Table) slotsToPart(at place, pos uint64, depth int) place {
	switch {
	case at.parent != 0 && at.n > 1:
		return at
	case at.parent != 0 && int(page.At[nodeHead](t.heap, at.parent).owner) < maxBits:
		return t.double(at, pos, depth)
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
func (t *Table) double(at place, pos uint64, depth int) place {
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

// above finds where the directory dir on the way to pos hangs.
func (t *Table) above(dir page.Ref, pos uint64) place {
	at, ref, depth := place{}, t.Root, 0
	for ref != dir {
		k := page.At[nodeHead](t.heap, ref).owner
		slot := int(pos << depth >> (64 - k))
		at = place{parent: ref, start: slot, n: 1, depth: depth}
		depth += int(k)
		ref = *page.RefAt(t.heap, ref, dirSlots+4*slot)
	}
	return at
}

// shrink gives room back after a deletion from the owned bucket b: a smaller
// node, a merge with the other half, an empty overflow bucket, at last the root.
func (t *Table) shrink(at place, ref page.Ref, b bucket, pos uint64) {
	if t.Count == 0 {
		t.Free()
		return
	}
	if b.count() == 0 && at.chain {
		prev := bucket(t.heap.Node(at.parent))
		prev.setNext(b.next())
		t.retire(ref, 0)
		return
	}
	live := b.live(max(slotsFor(b.count()), 8))
	if live > len(b)*5/8 {
		return
	}
	if b.next() == 0 && !at.chain && t.merge(t.whole(at, b), ref, b, pos) {
		return
	}
	if page.ClassSize(live) < len(b) {
		t.rebuild(t.whole(at, b), ref, b, 0)
	}
}

// merge joins b with the bucket of its other half, if both together fill less
// than half a bucket, and goes on upwards.
func (t *Table) merge(at place, ref page.Ref, b bucket, pos uint64) bool {
	if at.parent == 0 || b.depth() <= at.depth {
		return false
	}
	buddy := at.start ^ at.n
	oref := *page.RefAt(t.heap, at.parent, dirSlots+4*buddy)
	if page.At[nodeHead](t.heap, oref).base() != kindBucket {
		return false
	}
	o := bucket(t.heap.Node(oref))
	slots := max(slotsFor(b.count()+o.count()), 8)
	size := b.live(slots) + len(o) - o.low() - o.dead()
	if o.depth() != b.depth() || o.next() != 0 || size > MaxBucket/2 {
		return false
	}
	nref := t.newBucket(size, slots, b.depth()-1)
	nb := bucket(t.heap.Node(nref))
	for _, src := range []bucket{b, o} {
		for i := range src.count() {
			t.move(nb, src[offTags+i], src.entry(t.heap, i))
		}
	}
	at.start, at.n = min(at.start, buddy), at.n*2
	t.hang(at, nref)
	other := prefix(pos, b.depth()) ^ 1<<(64-b.depth())
	t.retire(ref, 0)
	t.retire(oref, other)
	if nb.depth() == at.depth { // the directory holds nothing else
		dir := at.parent
		at = t.above(dir, pos)
		t.hang(at, nref)
		t.retire(dir, 0)
		at = t.whole(at, nb)
	}
	t.merge(at, nref, nb, pos)
	return true
}
