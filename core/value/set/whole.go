package set

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Freer retires the nodes of a set that no entry names any more, nil if it has
// none.
func Freer(w value.Where, sp value.Space, kind value.Kind, b []byte) value.Freer {
	if kind != value.SetTable {
		return value.BlobFreer(w, kind, b)
	}
	c := value.Cell{Space: sp, Where: w, B: b}
	t := c.Table(0, nil)
	return t.Detach()
}

// Copy makes the new cell c a copy of a set of the same heap, in the same
// representation.
func Copy(c *value.Cell, sp value.Space, kind value.Kind, b []byte) {
	if kind != value.SetTable {
		value.CopyBlob(c, sp, kind, b)
		return
	}
	var version [value.TableSize]byte
	t := table.Nested(c.Where, c.Hash, nil)
	from := value.TableAt(sp, b)
	from.Each(func(e table.Entry) bool {
		t.Set(c.Hash(e.Key()), e.Key(), table.Item{Due: table.NoDue})
		return true
	})
	value.PutTable(version[:], &t)
	c.Set(value.SetTable, version[:])
}

// Nodes calls fn with every node of a set.
func Nodes(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref)) {
	if kind == value.SetTable {
		t := value.TableAt(sp, b)
		t.Detach().Nodes(fn)
	} else if ref := value.BlobNode(kind, b); ref != 0 {
		fn(ref)
	}
}
