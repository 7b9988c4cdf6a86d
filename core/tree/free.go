package tree

import "github.com/redoubt-kv/redoubt/core/page"

// Free retires every node and empties the tree. Nodes that values refer to are
// the caller's.
func (t *Tree) Free() {
	f := t.Detach(nil)
	for !f.Step(1 << 20) {
	}
}

// Freer frees the nodes of a detached tree step by step.
type Freer struct {
	t       Tree
	path    path // to the next leaf; what is before it is retired
	release func(value []byte)
	// epoch in which the tree was detached: pins from then on do not see it.
	epoch uint32
	done  bool
}

// Detach empties the tree and returns what frees its nodes. release, if not nil,
// is called with every value before it goes, in order, so that the nodes it
// refers to can be retired: as Freer does it, by RetireDropped with the epoch
// of the detachment.
func (t *Tree) Detach(release func(value []byte)) *Freer {
	f := &Freer{t: *t, release: release, epoch: t.place.Epoch(), done: t.Root == 0}
	t.Root, t.Count = 0, 0
	if !f.done {
		f.t.descend(&f.path, 0, f.t.Root)
	}
	return f
}

// descend makes p lead by first children from ref, at level l, to a leaf.
func (t *Tree) descend(p *path, l int, ref page.Ref) {
	for {
		p.at[l] = step{ref: ref}
		b := node(t.heap.Node(ref))
		if !b.inner() {
			p.depth = l
			return
		}
		ref = b.ref(0)
		l++
	}
}

// Step retires about n nodes, where an entry counts as one if there is something
// to release, and tells whether all is freed. It is called under the lock of the
// shard that the tree's place names.
func (f *Freer) Step(n int) (done bool) {
	for n > 0 && !f.done {
		n -= f.leaf()
	}
	return f.done
}

// leaf retires the leaf of the path, and the inner nodes that it is the last of.
func (f *Freer) leaf() (n int) {
	p := &f.path
	b := p.node(f.t.heap, p.depth)
	if f.release != nil {
		for i := range b.count() {
			f.release(b.value(i))
		}
		n = b.count()
	}
	n += f.node(p.depth)
	for l := p.depth - 1; l >= 0; l-- {
		b, i := p.node(f.t.heap, l), int(p.at[l].i)+1
		if i < b.count() {
			p.at[l].i = int32(i)
			f.t.descend(p, l+1, b.ref(i))
			return n
		}
		n += f.node(l)
	}
	f.done = true
	return n
}

// node retires the node at level l of the path and the keys that it names.
func (f *Freer) node(l int) (n int) {
	b := f.path.node(f.t.heap, l)
	b.eachKeyNode(func(ref page.Ref) { f.retire(ref); n++ })
	f.retire(f.path.at[l].ref)
	return n + 1
}

func (f *Freer) retire(ref page.Ref) { f.t.place.RetireDropped(ref, f.epoch) }

// Nodes calls fn with every node that is still to be retired.
func (f *Freer) Nodes(fn func(ref page.Ref)) {
	if f.done {
		return
	}
	for l := range f.path.depth + 1 {
		b := f.path.node(f.t.heap, l)
		fn(f.path.at[l].ref)
		b.eachKeyNode(fn)
		if b.inner() {
			for i := int(f.path.at[l].i) + 1; i < b.count(); i++ {
				f.t.nodes(b.ref(i), fn)
			}
		}
	}
}
