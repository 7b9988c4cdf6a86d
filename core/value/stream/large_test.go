package stream

import (
	"fmt"
	"math"
	"testing"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// TestLarge: a stream of many entries and pending ones is found in by its IDs,
// trimmed, and freed in small steps.
func TestLarge(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	b := newBench(t, false, *value.DefaultLimits(), nil)
	n, pending := 1_000_000, 200_000
	if invariant.Enabled { // which reads a pack with each entry
		n, pending = 40_000, 8_000
	}
	fill(&b.cell, n)
	e := Edit(&b.cell)
	e.CreateGroup([]byte("group"), ID{}, 0)
	g, _ := e.EditGroup([]byte("group"))
	for i := range pending {
		name := []byte{'c', byte(i % 7)}
		number, known := g.See(name, 5)
		if !known {
			number, _ = g.CreateConsumer(name, 5)
		}
		g.SetPending(Pending{fillID(i * 5), number, int64(i), 1})
	}
	if e.Len() != int64(n) || g.Pending() != int64(pending) || g.PendingOf(0) != int64(pending)/7+1 || e.Packs() > int64(n/99) {
		t.Fatalf("%d entries in %d packs, %d pending, %d of the first consumer", e.Len(), e.Packs(), g.Pending(), g.PendingOf(0))
	}
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	for i := 0; i < n; i += 997 {
		it := e.Range(fillID(i), MaxID)
		if !it.Next() || it.ID() != fillID(i) || !e.Has(fillID(i)) || e.Has(ID{fillID(i).Ms, 7}) {
			t.Fatalf("entry %d is not found", i)
		}
	}
	if deleted := e.Trim(Trim{ByID: true, MinID: fillID(n / 2)}); deleted != int64(n/2) || e.FirstID() != fillID(n/2) {
		t.Fatalf("%d trimmed, the first is %v", deleted, e.FirstID())
	}
	b.checkNodes()
	freeInSteps(t, b)
}

// freeInSteps frees the stream and checks that each step takes its share.
func freeInSteps(t *testing.T, b *bench) {
	nodes := 0
	Nodes(b.cell.Space, b.cell.Kind, b.cell.B, func(page.Ref) { nodes++ })
	f := Freer(b.cell.Where, b.cell.Space, b.cell.Kind, b.cell.B)
	const step = 100
	steps, most := 1, int64(0)
	for before := b.heap.Used(); !f.Step(step); steps++ {
		most = max(most, before-b.heap.Used())
		before = b.heap.Used()
	}
	// A leaf of the tree of packs goes with its packs, some hundreds.
	if steps < nodes/step/4 || most > 10*step*int64(page.ClassSize(4096)) {
		t.Errorf("%d nodes freed in %d steps, %d bytes at most in one", nodes, steps, most)
	}
	if b.heap.Used() != 0 {
		t.Errorf("%d bytes of nodes are left", b.heap.Used())
	}
}

// TestLongElements: an entry may be as large as a client sends; it has a pack of
// its own.
func TestLongElements(t *testing.T) {
	b := newBench(t, false, *value.DefaultLimits(), nil)
	e := Edit(&b.cell)
	long := make([]byte, 20<<20)
	for i := range 5 {
		if !e.Append(ID{1, uint64(i + 1)}, [][]byte{[]byte("field"), long[:i*5<<20]}) {
			t.Fatal("not appended")
		}
	}
	it := e.RangeBack(ID{}, MaxID)
	for i := 4; it.Next(); i-- {
		it.Elem()
		if v, _, _ := it.Elem(); len(v) != i*5<<20 {
			t.Fatalf("entry %v has %d bytes", it.ID(), len(v))
		}
	}
	if err := e.Check(); err != nil || e.Packs() < 3 {
		t.Fatalf("%d packs: %v", e.Packs(), err)
	}
	if !e.Delete(ID{1, 3}) || !e.Delete(ID{1, 5}) {
		t.Fatal("not deleted")
	}
	b.checkNodes()
}

// TestSmallStream: what a stream of a few entries takes.
func TestSmallStream(t *testing.T) {
	b := newBench(t, false, *value.DefaultLimits(), nil)
	fill(&b.cell, 5)
	if used := b.heap.Used(); used > 256 {
		t.Errorf("%d bytes of nodes for 5 entries", used)
	}
}

// TestIDsAtTheEnd: the greatest IDs are like any others.
func TestIDsAtTheEnd(t *testing.T) {
	b := newBench(t, false, modelLimits[1], nil)
	e := Edit(&b.cell)
	const m = math.MaxUint64
	ids := []ID{{0, 1}, {0, m}, {1, 0}, {m - 1, m}, {m, 0}, {m, m - 1}, {m, m}}
	for _, id := range ids {
		e.Append(id, pairs)
	}
	for i, id := range ids {
		it := e.Range(id, MaxID)
		for _, want := range ids[i:] {
			if !it.Next() || it.ID() != want {
				t.Fatalf("from %v: %v, want %v", id, it.ID(), want)
			}
		}
	}
	if _, ok := e.NextID(m); ok {
		t.Error("there is an ID behind the greatest")
	}
	if _, ok := e.NextIDAt(m); ok {
		t.Error("there is an ID behind the greatest of its ms")
	}
}

// TestLayout: a pack is the bytes that the package comment shows.
func TestLayout(t *testing.T) {
	b := newBench(t, false, *value.DefaultLimits(), nil)
	Edit(&b.cell).Append(ID{1, 1}, [][]byte{[]byte("f"), []byte("v")})
	const want = "1d 00 00 00 0a 00 01 01 00 01 01 01 81 66 02 00 01 02 01 00 01 00 01 81 76 02 04 01 ff"
	b.stream().EachPack(func(id ID, lp []byte) {
		if got := fmt.Sprintf("% x", lp); id != (ID{1, 1}) || got != want {
			t.Errorf("pack %v\n have %s\n want %s", id, got, want)
		}
	})
}
