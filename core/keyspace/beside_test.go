package keyspace

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
)

// TestBeside runs writers, the background work, scans and snapshots on
// goroutines of their own. Each transaction writes the same number into two
// keys, a short and a long string, and sometimes flushes: a snapshot sees both
// keys with the same number, or neither.
func TestBeside(t *testing.T) {
	const pairs, rounds = 200, 1500
	s := newStore(t, 8, false)
	var stop atomic.Bool
	var writers, others sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 1))
			tx := s.NewTx()
			for n := range rounds {
				i := r.IntN(pairs)
				keys := [][]byte{fmt.Appendf(nil, "short:%d", i), fmt.Appendf(nil, "long:%d", i)}
				if n%400 == 399 {
					tx.LockAll(1)
					tx.Flush(0, n%800 == 399)
					tx.Unlock()
					continue
				}
				tx.LockKeys(keys, []int{0, 1}, 1)
				writePair(tx.DB(0), keys, r, n)
				tx.Unlock()
			}
		})
	}
	background := func(fn func()) {
		others.Go(func() {
			for !stop.Load() {
				fn()
			}
		})
	}
	background(func() { s.CollectGarbage() })
	background(func() { s.NewTx().Scan(0, rand.Uint64()>>cursorShift, 10, func(Entry) {}) })
	for range 2 {
		background(func() { checkPairs(t, s) })
	}
	writers.Wait()
	stop.Store(true)
	others.Wait()
	tx := s.NewTx()
	tx.LockAll(1)
	tx.Flush(-1, true)
	tx.Unlock()
	for s.CollectGarbage() {
	}
	if n := s.UsedMemory(); n != 0 {
		t.Errorf("%d bytes of nodes are left", n)
	}
}

// writePair writes n into the two keys: new, or over the end of what is there.
func writePair(db *DB, keys [][]byte, r *rand.Rand, n int) {
	number := fmt.Sprintf("%08d", n)
	const long = 4 * value.ChunkSize
	switch e, ok := db.Find(keys[1], Peek); {
	case !ok:
		b := make([]byte, long+8)
		copy(b[long:], number)
		db.SetString(keys[1], b, NoTTL)
	case e.String().Len() == long+8:
		db.SetRange(keys[1], int64(r.IntN(2*value.ChunkSize)), make([]byte, 1+r.IntN(20000)))
		db.SetRange(keys[1], long, []byte(number))
	}
	db.SetString(keys[0], []byte("n"+number), NoTTL)
	if r.IntN(10) == 0 {
		db.Delete(keys[0])
		db.Delete(keys[1])
	}
}

// checkPairs reads a snapshot.
func checkPairs(t *testing.T, s *Store) {
	n := s.Snapshot(nil)
	defer n.Release()
	numbers := map[string]string{}
	seen := map[string]bool{}
	err := n.Each(func(_ int, e Entry) error {
		key, str := string(e.Key()), e.String()
		if seen[key] {
			t.Errorf("%s is read twice", key)
		}
		seen[key] = true
		number := string(str.AppendRange(nil, str.Len()-8, str.Len()))
		_, i, _ := strings.Cut(key, ":")
		if other, ok := numbers[i]; ok && other != number {
			t.Errorf("pair %s has %q and %q", i, other, number)
		}
		numbers[i] = number
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for i := range numbers {
		if !seen["short:"+i] || !seen["long:"+i] {
			t.Errorf("pair %s is not whole", i)
		}
	}
}
