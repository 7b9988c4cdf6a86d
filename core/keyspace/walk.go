package keyspace

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// Visit reads one entry of a snapshot. In the midst of a large value the walk
// reads other entries, which writers are about to change: those come with the
// next level, while the value's own Visit has not returned.
type Visit func(level, db int, e Entry) error

// walk is one goroutine's way through its shards.
type walk struct {
	n      *Snapshot
	visit  Visit
	shards []int
	at     []place // by shard: everything before is read
	// early are the buckets ahead that are read, with the position behind them, and
	// partly those of which some entries are.
	early  map[page.Ref]uint64
	partly map[page.Ref]*partly
	depth  int     // most levels
	levels []level // buckets that are being read, each within a value of the one before
	stop   error   // of reading in the midst of a value
	// unswept are, by shard, the nodes finished since the walk last freed some.
	unswept []int
}

// level is a bucket that is being read.
type level struct {
	shard int
	db    uint32
	b     table.Bucket
	skip  []bool // by entry: it is not read; nil: all are
	one   bool   // only the entries at pos are
	pos   uint64
	kept  []superseded // its nodes, and those of its values, until it is read
	value *reading     // the value that is being read, if parts of it can be read early
}

// covers tells whether the level reads all that a node can be.
func (l *level) covers(shard int, db uint32, d superseded, isBucket bool) bool {
	if l.shard != shard || l.db != db {
		return false
	}
	if l.one {
		return d.pos == l.pos && !isBucket
	}
	return d.pos >= l.b.Start && (d.pos < l.b.End || l.b.End == 0)
}

// Walk calls visit with every entry of each of the shards that are worker's share
// among so many workers. Each share is walked once, by one goroutine, which holds
// no lock. Up to levels entries are visited within each other. After an error of
// visit it stops and returns it.
func (n *Snapshot) Walk(worker, workers, levels int, visit Visit) error {
	w := &walk{n: n, visit: visit, at: make([]place, len(n.parts)), unswept: make([]int, len(n.parts)), early: map[page.Ref]uint64{}, partly: map[page.Ref]*partly{},
		depth: levels, levels: make([]level, 0, levels)}
	for shard := worker; shard < len(n.parts); shard += workers {
		w.shards = append(w.shards, shard)
	}
	defer w.forget()
	for _, shard := range w.shards {
		if err := w.shard(shard); err != nil {
			return err
		}
	}
	return w.drain()
}

// shard reads all databases of a shard.
func (w *walk) shard(shard int) error {
	p := &w.n.parts[shard]
	for db := range w.n.tables[shard] {
		if err := w.table(shard, uint32(db)); err != nil {
			return err
		}
	}
	w.at[shard] = place{db: uint32(len(w.n.tables[shard]))}
	p.cursor.Store(allRead)
	w.n.unread.Add(-1)
	return nil
}

// table reads one table of the snapshot in hash order.
func (w *walk) table(shard int, db uint32) error {
	t := &w.n.tables[shard][db]
	for pos := uint64(0); ; {
		w.at[shard] = place{db, pos}
		w.n.parts[shard].cursor.Store(w.at[shard].order())
		if t.Root == 0 {
			return nil
		}
		if err := w.drain(); err != nil {
			return err
		}
		ref, b := t.AtSkipping(pos, w.isEarly)
		end := w.early[ref]
		if b.Ref != 0 {
			if err := w.bucket(shard, db, b); err != nil {
				return err
			}
			end = b.End
		} else {
			delete(w.early, ref)
		}
		if pos = end; pos == 0 {
			return nil
		}
	}
}

func (w *walk) isEarly(ref page.Ref) bool {
	_, ok := w.early[ref]
	return ok
}

// bucket reads the entries of a bucket that are not read.
func (w *walk) bucket(shard int, db uint32, b table.Bucket) error {
	p := w.partly[b.Ref]
	if p == nil {
		return w.read(level{shard: shard, db: db, b: b})
	}
	delete(w.partly, b.Ref)
	err := w.read(level{shard: shard, db: db, b: b, skip: p.read})
	w.letGo(p)
	return err
}

// each calls fn with the entries that the level reads, until it returns false.
func (l *level) each(fn func(e table.Entry) bool) {
	i := -1
	l.b.Each(func(e table.Entry) bool {
		i++
		return l.skip != nil && l.skip[i] || fn(e)
	})
}

// read visits the entries of a level, and finishes what came meanwhile of its nodes.
func (w *walk) read(l level) (err error) {
	depth := len(w.levels)
	w.levels = append(w.levels, l)
	entry := Entry{space: w.n.s.space, walk: w}
	if w.depth == 1 {
		entry.walk = nil
	}
	l.each(func(e table.Entry) bool {
		entry.Entry = e
		if err = w.visit(depth, int(l.db), entry); err == nil {
			err = w.stop
		}
		return err == nil
	})
	for _, d := range w.levels[depth].kept {
		w.finish(l.shard, d)
	}
	w.levels = w.levels[:depth]
	return err
}

// drain reads what writers have handed over.
func (w *walk) drain() error {
	if len(w.levels) >= w.depth {
		return nil
	}
	for i := range w.levels {
		w.ask(&w.levels[i])
	}
	for _, shard := range w.shards {
		q := &w.n.parts[shard].queue
		for d, ok := q.take(); ok; d, ok = q.take() {
			if err := w.settle(shard, d); err != nil {
				return err
			}
		}
	}
	for i := range w.levels {
		w.answer(&w.levels[i])
	}
	return nil
}

// settle sees to it that the snapshot needs a node no more, or that the node is
// kept as long as it does.
func (w *walk) settle(shard int, d superseded) (err error) {
	db, isBucket := w.n.dbs[d.table], table.IsBucket(w.n.s.heap, d.ref)
	for i := range w.levels {
		if l := &w.levels[i]; l.covers(shard, db, d, isBucket) {
			w.claim(l, d)
			return w.stop
		}
	}
	if at := w.at[shard]; db > at.db || db == at.db && d.pos >= at.pos {
		// All that a node ahead can be is found through its bucket.
		ref, b := w.n.tables[shard][db].AtSkipping(d.pos, w.isEarly)
		switch {
		case b.Ref == 0:
		case isBucket && w.hold(shard, b, d):
			return nil
		case !isBucket && w.isRich(b):
			err = w.entries(shard, db, b, d.pos)
		default:
			err = w.bucket(shard, db, b)
			w.early[ref] = b.End
		}
	}
	w.finish(shard, d)
	return err
}

// finish gives a node back to its shard. If commands do not free as much as the
// walk finishes, or do not come, the walk does, where nobody has the lock.
func (w *walk) finish(shard int, d superseded) {
	const most = 32
	w.n.parts[shard].finished.add(d)
	w.unswept[shard]++
	if w.unswept[shard] >= most && w.n.tryWith(shard, func() { w.n.sweep(shard, 2*most) }) {
		w.unswept[shard] = 0
	}
}
