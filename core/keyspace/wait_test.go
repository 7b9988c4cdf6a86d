package keyspace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
)

// queues is a model of who waits for what: by key, in order of arrival.
type queues struct {
	t       *testing.T
	s       *Store
	tx      *Tx
	waiting map[string][]int
	waiters []*Waiter
	over    []bool
	served  []string
}

// TestWaitersModel has waiters of keys in several shards come, be served, be
// ended and leave at random, beside plain lists of them.
func TestWaitersModel(t *testing.T) {
	for seed := range uint64(20) {
		q := &queues{t: t, s: newStore(t, 4, false), waiting: map[string][]int{}}
		q.tx = q.s.NewTx()
		q.s.OnReady(func(tx *Tx) { tx.Serve(q.serve) })
		r := rand.New(rand.NewPCG(seed, 0))
		key := func() string { return fmt.Sprint("key", r.IntN(6)) }
		for range 400 {
			switch r.IntN(8) {
			case 0, 1, 2:
				q.wait(r, key)
			case 3, 4, 5:
				q.push(key(), 1+r.IntN(3))
			case 6:
				if len(q.waiters) > 0 {
					q.leave(r.IntN(len(q.waiters)))
				}
			case 7:
				if len(q.waiters) > 0 { // ended, not yet out of the queues
					i := r.IntN(len(q.waiters))
					if q.waiters[i].End() == q.over[i] {
						t.Fatalf("seed %d: the wait %d ends twice, or not", seed, i)
					}
					q.over[i] = true
				}
			}
		}
		for i := range q.waiters {
			q.leave(i)
		}
		if _, keys := q.s.Tended(); keys > 0 {
			t.Errorf("seed %d: %d keys are waited for by nobody", seed, keys)
		}
		for _, sh := range q.s.shards {
			if sh.tended != nil {
				t.Errorf("seed %d: shard %d is tended for nobody: %v", seed, sh.index, sh.tended)
			}
		}
	}
}

func (q *queues) wait(r *rand.Rand, key func() string) {
	w := &Waiter{Type: value.TypeString, Owner: len(q.waiters)}
	var keys, also [][]byte
	for range 1 + r.IntN(3) {
		keys = append(keys, []byte(key()))
	}
	if r.IntN(3) == 0 {
		also = append(also, []byte(key()))
	}
	q.tx.LockAll(1)
	for _, k := range keys {
		if q.tx.DB(0).Delete(k) {
			q.tx.DB(0).Touch(k)
		}
	}
	q.tx.Wait(w, 0, keys, also)
	q.tx.Unlock()
	for _, k := range keys {
		if !slices.Contains(q.waiting[string(k)], len(q.waiters)) {
			q.waiting[string(k)] = append(q.waiting[string(k)], len(q.waiters))
		}
	}
	q.waiters, q.over = append(q.waiters, w), append(q.over, false)
}

// push gives key n bytes, each for one waiter, under the lock of key alone.
func (q *queues) push(key string, n int) {
	q.served = nil
	k := []byte(key)
	q.tx.LockKey(k, 1)
	had := int64(0)
	if e, ok := q.tx.DB(0).Find(k, Peek); ok {
		had = e.String().Len()
	}
	q.tx.DB(0).Append(k, make([]byte, n))
	q.tx.DB(0).Changed(EventString, "append", k)
	q.tx.Unlock()
	var want []string
	for _, i := range q.waiting[key] {
		if left := had + int64(n) - int64(len(want)); !q.over[i] && left > 0 {
			want = append(want, fmt.Sprint(key, " ", i))
			q.over[i] = true
		}
	}
	if !slices.Equal(q.served, want) {
		q.t.Fatalf("%s served %q, want %q", key, q.served, want)
	}
}

// serve takes a byte of key for w.
func (q *queues) serve(w *Waiter, db *DB, key []byte) bool {
	for _, other := range w.alsoKeys(q.s) {
		db.Exists([]byte(other)) // the invariants build checks that it is locked
	}
	e, _ := db.Find(key, Peek)
	if n := e.String().Len(); n > 1 {
		db.SetString(key, make([]byte, n-1), NoTTL)
	} else {
		db.Delete(key)
	}
	db.Changed(EventString, "lpop", key)
	q.served = append(q.served, fmt.Sprint(string(key), " ", w.Owner))
	return true
}

// alsoKeys are keys of the shards that serving w needs beside its own.
func (w *Waiter) alsoKeys(s *Store) (keys []string) {
	for i := range 6 {
		key := fmt.Sprint("key", i)
		if w.also>>s.shardOf(s.hash([]byte(key)))&1 == 1 {
			keys = append(keys, key)
		}
	}
	return keys
}

func (q *queues) leave(i int) {
	w := q.waiters[i]
	w.End()
	q.over[i] = true
	q.tx.Leave(w)
	for key, list := range q.waiting {
		if at := slices.Index(list, i); at >= 0 {
			q.waiting[key] = slices.Delete(slices.Clone(list), at, at+1)
		}
	}
	if n := w.standing.Load(); n != 0 {
		q.t.Fatalf("waiter %d has left and is in %d queues", i, n)
	}
}

func TestGoneAndOtherTypes(t *testing.T) {
	s := newStore(t, 4, false)
	var seen []string
	s.OnReady(func(tx *Tx) {
		tx.Serve(func(w *Waiter, db *DB, key []byte) bool {
			seen = append(seen, fmt.Sprint(w.Owner, " ", db.Index(), " ", db.Exists(key)))
			return w.Owner != "list"
		})
	})
	tx, key := s.NewTx(), []byte("k")
	change := func(want string, fn func(db *DB)) {
		t.Helper()
		seen = nil
		tx.LockAll(1000)
		fn(tx.DB(1))
		tx.Unlock()
		if got := fmt.Sprint(seen); got != want {
			t.Errorf("tried %s, want %s", got, want)
		}
	}
	wait := func(owner string, typ value.Type, gone bool) {
		tx.LockAll(1000)
		tx.Wait(&Waiter{Type: typ, Gone: gone, Owner: owner}, 1, [][]byte{key}, nil)
		tx.Unlock()
	}
	set := func(db *DB) { db.SetString(key, []byte("v"), 2000); db.Changed(EventString, "set", key) }
	wait("list", value.TypeList, false)
	change("[]", set)
	wait("gone", value.TypeList, true)
	change("[gone 1 true]", set) // of another type
	wait("gone", value.TypeString, true)
	change("[gone 1 false]", func(*DB) { tx.Flush(1, false) })
	change("[]", set)
	wait("gone", value.TypeString, true)
	for i := range s.Shards() {
		s.ExpireStep(i, 2000)
	}
	if got := fmt.Sprint(seen); got != "[gone 1 false]" {
		t.Errorf("at expiry tried %s", got)
	}
	wait("string", value.TypeString, false)
	change("[string 1 true]", func(*DB) {
		tx.DB(2).SetString(key, []byte("v"), NoTTL)
		tx.Swap(1, 2)
	})
}

func TestWatch(t *testing.T) {
	s := newStore(t, 4, false)
	now := int64(1000)
	tx, k := s.NewTx(), []byte("k")
	in := func(fn func(db *DB)) {
		tx.LockAll(now)
		fn(tx.DB(0))
		tx.Unlock()
	}
	for _, c := range []struct {
		name          string
		before, after func(db *DB)
		want          bool
	}{
		{"nothing", nil, nil, false},
		{"change", nil, func(db *DB) { db.SetInt(k, 1, NoTTL); db.Touch(k) }, true},
		{"another database", nil, func(*DB) { db := tx.DB(1); db.SetInt(k, 1, NoTTL); db.Touch(k) }, false},
		{"expires", func(db *DB) { db.SetInt(k, 1, now+5) }, func(*DB) { now += 10 }, true},
		{"expires and is deleted", func(db *DB) { db.SetInt(k, 1, now+5) }, func(*DB) { now += 10; lookUp(s, now, k) }, true},
		{"was expired", func(db *DB) { db.SetInt(k, 1, now-1) }, func(db *DB) { db.Exists(k) }, false},
		{"was expired, written", func(db *DB) { db.SetInt(k, 1, now-1) }, func(db *DB) { db.SetInt(k, 1, NoTTL); db.Touch(k) }, true},
		{"flush of nothing", nil, func(*DB) { tx.Flush(0, false) }, false},
		{"flush", func(db *DB) { db.SetInt(k, 1, NoTTL) }, func(*DB) { tx.Flush(-1, false) }, true},
		{"flush of an expired key", func(db *DB) { db.SetInt(k, 1, now-1) }, func(*DB) { tx.Flush(0, false) }, false},
		{"swap with nothing", nil, func(*DB) { tx.Swap(0, 2) }, false},
		{"swap away", func(db *DB) { db.SetInt(k, 1, NoTTL) }, func(*DB) { tx.Swap(0, 2) }, true},
		{"swap to", func(*DB) { tx.DB(2).SetInt(k, 1, NoTTL) }, func(*DB) { tx.Swap(2, 0) }, true},
		{"swap to expired", func(*DB) { tx.DB(2).SetInt(k, 1, now-1) }, func(*DB) { tx.Swap(0, 2) }, false},
	} {
		var w Watch
		in(func(db *DB) { tx.Flush(-1, false) })
		if c.before != nil {
			in(c.before)
		}
		in(func(db *DB) { tx.Watch(&w, 0, k); tx.Watch(&w, 0, k); tx.Watch(&w, 0, []byte("other")) })
		if w.Len() != 2 {
			t.Errorf("%s: %d keys are watched", c.name, w.Len())
		}
		if c.after != nil {
			if c.name == "expires and is deleted" {
				c.after(nil)
			} else {
				in(c.after)
			}
		}
		in(func(*DB) {
			if w.Stale(tx) != c.want {
				t.Errorf("%s: stale %v", c.name, !c.want)
			}
			tx.Unwatch(&w)
		})
		if w.Len() != 0 || w.Touched() {
			t.Errorf("%s: still watched", c.name)
		}
		for _, sh := range s.shards {
			if sh.tended != nil {
				t.Errorf("%s: shard %d is tended for nobody", c.name, sh.index)
			}
		}
	}
}

// lookUp looks k up at a time in a Tx of its own.
func lookUp(s *Store, now int64, k []byte) {
	tx := s.NewTx()
	tx.LockKey(k, now)
	tx.DB(0).Exists(k)
	tx.Unlock()
}
