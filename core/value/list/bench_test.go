package list

import (
	"fmt"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// large is a stored list of n elements of 10 bytes.
func large(b *testing.B, n int) *model {
	h, err := page.New(page.Options{Reserve: 1 << 32})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.Close)
	m := &model{t: b, heap: h, limits: *value.DefaultLimits()}
	for i := range n {
		m.change(func(c *value.Cell) { Push(c, false, [][]byte{fmt.Appendf(nil, "%010dx", i)}) })
	}
	return m
}

// change runs fn as a command would, without the model's slice.
func (m *model) change(fn func(c *value.Cell)) {
	fn(m.open())
	if m.cell.Changed {
		m.entry = entry{m.cell.Kind, append(m.entry.b[:0], m.cell.B...)}
	}
}

func BenchmarkPush(b *testing.B) {
	for _, head := range []bool{true, false} {
		b.Run(fmt.Sprintf("head=%t", head), func(b *testing.B) {
			m := large(b, 10000)
			elems := [][]byte{[]byte("element:1234567")}
			for b.Loop() {
				m.change(func(c *value.Cell) { Push(c, head, elems) })
			}
			b.ReportMetric(float64(m.heap.Used())/float64(m.len()), "B/elem")
		})
	}
}

func (m *model) len() int64 {
	l := Of(value.Space{Heap: m.heap}, m.entry.kind, m.entry.b)
	return l.Len()
}

func BenchmarkPushPop(b *testing.B) {
	for _, head := range []bool{true, false} {
		b.Run(fmt.Sprintf("head=%t", head), func(b *testing.B) {
			m := large(b, 10000)
			elems := [][]byte{[]byte("element:1234567")}
			for b.Loop() {
				m.change(func(c *value.Cell) { Push(c, head, elems) })
				m.change(func(c *value.Cell) { Drop(c, !head, 1) })
			}
		})
	}
}

func BenchmarkRange(b *testing.B) {
	m := large(b, 10000)
	out := make([]byte, 0, 1<<16)
	for b.Loop() {
		l := Of(value.Space{Heap: m.heap}, m.entry.kind, m.entry.b)
		var it Iter
		out = out[:0]
		for i, ok := 0, it.Seek(&l, 0); ok && i < 600; i++ {
			out = it.AppendElem(out)
			ok = it.Next()
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	m := large(b, 1_000_000)
	for i := 0; b.Loop(); i++ {
		l := Of(value.Space{Heap: m.heap}, m.entry.kind, m.entry.b)
		var it Iter
		it.Seek(&l, int64(i)*7919%1_000_000)
	}
}

func BenchmarkRemoveAll(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		m := large(b, 100_000)
		b.StartTimer()
		s := Seeking([]byte("nosuch"))
		m.change(func(c *value.Cell) { Remove(c, &s, 0, false) })
	}
}
