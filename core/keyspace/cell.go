package keyspace

import (
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/types"
)

// openCell is the value that a Tx is changing. There is one at a time: a change
// to any other entry may move the bytes of this one.
type openCell struct {
	value.Cell
	key   []byte
	t     *table.Table
	entry table.Entry // of a cell that Change gave, owned
}

// Limits are the thresholds between representations.
func (db *DB) Limits() *value.Limits { return db.tx.s.limits.Load() }

// Change looks key up to change its value in place, whatever its type: its
// bucket is owned. Commit stores what does not lie in nodes. Until then there is
// no other change to any database. An expired key is absent.
func (db *DB) Change(key []byte, how Access) (*value.Cell, bool) {
	e, t, pos, ok := db.find(key, how)
	if !ok {
		return nil, false
	}
	e = t.Own(pos, key, e)
	c := db.cell(t, pos, key)
	db.tx.open.entry = e
	c.Reset(value.Kind(e.Kind()), e.Value())
	return c, true
}

// New returns a cell for a new value of key: nothing is stored before Commit,
// which replaces what there is. The caller sets kind and bytes.
func (db *DB) New(key []byte) *value.Cell {
	_, t, pos := db.at(key)
	c := db.cell(t, pos, key)
	c.Reset(0, nil)
	c.Fresh = true
	return c
}

func (db *DB) cell(t *table.Table, pos uint64, key []byte) *value.Cell {
	open := &db.tx.open // its Space is the store's
	open.Where, open.Cell.Limits = where(t, pos), db.Limits()
	open.key, open.t = key, t
	return &open.Cell
}

// Commit stores what changed since Change or New gave c. A new value has no
// expiry; a changed one keeps its own.
func (db *DB) Commit(c *value.Cell) {
	switch {
	case c.Fresh:
		db.commit(c, db.tx.s.newClock(db.tx.now), NoTTL, false)
	case c.Changed:
		open := &db.tx.open
		if e := open.entry; !open.t.Update(e, uint8(c.Kind), c.B) {
			open.t.Set(c.Pos, open.key, table.Item{Kind: uint8(c.Kind), Clock: e.Clock(), Due: KeepTTL, Value: c.B, Keep: true})
		}
		c.Changed = false
		db.noteFields(c)
	default:
		db.noteFields(c)
	}
}

// CommitNew is Commit of a new value that is to expire at due. Unlike Commit it
// tells of a new key also where the key was there, as Redis does where it deletes
// that first.
func (db *DB) CommitNew(c *value.Cell, due int64) {
	db.commit(c, db.tx.s.newClock(db.tx.now), due, true)
}

// AddNew is CommitNew of a key that is not there, with its access clock, and tells
// nobody: for loading.
func (db *DB) AddNew(c *value.Cell, due int64, clock uint32) {
	open := &db.tx.open
	open.t.Add(c.Pos, open.key, table.Item{Kind: uint8(c.Kind), Clock: clock, Due: due, Value: c.B})
	c.Fresh, c.Changed = false, false
	db.noteFields(c)
}

// Abandon frees the nodes of a new value c, which is not to be stored.
func (db *DB) Abandon(c *value.Cell) {
	f := types.Freer(c.Where, c.Space, c.Kind, c.B)
	if f != nil && !f.Step(freeAtOnce) {
		db.tx.s.garbage.add(c.Arena.Index(), f)
	}
	c.Reset(0, nil)
}

// commit stores the new value c. The key counts as new if it was not there, or if
// that is asked for.
func (db *DB) commit(c *value.Cell, clock uint32, due int64, isNew bool) {
	open := &db.tx.open
	db.dropExpired(db.tx.s.shards[c.Arena.Index()], open.t, c.Pos, open.key)
	if open.t.Set(c.Pos, open.key, table.Item{Kind: uint8(c.Kind), Clock: clock, Due: due, Value: c.B}) || isNew {
		db.Notify(EventNew, "new", open.key)
	}
	c.Fresh, c.Changed = false, false
	db.noteFields(c)
}

// Settle deletes those of keys that are expired, so that looking them up one
// after the other moves no entry of another.
func (db *DB) Settle(keys ...[]byte) {
	for _, key := range keys {
		sh, t, pos := db.at(key)
		db.dropExpired(sh, t, pos, key)
	}
}
