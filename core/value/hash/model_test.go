package hash

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// entry is a stored hash.
type entry struct {
	kind value.Kind
	b    []byte
}

// content is a field's value and due time.
type content struct {
	val string
	due int64
}

// version is a pin with the hash, the time and the model as they were.
type version struct {
	pin    *page.Pin
	entry  entry
	now    int64
	fields map[string]content
}

// model runs operations on a hash and on a map.
type model struct {
	t      testing.TB
	in     []byte
	rng    *rand.Rand
	heap   *page.Heap
	hash   func([]byte) uint64
	cell   value.Cell
	limits value.Limits
	entry  entry
	now    int64
	fields map[string]content // without the expired
	mode   int
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

// field makes a name: mostly few different ones, some too long for an entry.
func (m *model) field() []byte {
	n := m.byte()
	if m.mode&short != 0 {
		return fmt.Append(nil, n%40)
	}
	switch n % 16 {
	case 0:
		return bytes.Repeat([]byte{'k'}, 250+n)
	case 1:
		return fmt.Appendf(nil, "%0*d", n, n%5)
	case 2:
		return []byte{}
	}
	return fmt.Append(nil, n|m.byte()&3<<8)
}

// val makes a value in each of the forms.
func (m *model) val() []byte {
	n := m.byte()
	if m.mode&short != 0 {
		return bytes.Repeat([]byte{'s'}, n%50)
	}
	switch n % 16 {
	case 0:
		return bytes.Repeat([]byte{'v'}, n*40)
	case 1:
		return bytes.Repeat([]byte{'w'}, 1000+n)
	case 2:
		return bytes.Repeat([]byte{'c'}, n*300)
	case 3, 4:
		return []byte("text")
	}
	return fmt.Append(nil, int64(n-100)<<(n%50))
}

func (m *model) space() value.Space { return value.Space{Heap: m.heap, Hash: m.hash} }

// open gives a cell of the hash, or a new one.
func (m *model) open() *value.Cell {
	c := &m.cell
	c.Space, c.Where, c.Limits = m.space(), value.Where{Arena: m.heap.Arena(0), Table: 1, Pos: 5}, &m.limits
	c.Reset(m.entry.kind, m.entry.b)
	if m.entry.b == nil {
		New(c)
	}
	return c
}

// change runs fn with an editor and keeps what changed.
func (m *model) change(fn func(e *Editor)) {
	c := m.open()
	e := Edit(c, m.now, m.byte())
	fn(&e)
	empty := e.Stored() == 0
	e.Close()
	m.keep(empty)
}

func (m *model) keep(empty bool) {
	if m.cell.Changed {
		m.entry = entry{m.cell.Kind, bytes.Clone(m.cell.B)}
	}
	if empty {
		if len(m.fields) > 0 {
			m.t.Fatalf("nothing is stored of %d fields", len(m.fields))
		}
		m.drop()
	}
}

// drop deletes the hash.
func (m *model) drop() {
	if m.entry.b == nil {
		return
	}
	c := m.open()
	if f := Freer(c.Where, c.Space, m.entry.kind, m.entry.b); f != nil {
		m.freers = append(m.freers, f)
	}
	m.entry, m.fields = entry{}, map[string]content{}
}

func (m *model) set(e *Editor, due int64) {
	field, val := m.field(), m.val()
	old, had := m.fields[string(field)]
	if due == NoDue || !had {
		old.due = NoDue
	}
	m.fields[string(field)] = content{string(val), old.due}
	if added := e.Set(field, val, due); added == had {
		m.t.Fatalf("Set(%.20q) says added %v", field, added)
	}
}

func (m *model) setDue(e *Editor, field []byte, due int64) {
	it, had := m.fields[string(field)]
	val, was, ok := e.Get(field)
	if ok != had || ok && (was != it.due || string(val.Bytes(nil)) != it.val) {
		m.t.Fatalf("Get(%.20q) is %.20q due %d, %v; want %+v, %v", field, val.Bytes(nil), was, ok, it, had)
	}
	if !ok {
		return
	}
	e.SetDue(field, due)
	it.due = due
	m.fields[string(field)] = it
}

func (m *model) step() {
	op := m.byte()
	switch op % 21 {
	case 20:
		m.fill(op)
	case 0, 1, 2, 3, 4, 5:
		m.change(func(e *Editor) {
			for range op/20 + 1 {
				m.set(e, NoDue)
			}
		})
	case 6:
		m.change(func(e *Editor) { m.set(e, KeepDue) })
	case 7, 8:
		m.change(func(e *Editor) {
			field := m.field()
			_, had := m.fields[string(field)]
			delete(m.fields, string(field))
			if e.Delete(field) != had {
				m.t.Fatalf("Delete(%.20q) says %v", field, !had)
			}
		})
	case 9, 10, 11:
		m.change(func(e *Editor) {
			for range op/40 + 1 {
				m.setDue(e, m.field(), m.now+1+int64(m.byte()))
			}
		})
	case 12:
		m.change(func(e *Editor) { m.setDue(e, m.field(), NoDue) })
	case 13:
		m.now += int64(op) / 2
		m.forgetExpired()
	case 14:
		if op > 100 {
			m.expire()
		} else if m.entry.b != nil {
			_, empty, _ := Expire(m.open(), m.now, nil)
			m.keep(empty)
		}
	case 15:
		if len(m.pins) < 3 {
			m.pins = append(m.pins, version{m.heap.Pin(), entry{m.entry.kind, bytes.Clone(m.entry.b)}, m.now, maps.Clone(m.fields)})
		}
	case 16:
		if len(m.pins) > 0 {
			m.release(op % len(m.pins))
		}
	case 17:
		m.limits.HashMaxListpackEntries = []int{512, 0, 8, 30}[op/20%4]
		m.limits.HashMaxListpackValue = []int{64, 64, 10000, 5}[op/80]
	case 18:
		m.copy()
	default:
		m.freers = slices.DeleteFunc(m.freers, func(f value.Freer) bool { return f.Step(op % 64) })
		m.check()
	}
	if op%32 == 0 && len(m.fields) > 700 {
		m.drop()
	}
}

// fill sets many fields that are due at about the same time, more than one
// Expire removes.
func (m *model) fill(op int) {
	if m.mode&(short|weak) != 0 || op < 200 { // a weak hash makes many fields slow
		return
	}
	m.change(func(e *Editor) {
		for i := range 100 * (op - 200) {
			field, due := fmt.Append(nil, i%6000), m.now+1+int64(m.rng.IntN(60))
			e.Set(field, field, NoDue)
			e.SetDue(field, due)
			m.fields[string(field)] = content{string(field), due}
		}
	})
}

func (m *model) forgetExpired() {
	maps.DeleteFunc(m.fields, func(_ string, it content) bool { return expired(it.due, m.now) })
}

// expire removes what is expired. Within as many calls as there are buckets and
// batches nothing of it is left.
func (m *model) expire() {
	if m.entry.b == nil {
		return
	}
	for range 200 {
		_, empty, next := Expire(m.open(), m.now, nil)
		m.keep(empty)
		if empty {
			return
		}
		if next == NoDue || next > m.now {
			h := Of(m.space(), m.entry.kind, m.entry.b, AnyTime)
			if n := h.Len(); n != len(m.fields) {
				m.t.Fatalf("%d fields are stored after Expire, want %d", n, len(m.fields))
			}
			return
		}
	}
	m.t.Fatal("Expire does not come to an end")
}

// copy goes on with a copy of the hash.
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

func (m *model) release(i int) {
	m.compare(m.pins[i])
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = append(m.pins[:i], m.pins[i+1:]...)
}

// compare reads a version in every way.
func (m *model) compare(v version) {
	if v.entry.b == nil {
		return
	}
	h := Of(m.space(), v.entry.kind, v.entry.b, v.now)
	if h.Len() != len(v.fields) {
		m.t.Fatalf("Len is %d, want %d", h.Len(), len(v.fields))
	}
	for field, it := range v.fields {
		val, due, ok := h.Get([]byte(field))
		if !ok || due != it.due || string(val.AppendTo(nil)) != it.val || val.Len() != len(it.val) {
			m.t.Fatalf("Get(%.20q) is %.20q due %d, %v; want %.20q, %d", field, val.AppendTo(nil), due, ok, it.val, it.due)
		}
	}
	m.sameFields(v, "Each", func(see func(f, v Item)) {
		h.Each(func(f, v Item, due int64) bool {
			if due != NoDue && due < h.Due() {
				m.t.Fatalf("a field is due at %d, the hash at %d", due, h.Due())
			}
			see(f, v)
			return true
		})
	})
	m.sameFields(v, "Sample", func(see func(f, v Item)) { h.Sample(len(v.fields), m.rng.Uint64, see) })
	m.sameFields(v, "Scan", func(see func(f, v Item)) {
		for cursor := h.Scan(0, 3, see); cursor != 0; {
			cursor = h.Scan(cursor, 3, see)
		}
	})
	if len(v.fields) > 0 {
		p := h.Picker(m.rng.Uint64)
		for range 5 {
			f, val := p.Pick()
			if it, ok := v.fields[string(f.Bytes(nil))]; !ok || string(val.Bytes(nil)) != it.val {
				m.t.Fatalf("picked %.20q", f.Bytes(nil))
			}
		}
	}
}

// sameFields checks that walk sees each field once.
func (m *model) sameFields(v version, name string, walk func(see func(f, v Item))) {
	seen := map[string]bool{}
	walk(func(f, val Item) {
		field := string(f.Bytes(nil))
		if it, ok := v.fields[field]; !ok || seen[field] || string(val.Bytes(nil)) != it.val {
			m.t.Fatalf("%s gives %.20q, which is there: %v, given before: %v", name, field, ok, seen[field])
		}
		seen[field] = true
	})
	if len(seen) != len(v.fields) {
		m.t.Fatalf("%s gives %d fields of %d", name, len(seen), len(v.fields))
	}
}

// check compares every version and audits the heap.
func (m *model) check() {
	audit := m.heap.Audit()
	visit := audit.Version()
	m.verify(m.entry, visit)
	for _, f := range m.freers {
		f.Step(1 << 20)
	}
	m.freers = nil
	m.compare(version{nil, m.entry, m.now, m.fields})
	for _, v := range m.pins {
		m.verify(v.entry, audit.Version())
		m.compare(v)
	}
	if err := audit.Check(); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) verify(v entry, visit func(page.Ref)) {
	if v.b == nil {
		return
	}
	seen := map[page.Ref]bool{}
	err := Check(m.space(), m.heap.Arena(0), v.kind, v.b, func(ref page.Ref) {
		seen[ref] = true
		visit(ref)
	})
	if err != nil {
		m.t.Fatal(err)
	}
	Nodes(m.space(), v.kind, v.b, func(ref page.Ref) {
		if !seen[ref] {
			m.t.Fatalf("Nodes gives node %d, Check does not", ref)
		}
		delete(seen, ref)
	})
	if len(seen) > 0 {
		m.t.Fatalf("Nodes misses %d nodes", len(seen))
	}
}

// The ways in which a run may differ.
const (
	guarded = 1 << iota // the hardware keeps pinned nodes from being changed
	weak                // all fields in few places of the hash order
	short               // few fields, short values: it stays packed
)

func run(t testing.TB, data []byte, mode int) {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: mode&guarded != 0})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	m := &model{t: t, in: data, rng: rand.New(rand.NewPCG(1, 2)), heap: h, hash: xxh3.Hash, limits: *value.DefaultLimits(), now: 1000, fields: map[string]content{}, mode: mode}
	if mode&weak != 0 {
		m.hash = func(b []byte) uint64 { return xxh3.Hash(b) & 0xC000000000000F00 }
	}
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
	r := rand.New(rand.NewPCG(seed, 9))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func FuzzHash(f *testing.F) {
	for i := range 6 {
		f.Add(randomOps(uint64(i), 300), i)
	}
	f.Fuzz(func(t *testing.T, data []byte, mode int) {
		if len(data) > 700 {
			t.Skip("long")
		}
		run(t, data, mode)
	})
}

func TestModel(t *testing.T) {
	for i := range uint64(16) {
		t.Run(fmt.Sprint("seed=", i), func(t *testing.T) { run(t, randomOps(i+100, 2000), int(i)) })
	}
}
