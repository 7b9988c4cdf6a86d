package tree

import (
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Set stores value, at most MaxValue bytes, under key, and tells whether key
// was not there. Neither may alias the tree's nodes. Nodes that an old value
// refers to are the caller's.
func (t *Tree) Set(key, value []byte) (added bool) {
	mustFit(value)
	if invariant.Enabled {
		defer t.checkAt(key)
	}
	e := entry{key: key, value: value}
	if t.Root == 0 {
		t.plant(&e)
		return true
	}
	var p path
	i, found := t.find(&p, key)
	if found {
		t.replaceValue(&p, i, &e)
		return false
	}
	b := t.own(&p)
	if len(key) > maxInlineKey {
		e.ref = t.newKey(key)
	}
	t.add(&p, 1)
	if b.fits(&e) {
		b.insert(i, &e)
	} else {
		t.grow(&p, i, i, &e)
	}
	return true
}

// mustFit stops a caller whose value would not leave room for three entries: its
// node could be larger than offsets reach (K6).
func mustFit(value []byte) {
	if len(value) > MaxValue {
		panic("tree: a value is longer than MaxValue")
	}
}

// plant makes e the only entry.
func (t *Tree) plant(e *entry) {
	if len(e.key) > maxInlineKey {
		e.ref = t.newKey(e.key)
	}
	t.Count = 1
	r := t.run(kindLeaf).entry(e)
	t.Root = t.build(&r, nil, r.size(0))
}

func (t *Tree) newKey(key []byte) page.Ref {
	ref := t.place.Alloc(page.Header+len(key), kindKey)
	copy(keyBytes(t.heap, ref, len(key)), key)
	return ref
}

// replaceValue stores the value of e in entry i of the leaf of p.
func (t *Tree) replaceValue(p *path, i int, e *entry) {
	old := p.node(t.heap, p.depth).value(i)
	if len(old) == 0 && len(e.value) == 0 {
		return
	}
	b := t.own(p)
	if len(old) == len(e.value) {
		copy(b.value(i), e.value)
		return
	}
	s := b.slot(i)
	if s&flagExternal != 0 {
		e.ref = b.keyNode(s)
	}
	if b.free() < e.size(b.prefixLen()) {
		t.grow(p, i, i+1, e)
		return
	}
	b.bury(s)
	b.write(i, e)
}

// grow puts e in the place of entries [i, j) of the leaf of p, which has no
// room for it.
func (t *Tree) grow(p *path, i, j int, e *entry) {
	b := p.node(t.heap, p.depth)
	if i == j && b.dead() == 0 && t.extend(p, b, i, e) {
		return
	}
	r := t.run(kindLeaf).part(b, 0, i).entry(e).part(b, j, b.count())
	t.renew(p, p.depth, &r, i)
}

// extend copies the leaf b of p, whose records lie without gaps, into a larger
// node with e as entry i, if that suffices and no better prefix is to be had.
func (t *Tree) extend(p *path, b node, i int, e *entry) bool {
	n, l := b.count(), b.prefixLen()
	size := b.live() + 8 + e.size(min(l, len(e.key)))
	if size > MaxNode || t.filling || t.better(b, i, e) != l {
		return false
	}
	old := p.at[p.depth].ref
	ref := t.place.Alloc(size, kindLeaf)
	nb := node(t.heap.Node(ref))
	nb.initNode(n+1, b.prefix())
	low := len(nb) - (len(b) - b.low())
	copy(nb[low:], b[b.low():])
	nb.setLow(low)
	delta := uint64(len(nb) - len(b))
	for k := range i {
		nb.setSlot(k, b.slot(k)+delta)
	}
	for k := i; k < n; k++ {
		nb.setSlot(k+1, b.slot(k)+delta)
	}
	nb.write(i, e)
	t.hang(p, p.depth, ref)
	t.place.Retire(old)
	return true
}

// better is the length of the prefix that the keys of leaf b share with e as
// entry i among them.
func (t *Tree) better(b node, i int, e *entry) int {
	var buf, other keyBuf
	first, last := e.key, e.key
	if i > 0 {
		first = b.key(t.heap, 0, &buf)
	}
	if n := b.count(); i < n {
		last = b.key(t.heap, n-1, &other)
	}
	return sharedPrefix(first, last)
}

// renew replaces the node at level l of p by one or two made of r, whose new
// entry is that of number at.
func (t *Tree) renew(p *path, l int, r *run, at int) {
	old := p.at[l].ref
	var buf keyBuf
	prefix, size := r.shape(&buf)
	if size <= MaxNode {
		t.hang(p, l, t.build(r, prefix, size))
	} else {
		t.split(p, l, r, t.cutAt(r, at))
	}
	t.place.Retire(old)
}

// cutAt is where r is cut, whose new entry is that of number at. What is added
// at an end leaves the old node as it is, full: more will follow there. An entry
// that does not share the prefix of the others is at an end, too: without the
// prefix they could take more space than two nodes have.
func (t *Tree) cutAt(r *run, at int) int {
	switch at {
	case r.len() - 1:
		return at
	case r.keyed():
		return 1
	}
	return r.half()
}

// split replaces the node at level l of p by two, of r before m and from m on.
func (t *Tree) split(p *path, l int, r *run, m int) {
	left, right := r.cut(m)
	var buf, other keyBuf
	sep := entry{}
	sep.key, sep.ref = right.key(0, &buf)
	if r.kind == kindLeaf {
		last, _ := left.key(left.len()-1, &other)
		sep.key = sep.key[:shared(last, sep.key)+1]
		sep.ref = 0
		if len(sep.key) > maxInlineKey {
			sep.ref = t.newKey(sep.key)
		}
	}
	lref, rref := t.buildOf(&left), t.buildOf(&right)
	lb := node(t.heap.Node(lref))
	sep.child, sep.count = rref, node(t.heap.Node(rref)).total()
	if l == 0 {
		t.lift(&entry{child: lref, count: lb.total()}, &sep)
		return
	}
	t.hang(p, l, lref)
	parent, i := p.node(t.heap, l-1), int(p.at[l-1].i)
	parent.setEntries(i, lb.total())
	up := t.run(kindInner).part(parent, 0, i+1).entry(&sep).part(parent, i+1, parent.count())
	t.renew(p, l-1, &up, i+1)
}

// buildOf is build with the prefix and size that are right for r.
func (t *Tree) buildOf(r *run) page.Ref {
	var buf keyBuf
	prefix, size := r.shape(&buf)
	return t.build(r, prefix, size)
}

// lift makes a new root of two children.
func (t *Tree) lift(left, right *entry) {
	r := t.run(kindInner).entry(left).entry(right)
	t.Root = t.buildOf(&r)
}
