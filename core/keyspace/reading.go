package keyspace

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/tree"
)

// largeValue is the number of elements from which a value is read with other
// work in between: some tenths of a millisecond.
const largeValue = 256

// reading is a large value that is being read: a table in hash order or a tree
// from its end. Parts of it that writers supersede are read out of their turn.
type reading struct {
	pos  uint64 // of its key: of all nodes that hang at it, alone in its bucket
	hash func(key []byte) uint64

	item func(table.Entry) bool // of a table
	t    *table.Table
	at   uint64 // everything before is read

	element func(key, value []byte) bool // of a tree
	first   []byte                       // the first key of the leaf read last

	early map[page.Ref]uint64 // parts ahead that are read; of a table, with their ends
	// later are nodes that a bucket or leaf names which their command may not
	// have handed over yet. That command has ended when another one began: quiet
	// of them are such that all was drained after, once commands has changed.
	later    []superseded
	quiet    int
	commands uint32
	ended    bool
	hold     bool // a bucket is kept: what it names is, too
}

func (r *reading) isEarly(ref page.Ref) bool {
	_, ok := r.early[ref]
	return ok
}

// EachOf calls fn with every entry of t, a table that is all of e's value, until it
// returns false. If e is that of a walk, the walk sees meanwhile to what writers
// drop: entries come in no order, and other entries may be visited.
func (e Entry) EachOf(t *table.Table, fn func(table.Entry) bool) {
	if e.walk == nil || t.Count < largeValue || !e.walk.open(e, &reading{item: fn, t: t}) {
		t.Each(fn)
		return
	}
	e.walk.readTable()
}

// EachBackOf is EachOf for a tree that has all of e's elements, from the end where
// writers do not interfere.
func (e Entry) EachBackOf(t *tree.Tree, fn func(key, value []byte) bool) {
	if e.walk == nil || t.Count < largeValue || !e.walk.open(e, &reading{element: fn}) {
		c := t.Last() // a c of the loop would be allocated for each round
		for ; c.Valid() && fn(c.Key(), c.Value()); c.Prev() {
		}
		return
	}
	e.walk.readTree(t)
}

// Yield has the walk see to what writers have dropped, in the midst of the value
// of e that is read at a level. An error stops the walk.
func (e Entry) Yield(level int) error {
	w := e.walk
	if w == nil || level != len(w.levels)-1 || w.levels[level].value != nil {
		return nil // it does so by itself
	}
	return w.pause()
}

// pause is drain in the midst of a value.
func (w *walk) pause() error {
	if w.stop == nil {
		w.stop = w.drain()
	}
	return w.stop
}

// open begins to read the value of e in parts. It refuses if another key of the
// bucket has the same position, so that their nodes could be mistaken.
func (w *walk) open(e Entry, r *reading) bool {
	if len(w.levels) >= w.depth {
		return false // no draining
	}
	l := &w.levels[len(w.levels)-1]
	r.pos, r.hash, r.early = w.n.s.position(e.Key()), w.n.s.hash, map[page.Ref]uint64{}
	same := 0
	l.each(func(other table.Entry) bool {
		if w.n.s.position(other.Key()) == r.pos {
			same++
		}
		return true
	})
	if same != 1 {
		return false
	}
	l.value = r
	// What came while another value of the bucket was read may be a part of this.
	kept := l.kept
	l.kept = nil
	for _, d := range kept {
		w.claim(l, d)
	}
	return true
}

// close ends the reading of the value.
func (w *walk) close() {
	l := &w.levels[len(w.levels)-1]
	l.kept = append(l.kept, l.value.later...)
	l.value = nil
}

func (w *walk) readTable() {
	defer w.close()
	r := w.levels[len(w.levels)-1].value
	for more := true; more; more = r.at != 0 {
		if w.pause() != nil {
			return
		}
		ref, b := r.t.AtSkipping(r.at, r.isEarly)
		end := r.early[ref]
		if b.Ref == 0 {
			delete(r.early, ref)
		} else if end = b.End; !b.Each(r.item) {
			return
		}
		r.at = end
	}
}

func (w *walk) readTree(t *tree.Tree) {
	defer w.close()
	r := w.levels[len(w.levels)-1].value
	t.LeavesBack(r.isEarly, func(leaf tree.Leaf) bool {
		if !leaf.EachBack(r.element) {
			return false
		}
		r.first = leaf.AppendFirst(r.first[:0])
		return w.pause() == nil
	})
}

// claim decides about a node that hangs in a bucket which is being read.
func (w *walk) claim(l *level, d superseded) {
	r := l.value
	if r == nil || r.pos != d.pos {
		l.kept = append(l.kept, d)
		return
	}
	inTable, start := table.PartOf(w.n.s.heap, d.ref, r.hash)
	inTree, leaf := tree.PartOf(w.n.s.heap, d.ref)
	switch {
	case inTable == table.Outer:
		l.kept = append(l.kept, d)
	case r.t != nil && inTable == table.Readable:
		r.readBucket(start)
		w.finish(l.shard, d)
	case r.t == nil && inTree == tree.Readable:
		r.readLeaf(d.ref, leaf)
		w.finish(l.shard, d)
	case r.t == nil && inTable != table.NoPart: // of a sorted set: the same members by their hash
		w.finish(l.shard, d)
	case inTable == table.Needed, inTree == tree.Needed:
		r.hold = r.hold || inTable == table.Needed && table.HasEntries(w.n.s.heap, d.ref)
		l.kept = append(l.kept, d)
	default:
		r.later = append(r.later, d)
	}
}

// readBucket reads the bucket at start, if it is not read.
func (r *reading) readBucket(start uint64) {
	if start < r.at {
		return
	}
	if ref, b := r.t.AtSkipping(start, r.isEarly); b.Ref != 0 {
		b.Each(r.item)
		r.early[ref] = b.End
	}
}

// readLeaf reads a leaf, if it is not read.
func (r *reading) readLeaf(ref page.Ref, leaf tree.Leaf) {
	if (r.first == nil || leaf.Before(r.first)) && !r.isEarly(ref) {
		leaf.EachBack(r.element)
		r.early[ref] = 0
	}
}

// ask finds out, before the queues are drained, whether the commands have ended
// that had dropped the quiet ones of later.
func (w *walk) ask(l *level) {
	r := l.value
	if r == nil || r.hold || r.quiet == 0 {
		return
	}
	r.ended = w.n.parts[l.shard].commands.Load() != r.commands || w.n.tryWith(l.shard, func() {})
}

// answer finishes, after the queues are drained, what ask was about.
func (w *walk) answer(l *level) {
	r := l.value
	if r == nil || r.hold || len(r.later) == 0 {
		return
	}
	if r.ended {
		for _, d := range r.later[:r.quiet] {
			w.finish(l.shard, d)
		}
		r.later = append(r.later[:0], r.later[r.quiet:]...)
		r.quiet, r.ended = 0, false
	}
	if r.quiet == 0 {
		r.quiet, r.commands = len(r.later), w.n.parts[l.shard].commands.Load()
	}
}
