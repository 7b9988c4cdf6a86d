package rdb

import (
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/set"
)

func setType(kind value.Kind) Type {
	if kind&^value.InNode == value.SetInts {
		return TypeSetIntset
	}
	return TypeSet // Redis 7.0 knows no listpacks of members
}

func (e *Encoder) set(entry keyspace.Entry) {
	if setType(entry.Kind()) == TypeSetIntset {
		e.String(value.BlobOf(entry.Space(), entry.Kind(), entry.Value()))
		return
	}
	s := set.Of(entry.Space(), entry.Kind(), entry.Value())
	e.Length(uint64(s.Len()))
	if t := s.Table(); t != nil {
		entry.EachOf(t, func(m table.Entry) bool {
			e.String(m.Key())
			return e.err == nil
		})
		return
	}
	s.Each(func(m set.Member) bool {
		e.String(m.Bytes(e.digits[:]))
		return e.err == nil
	})
}
