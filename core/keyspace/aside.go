package keyspace

import "github.com/redoubt-kv/redoubt/core/table"

// Aside is what SetAside has taken out of a store: every database's tables.
type Aside struct{ shards []asideShard }

type asideShard struct {
	tables []table.Table
	fields []fieldDues
}

// SetAside empties every database, keeps what was there, and tells those who watch
// keys or keep copies that any may have changed. Every shard is locked, and stays so
// until PutBack or Drop: no snapshot is taken meanwhile that outlives them.
func (tx *Tx) SetAside() *Aside {
	tx.key = nil
	tx.trackAll()
	for db := range tx.dbs {
		tx.touchAll(db, nil)
	}
	a := &Aside{shards: make([]asideShard, len(tx.s.shards))}
	for i, sh := range tx.s.shards {
		kept := &a.shards[i]
		kept.tables, kept.fields = make([]table.Table, len(sh.tables)), sh.fields
		copy(kept.tables, sh.tables)
		sh.fields = make([]fieldDues, len(kept.fields))
		for db := range sh.tables {
			t := &sh.tables[db]
			*t = table.New(sh.arena, t.ID(), tx.s.position, tx.s.release)
		}
	}
	return a
}

// PutBack frees what is in the databases and has a in them again.
func (tx *Tx) PutBack(a *Aside) {
	tx.key = nil
	tx.trackAll()
	for i, sh := range tx.s.shards {
		for db := range sh.tables {
			sh.tables[db].Free()
		}
		copy(sh.tables, a.shards[i].tables)
		sh.fields = a.shards[i].fields
		sh.arena.Trim()
	}
}

// Drop has a freed in the background.
func (tx *Tx) Drop(a *Aside) {
	for i, sh := range tx.s.shards {
		for db := range a.shards[i].tables {
			tx.s.garbage.add(sh.index, tableFreer{a.shards[i].tables[db].Detach()})
		}
	}
}

// Keys is how many keys there are.
func (a *Aside) Keys() (n int64) {
	for i := range a.shards {
		for db := range a.shards[i].tables {
			n += a.shards[i].tables[db].Count
		}
	}
	return n
}
