package zset

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
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
	model map[string]float64
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
	heap  *page.Heap
	place value.Where
	space value.Space
	cell  value.Cell // as the keyspace has one, used again and again
	limit value.Limits
	sets  []stored
	pins  []version
}

func newModel(t testing.TB, in []byte, guard bool) *model {
	h, err := page.New(page.Options{Reserve: 1 << 28, Guard: guard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	m := &model{t: t, in: in, heap: h, place: value.Where{Arena: h.Arena(0), Table: 1, Pos: 7},
		space: value.Space{Heap: h, Hash: fnv}, limit: *value.DefaultLimits(), sets: make([]stored, 3)}
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

func (m *model) member() []byte {
	a, b := m.byte(), m.byte()
	switch a % 8 {
	case 0:
		return []byte("text " + strconv.Itoa(b))
	case 1:
		return bytes.Repeat([]byte{'x'}, []int{0, 1, 63, 64, 65, 247, 248, 255, 256, 1000, 5000}[b%11])
	case 2:
		return []byte([]string{"-0", "007", "9223372036854775808", "-9223372036854775808", "\x00", "\xff\xff"}[b%6])
	case 3:
		return fmt.Appendf(nil, "%02x:%02x", a, b)
	}
	return strconv.AppendInt(nil, int64(b-100), 10)
}

func (m *model) score() float64 {
	a, b := m.byte(), m.byte()
	switch a % 8 {
	case 0:
		return []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.SmallestNonzeroFloat64}[b%6]
	case 1:
		return []float64{1 << 62, -1 << 62, 1<<62 + 1<<12, -1<<62 - 1<<12, 1e17, 0.1}[b%6]
	case 2:
		return float64(b)/7 - 10
	case 3:
		return 5
	}
	return float64(b - 128)
}

// change opens s, calls fn, and stores what changed.
func (m *model) change(s *stored, fn func(e *Editor)) {
	m.cell.Reset(s.kind, s.b)
	e := Edit(&m.cell)
	fn(&e)
	if empty := e.Close(); empty != (len(s.model) == 0) {
		m.t.Fatalf("Z2: empty is %t of %d members", empty, len(s.model))
	} else if empty {
		m.free(s, 1000)
		m.reset(s)
		return
	}
	m.keep(s)
}

func (m *model) keep(s *stored) {
	s.kind = m.cell.Kind
	if m.cell.Changed {
		s.b = bytes.Clone(m.cell.B)
	}
}

func (m *model) reset(s *stored) {
	m.cell.Reset(0, nil)
	New(&m.cell)
	m.keep(s)
	s.model = map[string]float64{}
}

// free drops the set step by step.
func (m *model) free(s *stored, step int) {
	if f := Freer(m.place, m.space, s.kind, s.b); f != nil {
		for !f.Step(step) {
		}
	}
	s.kind, s.b = 0, nil
}

func (m *model) add(s *stored, member []byte, score float64, mode Mode) {
	old, there := s.model[string(member)]
	want, now := Added, score
	switch {
	case there && mode&Increment != 0:
		now += old
		fallthrough
	case there:
		want = Updated
		if now == old {
			want = Unchanged
		}
	}
	switch {
	case there && mode&OnlyNew != 0, !there && mode&OnlyPresent != 0:
		want = Declined
	case now != now:
		want = NotANumber
	case there && (mode&OnlyGreater != 0 && now <= old || mode&OnlyLess != 0 && now >= old):
		want = Declined
	}
	if want == Added || want == Updated {
		s.model[string(member)] = now
	}
	if !there && want == Declined && len(s.model) == 0 {
		return // an empty set is not left behind
	}
	m.change(s, func(e *Editor) {
		got, result := e.Add(member, score, mode)
		if got != want || got != Declined && got != NotANumber && result != now {
			m.t.Fatalf("adding %.80q %v with mode %d: %d %v, want %d %v", member, score, mode, got, result, want, now)
		}
		if e.pack != nil && now == 0 && want != Unchanged && want != Declined {
			s.model[string(member)] = 0 // without its sign
		}
	})
}

func (m *model) remove(s *stored, member []byte) {
	_, there := s.model[string(member)]
	delete(s.model, string(member))
	if len(s.model) == 0 && !there {
		return
	}
	m.change(s, func(e *Editor) {
		if removed := e.Remove(member); removed != there {
			m.t.Fatalf("removing %.80q says %t", member, removed)
		}
	})
}

type pair struct {
	member string
	score  float64
}

// sorted is the model in order.
func sorted(model map[string]float64) (list []pair) {
	for member, score := range model {
		list = append(list, pair{member, score})
	}
	slices.SortFunc(list, func(a, b pair) int {
		if c := cmp.Compare(a.score, b.score); c != 0 {
			return c
		}
		return cmp.Compare(a.member, b.member)
	})
	return list
}

func (m *model) step() {
	op, s := m.byte(), &m.sets[m.byte()%len(m.sets)]
	switch op % 16 {
	case 0, 1, 2:
		m.add(s, m.member(), m.score(), 0)
	case 3:
		m.add(s, m.member(), m.score(), Mode(m.byte()%32))
	case 4: // a run, past the thresholds
		i, step := m.byte()*4, float64(m.byte()%3)
		for n := m.byte(); n > 0; n-- {
			m.add(s, strconv.AppendInt(nil, int64(i+n), 10), step*float64(n), 0)
		}
	case 5:
		for n, i := m.byte(), m.byte(); n > 0; n-- {
			m.add(s, fmt.Appendf(nil, "t%d", i+n), m.score(), Increment)
		}
	case 6, 7:
		m.remove(s, m.member())
	case 8: // some of those that are there
		list := sorted(s.model)
		for n := m.byte() / 2; n > 0 && len(list) > 0; n-- {
			i := rand.IntN(len(list))
			m.remove(s, []byte(list[i].member))
			list = slices.Delete(list, i, i+1)
		}
	case 9:
		list := sorted(s.model)
		if len(list) == 0 {
			return
		}
		from := m.byte() * len(list) / 256
		to := from + (m.byte()*(len(list)-from)+255)/256
		for _, p := range list[from:to] {
			delete(s.model, p.member)
		}
		m.change(s, func(e *Editor) { e.RemoveRanks(int64(from), int64(to)) })
	case 10:
		m.free(s, 1+m.byte())
		m.reset(s)
	case 11:
		from := &m.sets[m.byte()%len(m.sets)]
		if from == s {
			return
		}
		m.free(s, 1000)
		m.cell.Reset(0, nil)
		Copy(&m.cell, m.space, from.kind, from.b)
		m.keep(s)
		s.model = maps.Clone(from.model)
	case 12: // in order
		m.free(s, 1000)
		m.reset(s)
		list := make([]pair, m.byte())
		for i := range list {
			list[i] = pair{fmt.Sprintf("%03d", i), float64(i / 3)}
			s.model[list[i].member] = list[i].score
		}
		if len(list) > 0 {
			m.change(s, func(e *Editor) {
				for _, p := range list {
					e.Append([]byte(p.member), p.score)
				}
			})
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
		m.limit.ZSetMaxListpackEntries = []int{128, 0, 5, 1000}[m.byte()%4]
		m.limit.ZSetMaxListpackValue = []int{64, 10, 300}[m.byte()%3]
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
		z, want := Of(m.space, sets[i].kind, sets[i].b), sorted(sets[i].model)
		if z.Len() != int64(len(want)) {
			m.t.Fatalf("set %d of kind %#x has %d members, want %d", i, sets[i].kind, z.Len(), len(want))
		}
		m.compareOrder(&z, want)
		m.compareRanges(&z, want)
		m.compareMembers(&z, sets[i].model)
		if pack := z.Packed(); pack != nil {
			if _, err := listpack.Validate(pack, true); err != nil {
				m.t.Fatalf("set %d: %v: % x", i, err, pack)
			}
		}
	}
}

func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

func (m *model) compareOrder(z *ZSet, want []pair) {
	m.t.Helper()
	at := z.At(0)
	for i, p := range want {
		if !at.Valid() || string(at.Member()) != p.member || !same(at.Score(), p.score) {
			m.t.Fatalf("Z1: at %d is %.80q %v, want %.80q %v", i, at.Member(), at.Score(), p.member, p.score)
		}
		rank, score, ok := z.Rank([]byte(p.member))
		if rank != int64(i) || !same(score, p.score) || !ok {
			m.t.Fatalf("the rank of %.80q is %d (%v, %t), want %d", p.member, rank, score, ok, i)
		}
		at.Next()
	}
	if at.Valid() {
		m.t.Fatal("a cursor goes on behind the end")
	}
	at = z.At(int64(len(want)) - 1)
	for i := len(want) - 1; i >= 0; i-- {
		if string(at.Member()) != want[i].member {
			m.t.Fatalf("backwards at %d is %.80q, want %.80q", i, at.Member(), want[i].member)
		}
		at.Prev()
	}
	if at.Valid() {
		m.t.Fatal("a cursor goes on before the start")
	}
}

func (m *model) compareRanges(z *ZSet, want []pair) {
	m.t.Helper()
	if len(want) == 0 {
		return
	}
	any := func() float64 {
		s := want[rand.IntN(len(want))].score
		return []float64{s, s, s + 1, math.Inf(1), math.Inf(-1)}[rand.IntN(5)]
	}
	for range 10 {
		r := ScoreRange{Min: any(), Max: any(), MinEx: rand.IntN(2) == 0, MaxEx: rand.IntN(2) == 0}
		n := 0
		for _, p := range want {
			if r.above(p.score) && r.below(p.score) {
				n++
			}
		}
		from, to := z.ByScore(&r, false, math.MaxInt64)
		if int(to-from) != n || n > 0 && !(r.above(want[from].score) && r.below(want[to-1].score)) {
			m.t.Fatalf("%+v is [%d,%d), want %d", r, from, to, n)
		}
		if back, end := z.ByScore(&r, true, math.MaxInt64); end-back != to-from || n > 0 && back != from {
			m.t.Fatalf("%+v is [%d,%d) from the end, [%d,%d) from the start", r, back, end, from, to)
		}
		most := int64(rand.IntN(5))
		if a, b := z.ByScore(&r, false, most); b-a < min(most, int64(n)) || n > 0 && (a != from || b > to) {
			m.t.Fatalf("the first %d of [%d,%d) are [%d,%d)", most, from, to, a, b)
		}
		if a, b := z.ByScore(&r, true, most); b-a < min(most, int64(n)) || n > 0 && (a < from || b != to) {
			m.t.Fatalf("the last %d of [%d,%d) are [%d,%d)", most, from, to, a, b)
		}
	}
	if want[0].score != want[len(want)-1].score {
		return
	}
	end := func() LexEnd {
		p := want[rand.IntN(len(want))].member
		return LexEnd{Member: []byte([]string{p, p, p + "x", ""}[rand.IntN(4)]), Ex: rand.IntN(2) == 0, Infinite: max(rand.IntN(5)-3, 0) * (1 - 2*rand.IntN(2))}
	}
	for range 10 {
		r := LexRange{Min: end(), Max: end()}
		n := 0
		for _, p := range want {
			if b := []byte(p.member); r.above(b) && r.below(b) {
				n++
			}
		}
		for _, reverse := range []bool{false, true} {
			from, to := z.ByMember(&r, reverse)
			if int(to-from) != n || n > 0 && !(r.above([]byte(want[from].member)) && r.below([]byte(want[to-1].member))) {
				m.t.Fatalf("%+v is [%d,%d), want %d", r, from, to, n)
			}
		}
	}
}

func (m *model) compareMembers(z *ZSet, want map[string]float64) {
	m.t.Helper()
	if _, there := z.Score([]byte("absent")); there {
		m.t.Fatal("what was never added")
	}
	n := 0
	z.Each(func(member []byte, score float64) bool {
		n++
		s, there := z.Score(member)
		if w, ok := want[string(member)]; !ok || !there || !same(s, w) || !same(score, w) {
			m.t.Fatalf("Z1: %.80q has the score %v and %v, want %v", member, score, s, w)
		}
		return true
	})
	seen := map[string]bool{}
	for cursor, first := uint64(0), true; first || cursor != 0; first = false {
		cursor = z.Scan(cursor, 7, func(member []byte, _ float64) { seen[string(member)] = true })
	}
	if n != len(want) || len(seen) != n {
		m.t.Fatalf("%d members, %d of them found by scans, want %d", n, len(seen), len(want))
	}
}

// check verifies sets, pins, tables, trees and that no node is lost.
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
		if s.kind == value.ZSetTree {
			z := Of(m.space, s.kind, s.b)
			if err := z.tree.Check(func(page.Ref) {}); err != nil {
				m.t.Fatal(err)
			}
		}
	}
}

func (m *model) run() {
	for n := 0; len(m.in) > 0; n++ {
		m.step()
		if n%16 == 0 {
			m.check()
		}
	}
	m.check()
	for len(m.pins) > 0 {
		m.release(0)
	}
	for i := range m.sets {
		m.free(&m.sets[i], 3)
	}
	m.sets = nil
	m.check()
	if used := m.heap.Used(); used != 0 {
		m.t.Fatalf("%d bytes of nodes are left", used)
	}
}

func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		in := make([]byte, 3000)
		for i := range in {
			in[i] = byte(rnd.Uint32())
		}
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { newModel(t, in, seed%8 == 0).run() })
	}
}

func FuzzModel(f *testing.F) {
	f.Add([]byte("\x04\x00\x00\x01\xff\x0d\x00\x09\x00\x10\x80\x0e\x00\x00"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if len(in) < 2000 {
			newModel(t, in, false).run()
		}
	})
}
