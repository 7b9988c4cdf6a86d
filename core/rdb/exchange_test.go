package rdb

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Payloads of redis-server go into a store and come out as payloads that
// redis-server takes for the same values; most are the same bytes.
func TestPayloadsBothWays(t *testing.T) {
	for name, settings := range thresholds {
		t.Run(name, func(t *testing.T) {
			s := redistest.Start(t, append(settings, "--enable-debug-command", "yes")...)
			defer s.Stop()
			keys := fill(t, s, 2)
			store := newStore(t)
			tx := store.NewTx()
			var d Dumper
			same := 0
			for _, key := range keys {
				theirs := []byte(s.Must(t, "DUMP", key).(string))
				tx.LockAll(0)
				v, err := Restore(tx.DB(0), []byte(key), theirs, DecoderOptions{})
				if err != nil {
					t.Fatal(key, err)
				}
				v.Commit(keyspace.NoTTL)
				e, _ := tx.DB(0).Find([]byte(key), keyspace.Peek)
				ours := d.Append(nil, e, true)
				if n := SavedLength(e, true); n != int64(len(ours))-1-dumpFooter {
					t.Errorf("%s: saved in %d bytes, dumped in %d", key, n, len(ours))
				}
				tx.Unlock()
				if bytes.Equal(ours, theirs) {
					same++
				}
				s.Must(t, "RESTORE", "ours", 0, ours, "REPLACE")
				want, got := fmt.Sprint(s.Must(t, "DEBUG", "DIGEST-VALUE", key)), fmt.Sprint(s.Must(t, "DEBUG", "DIGEST-VALUE", "ours"))
				if ttl := s.Must(t, "PTTL", key); ttl != int64(-1) {
					s.Must(t, "PERSIST", key)
					want = fmt.Sprint(s.Must(t, "DEBUG", "DIGEST-VALUE", key))
				}
				if got != want {
					t.Errorf("%s: digest %s, want %s", key, got, want)
				}
			}
			t.Logf("%d of %d payloads are the same, byte for byte", same, len(keys))
			checkEmpty(t, store)
		})
	}
}

// checkEmpty deletes everything and wants no node left.
func checkEmpty(t testing.TB, store *keyspace.Store) {
	t.Helper()
	tx := store.NewTx()
	tx.LockAll(0)
	tx.Flush(-1, false)
	tx.Unlock()
	for store.CollectGarbage() {
	}
	if used := store.UsedMemory(); used != 0 {
		t.Errorf("%d bytes are in use after everything is deleted", used)
	}
}

// A file of redis-server goes into a store, and a snapshot of that is a file
// which redis-server loads as the same data.
func TestFilesBothWays(t *testing.T) {
	for name, settings := range thresholds {
		t.Run(name, func(t *testing.T) {
			settings := append(settings, "--enable-debug-command", "yes")
			s := redistest.Start(t, settings...)
			defer s.Stop()
			fill(t, s, 3)
			s.Must(t, "SELECT", 2)
			fill(t, s, 4)
			s.Must(t, "SAVE")
			store := newStore(t)
			v, loaded := NewLoader(store, LoadOptions{NowMs: time.Now().UnixMilli()})
			if err := LoadFile(vfs.OS, filepath.Join(s.Dir, "dump.rdb"), DecoderOptions{}, v); err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			saveSnapshot(t, store, dir)
			redistest.CheckRDB(t, filepath.Join(dir, "dump.rdb"))
			s2 := redistest.StartIn(t, dir, settings...)
			defer s2.Stop()
			if got, want := s2.Must(t, "DEBUG", "DIGEST"), s.Must(t, "DEBUG", "DIGEST"); got != want {
				t.Errorf("digest of %d keys is %s, want %s", loaded.Keys, got, want)
			}
			checkEmpty(t, store)
		})
	}
}

func saveSnapshot(t *testing.T, store *keyspace.Store, dir string) {
	t.Helper()
	snap := store.Snapshot(func() {})
	defer snap.Release()
	err := SaveFile(vfs.OS, SaveOptions{Dir: dir, Name: "dump.rdb", TempName: TempName(1), Encoder: checked}, func(e *Encoder) error {
		return WriteSnapshot(e, snap, store, Info{RedisVersion: "7.0.15"}, NoClocks, 0, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
