package rdb

import (
	"fmt"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// LoadOptions say how a file's keys go into a store.
type LoadOptions struct {
	NowMs int64 // the wall clock
	// DropExpired leaves out keys that were due before NowMs.
	DropExpired bool
	// Merge lets keys of the file replace keys that are there; without it
	// such a key is an error.
	Merge bool
	// Tx, if set, has every shard locked; else a shard is locked for each key.
	Tx *keyspace.Tx
	// Delay is slept after each key (key-load-delay, for tests).
	Delay time.Duration
	// Skipping, if set, is told of the key of each empty collection, which is
	// left out.
	Skipping func(key []byte)
}

// Loaded is what a load did.
type Loaded struct {
	Keys, Expired int64
	Empty         int64 // keys with empty collections, left out
}

// loader puts a file's entries into a store, locking a shard for each.
type loader struct {
	store *keyspace.Store
	tx    *keyspace.Tx
	o     LoadOptions
	db    int
	value build // of the entry at hand
	Loaded
}

// NewLoader returns a Visitor that fills store.
func NewLoader(store *keyspace.Store, o LoadOptions) (Visitor, *Loaded) {
	l := &loader{store: store, tx: o.Tx, o: o}
	if l.tx == nil {
		l.tx = store.NewTx()
	}
	return l, &l.Loaded
}

func (l *loader) Aux(_, _ []byte) error { return nil }

func (l *loader) SelectDB(db uint64) error {
	if db >= uint64(l.store.Databases()) {
		return fmt.Errorf("database %d: there are only %d databases (see the directive databases)", db, l.store.Databases())
	}
	l.db = int(db)
	return nil
}

func (l *loader) ResizeDB(_, _ uint64) error { return nil }

func (l *loader) Entry(e *Entry) error {
	ttl := keyspace.NoTTL
	if e.ExpireAtMs >= 0 {
		ttl = e.ExpireAtMs
		if l.o.DropExpired && ttl <= l.o.NowMs {
			l.Expired++
			return nil
		}
	}
	if l.o.Tx == nil {
		l.tx.LockKey(e.Key, l.o.NowMs)
		defer l.tx.Unlock()
	} else {
		l.tx.ForgetKey() // e.Key lies where the one before it lay
	}
	db := l.tx.DB(l.db)
	if !l.o.Merge && db.Exists(e.Key) {
		return fmt.Errorf("key %s is there twice", quoteKey(e.Key))
	}
	l.value.start(db, e.Key)
	if err := e.Read(&l.value); err != nil {
		l.value.Drop()
		if err == ErrEmpty {
			l.Empty++
			if l.o.Skipping != nil {
				l.o.Skipping(e.Key)
			}
			err = nil
		}
		return err
	}
	l.value.Commit(ttl)
	switch {
	case l.store.LFU() && e.Freq >= 0:
		db.SetClock(e.Key, keyspace.ClockOfFrequency(uint8(e.Freq), l.o.NowMs))
	case !l.store.LFU() && e.IdleSec >= 0:
		db.SetClock(e.Key, keyspace.ClockOfIdle(e.IdleSec*1000, l.o.NowMs))
	}
	l.Keys++
	if l.o.Delay > 0 {
		time.Sleep(l.o.Delay)
	}
	return nil
}
