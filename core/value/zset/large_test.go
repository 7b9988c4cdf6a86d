package zset

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// TestLarge builds a set of a million members in random order and takes it apart.
func TestLarge(t *testing.T) {
	n := 1_000_000
	if testing.Short() || invariant.Enabled {
		n = 20_000
	}
	m := newModel(t, nil, false)
	s := &m.sets[0]
	rnd := rand.New(rand.NewPCG(1, 1))
	order := rnd.Perm(n)
	edit := func(fn func(e *Editor)) {
		m.cell.Reset(s.kind, s.b)
		e := Edit(&m.cell)
		fn(&e)
		e.Close()
		m.keep(s)
	}
	member := func(i int) []byte { return fmt.Appendf(nil, "member:%09d", i) }
	edit(func(e *Editor) {
		for _, i := range order {
			if outcome, _ := e.Add(member(i), float64(i/2), 0); outcome != Added {
				t.Fatalf("%d is there already", i)
			}
		}
	})
	z := Of(m.space, s.kind, s.b)
	t.Logf("%.1f bytes a member of 16", float64(m.heap.Used())/float64(n))
	for range 1000 {
		i := rnd.IntN(n)
		if rank, score, ok := z.Rank(member(i)); !ok || rank != int64(i) || score != float64(i/2) {
			t.Fatalf("member %d has rank %d and score %v", i, rank, score)
		}
		if at := z.At(int64(i)); string(at.Member()) != string(member(i)) {
			t.Fatalf("at %d is %s", i, at.Member())
		}
		r := ScoreRange{Min: float64(i / 2), Max: float64(i/2 + 100), MinEx: true}
		if from, to := z.ByScore(&r, false, 1<<62); from != int64(i/2*2+2) && from != int64(n) || to != min(from+200, int64(n)) {
			t.Fatalf("%+v is [%d,%d)", r, from, to)
		}
	}
	pin, before := m.heap.Pin(), s.clone()
	edit(func(e *Editor) { e.RemoveRanks(int64(n/4), int64(n)) })
	edit(func(e *Editor) {
		for i := range n / 4 {
			e.Add(member(i), 0.5, Increment)
		}
	})
	if z = Of(m.space, s.kind, s.b); z.Len() != int64(n/4) {
		t.Fatalf("%d members are left", z.Len())
	}
	last := z.At(z.Len() - 1)
	if want := float64((n/4-1)/2) + 0.5; last.Score() != want {
		t.Fatalf("the last score is %v, want %v", last.Score(), want)
	}
	z = Of(m.space, before.kind, before.b)
	if last = z.At(int64(n - 1)); z.Len() != int64(n) || last.Score() != float64((n-1)/2) {
		t.Fatal("the pin sees changes")
	}
	pin.Release(func(_ int, fn func()) { fn() })
	audit := m.heap.Audit()
	note := audit.Version()
	for _, s := range m.sets {
		Nodes(m.space, s.kind, s.b, note)
	}
	if err := audit.Check(); err != nil {
		t.Fatal(err)
	}
	for i := range m.sets {
		m.free(&m.sets[i], 100)
	}
	if used := m.heap.Used(); used != 0 {
		t.Fatalf("%d bytes of nodes are left", used)
	}
}

func benchmarkSet(b *testing.B, n int) (*Editor, [][]byte) {
	heap, err := page.New(page.Options{Reserve: 1 << 31})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(heap.Close)
	c := &value.Cell{Space: value.Space{Heap: heap, Hash: fnv}, Where: value.Where{Arena: heap.Arena(0)}, Limits: value.DefaultLimits()}
	New(c)
	e := Edit(c)
	members := make([][]byte, n)
	for i := range members {
		members[i] = fmt.Appendf(nil, "member:%09d", i)
		e.Add(members[i], rand.Float64(), 0)
	}
	return &e, members
}

func BenchmarkUpdate(b *testing.B) {
	for _, n := range []int{100, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, members := benchmarkSet(b, n)
			for b.Loop() {
				e.Add(members[rand.IntN(n)], rand.Float64(), 0)
			}
		})
	}
}

func BenchmarkRank(b *testing.B) {
	for _, n := range []int{100, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, members := benchmarkSet(b, n)
			z := e.View()
			for b.Loop() {
				z.Rank(members[rand.IntN(n)])
			}
		})
	}
}

func BenchmarkByScoreAndWalk(b *testing.B) {
	for _, n := range []int{100, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			e, _ := benchmarkSet(b, n)
			z := e.View()
			for b.Loop() {
				r := ScoreRange{Min: rand.Float64() * 0.9, Max: 1}
				from, to := z.ByScore(&r, false, 10)
				at := z.At(from)
				for i := from; i < min(to, from+10); i++ {
					at.Member()
					at.Score()
					at.Next()
				}
			}
		})
	}
}
