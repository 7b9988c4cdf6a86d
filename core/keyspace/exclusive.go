package keyspace

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// A Tx that may take long (a script) does not hold the shards' locks: it owns the
// store, and who has locked a shard looks whether anybody does. So nobody waits in a
// mutex for it, and who has to wait can do something else meanwhile.
//
//	owner                              any other Tx
//	1 become the owner                 1 lock the first shard of its set
//	2 lock and unlock each shard       2 an owner? unlock, wait until there is none, 1
//	  in order: others are out         3 lock the rest of its set in order
//
// In step 3 the owner is not looked for again: it is still waiting, in its step 2,
// for the first shard of the set or one before it.
type exclusive struct {
	owner atomic.Pointer[Tx]
	// busy says that the owner has taken long already, and goes on.
	busy    atomic.Bool
	waiting atomic.Int32

	mu     sync.Mutex
	change chan struct{} // closed when the owner goes, or becomes busy; made by who waits
	later  []postponed   // for the owner to do at its end
}

// postponed is work under the locks of shards for which nobody waits.
type postponed struct {
	shards uint64
	work   func(tx *Tx)
}

// soon does work with shards locked: now or, if somebody owns the store, at the
// owner's end. tx has nothing locked.
func (tx *Tx) soon(shards uint64, work func(tx *Tx)) {
	for x := &tx.s.exclusive; !tx.tryLock(shards); {
		x.mu.Lock()
		if x.owner.Load() != nil {
			x.later = append(x.later, postponed{shards, work})
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
	}
	work(tx)
	tx.Unlock()
}

// LockExclusive locks every shard for work that may take long: see MarkBusy. nowMs
// becomes the time of the Tx.
func (tx *Tx) LockExclusive(nowMs int64) {
	tx.now = nowMs
	x := &tx.s.exclusive
	for !x.owner.CompareAndSwap(nil, tx) {
		x.await(tx)
	}
	tx.held, tx.alone = ^uint64(0)>>(64-len(tx.s.shards)), true
	for _, sh := range tx.s.shards {
		sh.mu.Lock()
		if sh.snapshot != nil {
			sh.snapshot.begin(sh.index)
		}
		if sh.tended != nil {
			tx.tended = true
		}
		sh.mu.Unlock()
	}
}

// MarkBusy says that tx takes long. If it has called LockExclusive, those who wait
// for it call their Busy from now on; else it does nothing.
func (tx *Tx) MarkBusy() {
	if !tx.alone {
		return
	}
	x := &tx.s.exclusive
	x.busy.Store(true)
	x.wake()
}

// Busy tells whether a Tx has called MarkBusy and not yet unlocked. Any goroutine.
func (s *Store) Busy() bool { return s.exclusive.busy.Load() }

// Exclusive tells whether a Tx has called LockExclusive and not yet unlocked. Any
// goroutine.
func (s *Store) Exclusive() bool { return s.exclusive.owner.Load() != nil }

// disown ends LockExclusive, and returns what was left to do.
func (x *exclusive) disown() (later []postponed) {
	x.busy.Store(false)
	x.owner.Store(nil)
	// Who waits has counted itself before it looked for an owner the last time.
	if x.waiting.Load() > 0 {
		x.wake()
	}
	x.mu.Lock()
	later, x.later = x.later, nil
	x.mu.Unlock()
	return later
}

func (x *exclusive) wake() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.change != nil {
		close(x.change)
		x.change = nil
	}
}

// await waits until something changes: the owner goes, or becomes busy. If it is
// busy it calls tx.Busy instead; tx may be nil. It may return early.
func (x *exclusive) await(tx *Tx) {
	x.waiting.Add(1)
	defer x.waiting.Add(-1)
	x.mu.Lock()
	if x.change == nil {
		x.change = make(chan struct{})
	}
	change := x.change
	x.mu.Unlock()
	switch {
	case x.owner.Load() == nil:
	case x.busy.Load() && tx != nil && tx.Busy != nil:
		tx.Busy()
	default:
		<-change
	}
}

// lockShard locks a shard, for tx or, if that is nil, for somebody who waits
// however long it takes.
func (s *Store) lockShard(sh *shard, tx *Tx) {
	for {
		sh.mu.Lock()
		if s.exclusive.owner.Load() == nil {
			return
		}
		sh.mu.Unlock()
		s.exclusive.await(tx)
	}
}

// tryShard locks a shard unless somebody has the lock.
func (s *Store) tryShard(sh *shard) bool {
	if !sh.mu.TryLock() {
		return false
	}
	if s.exclusive.owner.Load() != nil {
		sh.mu.Unlock()
		return false
	}
	return true
}

// tryLock locks set alone, without what serving those who wait for its keys needs.
// If somebody owns the store it locks nothing and returns false.
func (tx *Tx) tryLock(set uint64) bool {
	if set == 0 {
		return true
	}
	first := tx.s.shards[bits.TrailingZeros64(set)]
	first.mu.Lock()
	if tx.s.exclusive.owner.Load() != nil {
		first.mu.Unlock()
		return false
	}
	tx.lockFrom(set, first)
	return true
}
