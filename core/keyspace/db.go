package keyspace

import (
	"math/bits"
	"math/rand/v2"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/types"
)

// DB is one database as a Tx sees it. Keys that are passed to it lie in locked
// shards and are not node memory.
type DB struct {
	tx    *Tx
	index int
}

// Entry is a key with its value.
type Entry struct {
	table.Entry
	space value.Space
	walk  *walk // that reads it, if its value may be read in parts
}

// Kind is type and representation of the value.
func (e Entry) Kind() value.Kind { return value.Kind(e.Entry.Kind()) }

// Type is the type of the value.
func (e Entry) Type() value.Type { return e.Kind().Type() }

// String reads the value, whose type must be TypeString.
func (e Entry) String() value.String {
	return value.StringOf(e.space.Heap, e.Kind(), e.Value())
}

// Space is what reading the value needs beside its bytes.
func (e Entry) Space() value.Space { return e.space }

// Memory is the bytes of the nodes that the value has beside its entry; of a
// large one they are estimated from that many members.
func (e Entry) Memory(samples int) int64 {
	return types.Memory(e.space, e.Kind(), e.Value(), samples)
}

// Encoding is what OBJECT ENCODING replies.
func (e Entry) Encoding() string { return types.Encoding(e.space, e.Kind(), e.Value()) }

// Index is the database's number.
func (db *DB) Index() int { return db.index }

// Tx is the Tx it belongs to.
func (db *DB) Tx() *Tx { return db.tx }

// at returns the shard and table of key and its position.
func (db *DB) at(key []byte) (*shard, *table.Table, uint64) {
	s := db.tx.s
	h := db.tx.hash(key)
	sh := s.shards[s.shardOf(h)]
	if invariant.Enabled {
		invariant.Check(db.tx.held>>sh.index&1 == 1, "lock order", "key %q is in shard %d, which is not locked", key, sh.index)
	}
	return sh, &sh.tables[db.index], h << s.shardBits
}

// Passed tells whether a time has come at which something is to expire: it never
// has while expiry is off.
func (db *DB) Passed(at int64) bool { return at <= db.tx.now && !db.tx.s.frozen.Load() }

// Find looks key up. An expired key is absent, and is deleted on the way, but
// not by a read while writes are paused.
func (db *DB) Find(key []byte, how Access) (Entry, bool) {
	e, _, _, ok := db.find(key, how)
	return Entry{Entry: e, space: db.tx.s.space}, ok
}

// FindAny looks key up, also if it has expired, and changes nothing.
func (db *DB) FindAny(key []byte) (Entry, bool) {
	_, t, pos := db.at(key)
	e, ok := t.Find(pos, key)
	return Entry{Entry: e, space: db.tx.s.space}, ok
}

// find is Find that tells where.
func (db *DB) find(key []byte, how Access) (e table.Entry, t *table.Table, pos uint64, ok bool) {
	sh, t, pos := db.at(key)
	e, ok = t.Find(pos, key)
	if ok {
		if due := e.Due(); due != table.NoDue && db.Passed(due) {
			if paused := db.tx.s.paused; how&Count == 0 || paused == nil || !paused() {
				db.expire(sh, t, pos, key)
			}
			ok = false
		}
	}
	if how&Count != 0 {
		db.count(sh, ok, key)
	}
	if ok && how&Touch != 0 && !db.tx.NoTouch {
		t.SetClock(e, db.tx.s.touched(e.Clock(), db.tx.now))
	}
	return e, t, pos, ok
}

func (db *DB) count(sh *shard, hit bool, key []byte) {
	if hit {
		sh.counts.Hits++
		return
	}
	sh.counts.Misses++
	db.Notify(EventKeyMiss, "keymiss", key)
}

// expire deletes a key whose time has come.
func (db *DB) expire(sh *shard, t *table.Table, pos uint64, key []byte) {
	t.Delete(pos, key)
	sh.counts.Expired++
	db.touchByStore(key)
	db.tx.deleted(db.index, key, false)
	db.Notify(EventExpired, "expired", key)
}

// Exists tells whether key is there, and counts nothing.
func (db *DB) Exists(key []byte) bool {
	_, ok := db.Find(key, Peek)
	return ok
}

// Notify reports an event of key.
func (db *DB) Notify(class EventClass, event string, key []byte) {
	if o := db.tx.s.observer; o != nil {
		o.KeyEvent(class, event, key, db.index)
	}
}

// dropExpired makes way for a write: a key whose time has come goes, with its
// event, before it is written.
func (db *DB) dropExpired(sh *shard, t *table.Table, pos uint64, key []byte) {
	if t.Dues == 0 {
		return
	}
	if e, ok := t.Find(pos, key); ok && e.Due() != table.NoDue && db.Passed(e.Due()) {
		db.expire(sh, t, pos, key)
	}
}

// SetString makes key a string with the bytes of val, encoded as Redis's SET
// does; ttl is NoTTL, KeepTTL or a time in ms.
func (db *DB) SetString(key, val []byte, ttl int64) { db.setString(key, val, ttl, false) }

// AddString is SetString of a key that is not there, with its access clock, and
// tells nobody: for loading. Where the key is there it changes nothing and returns
// false.
func (db *DB) AddString(key, val []byte, due int64, clock uint32) (added bool) {
	_, t, pos := db.at(key)
	if len(val) > table.MaxValue { // it needs nodes
		if _, there := t.Find(pos, key); there {
			return false
		}
	}
	var room [16]byte
	kind, b := value.EncodeString(where(t, pos), val, false, table.MaxValue, room[:])
	return t.Insert(pos, key, table.Item{Kind: uint8(kind), Clock: clock, Due: due, Value: b})
}

// WarmMost is how many keys WarmEntries takes.
const WarmMost = 32

// WarmEntries has the entries of keys, whose shards are locked, fetched into the
// processor's cache, for commands that come to them one after the other.
func (db *DB) WarmEntries(keys [][]byte) (any uint8) {
	var places [WarmMost]table.Place
	keys = keys[:min(len(keys), WarmMost)]
	for i, key := range keys {
		h := db.tx.s.hash(key)
		sh := db.tx.s.shards[db.tx.s.shardOf(h)]
		if invariant.Enabled {
			invariant.Check(db.tx.held>>sh.index&1 == 1, "lock order", "key %q is in shard %d, which is not locked", key, sh.index)
		}
		places[i] = table.Place{Table: &sh.tables[db.index], At: h << db.tx.s.shardBits}
	}
	return table.WarmPlaces(places[:len(keys)])
}

// Warm has the places of keys, which are all of one shard, that is locked, fetched
// into the processor's cache: a load comes to them one after the other afterwards.
func (db *DB) Warm(keys [][]byte) (any uint8) {
	if len(keys) == 0 {
		return 0
	}
	const most = 32
	var at [most]uint64
	sh, t, _ := db.at(keys[0])
	for n := 0; n < len(keys); n += most {
		some := keys[n:min(n+most, len(keys))]
		for i, key := range some {
			at[i] = db.tx.s.position(key)
		}
		any += t.WarmAll(at[:len(some)])
	}
	if invariant.Enabled {
		for _, key := range keys {
			invariant.Check(db.tx.s.ShardOf(key) == sh.index, "lock order", "key %q is not in shard %d", key, sh.index)
		}
	}
	return any
}

// SetRaw is SetString with the encoding raw, as results of APPEND and the like.
func (db *DB) SetRaw(key, val []byte, ttl int64) { db.setString(key, val, ttl, true) }

// SetText is SetString that does not store a number as one: Redis gives the
// result of INCRBYFLOAT the encoding of text, whatever it is.
func (db *DB) SetText(key, val []byte, ttl int64) {
	if len(val) > value.MaxEmbstr {
		db.SetString(key, val, ttl) // too long for a number
		return
	}
	sh, t, pos := db.at(key)
	db.dropExpired(sh, t, pos, key)
	db.store(t, pos, key, value.StringEmbstr, val, ttl, false)
}

func (db *DB) setString(key, val []byte, ttl int64, raw bool) {
	sh, t, pos := db.at(key)
	db.dropExpired(sh, t, pos, key)
	var room [16]byte
	kind, b := value.EncodeString(where(t, pos), val, raw, table.MaxValue, room[:])
	db.store(t, pos, key, kind, b, ttl, false)
}

// SetInt makes key a string with the decimal form of n.
func (db *DB) SetInt(key []byte, n, ttl int64) {
	sh, t, pos := db.at(key)
	db.dropExpired(sh, t, pos, key)
	var room [16]byte
	db.store(t, pos, key, value.StringInt, value.AppendInt(room[:0], n), ttl, false)
}

func (db *DB) store(t *table.Table, pos uint64, key []byte, kind value.Kind, b []byte, ttl int64, keep bool) {
	clock := db.tx.s.newClock(db.tx.now)
	if t.Set(pos, key, table.Item{Kind: uint8(kind), Clock: clock, Due: ttl, Value: b, Keep: keep}) {
		db.Notify(EventNew, "new", key)
	}
}

// SetRange writes data into the string at key from byte off on, which grows
// with zeros or is created; the result is raw and keeps its expiry. It returns
// the new length. It costs O(len(data)), whatever the length.
func (db *DB) SetRange(key []byte, off int64, data []byte) int64 {
	e, ok := db.Find(key, Peek)
	_, t, pos := db.at(key)
	var old value.String
	clock := db.tx.s.newClock(db.tx.now)
	if ok {
		old, clock = e.String(), e.Clock()
	}
	n := max(old.Len(), off+int64(len(data))) // old goes with the next line
	kind, b := value.SetRange(where(t, pos), old, off, data, table.MaxValue, db.tx.scratch)
	if t.Set(pos, key, table.Item{Kind: uint8(kind), Clock: clock, Due: KeepTTL, Value: b, Keep: true}) {
		db.Notify(EventNew, "new", key)
	}
	return n
}

// Append appends data to the string at key, or creates it as SET would. It
// returns the new length.
func (db *DB) Append(key, data []byte) int64 {
	e, ok := db.Find(key, Peek)
	if !ok {
		db.SetString(key, data, NoTTL)
		return int64(len(data))
	}
	return db.SetRange(key, e.String().Len(), data)
}

// Delete removes key and tells whether it was there. What is costly to free is
// freed in the background (Store.CollectGarbage). A cell of key that is open is
// committed first: the nodes to be freed are those that it has now.
func (db *DB) Delete(key []byte) bool {
	sh, t, pos := db.at(key)
	if open := &db.tx.open; open.Changed && !open.Fresh && open.t == t && open.Pos == pos && string(open.key) == string(key) {
		db.Commit(&open.Cell)
	}
	db.dropExpired(sh, t, pos, key)
	return t.Delete(pos, key)
}

// SetDue sets the time at which key expires, or takes it away with NoTTL.
// It tells whether key is there.
func (db *DB) SetDue(key []byte, at int64) bool {
	_, t, pos := db.at(key)
	return t.SetDue(pos, key, at)
}

// SetClock sets the access clock of key.
func (db *DB) SetClock(key []byte, clock uint32) bool {
	_, t, pos := db.at(key)
	e, ok := t.Find(pos, key)
	if !ok {
		return false
	}
	b := append(db.tx.scratch[:0], e.Value()...)
	t.Set(pos, key, table.Item{Kind: e.Kind(), Clock: clock, Due: KeepTTL, Value: b, Keep: true})
	return true
}

// Move moves the value at src with its expiry to dst in database to, where it
// replaces what there is. src must exist. The value's nodes stay where they are,
// whatever the shards.
func (db *DB) Move(src []byte, to *DB, dst []byte) {
	_, st, spos := db.at(src)
	e, _ := st.Find(spos, src)
	ssh, _, _ := db.at(src)
	sh, dt, dpos := to.at(dst)
	item := table.Item{Kind: e.Kind(), Clock: e.Clock(), Due: e.Due(), Value: append(db.tx.scratch[:0], e.Value()...)}
	st.Take(spos, src)
	db.tx.s.moved(sh.index, dt.ID(), dpos)
	dt.Set(dpos, dst, item)
	to.Notify(EventNew, "new", dst) // Redis deletes what there is first
	if due := types.FieldsDue(db.tx.s.space, value.Kind(item.Kind), item.Value); due != NoTTL {
		ssh.forgetFields(st, src)
		sh.fields[dt.ID()].note(dst, due)
	}
}

// Copy copies the value at src with its expiry to dst in database to, where it
// replaces what there is. src must exist.
func (db *DB) Copy(src []byte, to *DB, dst []byte) {
	_, st, spos := db.at(src)
	e, _ := st.Find(spos, src)
	due, clock := e.Due(), e.Clock()
	c := to.New(dst)
	types.Copy(c, db.tx.s.space, value.Kind(e.Kind()), e.Value())
	to.commit(c, clock, due, true)
}

// entryOverhead is what an entry takes beside key and value: its header, tag,
// offset and share of a bucket's header and slack, as measured over full
// buckets.
const entryOverhead = 14

// MemoryUsage is the bytes that key takes: its entry and the nodes of its
// value, which are estimated from a number of members if they are many.
func (db *DB) MemoryUsage(key []byte, samples int) (int64, bool) {
	e, ok := db.Find(key, Peek)
	if !ok {
		return 0, false
	}
	n := int64(entryOverhead + len(key) + len(e.Value()))
	if e.Due() != table.NoDue {
		n += 8
	}
	return n + e.Memory(samples), true
}

// Len is the number of keys, and of those that expire. Every shard is locked.
func (db *DB) Len() (keys, expires int64) {
	for _, sh := range db.tx.s.shards {
		keys += sh.tables[db.index].Count
		expires += sh.tables[db.index].Dues
	}
	return keys, expires
}

// Random returns a key that is not expired, each with the same probability;
// ok is false if there is none. Every shard is locked. As Redis's RANDOMKEY it
// gives up looking for one that is not expired after 100 tries where it may
// not delete.
func (db *DB) Random() (Entry, bool) {
	for try := 0; ; try++ {
		keys, _ := db.Len()
		if keys == 0 {
			return Entry{}, false
		}
		e, sh, t := db.randomEntry(keys)
		if e.Due() == table.NoDue || e.Due() > db.tx.now || db.tx.s.frozen.Load() && try > 100 {
			return Entry{Entry: e, space: db.tx.s.space}, true
		}
		if !db.tx.s.frozen.Load() {
			key := append(db.tx.scratch[:0], e.Key()...)
			db.expire(sh, t, db.tx.s.position(key), key)
		}
	}
}

func (db *DB) randomEntry(keys int64) (table.Entry, *shard, *table.Table) {
	hi, _ := bits.Mul64(rand.Uint64(), uint64(keys))
	n := int64(hi)
	for _, sh := range db.tx.s.shards {
		t := &sh.tables[db.index]
		if n < t.Count {
			return t.Random(rand.Uint64), sh, t
		}
		n -= t.Count
	}
	panic("keyspace: fewer keys than were counted under the same locks")
}

// Each calls fn with every key that is not expired, until it returns false.
// Every shard is locked; fn must not change the database.
func (db *DB) Each(fn func(Entry) bool) {
	more := true
	for _, sh := range db.tx.s.shards {
		sh.tables[db.index].Each(func(e table.Entry) bool {
			if e.Due() == table.NoDue || e.Due() > db.tx.now || db.tx.s.frozen.Load() {
				more = fn(Entry{Entry: e, space: db.tx.s.space})
			}
			return more
		})
		if !more {
			return
		}
	}
}
