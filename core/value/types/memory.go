package types

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// fewMembers is how many members of a table are always looked at: a hundred
// buckets or less.
const fewMembers = 4096

// Memory is the bytes of the nodes of a value. Where a table has more than
// fewMembers and samples members, what they take is estimated from so many.
func Memory(sp value.Space, kind value.Kind, b []byte, samples int) (bytes int64) {
	add := func(ref page.Ref) { bytes += int64(sp.Heap.Size(ref)) }
	switch kind {
	case value.SetTable, value.HashTable, value.ZSetTree:
		t := value.TableAt(sp, b)
		if most := max(samples, fewMembers); t.Count > int64(most) {
			bytes = tableMemory(sp, &t, kind, most)
			if kind == value.ZSetTree {
				order := value.TreeAt(sp, b[value.TableSize:])
				order.Nodes(add)
			}
			return bytes
		}
	}
	Nodes(sp, kind, b, add)
	return bytes
}

// tableMemory estimates what a table takes, and in a hash the values of its
// entries.
func tableMemory(sp value.Space, t *table.Table, kind value.Kind, samples int) int64 {
	values := int64(0)
	n, bytes := t.Sample(samples, func(e table.Entry) {
		if kind == value.HashTable {
			value.Nodes(sp.Heap, value.Kind(e.Kind()), e.Value(), func(ref page.Ref) { values += int64(sp.Heap.Size(ref)) })
		}
	})
	return int64(float64(bytes+values) / float64(n) * float64(t.Count))
}
