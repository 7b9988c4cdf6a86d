package rdb

import (
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// typeOf is the type under which an entry is saved: the same as Redis 7.0
// chooses, and for what it does not have that of Redis 7.4.
func typeOf(entry keyspace.Entry) Type {
	switch entry.Type() {
	case value.TypeList:
		return TypeListQuicklist2
	case value.TypeSet:
		return setType(entry.Kind())
	case value.TypeHash:
		return hashType(entry)
	case value.TypeZSet:
		return zsetType(entry.Kind())
	case value.TypeStream:
		return TypeStreamListpacks2
	}
	return TypeString
}

// version is the first version of RDB files that has the type, Version at
// least.
func (t Type) version() int {
	if t >= TypeSetListpack { // after those of Redis 7.0
		return MaxVersion
	}
	return Version
}

// value writes the value of an entry, without its type: element by element
// from where it lies, so that nothing of its size is allocated.
func (e *Encoder) value(entry keyspace.Entry) {
	switch entry.Type() {
	case value.TypeString:
		e.text(entry.String())
	case value.TypeList:
		e.list(entry)
	case value.TypeSet:
		e.set(entry)
	case value.TypeHash:
		e.hash(entry)
	case value.TypeZSet:
		e.zset(entry)
	case value.TypeStream:
		e.stream(entry)
	}
}

// text writes a string; a long one in pieces, without a copy of it.
func (e *Encoder) text(v value.String) {
	if n := v.Len(); n > maxCompress {
		e.BeginString(uint64(n))
		v.Pieces(0, n, func(p []byte) bool { e.Piece(p); return true })
		return
	}
	e.String(v.Bytes(e.digits[:]))
}
