package table

import (
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

func trailingByte(m uint64) int { return bits.TrailingZeros64(m) / 8 }

// Item is what Set stores beside the key.
type Item struct {
	Kind  uint8
	Clock uint32
	Due   int64  // ms, NoDue or KeepDue
	Value []byte // at most MaxValue bytes; it must not alias the table's nodes
	// Keep says that the nodes the old value refers to live on in the new
	// one, so that they are not released.
	Keep bool
}

// place is where a bucket hangs: in the table's root, a directory, or the
// bucket before it in an overflow chain. Everything above it is owned.
type place struct {
	parent page.Ref // 0: the root
	chain  bool     // parent is a bucket, and this is its next
	start  int      // first slot in the directory
	n      int      // number of slots
	depth  int      // bits consumed above the directory's slots
}

// Set stores item under key, which may be there already; it tells whether it
// was not.
func (t *Table) Set(pos uint64, key []byte, item Item) (added bool) {
	if t.Root == 0 {
		t.Root = t.newBucket(page.Unit, 8, 0)
	}
	for at, ref := t.own(pos); ; {
		b := bucket(t.heap.Node(ref))
		if s := t.search(b, pos, key); s >= 0 {
			t.replace(at, ref, b, s, pos, item)
			break
		}
		if b.next() == 0 {
			added = true
			t.insert(pos, key, item)
			break
		}
		at, ref = t.ownNext(ref, b, pos)
	}
	if invariant.Enabled {
		t.checkBucketAt(pos)
	}
	return added
}

// Add is Set for a key that is not there.
func (t *Table) Add(pos uint64, key []byte, item Item) {
	if invariant.Enabled {
		_, there := t.Find(pos, key)
		invariant.Check(!there, "T1", "key %q is added where it is", key)
	}
	if t.Root == 0 {
		t.Root = t.newBucket(page.Unit, 8, 0)
	}
	t.insert(pos, key, item)
	if invariant.Enabled {
		t.checkBucketAt(pos)
	}
}

// own makes the first bucket at pos and all above it writable.
func (t *Table) own(pos uint64) (place, page.Ref) {
	at, ref, depth, p := place{}, t.Root, 0, pos
	for {
		head := page.At[nodeHead](t.heap, ref)
		if !t.heap.Owned(ref) {
			ref = t.arena.Own(ref, t.id, t.retirePos(prefix(pos, t.covers(ref, depth))))
			t.hang(at, ref)
			head = page.At[nodeHead](t.heap, ref)
		}
		if head.base() != kindDirectory {
			return at, ref
		}
		slot := int(p >> (64 - head.owner))
		p <<= head.owner
		child := *page.RefAt(t.heap, ref, dirSlots+4*slot)
		at = place{parent: ref, start: slot, n: 1, depth: depth}
		if c := page.At[nodeHead](t.heap, child); c.base() == kindBucket && !t.heap.Owned(child) {
			d := int(t.heap.Bytes(child, offTags)[offDepth])
			at.start, at.n = span(slot, int(head.owner), depth, d)
		}
		depth += int(head.owner)
		ref = child
	}
}

// retire lets go of a node that covers the positions from pos on.
func (t *Table) retire(ref page.Ref, pos uint64) { t.arena.Retire(ref, t.id, t.retirePos(pos)) }

// retirePos is where pins are told that a node at pos of this table was.
func (t *Table) retirePos(pos uint64) uint64 {
	if t.nested != 0 {
		return t.at
	}
	return pos
}

// covers is how many leading bits of a position lead to the node at ref, if
// the directories above it consume above of them.
func (t *Table) covers(ref page.Ref, above int) int {
	if page.At[nodeHead](t.heap, ref).base() == kindBucket {
		return int(t.heap.Bytes(ref, offTags)[offDepth])
	}
	return above
}

// span returns the slots that name the bucket of the given depth which slot
// names, in a directory of bits bits at depth above.
func span(slot, dirBits, above, depth int) (start, n int) {
	free := max(above+dirBits-depth, 0)
	n = 1 << free
	return slot &^ (n - 1), n
}

// prefix is pos with all but its first depth bits cleared.
func prefix(pos uint64, depth int) uint64 {
	if depth == 0 {
		return 0
	}
	return pos &^ (^uint64(0) >> depth)
}

// hang puts ref where at says.
func (t *Table) hang(at place, ref page.Ref) {
	switch {
	case at.chain:
		bucket(t.heap.Node(at.parent)).setNext(ref)
	case at.parent == 0:
		t.Root = ref
	default:
		for i := range at.n {
			*page.RefAt(t.heap, at.parent, dirSlots+4*(at.start+i)) = ref
		}
	}
}

// whole returns at with the slots of the bucket b, which own narrowed to one.
func (t *Table) whole(at place, b bucket) place {
	if at.chain || at.parent == 0 {
		return at
	}
	k := int(page.At[nodeHead](t.heap, at.parent).owner)
	at.start, at.n = span(at.start, k, at.depth, b.depth())
	return at
}

func (t *Table) ownNext(ref page.Ref, b bucket, pos uint64) (place, page.Ref) {
	at := place{parent: ref, chain: true}
	next := t.arena.Own(b.next(), t.id, t.retirePos(prefix(pos, b.depth())))
	b.setNext(next)
	return at, next
}

func (t *Table) newBucket(size, slots, depth int) page.Ref {
	ref := t.arena.Alloc(size, kindBucket|t.nested)
	initBucket(t.heap.Node(ref), slots, depth)
	return ref
}

// replace stores item in slot s of the owned bucket b.
func (t *Table) replace(at place, ref page.Ref, b bucket, s int, pos uint64, item Item) {
	e := b.entry(t.heap, s)
	hadDue, size := e.Due() != NoDue, e.size()
	if item.Due == KeepDue {
		item.Due = e.Due()
	}
	if t.release != nil && !item.Keep {
		t.release(t, pos, e)
	}
	klen := int(e.b[5])
	want := 8 + klen + len(item.Value)
	if item.Due != NoDue {
		want += 8
	}
	t.countDue(hadDue, item.Due != NoDue)
	if want <= size {
		t.rewrite(b, e.b[:size], item, want)
		b.setDead(b.dead() + size - want)
		t.noteDue(b, item.Due)
		if b.dead() > len(b)/2 {
			t.rebuild(t.whole(at, b), ref, b, 0)
		}
		return
	}
	// The key's bytes are needed after the entry's are given up.
	o := e.keyOffset()
	var keep [maxInlineKey]byte
	k := keep[:copy(keep[:], e.b[o:o+klen])]
	external := e.b[0] & flagExternalKey
	if b.free() < want {
		t.drop(b, s)
		if b.live(slotsFor(b.count()+1))+want > MaxBucket {
			t.put(pos, k, external, item)
			return
		}
		ref, b = t.rebuild(t.whole(at, b), ref, b, want)
		s = b.count()
		b.setCount(s + 1)
	} else {
		b.setDead(b.dead() + size)
	}
	t.write(b, s, pos, k, external, item)
}

func (t *Table) countDue(had, has bool) {
	if had {
		t.Dues--
	}
	if has {
		t.Dues++
	}
}

func (t *Table) noteDue(b bucket, due int64) {
	if due != NoDue && due < b.due() {
		b.setDue(due)
	}
}

// rewrite stores item over the entry e, which has the room.
func (t *Table) rewrite(b bucket, e []byte, item Item, want int) {
	o := 8 + int(e[0]&flagDue)*8
	n := 8
	if item.Due != NoDue {
		n = 16
	}
	klen := int(e[5])
	if n != o {
		copy(e[n:n+klen], e[o:o+klen])
	}
	e[0] = e[0]&^flagDue | boolFlag(item.Due != NoDue, flagDue)
	if item.Due != NoDue {
		le.PutUint64(e[8:], uint64(item.Due))
	}
	e[1] = item.Kind
	putClock(e, item.Clock)
	le.PutUint16(e[6:], uint16(len(item.Value)))
	copy(e[n+klen:want], item.Value)
}

func boolFlag(b bool, f uint8) uint8 {
	if b {
		return f
	}
	return 0
}

// insert adds a key that is not there.
func (t *Table) insert(pos uint64, key []byte, item Item) {
	t.Count++
	if item.Due == KeepDue {
		item.Due = NoDue
	}
	t.countDue(false, item.Due != NoDue)
	if len(key) <= maxInlineKey {
		t.put(pos, key, 0, item)
		return
	}
	ref := t.arena.Alloc(page.Header+len(key), kindKey|t.nested)
	copy(t.heap.Bytes(ref, page.Header+len(key))[page.Header:], key)
	var k [8]byte
	le.PutUint32(k[:], uint32(ref))
	le.PutUint32(k[4:], uint32(len(key)))
	t.put(pos, k[:], flagExternalKey, item)
}

// put writes a new entry with the key part k, making room for it.
func (t *Table) put(pos uint64, k []byte, external uint8, item Item) {
	want := 8 + len(k) + len(item.Value)
	if item.Due != NoDue {
		want += 8
	}
	for {
		at, ref := t.own(pos)
		b := bucket(t.heap.Node(ref))
		for b.count() == b.slots() || b.free() < want {
			if b.widen(want) {
				break
			}
			if b.live(slotsFor(b.count()+1))+want <= MaxBucket {
				ref, b = t.rebuild(t.whole(at, b), ref, b, want)
				break
			}
			if b.depth() < maxDepth {
				break
			}
			if b.next() == 0 {
				b.setNext(t.newBucket(page.Unit, 8, b.depth()))
			}
			at, ref = t.ownNext(ref, b, pos)
			b = t.heap.Node(ref)
		}
		if b.count() < b.slots() && b.free() >= want {
			s := b.count()
			b.setCount(s + 1)
			t.write(b, s, pos, k, external, item)
			return
		}
		t.split(t.whole(at, b), ref, b, pos)
	}
}

// widen makes room for more slots in the owned bucket b, if its free bytes
// suffice for them and for an entry of want bytes: cheaper than a rebuild.
func (b bucket) widen(want int) bool {
	const more = 8
	n, slots := b.count(), b.slots()
	if n < slots || b.free() < want+3*more {
		return false
	}
	old := b[offTags+slots:]
	copy(old[more:], old[:2*n])
	le.PutUint16(b[offSlots:], uint16(slots+more))
	return true
}

// write puts an entry into slot s of b, which has the room.
func (t *Table) write(b bucket, s int, pos uint64, k []byte, external uint8, item Item) {
	n := 8
	if item.Due != NoDue {
		n = 16
	}
	size := n + len(k) + len(item.Value)
	off := b.low() - size
	e := b[off : off+size]
	e[0] = external | boolFlag(item.Due != NoDue, flagDue)
	e[1] = item.Kind
	putClock(e, item.Clock)
	e[5] = uint8(len(k))
	le.PutUint16(e[6:], uint16(len(item.Value)))
	if item.Due != NoDue {
		le.PutUint64(e[8:], uint64(item.Due))
	}
	copy(e[n:], k)
	copy(e[n+len(k):], item.Value)
	b.setLow(off)
	b[offTags+s] = tagOf(pos)
	b.setOffset(s, off)
	t.noteDue(b, item.Due)
}

// drop removes slot s of the owned bucket b. The entry's bytes stay as they
// were until the bucket is changed again.
func (t *Table) drop(b bucket, s int) {
	off := b.offset(s)
	size := b.entry(t.heap, s).size()
	last := b.count() - 1
	b[offTags+s] = b[offTags+last]
	b.setOffset(s, b.offset(last))
	b.setCount(last)
	if off == b.low() {
		b.setLow(off + size)
	} else {
		b.setDead(b.dead() + size)
	}
	if last == 0 {
		b.setLow(len(b))
		b.setDead(0)
		b.setDue(maxDue)
	}
}

// Delete removes key and tells whether it was there.
func (t *Table) Delete(pos uint64, key []byte) bool { return t.remove(pos, key, true) }

// Take is Delete, but the nodes the value refers to live on.
func (t *Table) Take(pos uint64, key []byte) bool { return t.remove(pos, key, false) }

func (t *Table) remove(pos uint64, key []byte, release bool) bool {
	e, ok := t.Find(pos, key)
	if !ok {
		return false
	}
	if e.b[0]&flagExternalKey != 0 {
		ref := page.Ref(le.Uint32(e.b[e.keyOffset():]))
		defer t.retire(ref, pos)
	}
	at, ref := t.own(pos)
	b := bucket(t.heap.Node(ref))
	s := t.search(b, pos, key)
	for s < 0 {
		at, ref = t.ownNext(ref, b, pos)
		b = t.heap.Node(ref)
		s = t.search(b, pos, key)
	}
	e = b.entry(t.heap, s)
	if release && t.release != nil {
		t.release(t, pos, e)
	}
	t.countDue(e.Due() != NoDue, false)
	t.Count--
	t.drop(b, s)
	t.shrink(at, ref, b, pos)
	if invariant.Enabled {
		t.checkBucketAt(pos)
	}
	return true
}

// Edit returns the entry of key, owned: its value's bytes may be changed in place
// as long as their number stays.
func (t *Table) Edit(pos uint64, key []byte) (Entry, bool) {
	e, ok := t.Find(pos, key)
	if !ok {
		return e, false
	}
	return t.Own(pos, key, e), true
}

// Own returns e, the entry of key that Find returned, owned as Edit's is.
func (t *Table) Own(pos uint64, key []byte, e Entry) Entry {
	if t.heap.Owned(e.node) { // and then all above it is (P5)
		return e
	}
	_, ref := t.own(pos)
	for {
		b := bucket(t.heap.Node(ref))
		if s := t.search(b, pos, key); s >= 0 {
			return Entry{t.heap, b[b.offset(s):], ref}
		}
		_, ref = t.ownNext(ref, b, pos)
	}
}

// Update replaces kind and value of the entry e, which is owned, without looking
// for it again; due time and clock stay, and nothing is released. Where the entry
// has no room for value, it changes nothing and returns false: that is for Set.
func (t *Table) Update(e Entry, kind uint8, value []byte) bool {
	b := bucket(t.heap.Node(e.node))
	spare := int(le.Uint16(e.b[6:])) - len(value)
	if spare < 0 || b.dead()+spare > len(b)/2 {
		return false
	}
	e.b[1] = kind
	copy(e.Value(), value)
	if spare > 0 {
		le.PutUint16(e.b[6:], uint16(len(value)))
		b.setDead(b.dead() + spare)
	}
	if invariant.Enabled {
		t.checkBucketAt(t.hash(e.Key()))
	}
	return true
}

// SetDue changes only the due time (ms or NoDue) of an entry, and tells whether
// it is there.
func (t *Table) SetDue(pos uint64, key []byte, due int64) bool {
	e, ok := t.Find(pos, key)
	if !ok {
		return false
	}
	var room [MaxValue]byte
	value := room[:copy(room[:], e.Value())]
	t.Set(pos, key, Item{Kind: e.Kind(), Clock: e.Clock(), Due: due, Value: value, Keep: true})
	return true
}
