package tree

import "github.com/redoubt-kv/redoubt/core/page"

// Builder makes a tree of entries that come in ascending order of their keys,
// with full nodes: to load one from a file, or to copy one.
type Builder struct {
	tree Tree
	path path // to the last leaf, if known
	know bool
}

// NewBuilder starts a tree whose nodes belong to place.
func NewBuilder(place page.Place) *Builder {
	b := &Builder{tree: Open(place, 0, 0)}
	b.tree.filling = true
	return b
}

// Add appends an entry, whose value has at most MaxValue bytes. If its key is
// not greater than the last one, Add does nothing and returns false.
func (b *Builder) Add(key, value []byte) bool {
	mustFit(value)
	t := &b.tree
	e := entry{key: key, value: value}
	if t.Root == 0 {
		t.plant(&e)
		return true
	}
	if !b.know {
		b.path, b.know = path{}, true
		t.findIndex(&b.path, t.Count-1)
	}
	leaf := t.own(&b.path)
	i, found := leaf.search(t.heap, 0, key)
	if found || i < leaf.count() {
		return false
	}
	if len(key) > maxInlineKey {
		e.ref = t.newKey(key)
	}
	t.add(&b.path, 1)
	if leaf.fits(&e) {
		leaf.insert(i, &e)
	} else {
		t.grow(&b.path, i, i, &e)
		b.know = false
	}
	return true
}

// Tree returns the tree. The Builder must not be used any more.
func (b *Builder) Tree() Tree {
	t := &b.tree
	t.filling = false
	if t.Root != 0 {
		var p path
		t.findIndex(&p, t.Count-1)
		t.trim(&p, t.own(&p))
	}
	return *t
}

// Copy makes a copy of the tree in place. value, if not nil, gives the value that
// the copy has in the place of each: it may copy what the value refers to. What
// it returns may be overwritten by the next call.
func (t *Tree) Copy(place page.Place, value func(value []byte) []byte) Tree {
	b := NewBuilder(place)
	c := t.First()
	for ok := c.Valid(); ok; ok = c.Next() {
		v := c.Value()
		if value != nil {
			v = value(v)
		}
		b.Add(c.Key(), v)
	}
	return b.Tree()
}
