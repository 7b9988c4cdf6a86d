package tree

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Edit returns the bytes of the cursor's leaf, which is owned then, with a
// capacity of at least room more. They may be changed like any slice that is
// appended to; Put stores the result. No other change may come in between.
func (s *Seq) Edit(c *SeqCursor, room int) []byte {
	s.ownPath(c)
	node := s.heap.Node(c.leaf)
	if need := seqLeafHead + len(leafBytes(node)) + room; need > len(node) {
		node = s.moveLeaf(c, need)
	} else if ref := s.place.Own(c.leaf); ref != c.leaf {
		s.setLeaf(c, ref)
		node = s.heap.Node(ref)
	}
	return leafBytes(node)
}

// ownPath owns the inner nodes above the cursor's leaf, from the root down.
func (s *Seq) ownPath(c *SeqCursor) {
	if !s.heap.Pinned() {
		return // nothing is frozen
	}
	for level := range c.height {
		ref := s.place.Own(c.path[level].ref)
		if ref == c.path[level].ref {
			continue
		}
		s.setRefAt(c, level, ref)
	}
}

// setRefAt notes that the inner node of the path at level is now at ref: in
// the path, and in its parent, which is owned.
func (s *Seq) setRefAt(c *SeqCursor, level int, ref page.Ref) {
	c.path[level].ref = ref
	if level == 0 {
		s.Root = ref
		return
	}
	up := c.path[level-1]
	seqInner(s.heap.Node(up.ref)).setRef(int(up.slot), ref)
}

// setLeaf puts another node in the place of the cursor's leaf.
func (s *Seq) setLeaf(c *SeqCursor, ref page.Ref) {
	c.leaf = ref
	if c.height == 0 {
		s.Root = ref
		return
	}
	up := c.path[c.height-1]
	seqInner(s.heap.Node(up.ref)).setRef(int(up.slot), ref)
}

// moveLeaf moves the bytes of the cursor's leaf to a node of at least size
// bytes, head included. The path is owned.
func (s *Seq) moveLeaf(c *SeqCursor, size int) []byte {
	old := s.heap.Node(c.leaf)
	ref := s.newLeaf(old[seqOffForm], leafBytes(old), size)
	s.place.Retire(c.leaf)
	s.setLeaf(c, ref)
	return s.heap.Node(ref)
}

// newLeaf makes a leaf with these bytes in a node of at least size bytes.
func (s *Seq) newLeaf(form uint8, b []byte, size int) page.Ref {
	ref := s.place.Alloc(max(size, seqLeafHead+len(b)), kindSeqLeaf)
	node := s.heap.Node(ref)
	node[seqOffForm] = form
	binary.LittleEndian.PutUint32(node[seqOffLength:], uint32(len(b)))
	copy(node[seqLeafHead:], b)
	return ref
}

// Put stores bytes that Edit gave and the caller has changed, or any others
// that the leaf is to have instead. count is the number of elements now, at
// least one. A node of which less than a quarter is in use is made smaller.
func (s *Seq) Put(c *SeqCursor, b []byte, count int64) {
	node := s.heap.Node(c.leaf)
	if cap(b) == 0 || &b[:1][0] != &node[seqLeafHead] || len(b) > len(node)-seqLeafHead {
		s.Replace(c, node[seqOffForm], b, count)
		return
	}
	binary.LittleEndian.PutUint32(node[seqOffLength:], uint32(len(b)))
	if need := seqLeafHead + len(b); need*4 <= len(node) && len(node) > page.Unit {
		s.moveLeaf(c, need*2)
	}
	s.add(c, count-c.Count)
	c.Count = count
	s.verify(c)
}

// Replace gives the cursor's leaf another form and bytes, in another node, and
// count elements. The old bytes are not copied, whoever sees them.
func (s *Seq) Replace(c *SeqCursor, form uint8, b []byte, count int64) {
	s.ownPath(c)
	ref := s.newLeaf(form, b, 0)
	s.place.Retire(c.leaf)
	s.setLeaf(c, ref)
	s.add(c, count-c.Count)
	c.Count = count
	s.verify(c)
}

// add adds to the counts of everything above the cursor's leaf, which is owned.
func (s *Seq) add(c *SeqCursor, n int64) {
	if n == 0 {
		return
	}
	s.Count += n
	for _, step := range c.path[:c.height] {
		node, _ := s.inner(step.ref)
		node.setCount(int(step.slot), node.count(int(step.slot))+n)
	}
}

// Insert stores a new leaf with these bytes and count elements, of which the
// first gets the index at; a leaf starts there, or the sequence ends. The node
// gets room for as many bytes more.
func (s *Seq) Insert(at int64, form uint8, b []byte, room int, count int64) {
	leaf := s.newLeaf(form, b, seqLeafHead+len(b)+room)
	s.Leaves++
	if s.Root == 0 {
		s.Root, s.Count = leaf, count
		return
	}
	var c SeqCursor
	s.Seek(&c, max(at-1, 0))
	if invariant.Enabled {
		invariant.Check(at == 0 || c.First+c.Count == at, "Q1", "a leaf is inserted at element %d, inside of a leaf", at)
	}
	end := at == s.Count
	s.ownPath(&c)
	s.add(&c, count)
	s.insert(&c, leaf, count, at == 0, end)
	if invariant.Enabled && s.Seek(&c, at) {
		s.verify(&c)
	}
}

// insert puts a node beside the child that the path takes at the lowest level
// and splits what is full, upwards. before: it comes before everything. end: it
// comes behind everything. The counts of the path have the node's added already.
func (s *Seq) insert(c *SeqCursor, ref page.Ref, count int64, before, end bool) {
	height := 1
	for level := c.height - 1; level >= 0; level-- {
		n := seqInner(s.heap.Node(c.path[level].ref))
		slot := int(c.path[level].slot)
		n.setCount(slot, n.count(slot)-count)
		if !before {
			slot++
		}
		if n.len() < seqFanout {
			s.widen(c, level).insert(slot, ref, count)
			return
		}
		if before || end {
			// The sequence grows here: what is full stays full.
			fresh, node := s.newInner(n.height(), 1)
			node.insert(0, ref, count)
			ref = fresh
		} else {
			ref, count = s.split(n, slot, ref, count)
		}
		height = n.height() + 1
	}
	root, n := s.newInner(height, 2)
	n.insert(0, s.Root, s.Count-count)
	if before {
		n.insert(0, ref, count)
	} else {
		n.insert(1, ref, count)
	}
	s.Root = root
}

// newInner makes an inner node with room for some children, and none in it.
func (s *Seq) newInner(height, children int) (page.Ref, seqInner) {
	ref := s.place.Alloc(seqInnerHead+children*seqChildSize, kindSeqInner)
	n := seqInner(s.heap.Node(ref))
	n[seqOffHeight] = uint8(height)
	clear(n[seqOffChildren:seqInnerHead])
	return ref, n
}

// widen makes room for one more child in the owned node of the path at level,
// which is not full.
func (s *Seq) widen(c *SeqCursor, level int) seqInner {
	old := seqInner(s.heap.Node(c.path[level].ref))
	l := old.len()
	if l < old.room() {
		return old
	}
	ref, n := s.newInner(old.height(), min(2*l, seqFanout))
	n.setLen(l)
	copy(n.children(0, l), old.children(0, l))
	s.place.Retire(c.path[level].ref)
	s.setRefAt(c, level, ref)
	return n
}

// split moves the upper half of a full node's children to a new node and
// inserts a child at slot of the whole. It returns the new node and what is in
// it.
func (s *Seq) split(n seqInner, slot int, ref page.Ref, count int64) (page.Ref, int64) {
	const half = seqFanout / 2
	right, r := s.newInner(n.height(), seqFanout-half+1)
	r.setLen(seqFanout - half)
	copy(r.children(0, seqFanout-half), n.children(half, seqFanout))
	n.setLen(half)
	if slot <= half {
		n.insert(slot, ref, count)
	} else {
		r.insert(slot-half, ref, count)
	}
	return right, r.total()
}
