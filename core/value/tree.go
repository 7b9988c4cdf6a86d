package value

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
)

// TreeSize is the bytes of a tree's version: |root 4|0 4|count 8|.
const TreeSize = 16

// Tree returns the tree whose version is at byte off of B, to be changed.
func (c *Cell) Tree(off int) tree.Tree {
	b := c.B[off:]
	return tree.Open(c.Where, page.Ref(le.Uint32(b)), int64(le.Uint64(b[8:])))
}

// PutTree stores the version of t at byte off of B, in place.
func (c *Cell) PutTree(off int, t *tree.Tree) {
	b := c.B[off:]
	le.PutUint32(b, uint32(t.Root))
	le.PutUint32(b[4:], 0)
	le.PutUint64(b[8:], uint64(t.Count))
}

// TreeAt returns the tree whose version is in b, for reading.
func TreeAt(sp Space, b []byte) tree.Tree {
	return tree.OpenRead(sp.Heap, page.Ref(le.Uint32(b)), int64(le.Uint64(b[8:])))
}
