// Package hash is the type hash: fields with values, each with an expiry of its
// own if that is wanted.
//
// # Layout
//
// A small hash is packed, a large one is a table within its entry:
//
//	kind        the bytes
//	HashPack    listpack: field, value, field, value, …
//	HashPackEx  listpack: field, value, due, field, value, due, …
//	            in order of due (ms), those without one (0) last
//	HashTable   |table's version 24|due 8|sweep 8|later 8|
//
// The two packed forms are those of Redis's RDB files. A table's entry has the
// field as its key, the value in a form of strings (package value) as its kind
// and bytes, and the field's expiry as its due time.
//
//	due    no field is due before this time in ms, never without any
//	sweep  where Expire goes on through the table's hash order; 0: at the start
//	later  no field before sweep is due before this time
//
// A packed hash becomes a table when a field, a value or their number exceeds
// the limits, and stays one.
//
// # Time
//
// A field whose time has come is absent from then on for all but Expire, which
// removes it. Readers are given the time.
package hash

import (
	"encoding/binary"
	"math"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Times.
const (
	// NoDue is the due time of a field that never expires.
	NoDue = table.NoDue
	// KeepDue has Editor.Set leave a field's due time as it is.
	KeepDue = table.KeepDue
	// AnyTime, given as the time of reading, shows all fields that are stored.
	AnyTime = math.MinInt64

	never = math.MaxInt64
)

// The bytes of HashTable.
const (
	offDue    = value.TableSize
	offSweep  = offDue + 8
	offLater  = offSweep + 8
	tableSize = offLater + 8
)

var le = binary.LittleEndian

// Hash reads a hash. It aliases node memory: it is valid until the next change
// to its database.
type Hash struct {
	sp    value.Space
	now   int64
	width int    // entries of the listpack for a field, 0: a table
	lp    []byte // packed
	b     []byte // a table's bytes
}

// Of reads the value b of kind as it is at time now (ms).
func Of(sp value.Space, kind value.Kind, b []byte, now int64) Hash {
	h := Hash{sp: sp, now: now, width: width(kind)}
	if h.width == 0 {
		h.b = b
	} else {
		h.lp = value.BlobOf(sp, kind, b)
	}
	return h
}

// width is how many entries of the listpack a field takes, 0 for a table.
func width(kind value.Kind) int {
	switch kind &^ value.InNode {
	case value.HashPack:
		return 2
	case value.HashPackEx:
		return 3
	}
	return 0
}

// Encoding is what OBJECT ENCODING replies.
func Encoding(_ value.Space, kind value.Kind, _ []byte) string {
	switch kind &^ value.InNode {
	case value.HashPack:
		return "listpack"
	case value.HashPackEx:
		return "listpackex"
	}
	return "hashtable"
}

// Due is a time in ms before which no field is due, NoDue if none ever is. It
// costs nothing.
func Due(sp value.Space, kind value.Kind, b []byte) int64 {
	switch width(kind) {
	case 2:
		return NoDue
	case 3:
		lp := value.BlobOf(sp, kind, b)
		if first := listpack.First(lp); first != listpack.None {
			return packedDue(lp, listpack.Next(lp, listpack.Next(lp, first)))
		}
		return NoDue
	}
	if le.Uint64(b[16:]) == 0 { // the table's Dues
		return NoDue
	}
	return int64(le.Uint64(b[offDue:]))
}

// Due is Due of h.
func (h *Hash) Due() int64 {
	switch {
	case h.width == 0:
		return Due(h.sp, value.HashTable, h.b)
	case h.width == 3:
		return Due(h.sp, value.HashPackEx, h.lp)
	}
	return NoDue
}

// packedDue reads the due time of a field of HashPackEx.
func packedDue(lp []byte, pos int) int64 {
	if _, due, _ := listpack.Get(lp, pos); due != 0 {
		return due
	}
	return NoDue
}

// expired tells whether a field with this due time is absent at time now.
func expired(due, now int64) bool { return due != NoDue && due <= now }

// Len is the number of fields. Of a table with expired fields that Expire has
// not removed yet it looks at those of their buckets.
func (h *Hash) Len() int {
	switch h.width {
	case 2:
		return listpack.Len(h.lp) / 2
	case 3:
		n := listpack.Len(h.lp) / 3
		for pos := listpack.First(h.lp); pos != listpack.None; n-- {
			due := listpack.Next(h.lp, listpack.Next(h.lp, pos))
			if !expired(packedDue(h.lp, due), h.now) {
				break
			}
			pos = listpack.Next(h.lp, due)
		}
		return n
	}
	t := value.TableAt(h.sp, h.b)
	if !expired(h.Due(), h.now) {
		return int(t.Count)
	}
	return int(t.Count) - countExpired(&t, h.now)
}

// Stored is Len in O(1): of a table, with expired fields that Expire has not
// removed yet, as Redis's HLEN counts them.
func (h *Hash) Stored() int {
	if h.width != 0 {
		return h.Len()
	}
	t := value.TableAt(h.sp, h.b)
	return int(t.Count)
}

func countExpired(t *table.Table, now int64) (n int) {
	for pos := uint64(0); t.Root != 0; {
		b := t.At(pos)
		if b.Due() <= now {
			b.Each(func(e table.Entry) bool {
				if expired(e.Due(), now) {
					n++
				}
				return true
			})
		}
		if pos = b.End; pos == 0 {
			break
		}
	}
	return n
}

// Get returns the value of field and its due time.
func (h *Hash) Get(field []byte) (val Item, due int64, ok bool) {
	if h.width == 0 {
		t := value.TableAt(h.sp, h.b)
		e, ok := t.Find(h.sp.Hash(field), field)
		if !ok || expired(e.Due(), h.now) {
			return Item{}, NoDue, false
		}
		return valueOf(h.sp, e), e.Due(), true
	}
	pos := listpack.Find(h.lp, listpack.First(h.lp), field, h.width-1)
	if pos == listpack.None {
		return Item{}, NoDue, false
	}
	pos = listpack.Next(h.lp, pos)
	if due = h.dueBehind(pos); expired(due, h.now) {
		return Item{}, NoDue, false
	}
	return packedItem(h.lp, pos), due, true
}

// dueBehind is the due time of the field whose value is at pos.
func (h *Hash) dueBehind(pos int) int64 {
	if h.width == 2 {
		return NoDue
	}
	return packedDue(h.lp, listpack.Next(h.lp, pos))
}

// Each calls fn with every field, its value and due time until it returns false.
// fn must not change the database.
func (h *Hash) Each(fn func(field, val Item, due int64) bool) {
	if h.width == 0 {
		h.eachOfTable(fn)
		return
	}
	for pos := listpack.First(h.lp); pos != listpack.None; pos = listpack.Next(h.lp, pos) {
		field := pos
		pos = listpack.Next(h.lp, pos)
		val, due := pos, int64(NoDue)
		if h.width == 3 {
			pos = listpack.Next(h.lp, pos)
			if due = packedDue(h.lp, pos); expired(due, h.now) {
				continue
			}
		}
		if !fn(packedItem(h.lp, field), packedItem(h.lp, val), due) {
			return
		}
	}
}

// Words calls fn with every field and its value by turns, as bytes or as a
// number, if the hash is packed without due times; else it is false. It is Each
// for replies of many fields, without Items.
func (h *Hash) Words(fn func(b []byte, n int64, isInt bool)) bool {
	if h.width != 2 {
		return false
	}
	for pos := listpack.First(h.lp); pos != listpack.None; pos = listpack.Next(h.lp, pos) {
		fn(listpack.Get(h.lp, pos))
	}
	return true
}

// Table is the table that the hash is, nil if it is packed. FieldOf reads its
// entries.
func (h *Hash) Table() *table.Table {
	if h.width != 0 {
		return nil
	}
	t := value.TableAt(h.sp, h.b)
	return &t
}

// FieldOf reads an entry of Table, whenever it is due.
func (h *Hash) FieldOf(e table.Entry) (field, val Item, due int64) {
	return bytesItem(e.Key()), valueOf(h.sp, e), e.Due()
}

func (h *Hash) eachOfTable(fn func(field, val Item, due int64) bool) {
	t := value.TableAt(h.sp, h.b)
	t.Each(func(e table.Entry) bool {
		due := e.Due()
		return expired(due, h.now) || fn(bytesItem(e.Key()), valueOf(h.sp, e), due)
	})
}

// Overdue tells whether Expire may have something to remove.
func (h *Hash) Overdue() bool { return expired(h.Due(), h.now) }

// Large tells that the hash is a table.
func (h *Hash) Large() bool { return h.width == 0 }
