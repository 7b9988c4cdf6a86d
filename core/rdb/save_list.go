package rdb

import (
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// list writes the pieces in which a list lies.
func (e *Encoder) list(entry keyspace.Entry) {
	l := list.Of(entry.Space(), entry.Kind(), entry.Value())
	e.Length(uint64(l.Leaves()))
	l.EachLeaf(func(b []byte, isPlain bool) bool {
		kind := uint64(nodePacked)
		if isPlain {
			kind = nodePlain
		}
		e.Length(kind)
		e.String(b)
		return e.err == nil
	})
}
