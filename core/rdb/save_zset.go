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
// smallest, the order in which Redis loads it fastest.
func (e *Encoder) zset(entry keyspace.Entry) {
	z := zset.Of(entry.Space(), entry.Kind(), entry.Value())
	if pack := z.Packed(); pack != nil {
		e.String(pack)
		return
	}
	n := z.Len()
	e.Length(uint64(n))
	c := z.At(n - 1)
	for ; c.Valid() && e.err == nil; c.Prev() { // a c of the loop would be allocated for each round
		e.String(c.Member())
		e.fixed64(math.Float64bits(c.Score()))
	}
}
