package keys

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
)

// news are the keys that count as new.
type news []string

func (n *news) KeyEvent(class keyspace.EventClass, event string, key []byte, _ int) {
	if class == keyspace.EventNew {
		*n = append(*n, string(key))
	}
}

// A key that another takes the place of is deleted first, and so new again
// (redis-server with notify-keyspace-events KEAn says so).
func TestReplacedKeysAreNew(t *testing.T) {
	store, err := keyspace.New(keyspace.Options{Shards: 4, Databases: 2, Seed: 1, Now: func() int64 { return time.Now().UnixMilli() }})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	var got news
	store.Observe(&got)
	tx := store.NewTx()
	tx.LockAll(0)
	defer tx.Unlock()
	db := tx.DB(0)
	a, b := []byte("a"), []byte("b")
	set := func(key []byte) { db.SetString(key, []byte("v"), keyspace.NoTTL) }
	set(a)
	set(a)
	set(b)
	db.Copy(a, db, b)
	for _, payload := range [][]byte{new(rdb.Dumper).Append(nil, find(db, a), false), []byte("\x02\x01\x01m\x0a\x00withouta")} {
		v, err := rdb.Restore(db, b, payload, rdb.DecoderOptions{SkipChecksum: true})
		if err != nil {
			t.Fatal(err)
		}
		v.Replace(keyspace.NoTTL)
	}
	db.Move(a, db, b)
	if want := []string{"a", "b", "b", "b", "b", "b"}; !slices.Equal(got, want) {
		t.Errorf("new are %q, want %q", got, want)
	}
}

func find(db *keyspace.DB, key []byte) keyspace.Entry {
	e, ok := db.Find(key, keyspace.Peek)
	if !ok {
		panic(fmt.Sprintf("%s is not there", key))
	}
	return e
}
