package tree

import "github.com/redoubt-kv/redoubt/core/page"

// Rank returns the number of keys that are less than key, and whether key is
// there: then it is the index of key.
func (t *Tree) Rank(key []byte) (n int64, found bool) {
	if t.Root == 0 {
		return 0, false
	}
	b := node(t.heap.Node(t.Root))
	for b.inner() {
		i := b.child(t.heap, key)
		n += b.before(i)
		b = t.heap.Node(b.ref(i))
	}
	i, found := b.search(t.heap, 0, key)
	return n + int64(i), found
}

// before is the number of entries below the children before i.
func (b node) before(i int) (n int64) {
	from := b.slots() + 8*b.count()
	for counts := b[from : from+8*i]; len(counts) >= 8; counts = counts[8:] {
		n += int64(le.Uint64(counts))
	}
	return n
}

// Cursor is a place in a version of a tree: at an entry, or off either end. It
// is valid until the next change to the tree, or while the pin of the version
// lives.
type Cursor struct {
	heap *page.Heap
	path path
	leaf node
	i, n int    // entry of the leaf, -1 or n off the ends; entries of the leaf
	buf  keyBuf // starts with the prefix of the leaf
}

// Seek returns a cursor at the first entry whose key is not less than key, or
// behind the last.
func (t *Tree) Seek(key []byte) (c Cursor) {
	c.heap = t.heap
	if t.Root == 0 {
		return c
	}
	i, _ := t.find(&c.path, key)
	c.enter(i)
	if i == c.n { // the first of the next leaf is not less than the separator
		c.i--
		c.Next()
	}
	return c
}

// At returns a cursor at the entry of that index, or off the end that it is
// beyond.
func (t *Tree) At(index int64) (c Cursor) {
	c.heap = t.heap
	if t.Root == 0 {
		return c
	}
	at := max(0, min(index, t.Count-1))
	c.enter(t.findIndex(&c.path, at))
	c.i += int(max(-1, min(index-at, 1)))
	return c
}

// First returns a cursor at the first entry.
func (t *Tree) First() Cursor { return t.At(0) }

// Last returns a cursor at the last entry.
func (t *Tree) Last() Cursor { return t.At(max(t.Count-1, 0)) }

// enter makes entry i of the leaf of the path the current one.
func (c *Cursor) enter(i int) {
	c.leaf = c.path.node(c.heap, c.path.depth)
	c.i, c.n = i, c.leaf.count()
	copy(c.buf[:], c.leaf.prefix())
}

// Valid tells whether the cursor is at an entry.
func (c *Cursor) Valid() bool { return uint(c.i) < uint(c.n) }

// Key is the key of the entry. It is valid until the cursor is moved.
func (c *Cursor) Key() []byte {
	s := c.leaf.slot(c.i)
	if s&flagExternal != 0 {
		return c.leaf.externalKey(c.heap, s)
	}
	return c.leaf.finishKey(s, &c.buf)
}

// Value is the value of the entry. It aliases node memory, and is valid as long
// as the cursor.
func (c *Cursor) Value() []byte { return c.leaf.value(c.i) }

// Index is the index of the entry; off the ends it is -1 or Count.
func (c *Cursor) Index() (n int64) {
	if c.leaf == nil {
		return 0
	}
	for l := range c.path.depth {
		n += c.path.node(c.heap, l).before(int(c.path.at[l].i))
	}
	return n + int64(c.i)
}

// Next moves to the next entry and tells whether there is one. Off the lower
// end it moves to the first.
func (c *Cursor) Next() bool {
	if c.i+1 < c.n {
		c.i++
		return true
	}
	if c.leaf != nil && c.i < c.n && !c.leap(1) {
		c.i = c.n
	}
	return c.Valid()
}

// Prev moves to the entry before and tells whether there is one. Off the upper
// end it moves to the last.
func (c *Cursor) Prev() bool {
	if c.i > 0 {
		c.i--
		return true
	}
	if c.leaf != nil && c.i == 0 && !c.leap(-1) {
		c.i = -1
	}
	return c.Valid()
}

// leap moves to the leaf after (by 1) or before (by -1) the current one, if
// there is one.
func (c *Cursor) leap(by int32) bool {
	p := &c.path
	l := p.depth - 1
	for ; l >= 0; l-- {
		i := p.at[l].i + by
		if i >= 0 && int(i) < p.node(c.heap, l).count() {
			p.at[l].i = i
			break
		}
	}
	if l < 0 {
		return false
	}
	for ; l < p.depth; l++ {
		b := p.node(c.heap, l)
		ref := b.ref(int(p.at[l].i))
		p.at[l+1] = step{ref: ref}
		if l+1 < p.depth && by < 0 {
			p.at[l+1].i = int32(node(c.heap.Node(ref)).count() - 1)
		}
	}
	c.enter(0)
	if by < 0 {
		c.i = c.n - 1
	}
	return true
}
