// Package keyspace is the databases: shards with their locks, keys with their
// expiry and access clocks, eviction, and the pins that make snapshots. It
// knows no clients, replies, commands or files.
//
// # Shards
//
// The hash of a key gives its shard by the first bits, and by the rest its
// position in the shard's table. A shard has one table for each database and
// one lock for all of them.
//
//	hash  |shard|position in the table …            |
//	       0-6   the rest, shifted to the front
//
// A Tx is a set of locked shards. Locks are taken in order of the shards'
// index; below them there is only the heap's own lock. Everything a Tx gives
// out (entries, strings) aliases node memory and is valid until the next change
// to its database or the end of the Tx, whichever is first.
package keyspace

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/zeebo/xxh3"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/types"
)

// MaxShards bounds Options.Shards: a set of shards is one word.
const MaxShards = 64

// Options for New.
type Options struct {
	Heap page.Options // Arenas is set by New
	// Shards is a power of two up to MaxShards.
	Shards int
	// Databases is how many there are (the directive databases).
	Databases int
	// Seed randomises the hash; it belongs to the data.
	Seed uint64
	// Now is the wall clock, in ms.
	Now func() int64
}

// Store is all databases.
type Store struct {
	heap      *page.Heap
	space     value.Space
	limits    atomic.Pointer[value.Limits]
	shards    []*shard
	shardBits uint
	databases int
	seed      uint64
	nowMs     func() int64

	lfu      atomic.Bool // the access clock is LFU's
	lfuLog   atomic.Int64
	lfuDecay atomic.Int64 // minutes
	frozen   atomic.Bool  // expired keys are neither deleted nor hidden

	// paused tells that reads are to delete nothing; set before the first Tx, or nil.
	paused func() bool
	// observer is told of events; set before the first Tx.
	observer Observer
	// beside tells what a snapshot keeps beside the keys; set before the first, or nil.
	beside func() any
	// tracker is told of changes while tracked; set before the first Tx.
	tracker Tracker
	tracked atomic.Bool
	// newLog makes the Log of a Tx; set before the first Tx, or nil.
	newLog func() Log
	// serve serves those who wait for keys that a Tx has changed; set before
	// the first Tx.
	serve     func(tx *Tx)
	snapshots sync.Map // *Snapshot: those that are open
	pool      evictionPool
	garbage   garbage
	exclusive exclusive
}

// Observer is told what happens to keys, under the lock of the key's shard.
type Observer interface {
	// KeyEvent is a keyspace event in database db. key is valid during the
	// call. A change that has no event (what PFCOUNT caches) has no name.
	KeyEvent(class EventClass, event string, key []byte, db int)
}

// Tracker is told which keys have changed, for clients that keep copies of them. Its
// methods are called under the lock of the key's shard.
type Tracker interface {
	// KeyChanged tells that the value of key, of any database, is another one or
	// gone. byStore says that nobody has asked for that: its time had come, or it
	// made room. key is valid during the call.
	KeyChanged(tx *Tx, key []byte, byStore bool)
	// AllChanged tells that any key may have changed. Every shard is locked.
	AllChanged(tx *Tx)
}

// Log gathers the effects of one Tx for those who have to repeat them.
type Log interface {
	// Deleted tells that the store itself deleted key: because its time had
	// come, or to make room.
	Deleted(db int, key []byte, evicted bool)
	// FieldsDeleted tells that the store itself deleted fields of the hash at key,
	// whose time had come, and key with the last of them.
	FieldsDeleted(db int, key []byte, fields [][]byte)
	// Recording tells whether anybody wants to know.
	Recording() bool
	// Apart says that what was told since the last effects of a command need not
	// be repeated as a whole.
	Apart()
	// End is called before the Tx lets its shards go.
	End()
}

// shard is one part of every database.
type shard struct {
	mu     sync.Mutex
	tended *tended // nil while nobody watches a key or waits for one
	// snapshot is the newest that is open, or nil.
	snapshot *Snapshot
	index    int
	arena    *page.Arena
	tables   []table.Table // by database
	counts   Counts
	expire   expireCursor
	fields   []fieldDues // by the table's ID
	_        [64]byte
}

// Counts are a shard's figures for INFO.
type Counts struct {
	Hits, Misses, Expired, Evicted int64
	ExpiredFields                  int64 // of hashes
}

// New makes an empty store. It fails if no memory can be reserved.
func New(o Options) (*Store, error) {
	if o.Shards < 1 || o.Shards > MaxShards || o.Shards&(o.Shards-1) != 0 {
		return nil, fmt.Errorf("%d shards: want a power of two up to %d", o.Shards, MaxShards)
	}
	o.Heap.Arenas = o.Shards
	heap, err := page.New(o.Heap)
	if err != nil {
		return nil, fmt.Errorf("make the node heap: %w", err)
	}
	s := &Store{heap: heap, databases: o.Databases, seed: o.Seed, nowMs: o.Now}
	s.space = value.Space{Heap: heap, Hash: s.hash}
	s.limits.Store(value.DefaultLimits())
	s.lfuLog.Store(10)
	s.lfuDecay.Store(1)
	for 1<<s.shardBits < o.Shards {
		s.shardBits++
	}
	for i := range o.Shards {
		sh := &shard{index: i, arena: heap.Arena(i)}
		for db := range o.Databases {
			sh.tables = append(sh.tables, table.New(sh.arena, uint32(db), s.position, s.release))
			sh.fields = append(sh.fields, fieldDues{})
		}
		s.shards = append(s.shards, sh)
	}
	return s, nil
}

// SetLimits sets the thresholds between representations; l is not changed
// afterwards. Values keep what they have until they are next changed.
func (s *Store) SetLimits(l *value.Limits) { s.limits.Store(l) }

// Close gives all memory back. No Tx, pin or goroutine of the store may be live.
func (s *Store) Close() { s.heap.Close() }

// Observe sets who is told of events. It is called before the first Tx.
func (s *Store) Observe(o Observer) { s.observer = o }

// OnSnapshot sets what tells, at the cut of a snapshot and under every shard's lock,
// what belongs to the version of the data beside the keys (Snapshot.Beside). It is
// set before the first snapshot.
func (s *Store) OnSnapshot(beside func() any) { s.beside = beside }

// Track sets who is told of changes. It is called before the first Tx.
func (s *Store) Track(t Tracker) { s.tracker = t }

// SetTracked turns the Tracker on or off; off at first. Whoever has turned it on and
// then locks a key's shard is told of all later changes of that key. Any goroutine.
func (s *Store) SetTracked(on bool) { s.tracked.Store(on) }

// Record sets what makes the Log of each Tx. It is called before the first Tx.
func (s *Store) Record(newLog func() Log) { s.newLog = newLog }

// Heap is the node heap.
func (s *Store) Heap() *page.Heap { return s.heap }

// Now is the wall clock in ms since 1970.
func (s *Store) Now() int64 { return s.nowMs() }

// Databases is how many there are.
func (s *Store) Databases() int { return s.databases }

// Shards is how many there are.
func (s *Store) Shards() int { return len(s.shards) }

// hash is a key's place in the hash order of the whole store.
func (s *Store) hash(key []byte) uint64 { return xxh3.HashSeed(key, s.seed) }

// position is a key's place in its shard's table.
func (s *Store) position(key []byte) uint64 { return s.hash(key) << s.shardBits }

// ShardOf is the index of a key's shard, less than Shards.
func (s *Store) ShardOf(key []byte) int { return s.shardOf(s.hash(key)) }

func (s *Store) shardOf(hash uint64) int { return int(hash >> (64 - s.shardBits)) }

// release retires the nodes of an entry that is overwritten or deleted: at once
// if they are few, else in the background.
func (s *Store) release(t *table.Table, pos uint64, e table.Entry) {
	kind := value.Kind(e.Kind())
	if kind <= value.StringInt {
		return
	}
	if types.FieldsDue(s.space, kind, e.Value()) != NoTTL {
		s.shards[t.Arena().Index()].forgetFields(t, e.Key())
	}
	f := types.Freer(where(t, pos), s.space, kind, e.Value())
	if f != nil && !f.Step(freeAtOnce) {
		s.garbage.add(t.Arena().Index(), f)
	}
}

// freeAtOnce is how many nodes of a value are freed by the command that drops
// it: some tens of microseconds.
const freeAtOnce = 64

func where(t *table.Table, pos uint64) value.Where {
	return t.PlaceOf(pos)
}

// UsedMemory is the bytes of all nodes, including those that only snapshots
// see. It takes no lock.
func (s *Store) UsedMemory() int64 { return s.heap.Used() }

// each calls fn with every shard, each locked for a moment.
func (s *Store) each(fn func(sh *shard)) {
	for _, sh := range s.shards {
		s.lockShard(sh, nil)
		fn(sh)
		sh.mu.Unlock()
	}
}

// Counts sums the shards' figures. tx has all shards locked or none.
func (tx *Tx) Counts() (c Counts) {
	tx.each(func(sh *shard) {
		c.Hits += sh.counts.Hits
		c.Misses += sh.counts.Misses
		c.Expired += sh.counts.Expired
		c.Evicted += sh.counts.Evicted
		c.ExpiredFields += sh.counts.ExpiredFields
	})
	return c
}

// ResetCounts sets the figures to zero (CONFIG RESETSTAT). tx has all shards
// locked or none.
func (tx *Tx) ResetCounts() {
	tx.each(func(sh *shard) { sh.counts = Counts{} })
	g := &tx.s.garbage
	g.mu.Lock()
	g.freed = 0
	g.mu.Unlock()
}

// Size is the keys of database db and how many of them expire. tx has all shards
// locked or none.
func (tx *Tx) Size(db int) (keys, expires int64) {
	tx.each(func(sh *shard) {
		keys += sh.tables[db].Count
		expires += sh.tables[db].Dues
	})
	return keys, expires
}

// Sizes is Size of every database, for which each shard is locked once.
func (tx *Tx) Sizes() []Size {
	sizes := make([]Size, tx.s.databases)
	tx.each(func(sh *shard) {
		for db := range sizes {
			sizes[db].Keys += sh.tables[db].Count
			sizes[db].Expires += sh.tables[db].Dues
		}
	})
	return sizes
}

// Expect prepares database db for as many keys more; the hint is forgotten with
// ExpectNothing. If it is not true, memory may be wasted, up to sixteen times what
// the keys take. tx has all shards locked or none.
func (tx *Tx) Expect(db int, keys int64) {
	tx.each(func(sh *shard) {
		t := &sh.tables[db]
		t.Expected = t.Count + keys>>tx.s.shardBits
	})
}

// Fit has the tables of a shard for which keys were expected take no more memory than
// they need: all are there. tx has all shards locked or none; then this one is
// locked for some microseconds at a time.
func (tx *Tx) Fit(shard int) {
	const entries = 512
	sh, own := tx.s.shards[shard], tx.held == 0
	for db := range sh.tables {
		for pos, more := uint64(0), true; more; more = pos != 0 {
			if own {
				sh.mu.Lock()
			}
			if t := &sh.tables[db]; t.Expected > 0 {
				pos = t.Fit(pos, entries)
			}
			if own {
				sh.mu.Unlock()
			}
		}
	}
}

// ExpectNothing ends Expect. tx has all shards locked or none.
func (tx *Tx) ExpectNothing() {
	tx.each(func(sh *shard) {
		for db := range sh.tables {
			sh.tables[db].Expected = 0
		}
	})
}

// Size is the keys of a database and how many of them expire.
type Size struct{ Keys, Expires int64 }

// KeepExpired has reads hide expired keys without deleting them while paused is
// true (CLIENT PAUSE). To be called before the first Tx.
func (s *Store) KeepExpired(paused func() bool) { s.paused = paused }

// SetExpiry turns expiry on or off: off, expired keys stay as they are and are
// seen (DEBUG SET-ACTIVE-EXPIRE is another matter: it stops only the cycle). It is
// off while effects are repeated, which tell themselves what has expired.
func (s *Store) SetExpiry(on bool) { s.frozen.Store(!on) }
