package rdb

import (
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// hashOf reads all fields of a hash, also those that have expired: they are
// saved like keys that have.
func hashOf(entry keyspace.Entry) hash.Hash {
	return hash.Of(entry.Space(), entry.Kind(), entry.Value(), hash.AnyTime)
}

func hashType(entry keyspace.Entry) Type {
	kind := entry.Kind() &^ value.InNode
	if kind == value.HashPack {
		return TypeHashListpack
	}
	if h := hashOf(entry); h.Due() == hash.NoDue {
		return TypeHash
	}
	if kind == value.HashPackEx {
		return TypeHashListpackEx
	}
	return TypeHashMetadata
}

func (e *Encoder) hash(entry keyspace.Entry) {
	h := hashOf(entry)
	t := hashType(entry)
	if t == TypeHashListpackEx || t == TypeHashMetadata {
		e.fixed64(uint64(h.Due()))
	}
	if t == TypeHashListpackEx || t == TypeHashListpack {
		e.String(value.BlobOf(entry.Space(), entry.Kind(), entry.Value()))
		return
	}
	base := h.Due() - 1 // no field is due before
	e.Length(uint64(h.Len()))
	write := func(field, v hash.Item, due int64) bool {
		if t == TypeHashMetadata {
			e.fieldDue(due, base)
		}
		e.String(field.Bytes(e.digits[:]))
		e.item(v)
		return e.err == nil
	}
	if whole := h.Table(); whole != nil {
		entry.EachOf(whole, func(x table.Entry) bool { return write(h.FieldOf(x)) })
		return
	}
	h.Each(write)
}

// fieldDue writes a due time as what it is above base, 0 if there is none.
func (e *Encoder) fieldDue(due, base int64) {
	if due == hash.NoDue {
		e.Length(0)
		return
	}
	e.Length(uint64(due - base))
}

// item writes a value of a hash; a long one in pieces, without a copy of it.
func (e *Encoder) item(v hash.Item) {
	if n := v.Len(); n > maxCompress {
		e.BeginString(uint64(n))
		v.Pieces(e.Piece)
		return
	}
	e.String(v.Bytes(e.digits[:]))
}
