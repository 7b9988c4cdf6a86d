package keyspace

import (
	"fmt"
	"math"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// putFields makes key a hash with a field that is due and one that stays.
func putFields(db *DB, key string, due int64) {
	c := db.New([]byte(key))
	hash.New(c)
	e := hash.Edit(c, db.tx.now, 0)
	e.Set([]byte("f"), []byte("v"), hash.NoDue)
	e.Set([]byte("stays"), []byte("v"), hash.NoDue)
	e.SetDue([]byte("f"), due)
	e.Close()
	db.Commit(c)
}

func fieldsOf(db *DB, key string) int {
	e, ok := db.Find([]byte(key), Peek)
	if !ok || e.Type() != value.TypeHash {
		return 0
	}
	h := hash.Of(e.Space(), e.Kind(), e.Value(), math.MinInt64)
	return h.Len()
}

// noted is the number of hashes that wait for fields to be due.
func noted(s *Store) (n int) {
	for _, sh := range s.shards {
		for _, f := range sh.fields {
			if len(f.heap) != len(f.byKey) {
				panic("heap and map differ")
			}
			n += len(f.heap)
		}
	}
	return n
}

// However a hash comes to a key, its fields are found when they are due, and
// nothing waits for one that is gone.
func TestFieldsAreFoundWhenDue(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(tx *Tx)
		left  map[string]int // stored fields, by database and key
		noted int
	}{
		"as it is":    {func(*Tx) {}, map[string]int{"0a": 1}, 1},
		"renamed":     {func(tx *Tx) { tx.DB(0).Move([]byte("a"), tx.DB(0), []byte("b")) }, map[string]int{"0b": 1}, 1},
		"moved":       {func(tx *Tx) { tx.DB(0).Move([]byte("a"), tx.DB(2), []byte("a")) }, map[string]int{"2a": 1}, 1},
		"copied":      {func(tx *Tx) { tx.DB(0).Copy([]byte("a"), tx.DB(0), []byte("b")) }, map[string]int{"0a": 1, "0b": 1}, 2},
		"swapped":     {func(tx *Tx) { tx.Swap(0, 2) }, map[string]int{"2a": 1}, 1},
		"deleted":     {func(tx *Tx) { tx.DB(0).Delete([]byte("a")) }, nil, 0},
		"overwritten": {func(tx *Tx) { tx.DB(0).SetString([]byte("a"), []byte("x"), NoTTL) }, nil, 0},
		"flushed":     {func(tx *Tx) { tx.Flush(-1, false) }, nil, 0},
		"flushed lazily and made again": {func(tx *Tx) {
			tx.Flush(0, true)
			putFields(tx.DB(0), "a", 2000)
		}, map[string]int{"0a": 1}, 1},
		"swapped and made again": {func(tx *Tx) {
			tx.Swap(0, 1)
			putFields(tx.DB(0), "a", 2000)
		}, map[string]int{"0a": 1, "1a": 1}, 2},
		"later": {func(tx *Tx) { putFields(tx.DB(0), "a", 5000) }, map[string]int{"0a": 2}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t, 4, false)
			tx := s.NewTx()
			tx.LockAll(1000)
			putFields(tx.DB(0), "a", 2000)
			tx.ForgetKey()
			c.do(tx)
			tx.Unlock()
			for s.CollectGarbage() {
			}
			if n := noted(s); n != c.noted {
				t.Errorf("%d hashes are noted, want %d", n, c.noted)
			}
			for i := range s.shards {
				if n, _ := s.ExpireFieldsStep(i, 1999); n > 0 {
					t.Errorf("%d fields went before their time", n)
				}
				for more := true; more; {
					_, more = s.ExpireFieldsStep(i, 2000)
				}
			}
			tx.LockAll(2000)
			defer tx.Unlock()
			for db := range testDatabases {
				for _, key := range []string{"a", "b"} {
					tx.ForgetKey()
					if n, want := fieldsOf(tx.DB(db), key), c.left[fmt.Sprint(db, key)]; n != want {
						t.Errorf("%s in %d has %d fields, want %d", key, db, n, want)
					}
				}
			}
		})
	}
}

// While nothing expires, fields neither go nor are forgotten.
func TestFieldsOfFrozenStore(t *testing.T) {
	s := newStore(t, 1, false)
	tx := s.NewTx()
	tx.LockAll(1000)
	putFields(tx.DB(0), "a", 2000)
	tx.Unlock()
	s.SetExpiry(false)
	if n, more := s.ExpireFieldsStep(0, 3000); n != 0 || more || noted(s) != 1 {
		t.Errorf("%d went, more %v, %d noted", n, more, noted(s))
	}
	tx.LockAll(3000)
	if !tx.DB(0).ExpireFields([]byte("a")) || tx.DB(0).FieldTime() > 0 {
		t.Error("a frozen store expires fields")
	}
	tx.Unlock()
	s.SetExpiry(true)
	if n, _ := s.ExpireFieldsStep(0, 3000); n != 1 || noted(s) != 0 {
		t.Errorf("%d went, %d noted", n, noted(s))
	}
}
