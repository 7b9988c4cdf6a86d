package rdb

import (
	"fmt"
	"io"
	"testing"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Neither saving nor loading a large value allocates for each element.
func TestLargeValuesWithoutAllocations(t *testing.T) {
	if invariant.Enabled {
		t.Skip("checking invariants allocates")
	}
	s := redistest.Start(t, "--enable-debug-command", "yes", "--stream-node-max-entries", "50")
	defer s.Stop()
	keys := fill(t, s, 9)
	store := newStore(t)
	tx := store.NewTx()
	tx.LockAll(0)
	defer tx.Unlock()
	for _, key := range keys {
		v, err := Restore(tx.DB(0), []byte(key), []byte(s.Must(t, "DUMP", key).(string)), DecoderOptions{})
		if err != nil {
			t.Fatal(key, err)
		}
		v.Commit(keyspace.NoTTL)
		e, _ := tx.DB(0).Find([]byte(key), keyspace.Peek)
		enc := NewEncoder(io.Discard, checked)
		enc.value(e) // makes its compressor
		if allocs := testing.AllocsPerRun(3, func() { enc.value(e) }); allocs > 60 {
			t.Errorf("%s: %v allocations to save it", fmt.Sprint(e.Kind(), key), allocs)
		}
		payload := new(Dumper).Append(nil, e, false)
		var b build
		allocs := testing.AllocsPerRun(3, func() {
			b.start(tx.DB(0), []byte("k"))
			if err := DecodeDump(payload, DecoderOptions{}, &b); err != nil {
				t.Fatal(err)
			}
			b.Drop()
		})
		if allocs > 600 { // long members and runs of integers have some
			t.Errorf("%s: %v allocations to load it", fmt.Sprint(e.Kind(), key), allocs)
		}
	}
}
