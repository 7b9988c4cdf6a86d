package hash

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Picker picks fields at random, each with the same probability.
type Picker struct {
	h   *Hash
	at  []int32 // where the fields of a packed hash are
	t   table.Table
	rnd func() uint64
}

// Picker returns a picker from h, in which there is a field. rnd gives random
// numbers.
func (h *Hash) Picker(rnd func() uint64) Picker {
	p := Picker{h: h, rnd: rnd}
	if h.width == 0 {
		p.t = value.TableAt(h.sp, h.b)
		return p
	}
	p.at = make([]int32, 0, listpack.Len(h.lp)/h.width)
	for pos := listpack.First(h.lp); pos != listpack.None; pos = listpack.Next(h.lp, pos) {
		field := pos
		if pos = listpack.Next(h.lp, pos); !expired(h.dueBehind(pos), h.now) {
			p.at = append(p.at, int32(field))
		}
		if h.width == 3 {
			pos = listpack.Next(h.lp, pos)
		}
	}
	return p
}

// Pick returns a field and its value.
func (p *Picker) Pick() (field, val Item) {
	if p.h.width != 0 {
		pos := int(p.at[below(p.rnd(), len(p.at))])
		return packedItem(p.h.lp, pos), packedItem(p.h.lp, listpack.Next(p.h.lp, pos))
	}
	const tries = 100
	for range tries {
		if e := p.t.Random(p.rnd); !expired(e.Due(), p.h.now) {
			return bytesItem(e.Key()), valueOf(p.h.sp, e)
		}
	}
	// Nearly all are expired: choose among the others.
	n := below(p.rnd(), p.h.Len())
	p.h.Each(func(f, v Item, _ int64) bool {
		field, val = f, v
		n--
		return n >= 0
	})
	return field, val
}

// Sample calls fn with n of the fields, n at most Len, each set of n with the
// same probability, in the order of Each.
func (h *Hash) Sample(n int, rnd func() uint64, fn func(field, val Item)) {
	left := h.Len()
	h.Each(func(field, val Item, _ int64) bool {
		if below(rnd(), left) < n {
			fn(field, val)
			n--
		}
		left--
		return n > 0
	})
}

// below makes of a random word a number in [0, n).
func below(rnd uint64, n int) int {
	hi, _ := bits.Mul64(rnd, uint64(n))
	return int(hi)
}

// A cursor of Scan is a place in the hash order of a table, its first 52 bits as
// in keyspace.Store.Scan, with the same guarantee.
const cursorShift = 64 - 52

// Scan calls fn with fields from cursor on until count were looked at, and
// returns the next cursor, 0 at the end. Of a packed hash it gives all.
func (h *Hash) Scan(cursor uint64, count int, fn func(field, val Item)) (next uint64) {
	if h.width != 0 {
		h.Each(func(field, val Item, _ int64) bool {
			fn(field, val)
			return true
		})
		return 0
	}
	t := value.TableAt(h.sp, h.b)
	if cursor >= 1<<52 || t.Root == 0 {
		return 0
	}
	var found []scanned
	for pos := cursor << cursorShift; ; {
		b := t.At(pos)
		found = h.inOrder(b, cursor, found[:0])
		for i, f := range found {
			if count <= 0 && (i == 0 || f.place != found[i-1].place) {
				return f.place
			}
			count--
			if !expired(f.entry.Due(), h.now) {
				fn(bytesItem(f.entry.Key()), valueOf(h.sp, f.entry))
			}
		}
		if pos = b.End; pos == 0 {
			return 0
		}
		if cursor = pos >> cursorShift; count <= 0 {
			return cursor
		}
	}
}

type scanned struct {
	place uint64
	entry table.Entry
}

// inOrder returns the entries of b from cursor on in hash order.
func (h *Hash) inOrder(b table.Bucket, cursor uint64, found []scanned) []scanned {
	b.Each(func(e table.Entry) bool {
		if place := h.sp.Hash(e.Key()) >> cursorShift; place >= cursor {
			found = append(found, scanned{place, e})
		}
		return true
	})
	slices.SortFunc(found, func(a, b scanned) int { return cmp.Compare(a.place, b.place) })
	return found
}
