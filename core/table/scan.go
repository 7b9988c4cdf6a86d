package table

import (
	"cmp"
	"slices"
)

// cursorShift rounds a position to its first 52 bits, so that clients which
// keep cursors as floating-point numbers keep all of it.
const cursorShift = 64 - 52

// Scan calls fn with the entries from cursor on until it has seen count of
// them, and returns the next cursor, 0 at the end. A cursor is a place in hash
// order: an entry that is there from the first call with 0 to the last is seen
// whatever splits and merges meanwhile. Entries of the same place are seen
// together. hash is that of the table, which a version for reading lacks. fn
// must not change the table.
func (t *Table) Scan(cursor uint64, count int, hash func(key []byte) uint64, fn func(e Entry)) (next uint64) {
	if cursor >= 1<<(64-cursorShift) || t.Root == 0 {
		return 0
	}
	var room [64]scanned
	for pos, found := cursor<<cursorShift, room[:0]; ; {
		b := t.At(pos)
		found = b.from(pos>>cursorShift, hash, found[:0])
		for i, f := range found {
			if count <= 0 && f.place != found[i-1].place {
				return f.place
			}
			count--
			fn(f.entry)
		}
		if pos = b.End; pos == 0 || count <= 0 {
			return pos >> cursorShift
		}
	}
}

// scanned is an entry with its place in hash order.
type scanned struct {
	place uint64
	entry Entry
}

// from appends the entries of b that are not before place, in hash order.
func (b Bucket) from(place uint64, hash func([]byte) uint64, found []scanned) []scanned {
	b.Each(func(e Entry) bool {
		if p := hash(e.Key()) >> cursorShift; p >= place {
			found = append(found, scanned{p, e})
		}
		return true
	})
	slices.SortFunc(found, func(x, y scanned) int { return cmp.Compare(x.place, y.place) })
	return found
}
