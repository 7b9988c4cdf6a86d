// Package set is sets of strings: how their members lie in an entry and in
// nodes, and what is read of and changed in them.
//
// # Layout
//
// A small set is packed bytes in the layout of Redis; a larger one is a nested
// table whose entries are the members, without values.
//
//	kind       the value's bytes
//	SetInts    an intset
//	SetPack    a listpack of the members
//	SetHashed  the same; where Redis 7.0 has a hash table, so that this is
//	           what clients are told
//	SetTable   |root 4|0 4|count 8|0 8|, a table's version
//
// Packed bytes lie in the entry or in a node of their own (value.InNode).
//
// # Conversion
//
// A set begins as SetInts. Adding converts it where the result would pass a
// threshold; nothing converts it back.
//
//	SetInts ──▶ SetPack ──▶ SetHashed ──▶ SetTable
//	   └───────────┴────────────▲────────────▲
//
// SetPack is only made where set-max-listpack-entries allows (Redis 7.2). A
// SetHashed has at most 128 members of at most 64 bytes.
package set

import (
	"math/bits"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/intset"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Set reads a set. It aliases node memory: it is valid until the next change.
type Set struct {
	kind value.Kind // without InNode
	pack []byte     // of the packed kinds
	tab  table.Table
	hash func([]byte) uint64
}

// Of reads the set with these kind and bytes.
func Of(sp value.Space, kind value.Kind, b []byte) Set {
	s := Set{kind: kind &^ value.InNode, hash: sp.Hash}
	if s.kind == value.SetTable {
		s.tab = value.TableAt(sp, b)
	} else {
		s.pack = value.BlobOf(sp, kind, b)
	}
	return s
}

// OfCell reads the set that c holds.
func OfCell(c *value.Cell) Set { return Of(c.Space, c.Kind, c.B) }

// Encoding is what OBJECT ENCODING replies.
func Encoding(_ value.Space, kind value.Kind, _ []byte) string {
	switch kind &^ value.InNode {
	case value.SetInts:
		return "intset"
	case value.SetPack:
		return "listpack"
	}
	return "hashtable"
}

// Len is the number of members.
func (s Set) Len() int64 {
	switch s.kind {
	case value.SetInts:
		return int64(intset.Len(s.pack))
	case value.SetTable:
		return s.tab.Count
	}
	return int64(listpack.Len(s.pack))
}

// Packed tells whether the members lie in one piece, so that there are few.
func (s Set) Packed() bool { return s.kind != value.SetTable }

// Has tells whether m is a member.
func (s Set) Has(m []byte) bool {
	switch s.kind {
	case value.SetInts:
		n, ok := value.ParseInt(m)
		return ok && s.HasInt(n)
	case value.SetTable:
		_, ok := s.tab.Find(s.hash(m), m)
		return ok
	}
	return listpack.Find(s.pack, listpack.First(s.pack), m, 0) != listpack.None
}

// HasInt tells whether n in decimal is a member, of a set of kind SetInts.
func (s Set) HasInt(n int64) bool {
	_, ok := intset.Find(s.pack, n)
	return ok
}

// HasMember is Has for a member of any set. scratch has room for a number.
func (s Set) HasMember(m Member, scratch []byte) bool {
	if m.Text == nil && s.kind == value.SetInts {
		return s.HasInt(m.Int)
	}
	return s.Has(m.Bytes(scratch))
}

// Member is one member of a set as it lies there: a text, or if that is nil
// the decimal form of a number.
type Member struct {
	Text []byte
	Int  int64
}

// Bytes is the member's text, for a number in scratch.
func (m Member) Bytes(scratch []byte) []byte {
	if m.Text != nil {
		return m.Text
	}
	return strconv.AppendInt(scratch[:0], m.Int, 10)
}

// memberAt is the member at pos of a listpack.
func memberAt(pack []byte, pos int) Member {
	b, n, isInt := listpack.Get(pack, pos)
	if isInt {
		return Member{Int: n}
	}
	return Member{Text: b}
}

// Each calls fn with every member until it returns false. Numbers of kind
// SetInts come in ascending order.
func (s Set) Each(fn func(m Member) bool) {
	switch s.kind {
	case value.SetInts:
		for i := range intset.Len(s.pack) {
			if !fn(Member{Int: intset.Get(s.pack, i)}) {
				return
			}
		}
	case value.SetTable:
		s.tab.Each(func(e table.Entry) bool { return fn(Member{Text: e.Key()}) })
	default:
		for pos := listpack.First(s.pack); pos != listpack.None; pos = listpack.Next(s.pack, pos) {
			if !fn(memberAt(s.pack, pos)) {
				return
			}
		}
	}
}

// Table is the table that the set is, nil if it is packed: its keys are the
// members.
func (s Set) Table() *table.Table {
	if s.kind != value.SetTable {
		return nil
	}
	return &s.tab
}

// Random returns a member, each with the same probability, by the random
// numbers that rnd gives. The set is not empty.
func (s Set) Random(rnd func() uint64) Member {
	if s.kind == value.SetTable {
		return Member{Text: s.tab.Random(rnd).Key()}
	}
	hi, _ := bits.Mul64(rnd(), uint64(s.Len()))
	if s.kind == value.SetInts {
		return Member{Int: intset.Get(s.pack, int(hi))}
	}
	return memberAt(s.pack, listpack.Seek(s.pack, int(hi)))
}

// Scan calls fn with members from cursor on until it has seen about count of
// them, and returns the next cursor, 0 at the end. A packed set is seen whole.
func (s Set) Scan(cursor uint64, count int, fn func(m Member)) (next uint64) {
	if s.kind == value.SetTable {
		return s.tab.Scan(cursor, count, s.hash, func(e table.Entry) { fn(Member{Text: e.Key()}) })
	}
	s.Each(func(m Member) bool {
		fn(m)
		return true
	})
	return 0
}
