package tree

import (
	"bytes"
	"fmt"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Check verifies the invariants of the whole tree and calls visit, if not nil,
// with every node it is made of. The error names the invariant.
func (t *Tree) Check(visit func(ref page.Ref)) error {
	if visit == nil {
		visit = func(page.Ref) {}
	}
	if t.Root == 0 {
		if t.Count != 0 {
			return fmt.Errorf("K4: an empty tree counts %d entries", t.Count)
		}
		return nil
	}
	c := checker{t: t, visit: visit, depth: -1}
	n, err := c.node(t.Root, 0, nil, nil)
	if err == nil && n != t.Count {
		err = fmt.Errorf("K4: %d entries, counted %d", t.Count, n)
	}
	return err
}

type checker struct {
	t     *Tree
	visit func(ref page.Ref)
	depth int // of the leaves, -1 before the first
}

// node verifies what is below ref, whose keys are not less than low and, unless
// it is nil, less than high, and returns the number of entries.
func (c *checker) node(ref page.Ref, depth int, low, high []byte) (n int64, err error) {
	c.visit(ref)
	t := c.t
	b := node(t.heap.Node(ref))
	if err := t.checkNode(b, low, high, c.visit); err != nil {
		return 0, fmt.Errorf("node %d: %w", ref, err)
	}
	if !b.inner() {
		if c.depth >= 0 && c.depth != depth {
			return 0, fmt.Errorf("K5: leaf %d is at depth %d, others at %d", ref, depth, c.depth)
		}
		c.depth = depth
		return int64(b.count()), nil
	}
	if depth == 0 && b.count() < 2 {
		return 0, fmt.Errorf("K5: the root has %d child", b.count())
	}
	for i := range b.count() {
		lo, hi := low, high
		if i > 0 {
			lo = bytes.Clone(b.key(t.heap, i, new(keyBuf)))
		}
		if i+1 < b.count() {
			hi = bytes.Clone(b.key(t.heap, i+1, new(keyBuf)))
		}
		if t.heap.Owned(b.ref(i)) && !t.heap.Owned(ref) {
			return 0, fmt.Errorf("page P5: node %d is owned, %d above it is frozen", b.ref(i), ref)
		}
		below, err := c.node(b.ref(i), depth+1, lo, hi)
		if err != nil {
			return 0, err
		}
		if below != b.entries(i) {
			return 0, fmt.Errorf("K4: %d entries below child %d of node %d, counted %d", b.entries(i), i, ref, below)
		}
		n += below
	}
	return n, nil
}

// checkNode verifies K1, K2, K3 and K6 for one node.
func (t *Tree) checkNode(b node, low, high []byte, visit func(page.Ref)) error {
	n, first := b.count(), 0
	if b.inner() {
		first = 1
	} else if b[5] != kindLeaf {
		return fmt.Errorf("K5: a node of kind %d", b[5])
	}
	if n == 0 {
		return fmt.Errorf("K5: an empty node")
	}
	if len(b) > MaxNode || b.free() < 0 {
		return fmt.Errorf("K6: a node of %d bytes, %d of them free", len(b), b.free())
	}
	records := 0
	var buf, other keyBuf
	last, buf0 := []byte(nil), &buf
	for i := first; i < n; i++ {
		s := b.slot(i)
		if off := int(s & offMask); off < b.low() || off+b.size(s) > len(b) {
			return fmt.Errorf("K2: record %d at %d of %d bytes, low is %d", i, off, b.size(s), b.low())
		}
		records += b.size(s)
		key := b.key(t.heap, i, buf0)
		if err := b.checkKey(i, key, visit); err != nil {
			return err
		}
		if last != nil && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("K1: entry %d is not after the one before", i)
		}
		if bytes.Compare(key, low) < 0 || high != nil && bytes.Compare(key, high) >= 0 {
			return fmt.Errorf("K3: entry %d is not between the separators", i)
		}
		last = key
		if buf0 == &buf {
			buf0 = &other
		} else {
			buf0 = &buf
		}
	}
	if records != len(b)-b.low()-b.dead() {
		return fmt.Errorf("K2: records of %d bytes in %d-%d with %d dead", records, b.low(), len(b), b.dead())
	}
	return nil
}

// checkKey verifies the form of entry i, whose key that is.
func (b node) checkKey(i int, key []byte, visit func(page.Ref)) error {
	s := b.slot(i)
	if !bytes.HasPrefix(key, b.prefix()) {
		return fmt.Errorf("K1: entry %d does not share the prefix", i)
	}
	if head(key[b.prefixLen():]) != s&headMask {
		return fmt.Errorf("K1: the head %x of entry %d errs", s>>16, i)
	}
	if (len(key) > maxInlineKey) != (s&flagExternal != 0) {
		return fmt.Errorf("K6: a key of %d bytes has a node: %t", len(key), s&flagExternal != 0)
	}
	if s&flagExternal != 0 && visit != nil {
		visit(b.keyNode(s))
	}
	return nil
}

// checkAt is the check after each change in the invariants build.
func (t *Tree) checkAt(key []byte) {
	if t.Root != 0 {
		var p path
		t.find(&p, key)
		t.checkPath(&p)
	}
}

// checkIndex is checkAt for the entry of that index.
func (t *Tree) checkIndex(index int64) {
	var p path
	t.findIndex(&p, index)
	t.checkPath(&p)
}

// checkPath verifies the nodes of p and their counts.
func (t *Tree) checkPath(p *path) {
	want := t.Count
	for l := range p.depth + 1 {
		b := p.node(t.heap, l)
		err := t.checkNode(b, nil, nil, nil)
		invariant.Check(err == nil, "K1, K2, K5, K6", "%v", err)
		invariant.Check(b.total() == want, "K4", "%d entries below node %d, counted %d", want, p.at[l].ref, b.total())
		if b.inner() {
			want = b.entries(int(p.at[l].i))
		}
	}
}

// Nodes calls fn with every node of the tree: those above others first, and
// keys in nodes of their own after the node that names them.
func (t *Tree) Nodes(fn func(ref page.Ref)) {
	if t.Root != 0 {
		t.nodes(t.Root, fn)
	}
}

func (t *Tree) nodes(ref page.Ref, fn func(ref page.Ref)) {
	fn(ref)
	b := node(t.heap.Node(ref))
	b.eachKeyNode(fn)
	if b.inner() {
		for i := range b.count() {
			t.nodes(b.ref(i), fn)
		}
	}
}

// eachKeyNode calls fn with the nodes of the keys that the node names.
func (b node) eachKeyNode(fn func(ref page.Ref)) {
	for i := range b.count() {
		if s := b.slot(i); s&flagExternal != 0 {
			fn(b.keyNode(s))
		}
	}
}
