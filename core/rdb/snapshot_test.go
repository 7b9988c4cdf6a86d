package rdb

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

func newStore(t testing.TB) *keyspace.Store {
	t.Helper()
	s, err := keyspace.New(keyspace.Options{Shards: 4, Databases: 3, Seed: 7, Now: func() int64 { return time.Now().UnixMilli() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func setString(s *keyspace.Store, tx *keyspace.Tx, db int, key, val string) {
	tx.LockKey([]byte(key), time.Now().UnixMilli())
	tx.DB(db).SetString([]byte(key), []byte(val), keyspace.NoTTL)
	tx.Unlock()
}

// TestSnapshotUnderWrites takes snapshots while writers overwrite, delete and
// grow values, and loads what was written: every key must have the value it
// had at the cut, which the writers' rounds tell.
func TestSnapshotUnderWrites(t *testing.T) {
	s := newStore(t)
	const keys = 20000
	tx := s.NewTx()
	value := func(k, round int) string {
		size := k % 97
		if k%500 == 0 {
			size = 40000 + k%7*9000 // chunks
		} else if k%50 == 0 {
			size = 3000 // a node of its own
		}
		return fmt.Sprintf("%d:%d:%s", k, round, bytes.Repeat([]byte{'x'}, size))
	}
	for k := range keys {
		setString(s, tx, k%2, fmt.Sprint("k", k), value(k, 0))
	}
	var round atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	cut := &sync.RWMutex{} // held for reading around each write, so that the cut has a round
	for w := range 2 {
		wg.Go(func() {
			tx := s.NewTx()
			r := rand.New(rand.NewPCG(uint64(w), 1))
			for !stop.Load() {
				k := r.IntN(keys)
				cut.RLock()
				setString(s, tx, k%2, fmt.Sprint("k", k), value(k, int(round.Load())))
				cut.RUnlock()
			}
		})
	}
	for i := range 8 {
		cut.Lock()
		snap := s.Snapshot(func() {})
		round.Add(1)
		cut.Unlock()
		var file bytes.Buffer
		e := NewEncoder(&file, EncoderOptions{Checksum: true, Compress: i%2 == 0})
		w := Writing{Workers: i % 4, Spill: Spill{FS: memfs.New(), Path: "side"}}
		if err := w.Write(e, snap, s); err != nil {
			t.Fatal(err)
		}
		if err := e.Footer(); err != nil {
			t.Fatal(err)
		}
		snap.Release()
		checkFile(t, file.Bytes(), keys, i, value)
	}
	stop.Store(true)
	wg.Wait()
	tx.LockAll(0)
	tx.Flush(-1, false)
	tx.Unlock()
	if used := s.UsedMemory(); used != 0 {
		t.Errorf("%d bytes are in use after everything is deleted and released", used)
	}
}

// checkFile loads a file and wants each key once, with a round up to the cut's.
func checkFile(t *testing.T, file []byte, keys, cut int, value func(k, round int) string) {
	t.Helper()
	loaded := newStore(t)
	v, n := NewLoader(loaded, LoadOptions{})
	if err := NewDecoder(bytes.NewReader(file), DecoderOptions{}).Decode(v); err != nil {
		t.Fatal(err)
	}
	if n.Keys != int64(keys) {
		t.Fatalf("snapshot %d holds %d keys, want %d", cut, n.Keys, keys)
	}
	tx := loaded.NewTx()
	for k := range keys {
		key := fmt.Append(nil, "k", k)
		tx.LockKey(key, 0)
		e, ok := tx.DB(k%2).Find(key, keyspace.Peek)
		if !ok {
			t.Fatalf("snapshot %d lacks %s", cut, key)
		}
		got := string(e.String().AppendTo(nil))
		var gotK, round int
		fmt.Sscanf(got, "%d:%d:", &gotK, &round)
		if round > cut || got != value(k, round) {
			t.Fatalf("snapshot %d: %s is %.40q", cut, key, got)
		}
		tx.Unlock()
	}
}
