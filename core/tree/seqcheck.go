package tree

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Check verifies the invariants of the whole sequence and calls visit with
// every node it is made of. The error names the invariant.
func (s *Seq) Check(visit func(ref page.Ref)) error {
	if s.Root == 0 {
		if s.Count != 0 || s.Leaves != 0 {
			return fmt.Errorf("Q1: %d elements in %d leaves without a root", s.Count, s.Leaves)
		}
		return nil
	}
	leaves := int64(0)
	height := 0
	if node := s.heap.Node(s.Root); !isSeqLeaf(node) {
		height = seqInner(node).height()
		if seqInner(node).len() < 2 {
			return fmt.Errorf("Q3: the root has %d children", seqInner(node).len())
		}
	}
	if s.Count < 1 || height > seqMaxHeight {
		return fmt.Errorf("Q2: %d elements at height %d", s.Count, height)
	}
	if err := s.checkNode(s.Root, height, s.Count, &leaves, visit); err != nil {
		return err
	}
	if leaves != s.Leaves {
		return fmt.Errorf("Q1: %d leaves, counted %d", s.Leaves, leaves)
	}
	return nil
}

func (s *Seq) checkNode(ref page.Ref, height int, count int64, leaves *int64, visit func(page.Ref)) error {
	visit(ref)
	node := s.heap.Node(ref)
	if isSeqLeaf(node) != (height == 0) {
		return fmt.Errorf("Q2: node %d of kind %d at height %d", ref, node[5], height)
	}
	if height == 0 {
		*leaves++
		if n := len(leafBytes(node)); seqLeafHead+n > len(node) {
			return fmt.Errorf("Q3: leaf %d has %d bytes", ref, n)
		}
		return nil
	}
	if err := s.checkInner(ref, height, count); err != nil {
		return err
	}
	n := seqInner(node)
	for i := range n.len() {
		if err := s.checkNode(n.ref(i), height-1, n.count(i), leaves, visit); err != nil {
			return err
		}
	}
	return nil
}

// checkInner verifies one inner node, below which there should be count
// elements, with a look at its children.
func (s *Seq) checkInner(ref page.Ref, height int, count int64) error {
	n := seqInner(s.heap.Node(ref))
	if n[5] != kindSeqInner || n.height() != height {
		return fmt.Errorf("Q2: node %d of kind %d has height %d, not %d", ref, n[5], n.height(), height)
	}
	if n.len() < 1 || n.len() > n.room() {
		return fmt.Errorf("Q3: node %d has %d children and room for %d", ref, n.len(), n.room())
	}
	before := seqFanout
	for i := range n.len() {
		if n.count(i) < 1 {
			return fmt.Errorf("Q1: child %d of node %d has %d elements", i, ref, n.count(i))
		}
		if s.heap.Owned(n.ref(i)) && !s.heap.Owned(ref) {
			return fmt.Errorf("page P5: node %d is owned, node %d that names it is frozen", n.ref(i), ref)
		}
		if height > 1 {
			l := seqInner(s.heap.Node(n.ref(i))).len()
			if before+l <= seqFanout/2 {
				return fmt.Errorf("Q4: child %d of node %d has %d children, the one before %d", i, ref, l, before)
			}
			before = l
		}
	}
	if sum := n.total(); sum != count {
		return fmt.Errorf("Q1: node %d has %d elements, its parent says %d", ref, sum, count)
	}
	return nil
}

// verify checks, in the invariants build, what is above the cursor's leaf.
func (s *Seq) verify(c *SeqCursor) {
	if !invariant.Enabled {
		return
	}
	count := s.Count
	for level := range c.height {
		step := c.path[level]
		err := s.checkInner(step.ref, c.height-level, count)
		invariant.Check(err == nil, "Q1", "after a change: %v", err)
		count = seqInner(s.heap.Node(step.ref)).count(int(step.slot))
	}
	invariant.Check(count == c.Count && c.Count > 0, "Q1", "the leaf at element %d has %d elements, its parent says %d", c.First, c.Count, count)
}
