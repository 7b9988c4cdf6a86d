package list

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// New makes c an empty list, to which something is pushed before it is stored.
func New(c *value.Cell) {
	var room [emptyPack]byte
	c.Set(value.ListPack, listpack.New(room[:]))
}

// Freer returns what retires the nodes of a list that is dropped, nil if it has
// none.
func Freer(w value.Where, _ value.Space, kind value.Kind, b []byte) value.Freer {
	if kind&^value.InNode == value.ListPack {
		return value.BlobFreer(w, kind, b)
	}
	root, leaves, count := treeVersion(b)
	s := tree.OpenSeq(w, root, count, leaves)
	if f := s.Detach(); f != nil {
		return f
	}
	return nil
}

// Copy makes the new cell c a copy of a list of the same heap.
func Copy(c *value.Cell, sp value.Space, kind value.Kind, b []byte) {
	if kind&^value.InNode == value.ListPack {
		value.CopyBlob(c, sp, kind, b)
		return
	}
	l := Of(sp, kind, b)
	copied := l.seq.Copy(c.Where)
	var v [treeSize]byte
	putTreeVersion(v[:], &copied)
	c.Set(value.ListTree, v[:])
}

// Nodes calls fn with every node of a list.
func Nodes(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref)) {
	if kind&^value.InNode == value.ListPack {
		if ref := value.BlobNode(kind, b); ref != 0 {
			fn(ref)
		}
		return
	}
	l := Of(sp, kind, b)
	l.seq.Nodes(fn)
}

// Encoding is what OBJECT ENCODING replies.
func Encoding(value.Space, value.Kind, []byte) string { return "quicklist" }

// Check verifies a list's structure and calls visit with every node. The error
// names the invariant.
func Check(sp value.Space, kind value.Kind, b []byte, visit func(ref page.Ref)) error {
	if kind == value.ListTree {
		l := Of(sp, kind, b)
		return l.check(visit)
	}
	Nodes(sp, kind, b, visit)
	l := Of(sp, kind, b)
	return checkPack(l.pack, l.Len())
}
