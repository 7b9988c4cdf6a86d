// # Sequences
//
// A Seq is the tree of a list: found by position instead of by key. Its leaves
// are blobs, whose bytes and form only the caller understands, each with a
// number of elements. An element's index leads to its leaf in O(log n), from
// either end in as many steps as the tree is high. Leaves are of any size: a
// caller that packs elements keeps to some 4 KiB, so that a change under a pin
// copies little; an element of many megabytes is a leaf of its own.
//
// # Layout of sequences
//
//	inner node                             leaf
//	offset size                            offset size
//	0      8   page's header, kind 40      0      8   page's header, kind 41
//	6      1   height, 1 above leaves      6      1   form, the caller's
//	8      4   children                    8      4   length of the bytes
//	12     4   0                           12     …   the bytes
//	16     12  of each child:
//	           |elements 8|Ref 4|
//
//	[ 16 0    ] root, height 1, of a sequence of 16 elements in three leaves:
//	00 00 00 00 00 28 01 .. 03 00 00 00 00 00 00 00
//	05 00 00 00 00 00 00 00 r0 r0 r0 r0  07 00 00 00 00 00 00 00 r1 r1 r1 r1
//	04 00 00 00 00 00 00 00 r2 r2 r2 r2
//
// An inner node is 256 B to 1 KiB and holds up to 84 children. A sequence of
// one leaf has no inner node: the leaf is its root.
//
// # Invariants of sequences
//
//	Q1 A child's count is the number of elements below it, and never zero.
//	Q2 All leaves are equally far from the root, and heights count up from 1.
//	Q3 The root, if it is an inner node, has at least two children, any other
//	   at least one, none more than fit.
//	Q4 Two inner nodes that are neighbours under one parent have more than half
//	   a full node's children between them. (Either alone may be small: the
//	   nodes at both ends are, while a list grows there.)
package tree

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/page"
)

// Seq is a sequence of blobs, each of some elements. Root, Count and Leaves
// are its version: a Seq opened with those of a pinned version reads that.
// Writers hold the lock of its shard and own what names its root (P5).
type Seq struct {
	Root   page.Ref
	Count  int64 // elements
	Leaves int64

	heap  *page.Heap
	place page.Place
}

// OpenSeq opens a sequence for reading and writing. All zero is an empty one.
func OpenSeq(place page.Place, root page.Ref, count, leaves int64) (s Seq) {
	s.Open(&place, root, count, leaves)
	return s
}

// Open is OpenSeq into s.
func (s *Seq) Open(place *page.Place, root page.Ref, count, leaves int64) {
	s.Root, s.Count, s.Leaves = root, count, leaves
	s.heap, s.place = place.Heap(), *place
}

// ReadSeq opens a version of a sequence for reading.
func ReadSeq(h *page.Heap, root page.Ref, count, leaves int64) Seq {
	return Seq{Root: root, Count: count, Leaves: leaves, heap: h}
}

// Kinds of nodes and their layout; the numbers are frozen.
const (
	kindSeqInner = 40
	kindSeqLeaf  = 41

	seqOffForm     = 6 // of a leaf
	seqOffHeight   = 6 // of an inner node
	seqOffLength   = 8 // of a leaf
	seqOffChildren = 8 // of an inner node
	seqLeafHead    = 12
	seqInnerHead   = 16
	seqChildSize   = 12

	// SeqLeafRoom is the bytes that the largest leaf has that takes no more
	// than 4 KiB.
	SeqLeafRoom = 4096 - seqLeafHead

	seqFanout = (1024 - seqInnerHead) / seqChildSize
	// seqMaxHeight is the levels of inner nodes that can be: by Q4 each has
	// a quarter of a full node's children on average, and there are less than
	// 2^32 nodes.
	seqMaxHeight = 12
)

// seqInner is an inner node.
type seqInner []byte

func (n seqInner) height() int { return int(n[seqOffHeight]) }
func (n seqInner) len() int    { return int(binary.LittleEndian.Uint32(n[seqOffChildren:])) }
func (n seqInner) setLen(l int) {
	binary.LittleEndian.PutUint32(n[seqOffChildren:], uint32(l))
}
func (n seqInner) room() int { return min((len(n)-seqInnerHead)/seqChildSize, seqFanout) }

func (n seqInner) count(i int) int64 {
	return int64(binary.LittleEndian.Uint64(n[seqInnerHead+i*seqChildSize:]))
}

func (n seqInner) setCount(i int, c int64) {
	binary.LittleEndian.PutUint64(n[seqInnerHead+i*seqChildSize:], uint64(c))
}

func (n seqInner) ref(i int) page.Ref {
	return page.Ref(binary.LittleEndian.Uint32(n[seqInnerHead+i*seqChildSize+8:]))
}

func (n seqInner) setRef(i int, ref page.Ref) {
	binary.LittleEndian.PutUint32(n[seqInnerHead+i*seqChildSize+8:], uint32(ref))
}

// children is the bytes of children [i, j).
func (n seqInner) children(i, j int) []byte {
	return n[seqInnerHead+i*seqChildSize : seqInnerHead+j*seqChildSize]
}

// insert makes room at slot i, of a node that has some, and stores a child.
func (n seqInner) insert(i int, ref page.Ref, count int64) {
	l := n.len()
	copy(n.children(i+1, l+1), n.children(i, l))
	n.setLen(l + 1)
	n.setCount(i, count)
	n.setRef(i, ref)
}

// remove takes children [i, j) out.
func (n seqInner) remove(i, j int) {
	l := n.len()
	copy(n.children(i, l-(j-i)), n.children(j, l))
	n.setLen(l - (j - i))
}

func (n seqInner) total() (sum int64) {
	for i := range n.len() {
		sum += n.count(i)
	}
	return sum
}

// isSeqLeaf tells the kind of a node.
func isSeqLeaf(node []byte) bool { return node[5] == kindSeqLeaf }

// inner returns the inner node at ref up to its last child, which is cheaper to
// find than the node's end; ok is false if it is a leaf.
func (s *Seq) inner(ref page.Ref) (n seqInner, ok bool) {
	head := s.heap.Bytes(ref, seqInnerHead)
	if isSeqLeaf(head) {
		return nil, false
	}
	return s.heap.Bytes(ref, seqInnerHead+seqInner(head).len()*seqChildSize), true
}

// leafBytes is what the caller has stored in a leaf; its capacity is what the
// node has room for.
func leafBytes(node []byte) []byte {
	n := int(binary.LittleEndian.Uint32(node[seqOffLength:]))
	return node[seqLeafHead : seqLeafHead+n]
}

// SeqCursor is a place in a sequence: one of its leaves. Any change of the
// sequence that is not made through the cursor, and Insert and Remove too, make
// it invalid.
type SeqCursor struct {
	// First is the index of the leaf's first element, Count their number.
	First, Count int64

	leaf   page.Ref
	height int
	path   [seqMaxHeight]seqStep // from the root down
}

// seqStep is a child of an inner node.
type seqStep struct {
	ref  page.Ref
	slot int32
}

// Seek moves the cursor to the leaf of element i; it is false if there is none.
func (s *Seq) Seek(c *SeqCursor, i int64) bool {
	if c.height, c.leaf = 0, 0; i < 0 || i >= s.Count {
		return false
	}
	ref, first, count := s.Root, int64(0), s.Count
	for {
		n, ok := s.inner(ref)
		if !ok {
			c.leaf, c.First, c.Count = ref, first, count
			return true
		}
		var slot int
		if i-first < count/2 {
			slot, first, count = n.fromStart(i, first)
		} else {
			slot, first, count = n.fromEnd(i, first+count)
		}
		c.path[c.height] = seqStep{ref, int32(slot)}
		c.height++
		ref = n.ref(slot)
	}
}

// SeekEnd moves the cursor to the first or the last leaf; it is false if there
// is none.
func (s *Seq) SeekEnd(c *SeqCursor, last bool) bool {
	if c.height, c.leaf = 0, 0; s.Root == 0 {
		return false
	}
	ref, count := s.Root, s.Count
	for {
		n, ok := s.inner(ref)
		if !ok {
			break
		}
		slot := 0
		if last {
			slot = n.len() - 1
		}
		c.path[c.height] = seqStep{ref, int32(slot)}
		c.height++
		ref, count = n.ref(slot), n.count(slot)
	}
	c.leaf, c.First, c.Count = ref, 0, count
	if last {
		c.First = s.Count - count
	}
	return true
}

// fromStart finds the child of element i, where the node's first is element
// first, from its first child on.
func (n seqInner) fromStart(i, first int64) (slot int, at, count int64) {
	for {
		if count = n.count(slot); i < first+count {
			return slot, first, count
		}
		first += count
		slot++
	}
}

// fromEnd finds the child of element i, where the node ends before element
// end, from its last child on.
func (n seqInner) fromEnd(i, end int64) (slot int, at, count int64) {
	for slot = n.len() - 1; ; slot-- {
		count = n.count(slot)
		if end -= count; i >= end {
			return slot, end, count
		}
	}
}

// Valid tells whether the cursor is at a leaf.
func (c *SeqCursor) Valid() bool { return c.leaf != 0 }

// Leaf is the form and bytes of the cursor's leaf, read only, until the next
// change.
func (s *Seq) Leaf(c *SeqCursor) (form uint8, b []byte) {
	n := seqLeafHead + int(binary.LittleEndian.Uint32(s.heap.Bytes(c.leaf, seqLeafHead)[seqOffLength:]))
	node := s.heap.Bytes(c.leaf, n)
	return node[seqOffForm], node[seqLeafHead:n:n]
}

// Next moves the cursor to the leaf behind it; without one it is invalid.
func (s *Seq) Next(c *SeqCursor) bool {
	for level := c.height - 1; level >= 0; level-- {
		step := &c.path[level]
		if n, _ := s.inner(step.ref); int(step.slot)+1 < n.len() {
			step.slot++
			c.First += c.Count
			s.descend(c, level, false)
			return true
		}
	}
	c.leaf = 0
	return false
}

// Prev moves the cursor to the leaf before it; without one it is invalid.
func (s *Seq) Prev(c *SeqCursor) bool {
	for level := c.height - 1; level >= 0; level-- {
		if step := &c.path[level]; step.slot > 0 {
			step.slot--
			s.descend(c, level, true)
			c.First -= c.Count
			return true
		}
	}
	c.leaf = 0
	return false
}

// descend goes from the child at level down to its first or last leaf.
func (s *Seq) descend(c *SeqCursor, level int, last bool) {
	for ; ; level++ {
		n, _ := s.inner(c.path[level].ref)
		slot := int(c.path[level].slot)
		ref := n.ref(slot)
		if level+1 == c.height {
			c.leaf, c.Count = ref, n.count(slot)
			return
		}
		end := 0
		if last {
			end = seqInner(s.heap.Node(ref)).len() - 1
		}
		c.path[level+1] = seqStep{ref, int32(end)}
	}
}
