package set

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// fnv is a hash for tests.
func fnv(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h ^ h>>29 ^ h<<31
}

// stored is a set as an entry has it, beside a map.
type stored struct {
	kind  value.Kind
	b     []byte
	model map[string]bool
}

func (s *stored) clone() stored { return stored{s.kind, bytes.Clone(s.b), maps.Clone(s.model)} }

// version is what a pin sees.
type version struct {
	pin  *page.Pin
	sets []stored
}

type model struct {
	t     testing.TB
	in    []byte
	rnd   func() uint64 // the same each time, which the fuzzer relies on
	heap  *page.Heap
	place value.Where
	space value.Space
	cell  value.Cell // as the keyspace has one, used again and again
	limit value.Limits
	sets  []stored
	pins  []version
}

func newModel(t testing.TB, in []byte, hash func([]byte) uint64, guard bool) *model {
	h, err := page.New(page.Options{Reserve: 1 << 28, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	m := &model{t: t, in: in, rnd: rand.NewPCG(1, 2).Uint64, heap: h, place: value.Where{Arena: h.Arena(0), Table: 1, Pos: 7},
		space: value.Space{Heap: h, Hash: hash}, limit: *value.DefaultLimits(), sets: make([]stored, 3)}
	m.cell.Space, m.cell.Where, m.cell.Limits = m.space, m.place, &m.limit
	for i := range m.sets {
		m.reset(&m.sets[i])
	}
	return m
}

func (m *model) byte() int {
	if len(m.in) == 0 {
		return 0
	}
	b := m.in[0]
	m.in = m.in[1:]
	return int(b)
}

// member is one of few numbers, many numbers, short and long texts.
func (m *model) member() []byte {
	a, b := m.byte(), m.byte()
	switch a % 16 {
	case 0:
		return []byte("text " + strconv.Itoa(b))
	case 1:
		return bytes.Repeat([]byte{'x'}, []int{0, 1, 63, 64, 65, 255, 256, 1000, 5000}[b%9])
	case 2:
		return strconv.AppendInt(nil, []int64{math.MinInt64, math.MaxInt64, math.MinInt32, math.MaxInt16 + 1}[b%4], 10)
	case 3:
		return []byte([]string{"-0", "007", "+5", " 5", "9223372036854775808", "1e3"}[b%6])
	case 4, 5, 6:
		return strconv.AppendInt(nil, int64(b)*1000+int64(a), 10)
	case 7:
		return fmt.Appendf(nil, "%02x:%02x", a, b)
	}
	return strconv.AppendInt(nil, int64(b-100), 10)
}

// change opens s, calls fn, and stores what changed.
func (m *model) change(s *stored, fn func(c *value.Cell)) {
	m.cell.Reset(s.kind, s.b)
	fn(&m.cell)
	s.kind = m.cell.Kind
	if m.cell.Changed {
		s.b = bytes.Clone(m.cell.B)
	}
}

func (m *model) reset(s *stored) {
	m.change(s, New)
	s.model = map[string]bool{}
}

func (m *model) add(s *stored, member []byte) {
	was := s.kind &^ value.InNode
	m.change(s, func(c *value.Cell) {
		if added := Add(c, member); added == s.model[string(member)] {
			m.t.Fatalf("adding %.80q says %v", member, added)
		}
	})
	s.model[string(member)] = true
	if now := s.kind &^ value.InNode; now < was {
		m.t.Fatalf("kind %#x became %#x", was, now)
	}
}

func (m *model) remove(s *stored, member []byte) {
	m.change(s, func(c *value.Cell) {
		was := c.Kind &^ value.InNode
		if removed := Remove(c, member); removed != s.model[string(member)] || c.Kind&^value.InNode != was {
			m.t.Fatalf("removing %.80q says %v", member, removed)
		}
	})
	delete(s.model, string(member))
}

// free drops the set step by step.
func (m *model) free(s *stored, step int) {
	if f := Freer(m.place, m.space, s.kind, s.b); f != nil {
		for !f.Step(step) {
		}
	}
	s.kind, s.b = 0, nil
}

func (m *model) step() {
	op, s := m.byte(), &m.sets[m.byte()%len(m.sets)]
	switch op % 16 {
	case 0, 1, 2, 3:
		m.add(s, m.member())
	case 4: // a run of numbers, past the thresholds
		for n, i := m.byte(), m.byte()*4; n > 0; n-- {
			m.add(s, strconv.AppendInt(nil, int64(i+n), 10))
		}
	case 5:
		for n, i := m.byte(), m.byte(); n > 0; n-- {
			m.add(s, fmt.Appendf(nil, "t%d", i+n))
		}
	case 6, 7:
		m.remove(s, m.member())
	case 8, 9: // some of those that are there, all at times
		n := m.byte() * 2
		for len(s.model) > 0 && n > 0 {
			m.cell.Reset(s.kind, s.b)
			m.remove(s, bytes.Clone(OfCell(&m.cell).Random(m.rnd).Bytes(nil)))
			n--
		}
	case 10:
		m.change(s, Clear)
		s.model = map[string]bool{}
	case 11:
		m.free(s, 1+m.byte())
		m.reset(s)
	case 12:
		from := &m.sets[m.byte()%len(m.sets)]
		if from == s {
			return
		}
		m.free(s, 1000)
		m.change(s, func(c *value.Cell) { Copy(c, m.space, from.kind, from.b) })
		s.model = maps.Clone(from.model)
		if s.kind&^value.InNode != from.kind&^value.InNode {
			m.t.Fatalf("a copy of kind %#x has kind %#x", from.kind, s.kind)
		}
	case 13:
		if len(m.pins) < 3 {
			v := version{pin: m.heap.Pin()}
			for i := range m.sets {
				v.sets = append(v.sets, m.sets[i].clone())
			}
			m.pins = append(m.pins, v)
		}
	case 14:
		if len(m.pins) > 0 {
			m.release(m.byte() % len(m.pins))
		}
	case 15:
		m.limit.SetMaxIntsetEntries = []int{512, 0, 5, 1000}[m.byte()%4]
		m.limit.SetMaxListpackEntries = []int{0, 0, 20, 200}[m.byte()%4]
		m.limit.SetMaxListpackValue = []int{64, 10, 100}[m.byte()%3]
	}
}

func (m *model) release(i int) {
	m.compare(m.pins[i].sets)
	m.pins[i].pin.Release(func(_ int, fn func()) { fn() })
	m.pins = append(m.pins[:i], m.pins[i+1:]...)
}

// compare reads sets in all ways.
func (m *model) compare(sets []stored) {
	m.t.Helper()
	for i := range sets {
		s := Of(m.space, sets[i].kind, sets[i].b)
		want := maps.Clone(sets[i].model)
		if s.Len() != int64(len(want)) {
			m.t.Fatalf("set %d of kind %#x has %d members, want %d", i, sets[i].kind, s.Len(), len(want))
		}
		if len(want) > 0 && !want[string(s.Random(m.rnd).Bytes(nil))] {
			m.t.Fatalf("set %d: a random member that it does not have", i)
		}
		if s.Has([]byte("absent")) || s.Has([]byte("1.0")) {
			m.t.Fatalf("set %d has what was never added", i)
		}
		var room [maxIntLen]byte
		s.Each(func(e Member) bool {
			text := string(e.Bytes(room[:]))
			if !want[text] || !s.Has([]byte(text)) || !s.HasMember(e, room[:]) {
				m.t.Fatalf("set %d of kind %#x: %.80q is wrong, or not found", i, sets[i].kind, text)
			}
			delete(want, text)
			return true
		})
		if len(want) > 0 {
			m.t.Fatalf("set %d of kind %#x misses %d members", i, sets[i].kind, len(want))
		}
	}
}

// check verifies sets, pins, tables and that no node is lost.
func (m *model) check() {
	m.t.Helper()
	m.compare(m.sets)
	audit := m.heap.Audit()
	note := func(sets []stored, visit func(page.Ref)) {
		for i := range sets {
			Nodes(m.space, sets[i].kind, sets[i].b, visit)
		}
	}
	note(m.sets, audit.Version())
	for i := range m.pins {
		m.compare(m.pins[i].sets)
		note(m.pins[i].sets, audit.Version())
	}
	if err := audit.Check(); err != nil {
		m.t.Fatal(err)
	}
	for _, s := range m.sets {
		if s.kind == value.SetTable {
			c := value.Cell{Space: m.space, Where: m.place, B: s.b}
			t := c.Table(0, func(*table.Table, uint64, table.Entry) {})
			if err := t.Check(func(page.Ref) {}); err != nil {
				m.t.Fatal(err)
			}
		}
	}
}

func run(t testing.TB, in []byte, hash func([]byte) uint64, guard bool) {
	m := newModel(t, in, hash, guard)
	for n := 0; len(m.in) > 0; n++ {
		m.step()
		if n%8 == 0 {
			m.check()
		}
	}
	m.check()
	for len(m.pins) > 0 {
		m.release(0)
	}
	for i := range m.sets {
		m.free(&m.sets[i], 10)
	}
	if m.heap.Used() != 0 {
		t.Fatalf("%d bytes of nodes are left", m.heap.Used())
	}
}

// poor leaves few places, so that tables need overflow buckets.
func poor(b []byte) uint64 { return fnv(b) & 7 }

// TestModel compares sets with maps, with pins.
func TestModel(t *testing.T) {
	for i := range 24 {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, 0))
		in := make([]byte, 3000)
		for i := range in {
			in[i] = byte(r.Uint32())
		}
		t.Logf("round %d: seed %d", i, seed)
		hash := fnv
		if i%4 == 3 {
			hash = poor
		}
		run(t, in, hash, i%2 == 1)
	}
}

// FuzzModel is TestModel with operations of the fuzzer's choice.
func FuzzModel(f *testing.F) {
	f.Add([]byte(strings.Repeat("\x04\x00\xff\x00\x0d\x00\x05\x00\xff\x00\x08\x00\x20\x0c\x01\x00\x0e\x00\x00", 4)))
	f.Fuzz(func(t *testing.T, in []byte) { run(t, in[:min(len(in), 200)], fnv, false) })
}
