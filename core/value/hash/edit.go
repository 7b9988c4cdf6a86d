package hash

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// New makes the new cell c an empty hash.
func New(c *value.Cell) {
	var room [16]byte
	c.Set(value.HashPack, listpack.New(room[:]))
}

// Editor changes the hash in a cell. Between Edit and Close the cell is not
// whole: nothing else uses it.
type Editor struct {
	c     *value.Cell
	now   int64
	room  int // to be made in the packed bytes with their first change
	width int // as of Hash
	own   bool
	lp    []byte
	t     *table.Table // the cell's
	// of a table, see Layout
	due, later int64
	sweep      uint64
	scratch    []byte

	// Gone, unless it is nil, is called with a field whose time had come and that
	// Set or Delete has met, before it goes.
	Gone func(field []byte)

	seen  table.Entry // of a table: the one found last, until the next change
	known bool        // seen is one
}

// Edit begins to change the hash in c, at time now. room is by how many bytes
// the fields and values to be set may lengthen it.
func Edit(c *value.Cell, now int64, room int) Editor {
	e := Editor{c: c, now: now, room: room, width: width(c.Kind)}
	if e.width != 0 {
		e.lp = c.Blob()
		return e
	}
	e.t = c.OpenTable(0, release)
	e.due, e.sweep, e.later = int64(le.Uint64(c.B[offDue:])), le.Uint64(c.B[offSweep:]), int64(le.Uint64(c.B[offLater:]))
	return e
}

// Close gives the cell the changed hash.
func (e *Editor) Close() {
	if e.width != 0 {
		if e.own {
			e.c.PutBlob(e.kind(), e.lp)
		}
		return
	}
	b := e.c.B
	e.c.PutTable(0, e.t)
	if e.t.Dues == 0 {
		e.due, e.sweep, e.later = never, 0, never
	}
	le.PutUint64(b[offDue:], uint64(e.due))
	le.PutUint64(b[offSweep:], e.sweep)
	le.PutUint64(b[offLater:], uint64(e.later))
}

// release retires the nodes of a value that is overwritten or deleted.
func release(t *table.Table, _ uint64, e table.Entry) {
	value.Release(t.Place(), value.Kind(e.Kind()), e.Value())
}

func (e *Editor) kind() value.Kind {
	switch e.width {
	case 2:
		return value.HashPack
	case 3:
		return value.HashPackEx
	}
	return value.HashTable
}

// Stored is the number of fields, including those whose time has come.
func (e *Editor) Stored() int {
	if e.width == 0 {
		return int(e.t.Count)
	}
	return listpack.Len(e.lp) / e.width
}

// Get returns the value of field and its due time. The item is valid until the
// next change.
func (e *Editor) Get(field []byte) (val Item, due int64, ok bool) {
	if e.width != 0 {
		h := Hash{sp: e.c.Space, now: e.now, width: e.width, lp: e.lp}
		return h.Get(field)
	}
	entry, ok := e.look(e.c.Hash(field), field)
	if !ok || expired(entry.Due(), e.now) {
		return Item{}, NoDue, false
	}
	return valueOf(e.c.Space, entry), entry.Due(), true
}

// look finds field in the table, at once if it is the one that was seen last.
func (e *Editor) look(at uint64, field []byte) (table.Entry, bool) {
	if !e.known || string(e.seen.Key()) != string(field) {
		e.seen, e.known = e.t.Find(at, field)
	}
	return e.seen, e.known
}

// Set gives field the value val, which must not alias nodes, and tells whether
// the field is new. due is NoDue, or KeepDue for that of a field that is there.
func (e *Editor) Set(field, val []byte, due int64) (added bool) {
	if e.width != 0 {
		pos, was := e.find(field)
		if pos != listpack.None && expired(was, e.now) {
			e.met(field)
			e.removeAt(pos)
			pos = listpack.None
		}
		if e.fits(field, val, pos == listpack.None) {
			e.setPacked(pos, field, val, due, was)
			return pos == listpack.None
		}
		e.toTable()
	}
	return e.setInTable(e.c.Hash(field), field, val, due)
}

// Expect makes a table of an empty hash that is to have as many fields as its
// cell expects, if it would become one.
func (e *Editor) Expect() {
	if e.width != 0 && e.c.Expected > int64(e.c.Limits.HashMaxListpackEntries) {
		e.toTable()
	}
}

// Table is the table of a hash that is one, and has no due times, to be filled with
// AddTo.
func (e *Editor) Table() *table.Table { return e.t }

// AddTo adds a field to the table of a hash, or to a part of it, at the position
// that the hash of the field gives; it tells whether it was not there.
func AddTo(t *table.Table, at uint64, field, val []byte) (added bool) {
	if len(val) > table.MaxValue { // it needs nodes
		if _, there := t.Find(at, field); there {
			return false
		}
	}
	var room [16]byte
	kind, b := value.EncodeString(t.PlaceOf(at), val, false, table.MaxValue, room[:])
	return t.Insert(at, field, table.Item{Kind: uint8(kind), Due: NoDue, Value: b})
}

// setInTable is Set where the hash is a table. A value that replaces one without
// nodes goes into its place, if it fits there and the due time stays.
func (e *Editor) setInTable(at uint64, field, val []byte, due int64) (added bool) {
	old, found := e.look(at, field)
	e.known = false
	var room [16]byte
	kind, b := value.EncodeString(e.c.Where, val, false, table.MaxValue, room[:])
	if !found {
		e.t.Add(at, field, table.Item{Kind: uint8(kind), Due: due, Value: b})
		return true
	}
	gone := expired(old.Due(), e.now)
	if gone {
		e.met(field)
		due = NoDue
	}
	if !gone && (due == KeepDue || due == old.Due()) && value.Kind(old.Kind()) <= value.StringInt &&
		e.t.Update(e.t.Own(at, field, old), uint8(kind), b) {
		return false
	}
	e.t.Set(at, field, table.Item{Kind: uint8(kind), Due: due, Value: b})
	return gone
}

// find returns where a field of a packed hash is, and its due time.
func (e *Editor) find(field []byte) (pos int, due int64) {
	pos = listpack.Find(e.lp, listpack.First(e.lp), field, e.width-1)
	if pos == listpack.None || e.width == 2 {
		return pos, NoDue
	}
	return pos, packedDue(e.lp, listpack.Next(e.lp, listpack.Next(e.lp, pos)))
}

// fits tells whether the hash may stay packed with this field.
func (e *Editor) fits(field, val []byte, isNew bool) bool {
	l := e.c.Limits
	const overhead = 64 // of three entries of a listpack
	return len(field) <= l.HashMaxListpackValue && len(val) <= l.HashMaxListpackValue &&
		(!isNew || e.Stored() < l.HashMaxListpackEntries) &&
		listpack.SafeToAdd(len(e.lp), len(field)+len(val)+overhead)
}

// edit makes the packed bytes writable. Positions stay.
func (e *Editor) edit() {
	if !e.own {
		e.lp, e.own = e.c.EditBlob(e.room), true
	}
}

// setPacked stores a field at pos, where it is, or None.
func (e *Editor) setPacked(pos int, field, val []byte, due, was int64) {
	e.edit()
	if pos != listpack.None && e.width == 3 && due != KeepDue && was != NoDue {
		e.removeAt(pos) // it goes to those without a due time
		pos = listpack.None
	}
	if pos != listpack.None {
		e.lp = listpack.Replace(e.lp, listpack.Next(e.lp, pos), val)
		return
	}
	e.lp = listpack.Append(listpack.Append(e.lp, field), val)
	if e.width == 3 {
		e.lp = listpack.AppendInt(e.lp, 0)
	}
}

// removeAt removes the packed field at pos.
func (e *Editor) removeAt(pos int) {
	e.edit()
	e.lp, _ = listpack.DeleteAt(e.lp, pos, e.width)
}

// Delete removes field and tells whether it was there.
func (e *Editor) Delete(field []byte) bool {
	if e.width != 0 {
		pos, due := e.find(field)
		if pos == listpack.None {
			return false
		}
		live := !expired(due, e.now)
		if !live {
			e.met(field)
		}
		e.removeAt(pos)
		return live
	}
	at := e.c.Hash(field)
	entry, ok := e.t.Find(at, field)
	e.known = false
	if !ok {
		return false
	}
	live := !expired(entry.Due(), e.now)
	if !live {
		e.met(field)
	}
	e.t.Delete(at, field)
	return live
}

// met tells of an expired field that is about to go.
func (e *Editor) met(field []byte) {
	if e.Gone != nil {
		e.Gone(field)
	}
}

// SetDue gives field, which is there, the due time in ms, which is later than
// now, or takes it away with NoDue.
func (e *Editor) SetDue(field []byte, due int64) {
	if e.width == 0 {
		e.known = false
		e.t.SetDue(e.c.Hash(field), field, due)
		if due != NoDue {
			e.due, e.later = min(e.due, due), min(e.later, due)
		}
		return
	}
	if e.width == 2 {
		if due == NoDue {
			return
		}
		e.widen()
	}
	pos, _ := e.find(field)
	e.scratch = listpack.AppendElem(e.scratch[:0], e.lp, listpack.Next(e.lp, pos))
	e.removeAt(pos)
	pos = e.placeOf(due)
	e.lp = listpack.InsertInt(e.lp, pos, max(due, 0))
	e.lp = listpack.Insert(e.lp, pos, e.scratch)
	e.lp = listpack.Insert(e.lp, pos, field)
}

// placeOf returns where a field with this due time belongs: behind those that
// are due no later.
func (e *Editor) placeOf(due int64) int {
	end := len(e.lp) - 1
	if due == NoDue {
		return end
	}
	for pos := listpack.First(e.lp); pos != listpack.None; {
		at := listpack.Next(e.lp, listpack.Next(e.lp, pos))
		if d := packedDue(e.lp, at); d == NoDue || d > due {
			return pos
		}
		pos = listpack.Next(e.lp, at)
	}
	return end
}

// widen makes HashPack HashPackEx.
func (e *Editor) widen() {
	e.room += listpack.Len(e.lp)
	e.edit()
	const dueSize = 2 // of a 0 as an entry
	wide := listpack.New(make([]byte, 0, len(e.lp)+dueSize*listpack.Len(e.lp)/2+e.room))
	for pos := listpack.First(e.lp); pos != listpack.None; pos = listpack.Next(e.lp, pos) {
		wide = copyElem(wide, e.lp, pos)
		pos = listpack.Next(e.lp, pos)
		wide = listpack.AppendInt(copyElem(wide, e.lp, pos), 0)
	}
	e.lp, e.width = wide, 3
}

func copyElem(to, from []byte, pos int) []byte {
	b, n, isInt := listpack.Get(from, pos)
	if isInt {
		return listpack.AppendInt(to, n)
	}
	return listpack.Append(to, b)
}

// toTable makes a packed hash a table.
func (e *Editor) toTable() {
	t := table.Nested(e.c.Where, e.c.Hash, release)
	t.Expected = e.c.Expected
	h := Hash{sp: e.c.Space, now: e.now, width: e.width, lp: e.lp}
	e.due = never
	h.Each(func(field, val Item, due int64) bool {
		put(e.c, &t, field, val, due, &e.scratch)
		if due != NoDue {
			e.due = min(e.due, due)
		}
		return true
	})
	e.c.DropBlob()
	var none [tableSize]byte
	e.c.Set(value.HashTable, none[:])
	e.t, e.width, e.lp, e.own = &t, 0, nil, false
	e.sweep, e.later = 0, never
}

// put stores a copy of a field in t, a table of c.
func put(c *value.Cell, t *table.Table, field, val Item, due int64, scratch *[]byte) {
	var digits [20]byte
	var room [16]byte
	name := field.Bytes(digits[:])
	*scratch = val.AppendTo((*scratch)[:0])
	kind, b := value.EncodeString(c.Where, *scratch, false, table.MaxValue, room[:])
	t.Set(c.Hash(name), name, table.Item{Kind: uint8(kind), Due: due, Value: b})
}
