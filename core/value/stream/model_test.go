package stream

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// model is a stream in Go's own data.
type model struct {
	entries              []modelEntry
	last, first, deleted ID
	added                int64
	groups               map[string]*modelGroup
}

type modelEntry struct {
	id    ID
	pairs [][]byte
}

type modelGroup struct {
	last      ID
	read      int64
	consumers map[string]int64 // seen
	pending   map[ID]modelPending
}

type modelPending struct {
	consumer string
	time     int64
	count    uint64
}

func (m *model) clone() *model {
	c := *m
	c.entries = slices.Clone(m.entries)
	c.groups = map[string]*modelGroup{}
	for name, g := range m.groups {
		c.groups[name] = &modelGroup{g.last, g.read, maps.Clone(g.consumers), maps.Clone(g.pending)}
	}
	return &c
}

func (m *model) setFirst() {
	m.first = ID{}
	if len(m.entries) > 0 {
		m.first = m.entries[0].id
	}
}

// check compares all that can be read of a stream with the model.
func (m *model) check(t *testing.T, s Stream) {
	t.Helper()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if s.Len() != int64(len(m.entries)) || s.LastID() != m.last || s.FirstID() != m.first || s.MaxDeletedID() != m.deleted ||
		s.Added() != m.added || s.Groups() != int64(len(m.groups)) {
		t.Fatalf("%+v with %d groups differs from the model: %d entries from %v to %v, %d added, %v deleted, %d groups",
			s.Meta(), s.Groups(), len(m.entries), m.first, m.last, m.added, m.deleted, len(m.groups))
	}
	m.checkRange(t, s, ID{}, MaxID)
	var names []string
	s.EachGroup(func(name []byte, g Group) {
		names = append(names, string(name))
		m.groups[string(name)].check(t, g)
	})
	if want := slices.Sorted(maps.Keys(m.groups)); !slices.Equal(names, want) {
		t.Fatalf("groups %q, want %q", names, want)
	}
}

// checkRange compares a range with the model's, forwards and backwards.
func (m *model) checkRange(t *testing.T, s Stream, from, to ID) {
	t.Helper()
	var want []modelEntry
	for _, e := range m.entries {
		if !e.id.Less(from) && !to.Less(e.id) {
			want = append(want, e)
		}
	}
	for _, back := range []bool{false, true} {
		it := s.Range(from, to)
		if back {
			it = s.RangeBack(from, to)
			slices.Reverse(want)
		}
		for _, e := range want {
			if !it.Next() || it.ID() != e.id || it.Fields() != len(e.pairs)/2 {
				t.Fatalf("%v to %v, back %v: have %v, want %v", from, to, back, it.ID(), e.id)
			}
			if int(e.id.Seq)%3 == 0 {
				continue // fields need not be read
			}
			for i, text := range e.pairs {
				b, n, isInt := it.Elem()
				if isInt {
					b = fmt.Append(nil, n)
				}
				if !bytes.Equal(b, text) {
					t.Fatalf("%v element %d: %.60q, want %.60q", e.id, i, b, text)
				}
			}
		}
		if it.Next() || it.Next() {
			t.Fatalf("%v to %v, back %v: entry %v is too many", from, to, back, it.ID())
		}
	}
}

func (m *modelGroup) check(t *testing.T, g Group) {
	t.Helper()
	if g.LastID() != m.last || g.Read() != m.read || g.Pending() != int64(len(m.pending)) || g.Consumers() != int64(len(m.consumers)) {
		t.Fatalf("group: %v %d, %d pending, %d consumers; want %+v", g.LastID(), g.Read(), g.Pending(), g.Consumers(), m)
	}
	ids := slices.SortedFunc(maps.Keys(m.pending), ID.Compare)
	i, consumers := 0, g.Names()
	g.PendingFrom(ID{}, func(p Pending) bool {
		want := m.pending[ids[i]]
		if p.ID != ids[i] || string(consumers.Of(p.Consumer)) != want.consumer || p.Time != want.time || p.Count != want.count {
			t.Fatalf("pending %+v of %q, want %v %+v", p, consumers.Of(p.Consumer), ids[i], want)
		}
		i++
		return true
	})
	if len(ids) > 0 && (g.FirstPending() != ids[0] || g.LastPending() != ids[len(ids)-1]) {
		t.Fatalf("pending from %v to %v, want %v to %v", g.FirstPending(), g.LastPending(), ids[0], ids[len(ids)-1])
	}
	var names []string
	g.EachConsumer(func(name []byte, c Consumer) {
		names = append(names, string(name))
		var own []ID
		for _, id := range ids {
			if m.pending[id].consumer == string(name) {
				own = append(own, id)
			}
		}
		if c.Seen != m.consumers[string(name)] || g.PendingOf(c.Number) != int64(len(own)) {
			t.Fatalf("consumer %q %+v with %d pending, want %d and %d", name, c, g.PendingOf(c.Number), m.consumers[string(name)], len(own))
		}
		g.OwnedFrom(c.Number, ID{}, func(p Pending) bool {
			if len(own) == 0 || p.ID != own[0] {
				t.Fatalf("consumer %q has %v, want %v", name, p.ID, own)
			}
			own = own[1:]
			return true
		})
		if len(own) > 0 {
			t.Fatalf("consumer %q lacks %v", name, own)
		}
	})
	if want := slices.Sorted(maps.Keys(m.consumers)); !slices.Equal(names, want) {
		t.Fatalf("consumers %.60q, want %.60q", names, want)
	}
}

// bench is a stream beside its model.
type bench struct {
	t     *testing.T
	heap  *page.Heap
	cell  value.Cell
	model *model
	in    []byte // what is left of the choices

	pin    *page.Pin
	pinned []byte // the value's bytes as the pin has them
	then   *model
}

func newBench(t *testing.T, guard bool, limits value.Limits, in []byte) *bench {
	h, err := page.New(page.Options{Reserve: 1 << 30, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	b := &bench{t: t, heap: h, in: in, model: &model{groups: map[string]*modelGroup{}}}
	b.cell.Space.Heap = h
	b.cell.Where = value.Where{Arena: h.Arena(0), Table: 1, Pos: 7}
	b.cell.Limits = &limits
	New(&b.cell)
	return b
}

func (b *bench) stream() Stream { return Of(b.cell.Space, b.cell.Kind, b.cell.B) }

// choose is a number less than n.
func (b *bench) choose(n int) int {
	if len(b.in) == 0 {
		return 0
	}
	c := b.in[0]
	b.in = b.in[1:]
	return int(c) * n / 256
}

func (b *bench) text() []byte {
	switch b.choose(6) {
	case 0:
		return fmt.Append(nil, b.choose(256)*b.choose(256)-1000)
	case 1:
		return bytes.Repeat([]byte{'x'}, b.choose(256)*b.choose(40))
	case 2:
		return []byte{}
	}
	return []byte{'a' + byte(b.choose(3))}
}

// id is one near those of the entries.
func (b *bench) id() ID {
	if len(b.model.entries) == 0 || b.choose(8) == 0 {
		return ID{uint64(b.choose(256)), uint64(b.choose(4))}
	}
	n := len(b.model.entries)
	id := b.model.entries[(b.choose(256)*n/256+b.choose(3))%n].id
	id.Seq += uint64(b.choose(3)) / 2
	return id
}

func (b *bench) append() {
	id := b.model.last
	id.Ms += uint64(b.choose(2))
	id.Seq += 1 + uint64(b.choose(300))
	var pairs [][]byte
	for range 1 + b.choose(3) {
		pairs = append(pairs, b.text()[:0:0], b.text())
		pairs[len(pairs)-2] = []byte{'f', 'g' + byte(len(pairs)*b.choose(2))}
	}
	if !Edit(&b.cell).Append(id, pairs) {
		b.t.Fatal("not appended")
	}
	b.model.entries = append(b.model.entries, modelEntry{id, pairs})
	b.model.last, b.model.added = id, b.model.added+1
	b.model.setFirst()
}

func (b *bench) delete() {
	id := b.id()
	i, found := slices.BinarySearchFunc(b.model.entries, id, func(e modelEntry, id ID) int { return e.id.Compare(id) })
	if b.stream().Has(id) != found || Edit(&b.cell).Delete(id) != found {
		b.t.Fatalf("entry %v is there: %v", id, found)
	}
	if found {
		b.model.entries = slices.Delete(slices.Clone(b.model.entries), i, i+1)
		b.model.setFirst()
		if b.model.deleted.Less(id) {
			b.model.deleted = id
		}
	}
}

func (b *bench) trim() {
	m := b.model
	trim := Trim{ByLength: true, Length: int64(len(m.entries) - b.choose(30))}
	if b.choose(2) == 0 {
		trim = Trim{ByID: true, MinID: b.id()}
	}
	if b.choose(3) == 0 {
		trim.Whole, trim.Limit = true, int64(b.choose(3)*20)
	}
	n := Edit(&b.cell).Trim(trim)
	want := int64(0)
	for int(want) < len(m.entries) && (trim.ByID && m.entries[want].id.Less(trim.MinID) ||
		trim.ByLength && int64(len(m.entries))-want > max(trim.Length, 0)) {
		want++
	}
	if n > want || n != want && !trim.Whole || trim.Limit > 0 && n > trim.Limit {
		b.t.Fatalf("%+v: %d of %d deleted, want %d", trim, n, len(m.entries), want)
	}
	m.entries = m.entries[n:]
	m.setFirst()
}

func (b *bench) groupName() []byte {
	if b.choose(20) == 0 {
		return bytes.Repeat([]byte{'G'}, 2000)
	}
	return []byte{'g', '0' + byte(b.choose(4))}
}

func (b *bench) consumerName() []byte {
	if b.choose(20) == 0 {
		return bytes.Repeat([]byte{'C'}, 1500)
	}
	return fmt.Append(nil, "consumer ", b.choose(12))
}

func (b *bench) changeGroups() {
	e, m, name := Edit(&b.cell), b.model, b.groupName()
	if b.choose(3) == 0 {
		_, found := m.groups[string(name)]
		if e.DestroyGroup(name) != found {
			b.t.Fatalf("group %q is there: %v", name, found)
		}
		delete(m.groups, string(name))
		return
	}
	id, read := b.id(), int64(b.choose(3)-1)
	if _, found := m.groups[string(name)]; e.CreateGroup(name, id, read) == found {
		b.t.Fatalf("group %q is there: %v", name, found)
	} else if !found {
		m.groups[string(name)] = &modelGroup{id, read, map[string]int64{}, map[ID]modelPending{}}
	}
}

func (b *bench) changeGroup() {
	name := b.groupName()
	m, found := b.model.groups[string(name)]
	g, ok := Edit(&b.cell).EditGroup(name)
	if ok != found {
		b.t.Fatalf("group %q is there: %v", name, found)
	}
	if !ok {
		return
	}
	who, now := b.consumerName(), int64(b.choose(256))
	number, known := g.See(who, now)
	if _, found := m.consumers[string(who)]; found != known {
		b.t.Fatalf("consumer %q is there: %v", who, found)
	} else if known {
		m.consumers[string(who)] = now
	}
	switch b.choose(8) {
	case 0:
		n, ok := g.DeleteConsumer(who)
		maps.DeleteFunc(m.pending, func(_ ID, p modelPending) bool {
			if p.consumer == string(who) {
				n--
			}
			return p.consumer == string(who)
		})
		delete(m.consumers, string(who))
		if n != 0 || ok != known {
			b.t.Fatalf("DeleteConsumer: %v, %d pending too many", ok, n)
		}
	case 1, 2:
		id := b.id()
		if _, found := m.pending[id]; g.Acknowledge(id) != found {
			b.t.Fatalf("%v is pending: %v", id, found)
		}
		delete(m.pending, id)
	case 3:
		m.last, m.read = b.id(), now
		g.SetLastID(m.last)
		g.SetRead(now)
	default:
		if !known {
			var created bool
			if number, created = g.CreateConsumer(who, now); !created {
				b.t.Fatalf("consumer %q was there", who)
			}
			m.consumers[string(who)] = now
		}
		for range 1 + b.choose(20) {
			id := b.id()
			g.SetPending(Pending{id, number, now, uint64(now) * 3})
			m.pending[id] = modelPending{string(who), now, uint64(now) * 3}
		}
	}
}

// copyAndFree replaces the stream by a copy, as COPY and DEL do.
func (b *bench) copyAndFree() {
	other := value.Cell{Space: b.cell.Space, Where: b.cell.Where, Limits: b.cell.Limits}
	Copy(&other, b.cell.Space, b.cell.Kind, b.cell.B)
	if f := Freer(b.cell.Where, b.cell.Space, b.cell.Kind, b.cell.B); f != nil {
		for !f.Step(1 + b.choose(4)) {
		}
	}
	b.cell.B = bytes.Clone(other.B)
}

func (b *bench) take() {
	if b.pin == nil {
		b.pinned, b.then = bytes.Clone(b.cell.B), b.model.clone()
		b.pin = b.heap.Pin()
	}
}

func (b *bench) release() {
	if b.pin != nil {
		b.then.check(b.t, Of(b.cell.Space, b.cell.Kind, b.pinned))
		b.pin.Release(func(_ int, fn func()) { fn() })
		b.pin = nil
	}
}

// checkNodes compares the nodes of the stream with all there are.
func (b *bench) checkNodes() {
	used := int64(0)
	Nodes(b.cell.Space, b.cell.Kind, b.cell.B, func(ref page.Ref) { used += int64(b.heap.Size(ref)) })
	if used != b.heap.Used() {
		b.t.Fatalf("nodes of %d bytes, the heap has %d", used, b.heap.Used())
	}
}

func (b *bench) run() {
	for len(b.in) > 0 {
		switch b.choose(32) {
		case 0, 1, 2:
			b.delete()
		case 3:
			b.trim()
		case 4:
			b.changeGroups()
		case 5, 6, 7, 8, 9, 10:
			b.changeGroup()
		case 11:
			b.take()
		case 12:
			b.release()
		case 13:
			if b.choose(8) == 0 {
				b.copyAndFree()
			}
		case 14:
			from, to := b.id(), b.id()
			b.model.checkRange(b.t, b.stream(), from, to)
		case 15:
			b.model.check(b.t, b.stream())
		default:
			for range 1 + b.choose(12) {
				b.append()
			}
		}
	}
	b.release()
	b.model.check(b.t, b.stream())
	b.checkNodes()
	b.reload()
	if f := Freer(b.cell.Where, b.cell.Space, b.cell.Kind, b.cell.B); f != nil {
		for !f.Step(3) {
		}
	}
	if b.heap.Used() != 0 {
		b.t.Fatalf("%d bytes of nodes are left", b.heap.Used())
	}
	if err := b.heap.Check(nil); err != nil {
		b.t.Fatal(err)
	}
}

// reload saves the stream as files do, and loads it in the place of itself.
func (b *bench) reload() {
	s := b.stream()
	other := value.Cell{Space: b.cell.Space, Where: b.cell.Where, Limits: b.cell.Limits}
	load := Build(&other)
	must := func(err error) {
		b.t.Helper()
		if err != nil {
			b.t.Fatal(err)
		}
	}
	s.EachPack(func(id ID, lp []byte) { must(load.Pack(id, lp)) })
	must(load.SetMeta(s.Meta(), false))
	s.EachGroup(func(name []byte, g Group) {
		must(load.Group(name, g.LastID(), g.Read(), false))
		g.PendingFrom(ID{}, func(p Pending) bool {
			must(load.Pending(p.ID, p.Time, p.Count))
			return true
		})
		g.EachConsumer(func(name []byte, c Consumer) {
			must(load.Consumer(name, c.Seen))
			g.OwnedFrom(c.Number, ID{}, func(p Pending) bool {
				must(load.Owned(p.ID))
				return true
			})
		})
		must(load.EndGroup())
	})
	if f := Freer(b.cell.Where, b.cell.Space, b.cell.Kind, b.cell.B); f != nil {
		for !f.Step(100) {
		}
	}
	b.cell.B = bytes.Clone(other.B)
	b.model.check(b.t, b.stream())
	b.checkNodes()
}

var modelLimits = []value.Limits{
	{StreamNodeMaxBytes: 4096, StreamNodeMaxEntries: 100},
	{StreamNodeMaxBytes: 200, StreamNodeMaxEntries: 3},
	{StreamNodeMaxEntries: 10},
	{StreamNodeMaxBytes: 100000},
	{},
}

// TestModel compares streams with Go's own data, with pins.
func TestModel(t *testing.T) {
	for i, limits := range modelLimits {
		for _, guard := range []bool{false, true} {
			seed := rand.Uint64()
			t.Logf("limits %d, guard %v: seed %d", i, guard, seed)
			in := make([]byte, 12000)
			rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24)}).Read(in)
			newBench(t, guard, limits, in).run()
		}
	}
}

// FuzzModel is TestModel with operations of the fuzzer's choice.
func FuzzModel(f *testing.F) {
	f.Add([]byte{255, 100, 3, 50, 200, 9, 8, 7, 40, 1, 2, 3, 4, 5, 6, 120, 30, 20})
	f.Fuzz(func(t *testing.T, in []byte) {
		newBench(t, false, modelLimits[len(in)%len(modelLimits)], in[:min(len(in), 2000)]).run()
	})
}

// FuzzPack: what is taken for a pack can be read and changed without a panic. The
// fuzzer chooses the elements: numbers below 0xf0, else a text.
func FuzzPack(f *testing.F) {
	f.Add([]byte{1, 0, 1, 0xf1, 0, 2, 0, 0, 0xf2, 4})
	f.Add([]byte{2, 1, 0, 0, 2, 0, 0, 3, 0, 0, 1, 2, 0xf1, 0xf2, 0xf3, 0xf4, 8, 1, 1, 0, 1, 7, 7, 6})
	f.Fuzz(func(t *testing.T, in []byte) {
		lp := listpack.New(nil)
		for _, c := range in {
			if c < 0xf0 {
				lp = listpack.AppendInt(lp, int64(int8(c<<1))/2)
			} else {
				lp = listpack.Append(lp, []byte{c, 'x'}[:c%3])
			}
		}
		tryPack(t, lp)
	})
}

// FuzzPackBytes is FuzzPack with any bytes.
func FuzzPackBytes(f *testing.F) {
	f.Add([]byte("\x1b\x00\x00\x00\x0a\x00\x01\x01\x00\x01\x01\x01\x81f\x02\x00\x01\x02\x01\x00\x01\x00\x01\x07\x01\x04\x01\xff"))
	f.Fuzz(tryPack)
}

func tryPack(t *testing.T, lp []byte) {
	b := newBench(t, false, modelLimits[0], nil)
	load := Build(&b.cell)
	if load.Pack(ID{1, 1}, lp) != nil {
		return
	}
	if err := load.SetMeta(Meta{Length: live(lp), Last: MaxID}, true); err != nil {
		t.Fatal(err)
	}
	e := Edit(&b.cell)
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	forwards, backwards := e.Range(ID{}, MaxID), e.RangeBack(ID{}, MaxID)
	for range e.Len() {
		if !forwards.Next() || !backwards.Next() {
			t.Fatal("entries are missing")
		}
		for range 2 * backwards.Fields() {
			backwards.Elem()
		}
	}
	e.Append(MaxID, [][]byte{[]byte("f"), []byte("v")})
	e.Trim(Trim{ByLength: true, Length: e.Len() / 2})
	for e.Len() > 0 {
		if id := e.FirstID(); !e.Delete(id) {
			t.Fatalf("%v is not there", id)
		}
	}
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
}
