package list

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// editor changes a list that is a sequence.
type editor struct {
	c   *value.Cell
	seq tree.Seq
	at  tree.SeqCursor
}

func isPack(c *value.Cell) bool { return c.Kind&^value.InNode == value.ListPack }

// open opens c, which is a sequence or becomes one.
func (e *editor) open(c *value.Cell) {
	e.c = c
	if isPack(c) {
		e.unpack()
		return
	}
	root, leaves, count := treeVersion(c.B)
	e.seq.Open(&c.Where, root, count, leaves)
}

// unpack makes a sequence of a listpack, which becomes its only leaf.
func (e *editor) unpack() {
	c := e.c
	e.seq = tree.OpenSeq(c.Where, 0, 0, 0)
	if b := c.Blob(); !listpack.Empty(b) {
		e.seq.Insert(0, packed, b, 0, int64(listpack.Len(b)))
	}
	c.DropBlob()
	var v [treeSize]byte
	c.Set(value.ListTree, v[:])
}

// close stores the sequence's version. A sequence of one small leaf becomes a
// listpack.
func (e *editor) close() {
	putTreeVersion(e.c.B, &e.seq)
	if e.seq.Leaves != 1 || !e.seq.Seek(&e.at, 0) {
		return
	}
	form, b := e.seq.Leaf(&e.at)
	if form != packed || len(b) > maxLeaf/2 || !fits(e.c.Limits, len(b), e.seq.Count) {
		return
	}
	e.c.PutBlob(value.ListPack, b)
	e.seq.Remove(0, e.seq.Count)
}

// fits tells whether a listpack may have so many bytes and elements.
// list-max-listpack-size gives a number of elements, or if it is negative one of
// five sizes, none of which is less than a leaf's.
func fits(l *value.Limits, size int, count int64) bool {
	return size <= maxLeaf && (l.ListMaxListpackSize < 0 || count <= max(int64(l.ListMaxListpackSize), 1))
}

// isPlain tells whether an element is a leaf of its own.
func isPlain(l *value.Limits, elem []byte) bool {
	return len(elem) > maxPacked || l.ListPackedThreshold > 0 && len(elem) >= l.ListPackedThreshold
}

// growth is by how much an element lengthens a listpack at most.
func growth(elem []byte) int { return len(elem) + entryOverhead }

// single is a leaf with one element: its form and bytes.
func (e *editor) single(elem []byte) (form uint8, b []byte) {
	if isPlain(e.c.Limits, elem) {
		return plain, elem
	}
	return packed, listpack.Append(listpack.New(make([]byte, 0, emptyPack+growth(elem))), elem)
}

// Push adds elements at the head or the tail, one after the other, and returns
// the list's length. They must not be in nodes of the list.
func Push(c *value.Cell, head bool, elems [][]byte) int64 {
	if isPack(c) && pushPack(c, head, elems) {
		return int64(listpack.Len(c.Blob()))
	}
	var e editor
	e.open(c)
	for _, elem := range elems {
		e.push(head, elem)
	}
	n := e.seq.Count
	e.close()
	return n
}

// pushPack is Push into a listpack; it is false, and nothing is done, if they
// are too much for one.
func pushPack(c *value.Cell, head bool, elems [][]byte) bool {
	b := c.Blob()
	size := 0
	for _, elem := range elems {
		if isPlain(c.Limits, elem) {
			return false
		}
		size += growth(elem)
	}
	if !fits(c.Limits, len(b)+size, int64(listpack.Len(b)+len(elems))) {
		return false
	}
	b = c.EditBlob(size)
	for _, elem := range elems {
		b = pushInto(b, head, elem)
	}
	c.PutBlob(value.ListPack, b)
	return true
}

func pushInto(b []byte, head bool, elem []byte) []byte {
	if head {
		return listpack.Prepend(b, elem)
	}
	return listpack.Append(b, elem)
}

// push adds an element at the head or the tail.
func (e *editor) push(head bool, elem []byte) {
	if !isPlain(e.c.Limits, elem) && e.seq.SeekEnd(&e.at, !head) && e.roomFor(elem) {
		b := e.seq.Edit(&e.at, e.ahead(growth(elem)))
		e.seq.Put(&e.at, pushInto(b, head, elem), e.at.Count+1)
		return
	}
	end := int64(0)
	if !head {
		end = e.seq.Count
	}
	form, b := e.single(elem)
	e.seq.Insert(end, form, b, 0, 1)
}

// ahead is the room to ask for in the cursor's leaf, an end of the list, that is
// to grow by need: some more where it moves to a larger node, which it would else
// do again after a few pushes.
func (e *editor) ahead(need int) int {
	const most = 1 << 10
	_, b := e.seq.Leaf(&e.at)
	if cap(b)-len(b) >= need {
		return need
	}
	return max(need, min(need+min(len(b), most), maxLeaf-len(b)))
}

// roomFor tells whether elem, which is not plain, fits the cursor's leaf.
func (e *editor) roomFor(elem []byte) bool {
	form, b := e.seq.Leaf(&e.at)
	return form == packed && fits(e.c.Limits, len(b)+growth(elem), e.at.Count+1)
}

// Insert puts elem before element i, or at the tail if i is the list's length.
// It must not be in nodes of the list.
func Insert(c *value.Cell, i int64, elem []byte) {
	if isPack(c) && !isPlain(c.Limits, elem) {
		if b := c.Blob(); fits(c.Limits, len(b)+growth(elem), int64(listpack.Len(b)+1)) {
			b = c.EditBlob(growth(elem))
			c.PutBlob(value.ListPack, listpack.Insert(b, position(b, i), elem))
			return
		}
	}
	var e editor
	e.open(c)
	e.insert(i, elem)
	e.close()
}

// position is where element i of a listpack is, or its end.
func position(b []byte, i int64) int {
	if pos := listpack.Seek(b, int(i)); pos != listpack.None {
		return pos
	}
	return len(b) - 1
}

// insert puts elem before element i.
func (e *editor) insert(i int64, elem []byte) {
	if i == 0 || i == e.seq.Count {
		e.push(i == 0, elem)
		return
	}
	if !isPlain(e.c.Limits, elem) && e.insertInto(i, elem) {
		return
	}
	if e.split(i) && !isPlain(e.c.Limits, elem) && e.insertInto(i, elem) {
		return
	}
	form, b := e.single(elem)
	e.seq.Insert(i, form, b, 0, 1)
}

// insertInto puts elem before element i, into the leaf of that or the one
// before; it is false if there is no room.
func (e *editor) insertInto(i int64, elem []byte) bool {
	e.seq.Seek(&e.at, i)
	if !e.roomFor(elem) && (e.at.First < i || !e.seq.Prev(&e.at) || !e.roomFor(elem)) {
		return false
	}
	b := e.seq.Edit(&e.at, growth(elem))
	e.seq.Put(&e.at, listpack.Insert(b, position(b, i-e.at.First), elem), e.at.Count+1)
	return true
}

// split cuts the leaf of element i, so that one starts there; it is false if
// one does already.
func (e *editor) split(i int64) bool {
	e.seq.Seek(&e.at, i)
	off := i - e.at.First
	if off == 0 {
		return false
	}
	count := e.at.Count
	b := e.seq.Edit(&e.at, 0)
	pos := listpack.Seek(b, int(off))
	right := listpack.DeleteRange(bytes.Clone(b), 0, int(off))
	left, _ := listpack.DeleteAt(b, pos, int(count-off))
	e.seq.Put(&e.at, left, off)
	e.seq.Insert(i, packed, right, 0, count-off)
	return true
}
