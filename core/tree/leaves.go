package tree

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/page"
)

// Leaf is a leaf of a version, read only: entries that are neighbours.
type Leaf struct {
	heap *page.Heap
	b    node
}

// EachBack calls fn with the entries from the last to the first, until it returns
// false. Keys are valid during the call.
func (l Leaf) EachBack(fn func(key, value []byte) bool) bool {
	var buf keyBuf
	copy(buf[:], l.b.prefix())
	for i := l.b.count() - 1; i >= 0; i-- {
		var key []byte
		if s := l.b.slot(i); s&flagExternal != 0 {
			key = l.b.externalKey(l.heap, s)
		} else {
			key = l.b.finishKey(s, &buf)
		}
		if !fn(key, l.b.value(i)) {
			return false
		}
	}
	return true
}

// Before tells whether the entries of l come before the key, which is that of the
// first entry of some leaf.
func (l Leaf) Before(key []byte) bool {
	var buf keyBuf
	return bytes.Compare(l.b.key(l.heap, 0, &buf), key) < 0
}

// AppendFirst appends the key of the first entry to dst.
func (l Leaf) AppendFirst(dst []byte) []byte {
	var buf keyBuf
	return append(dst, l.b.key(l.heap, 0, &buf)...)
}

// Part says what a node of a tree is to a walk over a version of it.
type Part uint8

// Parts of a tree.
const (
	NoPart    Part = iota // no node of a tree
	Readable              // a leaf, which can be read whenever
	Needed                // others are found through it: it stays to the end
	KeyOfItem             // a key in a node of its own
)

// PartOf tells what the node at ref is to a walk over the tree that it is from.
func PartOf(h *page.Heap, ref page.Ref) (Part, Leaf) {
	b := node(h.Node(ref))
	switch b[5] {
	case kindLeaf:
		return Readable, Leaf{h, b}
	case kindInner:
		return Needed, Leaf{}
	case kindKey:
		return KeyOfItem, Leaf{}
	}
	return NoPart, Leaf{}
}

// LeavesBack calls fn with the leaves of a version from the last to the first,
// until it returns false. Those for which gone is true may be freed: they are
// left out, and not looked into.
func (t *Tree) LeavesBack(gone func(leaf page.Ref) bool, fn func(Leaf) bool) {
	if t.Root == 0 {
		return
	}
	height := 0
	for ref := t.Root; !gone(ref); height++ { // what is gone is a leaf
		b := node(t.heap.Node(ref))
		if !b.inner() {
			break
		}
		ref = b.ref(0)
	}
	t.leavesBack(t.Root, height, gone, fn)
}

// leavesBack is LeavesBack below the node at ref, which is so many levels above
// the leaves (K5: they are all of one depth).
func (t *Tree) leavesBack(ref page.Ref, height int, gone func(page.Ref) bool, fn func(Leaf) bool) bool {
	if height == 0 {
		return gone(ref) || fn(Leaf{t.heap, t.heap.Node(ref)})
	}
	b := node(t.heap.Node(ref))
	for i := b.count() - 1; i >= 0; i-- {
		if !t.leavesBack(b.ref(i), height-1, gone, fn) {
			return false
		}
	}
	return true
}
