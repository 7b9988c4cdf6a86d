package keyspace

import (
	"math"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// Snapshot is the whole store at one moment, and a walk over it that keeps
// little memory: all entries are read once, and what was read is not kept.
//
// The walk goes through each shard by itself, by database and hash order, and
// publishes how far it is. When a writer supersedes a node that the snapshot sees:
//
//	behind the walk          freed at once
//	a bucket ahead of it     handed to the walk, which reads it next and later
//	                         skips its place, or keeps it if its values are large
//	nodes of values ahead    likewise: the bucket that names them is read, or only
//	                         their entry (type partly)
//	directories              kept to the end: the walk needs them
//	nodes of renamed values  kept to the end: they are read in another place
//	buckets with overflow    kept to the end, with their whole chain
//
// and of a value that is being read just then, which can be large:
//
//	a part of a table or a   read next, though the value is not read that far;
//	sorted tree ahead        where the walk comes to its place, it is skipped
//	other nodes              kept until the value is read
//
// What has been handed over and read goes back to the shard, whose commands free
// some of it at their start, under the lock that they hold anyway:
//
//	          superseded            read               Tx.Lock…
//	in use ───────────────▶ queue ─────────▶ finished ──────────▶ free
//	          shard's lock          walk's             shard's lock
//	                                goroutine
//
// So the walk holds no lock for more than a look, and where it is slowed down,
// nobody waits for it.
type Snapshot struct {
	s      *Store
	pin    *page.Pin
	tables [][]table.Table // by shard, then database
	dbs    []uint32        // the database, at the cut, of the table with this ID
	parts  []part          // by shard
	locked bool            // whoever made it holds every shard's lock

	fieldsExpire bool
	data         int64
	beside       any

	unread  atomic.Int32 // parts that are not read to their end
	pending atomic.Int64 // bytes handed over and not freed
	kept    atomic.Int64 // the part of pending that waits for its turn
	keep    atomic.Int64 // most of it
	peak    atomic.Int64 // most bytes kept at one moment
}

// part is one shard's part of a snapshot.
type part struct {
	cursor   atomic.Uint64 // the order of a place: everything before it is read
	queue    handover      // from commands to the walk
	finished handover      // from the walk to whoever holds the shard's lock
	commands atomic.Uint32 // counts those that began
	// moved are the keys that were given the value of another, with its nodes,
	// since the cut: the snapshot finds these in another place than where
	// writers drop them. It is used under the shard's lock.
	moved map[place]bool
	_     [64]byte
}

// allRead is the cursor of a part that is read to its end.
const allRead = math.MaxUint64

// place is a point of the walk through a shard.
type place struct {
	db  uint32
	pos uint64
}

// Positions of buckets have 44 bits (table.maxDepth), so that a place of a bucket
// fits a word with the database.
const (
	placeBits = 20
	lastOrder = 1<<placeBits - 1
)

// order orders places as the walk comes to them. Databases behind the million have
// all the same order: of nodes there nobody knows that they are read.
func (p place) order() uint64 {
	if p.db >= lastOrder {
		return lastOrder << (64 - placeBits)
	}
	return uint64(p.db)<<(64-placeBits) | p.pos>>placeBits
}

// Snapshot pins the store as it is now. It locks every shard for as long as it
// takes to copy their roots. atCut, if not nil, is called meanwhile.
func (s *Store) Snapshot(atCut func()) *Snapshot {
	n := s.newSnapshot()
	s.lockShard(s.shards[0], nil)
	for _, sh := range s.shards[1:] {
		sh.mu.Lock()
	}
	n.cut(atCut)
	for _, sh := range s.shards {
		sh.mu.Unlock()
	}
	return n
}

// Snapshot is Store.Snapshot for a Tx that has every shard locked, and keeps
// them locked until the snapshot is released.
func (tx *Tx) Snapshot() *Snapshot {
	n := tx.s.newSnapshot()
	n.locked = true
	n.cut(nil)
	return n
}

// newSnapshot allocates what cut needs, before any shard is locked for it.
func (s *Store) newSnapshot() *Snapshot {
	n := &Snapshot{s: s, tables: make([][]table.Table, len(s.shards)), parts: make([]part, len(s.shards))}
	roots := make([]table.Table, len(s.shards)*s.databases)
	for i := range s.shards {
		n.tables[i] = roots[i*s.databases : (i+1)*s.databases]
		n.parts[i].queue.init()
		n.parts[i].finished.init()
	}
	n.dbs = make([]uint32, s.databases)
	n.unread.Store(int32(len(n.parts)))
	return n
}

// cut copies the roots and pins them. Every shard is locked.
func (n *Snapshot) cut(atCut func()) {
	s := n.s
	for i, sh := range s.shards {
		copy(n.tables[i], sh.tables)
		for db := range sh.fields {
			n.fieldsExpire = n.fieldsExpire || len(sh.fields[db].heap) > 0
		}
		sh.snapshot = n
	}
	for db := range s.databases { // SWAPDB exchanges the same of every shard
		n.dbs[s.shards[0].tables[db].ID()] = uint32(db)
	}
	n.pin, n.data = s.heap.Pin(), s.UsedMemory()
	n.keep.Store(n.data / 24)
	n.pin.Superseded = n.superseded
	if s.beside != nil {
		n.beside = s.beside()
	}
	s.snapshots.Store(n, nil)
	if atCut != nil {
		atCut()
	}
}

// Size is the keys of database db in the snapshot and how many expire.
func (n *Snapshot) Size(db int) (keys, expires int64) {
	for _, tables := range n.tables {
		keys += tables[db].Count
		expires += tables[db].Dues
	}
	return keys, expires
}

// FieldsExpire tells whether some hash in the snapshot may have a field with an
// expiry of its own.
func (n *Snapshot) FieldsExpire() bool { return n.fieldsExpire }

// Beside is what Store.OnSnapshot's function returned at the cut; nil without one.
func (n *Snapshot) Beside() any { return n.beside }

// Data is the bytes of all nodes at the cut.
func (n *Snapshot) Data() int64 { return n.data }

// Held is the bytes of nodes that are kept for the snapshot alone.
func (n *Snapshot) Held() int64 { return n.pin.Held() + n.pending.Load() }

// Waiting is the part of Held that is to be read next.
func (n *Snapshot) Waiting() int64 { return n.pending.Load() - n.kept.Load() }

// Kept is the part of Held that the walk has been given and keeps until its turn.
func (n *Snapshot) Kept() int64 { return n.kept.Load() }

// KeepAtMost bounds Kept from now on; before, it is a 24th of the data.
func (n *Snapshot) KeepAtMost(bytes int64) { n.keep.Store(bytes) }

// Peak is the most that Held was.
func (n *Snapshot) Peak() int64 { return max(n.peak.Load(), n.Held()) }

// superseded decides about a node that writers have dropped (page.Pin). The
// shard is locked.
func (n *Snapshot) superseded(shard int, ref page.Ref, tableID uint32, pos uint64) page.Fate {
	p, at := &n.parts[shard], place{n.dbs[tableID], pos}
	cursor := p.cursor.Load()
	switch {
	case n.unread.Load() == 0:
		return page.Done
	case p.moved[at]:
		n.notePeak()
		return page.Wait
	case cursor == allRead:
		return page.Done
	case table.KeepForWalk(n.s.heap, ref): // also where it starts behind the walk
		n.notePeak()
		return page.Wait
	case at.order() < cursor:
		return page.Done
	}
	n.pending.Add(int64(n.s.heap.Size(ref)))
	p.queue.add(superseded{ref, tableID, pos})
	n.notePeak()
	return page.Taken
}

// moved tells the open snapshots that the value of another key now hangs at
// pos of the table with this ID in shard. The caller holds that shard's lock.
func (s *Store) moved(shard int, table uint32, pos uint64) {
	s.snapshots.Range(func(key, _ any) bool {
		n := key.(*Snapshot)
		p := &n.parts[shard]
		if p.moved == nil {
			p.moved = map[place]bool{}
		}
		p.moved[place{n.dbs[table], pos}] = true
		return true
	})
}

func (n *Snapshot) notePeak() {
	held := n.Held()
	for peak := n.peak.Load(); held > peak && !n.peak.CompareAndSwap(peak, held); peak = n.peak.Load() {
	}
}

// begin is called by each command at its start, under the shard's lock: nothing
// aliases nodes yet.
func (n *Snapshot) begin(shard int) {
	const most = 4 // so that a command takes no longer for it; it hands over about one
	n.parts[shard].commands.Add(1)
	n.sweep(shard, most)
}

// sweep frees up to most nodes that the walk has finished, and tells whether it
// found as many. The shard is locked.
func (n *Snapshot) sweep(shard, most int) bool {
	for range most {
		d, ok := n.parts[shard].finished.take()
		if !ok {
			return false
		}
		n.drop(shard, d)
	}
	return true
}

// drop frees a node that superseded has taken. The shard is locked.
func (n *Snapshot) drop(shard int, d superseded) {
	size := n.s.heap.Size(d.ref)
	n.pin.Drop(shard, d.ref, d.table, d.pos)
	n.pending.Add(-int64(size))
}

// Each calls fn once with every entry of the snapshot, of databases in mixed
// order. It is called once, by one goroutine, which holds no lock. After an
// error of fn it stops and returns it.
func (n *Snapshot) Each(fn func(db int, e Entry) error) error {
	return n.Walk(0, 1, 1, func(_, db int, e Entry) error { return fn(db, e) })
}

// Release ends the snapshot, whether or not it was walked to its end; no walk is
// under way. The caller holds no lock, unless it made the snapshot under all.
func (n *Snapshot) Release() {
	n.s.snapshots.Delete(n)
	n.unread.Store(0)
	for shard := range n.parts {
		for more := true; more; {
			n.with(shard, func() { more = n.release(shard) })
		}
	}
	n.pin.Release(n.with)
}

// release frees a batch of what was handed over, and tells whether there may be
// more. The shard is locked.
func (n *Snapshot) release(shard int) (more bool) {
	const batch = 64
	if sh := n.s.shards[shard]; sh.snapshot == n {
		sh.snapshot = nil
	}
	if n.sweep(shard, batch) {
		return true
	}
	for range batch {
		d, ok := n.parts[shard].queue.take()
		if !ok {
			return false
		}
		n.drop(shard, d)
	}
	return true
}

// with runs fn under a shard's lock.
func (n *Snapshot) with(shard int, fn func()) {
	if sh := n.s.shards[shard]; !n.locked {
		n.s.lockShard(sh, nil)
		defer sh.mu.Unlock()
	}
	fn()
}

// tryWith is with, unless somebody else has the lock: the walk never waits for
// one, since whoever queues for it is given it before others, who may be faster.
func (n *Snapshot) tryWith(shard int, fn func()) bool {
	if sh := n.s.shards[shard]; !n.locked {
		if !n.s.tryShard(sh) {
			return false
		}
		defer sh.mu.Unlock()
	}
	fn()
	return true
}
