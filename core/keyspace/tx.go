package keyspace

import (
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// EventClass is the class of a keyspace event (Redis: NOTIFY_*).
type EventClass uint32

// The classes, with the letters of notify-keyspace-events.
const (
	EventGeneric EventClass = 1 << 2  // g
	EventString  EventClass = 1 << 3  // $
	EventList    EventClass = 1 << 4  // l
	EventSet     EventClass = 1 << 5  // s
	EventHash    EventClass = 1 << 6  // h
	EventZSet    EventClass = 1 << 7  // z
	EventExpired EventClass = 1 << 8  // x
	EventEvicted EventClass = 1 << 9  // e
	EventStream  EventClass = 1 << 10 // t
	EventKeyMiss EventClass = 1 << 11 // m
	EventNew     EventClass = 1 << 14 // n
)

// Expiry of a written key: NoTTL, KeepTTL, or an absolute time in ms (>= 0).
const (
	NoTTL   = table.NoDue
	KeepTTL = table.KeepDue
)

// Access says how a look-up counts.
type Access uint8

// What a look-up does beside finding.
const (
	Touch Access = 1 << iota // set the access clock
	Count                    // count a hit or a miss, and report the miss

	ForRead  = Touch | Count
	ForWrite = Touch
	Peek     = Access(0)
)

// Tx is a set of locked shards, used by one goroutine. It is reused from
// command to command: Lock…, work, Unlock.
type Tx struct {
	// NoTouch has look-ups leave access clocks alone (CLIENT NO-TOUCH).
	NoTouch bool
	// Owner is who uses the Tx, and By for whom he does so now, as the Tracker knows
	// them; nil is nobody.
	Owner, By any
	// Busy is called, again and again, while the Tx has to wait for one that is busy
	// (MarkBusy). It returns after a millisecond or so; it may not use the Tx. nil:
	// nothing is done meanwhile.
	Busy func()

	s    *Store
	held uint64 // by shard
	// alone says that held is due to LockExclusive.
	alone bool
	now   int64
	dbs   []DB
	// The hash of the key that was locked last, to be found without hashing
	// again: the key is recognised by where it lies.
	key  *byte
	size int
	h    uint64
	// tended says that somebody watches keys, or waits for them, in a locked
	// shard; ready are the keys with waiters that have changed.
	tended bool
	ready  []*interest
	// scratch is where values are built that must not alias nodes.
	scratch []byte
	open    openCell
	log     Log // nil if nobody records
}

// NewTx returns a Tx with nothing locked.
func (s *Store) NewTx() *Tx {
	tx := &Tx{s: s, scratch: make([]byte, 0, table.MaxValue+64)}
	tx.open.Space = s.space
	if s.newLog != nil {
		tx.log = s.newLog()
	}
	tx.dbs = make([]DB, s.databases)
	for i := range tx.dbs {
		tx.dbs[i] = DB{tx: tx, index: i}
	}
	return tx
}

// Store is the store that tx locks.
func (tx *Tx) Store() *Store { return tx.s }

// Log is where the effects of tx are gathered, nil if nobody records.
func (tx *Tx) Log() Log { return tx.log }

// deleted records that the store itself deleted key.
func (tx *Tx) deleted(db int, key []byte, evicted bool) {
	if tx.log != nil {
		tx.log.Deleted(db, key, evicted)
	}
}

// apart says that what was recorded so far has nothing to do with each other.
func (tx *Tx) apart() {
	if tx.log != nil {
		tx.log.Apart()
	}
}

// Now is the time of the Tx in ms: the same from Lock to Unlock.
func (tx *Tx) Now() int64 { return tx.now }

// DB returns database i.
func (tx *Tx) DB(i int) *DB { return &tx.dbs[i] }

// LockKey locks the shard of one key; nowMs becomes the time of the Tx.
func (tx *Tx) LockKey(key []byte, nowMs int64) {
	tx.now = nowMs
	tx.lock(1 << tx.s.shardOf(tx.hash(key)))
}

// LockKeys locks the shards of the keys at these indexes of args.
func (tx *Tx) LockKeys(args [][]byte, keys []int, nowMs int64) {
	var set uint64
	for _, i := range keys {
		set |= 1 << tx.s.shardOf(tx.s.hash(args[i]))
	}
	tx.now = nowMs
	tx.lock(set)
}

// LockShards locks a set of shards, made of what Shards returned, or all of them
// with AllShards.
func (tx *Tx) LockShards(set uint64, nowMs int64) {
	tx.now = nowMs
	tx.lock(set & (^uint64(0) >> (64 - len(tx.s.shards))))
}

// AllShards is every shard, for LockShards.
const AllShards = ^uint64(0)

// LockKeyAnd is LockKey that locks more shards, up to so many, whose arenas it
// returns: nodes of the key's value may be allocated there.
func (tx *Tx) LockKeyAnd(key []byte, more int, nowMs int64) []*page.Arena {
	shards := tx.s.shards
	at, set := tx.s.shardOf(tx.hash(key)), uint64(0)
	arenas := make([]*page.Arena, min(more, len(shards)-1))
	for i := range arenas {
		sh := shards[(at+1+i)%len(shards)]
		arenas[i] = sh.arena
		set |= 1 << sh.index
	}
	tx.LockShards(set|1<<at, nowMs)
	return arenas
}

// Shard is the shard of a key, for LockShards.
func (tx *Tx) Shard(key []byte) uint64 { return 1 << tx.s.shardOf(tx.s.hash(key)) }

// each calls fn with every shard locked: for a moment each, unless tx has them
// all. It must have all or none.
func (tx *Tx) each(fn func(sh *shard)) {
	if tx.held == 0 {
		for _, sh := range tx.s.shards {
			tx.s.lockShard(sh, tx)
			fn(sh)
			sh.mu.Unlock()
		}
		return
	}
	if tx.held != ^uint64(0)>>(64-len(tx.s.shards)) {
		panic("keyspace: a Tx with some shards locked looks at all")
	}
	for _, sh := range tx.s.shards {
		fn(sh)
	}
}

// LockNone begins a Tx that touches no key.
func (tx *Tx) LockNone(nowMs int64) { tx.now = nowMs }

// LockAll locks every shard.
func (tx *Tx) LockAll(nowMs int64) {
	tx.now = nowMs
	tx.lock(^uint64(0) >> (64 - len(tx.s.shards)))
}

// lock takes the locks of set in order of the shards' index, which every Tx
// keeps to, so that two cannot wait for each other.
func (tx *Tx) lock(set uint64) {
	if invariant.Enabled {
		invariant.Check(tx.held == 0, "lock order", "a Tx that holds %#x locks %#x", tx.held, set)
	}
	if set == 0 {
		return
	}
	first := tx.s.shards[bits.TrailingZeros64(set)]
	tx.s.lockShard(first, tx)
	tx.lockFrom(set, first)
	if tx.tended {
		tx.lockAlso()
	}
}

// lockFrom locks the rest of set, whose first shard is locked.
func (tx *Tx) lockFrom(set uint64, first *shard) {
	tx.held = set
	for sh := first; ; sh.mu.Lock() {
		if sh.snapshot != nil {
			sh.snapshot.begin(sh.index)
		}
		if sh.tended != nil {
			tx.tended = true
		}
		if set &= set - 1; set == 0 {
			break
		}
		sh = tx.s.shards[bits.TrailingZeros64(set)]
	}
}

// lockAlso locks as well what serving those who wait for keys in the locked
// shards may need, from the beginning, to keep the order.
func (tx *Tx) lockAlso() {
	for {
		more := tx.held
		for set := tx.held; set != 0; set &= set - 1 {
			if t := tx.s.shards[bits.TrailingZeros64(set)].tended; t != nil {
				more |= t.also
			}
		}
		if more == tx.held {
			return
		}
		tx.release()
		tx.held = more
		tx.s.lockShard(tx.s.shards[bits.TrailingZeros64(more)], tx)
		for set := more & (more - 1); set != 0; set &= set - 1 {
			tx.s.shards[bits.TrailingZeros64(set)].mu.Lock()
		}
	}
}

// Unlock ends the Tx: what it gave out is no longer valid. Those who wait for
// keys that have changed are served before (Store.OnReady), and then the Log gets
// to its end.
func (tx *Tx) Unlock() {
	if tx.tended {
		tx.settle()
	}
	if tx.log != nil {
		tx.log.End()
	}
	tx.release()
	tx.key = nil
}

func (tx *Tx) release() {
	tx.open.Changed = false
	if tx.alone {
		tx.held, tx.alone = 0, false
		for _, p := range tx.s.exclusive.disown() {
			tx.soon(p.shards, p.work)
		}
		return
	}
	for set := tx.held; set != 0; set &= set - 1 {
		tx.s.shards[bits.TrailingZeros64(set)].mu.Unlock()
	}
	tx.held = 0
}

// settle has those served who wait for keys that have changed.
func (tx *Tx) settle() {
	if len(tx.ready) > 0 && tx.s.serve != nil {
		tx.s.serve(tx)
	}
	for _, in := range tx.ready {
		in.ready = false
	}
	tx.ready, tx.tended = nil, false
}

// ForgetKey makes the Tx hash the next key anew, for callers that use one
// buffer for several keys under the same locks.
func (tx *Tx) ForgetKey() { tx.key = nil }

// hash is the hash of key, remembered for the last one.
func (tx *Tx) hash(key []byte) uint64 {
	if len(key) == 0 {
		return tx.s.hash(key)
	}
	if tx.key != &key[0] || tx.size != len(key) {
		tx.h = tx.s.hash(key)
		tx.key, tx.size = &key[0], len(key)
	}
	return tx.h
}

// Flush empties database db, or all with -1, and returns how many keys were
// removed. Every shard is locked. With async the nodes are freed in the
// background (Store.CollectGarbage).
func (tx *Tx) Flush(db int, async bool) (removed int64) {
	tx.key = nil
	tx.trackAll()
	for i := range tx.dbs {
		if db < 0 || db == i {
			tx.touchAll(i, nil)
		}
	}
	for _, sh := range tx.s.shards {
		for i := range sh.tables {
			if db >= 0 && db != i {
				continue
			}
			t := &sh.tables[i]
			removed += t.Count
			sh.fields[t.ID()] = fieldDues{}
			if async {
				tx.s.garbage.add(sh.index, tableFreer{t.Detach()})
			} else {
				t.Free()
			}
		}
		if !async {
			sh.arena.Trim()
		}
	}
	return removed
}

// Swap exchanges two databases. Every shard is locked.
func (tx *Tx) Swap(a, b int) {
	tx.trackAll()
	tx.touchAll(a, &b)
	tx.touchAll(b, &a)
	for _, sh := range tx.s.shards {
		sh.tables[a], sh.tables[b] = sh.tables[b], sh.tables[a]
	}
}
