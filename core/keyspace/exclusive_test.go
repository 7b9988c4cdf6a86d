package keyspace

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// TestExclusive has some Tx own the store and others lock a few shards: an owner is
// alone, everybody gets on, and what was put off is done.
func TestExclusive(t *testing.T) {
	s := newStore(t, 8, false)
	var inside, owners, postponed atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			tx := s.NewTx()
			for range 300 {
				tx.LockExclusive(1)
				if n := owners.Add(1); n != 1 || inside.Load() != 0 {
					t.Errorf("%d owners, %d others with locks", n, inside.Load())
				}
				tx.MarkBusy()
				runtime.Gosched()
				if !s.Busy() || !s.Exclusive() {
					t.Error("nobody knows that the store is owned")
				}
				owners.Add(-1)
				tx.Unlock()
			}
		})
	}
	for i := range 4 {
		wg.Go(func() {
			tx := s.NewTx()
			waits := 0
			tx.Busy = func() { waits++; runtime.Gosched() }
			for n := range 300 {
				switch (n + i) % 3 {
				case 0:
					tx.LockShards(1<<(n%8)|1<<(n%3), 1)
				case 1:
					tx.LockAll(1)
				case 2:
					tx.soon(1<<(n%len(s.shards)), func(*Tx) { postponed.Add(1) })
					continue
				}
				inside.Add(1)
				if owners.Load() != 0 {
					t.Error("a shard is locked while somebody owns the store")
				}
				inside.Add(-1)
				tx.Unlock()
			}
		})
	}
	wg.Wait()
	if n := postponed.Load(); n != 400 {
		t.Errorf("%d of 400 were done", n)
	}
	if s.Busy() || s.Exclusive() {
		t.Error("the store is owned at the end")
	}
}
