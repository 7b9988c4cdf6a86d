package stream

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

func newCell(b *testing.B) *value.Cell {
	h, err := page.New(page.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.Close)
	c := &value.Cell{Limits: value.DefaultLimits()}
	c.Space.Heap = h
	c.Where = value.Where{Arena: h.Arena(0), Table: 1, Pos: 7}
	New(c)
	return c
}

var pairs = [][]byte{[]byte("field"), []byte("value"), []byte("other"), []byte("12345")}

func fill(c *value.Cell, n int) {
	e := Edit(c)
	for i := range n {
		e.Append(fillID(i), pairs)
	}
}

func fillID(i int) ID { return ID{uint64(1700000000000 + i/5), uint64(i % 5)} }

func BenchmarkAppend(b *testing.B) {
	c := newCell(b)
	b.ReportAllocs()
	b.ResetTimer()
	fill(c, b.N)
	b.ReportMetric(float64(c.Space.Heap.Used())/float64(b.N), "B/entry")
}

// BenchmarkSeek finds single entries.
func BenchmarkSeek(b *testing.B) {
	c := newCell(b)
	const n = 1_000_000
	fill(c, n)
	s := Of(c.Space, c.Kind, c.B)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		k := i * 7919 % n
		if !s.Has(fillID(k)) {
			b.Fatal(k)
		}
	}
}

// BenchmarkWalk reads entries with all elements.
func BenchmarkWalk(b *testing.B) {
	c := newCell(b)
	fill(c, 100_000)
	s := Of(c.Space, c.Kind, c.B)
	it := s.Range(ID{}, MaxID)
	b.ReportAllocs()
	for b.Loop() {
		if !it.Next() {
			it = s.Range(ID{}, MaxID)
			continue
		}
		for range 2 * it.Fields() {
			it.Elem()
		}
	}
}

// BenchmarkDeliver gives entries to a consumer and acknowledges them.
func BenchmarkDeliver(b *testing.B) {
	c := newCell(b)
	e := Edit(c)
	e.CreateGroup([]byte("group"), ID{}, 0)
	g, _ := e.EditGroup([]byte("group"))
	number, _ := g.CreateConsumer([]byte("consumer"), 0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		g.SetPending(Pending{ID{1700000000000, uint64(i)}, number, 1, 1})
		if i > 1000 {
			g.Acknowledge(ID{1700000000000, uint64(i - 1000)})
		}
	}
}
