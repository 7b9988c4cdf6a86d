package tree

import (
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Delete removes key and tells whether it was there. Nodes that its value
// refers to are the caller's.
func (t *Tree) Delete(key []byte) bool {
	if t.Root == 0 {
		return false
	}
	var p path
	i, found := t.find(&p, key)
	if !found {
		return false
	}
	t.cutOut(&p, i, i+1)
	if invariant.Enabled {
		t.checkAt(key)
	}
	return true
}

// DeleteRange removes the entries whose indices are in [from, to). Before they
// go it calls fn, if not nil, with each, in order: the slices are valid during
// the call, in which the tree must not be used.
func (t *Tree) DeleteRange(from, to int64, fn func(key, value []byte)) {
	from, to = max(from, 0), min(to, t.Count)
	var buf keyBuf
	for from < to {
		var p path
		i := t.findIndex(&p, from)
		b := p.node(t.heap, p.depth)
		j := i + int(min(int64(b.count()-i), to-from))
		for k := i; fn != nil && k < j; k++ {
			fn(b.key(t.heap, k, &buf), b.value(k))
		}
		t.cutOut(&p, i, j)
		to -= int64(j - i)
		if invariant.Enabled && t.Root != 0 {
			t.checkIndex(min(from, t.Count-1))
		}
	}
}

// cutOut removes entries [i, j) of the leaf of p.
func (t *Tree) cutOut(p *path, i, j int) {
	b := t.own(p)
	for k := i; k < j; k++ {
		if s := b.slot(k); s&flagExternal != 0 {
			t.place.Retire(b.keyNode(s))
		}
	}
	t.add(p, -int64(j-i))
	b.remove(i, j)
	if n := b.count(); n == 0 {
		t.unhang(p, p.depth)
	} else if live := b.live(); live <= len(b)*3/4 {
		t.shrink(p, b, live)
	}
}

// shrink gives the space of the leaf b of p back: a merge with a neighbour, or
// a smaller node.
func (t *Tree) shrink(p *path, b node, live int) {
	if live <= MaxNode/4 && t.merge(p, p.depth) {
		return
	}
	t.trim(p, b)
}

// trim gives the leaf b of p the node that its size asks for.
func (t *Tree) trim(p *path, b node) {
	if page.ClassSize(b.live()) < len(b) {
		r := t.run(kindLeaf).part(b, 0, b.count())
		t.renew(p, p.depth, &r, 0)
	}
}

// unhang retires the node at level l of p, which is empty, and takes it out of
// its parent.
func (t *Tree) unhang(p *path, l int) {
	t.place.Retire(p.at[l].ref)
	if l == 0 {
		t.Root = 0
		return
	}
	t.dropChild(p, l-1, int(p.at[l-1].i), true)
}

// dropChild takes child i out of the inner node at level l of p. The separator
// that is not needed any more is retired, if it has a node, or else moved.
func (t *Tree) dropChild(p *path, l, i int, retire bool) {
	b := p.node(t.heap, l)
	n := b.count()
	if n == 1 {
		t.unhang(p, l)
		return
	}
	if s := b.slot(max(i, 1)); retire && s&flagExternal != 0 {
		t.place.Retire(b.keyNode(s))
	}
	if l == 0 && n == 2 {
		t.lower(b.ref(1 - i))
		return
	}
	r := t.run(kindInner).part(b, 0, i).part(b, i+1, n)
	t.renew(p, l, &r, 0)
	if p.node(t.heap, l).live() <= MaxNode/4 {
		t.merge(p, l)
	}
}

// lower replaces the root, an inner node with one child left, by that, and goes
// on downwards.
func (t *Tree) lower(child page.Ref) {
	for {
		t.place.Retire(t.Root)
		t.Root = child
		b := node(t.heap.Node(child))
		if !b.inner() || b.count() > 1 {
			return
		}
		child = b.ref(0)
	}
}

// merge joins the node at level l of p with the smaller of its neighbours below
// the same parent, if both together are not large, and tells whether.
func (t *Tree) merge(p *path, l int) bool {
	if l == 0 {
		return false
	}
	parent, i := p.node(t.heap, l-1), int(p.at[l-1].i)
	left := t.neighbour(parent, i)
	if left < 0 {
		return false
	}
	lref, rref := parent.ref(left), parent.ref(left+1)
	lb, rb := node(t.heap.Node(lref)), node(t.heap.Node(rref))
	if lb.live()+rb.live() > MaxNode*5/8 {
		return false
	}
	r := t.run(lb[5]).part(lb, 0, lb.count())
	var sepBuf, buf keyBuf
	sep := entry{}
	if r.kind == kindInner { // the first of the right node gets its separator back
		sep.key = parent.key(t.heap, left+1, &sepBuf)
		if s := parent.slot(left + 1); s&flagExternal != 0 {
			sep.ref = parent.keyNode(s)
		}
		sep.child, sep.count = rb.ref(0), rb.entries(0)
		r = r.entry(&sep).part(rb, 1, rb.count())
	} else {
		r = r.part(rb, 0, rb.count())
	}
	prefix, size := r.shape(&buf)
	if size > MaxNode*3/4 {
		return false
	}
	ref := t.build(&r, prefix, size)
	parent.setRef(left, ref)
	parent.setEntries(left, parent.entries(left)+parent.entries(left+1))
	t.place.Retire(lref)
	t.place.Retire(rref)
	p.at[l-1].i = int32(left)
	p.at[l].ref = ref
	t.dropChild(p, l-1, left+1, r.kind == kindLeaf)
	return true
}

// neighbour chooses which neighbour child i of parent is merged with: it returns
// the left one of both, or -1 if there is none.
func (t *Tree) neighbour(parent node, i int) int {
	size := func(i int) int { return node(t.heap.Node(parent.ref(i))).live() }
	switch n := parent.count(); {
	case n == 1:
		return -1
	case i == 0:
		return 0
	case i == n-1 || size(i-1) <= size(i+1):
		return i - 1
	}
	return i
}
