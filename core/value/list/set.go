package list

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Set puts elem, which must not be in nodes of the list, in the place of element
// i, which there must be.
func Set(c *value.Cell, i int64, elem []byte) {
	if isPack(c) && !isPlain(c.Limits, elem) {
		b := c.Blob()
		pos := listpack.Seek(b, int(i))
		if grow := growth(elem) - entrySize(b, pos); grow <= 0 || fits(c.Limits, len(b)+grow, int64(listpack.Len(b))) {
			b = c.EditBlob(max(grow, 0))
			c.PutBlob(value.ListPack, listpack.Replace(b, pos, elem))
			return
		}
	}
	var e editor
	e.open(c)
	e.set(i, elem)
	e.close()
}

// set puts elem in the place of element i.
func (e *editor) set(i int64, elem []byte) {
	e.seq.Seek(&e.at, i)
	if form, b := e.seq.Leaf(&e.at); e.at.Count == 1 {
		form, b = e.single(elem)
		e.seq.Replace(&e.at, form, b, 1)
		if form == packed {
			e.joinAt(i)
		}
		return
	} else if form == packed && !isPlain(e.c.Limits, elem) {
		pos := listpack.Seek(b, int(i-e.at.First))
		grow := growth(elem) - entrySize(b, pos)
		if grow <= 0 || fits(e.c.Limits, len(b)+grow, e.at.Count) {
			b = e.seq.Edit(&e.at, max(grow, 0))
			e.seq.Put(&e.at, listpack.Replace(b, pos, elem), e.at.Count)
			return
		}
	}
	// It needs another leaf; the list has other elements.
	e.delete(i, i+1)
	e.insert(i, elem)
}

// entrySize is the bytes that the element at pos takes in a listpack.
func entrySize(b []byte, pos int) int {
	if next := listpack.Next(b, pos); next != listpack.None {
		return next - pos
	}
	return len(b) - 1 - pos
}
