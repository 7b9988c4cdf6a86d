package keyspace

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/table"
)

// EvictionPolicy is maxmemory-policy.
type EvictionPolicy uint8

// The policies.
const (
	NoEviction EvictionPolicy = iota
	AllKeysLRU
	AllKeysLFU
	AllKeysRandom
	VolatileLRU
	VolatileLFU
	VolatileRandom
	VolatileTTL
)

func (p EvictionPolicy) volatile() bool { return p >= VolatileLRU }

// evictionPool keeps the best candidates that were sampled, so that the quality
// of a choice grows with the samples of several rounds (Redis: evict.c).
type evictionPool struct {
	mu    sync.Mutex  // taken before shards' locks
	items []candidate // by score, the best to evict last
	stale atomic.Bool // what is in items means nothing any more
}

type candidate struct {
	db    int
	key   string
	score uint64
}

const poolSize = 16

// Evict deletes one key, chosen by policy among samples of each database, and
// tells whether it found one. The caller holds no lock.
func (s *Store) Evict(policy EvictionPolicy, samples int, nowMs int64) bool {
	if policy == NoEviction {
		return false
	}
	s.pool.mu.Lock()
	defer s.pool.mu.Unlock()
	if s.pool.stale.Swap(false) {
		s.pool.items = s.pool.items[:0]
	}
	for range 64 {
		found := s.sample(policy, samples, nowMs)
		for n := len(s.pool.items); n > 0; n = len(s.pool.items) {
			c := s.pool.items[n-1]
			s.pool.items = s.pool.items[:n-1]
			if s.evictKey(c, policy, nowMs) {
				return true
			}
		}
		if !found {
			return false
		}
	}
	return false
}

// sample puts candidates of every database into the pool. found is false if no
// database has a key that the policy may evict.
func (s *Store) sample(policy EvictionPolicy, samples int, nowMs int64) (found bool) {
	n := len(s.shards)
	start := rand.IntN(n)
	for db := range s.databases {
		got := 0
		for i := 0; i < n && got < samples; i++ {
			got += s.sampleShard(s.shards[(start+i)%n], db, policy, samples-got, nowMs)
		}
		found = found || got > 0
	}
	return found
}

func (s *Store) sampleShard(sh *shard, db int, policy EvictionPolicy, samples int, nowMs int64) (got int) {
	if sh.mu.Lock(); s.Exclusive() {
		sh.mu.Unlock()
		return 0
	}
	defer sh.mu.Unlock()
	t := &sh.tables[db]
	if t.Count == 0 || policy.volatile() && t.Dues == 0 {
		return 0
	}
	consider := func(e table.Entry) {
		if policy.volatile() && e.Due() == table.NoDue {
			return
		}
		got++
		s.pool.offer(db, e, s.score(e, policy, nowMs))
	}
	tries := int64(samples)
	if policy.volatile() {
		tries = min(tries*t.Count/t.Dues+tries, 64*tries)
	}
	for range tries {
		if consider(t.Random(rand.Uint64)); got >= samples {
			return got
		}
	}
	if got == 0 { // few keys expire: look through buckets from a random one on
		s.walkVolatile(t, consider, func() bool { return got >= samples })
	}
	return got
}

// walkVolatile calls consider with the entries of the whole table, from a random
// place on, until enough.
func (s *Store) walkVolatile(t *table.Table, consider func(table.Entry), enough func() bool) {
	start := t.At(rand.Uint64()).Start
	for pos := start; ; {
		b := t.At(pos)
		if b.Due() < 1<<63-1 {
			b.Each(func(e table.Entry) bool { consider(e); return !enough() })
		}
		if pos = b.End; enough() || pos == start {
			return
		}
	}
}

// score is higher for what should go sooner.
func (s *Store) score(e table.Entry, policy EvictionPolicy, nowMs int64) uint64 {
	switch policy {
	case AllKeysLRU, VolatileLRU:
		return uint64(IdleMs(e.Clock(), nowMs))
	case AllKeysLFU, VolatileLFU:
		return 255 - uint64(s.frequency(e.Clock(), nowMs))
	case VolatileTTL:
		return ^uint64(0) - uint64(e.Due())
	}
	return rand.Uint64()
}

// offer puts a candidate in its place, if it is better than the worst of a full
// pool.
func (p *evictionPool) offer(db int, e table.Entry, score uint64) {
	i := 0
	for i < len(p.items) && p.items[i].score < score {
		i++
	}
	if len(p.items) == poolSize && i == 0 {
		return
	}
	c := candidate{db, string(e.Key()), score}
	for _, q := range p.items {
		if q.db == c.db && q.key == c.key {
			return
		}
	}
	if len(p.items) == poolSize {
		copy(p.items, p.items[1:i])
		p.items[i-1] = c
		return
	}
	p.items = append(p.items, candidate{})
	copy(p.items[i+1:], p.items[i:])
	p.items[i] = c
}

// evictKey deletes the candidate, if it is still there and still fits.
func (s *Store) evictKey(c candidate, policy EvictionPolicy, nowMs int64) bool {
	tx := s.NewTx()
	key := []byte(c.key)
	if tx.now = nowMs; !tx.tryLock(tx.Shard(key)) {
		return false
	}
	if tx.tended {
		tx.lockAlso()
	}
	defer tx.Unlock()
	db := tx.DB(c.db)
	e, ok := db.Find(key, Peek)
	if !ok || policy.volatile() && e.Due() == table.NoDue {
		return false
	}
	sh, t, pos := db.at(key)
	t.Delete(pos, key)
	sh.counts.Evicted++
	db.touchByStore(key)
	tx.deleted(c.db, key, true)
	db.Notify(EventEvicted, "evicted", key)
	return true
}

// ForgetCandidates empties the eviction pool: after FLUSHALL, SWAPDB or another
// policy its scores mean nothing. The caller may hold shards' locks.
func (s *Store) ForgetCandidates() { s.pool.stale.Store(true) }
