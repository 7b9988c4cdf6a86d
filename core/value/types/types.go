// Package types joins the types of values: what the keyspace does with a value
// whatever it is.
package types

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/stream"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// ops are what a type does with its values.
type ops struct {
	// freer retires the nodes of a value that is dropped; nil if it has none.
	freer func(w value.Where, sp value.Space, kind value.Kind, b []byte) value.Freer
	// copy makes the new cell c a copy of a value.
	copy func(c *value.Cell, sp value.Space, kind value.Kind, b []byte)
	// nodes calls fn with every node of a value.
	nodes func(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref))
	// encoding is what OBJECT ENCODING replies.
	encoding func(sp value.Space, kind value.Kind, b []byte) string
}

var all = [...]ops{
	value.TypeString: {value.StringFreer, value.CopyString, value.StringNodes, value.StringEncoding},
	value.TypeHash:   {hash.Freer, hash.Copy, hash.Nodes, hash.Encoding},
	value.TypeList:   {list.Freer, list.Copy, list.Nodes, list.Encoding},
	value.TypeSet:    {set.Freer, set.Copy, set.Nodes, set.Encoding},
	value.TypeStream: {stream.Freer, stream.Copy, stream.Nodes, stream.Encoding},
	value.TypeZSet:   {zset.Freer, zset.Copy, zset.Nodes, zset.Encoding},
}

// Freer returns what retires the nodes of a value that is being dropped, nil if
// it has none. b may go once it returns; the nodes are those of this epoch.
func Freer(w value.Where, sp value.Space, kind value.Kind, b []byte) value.Freer {
	return all[kind.Type()].freer(w, sp, kind, b)
}

// Copy makes c, which is new, a copy of a value of the same heap.
func Copy(c *value.Cell, sp value.Space, kind value.Kind, b []byte) {
	all[kind.Type()].copy(c, sp, kind, b)
}

// Nodes calls fn with every node of a value.
func Nodes(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref)) {
	all[kind.Type()].nodes(sp, kind, b, fn)
}

// Encoding is what OBJECT ENCODING replies.
func Encoding(sp value.Space, kind value.Kind, b []byte) string {
	return all[kind.Type()].encoding(sp, kind, b)
}

// FieldsDue is a time in ms before which no part of the value expires by itself,
// value.NoDue if none ever does. Only the fields of hashes do.
func FieldsDue(sp value.Space, kind value.Kind, b []byte) int64 {
	if kind.Type() != value.TypeHash {
		return value.NoDue
	}
	return hash.Due(sp, kind, b)
}

// ExpireFields removes some of the fields of c, a hash, whose time has come at
// now; gone, unless it is nil, is called with each before. It returns how many,
// whether none is left, and when to look again.
func ExpireFields(c *value.Cell, now int64, gone func(field []byte)) (removed int, empty bool, next int64) {
	return hash.Expire(c, now, gone)
}
