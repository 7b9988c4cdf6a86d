package hash

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Freer returns what retires the nodes of a hash that is dropped, nil if it has
// none.
func Freer(w value.Where, sp value.Space, kind value.Kind, b []byte) value.Freer {
	if width(kind) != 0 {
		return value.BlobFreer(w, kind, b)
	}
	epoch := w.Epoch()
	t := table.Nested(w, sp.Hash, func(_ *table.Table, _ uint64, e table.Entry) {
		value.Nodes(sp.Heap, value.Kind(e.Kind()), e.Value(), func(ref page.Ref) { w.RetireDropped(ref, epoch) })
	})
	version := value.TableAt(sp, b)
	if t.Root, t.Count, t.Dues = version.Root, version.Count, version.Dues; t.Root == 0 {
		return nil
	}
	return &tableFreer{t.Detach()}
}

// tableFreer counts about two fields for a node.
type tableFreer struct{ *table.Freer }

func (f *tableFreer) Step(n int) (done bool) { return f.Freer.Step(2 * n) }

// Copy makes the new cell c a copy of the hash b.
func Copy(c *value.Cell, sp value.Space, kind value.Kind, b []byte) {
	if width(kind) != 0 {
		value.CopyBlob(c, sp, kind, b)
		return
	}
	t := table.Nested(c.Where, c.Hash, release)
	h := Of(sp, kind, b, AnyTime)
	var scratch []byte
	h.Each(func(field, val Item, due int64) bool {
		put(c, &t, field, val, due, &scratch)
		return true
	})
	c.Set(value.HashTable, b)
	c.PutTable(0, &t)
	// It is swept from the start.
	le.PutUint64(c.B[offSweep:], 0)
	le.PutUint64(c.B[offLater:], never)
}

// Nodes calls fn with every node of a hash.
func Nodes(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref)) {
	if width(kind) != 0 {
		if ref := value.BlobNode(kind, b); ref != 0 {
			fn(ref)
		}
		return
	}
	t := value.TableAt(sp, b)
	t.Each(func(e table.Entry) bool {
		value.Nodes(sp.Heap, value.Kind(e.Kind()), e.Value(), fn)
		return true
	})
	t.Detach().Nodes(fn)
}
