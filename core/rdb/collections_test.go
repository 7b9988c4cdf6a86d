package rdb

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/stream"
	"github.com/redoubt-kv/redoubt/core/value/zset"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// writer changes collections at random. The first letter of a key is its type.
type writer struct {
	r  *rand.Rand
	tx *keyspace.Tx
	id uint64 // of the last stream entry
}

// text gives an element, of one of few names so that they meet again.
func (w *writer) text(few int) []byte {
	n := w.r.IntN(few)
	if n%50 == 0 {
		return fmt.Appendf(nil, "%d%s", n, strings.Repeat("x", n*3%5000))
	}
	if n%3 == 0 {
		return fmt.Append(nil, n)
	}
	return fmt.Appendf(nil, "element:%d", n)
}

// change makes some changes to the value of key, or makes it, under its lock.
func (w *writer) change(key []byte) {
	w.tx.LockKey(key, 1000)
	defer w.tx.Unlock()
	db := w.tx.DB(0)
	if w.r.IntN(300) == 0 {
		db.Delete(key)
	}
	c, found := db.Change(key, keyspace.Peek)
	if !found {
		c = db.New(key)
	}
	empty := false
	switch key[0] {
	case 'l':
		empty = w.list(c)
	case 's':
		empty = w.set(c)
	case 'z':
		empty = w.zset(c)
	case 'h':
		empty = w.hash(c)
	case 'x':
		w.stream(c)
	}
	switch {
	case !empty:
		db.Commit(c)
	case found:
		db.Delete(key)
	default:
		db.Abandon(c)
	}
}

func (w *writer) list(c *value.Cell) (empty bool) {
	if c.Fresh {
		list.New(c)
	}
	for range 1 + w.r.IntN(20) {
		list.Push(c, w.r.IntN(2) == 0, [][]byte{w.text(1000)})
	}
	l := list.Of(c.Space, c.Kind, c.B)
	n := l.Len()
	list.Set(c, w.r.Int64N(n), w.text(1000))
	if n > 500 {
		list.Drop(c, true, n/2)
	}
	return false
}

func (w *writer) set(c *value.Cell) (empty bool) {
	if c.Fresh {
		set.New(c)
	}
	for range 1 + w.r.IntN(20) {
		set.Add(c, w.text(1500))
		set.Remove(c, w.text(1500))
	}
	return set.OfCell(c).Len() == 0
}

func (w *writer) zset(c *value.Cell) (empty bool) {
	if c.Fresh {
		zset.New(c)
	}
	e := zset.Edit(c)
	for range 1 + w.r.IntN(20) {
		e.Add(w.text(1500), float64(w.r.IntN(50)), 0)
		e.Remove(w.text(1500))
	}
	return e.Close()
}

func (w *writer) hash(c *value.Cell) (empty bool) {
	if c.Fresh {
		hash.New(c)
	}
	e := hash.Edit(c, hash.AnyTime, 0)
	for range 1 + w.r.IntN(20) {
		e.Set(w.text(1500), w.text(1<<20), hash.NoDue)
		e.Delete(w.text(1500))
	}
	empty = e.Stored() == 0
	e.Close()
	return empty
}

func (w *writer) stream(c *value.Cell) {
	if c.Fresh {
		stream.New(c)
		stream.Edit(c).CreateGroup([]byte("group"), stream.ID{}, 0)
	}
	e := stream.Edit(c)
	for range 1 + w.r.IntN(5) {
		last := stream.Of(c.Space, c.Kind, c.B).LastID()
		id := stream.ID{Ms: last.Ms + uint64(w.r.IntN(3)), Seq: last.Seq + 1}
		e.Append(id, [][]byte{w.text(10), w.text(1000)})
		e.Delete(stream.ID{Ms: uint64(w.r.Int64N(int64(id.Ms) + 1)), Seq: uint64(w.r.Int64N(int64(id.Seq) + 1))})
	}
	if e.Len() > 300 {
		e.Trim(stream.Trim{ByLength: true, Length: 100})
	}
	if g, ok := e.EditGroup([]byte("group")); ok {
		who, _ := g.CreateConsumer(w.text(4), 5)
		id := stream.Of(c.Space, c.Kind, c.B).LastEntryID()
		if _, there := g.PendingWith(id); !there && !id.IsZero() {
			g.SetPending(stream.Pending{ID: id, Consumer: who, Time: 7, Count: 1})
		}
	}
}

// prints are the contents of all keys, hashed.
func prints(t *testing.T, tx *keyspace.Tx) map[string][20]byte {
	all := map[string][20]byte{}
	var d Dumper
	tx.DB(0).Each(func(e keyspace.Entry) bool {
		all[string(e.Key())] = sha1.Sum([]byte(contents(t, d.Append(nil, e, false))))
		return true
	})
	return all
}

// TestCollectionsUnderWrites takes snapshots while collections of all types
// are changed, and wants each key in the file as it was at the cut.
func TestCollectionsUnderWrites(t *testing.T) {
	s := newStore(t)
	var keys [][]byte
	for _, kind := range "lszhx" {
		for i := range 16 {
			keys = append(keys, fmt.Appendf(nil, "%c%d", kind, i))
		}
	}
	const seed = 11
	first := &writer{r: rand.New(rand.NewPCG(seed, 0)), tx: s.NewTx()}
	for range 40 {
		for _, key := range keys {
			first.change(key)
		}
	}
	var stop atomic.Bool
	var wg sync.WaitGroup
	var cut sync.RWMutex // held for reading around each write
	for n := range 2 {
		wg.Go(func() {
			w := &writer{r: rand.New(rand.NewPCG(seed, uint64(n)+1)), tx: s.NewTx()}
			for !stop.Load() {
				cut.RLock()
				w.change(keys[w.r.IntN(len(keys))])
				cut.RUnlock()
			}
		})
	}
	var last map[string][20]byte
	var file bytes.Buffer
	for i := range 4 {
		cut.Lock()
		tx := s.NewTx()
		tx.LockAll(1000)
		want := prints(t, tx)
		tx.Unlock()
		snap := s.Snapshot(func() {})
		cut.Unlock()
		file.Reset()
		e := NewEncoder(&file, EncoderOptions{Checksum: true, Compress: i%2 == 0})
		w := Writing{Workers: i % 3, Spill: Spill{FS: memfs.New(), Path: "side"}}
		err := w.Write(e, snap, s)
		if err == nil {
			err = e.Footer()
		}
		if err != nil {
			t.Fatal(err)
		}
		snap.Release()
		comparePrints(t, i, bytes.NewReader(file.Bytes()), want)
		last = want
	}
	stop.Store(true)
	wg.Wait()
	checkEmpty(t, s)
	redisLoads(t, file.Bytes(), len(last))
}

func comparePrints(t *testing.T, i int, file *bytes.Reader, want map[string][20]byte) {
	t.Helper()
	loaded := newStore(t)
	v, _ := NewLoader(loaded, LoadOptions{})
	if err := NewDecoder(file, DecoderOptions{}).Decode(v); err != nil {
		t.Fatalf("snapshot %d: %v", i, err)
	}
	tx := loaded.NewTx()
	tx.LockAll(0)
	got := prints(t, tx)
	tx.Unlock()
	for key, print := range want {
		if got[key] != print {
			t.Errorf("snapshot %d: %s is not what it was", i, key)
		}
	}
	if len(got) != len(want) {
		t.Errorf("snapshot %d: %d keys, want %d", i, len(got), len(want))
	}
	checkEmpty(t, loaded)
}

// redisLoads wants redis-server to load the file, and to save the same data.
func redisLoads(t *testing.T, file []byte, keys int) {
	t.Helper()
	dir := t.TempDir()
	f, err := vfs.OS.Create(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(file); err != nil {
		t.Fatal(err)
	}
	f.Close()
	redistest.CheckRDB(t, filepath.Join(dir, "dump.rdb"))
	r := redistest.StartIn(t, dir, "--sanitize-dump-payload", "yes")
	defer r.Stop()
	if n := r.Must(t, "DBSIZE"); n != int64(keys) {
		t.Errorf("redis-server has %v keys, want %d", n, keys)
	}
	r.Must(t, "SAVE")
	theirs, err := vfs.OS.Open(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	var ours, back log
	if err := NewDecoder(bytes.NewReader(file), DecoderOptions{}).Decode(&ours); err != nil {
		t.Fatal(err)
	}
	if err := NewDecoder(theirs, DecoderOptions{}).Decode(&back); err != nil {
		t.Fatal(err)
	}
	for key, entry := range ours.entries {
		if sorted(entry.Value) != sorted(back.entries[key].Value) {
			t.Errorf("%s went through redis-server as another value", key)
		}
	}
}
