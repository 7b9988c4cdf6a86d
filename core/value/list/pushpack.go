package list

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
)

// PushPack adds the elements of the listpack lp at the tail: leaf by leaf, as
// their bytes are. lp is not in nodes of the list.
func PushPack(c *value.Cell, lp []byte) {
	if c.Limits.ListPackedThreshold > 0 { // also for digits of integers
		for pos := listpack.First(lp); pos != listpack.None; pos = listpack.Next(lp, pos) {
			Push(c, false, [][]byte{listpack.AppendElem(nil, lp, pos)})
		}
		return
	}
	e := editor{c: c}
	if isPack(c) && listpack.Empty(c.Blob()) {
		if _, _, rest := e.run(lp, listpack.First(lp), emptyPack, 0); rest == listpack.None {
			c.PutBlob(value.ListPack, lp)
			return
		}
	}
	e.open(c)
	for pos := listpack.First(lp); pos != listpack.None; {
		pos = e.pushSome(lp, pos)
	}
	e.close()
}

// pushSome adds the element of lp at pos, and as many behind it as fit the same
// leaf. It returns the position of the next one, or None.
func (e *editor) pushSome(lp []byte, pos int) (next int) {
	size, count := emptyPack, int64(0)
	tail := e.seq.SeekEnd(&e.at, true)
	if tail {
		form, b := e.seq.Leaf(&e.at)
		if tail = form == packed; tail {
			size, count = len(b), e.at.Count
		}
	}
	upTo, n, next := e.run(lp, pos, size, count)
	if n == 0 && tail {
		tail = false
		upTo, n, next = e.run(lp, pos, emptyPack, 0)
	}
	switch {
	case n == 0: // too long for any listpack, or to be alone by the limits
		form, b := e.single(listpack.AppendElem(nil, lp, pos))
		e.seq.Insert(e.seq.Count, form, b, 0, 1)
		return listpack.Next(lp, pos)
	case tail:
		b := e.seq.Edit(&e.at, e.ahead(upTo-pos))
		e.seq.Put(&e.at, listpack.AppendFrom(b, lp, pos, upTo, n), count+int64(n))
	default:
		var room [maxLeaf]byte
		b := listpack.AppendFrom(listpack.New(room[:0]), lp, pos, upTo, n)
		e.seq.Insert(e.seq.Count, packed, b, 0, int64(n))
	}
	return next
}

// shortest is less than any element that isPlain is true for takes.
func (e *editor) shortest() int {
	if e.c.Limits.ListPackedThreshold > 0 {
		return 0
	}
	return maxPacked
}

// run finds the elements from pos on that fit a leaf of size bytes and count
// elements: where they end, how many they are, and what follows, or None.
func (e *editor) run(lp []byte, pos, size int, count int64) (upTo, n, next int) {
	for upTo, next = pos, pos; next != listpack.None; n++ {
		after := listpack.Next(lp, next)
		end := after
		if after == listpack.None {
			end = len(lp) - 1
		}
		if !fits(e.c.Limits, size+end-pos, count+int64(n)+1) {
			break
		}
		if end-next > e.shortest() {
			if elem, _, isInt := listpack.Get(lp, next); !isInt && isPlain(e.c.Limits, elem) {
				break
			}
		}
		upTo, next = end, after
	}
	return upTo, n, next
}
