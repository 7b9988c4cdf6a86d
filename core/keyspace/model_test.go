package keyspace

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

const testDatabases = 3

func newStore(t testing.TB, shards int, guard bool) *Store {
	t.Helper()
	s, err := New(Options{Heap: page.Options{Reserve: 1 << 32, Guard: guard}, Shards: shards,
		Databases: testDatabases, Seed: 42, Now: func() int64 { return 1_000_000 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// item is a value of the model.
type item struct {
	val string
	due int64
}

// model is what the store should hold. Expired items stay in it until they
// are overwritten or deleted: whether the store still has them is its affair.
type model [testDatabases]map[string]item

func (m model) clone() (c model) {
	for db := range m {
		c[db] = maps.Clone(m[db])
	}
	return c
}

// pair is a store with its model, and the snapshots and scans that are open.
type pair struct {
	t      *testing.T
	r      *rand.Rand
	s      *Store
	tx     *Tx
	m      model
	now    int64
	keys   int // size of the key space
	walks  []*walkTest
	scans  []*scanTest
	large  int // one value in this many is in nodes
	shrink bool
}

func newPair(t *testing.T, shards, keys, large int, guard bool, seed uint64) *pair {
	p := &pair{t: t, r: rand.New(rand.NewPCG(seed, 0)), s: newStore(t, shards, guard), keys: keys, large: large, now: 1_000_000}
	p.s.nowMs = func() int64 { return p.now }
	p.tx = p.s.NewTx()
	for db := range p.m {
		p.m[db] = map[string]item{}
	}
	return p
}

func (p *pair) key() string {
	n := p.r.IntN(p.keys)
	if n%97 == 0 {
		return fmt.Sprintf("%0300d", n) // a key in a node of its own
	}
	return fmt.Sprintf("key:%d", n)
}

// val is bytes of a length at one of the seams.
func (p *pair) val() string {
	n := p.r.IntN(120)
	if p.r.IntN(p.large) == 0 {
		seams := []int{45, table.MaxValue, page.MaxNode - page.Header, 2 * value.ChunkSize, 3 * value.ChunkSize}
		n = max(0, seams[p.r.IntN(len(seams))]+p.r.IntN(5)-2)
	} else if n < 20 {
		return fmt.Sprint(p.r.Int64() >> p.r.IntN(63))
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + (i+n)%23)
	}
	if n > 0 {
		b[p.r.IntN(n)] = byte(p.r.Uint32())
	}
	return string(b)
}

func (p *pair) get(db int, key string) (item, bool) {
	it, ok := p.m[db][key]
	if ok && it.due != NoTTL && it.due <= p.now {
		return item{}, false
	}
	return it, ok
}

func (p *pair) put(db int, key string, it item) {
	p.m[db][key] = it
	if it.due != NoTTL { // it may expire before a scan comes to it
		p.unstable(db, key)
	}
}

func (p *pair) drop(db int, key string) {
	delete(p.m[db], key)
	p.unstable(db, key)
}

func (p *pair) unstable(db int, key string) {
	for _, sc := range p.scans {
		if sc.db == db {
			delete(sc.stable, key)
		}
	}
}

// due is a time to live, or none.
func (p *pair) due() int64 {
	switch p.r.IntN(4) {
	case 0:
		return p.now + 1 + p.r.Int64N(2000)
	case 1:
		return KeepTTL
	}
	return NoTTL
}

func (p *pair) step() {
	a, b := p.key(), p.key()
	i, j := p.r.IntN(testDatabases), p.r.IntN(testDatabases)
	if p.r.IntN(8) == 0 {
		p.tx.LockAll(p.now)
	} else {
		p.tx.LockKeys([][]byte{[]byte(a), []byte(b)}, []int{0, 1}, p.now)
	}
	defer p.tx.Unlock()
	p.change(i, j, a, b)
}

func (p *pair) change(i, j int, a, b string) {
	db, to, key := p.tx.DB(i), p.tx.DB(j), []byte(a)
	old, had := p.get(i, a)
	weight := 100
	if p.shrink {
		weight = 55
	}
	switch n := p.r.IntN(weight); {
	case n < 20:
		if got := db.Delete(key); got != had {
			p.t.Fatalf("Delete(%d %.20q) = %v, want %v", i, a, got, had)
		}
		p.drop(i, a)
	case n < 30:
		p.compare(i, a)
	case n < 36:
		due := p.due()
		if due == KeepTTL {
			due = NoTTL
		}
		if db.Exists(key) {
			db.SetDue(key, due)
			p.put(i, a, item{old.val, due})
		}
	case n < 42 && had && (i != j || a != b):
		db.Exists(key) // as commands do, which expires it
		to.Exists([]byte(b))
		db.Move(key, to, []byte(b))
		p.drop(i, a)
		p.put(j, b, old)
	case n < 46 && had && (i != j || a != b):
		to.Exists([]byte(b))
		db.Copy(key, to, []byte(b))
		p.put(j, b, old)
	case n < 60:
		p.patch(db, i, a, old, had)
	case n < 65:
		n := p.r.Int64() >> p.r.IntN(64)
		db.SetInt(key, n, NoTTL)
		p.put(i, a, item{fmt.Sprint(n), NoTTL})
	default:
		val, due := p.val(), p.due()
		db.SetString(key, []byte(val), due)
		if due == KeepTTL {
			if due = NoTTL; had {
				due = old.due
			}
		}
		p.put(i, a, item{val, due})
	}
}

// patch writes into a string with SetRange or Append.
func (p *pair) patch(db *DB, i int, a string, old item, had bool) {
	if !had {
		old = item{"", NoTTL}
	}
	data := p.val()
	off := len(old.val)
	if p.r.IntN(2) == 0 {
		off = p.r.IntN(len(old.val) + 200)
		if data == "" {
			data = "x"
		}
	}
	want := make([]byte, max(len(old.val), off+len(data)))
	copy(want, old.val)
	copy(want[off:], data)
	var n int64
	if off == len(old.val) {
		n = db.Append([]byte(a), []byte(data))
	} else {
		n = db.SetRange([]byte(a), int64(off), []byte(data))
	}
	if n != int64(len(want)) {
		p.t.Fatalf("length %d after a write at %d, want %d", n, off, len(want))
	}
	p.put(i, a, item{string(want), old.due})
}

func (p *pair) compare(i int, key string) {
	p.t.Helper()
	want, ok := p.get(i, key)
	e, found := p.tx.DB(i).Find([]byte(key), ForRead)
	if found != ok {
		p.t.Fatalf("key %d %.20q: found %v, want %v", i, key, found, ok)
	}
	if found && (string(e.String().AppendTo(nil)) != want.val || e.Due() != want.due) {
		p.t.Fatalf("key %d %.20q differs: due %d, want %d", i, key, e.Due(), want.due)
	}
}

// rare are the changes to whole databases.
func (p *pair) rare() {
	p.tx.LockAll(p.now)
	defer p.tx.Unlock()
	a, b := p.r.IntN(testDatabases), p.r.IntN(testDatabases)
	p.scans = nil
	if p.r.IntN(3) == 0 {
		p.tx.Flush(a, p.r.IntN(2) == 0)
		clear(p.m[a])
		return
	}
	if p.r.IntN(2) == 0 {
		p.replace()
		return
	}
	p.tx.Swap(a, b)
	p.m[a], p.m[b] = p.m[b], p.m[a]
}

// replace sets all data aside, makes other data, and keeps one of the two. Every shard
// is locked.
func (p *pair) replace() {
	aside, old := p.tx.SetAside(), p.m
	keys := int64(0)
	for db := range p.m {
		if n, _ := p.tx.Size(db); n != 0 {
			p.t.Fatalf("%d keys in database %d after all was set aside", n, db)
		}
		keys += int64(len(old[db]))
		p.m[db] = map[string]item{}
	}
	if aside.Keys() > keys {
		p.t.Fatalf("%d keys set aside, at most %d expected", aside.Keys(), keys)
	}
	for range p.r.IntN(200) {
		p.change(p.r.IntN(testDatabases), p.r.IntN(testDatabases), p.key(), p.key())
	}
	if p.r.IntN(2) == 0 {
		p.tx.PutBack(aside)
		p.m = old
		return
	}
	p.tx.Drop(aside)
}

// walkTest is a snapshot that is read entry by entry beside writers.
type walkTest struct {
	n    *Snapshot
	want model
	now  int64 // of the cut
	next func() (found, bool)
	stop func()
}

type found struct {
	db  int
	key string
	item
}

var errStop = errors.New("stopped")

func (p *pair) snapshot() {
	w := &walkTest{n: p.s.Snapshot(nil), want: p.m.clone(), now: p.now}
	w.next, w.stop = iter.Pull(func(yield func(found) bool) {
		w.n.Each(func(db int, e Entry) error {
			if !yield(found{db, string(e.Key()), item{string(e.String().AppendTo(nil)), e.Due()}}) {
				return errStop
			}
			return nil
		})
	})
	p.walks = append(p.walks, w)
}

// read reads n entries of walk i; at the end it checks that all were there.
func (p *pair) read(i, n int) {
	w := p.walks[i]
	for range n {
		f, ok := w.next()
		if !ok {
			for db := range w.want {
				for key, it := range w.want[db] {
					if it.due == NoTTL || it.due > w.now {
						p.t.Fatalf("the snapshot lacks %d %.20q", db, key)
					}
				}
			}
			p.end(i)
			return
		}
		want, ok := w.want[f.db][f.key]
		if !ok {
			p.t.Fatalf("the snapshot has %d %.20q, which was not there or is read again", f.db, f.key)
		}
		if want != f.item {
			p.t.Fatalf("in the snapshot %d %.20q has %d bytes, due %d; want %d, due %d", f.db, f.key, len(f.val), f.due, len(want.val), want.due)
		}
		delete(w.want[f.db], f.key)
	}
}

func (p *pair) end(i int) {
	w := p.walks[i]
	w.stop()
	w.n.Release()
	if held := w.n.Held(); held != 0 {
		p.t.Fatalf("a released snapshot holds %d bytes", held)
	}
	p.walks = append(p.walks[:i], p.walks[i+1:]...)
}

// scanTest is a SCAN that goes on beside writers.
type scanTest struct {
	db     int
	cursor uint64
	stable map[string]bool // keys that were there all the time and are not seen yet
}

func (p *pair) scan() {
	if len(p.scans) == 0 || p.r.IntN(50) == 0 {
		sc := &scanTest{db: p.r.IntN(testDatabases), stable: map[string]bool{}}
		for key, it := range p.m[sc.db] {
			if it.due == NoTTL {
				sc.stable[key] = true
			}
		}
		p.scans = append(p.scans, sc)
	}
	i := p.r.IntN(len(p.scans))
	sc := p.scans[i]
	p.tx.LockNone(p.now)
	sc.cursor = p.tx.Scan(sc.db, sc.cursor, 1+p.r.IntN(20), func(e Entry) {
		if _, ok := p.get(sc.db, string(e.Key())); !ok {
			p.t.Fatalf("SCAN gives %d %.20q, which is not there", sc.db, e.Key())
		}
		delete(sc.stable, string(e.Key()))
	})
	if sc.cursor == 0 {
		for key := range sc.stable {
			p.t.Fatalf("a whole SCAN missed %d %.20q", sc.db, key)
		}
		p.scans = append(p.scans[:i], p.scans[i+1:]...)
	}
}

// beside does one thing that goes on beside commands.
func (p *pair) beside(maxWalks int) {
	switch n := p.r.IntN(200); {
	case n < 2 && len(p.walks) < maxWalks:
		p.snapshot()
	case n < 90 && len(p.walks) > 0:
		p.read(p.r.IntN(len(p.walks)), 1+p.r.IntN(40))
	case n < 91 && len(p.walks) > 0:
		p.end(p.r.IntN(len(p.walks)))
	case n < 150:
		p.scan()
	case n < 160:
		p.s.ExpireStep(p.r.IntN(p.s.Shards()), p.now)
	case n < 180:
		p.s.CollectGarbage()
	case n < 190:
		p.now += p.r.Int64N(300)
	case n == 199 && p.r.IntN(8) == 0:
		p.rare()
	}
}

// finish ends what is open, compares every key, and empties the store.
func (p *pair) finish() {
	for len(p.walks) > 0 {
		p.read(p.r.IntN(len(p.walks)), 1000)
	}
	p.tx.LockAll(p.now)
	for db := range p.m {
		for key := range p.m[db] {
			p.compare(db, key)
		}
		keys, _ := p.tx.DB(db).Len()
		if keys > int64(len(p.m[db])) {
			p.t.Errorf("database %d has %d keys, want at most %d", db, keys, len(p.m[db]))
		}
	}
	p.tx.Unlock()
	for p.s.CollectGarbage() {
	}
	p.audit()
	p.tx.LockAll(p.now)
	p.tx.Flush(-1, p.r.IntN(2) == 0)
	p.tx.Unlock()
	for p.s.CollectGarbage() {
	}
	if n := p.s.UsedMemory(); n != 0 {
		p.t.Errorf("%d bytes of nodes are left in an empty store", n)
	}
}

// audit checks that each node is named from exactly one place: no snapshot is
// open and nothing waits to be freed.
func (p *pair) audit() {
	a := p.s.heap.Audit()
	visit := a.Version()
	for _, sh := range p.s.shards {
		for i := range sh.tables {
			tab := &sh.tables[i]
			if err := tab.Check(visit); err != nil {
				p.t.Fatal(err)
			}
			tab.Each(func(e table.Entry) bool {
				value.Nodes(p.s.heap, value.Kind(e.Kind()), e.Value(), visit)
				return true
			})
		}
	}
	if err := a.Check(); err != nil {
		p.t.Fatal(err)
	}
}

// TestModel compares a store with maps, under random commands, with SCANs,
// expiry, lazy freeing and up to three snapshots open at once, which are read
// in pieces and released in any order.
func TestModel(t *testing.T) {
	for _, c := range []struct {
		shards, keys, large, walks, steps int
		guard                             bool
	}{
		{1, 3000, 40, 1, 60000, false},
		{1, 3000, 40, 3, 60000, false},
		{64, 20000, 100, 3, 60000, false},
		{2, 60, 2, 3, 8000, false},
		{2, 60, 3, 3, 4000, true},
	} {
		name := fmt.Sprintf("shards=%d keys=%d snapshots=%d guard=%v", c.shards, c.keys, c.walks, c.guard)
		t.Run(name, func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			p := newPair(t, c.shards, c.keys, c.large, c.guard, seed)
			for i := range c.steps {
				p.shrink = i/10000%2 == 1
				p.step()
				if i%3 == 0 {
					p.beside(c.walks)
				}
			}
			p.finish()
		})
	}
}
