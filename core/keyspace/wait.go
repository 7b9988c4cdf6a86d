package keyspace

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/value"
)

// Waiter is somebody who waits for keys of one database, in the queue of each.
//
// Three may end the wait: a Tx that serves it, under the lock of one of its
// keys; its owner, when time is up or it goes; and whoever ends it for the
// owner. The first one of them does; End and Serve tell who was. What is left in
// queues after the end is passed over, until the owner calls Leave.
//
//	        Wait            Serve, End           Leave
//	(none) ------> waiting ------------> over -----------> (gone)
type Waiter struct {
	// Type is the type of value it waits for. Keys without value, and of
	// another type, do not serve it …
	Type value.Type
	// Gone … except for one that is to learn of that as well.
	Gone bool
	// Owner is for whoever serves.
	Owner any

	db   int
	keys [][]byte // in whose queues it was put, each once
	also uint64   // the shards of further keys that serving it needs

	mu   sync.Mutex // taken under shards' locks; none is taken under it
	over bool
	// standing is in how many queues it is.
	standing atomic.Int32
}

// Wait puts w at the end of the queues of keys of database db; a key may occur
// twice. Serving it by any of them also needs the keys also. All are locked: so
// between the look that found nothing and Wait nothing can come. It is called
// once for a Waiter.
func (tx *Tx) Wait(w *Waiter, db int, keys, also [][]byte) {
	w.db, tx.tended = db, true
	for _, key := range also {
		w.also |= 1 << tx.s.shardOf(tx.s.hash(key))
	}
	for _, key := range keys {
		sh := tx.s.shards[tx.s.shardOf(tx.s.hash(key))]
		in := sh.interestIn(db, key)
		if n := len(in.waiters); n > 0 && in.waiters[n-1] == w {
			continue // the key occurs twice
		}
		in.waiters = append(in.waiters, w)
		if w.Gone {
			in.gone++
		}
		w.keys = append(w.keys, in.bytes)
		w.standing.Add(1)
		sh.tended.need(w.also&^(1<<sh.index), 1)
	}
}

// End ends the wait and tells whether that was still to be done. Any goroutine
// may call it.
func (w *Waiter) End() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return false
	}
	w.over = true
	return true
}

// Over tells whether the wait is over. Any goroutine, also with shards locked.
func (w *Waiter) Over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// Leave takes w, whose wait is over, out of the queues it is still in. tx has
// nothing locked. It does not wait for a Tx with LockExclusive, which does it at its
// end.
func (tx *Tx) Leave(w *Waiter) {
	if w.standing.Load() > 0 {
		tx.soon(w.shards(tx.s), func(tx *Tx) { tx.leave(w) })
	}
}

func (w *Waiter) shards(s *Store) (set uint64) {
	for _, key := range w.keys {
		set |= 1 << s.shardOf(s.hash(key))
	}
	return set
}

// leave is Leave with the shards locked.
func (tx *Tx) leave(w *Waiter) {
	for _, key := range w.keys {
		sh := tx.s.shards[tx.s.shardOf(tx.s.hash(key))]
		if in := sh.interestOf(w.db, key); in != nil {
			if i := slices.Index(in.waiters, w); i >= 0 {
				sh.takeOut(in, i)
			}
		}
	}
}

// takeOut removes the waiter at place i of a queue.
func (sh *shard) takeOut(in *interest, i int) {
	w := in.waiters[i]
	if i == 0 {
		in.waiters[0] = nil
		in.waiters = in.waiters[1:]
	} else {
		in.waiters = slices.Delete(in.waiters, i, i+1)
	}
	if w.Gone {
		in.gone--
	}
	w.standing.Add(-1)
	sh.tended.need(w.also&^(1<<sh.index), -1)
	sh.drop(in)
}

// makeReady lists a key that has waiters among those to be served.
func (in *interest) makeReady(tx *Tx) {
	if !in.ready && len(in.waiters) > 0 {
		in.ready = true
		tx.ready = append(tx.ready, in)
	}
}

// Serve has serve try the waiters of the keys that have changed since they were
// locked: keys in the order in which they changed first, of each key the waiters
// in the order in which they came. serve tells whether the waiter has got what
// it waits for, which ends the wait. Keys that serve changes have their turn
// after those. The locks needed are held.
func (tx *Tx) Serve(serve func(w *Waiter, db *DB, key []byte) bool) {
	for len(tx.ready) > 0 {
		in := tx.ready[0]
		tx.ready[0] = nil
		tx.ready = tx.ready[1:]
		in.ready = false
		tx.serveKey(in, serve)
	}
	tx.ready = nil
}

func (tx *Tx) serveKey(in *interest, serve func(w *Waiter, db *DB, key []byte) bool) {
	db := tx.DB(in.db)
	sh, _, _ := db.at(in.bytes)
	for i := 0; i < len(in.waiters); {
		w := in.waiters[i]
		e, there := db.Find(in.bytes, Peek)
		if !there && in.gone == 0 {
			return
		}
		fits := w.Gone || there && e.Type() == w.Type
		if fits && w.try(serve, db, in.bytes) {
			sh.takeOut(in, i)
		} else {
			i++
		}
	}
}

// try serves w, if it still waits, and tells whether it waits no more.
func (w *Waiter) try(serve func(w *Waiter, db *DB, key []byte) bool, db *DB, key []byte) (over bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = serve(w, db, key)
	}
	return w.over
}

// OnReady sets who serves those who wait for keys that a Tx has changed: serve
// calls Serve, before the Tx unlocks. It is set before the first Tx.
func (s *Store) OnReady(serve func(tx *Tx)) { s.serve = serve }
