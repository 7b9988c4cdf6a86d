package hash

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// The work of one Expire.
const (
	expireFields  = 256
	expireBuckets = 128

	// passesApart is the number of fields for which the passes over a table
	// are a millisecond apart: a pass takes a few microseconds for as many.
	passesApart = 2048
)

// Expire removes fields of c whose time has come at now: all of a packed hash,
// of a table some, going on where the last call stopped. It returns how many,
// whether no field is left in the hash, and when to call again, NoDue if never.
// Passes over a large table are some time apart.
// gone, unless it is nil, is called with each of the fields before it is removed.
func Expire(c *value.Cell, now int64, gone func(field []byte)) (removed int, empty bool, next int64) {
	e := Edit(c, now, 0)
	rest := int64(0)
	switch {
	case e.width == 3:
		removed = e.expirePacked(gone)
	case e.width == 0 && e.t.Dues > 0:
		removed = e.expireTable(gone)
		rest = e.t.Count / passesApart
	}
	empty = e.Stored() == 0
	e.Close()
	if next = Due(c.Space, c.Kind, c.B); next > now {
		next = max(next, now+rest)
	}
	return removed, empty, next
}

func (e *Editor) expirePacked(gone func(field []byte)) (n int) {
	var room [20]byte
	for pos := listpack.First(e.lp); pos != listpack.None; n++ {
		due := listpack.Next(e.lp, listpack.Next(e.lp, pos))
		if !expired(packedDue(e.lp, due), e.now) {
			break
		}
		if gone != nil {
			gone(listpack.AppendElem(room[:0], e.lp, pos))
		}
		pos = listpack.Next(e.lp, due)
	}
	if n > 0 {
		e.edit()
		e.lp, _ = listpack.DeleteAt(e.lp, listpack.First(e.lp), 3*n)
	}
	return n
}

// expireTable goes through some buckets of the table in hash order. At the end
// of a pass it knows when to begin the next one.
func (e *Editor) expireTable(gone func(field []byte)) (removed int) {
	for n := 0; n < expireBuckets && removed < expireFields && e.due <= e.now; n++ {
		if e.t.Dues == 0 {
			break // Close knows
		}
		b := e.t.At(e.sweep)
		if b.Due() <= e.now {
			removed += e.expireBucket(b, gone)
		} else {
			e.later = min(e.later, b.Due())
		}
		if e.sweep = b.End; e.sweep == 0 {
			e.due, e.later = e.later, never
		}
	}
	return removed
}

// expireBucket removes the expired fields of b and notes when the others are
// due.
func (e *Editor) expireBucket(b table.Bucket, gone func(field []byte)) (n int) {
	var fields [][]byte
	b.Each(func(entry table.Entry) bool {
		switch due := entry.Due(); {
		case expired(due, e.now):
			fields = append(fields, append([]byte(nil), entry.Key()...))
		case due != NoDue:
			e.later = min(e.later, due)
		}
		return true
	})
	for _, field := range fields {
		if gone != nil {
			gone(field)
		}
		e.t.Delete(e.c.Hash(field), field)
	}
	if e.t.Root != 0 {
		e.t.RefreshDue(e.sweep)
	}
	return len(fields)
}
