package table

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

func testHash(k []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range k {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h ^ h>>32*0x9E3779B97F4A7C15
}

// hashes are the good one and some that no table should meet.
var hashes = []struct {
	name string
	fn   func([]byte) uint64
}{
	{"good", testHash},
	{"constant", func([]byte) uint64 { return 0x5a5a5a5a5a5a5a5a }},
	{"top bits", func(k []byte) uint64 { return testHash(k) & (0xff << 56) }},
	{"low bits", func(k []byte) uint64 { return testHash(k) & 0xff }},
	{"three places", func(k []byte) uint64 { return testHash(k) % 3 * (1<<63 - 1) }},
	{"middle bits", func(k []byte) uint64 { return testHash(k) & (0xfff << 12) }},
}

// cell is what the model knows of an entry.
type cell struct {
	kind  uint8
	clock uint32
	due   int64
	value string
}

// version is a pin with the table and the model as they were.
type version struct {
	pin   *page.Pin
	table Table
	cells map[string]cell
}

// model runs operations on a table and on a map side by side. The operations
// are read from in; when it is used up they are all zero.
type model struct {
	t      testing.TB
	in     []byte
	heap   *page.Heap
	hash   func([]byte) uint64
	table  Table
	cells  map[string]cell
	pins   []version
	freer  *Freer          // a detached table
	orphan map[string]cell // what is still in it
	told   map[string]cell // entries that the table has released
	rnd    *rand.Rand
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

// key is the n-th key: some are empty, at the limit of the entry, or beyond.
func key(n int) []byte {
	s := fmt.Sprintf("%d:", n)
	switch {
	case n == 0:
		return nil
	case n%64 == 5:
		return append(bytes.Repeat([]byte{'k'}, 256-len(s)), s...)
	case n%16 == 3:
		return append(bytes.Repeat([]byte{'k'}, n%3000), s...)
	case n%64 == 6:
		return append(bytes.Repeat([]byte{'k'}, 255-len(s)), s...)
	}
	return []byte("key:" + s)
}

// item makes what Set stores: n selects the length of the value.
func (m *model) item(n int) Item {
	it := Item{Kind: uint8(n), Clock: uint32(n*77) & 0xffffff, Due: NoDue}
	size := n % 48
	switch n % 16 {
	case 15:
		size = n % (MaxValue + 1)
	case 14:
		size = MaxValue
	case 13:
		it.Due = int64(n)
	case 12:
		it.Due = int64(n) << 40
	case 11:
		it.Due = KeepDue
	}
	it.Keep = n%5 == 0
	it.Value = bytes.Repeat([]byte{byte(n)}, size)
	return it
}

// released is what the table calls with entries that go.
func (m *model) released(_ *Table, pos uint64, e Entry) {
	k := string(e.Key())
	if _, twice := m.told[k]; twice {
		m.t.Fatalf("%.20q is released twice", k)
	}
	m.told[k] = cell{e.Kind(), e.Clock(), e.Due(), string(e.Value())}
}

// expectReleased compares what was released since the last call.
func (m *model) expectReleased(want map[string]cell) {
	if !maps.Equal(m.told, want) {
		m.t.Fatalf("%d entries were released, not the %d that are gone", len(m.told), len(want))
	}
	m.told = map[string]cell{}
}

// only is the cell of k alone, if it is there and cond holds.
func (m *model) only(k []byte, cond bool) map[string]cell {
	if c, there := m.cells[string(k)]; there && cond {
		return map[string]cell{string(k): c}
	}
	return nil
}

func (m *model) set(k []byte, it Item) {
	old, there := m.cells[string(k)]
	defer m.expectReleased(m.only(k, !it.Keep))
	if added := m.table.Set(m.hash(k), k, it); added == there {
		m.t.Fatalf("Set(%.20q) says added %t", k, added)
	}
	if it.Due == KeepDue {
		it.Due = NoDue
		if there {
			it.Due = old.due
		}
	}
	m.cells[string(k)] = cell{it.Kind, it.Clock, it.Due, string(it.Value)}
}

func (m *model) setDue(k []byte, due int64) {
	c, there := m.cells[string(k)]
	if got := m.table.SetDue(m.hash(k), k, due); got != there {
		m.t.Fatalf("SetDue(%.20q) says %t", k, got)
	}
	m.expectReleased(nil)
	if c.due = due; there {
		m.cells[string(k)] = c
	}
}

// take is delete without a release.
func (m *model) take(k []byte) {
	_, there := m.cells[string(k)]
	if got := m.table.Take(m.hash(k), k); got != there {
		m.t.Fatalf("Take(%.20q) says %t", k, got)
	}
	m.expectReleased(nil)
	delete(m.cells, string(k))
}

func (m *model) delete(k []byte) {
	_, there := m.cells[string(k)]
	defer m.expectReleased(m.only(k, true))
	if got := m.table.Delete(m.hash(k), k); got != there {
		m.t.Fatalf("Delete(%.20q) says %t", k, got)
	}
	delete(m.cells, string(k))
}

func (m *model) find(t *Table, k []byte, cells map[string]cell) {
	c, there := cells[string(k)]
	e, ok := t.Find(m.hash(k), k)
	if ok != there {
		m.t.Fatalf("Find(%.20q) says %t", k, ok)
	}
	if ok {
		m.equal(e, c)
	}
}

func (m *model) equal(e Entry, c cell) {
	if e.Kind() != c.kind || e.Clock() != c.clock || e.Due() != c.due || string(e.Value()) != c.value {
		m.t.Fatalf("%.20q is %d %d %d %.20q of %d bytes, want %d %d %d of %d bytes", e.Key(),
			e.Kind(), e.Clock(), e.Due(), e.Value(), len(e.Value()), c.kind, c.clock, c.due, len(c.value))
	}
}

func (m *model) setClock(k []byte, clock uint32) {
	c, there := m.cells[string(k)]
	if !there {
		return
	}
	e, _ := m.table.Find(m.hash(k), k)
	m.table.SetClock(e, clock)
	if e.Clock() == clock {
		c.clock = clock
	} else if !m.heap.Pinned() {
		m.t.Fatalf("SetClock has set %d, not %d", e.Clock(), clock)
	}
	m.cells[string(k)] = c
}

// step does one operation. Some do the same with a row of keys, so that short
// inputs make large tables.
func (m *model) step() {
	op, n := m.byte(), m.uint16()
	switch op % 32 {
	case 0, 1, 2, 3, 4:
		m.set(key(n%1024), m.item(m.uint16()))
	case 5, 6, 7:
		v := m.uint16()
		for i := range int(m.byte()) {
			m.set(key((n+i)%1024), m.item(v+i*int(op)))
		}
	case 8:
		m.delete(key(n % 1024))
	case 9:
		m.take(key(n % 1024))
	case 10:
		m.setDue(key(n%1024), int64(m.uint16())-1)
	case 11, 12:
		for i := range int(m.byte()) {
			m.delete(key((n + i) % 1024))
		}
	case 13, 14:
		m.find(&m.table, key(n%1024), m.cells)
	case 15, 16:
		m.setClock(key(n%1024), uint32(m.uint16()))
	case 17, 18:
		m.refresh(m.hash(key(n % 1024)))
	case 19:
		if m.table.Count > 0 {
			e := m.table.Random(m.rnd.Uint64)
			c, there := m.cells[string(e.Key())]
			if !there {
				m.t.Fatalf("Random gave %.20q", e.Key())
			}
			m.equal(e, c)
		}
	case 20, 21:
		if len(m.pins) < 4 {
			// What a Freer still has to free is none of the pin's.
			m.pins = append(m.pins, version{m.heap.Pin(), m.table, maps.Clone(m.cells)})
		}
	case 22, 23:
		if len(m.pins) > 0 {
			m.release(n % len(m.pins))
		}
	case 24:
		m.detach()
	case 25, 26, 27:
		m.stepFreer(n % 64)
	case 28:
		if n%8 == 0 {
			m.table.Free()
			m.expectReleased(m.cells)
			clear(m.cells)
		}
	default:
		m.check()
	}
}

// refresh compares RefreshDue with the entries of that bucket.
func (m *model) refresh(pos uint64) {
	m.table.RefreshDue(pos)
	if m.table.Root == 0 {
		return
	}
	b := m.table.At(pos)
	earliest := int64(maxDue)
	b.Each(func(e Entry) bool {
		if d := e.Due(); d != NoDue {
			earliest = min(earliest, d)
		}
		return true
	})
	if b.Due() > earliest || b.Due() < earliest && !m.heap.Pinned() {
		m.t.Fatalf("the bucket's due time is %d, the earliest %d", b.Due(), earliest)
	}
}

func (m *model) release(i int) {
	m.compare(&m.pins[i].table, m.pins[i].cells)
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = append(m.pins[:i], m.pins[i+1:]...)
}

func (m *model) detach() {
	for m.freer != nil {
		m.stepFreer(1 << 20)
	}
	m.freer, m.orphan = m.table.Detach(), m.cells
	m.cells = map[string]cell{}
	if m.table.Count != 0 || m.table.Dues != 0 {
		m.t.Fatal("a detached table has entries")
	}
}

func (m *model) stepFreer(n int) {
	if m.freer == nil {
		return
	}
	done := m.freer.Step(n)
	for k, got := range m.told {
		if c, there := m.orphan[k]; !there || got != c {
			m.t.Fatalf("%.20q is released, it is there: %t", k, there)
		}
		delete(m.orphan, k)
	}
	m.told = map[string]cell{}
	if done {
		if len(m.orphan) > 0 {
			m.t.Fatalf("%d entries were not released", len(m.orphan))
		}
		m.freer = nil
	}
}

// compare compares a version with the model, in both directions.
func (m *model) compare(t *Table, cells map[string]cell) {
	if int(t.Count) != len(cells) {
		m.t.Fatalf("Count is %d of %d", t.Count, len(cells))
	}
	seen, last := 0, uint64(0)
	t.Each(func(e Entry) bool {
		c, there := cells[string(e.Key())]
		if !there {
			m.t.Fatalf("Each gave %.20q", e.Key())
		}
		m.equal(e, c)
		b := t.At(m.hash(e.Key()))
		if b.Start < last {
			m.t.Fatalf("Each goes from %#x to %#x", last, b.Start)
		}
		seen, last = seen+1, b.Start
		return true
	})
	if seen != len(cells) {
		m.t.Fatalf("Each gave %d entries of %d", seen, len(cells))
	}
	for k := range cells {
		m.find(t, []byte(k), cells)
	}
}

// check compares every version, and audits the heap: each node is reachable
// from one place of each version or free, and held by a pin if by no other.
func (m *model) check() {
	audit := m.heap.Audit()
	current := map[page.Ref]bool{}
	visit := audit.Version()
	note := func(ref page.Ref) { visit(ref); current[ref] = true }
	if err := m.table.Check(note); err != nil {
		m.t.Fatal(err)
	}
	if m.freer != nil {
		m.freer.Nodes(note)
	}
	m.compare(&m.table, m.cells)
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
		if err := v.table.Check(note); err != nil {
			m.t.Fatal(err)
		}
		m.compare(&v.table, v.cells)
	}
	if err := audit.Check(); err != nil {
		m.t.Fatal(err)
	}
	if held != want {
		m.t.Fatalf("the pins hold %d bytes, %d are seen by them only", held, want)
	}
}

// runTable runs the operations in data.
func runTable(t testing.TB, data []byte, hash uint8, guard bool) {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m := &model{t: t, in: data, heap: h, cells: map[string]cell{}, told: map[string]cell{}, rnd: rand.New(rand.NewPCG(1, 1))}
	m.hash = hashes[int(hash)%len(hashes)].fn
	m.table = New(h.Arena(0), 1, m.hash, m.released)
	for len(m.in) > 0 {
		m.step()
	}
	m.check()
	if len(data)%2 == 0 {
		m.table.Free()
		m.expectReleased(m.cells)
		clear(m.cells)
	} else {
		for k := range m.cells {
			m.delete([]byte(k))
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

// randomOps are n bytes of operations.
func randomOps(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzTable(f *testing.F) {
	for i := range hashes {
		f.Add(randomOps(uint64(i), 200), uint8(i), i == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, hash uint8, guard bool) {
		if len(data) > 2000 {
			t.Skip("long")
		}
		runTable(t, data, hash, guard)
	})
}

func TestTableRandom(t *testing.T) {
	for i, h := range hashes {
		for _, guard := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,guard=%t", h.name, guard), func(t *testing.T) {
				runTable(t, randomOps(uint64(i+50), 400), uint8(i), guard)
			})
		}
	}
}
