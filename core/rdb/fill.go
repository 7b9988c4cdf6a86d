package rdb

import (
	"cmp"
	"math"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// manyMembers is from how many members on a value's table is made by a filler.
const manyMembers = 1 << 15

// filler puts the members of a large value into its table. The goroutine that reads
// the file cuts the hash order into parts, and gathers the members of each; a part
// is filled by a goroutine of its own, or by the same where there is no other.
//
//	file ─▶ reader ─▶ batch ─▶ part 0: hashes 0 … ─▶ one table
//	          │   by the hash └▶ part 1: … the last
//	          └◀─ free batches ◀──┘
type filler struct {
	b      *build
	whole  *table.Table
	add    func(t *table.Table, at uint64, key, val []byte) (added bool)
	what   string // in errors
	tables []table.Table
	parts  []fillPart
	next   int64 // offset in the file of the next member
	free   chan *batch
	ended  sync.WaitGroup
	done   bool
	err    error // once done
}

// fillPart is a part of the hash order.
type fillPart struct {
	t      *table.Table
	batch  *batch       // that is being gathered
	queue  chan *batch  // nil: the reading goroutine does it
	failed atomic.Int64 // offset of the first member that was there twice
}

// batch is members on their way to a part.
type batch struct {
	text    []byte
	members []member
}

// member is a member, or a field and its value, in a batch.
type member struct {
	pos      uint64 // in the table
	offset   int64  // in the file
	at       uint32 // in text
	key, val uint32 // lengths
}

// What a batch has at the most, but for the last member.
const (
	batchMembers = 1 << 10
	batchText    = 64 << 10
)

// newFiller begins to fill the empty table t of the value that b builds.
func newFiller(b *build, t *table.Table, add func(t *table.Table, at uint64, key, val []byte) bool, what string) *filler {
	f := &filler{b: b, whole: t, add: add, what: what, next: b.offset()}
	arenas := b.arenas
	if len(arenas) == 0 {
		arenas = []*page.Arena{t.Arena()}
	}
	f.tables = t.Parts(arenas)
	f.parts = make([]fillPart, len(arenas))
	const ahead = 3 // batches of a part
	f.free = make(chan *batch, ahead*len(f.parts))
	for range cap(f.free) {
		f.free <- &batch{}
	}
	for i := range f.parts {
		p := &f.parts[i]
		p.t, p.batch = &f.tables[i], <-f.free
		p.failed.Store(math.MaxInt64)
		if len(b.arenas) > 0 {
			p.queue = make(chan *batch, cap(f.free))
			f.ended.Go(func() { f.work(p, i) })
		}
	}
	return f
}

// work fills part i.
func (f *filler) work(p *fillPart, i int) {
	if f.b.thread != nil {
		f.b.thread()
	}
	for b := range p.queue {
		p.take(b, f.add)
		f.free <- b
	}
	p.t.FitPart(i, len(f.parts))
}

// put adds a member. The error may be about one before.
func (f *filler) put(key, val []byte) error {
	if f.done {
		return cmp.Or(f.err, ErrDuplicate)
	}
	pos := f.b.cell.Hash(key)
	p := &f.parts[table.PartOfParts(pos, len(f.parts))]
	b := p.batch
	b.members = append(b.members, member{pos, f.next, uint32(len(b.text)), uint32(len(key)), uint32(len(val))})
	b.text = append(append(b.text, key...), val...)
	f.next = f.b.offset()
	if len(b.members) < batchMembers && len(b.text) < batchText {
		return nil
	}
	if err := f.b.room(2*len(b.text) + memberOverhead*len(b.members)); err != nil {
		return err
	}
	f.send(p)
	if p.failed.Load() != math.MaxInt64 {
		return f.finish()
	}
	return nil
}

// send has the members filled in that were gathered for a part.
func (f *filler) send(p *fillPart) {
	if p.queue == nil {
		p.take(p.batch, f.add)
		return
	}
	p.queue <- p.batch
	p.batch = <-f.free
}

// take adds the members of b, until one is there twice, and empties it.
func (p *fillPart) take(b *batch, add func(t *table.Table, at uint64, key, val []byte) bool) {
	const some = 32 // whose places are looked for at a time
	for left := b.members; len(left) > 0 && p.failed.Load() == math.MaxInt64; {
		now := left[:min(some, len(left))]
		left = left[len(now):]
		var room [some]uint64
		places := room[:len(now)]
		for i := range now {
			places[i] = now[i].pos
		}
		p.t.WarmAll(places)
		for i := range now {
			m := &now[i]
			text := b.text[m.at:]
			if !add(p.t, m.pos, text[:m.key:m.key], text[m.key:m.key+m.val]) {
				p.failed.Store(m.offset)
				break
			}
		}
	}
	if cap(b.text) > keepBuffer {
		b.text = nil
	}
	b.text, b.members = b.text[:0], b.members[:0]
}

// finish makes the table whole, and returns what is wrong with its members.
func (f *filler) finish() error {
	if f.done {
		return f.err
	}
	f.done = true
	first := int64(math.MaxInt64)
	for i := range f.parts {
		p := &f.parts[i]
		if p.queue == nil {
			p.take(p.batch, f.add)
			p.t.FitPart(i, len(f.parts))
			continue
		}
		p.queue <- p.batch
		close(p.queue)
	}
	f.ended.Wait()
	for i := range f.parts {
		first = min(first, f.parts[i].failed.Load())
	}
	f.whole.Unite(f.tables)
	f.b.cell.Expected = 0 // it fits
	if first != math.MaxInt64 {
		f.err = &Error{Offset: first, Reason: "Duplicate " + f.what + " detected", Err: ErrCorrupt}
	}
	return f.err
}
