package keyspace

import (
	"bytes"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// TestDeleteWithOpenCell: a value whose bytes have moved, and that is deleted
// before it was committed, frees each of its nodes once.
func TestDeleteWithOpenCell(t *testing.T) {
	s, err := New(Options{Heap: page.Options{Reserve: 64 << 20}, Shards: 1, Databases: 1, Now: func() int64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tx := s.NewTx()
	key := []byte("k")
	tx.LockKey(key, 1)
	defer tx.Unlock()
	db := tx.DB(0)
	c := db.New(key)
	c.PutBlob(value.SetPack, bytes.Repeat([]byte("x"), 2000))
	db.Commit(c)
	c, _ = db.Change(key, Peek)
	c.PutBlob(value.SetPack, []byte("short"))
	if !db.Delete(key) {
		t.Error("the key is not there")
	}
	if n := s.UsedMemory(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
	if err := s.heap.Check(nil); err != nil {
		t.Error(err)
	}
}
