package list

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// entry is a stored list.
type entry struct {
	kind value.Kind
	b    []byte
}

// version is a pin with the list and the model as they were.
type version struct {
	pin   *page.Pin
	entry entry
	elems [][]byte
}

// model runs operations on a list and on a slice of elements.
type model struct {
	t      testing.TB
	in     []byte
	heap   *page.Heap
	cell   value.Cell
	limits value.Limits
	entry  entry
	elems  [][]byte
	pins   []version
	freers []value.Freer
}

func (m *model) byte() int {
	if len(m.in) == 0 {
		return 0
	}
	b := m.in[0]
	m.in = m.in[1:]
	return int(b)
}

func (m *model) uint16() int { return m.byte() | m.byte()<<8 }

// elem makes an element: numbers, texts of all lengths that matter, few
// different ones among them.
func elem(n int) []byte {
	switch n % 16 {
	case 0, 1, 2:
		return strconv.AppendInt(nil, int64(n%50), 10)
	case 3:
		return strconv.AppendInt(nil, -int64(n)*1234567890123, 10)
	case 4:
		return bytes.Repeat([]byte{'a' + byte(n%5)}, n%4200)
	case 5:
		return bytes.Repeat([]byte{'b'}, maxPacked+n%3-1)
	case 6:
		if n%64 == 6 {
			return bytes.Repeat([]byte{'c'}, n*2)
		}
		return []byte{}
	}
	return []byte(fmt.Sprintf("%.*d", n%40, n%30))
}

// open gives a cell of the entry, or a new one.
func (m *model) open() *value.Cell {
	c := &m.cell
	c.Space, c.Where, c.Limits = value.Space{Heap: m.heap}, value.Where{Arena: m.heap.Arena(0), Table: 1, Pos: 5}, &m.limits
	c.Reset(m.entry.kind, m.entry.b)
	if m.entry.b == nil {
		New(c)
	}
	return c
}

// store keeps what changed.
func (m *model) store() {
	if m.cell.Changed {
		m.entry = entry{m.cell.Kind, bytes.Clone(m.cell.B)}
	}
	if len(m.elems) == 0 {
		m.drop()
	}
}

// drop deletes the list.
func (m *model) drop() {
	if m.entry.b == nil {
		return
	}
	c := m.open()
	if f := Freer(c.Where, c.Space, m.entry.kind, m.entry.b); f != nil {
		m.freers = append(m.freers, f)
	}
	m.entry, m.elems = entry{}, nil
}

func (m *model) push(head bool, elems [][]byte) {
	for _, e := range elems {
		if head {
			m.elems = slices.Insert(m.elems, 0, e)
		} else {
			m.elems = append(m.elems, e)
		}
	}
	if n := Push(m.open(), head, elems); n != int64(len(m.elems)) {
		m.t.Fatalf("Push says %d, want %d", n, len(m.elems))
	}
	m.store()
}

// take drops n elements at an end.
func (m *model) take(head bool, n int) {
	if n >= len(m.elems) {
		m.drop()
		return
	}
	if head {
		m.elems = slices.Clone(m.elems[n:])
	} else {
		m.elems = slices.Clone(m.elems[:len(m.elems)-n])
	}
	Drop(m.open(), head, int64(n))
	m.store()
}

func (m *model) remove(e []byte, limit int, back bool) {
	var want int64
	keep := func(x []byte) bool {
		if bytes.Equal(x, e) && (limit == 0 || want < int64(limit)) {
			want++
			return false
		}
		return true
	}
	var rest [][]byte
	if back {
		for _, x := range slices.Backward(m.elems) {
			if keep(x) {
				rest = append(rest, x)
			}
		}
		slices.Reverse(rest)
	} else {
		for _, x := range m.elems {
			if keep(x) {
				rest = append(rest, x)
			}
		}
	}
	m.elems = rest
	s := Seeking(e)
	if n := Remove(m.open(), &s, int64(limit), back); n != want {
		m.t.Fatalf("Remove says %d, want %d", n, want)
	}
	m.store()
}

func (m *model) step() {
	op, n := m.byte(), m.uint16()
	some := 0
	if len(m.elems) > 0 {
		some = n % len(m.elems)
	}
	switch op % 24 {
	case 0, 1, 2, 3:
		var elems [][]byte
		for i := range m.byte()>>(op/24) + 1 {
			elems = append(elems, elem(n+i*(op|1)))
		}
		m.push(op%2 == 0, elems)
	case 4, 5:
		m.push(op%2 == 0, [][]byte{elem(n)})
	case 6:
		m.take(op&64 == 0, n%(len(m.elems)/8+3))
	case 7:
		m.take(op&64 == 0, 1)
	case 8:
		if n%3 == 0 {
			m.take(op&64 == 0, max(len(m.elems)-n%7, 0))
		}
	case 9, 10, 11, 12:
		if len(m.elems) > 0 {
			e := elem(m.uint16())
			i := n % (len(m.elems) + 1)
			Insert(m.open(), int64(i), e)
			m.elems = slices.Insert(slices.Clone(m.elems), i, e)
			m.store()
		}
	case 13, 14:
		if len(m.elems) > 0 {
			e := elem(m.uint16())
			Set(m.open(), int64(some), e)
			m.elems = slices.Clone(m.elems)
			m.elems[some] = e
			m.store()
		}
	case 15, 16:
		if len(m.elems) > 0 {
			m.remove(m.elems[some], n%4*(op/24), op&32 == 0)
		}
	case 17:
		if len(m.pins) < 3 {
			m.pins = append(m.pins, version{m.heap.Pin(), entry{m.entry.kind, bytes.Clone(m.entry.b)}, slices.Clone(m.elems)})
		}
	case 18:
		if len(m.pins) > 0 {
			m.release(n % len(m.pins))
		}
	case 19:
		m.limits.ListMaxListpackSize = []int{-2, -1, -5, 1, 0, 3, 128, -2}[n%8]
		m.limits.ListPackedThreshold = []int{0, 0, 0, 1, 5}[n%5]
	case 20:
		m.copy()
	case 21:
		m.freers = slices.DeleteFunc(m.freers, func(f value.Freer) bool { return f.Step(n % 64) })
	case 22:
		m.search(elem(n))
	default:
		m.check()
	}
}

// copy goes on with a copy of the list.
func (m *model) copy() {
	if m.entry.b == nil {
		return
	}
	c := m.open()
	old := m.entry
	c.Reset(0, nil)
	Copy(c, c.Space, old.kind, bytes.Clone(old.b))
	m.entry = entry{c.Kind, bytes.Clone(c.B)}
	if f := Freer(c.Where, c.Space, old.kind, old.b); f != nil {
		m.freers = append(m.freers, f)
	}
}

func (m *model) search(e []byte) {
	if m.entry.b == nil {
		return
	}
	l := Of(value.Space{Heap: m.heap}, m.entry.kind, m.entry.b)
	s := Seeking(e)
	want := slices.IndexFunc(m.elems, func(x []byte) bool { return bytes.Equal(x, e) })
	if i := l.Index(&s); i != int64(want) {
		m.t.Fatalf("Index of %.20q is %d, want %d", e, i, want)
	}
}

func (m *model) release(i int) {
	m.compare(m.pins[i].entry, m.pins[i].elems)
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = append(m.pins[:i], m.pins[i+1:]...)
}

// compare walks a version in both directions, and from some elements on.
func (m *model) compare(v entry, elems [][]byte) {
	if v.b == nil {
		if len(elems) > 0 {
			m.t.Fatalf("no list of %d elements", len(elems))
		}
		return
	}
	l := Of(value.Space{Heap: m.heap}, v.kind, v.b)
	if l.Len() != int64(len(elems)) {
		m.t.Fatalf("Len is %d of %d", l.Len(), len(elems))
	}
	var it Iter
	ok := it.Seek(&l, 0)
	for i, e := range elems {
		m.equal(&it, ok, i, e)
		ok = it.Next()
	}
	if ok {
		m.t.Fatalf("the walk goes on behind %d elements", len(elems))
	}
	ok = it.Seek(&l, int64(len(elems)-1))
	for i, e := range slices.Backward(elems) {
		m.equal(&it, ok, i, e)
		ok = it.Prev()
	}
	if ok {
		m.t.Fatal("the walk back goes on")
	}
	for _, last := range []bool{false, true} {
		m.end(&l, last, elems[(len(elems)-1)*map[bool]int{true: 1}[last]])
	}
	for i := 0; i < len(elems); i += 1 + len(elems)/16 {
		m.equal(&it, it.Seek(&l, int64(i)), i, elems[i])
	}
}

func (m *model) end(l *List, last bool, want []byte) {
	b, n, isInt := l.End(last)
	if isInt {
		b = strconv.AppendInt(nil, n, 10)
	}
	if !bytes.Equal(b, want) {
		m.t.Fatalf("the element at the end is %.20q, not %.20q", b, want)
	}
}

func (m *model) equal(it *Iter, ok bool, i int, e []byte) {
	s := Seeking(e)
	if !ok || !it.Is(&s) || !bytes.Equal(it.AppendElem(nil), e) {
		m.t.Fatalf("element %d: %t, not %.20q of %d bytes", i, ok, e, len(e))
	}
}

// check compares every version and audits the heap.
func (m *model) check() {
	audit := m.heap.Audit()
	visit := audit.Version()
	m.verify(m.entry, visit)
	for _, f := range m.freers {
		switch f := f.(type) {
		case interface{ Nodes(func(page.Ref)) }:
			f.Nodes(visit)
		default:
			f.Step(1 << 20)
		}
	}
	m.freers = slices.DeleteFunc(m.freers, func(f value.Freer) bool {
		_, steps := f.(interface{ Nodes(func(page.Ref)) })
		return !steps
	})
	m.compare(m.entry, m.elems)
	for _, v := range m.pins {
		m.verify(v.entry, audit.Version())
		m.compare(v.entry, v.elems)
	}
	if err := audit.Check(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) verify(v entry, visit func(page.Ref)) {
	if v.b == nil {
		return
	}
	if err := Check(value.Space{Heap: m.heap}, v.kind, v.b, visit); err != nil {
		m.t.Fatal(err)
	}
}

func runList(t testing.TB, data []byte, guard bool) {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m := &model{t: t, in: data, heap: h, limits: *value.DefaultLimits()}
	for len(m.in) > 0 {
		m.step()
	}
	m.check()
	m.drop()
	for len(m.freers) > 0 {
		m.freers = slices.DeleteFunc(m.freers, func(f value.Freer) bool { return f.Step(7) })
	}
	for len(m.pins) > 0 {
		m.release(len(data) % len(m.pins))
		m.check()
	}
	if h.Used() != 0 {
		t.Fatalf("%d bytes are used when all is freed", h.Used())
	}
}

func randomOps(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 3))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzList(f *testing.F) {
	for i := range 6 {
		f.Add(randomOps(uint64(i), 200), i == 0)
	}
	f.Fuzz(func(t *testing.T, data []byte, guard bool) {
		if len(data) > 1000 {
			t.Skip("long")
		}
		runList(t, data, guard)
	})
}

func TestListRandom(t *testing.T) {
	for i := range uint64(20) {
		for _, guard := range []bool{false, true} {
			t.Run(fmt.Sprintf("seed=%d,guard=%t", i, guard), func(t *testing.T) {
				runList(t, randomOps(i+100, 800), guard)
			})
		}
	}
}
