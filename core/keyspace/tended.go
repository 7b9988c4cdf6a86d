package keyspace

import (
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/table"
)

// tended are the keys of a shard, of any database, that somebody watches or
// waits for: nil while there are none, which is all that other keys' commands
// look at. It belongs to the shard's lock.
type tended struct {
	keys map[dbKey]*interest
	// also are the shards, beside this one, that serving its waiters may need;
	// needs counts the waiters that need each. Whoever locks this shard locks
	// those as well, so that waiters are served under the locks of the very
	// command that made their key ready, with nobody in between.
	also  uint64
	needs [MaxShards]int32
}

// dbKey names a key of one database.
type dbKey struct {
	db  int
	key string
}

// interest is who is interested in one key.
type interest struct {
	dbKey
	bytes   []byte // of the key
	watches []*watched
	waiters []*Waiter // in order of arrival
	gone    int       // how many of them are to learn that it is gone
	ready   bool      // in the list of the Tx that holds the shard
}

// interestIn returns the interest in a key, made if need be.
func (sh *shard) interestIn(db int, key []byte) *interest {
	if sh.tended == nil {
		sh.tended = &tended{keys: map[dbKey]*interest{}}
	}
	in := sh.tended.keys[dbKey{db, string(key)}]
	if in == nil {
		name := string(key)
		in = &interest{dbKey: dbKey{db, name}, bytes: []byte(name)}
		sh.tended.keys[in.dbKey] = in
	}
	return in
}

// interestOf returns the interest in a key, nil if nobody has any.
func (sh *shard) interestOf(db int, key []byte) *interest {
	if sh.tended == nil {
		return nil
	}
	return sh.tended.keys[dbKey{db, string(key)}]
}

// drop forgets an interest that nobody has any more.
func (sh *shard) drop(in *interest) {
	if len(in.watches)+len(in.waiters) > 0 {
		return
	}
	delete(sh.tended.keys, in.dbKey)
	if len(sh.tended.keys) == 0 {
		sh.tended = nil
	}
}

// need counts waiters that need the shards of set, n more or fewer.
func (t *tended) need(set uint64, n int32) {
	for ; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		if t.needs[i] += n; t.needs[i] == 0 {
			t.also &^= 1 << i
		} else {
			t.also |= 1 << i
		}
	}
}

// Tended is how many keys of all databases somebody watches, and how many somebody
// waits for.
func (s *Store) Tended() (watched, waited int) {
	s.each(func(sh *shard) {
		if sh.tended == nil {
			return
		}
		for _, in := range sh.tended.keys {
			if len(in.watches) > 0 {
				watched++
			}
			if len(in.waiters) > 0 {
				waited++
			}
		}
	})
	return watched, waited
}

// Touch tells those who watch key or wait for it that it has changed. Whoever
// waits is served when the command is over.
func (db *DB) Touch(key []byte) {
	db.track(key, false)
	if db.tx.tended {
		db.touch(key)
	}
}

// track tells the Tracker that key has changed.
func (db *DB) track(key []byte, byStore bool) {
	if s := db.tx.s; s.tracked.Load() {
		s.tracker.KeyChanged(db.tx, key, byStore)
	}
}

// touchByStore is Touch for a key that the store itself has deleted.
func (db *DB) touchByStore(key []byte) {
	db.track(key, true)
	if db.tx.tended {
		db.touch(key)
	}
}

// trackAll tells the Tracker that any key may have changed.
func (tx *Tx) trackAll() {
	if tx.s.tracked.Load() {
		tx.s.tracker.AllChanged(tx)
	}
}

func (db *DB) touch(key []byte) {
	sh, t, pos := db.at(key)
	in := sh.interestOf(db.index, key)
	if in == nil {
		return
	}
	in.makeReady(db.tx)
	if len(in.watches) > 0 {
		_, there := t.Find(pos, key)
		in.touchWatches(there)
	}
}

// Wake has those who wait for key served when the command is over, though for
// those who watch it nothing has changed.
func (db *DB) Wake(key []byte) {
	if !db.tx.tended {
		return
	}
	sh, _, _ := db.at(key)
	if in := sh.interestOf(db.index, key); in != nil {
		in.makeReady(db.tx)
	}
}

// Changed reports an event of key, which a command has changed, also to those
// who watch the key or wait for it.
func (db *DB) Changed(class EventClass, event string, key []byte) {
	db.Touch(key)
	db.Notify(class, event, key)
}

// touchAll is Touch for the keys of a database whose tables are about to be
// emptied or replaced by those of another one, with (nil: by none). Every shard is
// locked.
func (tx *Tx) touchAll(db int, with *int) {
	if !tx.tended {
		return
	}
	for _, sh := range tx.s.shards {
		if sh.tended == nil {
			continue
		}
		for _, in := range sh.tended.keys {
			if in.db != db {
				continue
			}
			in.makeReady(tx)
			if len(in.watches) == 0 {
				continue
			}
			pos := tx.s.position(in.bytes)
			_, here := sh.tables[db].Find(pos, in.bytes)
			var new table.Entry
			there := false
			if with != nil {
				new, there = sh.tables[*with].Find(pos, in.bytes)
			}
			in.replaceWatches(here, there, there && tx.expired(new))
		}
	}
}

// expired tells whether an entry's time has come.
func (tx *Tx) expired(e table.Entry) bool {
	return e.Due() != table.NoDue && e.Due() <= tx.now && !tx.s.frozen.Load()
}
