package keyspace

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// largeTest walks a snapshot of large values and changes them in the midst of
// their being read: the callbacks are the writers, so that every interleaving at
// the seams of the walk can come, and comes again with the same seed.
type largeTest struct {
	t     *testing.T
	r     *rand.Rand
	s     *Store
	keys  int
	most  int // elements of a value
	items map[string]map[string]string
	names map[string]bool // where the values are now, by database and key
	busy  bool
	read  map[string]map[string]string
	fail  int // visits until one fails; 0 never
	nest  int // deepest level seen
}

func (l *largeTest) text(i int) []byte {
	if i%61 == 0 {
		return bytes.Repeat(fmt.Appendf(nil, "%d,", i), 100) // a node of its own
	}
	return fmt.Appendf(nil, "element-%d", i)
}

func (l *largeTest) value() []byte {
	switch l.r.IntN(200) {
	case 0:
		return bytes.Repeat([]byte{byte(l.r.Uint32())}, 40000) // chunks
	case 1, 2, 3, 4, 5:
		return bytes.Repeat([]byte{byte(l.r.Uint32())}, 2000) // a node
	}
	return fmt.Append(nil, "value-", l.r.Uint32())
}

func key(i int) []byte { return fmt.Append(nil, "key-", i) }

// write changes n elements of the value of key i, or makes it.
func (l *largeTest) write(tx *Tx, db, i, n int) {
	d, k := tx.DB(db), key(i)
	c, ok := d.Change(k, Peek)
	empty := false
	if !ok {
		c = d.New(k)
	}
	switch kind := i % 5; {
	case ok && c.Kind.Type() != []value.Type{value.TypeHash, value.TypeZSet, value.TypeSet, value.TypeString, value.TypeList}[kind]:
		return // renamed to here
	case kind == 0:
		if !ok {
			hash.New(c)
		}
		e := hash.Edit(c, hash.AnyTime, 0)
		for range n {
			if e.Set(l.text(l.r.IntN(l.most)), l.value(), hash.NoDue); l.r.IntN(3) == 0 {
				e.Delete(l.text(l.r.IntN(l.most)))
			}
		}
		empty = e.Stored() == 0
		e.Close()
	case kind == 1:
		if !ok {
			zset.New(c)
		}
		e := zset.Edit(c)
		for range n {
			if e.Add(l.text(l.r.IntN(l.most)), float64(l.r.IntN(1000)), 0); l.r.IntN(3) == 0 {
				e.Remove(l.text(l.r.IntN(l.most)))
			}
		}
		empty = e.Close()
	case kind == 2:
		if !ok {
			set.New(c)
		}
		for range n {
			if set.Add(c, l.text(l.r.IntN(l.most))); l.r.IntN(3) == 0 {
				set.Remove(c, l.text(l.r.IntN(l.most)))
			}
		}
		empty = set.OfCell(c).Len() == 0
	case kind == 4:
		if !ok {
			list.New(c)
		}
		list.Push(c, l.r.IntN(2) == 0, [][]byte{l.value()})
		for range n {
			at := list.Of(c.Space, c.Kind, c.B)
			list.Set(c, l.r.Int64N(at.Len()), l.value())
		}
	default:
		c.Reset(0, nil)
		d.SetString(k, l.value(), NoTTL)
		return
	}
	if d.Commit(c); empty {
		d.Delete(k)
	}
}

// contents reads a value. between is called between elements.
func contents(e Entry, between func()) map[string]string {
	all := map[string]string{}
	add := func(name, val string) bool {
		for _, twice := all[name]; twice; _, twice = all[name] {
			name += " again"
		}
		all[name] = val
		between()
		return true
	}
	switch e.Type() {
	case value.TypeHash:
		h := hash.Of(e.Space(), e.Kind(), e.Value(), hash.AnyTime)
		if t := h.Table(); t != nil {
			e.EachOf(t, func(x table.Entry) bool {
				f, v, _ := h.FieldOf(x)
				return add(string(f.AppendTo(nil)), string(v.AppendTo(nil)))
			})
			break
		}
		h.Each(func(f, v hash.Item, _ int64) bool { return add(string(f.AppendTo(nil)), string(v.AppendTo(nil))) })
	case value.TypeZSet:
		z := zset.Of(e.Space(), e.Kind(), e.Value())
		if z.Packed() == nil {
			e.EachBackOf(z.Tree(), func(k, v []byte) bool {
				m, score := zset.ElementOf(k, v)
				return add(string(m), fmt.Sprint(score))
			})
			break
		}
		z.Each(func(m []byte, score float64) bool { return add(string(m), fmt.Sprint(score)) })
	case value.TypeSet:
		s := set.Of(e.Space(), e.Kind(), e.Value())
		if t := s.Table(); t != nil {
			e.EachOf(t, func(x table.Entry) bool { return add(string(x.Key()), "") })
			break
		}
		s.Each(func(m set.Member) bool { return add(string(m.Bytes(nil)), "") })
	case value.TypeList:
		l := list.Of(e.Space(), e.Kind(), e.Value())
		n := 0
		l.EachLeaf(func(b []byte, _ bool) bool { n++; return add(fmt.Sprint(n), string(b)) })
	default:
		add("", string(e.String().AppendTo(nil)))
	}
	return all
}

// disturb changes something, most often the value of key i.
func (l *largeTest) disturb(i int) {
	if l.busy || l.r.IntN(12) > 0 {
		return
	}
	l.busy = true
	defer func() { l.busy = false }()
	if l.r.IntN(4) == 0 {
		l.s.CollectGarbage()
	}
	change(l.s, func(tx *Tx) {
		if l.r.IntN(2) == 0 {
			i = l.r.IntN(l.keys)
		}
		db, j := l.r.IntN(2), l.r.IntN(2*l.keys)
		switch n := l.r.IntN(1000); {
		case n < 8:
			tx.DB(db).Delete(key(i))
		case n < 16 && tx.DB(db).Exists(key(i)):
			tx.DB(db).Move(key(i), tx.DB(1-db), key(j))
		case n < 17:
			tx.Flush(db, l.r.IntN(2) == 0)
		case n < 18:
			tx.Swap(0, 1)
		default:
			l.write(tx, db, i, 1+l.r.IntN(4))
		}
	})
}

var errVisit = errors.New("the visit fails")

func (l *largeTest) visit(level, db int, e Entry) error {
	l.nest = max(l.nest, level)
	var i int
	fmt.Sscanf(string(e.Key()), "key-%d", &i)
	name := fmt.Sprint(db, " ", string(e.Key()))
	if l.read[name] != nil {
		l.t.Fatalf("%s is read twice", name)
	}
	l.read[name] = map[string]string{}
	got := contents(e, func() {
		l.disturb(i)
		if l.r.IntN(30) == 0 {
			if err := e.Yield(level); err != nil && err != errVisit {
				l.t.Fatal(err)
			}
		}
	})
	l.read[name] = got
	if l.fail > 0 {
		if l.fail--; l.fail == 0 {
			return errVisit
		}
	}
	return nil
}

func (l *largeTest) run(levels, workers int) {
	want := map[string]map[string]string{}
	tx := l.s.NewTx()
	tx.LockAll(1)
	for db := range 2 {
		tx.DB(db).Each(func(e Entry) bool {
			want[fmt.Sprint(db, " ", string(e.Key()))] = contents(e, func() {})
			return true
		})
	}
	tx.Unlock()
	n := l.s.Snapshot(nil)
	l.read = map[string]map[string]string{}
	var err error
	for w := 0; w < workers && err == nil; w++ {
		err = n.Walk(w, workers, levels, l.visit)
	}
	if err != nil && !(err == errVisit && l.fail == 0) {
		l.t.Fatal(err)
	}
	if err == nil {
		for name, items := range want {
			if !maps.Equal(items, l.read[name]) {
				for f, v := range items {
					if l.read[name][f] != v {
						l.t.Logf("%.30q is %.40q, want %.40q", f, l.read[name][f], v)
					}
				}
				l.t.Fatalf("%s has %d elements that differ from %d at the cut", name, len(l.read[name]), len(items))
			}
		}
		if len(l.read) != len(want) {
			l.t.Fatalf("%d keys, want %d", len(l.read), len(want))
		}
	}
	n.Release()
	if n.Held() != 0 {
		l.t.Fatalf("%d bytes are held after all", n.Held())
	}
}

// TestWalkOfChangingValues reads snapshots whose large values are changed, moved
// and dropped between any two elements that are read.
func TestWalkOfChangingValues(t *testing.T) {
	for _, c := range []struct {
		shards, keys, most, levels, workers, rounds int
		guard                                       bool
	}{
		{1, 10, 3000, 3, 1, 6, false},
		{4, 40, 1500, 3, 1, 6, false},
		{4, 20, 1500, 2, 2, 6, false},
		{2, 20, 1500, 1, 1, 4, false},
		{2, 10, 600, 3, 1, 3, true},
	} {
		t.Run(fmt.Sprintf("shards=%d levels=%d workers=%d guard=%v", c.shards, c.levels, c.workers, c.guard), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			l := &largeTest{t: t, r: rand.New(rand.NewPCG(seed, 0)), s: newStore(t, c.shards, c.guard), keys: c.keys, most: c.most}
			for round := range c.rounds {
				change(l.s, func(tx *Tx) {
					for i := range c.keys {
						l.write(tx, i%2, i, c.most)
					}
				})
				if l.fail = 0; round%3 == 2 {
					l.fail = 1 + l.r.IntN(c.keys)
				}
				l.run(c.levels, c.workers)
			}
			if l.nest >= c.levels || l.nest < min(c.levels-1, 1) {
				t.Errorf("entries were read within others down to level %d of %d", l.nest, c.levels)
			}
			change(l.s, func(tx *Tx) { tx.Flush(-1, false) })
			for l.s.CollectGarbage() {
			}
			if used := l.s.UsedMemory(); used != 0 {
				t.Errorf("%d bytes are in use after everything is deleted and released", used)
			}
		})
	}
}

// TestFreedLate: the values of a database that was flushed before the cut are
// freed while another value of the same key is read, and are no part of it.
func TestFreedLate(t *testing.T) {
	for _, i := range []int{0, 1, 2} { // a hash, a sorted set, a set
		l := &largeTest{t: t, r: rand.New(rand.NewPCG(5, uint64(i))), s: newStore(t, 1, false), keys: 1, most: 3000}
		change(l.s, func(tx *Tx) { l.write(tx, 0, i, 9000) })
		change(l.s, func(tx *Tx) { tx.Flush(0, true) })
		var want map[string]string
		change(l.s, func(tx *Tx) {
			l.most = 1500
			l.write(tx, 0, i, 4500)
			e, _ := tx.DB(0).Find(key(i), Peek)
			want = contents(e, func() {})
		})
		n := l.s.Snapshot(nil)
		if err := n.Walk(0, 1, 3, func(_, _ int, e Entry) error {
			if got := contents(e, func() { l.s.CollectGarbage() }); !maps.Equal(got, want) {
				t.Errorf("key %d has %d elements that differ from the %d at the cut", i, len(got), len(want))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n.Peak() > 0 {
			t.Errorf("key %d: the snapshot kept %d bytes that it does not see", i, n.Peak())
		}
		n.Release()
	}
}
