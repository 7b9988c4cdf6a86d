package table

import (
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/page"
)

// Bucket is one bucket of a version, read only: its entries and the part of
// the hash order that it covers.
type Bucket struct {
	Ref page.Ref
	// Start is the first position it covers; End the first behind it, 0 if it
	// reaches to the end of the hash order.
	Start, End uint64
	heap       *page.Heap
}

// At returns the bucket that covers pos. The table must not be empty.
func (t *Table) At(pos uint64) Bucket {
	return bucketOf(t.heap, t.leaf(pos), pos)
}

// bucketOf is the bucket at ref, which covers pos.
func bucketOf(h *page.Heap, ref page.Ref, pos uint64) Bucket {
	depth := int(h.Bytes(ref, offTags)[offDepth])
	b := Bucket{Ref: ref, Start: prefix(pos, depth), heap: h}
	if depth > 0 {
		b.End = b.Start + 1<<(64-depth)
	}
	return b
}

// Part says what a node is to a walk over a version of a nested table.
type Part uint8

// Parts of a nested table.
const (
	NoPart    Part = iota // no node of a table
	Outer                 // a node of a table that is not nested
	Readable              // a bucket, which can be read whenever
	Needed                // others are found through it, or it through others
	KeyOfItem             // a key in a node of its own
)

// PartOf tells what the node at ref is to a walk over the nested table that it is
// from, and where a bucket starts in its hash order. hash is that of the table.
func PartOf(h *page.Heap, ref page.Ref, hash func(key []byte) uint64) (p Part, start uint64) {
	switch page.At[nodeHead](h, ref).kind {
	case kindDirectory, kindBucket, kindKey:
		return Outer, 0
	case kindDirectory | nestedBit:
		return Needed, 0
	case kindKey | nestedBit:
		return KeyOfItem, 0
	case kindBucket | nestedBit:
		b := bucket(h.Node(ref))
		if b.count() == 0 || b.depth() == maxDepth {
			return Needed, 0
		}
		return Readable, prefix(hash(b.entry(h, 0).Key()), b.depth())
	}
	return NoPart, 0
}

// HasEntries tells whether the node at ref is a bucket that is not empty.
func HasEntries(h *page.Heap, ref page.Ref) bool {
	return page.At[nodeHead](h, ref).base() == kindBucket && bucket(h.Node(ref)).count() > 0
}

// IsBucket tells whether the node at ref is a bucket of a table that is not nested.
func IsBucket(h *page.Heap, ref page.Ref) bool { return page.At[nodeHead](h, ref).kind == kindBucket }

// KeepForWalk tells whether a walk over a version needs the node at ref to find
// others: directories and overflow chains.
func KeepForWalk(h *page.Heap, ref page.Ref) bool {
	switch page.At[nodeHead](h, ref).kind {
	case kindDirectory:
		return true
	case kindBucket:
		return h.Bytes(ref, offTags)[offDepth] == maxDepth
	}
	return false
}

// AtSkipping is At for a version some of whose buckets may be freed: those for
// which gone is true are not looked into. For one of them the Bucket is zero.
func (t *Table) AtSkipping(pos uint64, gone func(ref page.Ref) bool) (page.Ref, Bucket) {
	ref, rest := t.Root, pos
	for !gone(ref) {
		head := page.At[nodeHead](t.heap, ref)
		if head.base() != kindDirectory {
			return ref, bucketOf(t.heap, ref, pos)
		}
		slot := int(rest >> (64 - head.owner))
		rest <<= head.owner
		ref = *page.RefAt(t.heap, ref, dirSlots+4*slot)
	}
	return ref, Bucket{}
}

// Due is a time before which no entry of the bucket is due, in ms.
func (b Bucket) Due() int64 {
	due := int64(maxDue)
	for ref := b.Ref; ref != 0; {
		n := bucket(b.heap.Node(ref))
		due = min(due, n.due())
		ref = n.next()
	}
	return due
}

// Each calls fn with every entry, until it returns false; those in overflow
// buckets too.
func (b Bucket) Each(fn func(e Entry) bool) bool {
	for ref := b.Ref; ref != 0; {
		n := bucket(b.heap.Node(ref))
		for i := range n.count() {
			if !fn(Entry{b.heap, n[n.offset(i):], ref}) {
				return false
			}
		}
		ref = n.next()
	}
	return true
}

// Next is the overflow bucket behind b, if any.
func (b Bucket) Next() (Bucket, bool) {
	next := bucket(b.heap.Node(b.Ref)).next()
	return Bucket{next, b.Start, b.End, b.heap}, next != 0
}

// Sample calls fn with the entries of the first buckets in hash order that have
// at least n together. It returns how many these are, and the bytes of the
// nodes that the buckets and the keys take. The order is that of the hash, so
// they stand for all.
func (t *Table) Sample(n int, fn func(e Entry)) (entries, bytes int64) {
	for pos, end := uint64(0), t.Root == 0; !end && entries < int64(n); {
		b := t.At(pos)
		for part, ok := b, true; ok; part, ok = part.Next() {
			bytes += int64(t.heap.Size(part.Ref))
		}
		b.Each(func(e Entry) bool {
			if key := e.keyNode(); key != 0 {
				bytes += int64(t.heap.Size(key))
			}
			entries++
			fn(e)
			return true
		})
		pos, end = b.End, b.End == 0
	}
	return entries, bytes
}

// Each calls fn with every entry in hash order of the buckets, until it returns
// false. fn must not change the table.
func (t *Table) Each(fn func(e Entry) bool) {
	if t.Root == 0 {
		return
	}
	for pos := uint64(0); ; {
		b := t.At(pos)
		if !b.Each(fn) || b.End == 0 {
			return
		}
		pos = b.End
	}
}

// Random returns an entry chosen by the random numbers that rnd gives, each
// with the same probability as far as Count is right. The table must not be
// empty.
func (t *Table) Random(rnd func() uint64) Entry {
	// After as many tries the hash is not what it should be, and the entries
	// sit in few places: search on from one bucket to the next, and take what
	// there is.
	const tries = 64
	for pos, try := rnd(), 0; ; try++ {
		b := t.At(pos)
		n := b.count()
		if n > 0 && (try >= tries || t.accept(b, n, rnd())) {
			return b.pick(rnd(), n)
		}
		if pos = b.End; try < tries {
			pos = rnd()
		}
	}
}

// accept decides for Random on a bucket of n entries. A position hits it with
// probability 2^-depth. Accepting it with n·2^depth over a bound gives each
// entry the same chance; four times the mean is a bound that few buckets pass.
func (t *Table) accept(b Bucket, n int, rnd uint64) bool {
	depth := bucket(t.heap.Node(b.Ref)).depth()
	if depth >= 40 {
		return true
	}
	bound, _ := bits.Mul64(rnd, uint64(4*t.Count))
	return bound < uint64(n)<<depth
}

// count is the entries of b and its overflow buckets.
func (b Bucket) count() (n int) {
	for ref := b.Ref; ref != 0; {
		node := bucket(b.heap.Node(ref))
		n += node.count()
		ref = node.next()
	}
	return n
}

// pick returns one of the n entries of b.
func (b Bucket) pick(rnd uint64, n int) Entry {
	hi, _ := bits.Mul64(rnd, uint64(n))
	for i, ref := int(hi), b.Ref; ; {
		node := bucket(b.heap.Node(ref))
		if i < node.count() {
			return Entry{b.heap, node[node.offset(i):], ref}
		}
		i -= node.count()
		ref = node.next()
	}
}

// RefreshDue sets the due time of the buckets at pos to that of their earliest
// entry, after due ones were deleted, if that costs no copy.
func (t *Table) RefreshDue(pos uint64) {
	if t.Root == 0 {
		return
	}
	for ref := t.leaf(pos); ref != 0; {
		b := bucket(t.heap.Node(ref))
		if !t.heap.Owned(ref) {
			return
		}
		due := int64(maxDue)
		for i := range b.count() {
			if d := b.entry(t.heap, i).Due(); d != NoDue {
				due = min(due, d)
			}
		}
		b.setDue(due)
		ref = b.next()
	}
}

// Free retires every node and empties the table.
func (t *Table) Free() {
	f := t.Detach()
	for !f.Step(1 << 20) {
	}
}

// Freer frees the nodes of a detached table step by step.
type Freer struct {
	t    Table
	pos  uint64
	dirs []page.Ref
	// epoch in which the table was detached: pins from then on do not see it.
	epoch uint32
	done  bool
}

// Detach empties the table and returns what frees its nodes.
func (t *Table) Detach() *Freer {
	f := &Freer{t: *t, done: t.Root == 0, epoch: t.dropped}
	if f.epoch == 0 {
		f.epoch = t.heap.Epoch()
	}
	f.t.dropped = f.epoch // also of the values
	t.Root, t.Count, t.Dues = 0, 0, 0
	return f
}

// Step retires about n entries' buckets and tells whether all is freed. It is
// called under the shard's lock.
func (f *Freer) Step(n int) (done bool) {
	for n > 0 && !f.done {
		n -= f.bucket()
	}
	return f.done
}

// bucket retires the bucket at f.pos. Directories are kept for walking until
// the end: a directory's slots may name buckets that are gone already, but
// never on the way to f.pos.
func (f *Freer) bucket() (entries int) {
	t := &f.t
	f.noteDirectories()
	b := t.At(f.pos)
	for ref := b.Ref; ref != 0; {
		n := bucket(t.heap.Node(ref))
		next := n.next()
		entries += n.count()
		for i := range n.count() {
			f.entry(n.entry(t.heap, i))
		}
		f.retire(ref, b.Start)
		ref = next
	}
	f.pos = b.End
	if b.End == 0 {
		for _, dir := range f.dirs {
			f.retire(dir, 0)
		}
		f.dirs, f.done = nil, true
	}
	return entries + 1
}

// entry retires the nodes that e names. Pins are told where each was exactly: the
// bucket may cover what were several when they were taken.
func (f *Freer) entry(e Entry) {
	pos := f.pos
	if f.t.nested == 0 && f.t.heap.Pinned() && (f.t.release != nil || e.b[0]&flagExternalKey != 0) {
		pos = f.t.hash(e.Key())
	}
	if f.t.release != nil {
		f.t.release(&f.t, pos, e)
	}
	if e.b[0]&flagExternalKey != 0 {
		f.retire(page.Ref(le.Uint32(e.b[e.keyOffset():])), pos)
	}
}

func (f *Freer) retire(ref page.Ref, pos uint64) {
	f.t.arena.RetireDropped(ref, f.t.id, f.t.retirePos(pos), f.epoch)
}

// noteDirectories remembers the directories that start at f.pos.
func (f *Freer) noteDirectories() {
	t := &f.t
	ref, depth := t.Root, 0
	for {
		head := page.At[nodeHead](t.heap, ref)
		if head.base() != kindDirectory {
			return
		}
		if prefix(f.pos, depth) == f.pos {
			f.dirs = append(f.dirs, ref)
		}
		slot := int(f.pos << depth >> (64 - head.owner))
		depth += int(head.owner)
		ref = *page.RefAt(t.heap, ref, dirSlots+4*slot)
	}
}
