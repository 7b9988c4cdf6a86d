package tree

import "github.com/redoubt-kv/redoubt/core/page"

// path is the way from the root to a leaf.
type path struct {
	depth int // inner nodes above the leaf
	at    [maxLevels + 1]step
}

// step is a node of a path and the entry in it: the child that is next, or the
// leaf's entry. at[depth] is the leaf.
type step struct {
	ref page.Ref
	i   int32
}

// find walks to the leaf of key; i is the first entry there that is not less.
func (t *Tree) find(p *path, key []byte) (i int, found bool) {
	ref := t.Root
	for {
		b := node(t.heap.Node(ref))
		p.at[p.depth].ref = ref
		if !b.inner() {
			return b.search(t.heap, 0, key)
		}
		i := b.child(t.heap, key)
		p.at[p.depth].i = int32(i)
		p.depth++
		ref = b.ref(i)
	}
}

// findIndex walks to the leaf of the entry of that index, which is less than
// Count, and returns the entry's number there.
func (t *Tree) findIndex(p *path, index int64) (i int) {
	ref := t.Root
	for {
		b := node(t.heap.Node(ref))
		p.at[p.depth].ref = ref
		if !b.inner() {
			return int(index)
		}
		i := 0
		for ; ; i++ {
			n := b.entries(i)
			if index < n {
				break
			}
			index -= n
		}
		p.at[p.depth].i = int32(i)
		p.depth++
		ref = b.ref(i)
	}
}

// own makes the leaf of p and all nodes above it writable, and returns it.
func (t *Tree) own(p *path) node {
	if leaf := p.at[p.depth].ref; t.heap.Owned(leaf) { // and all above it: page P5
		return t.heap.Node(leaf)
	}
	for l := range p.depth + 1 {
		if ref := p.at[l].ref; !t.heap.Owned(ref) {
			t.hang(p, l, t.place.Own(ref))
		}
	}
	return t.heap.Node(p.at[p.depth].ref)
}

// hang puts the node ref in at level l of p: into its parent, which is owned.
func (t *Tree) hang(p *path, l int, ref page.Ref) {
	p.at[l].ref = ref
	if l == 0 {
		t.Root = ref
		return
	}
	p.node(t.heap, l-1).setRef(int(p.at[l-1].i), ref)
}

// node is the node at level l of p.
func (p *path) node(h *page.Heap, l int) node { return h.Node(p.at[l].ref) }

// add changes the number of entries below p, whose nodes are owned.
func (t *Tree) add(p *path, n int64) {
	t.Count += n
	for l := range p.depth {
		b, i := p.node(t.heap, l), int(p.at[l].i)
		b.setEntries(i, b.entries(i)+n)
	}
}
