package keyspace

import (
	"container/heap"

	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/types"
)

// fieldDues are the hashes of one table of a shard that have fields which
// expire, the earliest first. It is no part of the data: it says where to look,
// and a hash is looked at before anything is removed. A hash may be due later
// than it says, never earlier.
type fieldDues struct {
	byKey map[string]*fieldDue
	heap  dueHeap
}

type fieldDue struct {
	key string
	due int64
	at  int // in the heap
}

// note has key looked at when due comes, or earlier.
func (f *fieldDues) note(key []byte, due int64) {
	if d := f.byKey[string(key)]; d == nil || due < d.due {
		f.set(key, due)
	}
}

// set has key looked at when due comes.
func (f *fieldDues) set(key []byte, due int64) {
	if d := f.byKey[string(key)]; d != nil {
		d.due = due
		heap.Fix(&f.heap, d.at)
		return
	}
	if f.byKey == nil {
		f.byKey = map[string]*fieldDue{}
	}
	d := &fieldDue{key: string(key), due: due}
	f.byKey[d.key] = d
	heap.Push(&f.heap, d)
}

func (f *fieldDues) forget(key []byte) {
	if d := f.byKey[string(key)]; d != nil {
		delete(f.byKey, d.key)
		heap.Remove(&f.heap, d.at)
	}
}

// dueHeap is a heap.Interface.
type dueHeap []*fieldDue

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due < h[j].due }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

func (h *dueHeap) Push(x any) {
	d := x.(*fieldDue)
	d.at = len(*h)
	*h = append(*h, d)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	d := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return d
}

// forgetFields drops key of table t, unless t is a detached one, whose entries
// are freed while the database has others.
func (sh *shard) forgetFields(t *table.Table, key []byte) {
	for i := range sh.tables {
		if t == &sh.tables[i] {
			sh.fields[t.ID()].forget(key)
		}
	}
}

// noteFields notes the value that was stored for the open cell's key.
func (db *DB) noteFields(c *value.Cell) {
	if c.Kind.Type() != value.TypeHash {
		return
	}
	open := &db.tx.open
	fields := &db.tx.s.shards[c.Arena.Index()].fields[open.t.ID()]
	if due := types.FieldsDue(c.Space, c.Kind, c.B); due != NoTTL {
		fields.note(open.key, due)
	} else {
		fields.forget(open.key)
	}
}

// FieldTime is the time by which fields of hashes have expired: that of the Tx,
// or one at which none has while nothing expires.
func (db *DB) FieldTime() int64 {
	if db.tx.s.frozen.Load() {
		return -1 << 63
	}
	return db.tx.now
}

// ExpireFields removes fields of the hash at key whose time has come, a part of
// them if they are many, and the key if none is left. It tells whether the key
// is still there.
func (db *DB) ExpireFields(key []byte) bool {
	_, _, there := db.expireFields(key)
	return there
}

// expireFields also returns how many it removed and when to look again.
func (db *DB) expireFields(key []byte) (removed int, next int64, there bool) {
	if db.tx.s.frozen.Load() {
		return 0, NoTTL, true
	}
	c, ok := db.Change(key, Peek)
	if !ok {
		return 0, NoTTL, false
	}
	var gone recordedFields
	removed, empty, next := types.ExpireFields(c, db.tx.now, gone.collect(db.tx.log))
	db.Commit(c)
	if len(gone.ends) > 0 {
		db.tx.log.FieldsDeleted(db.index, key, gone.list())
	}
	sh, _, _ := db.at(key)
	sh.counts.ExpiredFields += int64(removed)
	if removed > 0 {
		db.track(key, true)
		db.Notify(EventHash, "hexpired", key)
	}
	if !empty {
		return removed, next, true
	}
	db.Delete(key)
	db.Notify(EventGeneric, "del", key)
	return removed, NoTTL, false
}

// recordedFields are copies of fields that are to be recorded.
type recordedFields struct {
	bytes []byte
	ends  []int
}

// collect returns what adds a field; nil if nobody records.
func (r *recordedFields) collect(log Log) func(field []byte) {
	if log == nil || !log.Recording() {
		return nil
	}
	return func(field []byte) {
		r.bytes = append(r.bytes, field...)
		r.ends = append(r.ends, len(r.bytes))
	}
}

func (r *recordedFields) list() (fields [][]byte) {
	from := 0
	for _, to := range r.ends {
		fields = append(fields, r.bytes[from:to])
		from = to
	}
	return fields
}

// ExpireFieldsStep removes fields whose time has come from some hashes of shard
// i. It holds the shard's lock for some microseconds. more tells that there are
// others.
func (s *Store) ExpireFieldsStep(i int, nowMs int64) (removed int, more bool) {
	const hashes, limit = 16, 256
	if s.frozen.Load() {
		return 0, false
	}
	sh := s.shards[i]
	tx := s.NewTx()
	tx.now = nowMs
	tx.lock(1 << i)
	defer tx.Unlock()
	defer tx.apart()
	for n := 0; n < hashes && removed < limit; n++ {
		index, key := sh.firstDue(nowMs)
		if key == nil {
			return removed, false
		}
		id := sh.tables[index].ID()
		tx.ForgetKey()
		n, next, _ := tx.DB(index).expireFields(key)
		removed += n
		if next == NoTTL {
			sh.fields[id].forget(key)
		} else {
			sh.fields[id].set(key, next)
		}
	}
	return removed, true
}

// firstDue returns a database and a key in it to look at now, nil if none.
func (sh *shard) firstDue(now int64) (db int, key []byte) {
	for i := range sh.tables {
		if h := sh.fields[sh.tables[i].ID()].heap; len(h) > 0 && h[0].due <= now {
			return i, []byte(h[0].key)
		}
	}
	return 0, nil
}
