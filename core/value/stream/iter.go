package stream

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
)

// Iter walks the entries of a range of IDs, forwards or backwards, without those
// that are deleted. The stream must not be changed meanwhile; its groups may.
type Iter struct {
	s        Stream
	from, to ID
	back     bool

	packs  packCursor
	lp     []byte // the pack that is being read; nil before the first, and at the end
	master master
	// at is, forwards, the position of the next element that was not read yet;
	// backwards, that of the count behind the next entry.
	at int

	entry  entry
	flags  int   // position of the entry's flags
	field  int   // position of the next field of the master entry
	value  int   // position of the next element of data
	left   int64 // elements of data from there on
	second bool  // the element that comes next is a value
}

// Range returns an iterator before the first entry from one ID to another, both
// included.
func (s Stream) Range(from, to ID) Iter { return Iter{s: s, from: from, to: to} }

// RangeBack is Range from the last entry to the first.
func (s Stream) RangeBack(from, to ID) Iter { return Iter{s: s, from: from, to: to, back: true} }

// Next goes to the next entry and tells whether there is one.
func (it *Iter) Next() bool {
	for {
		if it.lp == nil && !it.nextPack() {
			return false
		}
		if it.back && !it.stepBack() || !it.back && !it.step() {
			it.lp = nil
			continue
		}
		e := &it.entry
		switch {
		case it.back && e.id.Less(it.from), !it.back && it.to.Less(e.id):
			it.packs, it.lp = packCursor{ended: true}, nil
			return false
		case e.flags&flagDeleted != 0, it.back && it.to.Less(e.id), !it.back && e.id.Less(it.from):
			continue
		}
		it.field, it.second = it.master.first, false
		return true
	}
}

// step reads the next entry of the pack.
func (it *Iter) step() bool {
	if it.at != listpack.None { // behind what was read of the last one, and its count
		it.at = skip(it.lp, it.value, it.left+1)
	} else {
		it.at = listpack.Next(it.lp, it.master.end)
	}
	if it.at == listpack.None {
		return false
	}
	it.read(it.at)
	return true
}

func (it *Iter) stepBack() bool {
	if it.at == listpack.None {
		it.at = listpack.Last(it.lp)
	}
	p := flagsBefore(it.lp, it.at)
	if p == listpack.None {
		return false
	}
	it.at = listpack.Prev(it.lp, p)
	it.read(p)
	return true
}

func (it *Iter) read(flags int) {
	it.flags = flags
	it.entry = readEntry(it.lp, &it.master, it.packs.id, flags)
	it.value, it.left = it.entry.data, it.entry.elements()
}

// nextPack goes to the next pack: at first to the one in which the range
// begins.
func (it *Iter) nextPack() bool {
	var ok bool
	switch {
	case it.packs.ended:
		return false
	case it.packs.ref == 0 && it.back:
		ok = it.packs.seek(it.s, it.to)
	case it.packs.ref == 0:
		ok = it.packs.seek(it.s, it.from) || it.packs.first(it.s)
	case it.back:
		ok = it.packs.prev()
	default:
		ok = it.packs.next()
	}
	if !ok {
		it.packs.ended = true
		return false
	}
	it.lp = pack(it.s.heap, it.packs.ref)
	it.master = readMaster(it.lp)
	it.at = listpack.None
	if !it.back && it.packs.id.Less(it.from) {
		it.seekNearEnd()
	}
	return true
}

// seekNearEnd goes to the entry before the range if that is one of the last of
// the pack, as it is for readers who keep up with what is added.
func (it *Iter) seekNearEnd() {
	const near = 8
	p := listpack.Last(it.lp)
	for range near {
		flags := flagsBefore(it.lp, p)
		if flags == listpack.None {
			return
		}
		if it.read(flags); it.entry.id.Less(it.from) {
			it.at = flags
			return
		}
		p = listpack.Prev(it.lp, flags)
	}
}

// ID is the ID of the entry.
func (it *Iter) ID() ID { return it.entry.id }

// Fields is the number of pairs of field and value that the entry has.
func (it *Iter) Fields() int { return int(it.entry.fields) }

// Elem returns the entry's next element, its first field, its value, the second
// field and so on, an integer or bytes. It is called at most 2*Fields times.
func (it *Iter) Elem() (b []byte, n int64, isInt bool) {
	it.second = !it.second
	if it.second && it.entry.flags&flagSameFields != 0 {
		b, n, isInt = listpack.Get(it.lp, it.field)
		it.field = listpack.Next(it.lp, it.field)
		return b, n, isInt
	}
	b, n, isInt = listpack.Get(it.lp, it.value)
	it.value = listpack.Next(it.lp, it.value)
	it.left--
	return b, n, isInt
}

// Has tells whether there is an entry with this ID.
func (s Stream) Has(id ID) bool {
	it := s.Range(id, id)
	return it.Next()
}

// FirstPackedID is the ID of the first entry that lies in a pack, which may be a
// deleted one; MaxID if there is none.
func (s Stream) FirstPackedID() ID {
	var c packCursor
	if !c.first(s) {
		return MaxID
	}
	return c.id
}

// LastEntryID is the ID of the last entry, 0-0 if there is none.
func (s Stream) LastEntryID() ID {
	it := s.RangeBack(ID{}, MaxID)
	if !it.Next() {
		return ID{}
	}
	return it.ID()
}

// firstEntryID is the ID of the first entry, 0-0 if there is none.
func (s Stream) firstEntryID() ID {
	it := s.Range(ID{}, MaxID)
	if !it.Next() {
		return ID{}
	}
	return it.ID()
}

// packCursor is at one pack of a stream: in the tree, or behind it at the last.
type packCursor struct {
	s      Stream
	packs  tree.Tree
	cursor tree.Cursor // if not inTail
	inTail bool
	ended  bool
	id     ID
	ref    page.Ref // 0 if it is nowhere
}

// first goes to the first pack.
func (c *packCursor) first(s Stream) bool {
	c.s, c.packs = s, s.packs()
	c.cursor = c.packs.First()
	return c.arrive()
}

// seek goes to the last pack whose ID is not greater than id.
func (c *packCursor) seek(s Stream, id ID) bool {
	c.s, c.packs = s, s.packs()
	if s.tail() != 0 && !id.Less(s.tailID()) {
		return c.arriveTail()
	}
	key := id.Key()
	c.cursor = c.packs.Seek(key[:])
	if c.cursor.Valid() && IDOf(c.cursor.Key()) == id {
		return c.arrive()
	}
	return c.cursor.Prev() && c.arrive()
}

func (c *packCursor) next() bool {
	if c.inTail {
		return false
	}
	c.cursor.Next()
	return c.arrive()
}

func (c *packCursor) prev() bool {
	if c.inTail {
		c.inTail, c.cursor = false, c.packs.Last()
	} else {
		c.cursor.Prev()
	}
	return c.cursor.Valid() && c.arrive()
}

// arrive reads the pack that the cursor is at; behind the tree it is the last.
func (c *packCursor) arrive() bool {
	if !c.cursor.Valid() {
		return c.arriveTail()
	}
	c.id, c.ref = IDOf(c.cursor.Key()), page.Ref(le.Uint32(c.cursor.Value()))
	return true
}

func (c *packCursor) arriveTail() bool {
	c.inTail, c.id, c.ref = true, c.s.tailID(), c.s.tail()
	return c.ref != 0
}
