package keyspace

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// change runs fn with every shard locked.
func change(s *Store, fn func(tx *Tx)) {
	tx := s.NewTx()
	tx.LockAll(1)
	fn(tx)
	tx.Unlock()
}

func fillKeys(tx *Tx, db, keys int, val string) {
	for i := range keys {
		tx.DB(db).SetString([]byte(fmt.Sprint("k", i)), []byte(val), NoTTL)
	}
}

// TestSnapshotAfterSwapAndFlush: a snapshot sees each key of the cut once, in
// its database and with its value, though SWAPDB had moved the tables, and
// though the nodes of a database flushed before the cut are freed while it is
// read.
func TestSnapshotAfterSwapAndFlush(t *testing.T) {
	const keys = 3000
	for _, shards := range []int{1, 4} {
		s := newStore(t, shards, false)
		change(s, func(tx *Tx) {
			fillKeys(tx, 0, keys, "zero")
			fillKeys(tx, 1, keys, "one")
			fillKeys(tx, 2, keys, "flushed")
			tx.Swap(0, 1)
			tx.Flush(2, true)
			fillKeys(tx, 2, 10, "two")
		})
		n := s.Snapshot(nil)
		seen, rng := map[string]string{}, rand.New(rand.NewPCG(1, 2))
		err := n.Each(func(db int, e Entry) error {
			name := fmt.Sprint(db, " ", string(e.Key()))
			if _, twice := seen[name]; twice {
				t.Fatalf("%d shards: %s came twice", shards, name)
			}
			seen[name] = string(e.String().AppendTo(nil))
			if len(seen)%10 == 0 {
				s.CollectGarbage()
				change(s, func(tx *Tx) {
					for range 20 {
						tx.DB(rng.IntN(2)).SetString([]byte(fmt.Sprint("k", rng.IntN(keys))), []byte("after the cut"), NoTTL)
					}
				})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		n.Release()
		if len(seen) != 2*keys+10 {
			t.Errorf("%d shards: the snapshot has %d keys, want %d", shards, len(seen), 2*keys+10)
		}
		for name, val := range seen {
			if want := map[byte]string{'0': "one", '1': "zero", '2': "two"}[name[0]]; val != want {
				t.Fatalf("%d shards: %s is %q, want %q", shards, name, val, want)
			}
		}
	}
}

// TestSnapshotOfMovedValue: a long value that is renamed to a key behind the
// walk and then deleted there is still read whole at its old place.
func TestSnapshotOfMovedValue(t *testing.T) {
	const keys, size = 3000, 2000
	s := newStore(t, 1, false)
	change(s, func(tx *Tx) {
		for i := range keys {
			tx.DB(0).SetString([]byte(fmt.Sprint("k", i)), bytes.Repeat([]byte{byte(i)}, size), NoTTL)
		}
	})
	n := s.Snapshot(nil)
	moved, seen := false, 0
	err := n.Each(func(_ int, e Entry) error {
		if seen == keys/2 && !moved {
			moved = true
			change(s, func(tx *Tx) {
				for i := range keys {
					src, dst := []byte(fmt.Sprint("k", i)), []byte(fmt.Sprint("m", i))
					tx.DB(0).Move(src, tx.DB(0), dst)
					tx.DB(0).Delete(dst)
				}
				for i := range 2 * keys { // takes what was freed
					tx.DB(0).SetString([]byte(fmt.Sprint("n", i)), bytes.Repeat([]byte{255}, size), NoTTL)
				}
			})
		}
		var i int
		if _, err := fmt.Sscanf(string(e.Key()), "k%d", &i); err != nil {
			t.Fatalf("the snapshot has %q, which came after the cut", e.Key())
		}
		if !bytes.Equal(e.String().AppendTo(nil), bytes.Repeat([]byte{byte(i)}, size)) {
			t.Errorf("the value of %s is not that of the cut", e.Key())
		}
		seen++
		return nil
	})
	if err != nil || seen != keys {
		t.Errorf("%d keys, %v; want %d", seen, err, keys)
	}
	n.Release()
}
