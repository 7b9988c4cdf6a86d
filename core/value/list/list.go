// Package list is the list type: its representations and what changes them.
//
// # Layout
//
//	kind      the entry's value bytes
//	ListPack  a listpack; of kind ListPack|InNode in a node of its own
//	ListTree  |root Ref 4|leaves 4|elements 8|  a sequence of package tree
//
// The leaves of the sequence have the form packed, a listpack of at least one
// element, or plain, the bytes of one element. A short list is one listpack; it
// becomes a sequence when it outgrows a leaf, and a listpack again when half a
// leaf holds it. A pinned leaf that is changed is copied, so leaves are small,
// and an element that would fill half of one is plain: it is only ever replaced.
//
// An empty list has no representation that lasts: its key is deleted.
package list

import (
	"bytes"
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// The forms of leaves; they are in nodes and so frozen.
const (
	packed = 0
	plain  = 1
)

const (
	// maxLeaf is the bytes of the largest listpack.
	maxLeaf = tree.SeqLeafRoom
	// maxPacked is the length of the longest element in a listpack: of such
	// at least two fit one, so that no room is lost beside them.
	maxPacked = (maxLeaf-emptyPack)/2 - entryOverhead
	// entryOverhead is what an element of a listpack takes at most beside its
	// bytes, of which there are less than 4096.
	entryOverhead = 4
	emptyPack     = 7

	treeSize = 16
)

// List is a list to be read. It aliases node memory.
type List struct {
	pack []byte   // ListPack
	seq  tree.Seq // ListTree, where pack is nil
}

// Of reads a value of type list.
func Of(sp value.Space, kind value.Kind, b []byte) List {
	if kind&^value.InNode == value.ListPack {
		return List{pack: value.BlobOf(sp, kind, b)}
	}
	root, leaves, count := treeVersion(b)
	return List{seq: tree.ReadSeq(sp.Heap, root, count, leaves)}
}

func treeVersion(b []byte) (root page.Ref, leaves, count int64) {
	le := binary.LittleEndian
	return page.Ref(le.Uint32(b)), int64(le.Uint32(b[4:])), int64(le.Uint64(b[8:]))
}

func putTreeVersion(b []byte, s *tree.Seq) {
	le := binary.LittleEndian
	le.PutUint32(b, uint32(s.Root))
	le.PutUint32(b[4:], uint32(s.Leaves))
	le.PutUint64(b[8:], uint64(s.Count))
}

// Len is the number of elements.
func (l *List) Len() int64 {
	if l.pack != nil {
		return int64(listpack.Len(l.pack))
	}
	return l.seq.Count
}

// Iter is an element of a list that is not changed meanwhile.
type Iter struct {
	list List
	at   tree.SeqCursor
	leaf []byte
	form uint8
	pos  int // of the element in a packed leaf
}

// Seek moves to element i, which counts from 0; it is false if there is none.
func (it *Iter) Seek(l *List, i int64) bool {
	if it.list = *l; l.pack != nil {
		if i < 0 || i >= l.Len() {
			return false
		}
		it.leaf, it.form, it.pos = l.pack, packed, listpack.Seek(l.pack, int(i))
		return true
	}
	if !l.seq.Seek(&it.at, i) {
		return false
	}
	if it.load(); it.form == packed {
		it.pos = listpack.Seek(it.leaf, int(i-it.at.First))
	}
	return true
}

// load reads the cursor's leaf, and goes to its first element.
func (it *Iter) load() bool {
	it.form, it.leaf = it.list.seq.Leaf(&it.at)
	if it.form == packed {
		it.pos = listpack.First(it.leaf)
	}
	return true
}

// Next moves to the next element; it is false if there is none.
func (it *Iter) Next() bool {
	if it.form == packed {
		if it.pos = listpack.Next(it.leaf, it.pos); it.pos != listpack.None {
			return true
		}
	}
	return it.list.pack == nil && it.list.seq.Next(&it.at) && it.load()
}

// Prev moves to the element before; it is false if there is none.
func (it *Iter) Prev() bool {
	if it.form == packed {
		if it.pos = listpack.Prev(it.leaf, it.pos); it.pos != listpack.None {
			return true
		}
	}
	if it.list.pack != nil || !it.list.seq.Prev(&it.at) {
		return false
	}
	if it.load(); it.form == packed {
		it.pos = listpack.Last(it.leaf)
	}
	return true
}

// Elem is the element: a number where isInt, else bytes, until the list is
// changed.
func (it *Iter) Elem() (b []byte, n int64, isInt bool) {
	if it.form == plain {
		return it.leaf, 0, false
	}
	return listpack.Get(it.leaf, it.pos)
}

// AppendElem appends the element's bytes to dst.
func (it *Iter) AppendElem(dst []byte) []byte {
	if it.form == plain {
		return append(dst, it.leaf...)
	}
	return listpack.AppendElem(dst, it.leaf, it.pos)
}

// End is the first or the last element, as Iter.Elem gives it. There is one.
func (l *List) End(last bool) (b []byte, n int64, isInt bool) {
	leaf := l.pack
	if leaf == nil {
		var at tree.SeqCursor
		var form uint8
		l.seq.SeekEnd(&at, last)
		if form, leaf = l.seq.Leaf(&at); form == plain {
			return leaf, 0, false
		}
	}
	if last {
		return listpack.Get(leaf, listpack.Last(leaf))
	}
	return listpack.Get(leaf, listpack.First(leaf))
}

// Sought is an element to compare with.
type Sought struct {
	b     []byte
	n     int64
	isInt bool
}

// Seeking prepares elem, which is kept, to be compared with many.
func Seeking(elem []byte) Sought {
	n, isInt := listpack.ParseInt(elem)
	return Sought{elem, n, isInt}
}

// Is tells whether the element is s.
func (it *Iter) Is(s *Sought) bool {
	if it.form == plain {
		return bytes.Equal(it.leaf, s.b)
	}
	return s.is(it.leaf, it.pos)
}

// Index is the index of the first element from the front that is s, or -1.
func (l *List) Index(s *Sought) int64 {
	var it Iter
	for i, ok := int64(0), it.Seek(l, 0); ok; i++ {
		if it.Is(s) {
			return i
		}
		ok = it.Next()
	}
	return -1
}
