package zset

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Freer returns what retires the nodes of a set that is dropped, nil if there
// are none.
func Freer(w value.Where, sp value.Space, kind value.Kind, b []byte) value.Freer {
	if kind != value.ZSetTree {
		return value.BlobFreer(w, kind, b)
	}
	c := value.Cell{Space: sp, Where: w, Kind: kind, B: b}
	t, tr := c.Table(0, nil), c.Tree(treeOffset)
	return &freer{table: t.Detach(), tree: tr.Detach(nil)}
}

type freer struct {
	table *table.Freer // nil when done
	tree  *tree.Freer
}

// Step makes freer a value.Freer.
func (f *freer) Step(n int) (done bool) {
	if f.table != nil {
		if f.table.Step(n) {
			f.table = nil
		}
		return false
	}
	return f.tree.Step(n)
}

// Copy makes the new cell c a copy of a set.
func Copy(c *value.Cell, sp value.Space, kind value.Kind, b []byte) {
	if kind != value.ZSetTree {
		value.CopyBlob(c, sp, kind, b)
		return
	}
	z := Of(sp, kind, b)
	var none [treeBytes]byte
	c.Set(value.ZSetTree, none[:])
	e := Edit(c)
	z.table.Each(func(entry table.Entry) bool {
		// In hash order all goes to one bucket after the other.
		e.table.Set(sp.Hash(entry.Key()), entry.Key(), table.Item{Due: table.NoDue, Value: entry.Value()})
		return true
	})
	e.tree = z.tree.Copy(c.Where, nil)
	e.Close()
}

// Nodes calls fn with every node of a set.
func Nodes(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref)) {
	if kind != value.ZSetTree {
		if ref := value.BlobNode(kind, b); ref != 0 {
			fn(ref)
		}
		return
	}
	z := Of(sp, kind, b)
	z.table.Detach().Nodes(fn) // of a copy
	z.tree.Nodes(fn)
}
