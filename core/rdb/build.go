package rdb

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// Value is a value that was read and belongs to no key yet. Commit or Drop
// ends it; until then nothing else in any database of its Tx may be changed.
type Value struct {
	db   *keyspace.DB
	key  []byte
	text []byte      // of a string
	cell *value.Cell // of a collection
}

// ErrMemory is why a value is not built: the region of nodes is full.
var ErrMemory = errors.New("no memory left for it")

// Restore reads the value of a DUMP payload as DecodeDump does. The value
// shares memory with payload.
func Restore(db *keyspace.DB, key, payload []byte, o DecoderOptions) (*Value, error) {
	b := &build{Value: Value{db: db, key: key}}
	if err := DecodeDump(payload, o, b); err != nil {
		b.Drop()
		return nil, err
	}
	return &b.Value, nil
}

// Commit makes v the value of its key, which is to expire at due, in the place
// of what the key held.
func (v *Value) Commit(due int64) {
	if v.cell == nil {
		v.db.SetString(v.key, v.text, due)
		return
	}
	v.db.CommitNew(v.cell, due)
}

// add makes v the value of its key, which is not there, with that access clock.
// It is no event. A string it does not add if the key is there, and returns false.
func (v *Value) add(due int64, clock uint32) bool {
	if v.cell == nil {
		return v.db.AddString(v.key, v.text, due, clock)
	}
	v.db.AddNew(v.cell, due, clock)
	return true
}

// Replace is Commit where the key is there: it counts as new all the same.
func (v *Value) Replace(due int64) {
	if v.cell == nil {
		v.db.Delete(v.key)
	}
	v.Commit(due)
}

// Drop frees v.
func (v *Value) Drop() {
	if v.cell != nil {
		v.db.Abandon(v.cell)
	}
}

// build is the Builder of a Value.
type build struct {
	Value

	close    func()        // ends the open editor of the cell
	expected int64         // members, or 0: not known
	offset   func() int64  // as expecter has it
	fill     *filler       // of a large one, or nil
	arenas   []*page.Arena // of locked shards, for fill
	many     int64         // from how many members on a value is large
	thread   func()        // called by goroutines as they start, or nil
	gathered scoredMembers
	seen     seen // of gathered, packed
	scores   zset.Editor
	fields   hash.Editor
	elems    [][]byte // of a list
	digits   []byte   // of elements that are integers
}

// start begins with another key.
func (b *build) start(db *keyspace.DB, key []byte) {
	b.Value, b.close, b.expected, b.offset = Value{db: db, key: key}, nil, 0, nil
	b.gathered.reset()
}

// expect implements expecter.
func (b *build) expect(n uint64, offset func() int64) {
	b.expected, b.offset = int64(min(n, maxExpected)), offset
}

// large tells whether the value is to be filled by a filler.
func (b *build) large() bool {
	return b.offset != nil && b.expected >= cmp.Or(b.many, manyMembers)
}

// earlier is err, or what was wrong in the file before.
func (b *build) earlier(err error) error {
	if b.fill == nil {
		return err
	}
	return cmp.Or(b.fill.finish(), err)
}

// End closes the value, which is then the cell's.
func (b *build) End() error {
	if b.fill != nil {
		err := b.fill.finish()
		if b.fill = nil; err != nil {
			return err
		}
	}
	if !b.gathered.empty() {
		if err := b.spread(); err != nil {
			return err
		}
	}
	if b.close != nil {
		b.close()
		b.close = nil
	}
	if c := b.cell; c != nil && (c.Kind == value.HashTable || c.Kind == value.SetTable || c.Kind == value.ZSetTree) {
		c.FitTable(0)
	}
	return nil
}

// Drop frees what was built.
func (b *build) Drop() {
	b.gathered.reset()
	if b.fill != nil {
		_ = b.fill.finish() // nobody works on it any more
		b.fill = nil
	}
	b.End()
	b.Value.Drop()
}

// room makes sure that n bytes can be stored.
func (b *build) room(n int) error {
	if !b.db.Tx().Store().Heap().Room(int64(2 * n)) {
		return fmt.Errorf("key %s: %w", quoteKey(b.key), ErrMemory)
	}
	return nil
}

// String keeps v, which nothing overwrites before Commit: it is the last thing
// to be read.
func (b *build) String(v []byte) error {
	b.text = v
	return b.room(len(v))
}
