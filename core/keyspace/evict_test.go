package keyspace

import (
	"fmt"
	"strings"
	"testing"
)

// events counts what an Observer, and the Log of each Tx, is told.
type events struct {
	deleted, evicted, expired []string
}

func (e *events) KeyEvent(class EventClass, event string, key []byte, db int) {
	switch class {
	case EventEvicted:
		e.evicted = append(e.evicted, string(key))
	case EventExpired:
		e.expired = append(e.expired, string(key))
	}
}

func (e *events) Deleted(db int, key []byte, evicted bool) {
	e.deleted = append(e.deleted, string(key))
}

func (e *events) FieldsDeleted(int, []byte, [][]byte) {}
func (e *events) Recording() bool                     { return true }
func (e *events) Apart()                              {}
func (e *events) End()                                {}

// fill stores n keys: "old" ones first touched at 1000 s, "new" ones at 5000 s;
// every third of them expires, the old ones sooner.
func fill(s *Store, n int) {
	tx := s.NewTx()
	for i := range n {
		name, now, due := "old", int64(1_000_000), int64(10_000_000)
		if i%2 == 1 {
			name, now, due = "new", 5_000_000, 20_000_000
		}
		if i%3 != 0 {
			due = NoTTL
		} else {
			name += ":due"
		}
		key := fmt.Appendf(nil, "%s:%d", name, i)
		tx.LockKey(key, now)
		tx.DB(i%testDatabases).SetString(key, []byte("v"), due)
		tx.Unlock()
	}
}

// TestEvict: each policy evicts only what it may, and mostly what it should.
func TestEvict(t *testing.T) {
	const keys, now = 3000, 5_000_000
	for _, c := range []struct {
		policy   EvictionPolicy
		volatile bool
		prefix   string // of what should go first
	}{
		{AllKeysLRU, false, "old"}, {AllKeysRandom, false, ""}, {AllKeysLFU, false, ""},
		{VolatileLRU, true, "old"}, {VolatileRandom, true, ""}, {VolatileTTL, true, "old"}, {VolatileLFU, true, ""},
	} {
		for _, shards := range []int{1, 16} {
			s := newStore(t, shards, false)
			s.SetClockPolicy(c.policy == AllKeysLFU || c.policy == VolatileLFU, 10, 1)
			var seen events
			s.Observe(&seen)
			s.Record(func() Log { return &seen })
			fill(s, keys)
			for range keys / 10 {
				if !s.Evict(c.policy, 5, now) {
					t.Fatalf("policy %d evicts nothing", c.policy)
				}
			}
			if len(seen.evicted) != keys/10 || len(seen.deleted) != keys/10 || s.NewTx().Counts().Evicted != keys/10 {
				t.Errorf("policy %d: %d events, %d deletions, %d counted", c.policy, len(seen.evicted), len(seen.deleted), s.NewTx().Counts().Evicted)
			}
			first := 0
			for _, key := range seen.evicted {
				if c.volatile && !strings.Contains(key, ":due:") {
					t.Errorf("policy %d evicts %s", c.policy, key)
				}
				if strings.HasPrefix(key, c.prefix) {
					first++
				}
			}
			if first < keys/10*9/10 {
				t.Errorf("policy %d: of %d only %d are %s", c.policy, keys/10, first, c.prefix)
			}
		}
	}
}

// TestEvictToTheEnd: what may be evicted is found to the last, and no more.
func TestEvictToTheEnd(t *testing.T) {
	s := newStore(t, 4, false)
	fill(s, 300)
	for range 100 {
		if !s.Evict(VolatileRandom, 5, 1) {
			t.Fatal("a key that expires was not found")
		}
	}
	if s.Evict(VolatileRandom, 5, 1) || s.Evict(NoEviction, 5, 1) {
		t.Error("evicted what must stay")
	}
	for range 200 {
		if !s.Evict(AllKeysLRU, 5, 1) {
			t.Fatal("a key was not found")
		}
	}
	if s.Evict(AllKeysLRU, 5, 1) || s.UsedMemory() != 0 {
		t.Errorf("%d bytes are left", s.UsedMemory())
	}
}

// TestExpireStep deletes all that is due and nothing else, and says so.
func TestExpireStep(t *testing.T) {
	s := newStore(t, 4, false)
	var seen events
	s.Observe(&seen)
	s.Record(func() Log { return &seen })
	fill(s, 3000)
	if !s.HasExpiring() {
		t.Error("nothing expires")
	}
	total := 0
	for i := range s.Shards() {
		for wrapped := false; !wrapped; {
			var n int
			n, wrapped = s.ExpireStep(i, 15_000_000)
			total += n
		}
	}
	if total != 500 || len(seen.expired) != 500 || len(seen.deleted) != 500 || s.NewTx().Counts().Expired != 500 {
		t.Errorf("%d expired, %d events, %d deletions, %d counted", total, len(seen.expired), len(seen.deleted), s.NewTx().Counts().Expired)
	}
	for _, key := range seen.expired {
		if !strings.HasPrefix(key, "old:due:") {
			t.Errorf("%s is not due", key)
		}
	}
}

// TestPausedReadsKeepExpired: while writes are paused a read does not see an
// expired key and does not delete it; a write, which only a transaction under way
// can bring, does.
func TestPausedReadsKeepExpired(t *testing.T) {
	s := newStore(t, 4, false)
	paused := true
	s.KeepExpired(func() bool { return paused })
	tx, key := s.NewTx(), []byte("key")
	for _, step := range []struct {
		paused bool
		how    Access
		left   int64
	}{{true, ForRead, 1}, {true, ForWrite, 0}, {false, ForRead, 0}} {
		paused = step.paused
		tx.LockKey(key, 1000)
		tx.DB(0).SetString(key, []byte("v"), 2000)
		tx.Unlock()
		tx.LockAll(3000)
		_, found := tx.DB(0).Find(key, step.how)
		left, _ := tx.DB(0).Len()
		tx.Unlock()
		if found || left != step.left {
			t.Errorf("paused %v, access %d: found %v, %d keys left", step.paused, step.how, found, left)
		}
	}
}
