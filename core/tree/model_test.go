package tree

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

// pair is an entry of the model.
type pair struct{ key, value string }

// version is a pin with the tree and the model as they were.
type version struct {
	pin   *page.Pin
	tree  Tree
	pairs []pair
}

// model runs operations on a tree and on a sorted slice side by side. The
// operations are read from in; when it is used up they are all zero.
type model struct {
	t      testing.TB
	in     []byte
	keys   func(n int) []byte
	heap   *page.Heap
	tree   Tree
	pairs  []pair
	pins   []version
	freer  *Freer // a detached tree
	orphan []pair // what is still in it
}

func (m *model) byte() uint8 {
	if len(m.in) == 0 {
		return 0
	}
	b := m.in[0]
	m.in = m.in[1:]
	return b
}

func (m *model) uint16() int { return int(m.byte()) | int(m.byte())<<8 }

// keySets are ways to make the n-th key.
var keySets = []struct {
	name string
	fn   func(n int) []byte
}{
	{"scores", func(n int) []byte {
		return fmt.Appendf(be.AppendUint64(nil, uint64(n/4)<<40), "member:%d", n*7919%10007)
	}},
	{"short", func(n int) []byte { // the empty one among them
		var b [2]byte
		be.PutUint16(b[:], uint16(n*40503))
		return bytes.TrimRight(b[:], "\x00")
	}},
	{"nested", func(n int) []byte { return bytes.Repeat([]byte{'a'}, n%700) }},
	{"long", func(n int) []byte {
		return append(bytes.Repeat([]byte{'k'}, 200+n%120), fmt.Sprint(n*31%1009)...)
	}},
	{"mixed", func(n int) []byte {
		switch n % 16 {
		case 3:
			return append(bytes.Repeat([]byte{byte(n)}, n%3000), fmt.Sprint(n)...)
		case 5:
			return append(bytes.Repeat([]byte{'x'}, 254), fmt.Sprint(n)...)
		case 6:
			return append(bytes.Repeat([]byte{'x'}, 251), fmt.Sprint(n)...)
		case 7:
			return be.AppendUint64(nil, uint64(n))
		}
		return []byte(fmt.Sprint(n))
	}},
	{"far prefixes", func(n int) []byte {
		return fmt.Appendf(bytes.Repeat([]byte{byte(n / 300)}, 230), "%d", n)
	}},
}

func (m *model) key(n int) []byte { return m.keys(n % 2048) }

// val is a value: n selects its length.
func val(n int) []byte {
	size := n % 24
	switch n % 16 {
	case 0, 1, 2, 3, 4, 5, 6:
		size = 0
	case 15:
		size = n % (MaxValue + 1)
	case 14:
		size = MaxValue
	case 13:
		size = 120 + n%16
	}
	return bytes.Repeat([]byte{byte(n)}, size)
}

func find(pairs []pair, k []byte) (int, bool) {
	return slices.BinarySearchFunc(pairs, string(k), func(p pair, k string) int {
		return bytes.Compare([]byte(p.key), []byte(k))
	})
}

func (m *model) set(k, v []byte) {
	i, there := find(m.pairs, k)
	if added := m.tree.Set(k, v); added == there {
		m.t.Fatalf("Set(%.20q) says added %t", k, added)
	}
	if there {
		m.pairs[i].value = string(v)
	} else {
		m.pairs = slices.Insert(m.pairs, i, pair{string(k), string(v)})
	}
}

func (m *model) edit(k []byte, n byte) {
	i, there := find(m.pairs, k)
	v, ok := m.tree.Edit(k)
	if ok != there {
		m.t.Fatalf("Edit(%.20q) says %t", k, ok)
	}
	if ok {
		for i := range v {
			v[i] = n
		}
		m.pairs[i].value = string(v)
	}
}

func (m *model) delete(k []byte) {
	i, there := find(m.pairs, k)
	if got := m.tree.Delete(k); got != there {
		m.t.Fatalf("Delete(%.20q) says %t", k, got)
	}
	if there {
		m.pairs = slices.Delete(m.pairs, i, i+1)
	}
}

func (m *model) deleteRange(from, to int) {
	var gone []pair
	m.tree.DeleteRange(int64(from), int64(to), func(k, v []byte) {
		gone = append(gone, pair{string(k), string(v)})
	})
	from = min(max(from, 0), len(m.pairs))
	to = max(from, min(to, len(m.pairs)))
	if !slices.Equal(gone, m.pairs[from:to]) {
		m.t.Fatalf("DeleteRange(%d, %d) gave %d entries", from, to, len(gone))
	}
	m.pairs = slices.Delete(m.pairs, from, to)
}

// at compares what a cursor is at with entry i of pairs.
func (m *model) at(c *Cursor, pairs []pair, i int) {
	m.t.Helper()
	if c.Valid() != (i >= 0 && i < len(pairs)) {
		m.t.Fatalf("the cursor at %d of %d says %t", i, len(pairs), c.Valid())
	}
	if got := c.Index(); len(pairs) > 0 && got != int64(i) {
		m.t.Fatalf("Index is %d, not %d", got, i)
	}
	if c.Valid() && (string(c.Key()) != pairs[i].key || string(c.Value()) != pairs[i].value) {
		m.t.Fatalf("entry %d is %.40q %.20q, not %.40q %.20q", i, c.Key(), c.Value(), pairs[i].key, pairs[i].value)
	}
}

// look compares the look-ups of one key, and some moves from there.
func (m *model) look(t *Tree, pairs []pair, k []byte, moves int) {
	i, there := find(pairs, k)
	v, ok := t.Get(k)
	if ok != there || ok && string(v) != pairs[i].value {
		m.t.Fatalf("Get(%.20q) says %.20q %t", k, v, ok)
	}
	if n, ok := t.Rank(k); n != int64(i) || ok != there {
		m.t.Fatalf("Rank(%.20q) says %d %t, not %d", k, n, ok, i)
	}
	seek, at := t.Seek(k), t.At(int64(i))
	for _, c := range []*Cursor{&seek, &at} {
		i := i
		m.at(c, pairs, i)
		for b := range 8 {
			var ok bool
			if moves>>b&1 == 0 {
				ok, i = c.Next(), min(i+1, len(pairs))
			} else {
				ok, i = c.Prev(), max(i-1, -1)
			}
			if ok != c.Valid() {
				m.t.Fatalf("a move says %t", ok)
			}
			m.at(c, pairs, i)
		}
	}
}

// step does one operation. Some do the same with a row of keys, so that short
// inputs make large trees.
func (m *model) step() {
	op, n := m.byte(), m.uint16()
	switch op % 32 {
	case 0, 1, 2, 3:
		m.set(m.key(n), val(m.uint16()))
	case 4, 5, 6, 7:
		v := m.uint16()
		for i := range int(m.byte()) {
			m.set(m.key(n+i), val(v+i*int(op)))
		}
	case 8:
		i := int(m.byte())
		for ; i >= 0; i-- {
			m.set(m.key(n+i), nil)
		}
	case 9:
		m.delete(m.key(n))
	case 10:
		m.edit(m.key(n), m.byte())
	case 11, 12:
		for i := range int(m.byte()) {
			m.delete(m.key(n + i))
		}
	case 13, 14:
		m.look(&m.tree, m.pairs, m.key(n), int(m.byte()))
	case 15, 16:
		from := n % (len(m.pairs) + 2)
		m.deleteRange(from-1, from+int(m.byte())-1)
	case 17:
		if n%16 == 0 {
			m.deleteRange(int(m.byte()), len(m.pairs)-int(m.byte()))
		}
	case 18:
		if n%8 == 0 {
			m.copy()
		}
	case 20, 21:
		if len(m.pins) < 4 {
			m.pins = append(m.pins, version{m.heap.Pin(), m.tree, slices.Clone(m.pairs)})
		}
	case 22, 23:
		if len(m.pins) > 0 {
			m.release(n % len(m.pins))
		}
	case 24:
		if n%4 == 0 {
			m.detach()
		}
	case 25, 26, 27:
		m.stepFreer(n % 64)
	case 28:
		if n%16 == 0 {
			m.tree.Free()
			m.pairs = nil
		}
	case 29:
		m.check()
	}
}

func (m *model) release(i int) {
	m.compare(&m.pins[i].tree, m.pins[i].pairs)
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = slices.Delete(m.pins, i, i+1)
}

// copy goes on with a copy of the tree and frees the old one.
func (m *model) copy() {
	c := m.tree.Copy(m.tree.place, func(v []byte) []byte { return append([]byte(nil), v...) })
	m.tree.Free()
	m.tree = c
}

func (m *model) detach() {
	for m.freer != nil {
		m.stepFreer(1 << 20)
	}
	m.orphan, m.pairs = m.pairs, nil
	m.freer = m.tree.Detach(func(v []byte) {
		if len(m.orphan) == 0 || m.orphan[0].value != string(v) {
			m.t.Fatalf("%.20q is released", v)
		}
		m.orphan = m.orphan[1:]
	})
	if m.tree.Count != 0 {
		m.t.Fatal("a detached tree has entries")
	}
}

func (m *model) stepFreer(n int) {
	if m.freer != nil && m.freer.Step(n) {
		if len(m.orphan) > 0 {
			m.t.Fatalf("%d entries were not released", len(m.orphan))
		}
		m.freer = nil
	}
}

// compare compares a version with the model.
func (m *model) compare(t *Tree, pairs []pair) {
	if int(t.Count) != len(pairs) {
		m.t.Fatalf("Count is %d of %d", t.Count, len(pairs))
	}
	c, back := t.First(), t.Last()
	for i := range pairs {
		j := len(pairs) - 1 - i
		if string(c.Key()) != pairs[i].key || string(c.Value()) != pairs[i].value {
			m.t.Fatalf("entry %d is %.40q, not %.40q", i, c.Key(), pairs[i].key)
		}
		if string(back.Key()) != pairs[j].key || string(back.Value()) != pairs[j].value {
			m.t.Fatalf("entry %d is %.40q, not %.40q", j, back.Key(), pairs[j].key)
		}
		if more := i+1 < len(pairs); c.Next() != more || back.Prev() != more {
			m.t.Fatalf("after %d of %d entries a move says %t", i+1, len(pairs), !more)
		}
	}
	r := OpenRead(m.heap, t.Root, t.Count)
	for i := 0; i < len(pairs); i += 1 + len(pairs)/50 {
		m.look(&r, pairs, []byte(pairs[i].key), i)
		m.look(&r, pairs, append([]byte(pairs[i].key), 0), i)
	}
}

// check compares every version, and audits the heap: each node is reachable
// from one place of each version or free, and held by a pin if by no other.
func (m *model) check() {
	audit := m.heap.Audit()
	current := map[page.Ref]bool{}
	visit := audit.Version()
	note := func(ref page.Ref) { visit(ref); current[ref] = true }
	if err := m.tree.Check(note); err != nil {
		m.t.Fatal(err)
	}
	n := 0
	m.tree.Nodes(func(ref page.Ref) {
		if n++; !current[ref] {
			m.t.Fatalf("Nodes gave %d", ref)
		}
	})
	if n != len(current) {
		m.t.Fatalf("Nodes gave %d nodes of %d", n, len(current))
	}
	if m.freer != nil {
		m.freer.Nodes(note)
	}
	m.compare(&m.tree, m.pairs)
	var held, want int64
	for _, v := range m.pins {
		held += v.pin.Held()
		visit := audit.Version()
		note := func(ref page.Ref) {
			visit(ref)
			if !current[ref] {
				current[ref] = true
				want += int64(m.heap.Size(ref))
			}
		}
		if err := v.tree.Check(note); err != nil {
			m.t.Fatal(err)
		}
		m.compare(&v.tree, v.pairs)
	}
	if err := audit.Check(); err != nil {
		m.t.Fatal(err)
	}
	if held != want {
		m.t.Fatalf("the pins hold %d bytes, %d are seen by them only", held, want)
	}
}

// runTree runs the operations in data.
func runTree(t testing.TB, data []byte, keys uint8, guard bool) {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m := &model{t: t, in: data, heap: h, keys: keySets[int(keys)%len(keySets)].fn}
	m.tree = Open(page.Place{Arena: h.Arena(0), Table: 1}, 0, 0)
	for len(m.in) > 0 {
		m.step()
	}
	m.check()
	if len(data)%2 == 0 {
		m.tree.Free()
		m.pairs = nil
	} else {
		for _, i := range rand.New(rand.NewPCG(1, 1)).Perm(len(m.pairs)) {
			m.delete(m.keyAt(i))
		}
	}
	for m.freer != nil {
		m.stepFreer(20)
	}
	m.check()
	for len(m.pins) > 0 {
		m.release(len(data) % len(m.pins))
		m.check()
	}
	if h.Used() != 0 {
		t.Fatalf("%d bytes are used when all is freed", h.Used())
	}
}

// keyAt is some key of the model.
func (m *model) keyAt(i int) []byte { return []byte(m.pairs[i%len(m.pairs)].key) }

// randomOps are n bytes of operations.
func randomOps(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzTree(f *testing.F) {
	for i := range keySets {
		f.Add(randomOps(uint64(i), 200), uint8(i), i == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, keys uint8, guard bool) {
		if len(data) > 2000 {
			t.Skip("long")
		}
		runTree(t, data, keys, guard)
	})
}

func TestTreeRandom(t *testing.T) {
	for i, k := range keySets {
		for _, guard := range []bool{false, true} {
			for seed := range uint64(2) {
				t.Run(fmt.Sprintf("%s,guard=%t,%d", k.name, guard, seed), func(t *testing.T) {
					runTree(t, randomOps(uint64(i)*10+seed, 600+int(seed)), uint8(i), guard)
				})
			}
		}
	}
}
