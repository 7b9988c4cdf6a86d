package stream

import (
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
)

// counterRoom is by how much a pack may grow when entries are marked deleted:
// two counters, which may get longer.
const counterRoom = 32

// Delete deletes the entry with this ID and tells whether there was one.
func (e Editor) Delete(id ID) bool {
	it := e.Range(id, id)
	if !it.Next() {
		return false
	}
	if it.master.live == 1 {
		e.removePack(it.packs.id, it.packs.inTail)
	} else {
		lp := e.editPack(it.packs.id, it.packs.inTail, counterRoom)
		lp = listpack.ReplaceInt(lp, it.flags, it.entry.flags|flagDeleted)
		e.countDeleted(lp, 1)
	}
	e.addLength(-1)
	if e.MaxDeletedID().Less(id) {
		e.SetMaxDeletedID(id)
	}
	if invariant.Enabled && e.tail() != 0 {
		e.checkTouched(e.tailID(), e.tail())
	}
	switch {
	case e.Len() == 0:
		e.setFirstID(ID{})
	case e.FirstID() == id:
		e.setFirstID(e.firstEntryID())
	}
	return true
}

// countDeleted moves n entries of a writable pack from live to deleted.
func (e Editor) countDeleted(lp []byte, n int64) {
	p := listpack.First(lp)
	lp = listpack.ReplaceInt(lp, p, integer(lp, p)-n)
	p = listpack.Next(lp, p)
	listpack.ReplaceInt(lp, p, integer(lp, p)+n)
}

// editPack returns a pack, writable and with room for grow more bytes.
func (e Editor) editPack(id ID, isTail bool, grow int) []byte {
	if isTail {
		return e.ownPack(e.b[offTail:], grow)
	}
	key := id.Key()
	packs := openTree(e.w, e.b[offPacks:])
	slot, _ := packs.Edit(key[:])
	putTree(e.b[offPacks:], &packs)
	return e.ownPack(slot, grow)
}

// removePack drops a pack. If it was the last one, the one before becomes it.
func (e Editor) removePack(id ID, isTail bool) {
	if isTail {
		e.w.Retire(e.tail())
		e.setTail(ID{}, 0)
		e.addRax(-e.raxShare(id))
		packs := e.packs()
		last := packs.Last()
		if last.Valid() {
			e.setTail(IDOf(last.Key()), page.Ref(le.Uint32(last.Value())))
			e.dropFromTree(e.tailID())
		}
		return
	}
	key := id.Key()
	packs := e.packs()
	val, _ := packs.Get(key[:])
	ref := page.Ref(le.Uint32(val))
	e.dropFromTree(id)
	e.addRax(-e.raxShare(id))
	e.w.Retire(ref)
}

func (e Editor) dropFromTree(id ID) {
	key := id.Key()
	packs := openTree(e.w, e.b[offPacks:])
	packs.Delete(key[:])
	putTree(e.b[offPacks:], &packs)
}

// Trim says which of the oldest entries go. The zero value keeps all.
type Trim struct {
	ByLength bool  // until there are Length entries
	ByID     bool  // those with an ID less than MinID
	Length   int64 // for ByLength
	MinID    ID    // for ByID
	// Whole says that only whole packs are to go, so that some entries more
	// than asked for may stay.
	Whole bool
	// Limit is how many entries may go at most; 0 is no limit. A pack goes
	// with all its entries or not at all.
	Limit int64
}

// Trim deletes entries at the front and returns how many.
func (e Editor) Trim(t Trim) (deleted int64) {
	var c packCursor
	for (t.ByID || t.ByLength && e.Len() > t.Length) && c.first(e.Stream) {
		lp := pack(e.heap, c.ref)
		n := live(lp)
		if t.Limit != 0 && deleted+n > t.Limit {
			break
		}
		if t.ByLength && e.Len()-n >= t.Length || t.ByID && lastID(lp, c.id).Less(t.MinID) {
			e.removePack(c.id, c.inTail)
			e.addLength(-n)
			deleted += n
			continue
		}
		if !t.Whole {
			deleted += e.trimPack(&c, t)
		}
		break
	}
	switch {
	case e.Len() == 0:
		e.setFirstID(ID{})
	case deleted > 0:
		e.setFirstID(e.firstEntryID())
	}
	return deleted
}

// trimPack marks entries at the front of a pack deleted.
func (e Editor) trimPack(c *packCursor, t Trim) (deleted int64) {
	lp := pack(e.heap, c.ref)
	m := readMaster(lp)
	p := listpack.Next(lp, m.end)
	owned := false
	for p != listpack.None {
		entry := readEntry(lp, &m, c.id, p)
		if t.ByLength && e.Len() <= t.Length || t.ByID && !entry.id.Less(t.MinID) {
			break
		}
		if entry.flags&flagDeleted == 0 {
			if !owned {
				lp, owned = e.editPack(c.id, c.inTail, counterRoom), true
			}
			// The flags take the same room as before, or less.
			before := len(lp)
			lp = listpack.ReplaceInt(lp, p, entry.flags|flagDeleted)
			entry.data -= before - len(lp)
			e.addLength(-1)
			deleted++
		}
		p = skip(lp, entry.data, entry.elements()+1)
	}
	if deleted > 0 {
		e.countDeleted(lp, deleted)
		if invariant.Enabled && c.inTail {
			e.checkTouched(e.tailID(), e.tail())
		}
	}
	return deleted
}
