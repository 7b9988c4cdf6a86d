// Package tracking remembers what clients may have copied of the data, so that
// they can be told when it changes (Redis: client side caching). It knows neither
// connections nor messages: a client is whatever its user takes for one.
//
// # Words
//
// A reader of a key is a client that has read it since it changed last. A Table
// names the readers of each key; who changes the key takes them out. A Prefix has
// listeners, who want to hear of every key that begins with it, read or not; a
// Batch gathers such keys for the length of a loop's turn.
//
// # Order
//
// Neither a Table nor Prefixes make anything atomic by themselves. A key's reader
// is entered under the lock under which the key is read, and taken out under the
// lock under which it is changed, and that is the same lock: so each change is
// either seen by the read or finds the reader. Their own locks are below it, are
// held for a few steps, and nothing is called under them but NewTable's gone.
//
// # Invariants
//
//	C1 Keys is the number of keys with an entry, Items of all their readers.
//	C2 a key with an entry has a reader, and each only once.
//	C3 once Trim has returned, and nobody has remembered more, Keys is at most
//	   the limit.
package tracking

import (
	"hash/maphash"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// parts is into how many maps a Table is cut, so that loops seldom meet at one.
const parts = 64

// Table is the readers of keys. Any goroutine may use it. The zero value is not
// ready: see NewTable.
type Table[C comparable] struct {
	seed  maphash.Seed
	gone  func(C) bool
	limit atomic.Int64
	keys  atomic.Int64
	items atomic.Int64
	bytes atomic.Int64
	parts [parts]part[C]
}

type part[C comparable] struct {
	mu           sync.Mutex
	keys         map[string]readers[C]
	items, bytes int64 // of them
	_            [64]byte
}

// NewTable makes a Table for at most limit keys; 0 is no limit. gone tells of a
// reader that nobody needs to tell of anything any more: it is left out when an
// entry grows, so that clients that come and go do not add up. It is called under
// a lock and must not wait.
func NewTable[C comparable](limit int64, gone func(C) bool) *Table[C] {
	t := &Table[C]{seed: maphash.MakeSeed(), gone: gone}
	t.limit.Store(limit)
	return t
}

// SetLimit changes the limit. Trim keeps to it.
func (t *Table[C]) SetLimit(keys int64) { t.limit.Store(keys) }

// Keys is how many keys have readers.
func (t *Table[C]) Keys() int64 { return t.keys.Load() }

// Items is how many readers all keys have together.
func (t *Table[C]) Items() int64 { return t.items.Load() }

// Bytes is about how much memory the table takes.
func (t *Table[C]) Bytes() int64 { return t.bytes.Load() }

// entryBytes is about what an entry takes in a map, beside the key's bytes and
// the readers after the first.
const entryBytes = 112

func (t *Table[C]) part(key []byte) *part[C] {
	return &t.parts[maphash.Bytes(t.seed, key)%parts]
}

// Remember notes that c has read key, which is copied. It returns false if there
// are now more keys than the limit, so that Trim is due. The caller holds the lock
// under which the key is read and changed.
func (t *Table[C]) Remember(key []byte, c C) (fits bool) {
	p := t.part(key)
	p.mu.Lock()
	r, known := p.keys[string(key)]
	before, size := r.len(), r.bytes()
	if !r.add(c, t.gone) {
		p.mu.Unlock()
		return true
	}
	if p.keys == nil {
		p.keys = map[string]readers[C]{}
	}
	p.keys[string(key)] = r
	size = r.bytes() - size
	added := int64(0)
	if !known {
		size += entryBytes + int64(len(key))
		added = 1
	}
	t.count(p, added, int64(r.len()-before), size)
	p.mu.Unlock()
	limit := t.limit.Load()
	return limit <= 0 || t.keys.Load() <= limit
}

// Take returns the readers of key, which has changed, and forgets them. The caller
// holds the lock under which the key is read and changed.
func (t *Table[C]) Take(key []byte) []C {
	if t.keys.Load() == 0 {
		return nil
	}
	p := t.part(key)
	p.mu.Lock()
	r, known := p.keys[string(key)]
	if known {
		t.forget(p, string(key), r)
	}
	p.mu.Unlock()
	return r.list()
}

// count notes what has come to a part, which is locked.
func (t *Table[C]) count(p *part[C], keys, items, bytes int64) {
	p.items += items
	p.bytes += bytes
	t.keys.Add(keys)
	t.items.Add(items)
	t.bytes.Add(bytes)
}

// forget takes an entry out of its part, which is locked.
func (t *Table[C]) forget(p *part[C], key string, r readers[C]) {
	delete(p.keys, key)
	t.count(p, -1, -int64(r.len()), -(entryBytes + int64(len(key)) + r.bytes()))
}

// trimBatch is how many keys Trim takes out of one part before it tells of them.
const trimBatch = 64

// Trim forgets keys at random until there are no more of them than the limit, and
// tells fn of each with its readers, who no longer hear of it. It holds no lock
// while fn runs.
func (t *Table[C]) Trim(fn func(key string, readers []C)) {
	var keys []string
	var lists [][]C
	// While it is over by some, a part loses one key at a time, so that which key
	// goes does not depend on its neighbours; only a limit that was lowered has it
	// take more at once.
	for i := rand.IntN(parts); ; i++ {
		over := t.over()
		if over <= 0 {
			return
		}
		keys, lists = t.take(&t.parts[i%parts], min(trimBatch, 1+over/parts), keys[:0], lists[:0])
		for k := range keys {
			fn(keys[k], lists[k])
		}
	}
}

// over is by how many keys the table exceeds its limit.
func (t *Table[C]) over() int64 {
	limit := t.limit.Load()
	if limit <= 0 {
		return 0
	}
	return t.keys.Load() - limit
}

// take forgets up to n keys of a part, as long as there are too many.
func (t *Table[C]) take(p *part[C], n int64, keys []string, lists [][]C) ([]string, [][]C) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, r := range p.keys { // begins at a random place
		if n == 0 || t.over() <= 0 {
			break
		}
		n--
		t.forget(p, key, r)
		keys, lists = append(keys, key), append(lists, r.list())
	}
	return keys, lists
}

// Clear forgets all readers. The caller holds every lock under which keys are read
// and changed, or knows that nobody reads.
func (t *Table[C]) Clear() {
	for i := range t.parts {
		p := &t.parts[i]
		p.mu.Lock()
		t.count(p, -int64(len(p.keys)), -p.items, -p.bytes)
		p.keys = nil
		p.mu.Unlock()
	}
}
