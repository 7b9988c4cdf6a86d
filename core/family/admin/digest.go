package admin

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
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

// value joins e's value and whether it has a due time.
func (d *digest) value(e keyspace.Entry) {
	d.mixUint32(redisType(e.Type()))
	if e.Type() == value.TypeString {
		d.mix(e.String().Bytes(nil))
	}
	if e.Due() != keyspace.NoTTL {
		d.xor([]byte("!!expire!!"))
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
			one.value(e)
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
			d.value(e)
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
