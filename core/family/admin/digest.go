package admin

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/stream"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// digest is DEBUG DIGEST's signature of data, the same as Redis computes of
// the same data: SHA-1 sums joined by xor where order does not matter and by
// hashing again where it does.
type digest [sha1.Size]byte

// xor joins data without regard to order.
func (d *digest) xor(data []byte) {
	sum := sha1.Sum(data)
	for i := range d {
		d[i] ^= sum[i]
	}
}

// mix joins data with regard to order.
func (d *digest) mix(data []byte) {
	d.xor(data)
	*d = sha1.Sum(d[:])
}

func (d *digest) mixUint32(n uint32) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	d.mix(b[:])
}

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

// value joins e's value as it is at time now, and whether it has a due time.
func (d *digest) value(e keyspace.Entry, now int64) {
	d.mixUint32(redisType(e.Type()))
	switch sp, kind, b := e.Space(), e.Kind(), e.Value(); e.Type() {
	case value.TypeString:
		d.mix(e.String().Bytes(nil))
	case value.TypeList:
		d.list(list.Of(sp, kind, b))
	case value.TypeSet:
		d.set(set.Of(sp, kind, b))
	case value.TypeHash:
		d.hash(hash.Of(sp, kind, b, now))
	case value.TypeZSet:
		d.zset(zset.Of(sp, kind, b))
	case value.TypeStream:
		d.stream(stream.Of(sp, kind, b))
	}
	if e.Due() != keyspace.NoTTL {
		d.xor([]byte("!!expire!!"))
	}
}

func (d *digest) list(l list.List) {
	var it list.Iter
	var room []byte
	for ok := it.Seek(&l, 0); ok; ok = it.Next() {
		room = it.AppendElem(room[:0])
		d.mix(room)
	}
}

func (d *digest) set(s set.Set) {
	var room [20]byte
	s.Each(func(m set.Member) bool {
		d.xor(m.Bytes(room[:]))
		return true
	})
}

// pair joins two strings that belong together, without regard to the order of
// pairs.
func (d *digest) pair(a, b []byte) {
	var one digest
	one.mix(a)
	one.mix(b)
	d.xor(one[:])
}

func (d *digest) hash(h hash.Hash) {
	var rooms [2][20]byte
	h.Each(func(field, v hash.Item, _ int64) bool {
		d.pair(field.Bytes(rooms[0][:]), v.Bytes(rooms[1][:]))
		return true
	})
}

// zset writes scores as C's %.17g.
func (d *digest) zset(z zset.ZSet) {
	var room []byte
	c := z.At(0)
	for ; c.Valid(); c.Next() {
		room = appendScore(room[:0], c.Score())
		d.pair(c.Member(), room)
	}
}

func appendScore(b []byte, score float64) []byte {
	if math.IsInf(score, 1) {
		return append(b, "inf"...)
	}
	if math.IsInf(score, -1) {
		return append(b, "-inf"...)
	}
	return strconv.AppendFloat(b, score, 'g', 17, 64)
}

// stream joins entries; groups are not part of the signature.
func (d *digest) stream(s stream.Stream) {
	var room []byte
	it := s.Range(stream.ID{}, stream.MaxID)
	for it.Next() {
		id := it.ID()
		room = strconv.AppendUint(append(strconv.AppendUint(room[:0], id.Ms, 10), '.'), id.Seq, 10)
		d.mix(room)
		for range 2 * it.Fields() {
			elem, n, isInt := it.Elem()
			if isInt {
				room = strconv.AppendInt(room[:0], n, 10)
				elem = room
			}
			d.mix(elem)
		}
	}
}

// debugDigest replies the signature of all databases.
func debugDigest(c *command.Call) {
	var all digest
	for i := range c.Tx.Store().Databases() {
		db := c.Tx.DB(i)
		if n, _ := db.Len(); n == 0 {
			continue
		}
		all.mixUint32(uint32(i))
		db.Each(func(e keyspace.Entry) bool {
			var one digest
			one.mix(e.Key())
			one.value(e, db.FieldTime())
			all.xor(one[:])
			return true
		})
	}
	c.Out.Simple(all.String())
}

// debugDigestValue replies the signatures of single values; of an absent key
// it is all zeros.
func debugDigestValue(c *command.Call) {
	c.Out.Array(len(c.Args) - 2)
	for _, key := range c.Args[2:] {
		var d digest
		if e, ok := c.DB.Find(key, keyspace.Peek); ok {
			d.value(e, c.DB.FieldTime())
		}
		c.Out.Simple(d.String())
	}
}

// redisType is the number Redis has for a type; 5 is that of modules.
func redisType(t value.Type) uint32 {
	if t == value.TypeStream {
		return 6
	}
	return uint32(t)
}
