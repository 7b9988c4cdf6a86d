package tree

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

// seqLeaf is what the model knows of a leaf.
type seqLeaf struct {
	form  uint8
	b     []byte
	count int64
}

// seqVersion is a pin with the sequence and the model as they were.
type seqVersion struct {
	pin    *page.Pin
	seq    Seq
	leaves []seqLeaf
}

// seqModel runs operations, read from in, on a Seq and on a slice of leaves.
type seqModel struct {
	t      testing.TB
	in     []byte
	heap   *page.Heap
	seq    Seq
	leaves []seqLeaf
	pins   []seqVersion
	freers []*SeqFreer
	serial byte
}

func (m *seqModel) byte() int {
	if len(m.in) == 0 {
		return 0
	}
	b := m.in[0]
	m.in = m.in[1:]
	return int(b)
}

func (m *seqModel) uint16() int { return m.byte() | m.byte()<<8 }

// leaf makes a leaf from n; few are large.
func (m *seqModel) leaf(n int) seqLeaf {
	size := n % 40
	switch {
	case n%64 == 7:
		size = n
	case n%16 == 3:
		size = n % 5000
	}
	m.serial++
	return seqLeaf{uint8(n % 3), bytes.Repeat([]byte{m.serial}, size), int64(n%7 + 1)}
}

// start is the index of the first element of leaf i.
func start(leaves []seqLeaf, i int) (at int64) {
	for _, l := range leaves[:i] {
		at += l.count
	}
	return at
}

func (m *seqModel) insert(i int, l seqLeaf) {
	m.seq.Insert(start(m.leaves, i), l.form, l.b, len(l.b)%3*100, l.count)
	m.leaves = slices.Insert(m.leaves, i, l)
}

// at moves a cursor to some element of leaf i.
func (m *seqModel) at(s *Seq, leaves []seqLeaf, i, off int) *SeqCursor {
	var c SeqCursor
	at := start(leaves, i)
	if !s.Seek(&c, at+int64(off)%leaves[i].count) {
		m.t.Fatalf("no element %d of %d", at, s.Count)
	}
	m.equal(s, &c, at, leaves[i])
	return &c
}

func (m *seqModel) equal(s *Seq, c *SeqCursor, at int64, want seqLeaf) {
	form, b := s.Leaf(c)
	if c.First != at || c.Count != want.count || form != want.form || !bytes.Equal(b, want.b) {
		m.t.Fatalf("leaf at %d: first %d, count %d, form %d, %d bytes; want count %d, form %d, %d bytes",
			at, c.First, c.Count, form, len(b), want.count, want.form, len(want.b))
	}
}

// edit appends to or cuts the bytes of leaf i, by way of another leaf.
func (m *seqModel) edit(i, n int) {
	c := m.at(&m.seq, m.leaves, i, n)
	l := &m.leaves[i]
	grow := n % 300
	m.serial++
	b := m.seq.Edit(c, grow)
	if cap(b)-len(b) < grow {
		m.t.Fatalf("Edit gives %d bytes of room, not %d", cap(b)-len(b), grow)
	}
	switch n % 4 {
	case 0:
		b = b[:len(b)/8]
	case 1:
		b = append(b, bytes.Repeat([]byte{m.serial}, 5*grow)...) // more than was asked for
	default:
		b = append(b, bytes.Repeat([]byte{m.serial}, grow)...)
	}
	if len(b) > 0 {
		b[0] = m.serial
	}
	l.b, l.count = bytes.Clone(b), int64(n%9+1)
	m.seq.Put(c, b, l.count)
	m.equal(&m.seq, c, start(m.leaves, i), *l)
}

func (m *seqModel) replace(i, n int) {
	c := m.at(&m.seq, m.leaves, i, n)
	m.leaves[i] = m.leaf(n)
	l := m.leaves[i]
	m.seq.Replace(c, l.form, l.b, l.count)
	m.equal(&m.seq, c, start(m.leaves, i), l)
}

func (m *seqModel) remove(i, j int) {
	m.seq.Remove(start(m.leaves, i), start(m.leaves, j))
	m.leaves = slices.Delete(m.leaves, i, j)
}

func (m *seqModel) step() {
	op, n := m.byte(), m.uint16()
	some := 0
	if len(m.leaves) > 0 {
		some = n % len(m.leaves)
	}
	switch op % 24 {
	case 0, 1:
		m.insert(n%(len(m.leaves)+1), m.leaf(m.uint16()))
	case 2:
		for k := range m.byte() {
			m.insert(len(m.leaves), m.leaf(n+k))
		}
	case 3:
		for k := range m.byte() {
			m.insert(0, m.leaf(n+k))
		}
	case 4:
		for k := range m.byte() {
			m.insert(some, m.leaf(n+k))
		}
	case 5, 6, 7, 8:
		if len(m.leaves) > 0 {
			m.edit(some, m.uint16())
		}
	case 9:
		if len(m.leaves) > 0 {
			m.replace(some, m.uint16())
		}
	case 10, 11:
		if len(m.leaves) > 0 {
			m.remove(some, some+1)
		}
	case 12:
		m.remove(some, min(some+m.byte(), len(m.leaves)))
	case 13:
		for range m.byte() {
			if k := len(m.leaves); k > 0 {
				m.remove((k-1)*(n%2), (k-1)*(n%2)+1)
			}
		}
	case 14, 15:
		if len(m.pins) < 4 {
			m.pins = append(m.pins, seqVersion{m.heap.Pin(), m.seq, slices.Clone(m.leaves)})
		}
	case 16, 17:
		if len(m.pins) > 0 {
			m.release(n % len(m.pins))
		}
	case 18:
		m.stepFreers(n % 64)
	case 19:
		if f := m.seq.Detach(); f != nil && op >= 128 {
			m.freers = append(m.freers, f)
			m.leaves = nil
		} else if f != nil {
			m.freers = append(m.freers, f)
			m.rebuild()
		}
	case 20:
		dup := m.seq.Copy(m.seq.place)
		if f := m.seq.Detach(); f != nil {
			m.freers = append(m.freers, f)
		}
		m.seq = dup
	case 21:
		m.check()
	}
}

// rebuild fills an emptied sequence with the model's leaves.
func (m *seqModel) rebuild() {
	leaves := m.leaves
	m.leaves = nil
	for _, l := range leaves {
		m.insert(len(m.leaves), l)
	}
}

func (m *seqModel) stepFreers(n int) {
	m.freers = slices.DeleteFunc(m.freers, func(f *SeqFreer) bool { return f.Step(n) })
}

func (m *seqModel) release(i int) {
	m.compare(&m.pins[i].seq, m.pins[i].leaves)
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = append(m.pins[:i], m.pins[i+1:]...)
}

// compare walks a version in both directions and looks some elements up.
func (m *seqModel) compare(s *Seq, leaves []seqLeaf) {
	if s.Leaves != int64(len(leaves)) || s.Count != start(leaves, len(leaves)) {
		m.t.Fatalf("%d elements in %d leaves, want %d in %d", s.Count, s.Leaves, start(leaves, len(leaves)), len(leaves))
	}
	var c SeqCursor
	at := int64(0)
	ok := s.Seek(&c, 0)
	for _, l := range leaves {
		if !ok {
			m.t.Fatalf("the walk ends at %d of %d", at, s.Count)
		}
		m.equal(s, &c, at, l)
		at += l.count
		ok = s.Next(&c)
	}
	if ok || c.Valid() {
		m.t.Fatalf("the walk goes on behind %d", at)
	}
	ok = s.Seek(&c, at-1)
	for _, l := range slices.Backward(leaves) {
		if !ok {
			m.t.Fatalf("the walk back ends at %d", at)
		}
		at -= l.count
		m.equal(s, &c, at, l)
		ok = s.Prev(&c)
	}
	if ok || c.Valid() {
		m.t.Fatalf("the walk back goes on before %d", at)
	}
	for i := 0; i < len(leaves); i += 1 + len(leaves)/20 {
		m.at(s, leaves, i, i)
	}
	for _, last := range []bool{false, true} {
		if found := s.SeekEnd(&c, last); found != (len(leaves) > 0) {
			m.t.Fatalf("SeekEnd says %t", found)
		} else if found && !last {
			m.equal(s, &c, 0, leaves[0])
		} else if found {
			m.equal(s, &c, s.Count-leaves[len(leaves)-1].count, leaves[len(leaves)-1])
		}
	}
	if s.Seek(&c, s.Count) || s.Seek(&c, -1) {
		m.t.Fatal("there are elements that are not there")
	}
}

// check compares every version and audits the heap.
func (m *seqModel) check() {
	audit := m.heap.Audit()
	visit := audit.Version()
	if err := m.seq.Check(visit); err != nil {
		m.t.Fatal(err)
	}
	nodes := 0
	m.seq.Nodes(func(page.Ref) { nodes++ })
	if int64(nodes) < m.seq.Leaves {
		m.t.Fatalf("Nodes gives %d nodes of %d leaves", nodes, m.seq.Leaves)
	}
	for _, f := range m.freers {
		f.Nodes(visit)
	}
	m.compare(&m.seq, m.leaves)
	for _, v := range m.pins {
		if err := v.seq.Check(audit.Version()); err != nil {
			m.t.Fatal(err)
		}
		m.compare(&v.seq, v.leaves)
	}
	if err := audit.Check(); err != nil {
		m.t.Fatal(err)
	}
}

func runSeq(t testing.TB, data []byte, guard bool) {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m := &seqModel{t: t, in: data, heap: h}
	m.seq = OpenSeq(page.Place{Arena: h.Arena(0), Table: 1, Pos: 7}, 0, 0, 0)
	for len(m.in) > 0 {
		m.step()
	}
	m.check()
	m.remove(0, len(m.leaves))
	for len(m.freers) > 0 {
		m.stepFreers(20)
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

func seqOps(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 9))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzSeq(f *testing.F) {
	for i := range 6 {
		f.Add(seqOps(uint64(i), 300), i == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, guard bool) {
		if len(data) > 2000 {
			t.Skip("long")
		}
		runSeq(t, data, guard)
	})
}

func TestSeqRandom(t *testing.T) {
	for i := range uint64(12) {
		for _, guard := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed=%d,guard=%t", i, guard), func(t *testing.T) {
				runSeq(t, seqOps(i+100, 800), guard)
			})
		}
	}
}

// TestSeqLarge builds three levels, takes a pin, and cuts the middle out.
func TestSeqLarge(t *testing.T) {
	h, err := page.New(page.Options{Reserve: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m := &seqModel{t: t, heap: h}
	m.seq = OpenSeq(page.Place{Arena: h.Arena(0)}, 0, 0, 0)
	const n = 20000
	for i := range n {
		l := seqLeaf{1, []byte{byte(i), byte(i >> 8)}, 1}
		m.seq.Insert(int64(i), l.form, l.b, 0, l.count)
		m.leaves = append(m.leaves, l)
	}
	m.check()
	m.pins = append(m.pins, seqVersion{h.Pin(), m.seq, slices.Clone(m.leaves)})
	m.remove(10, n-10)
	m.check()
	if m.seq.Leaves != 20 {
		t.Fatalf("%d leaves", m.seq.Leaves)
	}
	m.remove(0, 19)
	m.remove(0, 1)
	m.release(0)
	if h.Used() != 0 {
		t.Fatalf("%d bytes are used when all is freed", h.Used())
	}
}

func newBenchSeq(b *testing.B, leaves int) (*page.Heap, Seq) {
	h, err := page.New(page.Options{Reserve: 1 << 32})
	if err != nil {
		b.Fatal(err)
	}
	s := OpenSeq(page.Place{Arena: h.Arena(0)}, 0, 0, 0)
	for i := range leaves {
		s.Insert(int64(i)*100, 0, make([]byte, 2000), 2000, 100)
	}
	return h, s
}

func BenchmarkSeqEditTail(b *testing.B) {
	h, s := newBenchSeq(b, 10000)
	defer h.Close()
	var c SeqCursor
	for b.Loop() {
		s.Seek(&c, s.Count-1)
		e := s.Edit(&c, 8)
		s.Put(&c, e, c.Count)
	}
}

func BenchmarkSeqSeek(b *testing.B) {
	h, s := newBenchSeq(b, 10000)
	defer h.Close()
	var c SeqCursor
	r := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		s.Seek(&c, r.Int64N(s.Count))
	}
}
