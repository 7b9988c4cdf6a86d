package rdb

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

func zsetType(kind value.Kind) Type {
	if kind == value.ZSetTree {
		return TypeZSet2
	}
	return TypeZSetListpack
}

// zset writes a sorted set that is large from the greatest member to the
// smallest, the order in which Redis loads it fastest; what writers change
// meanwhile comes out of turn, which Redis loads as well.
func (e *Encoder) zset(entry keyspace.Entry) {
	z := zset.Of(entry.Space(), entry.Kind(), entry.Value())
	if pack := z.Packed(); pack != nil {
		e.String(pack)
		return
	}
	e.Length(uint64(z.Len()))
	entry.EachBackOf(z.Tree(), func(key, val []byte) bool {
		member, score := zset.ElementOf(key, val)
		e.String(member)
		e.fixed64(math.Float64bits(score))
		return e.err == nil
	})
}
