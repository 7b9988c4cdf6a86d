package tree

import (
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Remove drops the leaves that hold the elements [from, to); a leaf starts at
// from, and one ends at to. It costs O(log n) and the retiring of what goes.
func (s *Seq) Remove(from, to int64) {
	switch {
	case from >= to:
		return
	case from == 0 && to == s.Count:
		s.retireTree(s.Root)
		s.Root, s.Count, s.Leaves = 0, 0, 0
		return
	}
	s.Root = s.place.Own(s.Root)
	s.cut(s.Root, from, to)
	s.Count -= to - from
	s.lower()
	if invariant.Enabled {
		var c SeqCursor
		s.Seek(&c, min(from, s.Count-1))
		s.verify(&c)
	}
}

// lower takes roots away that have a single child.
func (s *Seq) lower() {
	for {
		node := s.heap.Node(s.Root)
		if isSeqLeaf(node) || seqInner(node).len() > 1 {
			return
		}
		root := s.Root
		s.Root = seqInner(node).ref(0)
		s.place.Retire(root)
	}
}

// cut drops the leaves of the elements [from, to) below an owned inner node,
// which keeps a child at least.
func (s *Seq) cut(ref page.Ref, from, to int64) {
	n := seqInner(s.heap.Node(ref))
	touched, first, last := -1, -1, -1 // [first, last] go as a whole
	start := int64(0)
	for i := 0; i < n.len() && start < to; i++ {
		end := start + n.count(i)
		if end > from && touched < 0 {
			touched = i
		}
		switch {
		case end <= from:
		case from <= start && end <= to:
			s.retireTree(n.ref(i))
			if last = i; first < 0 {
				first = i
			}
		default:
			child := s.place.Own(n.ref(i))
			n.setRef(i, child)
			lo, hi := max(from, start), min(to, end)
			s.cut(child, lo-start, hi-start)
			n.setCount(i, end-start-(hi-lo))
		}
		start = end
	}
	if first >= 0 {
		n.remove(first, last+1)
	}
	if n.height() > 1 {
		s.join(n, touched)
	}
}

// join merges neighbours of an owned node's children around slot i that are
// small enough for Q4 to want it.
func (s *Seq) join(n seqInner, i int) {
	for left := max(i-2, 0); left <= i+1 && left+1 < n.len(); {
		a, b := seqInner(s.heap.Node(n.ref(left))), seqInner(s.heap.Node(n.ref(left+1)))
		if a.len()+b.len() > seqFanout/2 {
			left++
			continue
		}
		s.merge(n, left)
		left = max(left-1, 0)
	}
}

// merge moves the children of child i+1 to child i, where those at the seam
// become neighbours.
func (s *Seq) merge(n seqInner, i int) {
	ref := s.place.Own(n.ref(i))
	a, b := seqInner(s.heap.Node(ref)), seqInner(s.heap.Node(n.ref(i+1)))
	k, l := a.len(), b.len()
	if k+l > a.room() {
		wider, w := s.newInner(a.height(), k+l)
		copy(w.children(0, k), a.children(0, k))
		s.place.Retire(ref)
		ref, a = wider, w
	}
	copy(a.children(k, k+l), b.children(0, l))
	a.setLen(k + l)
	s.place.Retire(n.ref(i + 1))
	n.setRef(i, ref)
	n.setCount(i, n.count(i)+n.count(i+1))
	n.remove(i+1, i+2)
	if a.height() > 1 {
		s.join(a, k)
	}
}

// retireTree retires a node and all below it.
func (s *Seq) retireTree(ref page.Ref) {
	if node := s.heap.Node(ref); isSeqLeaf(node) {
		s.Leaves--
	} else {
		n := seqInner(node)
		for i := range n.len() {
			s.retireTree(n.ref(i))
		}
	}
	s.place.Retire(ref)
}

// SeqFreer frees the nodes of a sequence step by step.
type SeqFreer struct {
	place page.Place
	stack []seqStep // the way to what is next; behind the last slot the node itself
	epoch uint32    // in which the sequence was dropped
}

// Detach empties the sequence and returns what frees its nodes, nil for an
// empty one.
func (s *Seq) Detach() *SeqFreer {
	if s.Root == 0 {
		return nil
	}
	f := &SeqFreer{place: s.place, stack: []seqStep{{ref: s.Root}}, epoch: s.place.Epoch()}
	s.Root, s.Count, s.Leaves = 0, 0, 0
	return f
}

// Step retires about n nodes and tells whether all are. It is called under the
// shard's lock.
func (f *SeqFreer) Step(n int) (done bool) {
	h := f.place.Heap()
	for ; n > 0 && len(f.stack) > 0; n-- {
		top := &f.stack[len(f.stack)-1]
		node := h.Node(top.ref)
		for !isSeqLeaf(node) && int(top.slot) < seqInner(node).len() {
			child := seqInner(node).ref(int(top.slot))
			top.slot++
			f.stack = append(f.stack, seqStep{ref: child})
			top = &f.stack[len(f.stack)-1]
			node = h.Node(child)
		}
		f.place.RetireDropped(top.ref, f.epoch)
		f.stack = f.stack[:len(f.stack)-1]
	}
	return len(f.stack) == 0
}

// Nodes calls fn with every node that is still to be retired.
func (f *SeqFreer) Nodes(fn func(ref page.Ref)) {
	h := f.place.Heap()
	for _, step := range f.stack {
		fn(step.ref)
		if node := h.Node(step.ref); !isSeqLeaf(node) {
			n := seqInner(node)
			for i := int(step.slot); i < n.len(); i++ {
				seqNodes(h, n.ref(i), fn)
			}
		}
	}
}

// Nodes calls fn with every node of the sequence.
func (s *Seq) Nodes(fn func(ref page.Ref)) {
	if s.Root != 0 {
		seqNodes(s.heap, s.Root, fn)
	}
}

func seqNodes(h *page.Heap, ref page.Ref, fn func(ref page.Ref)) {
	fn(ref)
	node := h.Node(ref)
	if isSeqLeaf(node) {
		return
	}
	n := seqInner(node)
	for i := range n.len() {
		seqNodes(h, n.ref(i), fn)
	}
}

// Copy makes a copy of the sequence, with nodes of its own, at another place
// of the same heap.
func (s *Seq) Copy(place page.Place) Seq {
	c := Seq{Count: s.Count, Leaves: s.Leaves, heap: place.Heap(), place: place}
	if s.Root != 0 {
		c.Root = c.copyTree(s.Root)
	}
	return c
}

func (s *Seq) copyTree(ref page.Ref) page.Ref {
	old := s.heap.Node(ref)
	if isSeqLeaf(old) {
		return s.newLeaf(old[seqOffForm], leafBytes(old), 0)
	}
	o := seqInner(old)
	copied, n := s.newInner(o.height(), o.len())
	n.setLen(o.len())
	copy(n.children(0, n.len()), o.children(0, o.len()))
	for i := range n.len() {
		n.setRef(i, s.copyTree(o.ref(i)))
	}
	return copied
}
