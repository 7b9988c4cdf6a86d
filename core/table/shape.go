package table

import (
	"math/bits"

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
		size, slots = t.ahead(size, slots, b.depth(), max(b.each(), extra+3))
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
// least these: as many more as the entries, of each bytes with tag and offset, will
// take that are still to come to it, if that is known. Most buckets get no more: it
// is by twice the deviation more than the mean. Fit gives back what is left.
func (t *Table) ahead(size, slots, depth, each int) (int, int) {
	n := int(min(t.Expected>>min(depth, 62), MaxBucket/minEntry))
	if n == 0 || slots > 2*n {
		return size, slots
	}
	room := n + 1<<(bits.Len(uint(n))/2+1)
	if slots >= room {
		room = slots + n/4
	}
	room = min(room, (MaxBucket-offTags)/each)
	want := max(slotsFor(room), slots)
	need := size + 3*(want-slots)
	if room <= slots || need > MaxBucket {
		return size, slots
	}
	return max(need, offTags+room*each), want
}

// Fit has buckets from pos on take no more memory than they need, of about n
// entries: those of a table that was made by Expected. It returns the position
// behind, 0 at the end.
func (t *Table) Fit(pos uint64, n int) (next uint64) {
	return t.fitUntil(pos, 0, n)
}

// fitUntil is Fit that ends at the position end, 0 for that of the table.
func (t *Table) fitUntil(pos, end uint64, n int) (next uint64) {
	for t.Root != 0 && n > 0 {
		b := t.At(pos)
		n -= t.fit(b) + 1
		if pos = b.End; pos == end {
			return 0
		}
	}
	if t.Root == 0 {
		return 0
	}
	return pos
}

// fit copies the bucket at if it can be smaller, and returns its number of entries.
func (t *Table) fit(at Bucket) int {
	b := bucket(t.heap.Node(at.Ref))
	n := b.count()
	if size := b.live(max(slotsFor(n), 8)); t.heap.Owned(at.Ref) && b.next() == 0 && page.ClassSize(size) < len(b) {
		hangs, ref := t.own(at.Start)
		t.rebuild(t.whole(hangs, b), ref, b, 0)
	}
	return n
}

// each is what an entry of b takes on the average, with tag and offset.
func (b bucket) each() int {
	return max((b.live(b.count())-offTags)/max(b.count(), 1), minEntry)
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
