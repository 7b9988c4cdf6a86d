package keyspace

import (
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// Snapshot is the whole store at one moment, and a walk over it that keeps
// little memory: one goroutine reads all entries once, and what it has read is
// not kept for it.
//
// The walk goes through databases, shards and hash order, and publishes how far
// it is. When a writer supersedes a node that the snapshot sees:
//
//	behind the walk          freed at once
//	a bucket ahead of it     handed to the walk, which reads it next, then
//	                         frees it, and later skips its place
//	nodes of values ahead    likewise, not before the bucket that names them
//	                         is read: it comes in the same command, if not
//	                         earlier
//	directories              kept to the end: the walk needs them
//	nodes of renamed values  kept to the end: they are read in another place
//	buckets with overflow    kept to the end, with their whole chain
type Snapshot struct {
	s      *Store
	pin    *page.Pin
	tables [][]table.Table // by shard, then database
	dbs    []uint32        // the database, at the cut, of the table with this ID
	locked bool            // whoever made it holds every shard's lock

	fieldsExpire bool

	mu      sync.Mutex // taken under a shard's lock by superseded
	queue   []superseded
	at      place
	ended   bool
	pending atomic.Int64 // bytes in the queue
	peak    atomic.Int64 // most bytes kept at one moment
	freed   []superseded // of the walk: to be dropped under their shard's lock
	// moved are the keys that were given the value of another, with its nodes,
	// since the cut: the snapshot finds these in another place than where
	// writers drop them.
	moved map[place]bool
}

// place is a point of the walk: everything before it is read.
type place struct {
	db    uint32
	shard int
	pos   uint64
}

func (p place) before(q place) bool {
	if p.db != q.db {
		return p.db < q.db
	}
	if p.shard != q.shard {
		return p.shard < q.shard
	}
	return p.pos < q.pos
}

type superseded struct {
	ref   page.Ref
	at    place
	table uint32 // its ID
	size  int
}

// Snapshot pins the store as it is now. It locks every shard for as long as it
// takes to copy their roots. atCut, if not nil, is called meanwhile.
func (s *Store) Snapshot(atCut func()) *Snapshot {
	n := &Snapshot{s: s, tables: make([][]table.Table, len(s.shards))}
	for _, sh := range s.shards {
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
	s := tx.s
	n := &Snapshot{s: s, tables: make([][]table.Table, len(s.shards)), locked: true}
	n.cut(nil)
	return n
}

// cut copies the roots and pins them. Every shard is locked.
func (n *Snapshot) cut(atCut func()) {
	s := n.s
	roots := make([]table.Table, len(s.shards)*s.databases)
	for i, sh := range s.shards {
		n.tables[i] = roots[i*s.databases : (i+1)*s.databases]
		copy(n.tables[i], sh.tables)
		for db := range sh.fields {
			n.fieldsExpire = n.fieldsExpire || len(sh.fields[db].heap) > 0
		}
	}
	n.dbs = make([]uint32, s.databases)
	for db := range s.databases { // SWAPDB exchanges the same of every shard
		n.dbs[s.shards[0].tables[db].ID()] = uint32(db)
	}
	n.pin = s.heap.Pin()
	n.pin.Superseded = n.superseded
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

// Held is the bytes of nodes that are kept for the snapshot alone.
func (n *Snapshot) Held() int64 { return n.pin.Held() + n.pending.Load() }

// Peak is the most that Held was.
func (n *Snapshot) Peak() int64 { return max(n.peak.Load(), n.Held()) }

// superseded decides about a node that writers have dropped (page.Pin).
func (n *Snapshot) superseded(shard int, ref page.Ref, tableID uint32, pos uint64) page.Fate {
	at := place{n.dbs[tableID], shard, pos}
	size := n.s.heap.Size(ref)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case n.ended:
		return page.Done
	case table.KeepForWalk(n.s.heap, ref): // also where it starts behind the walk
		n.notePeak()
		return page.Wait
	case n.moved[at]:
		n.notePeak()
		return page.Wait
	case at.before(n.at):
		return page.Done
	}
	n.queue = append(n.queue, superseded{ref, at, tableID, size})
	n.pending.Add(int64(size))
	n.notePeak()
	return page.Taken
}

// moved tells the open snapshots that the value of another key now hangs at
// pos of the table with this ID in shard. The caller holds that shard's lock.
func (s *Store) moved(shard int, table uint32, pos uint64) {
	s.snapshots.Range(func(key, _ any) bool {
		n := key.(*Snapshot)
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.moved == nil {
			n.moved = map[place]bool{}
		}
		n.moved[place{n.dbs[table], shard, pos}] = true
		return true
	})
}

func (n *Snapshot) notePeak() {
	if h := n.Held(); h > n.peak.Load() {
		n.peak.Store(h)
	}
}

// Each calls fn once with every entry of the snapshot, of databases in mixed
// order where writers supersede buckets ahead of the walk. It is called once,
// by one goroutine, which holds no lock. After an error of fn it stops and
// returns it.
func (n *Snapshot) Each(fn func(db int, e Entry) error) error {
	w := walk{n: n, fn: fn, early: make(map[page.Ref]uint64)}
	for db := range n.s.databases {
		for shard := range n.tables {
			n.publish(place{uint32(db), shard, 0})
			if err := w.table(place{uint32(db), shard, 0}); err != nil {
				return err
			}
		}
	}
	n.mu.Lock()
	n.ended = true
	n.mu.Unlock()
	if err := w.drain(true); err != nil {
		return err
	}
	n.drop(n.freed) // what came while drain freed the rest
	n.freed = n.freed[:0]
	return nil
}

func (n *Snapshot) publish(at place) {
	n.mu.Lock()
	n.at = at
	n.mu.Unlock()
}

// Release ends the snapshot, whether or not it was walked to its end.
func (n *Snapshot) Release() {
	n.s.snapshots.Delete(n)
	n.mu.Lock()
	n.ended = true
	queue := append(n.freed, n.queue...)
	n.queue, n.freed = nil, nil
	n.mu.Unlock()
	n.drop(queue)
	n.pin.Release(n.with)
}

// drop frees nodes that superseded has taken, a shard's lock for each batch.
func (n *Snapshot) drop(list []superseded) {
	const batch = 64
	for len(list) > 0 {
		k := 1
		for k < len(list) && k < batch && list[k].at.shard == list[0].at.shard {
			k++
		}
		n.with(list[0].at.shard, func() {
			for _, d := range list[:k] {
				n.pin.Drop(d.at.shard, d.ref, d.table, d.at.pos)
			}
		})
		for _, d := range list[:k] {
			n.pending.Add(-int64(d.size))
		}
		list = list[k:]
	}
}

// with runs fn under a shard's lock.
func (n *Snapshot) with(shard int, fn func()) {
	if sh := n.s.shards[shard]; !n.locked {
		sh.mu.Lock()
		defer sh.mu.Unlock()
	}
	fn()
}

// walk is the state of Each.
type walk struct {
	n  *Snapshot
	fn func(db int, e Entry) error
	// early are the buckets ahead that were read from the queue, with the
	// position behind them.
	early map[page.Ref]uint64
}

// table reads one table of the snapshot in hash order.
func (w *walk) table(at place) error {
	t := &w.n.tables[at.shard][at.db]
	if t.Root == 0 {
		return nil
	}
	for {
		if err := w.drain(false); err != nil {
			return err
		}
		ref, b := t.AtSkipping(at.pos, w.isEarly)
		end := w.early[ref]
		if b.Ref != 0 {
			if err := w.bucket(at.db, b); err != nil {
				return err
			}
			end = b.End
		} else {
			delete(w.early, ref)
		}
		if at.pos = end; end == 0 {
			return nil
		}
		w.n.publish(at)
	}
}

func (w *walk) isEarly(ref page.Ref) bool {
	_, ok := w.early[ref]
	return ok
}

func (w *walk) bucket(db uint32, b table.Bucket) (err error) {
	b.Each(func(e table.Entry) bool {
		err = w.fn(int(db), Entry{e, w.n.s.space})
		return err == nil
	})
	return err
}

// drain reads the buckets that writers have handed over and frees the nodes. It
// frees them in batches, so that shard locks are taken seldom.
func (w *walk) drain(last bool) error {
	const batch = 256
	n := w.n
	if err := w.take(last); err != nil || len(n.freed) < batch && !last {
		return err
	}
	// A command may have handed over nodes of a value and be about to hand
	// over the bucket that names them. It is done when its shard can be locked.
	full := len(n.freed)
	for i, d := range n.freed {
		if i == 0 || d.at.shard != n.freed[i-1].at.shard {
			n.with(d.at.shard, func() {})
		}
	}
	if err := w.take(last); err != nil {
		return err
	}
	n.drop(n.freed[:full])
	n.freed = append(n.freed[:0], n.freed[full:]...)
	return nil
}

// take moves the queue to freed and reads the buckets in it that are ahead.
func (w *walk) take(last bool) error {
	n := w.n
	n.mu.Lock()
	queue := n.queue
	n.queue = nil
	at := n.at
	n.mu.Unlock()
	n.freed = append(n.freed, queue...) // before reading, which may fail
	for _, d := range queue {
		if b, ok := table.BucketOf(n.s.heap, d.ref, d.at.pos); ok && !last && !d.at.before(at) {
			if err := w.bucket(d.at.db, b); err != nil {
				return err
			}
			w.early[d.ref] = b.End
		}
	}
	return nil
}
