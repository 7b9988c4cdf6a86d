package keyspace

import (
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// garbage is what waits to be freed in the background.
type garbage struct {
	// collector is held by whoever frees, from before a shard's lock to after.
	collector sync.Mutex

	mu      sync.Mutex // taken under a shard's lock
	waiting []detached
	// freed counts what is done, for INFO's lazyfreed_objects.
	freed int64
}

// detached is a value, or a database's table, that no version names any more
// but those that were pinned before.
type detached struct {
	shard int
	freer value.Freer
}

func (g *garbage) add(shard int, f value.Freer) {
	g.mu.Lock()
	g.waiting = append(g.waiting, detached{shard, f})
	g.mu.Unlock()
}

// tableFreer frees a database's table: about four entries for a node.
type tableFreer struct{ *table.Freer }

func (f tableFreer) Step(n int) (done bool) { return f.Freer.Step(4 * n) }

// LazyFree is how many tables and values wait to be freed, and how many were.
func (s *Store) LazyFree() (pending int, freed int64) {
	g := &s.garbage
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting), g.freed
}

// CollectGarbage frees a part of what waits to be freed, holding a shard's
// lock for some microseconds at a time, and tells whether there is more. Any
// goroutine may call it.
func (s *Store) CollectGarbage() (more bool) {
	g := &s.garbage
	g.collector.Lock()
	defer g.collector.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(g.waiting); n > 0 {
		// The last one first: what a database's table held comes before the
		// rest of the table.
		d, done := g.waiting[n-1], false
		g.unlocked(func() { done = s.step(d) })
		if done {
			g.remove(d)
			g.freed++
		}
	}
	return len(g.waiting) > 0
}

// remove takes d off the list, to which more may have been added.
func (g *garbage) remove(d detached) {
	for i := len(g.waiting) - 1; ; i-- {
		if g.waiting[i].freer == d.freer {
			g.waiting = slices.Delete(g.waiting, i, i+1)
			return
		}
	}
}

// unlocked runs fn without g's lock: shard locks come before it.
func (g *garbage) unlocked(fn func()) {
	g.mu.Unlock()
	defer g.mu.Lock()
	fn()
}

// step frees a part of d: 128 nodes, or the buckets of as many entries.
func (s *Store) step(d detached) (done bool) {
	sh := s.shards[d.shard]
	s.lockShard(sh, nil)
	defer sh.mu.Unlock()
	if done = d.freer.Step(128); done {
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
	defer tx.apart()
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

// HasExpiring tells whether any key of any database, or field of a hash, expires.
func (s *Store) HasExpiring() bool {
	for _, sh := range s.shards {
		s.lockShard(sh, nil)
		for i := range sh.tables {
			if sh.tables[i].Dues > 0 || len(sh.fields[i].heap) > 0 {
				sh.mu.Unlock()
				return true
			}
		}
		sh.mu.Unlock()
	}
	return false
}

// AverageTTL estimates, from one bucket of each shard, for how long the expiring
// keys of db still live, in ms. tx has all shards locked or none.
func (tx *Tx) AverageTTL(db int) int64 {
	now := tx.s.nowMs()
	sum, n := int64(0), int64(0)
	tx.each(func(sh *shard) {
		if t := &sh.tables[db]; t.Root != 0 && t.Dues > 0 {
			t.At(rand.Uint64()).Each(func(e table.Entry) bool {
				if due := e.Due(); due != table.NoDue && due > now {
					sum, n = sum+due-now, n+1
				}
				return true
			})
		}
	})
	if n == 0 {
		return 0
	}
	return sum / n
}
