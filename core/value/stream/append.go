package stream

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// New makes c an empty stream.
func New(c *value.Cell) {
	var header [headerSize]byte
	c.Set(value.Stream, header[:])
}

// Editor changes the stream in a cell. What Stream and iterators gave out is
// invalid after a change to entries.
type Editor struct {
	Stream
	w      value.Where
	limits *value.Limits
}

// Edit returns what changes the stream in c.
func Edit(c *value.Cell) Editor {
	return Editor{Stream{c.Space.Heap, c.B}, c.Where, c.Limits}
}

// SetLastID sets the ID that all new ones are greater than.
func (e Editor) SetLastID(id ID) { putID(e.b[offLast:], id) }

// SetMaxDeletedID sets the greatest ID that was deleted.
func (e Editor) SetMaxDeletedID(id ID) { putID(e.b[offDeleted:], id) }

// SetAdded sets the number of entries ever added.
func (e Editor) SetAdded(n int64) { le.PutUint64(e.b[offAdded:], uint64(n)) }

func (e Editor) setFirstID(id ID) { putID(e.b[offFirst:], id) }

// addLength adds n to the number of entries.
func (e Editor) addLength(n int64) {
	le.PutUint64(e.b[offLength:], uint64(e.Len()+n))
}

func (e Editor) setTail(id ID, ref page.Ref) {
	putID(e.b[offTailID:], id)
	le.PutUint32(e.b[offTail:], uint32(ref))
}

// Append adds an entry with these fields and values in turn. id is greater than
// the last ID. It returns false, and changes nothing, if they are too long.
func (e Editor) Append(id ID, pairs [][]byte) bool {
	total := 0
	for _, b := range pairs {
		total += len(b)
	}
	if total > maxPack {
		return false
	}
	if ref := e.tail(); ref != 0 && e.full(pack(e.heap, ref), total) {
		e.closeTail()
	}
	if e.tail() == 0 {
		e.newTail(id, pairs)
	} else {
		e.extendTail(id, pairs)
	}
	e.addLength(1)
	e.SetAdded(e.Added() + 1)
	e.SetLastID(id)
	if e.Len() == 1 {
		e.setFirstID(id)
	}
	if invariant.Enabled {
		e.checkTouched(e.tailID(), e.tail())
	}
	return true
}

// full tells whether an entry of so many bytes goes into a new pack.
func (e Editor) full(lp []byte, total int) bool {
	limit := e.limits.StreamNodeMaxBytes
	if limit == 0 || limit > maxPack {
		limit = maxPack
	}
	if len(lp)+total >= limit {
		return true
	}
	if e.limits.StreamNodeMaxEntries == 0 {
		return false
	}
	p := listpack.First(lp)
	return integer(lp, p)+integer(lp, listpack.Next(lp, p)) >= int64(e.limits.StreamNodeMaxEntries)
}

// closeTail moves the last pack into the tree, in a node that fits.
func (e Editor) closeTail() {
	ref := e.tail()
	lp := pack(e.heap, ref)
	if page.ClassSize(page.Header+len(lp)) < e.heap.Size(ref) {
		ref = e.w.Alloc(page.Header+len(lp), kindPack)
		copy(e.heap.Node(ref)[page.Header:], lp)
		e.w.Retire(e.tail())
	}
	e.addPack(e.tailID(), ref)
	e.setTail(ID{}, 0)
}

// addPack puts a pack into the tree.
func (e Editor) addPack(id ID, ref page.Ref) {
	key := id.Key()
	var val [4]byte
	le.PutUint32(val[:], uint32(ref))
	packs := openTree(e.w, e.b[offPacks:])
	packs.Set(key[:], val[:])
	putTree(e.b[offPacks:], &packs)
}

// newTail begins a pack with its first entry.
func (e Editor) newTail(id ID, pairs [][]byte) {
	size := page.Header + emptyRoom
	for i, b := range pairs {
		size += elementRoom(b)
		if i%2 == 0 {
			size += elementRoom(b)
		}
	}
	ref := e.w.Alloc(size, kindPack)
	lp := listpack.New(e.heap.Node(ref)[page.Header:])
	lp = listpack.AppendInt(lp, 1)
	lp = listpack.AppendInt(lp, 0)
	lp = listpack.AppendInt(lp, int64(len(pairs)/2))
	for i := 0; i < len(pairs); i += 2 {
		lp = listpack.Append(lp, pairs[i])
	}
	lp = listpack.AppendInt(lp, 0)
	appendEntry(lp, ID{}, pairs, true)
	e.addRax(e.raxShare(id))
	e.setTail(id, ref)
}

// extendTail adds an entry to the last pack.
func (e Editor) extendTail(id ID, pairs [][]byte) {
	old := pack(e.heap, e.tail())
	same := sameFields(old, pairs)
	grow := entryRoom
	for i, b := range pairs {
		if i%2 == 1 || !same {
			grow += elementRoom(b)
		}
	}
	lp := e.ownPack(e.b[offTail:], grow)
	p := listpack.First(lp)
	lp = listpack.ReplaceInt(lp, p, integer(lp, p)+1)
	base := e.tailID()
	appendEntry(lp, ID{id.Ms - base.Ms, id.Seq - base.Seq}, pairs, same)
}

// Room in bytes that is enough for: an empty listpack with master entry and
// entry, but their elements; an entry without its data, and the growth of a
// counter.
const (
	emptyRoom = 7 + 4*10 + entryRoom
	entryRoom = 5*10 + 8
)

// elementRoom is at least the bytes of an element in a listpack.
func elementRoom(b []byte) int {
	switch n := len(b); {
	case n < 64:
		return n + 2
	case n < 4096:
		return n + 4
	default:
		return n + 10
	}
}

// sameFields tells whether the master entry of a pack has these fields.
func sameFields(lp []byte, pairs [][]byte) bool {
	p := listpack.First(lp)
	p = listpack.Next(lp, p)
	p = listpack.Next(lp, p)
	if integer(lp, p) != int64(len(pairs)/2) {
		return false
	}
	for i := 0; i < len(pairs); i += 2 {
		p = listpack.Next(lp, p)
		if !listpack.Equal(lp, p, pairs[i]) {
			return false
		}
	}
	return true
}

// appendEntry adds an entry to a listpack with room for it.
func appendEntry(lp []byte, diff ID, pairs [][]byte, same bool) {
	flags, count := int64(0), int64(len(pairs))+4
	if same {
		flags, count = flagSameFields, int64(len(pairs)/2)+3
	}
	lp = listpack.AppendInt(lp, flags)
	lp = listpack.AppendInt(lp, int64(diff.Ms))
	lp = listpack.AppendInt(lp, int64(diff.Seq))
	if !same {
		lp = listpack.AppendInt(lp, int64(len(pairs)/2))
	}
	for i, b := range pairs {
		if i%2 == 1 || !same {
			lp = listpack.Append(lp, b)
		}
	}
	listpack.AppendInt(lp, count)
}

// ownPack makes the pack writable whose Ref is in slot, which is owned, with room
// for grow more bytes behind it. The listpack is to be changed in place.
func (e Editor) ownPack(slot []byte, grow int) []byte {
	ref := page.Ref(le.Uint32(slot))
	n := len(pack(e.heap, ref))
	if need := page.Header + n + grow; need > e.heap.Size(ref) {
		bigger := e.w.Alloc(packRoom(need), kindPack)
		copy(e.heap.Node(bigger)[page.Header:], pack(e.heap, ref))
		e.w.Retire(ref)
		ref = bigger
	} else {
		ref = e.w.Own(ref)
	}
	le.PutUint32(slot, uint32(ref))
	return e.heap.Node(ref)[page.Header : page.Header+n]
}

// packRoom is the size of a node for a pack that needs so many bytes and is
// likely to grow: closeTail gives back what is too much.
func packRoom(need int) int {
	if need < page.FrameSize {
		return need + need/2
	}
	return need + need/8
}

// NextID is the ID of an entry that is added at a time; ok is false if there is
// none left.
func (s Stream) NextID(now uint64) (id ID, ok bool) {
	last := s.LastID()
	if now > last.Ms {
		return ID{now, 0}, true
	}
	return last.Next()
}

// NextIDAt is the ID of an entry that is added with the given first part; ok is
// false if there is none left.
func (s Stream) NextIDAt(ms uint64) (id ID, ok bool) {
	last := s.LastID()
	if ms != last.Ms {
		return ID{ms, 0}, last.Ms < ms
	}
	return ID{ms, last.Seq + 1}, last.Seq < math.MaxUint64
}
