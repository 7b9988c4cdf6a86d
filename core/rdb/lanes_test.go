package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

const smallKeys = 2000

// largeAndSmall is a store of two large hashes and many strings.
func largeAndSmall(t *testing.T) *keyspace.Store {
	s := newStore(t)
	tx := s.NewTx()
	tx.LockAll(1)
	for h := range 2 {
		c := tx.DB(0).New(fmt.Appendf(nil, "large%d", h))
		hash.New(c)
		e := hash.Edit(c, hash.AnyTime, 0)
		for i := range 60000 {
			e.Set(fmt.Append(nil, "field:", i), fmt.Append(nil, "value:", i, h), hash.NoDue)
		}
		e.Close()
		tx.DB(0).Commit(c)
	}
	tx.Unlock()
	overwrite(s, tx, "first")
	return s
}

// overwrite gives every string another value, and a field of each hash.
func overwrite(s *keyspace.Store, tx *keyspace.Tx, name string) {
	for i := range smallKeys {
		setString(s, tx, 0, fmt.Sprint("small", i), fmt.Sprint(name, i, string(pattern(300))))
	}
	for h := range 2 {
		key := fmt.Appendf(nil, "large%d", h)
		tx.LockKey(key, 1)
		c, _ := tx.DB(0).Change(key, keyspace.Peek)
		e := hash.Edit(c, hash.AnyTime, 0)
		for i := range 500 {
			e.Set(fmt.Append(nil, "field:", i*113), []byte(name), hash.NoDue)
		}
		e.Close()
		tx.DB(0).Commit(c)
		tx.Unlock()
	}
}

// TestWritesWithinALargeValue overwrites everything each time a block is written,
// most often within a large value: what the walk then visits goes aside. Each file
// operation there fails in turn, and the last time none.
func TestWritesWithinALargeValue(t *testing.T) {
	s := largeAndSmall(t)
	for nth := 1; ; nth++ {
		m := memfs.New()
		m.MkdirAll("data")
		fs := faultfs.New(m, faultfs.Fault{At: nth})
		tx := s.NewTx()
		tx.LockAll(1)
		want := prints(t, tx)
		tx.Unlock()
		snap := s.Snapshot(nil)
		paces, rounds := 0, 0 // since the last key; in all
		w := Writing{Workers: 1, Spill: Spill{FS: fs, Path: "data/side"},
			Progress: func() error { paces = 0; return nil },
			Pace: func(int) (hurry bool) {
				if paces++; paces > 1 && rounds < 6 { // in the midst of a value
					rounds++
					overwrite(s, tx, fmt.Sprint("round", rounds))
				}
				return paces > 2
			}}
		var file bytes.Buffer
		e := NewEncoder(&file, checked)
		err := w.Write(e, snap, s)
		if err == nil {
			err = e.Footer()
		}
		snap.Release()
		failed := ""
		for _, line := range fs.Trace() {
			if strings.HasSuffix(line, "!") {
				failed, _, _ = strings.Cut(line, " ")
			}
		}
		if names, _ := m.ReadDir("data"); len(names) > 0 && failed != "remove" {
			t.Fatalf("%v are left after %v", names, err)
		}
		if failed != "" && failed != "close" {
			if !errors.Is(err, syscall.EIO) {
				t.Fatalf("%s fails, operation %d, and the snapshot is written: %v", failed, nth, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		comparePrints(t, nth, bytes.NewReader(file.Bytes()), want)
		if fs.Fired() {
			continue
		}
		if nth < 4 {
			t.Fatalf("%d file operations: nothing went aside", nth)
		}
		return
	}
}
