package keyspace

import "github.com/redoubt-kv/redoubt/core/table"

// partly is a bucket ahead of the walk some of whose entries are read, since writers
// have dropped nodes of their values. To read all of a bucket whose values are large
// takes long, while writers go on to drop nodes of others; so it is kept itself, if
// they drop it, until the walk comes to it.
//
//	dropped                     of a rich bucket          of another
//	a node of a value, a key    its entry is read next    all of it is read next
//	the bucket                  kept to its turn          all of it is read next
type partly struct {
	shard  int
	read   []bool          // by entry: of those that are, nodes may be freed, of the key too
	places map[uint64]bool // positions of these
	held   []superseded    // the bucket
}

// isRich tells whether the values of b have much more than it has itself.
func (w *walk) isRich(b table.Bucket) bool {
	const much, samples = 16, 1
	if w.partly[b.Ref] != nil {
		return true
	}
	left := int64(much * w.n.s.heap.Size(b.Ref))
	entry := Entry{space: w.n.s.space}
	b.Each(func(e table.Entry) bool {
		entry.Entry = e
		left -= entry.Memory(samples)
		return left > 0
	})
	return left <= 0
}

// part is what is known of a bucket of which not all is read.
func (w *walk) part(shard int, b table.Bucket) *partly {
	p := w.partly[b.Ref]
	if p == nil {
		n := 0
		b.Each(func(table.Entry) bool { n++; return true })
		p = &partly{shard: shard, read: make([]bool, n), places: map[uint64]bool{}}
		w.partly[b.Ref] = p
	}
	return p
}

// hold keeps the bucket b, which is ahead and which writers have dropped, if it is
// rich and not too much is kept.
func (w *walk) hold(shard int, b table.Bucket, d superseded) bool {
	n := w.n
	if w.partly[b.Ref] == nil && (n.kept.Load() >= n.keep.Load() || !w.isRich(b)) {
		return false
	}
	n.kept.Add(int64(n.s.heap.Size(d.ref)))
	p := w.part(shard, b)
	p.held = append(p.held, d)
	return true
}

// letGo finishes what was held of a bucket that is read.
func (w *walk) letGo(p *partly) {
	for _, d := range p.held {
		w.n.kept.Add(-int64(w.n.s.heap.Size(d.ref)))
		w.finish(p.shard, d)
	}
	p.held = nil
}

// forget ends a walk, which may not have come to its end.
func (w *walk) forget() {
	for ref, p := range w.partly {
		w.letGo(p)
		delete(w.partly, ref)
	}
}

// entries reads those of the bucket b, which is ahead, that are at pos.
func (w *walk) entries(shard int, db uint32, b table.Bucket, pos uint64) error {
	p := w.part(shard, b)
	if p.places[pos] {
		return nil
	}
	p.places[pos] = true
	l := level{shard: shard, db: db, b: b, one: true, pos: pos, skip: make([]bool, len(p.read))}
	i := -1
	b.Each(func(e table.Entry) bool {
		i++
		l.skip[i] = p.read[i] || w.n.s.position(e.Key()) != pos
		p.read[i] = p.read[i] || !l.skip[i]
		return true
	})
	return w.read(l)
}
