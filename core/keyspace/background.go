package keyspace

import (
	"math/rand/v2"
	"sync"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// garbage is what waits to be freed in the background.
type garbage struct {
	// collector is held by whoever frees, from before a shard's lock to after.
	collector sync.Mutex

	mu     sync.Mutex // taken under a shard's lock
	tables []detached
	nodes  []detachedNodes
	// freed counts what is done, for INFO's lazyfreed_objects.
	freed int64
}

type detached struct {
	shard int
	freer *table.Freer
}

// detachedNodes are the nodes of one value, which no entry names any more.
type detachedNodes struct {
	where value.Where
	shard int
	refs  []page.Ref
}

func (g *garbage) add(shard int, f *table.Freer) {
	g.mu.Lock()
	g.tables = append(g.tables, detached{shard, f})
	g.mu.Unlock()
}

func (g *garbage) addValue(shard int, w value.Where, kind value.Kind, b []byte) {
	d := detachedNodes{where: w, shard: shard}
	value.Nodes(w.Arena.Heap(), kind, b, func(ref page.Ref) { d.refs = append(d.refs, ref) })
	g.mu.Lock()
	g.nodes = append(g.nodes, d)
	g.mu.Unlock()
}

// LazyFree is how many tables and values wait to be freed, and how many were.
func (s *Store) LazyFree() (pending int, freed int64) {
	g := &s.garbage
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.tables) + len(g.nodes), g.freed
}

// CollectGarbage frees a part of what waits to be freed, holding a shard's
// lock for some microseconds at a time, and tells whether there is more. Any
// goroutine may call it.
func (s *Store) CollectGarbage() (more bool) {
	const entries, nodes = 512, 128
	g := &s.garbage
	g.collector.Lock()
	defer g.collector.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case len(g.nodes) > 0:
		d := &g.nodes[0]
		n := min(nodes, len(d.refs))
		refs := d.refs[:n]
		g.unlocked(func() { s.retire(d.where, d.shard, refs) })
		if d = &g.nodes[0]; n == len(d.refs) {
			g.nodes, g.freed = g.nodes[1:], g.freed+1
		} else {
			d.refs = d.refs[n:]
		}
	case len(g.tables) > 0:
		d, done := g.tables[0], false
		g.unlocked(func() { done = s.step(d, entries) })
		if done {
			g.tables, g.freed = g.tables[1:], g.freed+1
		}
	}
	return len(g.tables)+len(g.nodes) > 0
}

// unlocked runs fn without g's lock: shard locks come before it.
func (g *garbage) unlocked(fn func()) {
	g.mu.Unlock()
	defer g.mu.Lock()
	fn()
}

func (s *Store) retire(w value.Where, shard int, refs []page.Ref) {
	sh := s.shards[shard]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for _, ref := range refs {
		w.Arena.Retire(ref, w.Table, w.Pos)
	}
}

func (s *Store) step(d detached, n int) (done bool) {
	sh := s.shards[d.shard]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if done = d.freer.Step(n); done {
		sh.arena.Trim()
	}
	return done
}

// expireCursor is where the expiry cycle of a shard goes on.
type expireCursor struct {
	db  int
	pos uint64
}

// ExpireStep looks at some buckets of shard i for keys whose time has come and
// deletes them, going on where the last call stopped. Buckets without due keys
// cost a look at their header. It holds the shard's lock for some microseconds.
// wrapped tells that it came to the end of the shard's databases.
func (s *Store) ExpireStep(i int, nowMs int64) (expired int, wrapped bool) {
	const buckets, limit = 64, 256
	sh := s.shards[i]
	tx := s.NewTx()
	tx.now = nowMs
	tx.lock(1 << i)
	defer tx.Unlock()
	for n := 0; n < buckets && expired < limit; n++ {
		t := &sh.tables[sh.expire.db]
		if t.Dues == 0 {
			sh.expire.pos = 0
		} else {
			expired += s.expireBucket(tx, sh, t)
		}
		if sh.expire.pos == 0 {
			if sh.expire.db = (sh.expire.db + 1) % s.databases; sh.expire.db == 0 {
				return expired, true
			}
		}
	}
	return expired, false
}

// expireBucket deletes the due keys of the bucket at the cursor and moves it on.
func (s *Store) expireBucket(tx *Tx, sh *shard, t *table.Table) (expired int) {
	at := &sh.expire
	b := t.At(at.pos)
	if b.Due() <= tx.now {
		var keys [][]byte
		b.Each(func(e table.Entry) bool {
			if due := e.Due(); due != table.NoDue && due <= tx.now {
				keys = append(keys, append([]byte(nil), e.Key()...))
			}
			return true
		})
		for _, key := range keys {
			tx.DB(at.db).expire(sh, t, s.position(key), key)
		}
		expired = len(keys)
		if t.Root != 0 {
			t.RefreshDue(at.pos)
		}
	}
	at.pos = b.End
	return expired
}

// HasExpiring tells whether any key of any database expires.
func (s *Store) HasExpiring() bool {
	for _, sh := range s.shards {
		sh.mu.Lock()
		for i := range sh.tables {
			if sh.tables[i].Dues > 0 {
				sh.mu.Unlock()
				return true
			}
		}
		sh.mu.Unlock()
	}
	return false
}

// AverageTTL estimates, from one bucket of each shard, for how long the expiring
// keys of db still live, in ms.
func (s *Store) AverageTTL(db int) int64 {
	now := s.nowMs()
	sum, n := int64(0), int64(0)
	for _, sh := range s.shards {
		sh.mu.Lock()
		if t := &sh.tables[db]; t.Root != 0 && t.Dues > 0 {
			t.At(rand.Uint64()).Each(func(e table.Entry) bool {
				if due := e.Due(); due != table.NoDue && due > now {
					sum, n = sum+due-now, n+1
				}
				return true
			})
		}
		sh.mu.Unlock()
	}
	if n == 0 {
		return 0
	}
	return sum / n
}
