package list

import (
	"bytes"
	"math"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Drop removes n elements, fewer than there are, at the head or the tail.
func Drop(c *value.Cell, head bool, n int64) {
	if n <= 0 {
		return
	}
	if isPack(c) {
		b := c.EditBlob(0)
		from := 0
		if !head {
			from = -int(n)
		}
		c.PutBlob(value.ListPack, listpack.DeleteRange(b, from, int(n)))
		return
	}
	var e editor
	e.open(c)
	if e.seq.SeekEnd(&e.at, !head); n < e.at.Count {
		i := int64(0)
		if !head {
			i = e.seq.Count - n
		}
		e.deleteInLeaf(i, n)
	} else if head {
		e.delete(0, n)
	} else {
		e.delete(e.seq.Count-n, e.seq.Count)
	}
	// At the ends small leaves are no harm, except that they keep a short
	// list from becoming a listpack.
	if e.seq.Leaves == 2 {
		e.joinAt(0)
	}
	e.close()
}

// delete removes the elements [from, to), but not all: whole leaves, and parts
// of the first and the last one.
func (e *editor) delete(from, to int64) {
	e.seq.Seek(&e.at, from)
	if from > e.at.First {
		n := min(to, e.at.First+e.at.Count) - from
		e.deleteInLeaf(from, n)
		to -= n
	}
	if from < to && to < e.seq.Count {
		e.seq.Seek(&e.at, to)
		if first := e.at.First; first < to {
			e.deleteInLeaf(first, to-first)
			to = first
		}
	}
	if from < to {
		e.seq.Remove(from, to)
	}
}

// deleteInLeaf removes n elements of the cursor's leaf, but not all, from
// element i on.
func (e *editor) deleteInLeaf(i, n int64) {
	b := e.seq.Edit(&e.at, 0)
	b, _ = listpack.DeleteAt(b, listpack.Seek(b, int(i-e.at.First)), int(n))
	e.seq.Put(&e.at, b, e.at.Count-n)
}

// joinAt joins the leaves around element i while half a leaf holds two.
func (e *editor) joinAt(i int64) {
	i = min(max(i, 0), e.seq.Count-1)
	for e.seq.Seek(&e.at, i) && (e.joinNext() || e.seq.Prev(&e.at) && e.joinNext()) {
	}
}

// joinNext moves what is in the leaf behind the cursor's to that, if together
// they take half a leaf or less. The cursor is invalid then.
func (e *editor) joinNext() bool {
	next := e.at
	if !e.seq.Next(&next) {
		return false
	}
	aForm, a := e.seq.Leaf(&e.at)
	bForm, b := e.seq.Leaf(&next)
	size, count := len(a)+len(b)-emptyPack, e.at.Count+next.Count
	if aForm != packed || bForm != packed || size > maxLeaf/2 || !fits(e.c.Limits, size, count) {
		return false
	}
	a = e.seq.Edit(&e.at, size-len(a))
	e.seq.Put(&e.at, listpack.Merge(a, b), count)
	end := e.at.First + count // there the other leaf still is
	e.seq.Remove(end, end+next.Count)
	return true
}

// Remove removes the elements that are s, at most limit of them from the head
// on, or from the tail on with back, and tells how many; a limit of 0 or less is none.
// If they are all elements the key is to be deleted, not stored.
func Remove(c *value.Cell, s *Sought, limit int64, back bool) int64 {
	if limit <= 0 {
		limit = math.MaxInt64
	}
	if isPack(c) {
		b := c.Blob()
		n := count(b, s, limit)
		if n == 0 || n == int64(listpack.Len(b)) {
			return n
		}
		c.PutBlob(value.ListPack, without(c.EditBlob(0), s, n, back))
		return n
	}
	var e editor
	e.open(c)
	removed := e.remove(s, limit, back)
	if removed > 0 {
		e.close()
	}
	return removed
}

// remove is Remove in a sequence, from leaf to leaf.
func (e *editor) remove(s *Sought, limit int64, back bool) (removed int64) {
	i := int64(0)
	if back {
		i = e.seq.Count - 1
	}
	for ok := e.seq.Seek(&e.at, i); ok && removed < limit; {
		first, left := e.at.First, e.at.Count
		n := e.removeInLeaf(s, limit-removed, back)
		removed, left = removed+n, left-n
		switch {
		case n == 0 && back:
			ok = e.seq.Prev(&e.at)
		case n == 0:
			ok = e.seq.Next(&e.at)
		case back:
			e.joinAt(first)
			ok = e.seq.Seek(&e.at, first-1)
		default:
			e.joinAt(first - 1)
			ok = e.seq.Seek(&e.at, first+left)
		}
	}
	return removed
}

// removeInLeaf removes elements that are s from the cursor's leaf, and the leaf
// if no other are left.
func (e *editor) removeInLeaf(s *Sought, limit int64, back bool) (n int64) {
	form, b := e.seq.Leaf(&e.at)
	if form == packed {
		n = count(b, s, limit)
	} else if bytes.Equal(b, s.b) {
		n = 1
	}
	switch n {
	case 0:
	case e.at.Count:
		e.seq.Remove(e.at.First, e.at.First+n)
	default:
		b = e.seq.Edit(&e.at, 0)
		e.seq.Put(&e.at, without(b, s, n, back), e.at.Count-n)
	}
	return n
}

// is tells whether the element at pos of a listpack is s.
func (s *Sought) is(b []byte, pos int) bool {
	elem, n, isInt := listpack.Get(b, pos)
	if isInt {
		return s.isInt && n == s.n
	}
	return bytes.Equal(elem, s.b)
}

// count counts the elements of a listpack that are s, up to limit.
func count(b []byte, s *Sought, limit int64) (n int64) {
	for pos := listpack.First(b); pos != listpack.None && n < limit; pos = listpack.Next(b, pos) {
		if s.is(b, pos) {
			n++
		}
	}
	return n
}

// without removes n elements that are s from a listpack, the first or, with
// back, the last ones.
func without(b []byte, s *Sought, n int64, back bool) []byte {
	if back {
		for pos := listpack.Last(b); n > 0; {
			before := listpack.Prev(b, pos)
			if s.is(b, pos) {
				b, _ = listpack.Delete(b, pos)
				n--
			}
			pos = before
		}
		return b
	}
	for pos := listpack.First(b); n > 0; {
		run := 0
		for at := pos; at != listpack.None && int64(run) < n && s.is(b, at); run++ {
			at = listpack.Next(b, at)
		}
		if run == 0 {
			pos = listpack.Next(b, pos)
			continue
		}
		b, pos = listpack.DeleteAt(b, pos, run)
		n -= int64(run)
	}
	return b
}
