package keyspace

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// Hashes whose fields all have the same value are changed as a whole, renamed,
// copied and deleted while snapshots are read: these see whole hashes, as they
// were.
func TestHashesBesideSnapshots(t *testing.T) {
	s := newStore(t, 4, false)
	var tx = s.NewTx()
	const hashes = 40
	key := func(i int) []byte { return fmt.Append(nil, "hash", i) }
	fill := func(i, version int) {
		db := tx.DB(0)
		c, ok := db.Change(key(i), Peek)
		if ok && c.Kind.Type() != value.TypeHash {
			t.Errorf("%s is a %s", key(i), c.Kind.Type().Name())
		}
		if !ok {
			c = db.New(key(i))
			hash.New(c)
		}
		e := hash.Edit(c, tx.now, 0)
		val := fmt.Append(nil, version)
		if i%5 == 4 {
			val = []byte(strings.Repeat(fmt.Sprint(version%10), 1500))
		}
		for f := range 3 + i*i {
			e.Set(fmt.Append(nil, "field", f), val, hash.NoDue)
		}
		e.Close()
		db.Commit(c)
	}
	locked := func(fn func()) {
		tx.LockAll(1_000_000)
		fn()
		tx.Unlock()
	}
	locked(func() {
		for i := range hashes {
			fill(i, 0)
		}
	})
	rng := rand.New(rand.NewPCG(3, 3))
	for version := 1; version < 12; version++ {
		snap := s.Snapshot(nil)
		var reader sync.WaitGroup
		reader.Go(func() {
			n := 0
			err := snap.Each(func(_ int, e Entry) error {
				n++
				return uniform(e)
			})
			if err != nil || n == 0 {
				t.Errorf("snapshot of %d hashes: %v", n, err)
			}
			snap.Release()
		})
		for range 60 {
			i := rng.IntN(hashes)
			locked(func() {
				db := tx.DB(0)
				switch there := db.Exists(key(i)); {
				case !there, rng.IntN(3) > 0:
					fill(i, version)
				case rng.IntN(2) == 0:
					db.Delete(key(i))
				default:
					to := append(key(i), "'"...)
					db.Move(key(i), db, to)
					db.Copy(to, db, key(i))
					db.Delete(to)
				}
			})
			s.CollectGarbage()
		}
		reader.Wait()
	}
	for s.CollectGarbage() {
	}
	locked(func() { tx.Flush(-1, false) })
	for s.CollectGarbage() {
	}
	if used := s.UsedMemory(); used != 0 {
		t.Errorf("%d bytes are used by nothing", used)
	}
}

// uniform checks that all fields of a hash have one value.
func uniform(e Entry) (err error) {
	h := hash.Of(e.Space(), e.Kind(), e.Value(), hash.AnyTime)
	first, n := "", 0
	h.Each(func(field, val hash.Item, _ int64) bool {
		text := string(val.Bytes(nil))
		if n++; n == 1 {
			first = text
		}
		if text != first {
			err = fmt.Errorf("%s: %s is %.20q, another %.20q", e.Key(), field.Bytes(nil), text, first)
		}
		return err == nil
	})
	if err == nil && n != h.Len() {
		err = fmt.Errorf("%s: %d fields of %d", e.Key(), n, h.Len())
	}
	return err
}
