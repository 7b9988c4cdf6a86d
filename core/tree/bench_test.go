package tree

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

// scoreKeys are n keys as a sorted set makes them: a score in [0, 1), in order-
// preserving form, and a member of 12 bytes.
func scoreKeys(n int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	keys := make([][]byte, n)
	text := make([]byte, 0, 20*n)
	for i := range keys {
		text = be.AppendUint64(text, math.Float64bits(r.Float64())|1<<63)
		text = fmt.Appendf(text, "m:%010d", i)
		keys[i] = text[20*i : 20*i+20]
	}
	return keys
}

// timeKeys are n keys in ascending order: a time as the score, and a member.
func timeKeys(n int) [][]byte {
	keys := make([][]byte, n)
	for i := range keys {
		k := be.AppendUint64(nil, math.Float64bits(1.7e12+float64(i/3))|1<<63)
		keys[i] = fmt.Appendf(k, "m:%010d", i)
	}
	return keys
}

func newTree(b testing.TB) Tree {
	h, err := page.New(page.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(h.Close)
	return Open(page.Place{Arena: h.Arena(0)}, 0, 0)
}

// BenchmarkTree runs each operation over trees of some sizes, in random order.
func BenchmarkTree(b *testing.B) {
	for _, size := range []int{128, 1e4, 1e5, 1e6} {
		keys := scoreKeys(size)
		other := rand.New(rand.NewPCG(3, 4)).Perm(size)
		b.Run(fmt.Sprintf("n=%d/insert", size), func(b *testing.B) {
			benchFill(b, keys)
		})
		b.Run(fmt.Sprintf("n=%d/append", size), func(b *testing.B) {
			benchFill(b, timeKeys(size))
		})
		t := newTree(b)
		for _, k := range keys {
			t.Set(k, nil)
		}
		each := func(name string, fn func(k []byte)) {
			b.Run(fmt.Sprintf("n=%d/%s", size, name), func(b *testing.B) {
				b.ReportAllocs()
				for n := range b.N {
					fn(keys[other[n%size]])
				}
			})
		}
		each("get", func(k []byte) { t.Get(k) })
		each("rank", func(k []byte) { t.Rank(k) })
		each("seek", func(k []byte) {
			if c := t.Seek(k); !c.Valid() {
				b.Fatal("not there")
			}
		})
		// A set of the same size to which entries come and from which they go,
		// as a changed score does both.
		moved := make([][]byte, size)
		for i := range moved {
			moved[i] = append([]byte(nil), keys[i]...)
		}
		r := rand.New(rand.NewPCG(5, 6))
		each("delete+insert", func([]byte) {
			k := moved[r.IntN(size)]
			t.Delete(k)
			be.PutUint64(k, math.Float64bits(r.Float64())|1<<63)
			t.Set(k, nil)
		})
		b.Run(fmt.Sprintf("n=%d/next", size), func(b *testing.B) {
			c := t.First()
			for range b.N {
				_ = c.Key()
				if !c.Next() {
					c = t.First()
				}
			}
		})
		b.Run(fmt.Sprintf("n=%d/copy", size), func(b *testing.B) {
			for n := 0; n < b.N; n += size {
				c := t.Copy(t.place, nil)
				b.StopTimer()
				c.Free()
				b.StartTimer()
			}
		})
		b.Run(fmt.Sprintf("n=%d/delete range", size), func(b *testing.B) {
			for n := 0; n < b.N; n += size {
				b.StopTimer()
				c := t.Copy(t.place, nil)
				b.StartTimer()
				c.DeleteRange(0, int64(min(size, b.N-n)), func(_, _ []byte) {})
				b.StopTimer()
				c.Free()
				b.StartTimer()
			}
		})
	}
}

// benchFill inserts keys into an empty tree again and again.
func benchFill(b *testing.B, keys [][]byte) {
	b.ReportAllocs()
	h, err := page.New(page.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	t := Open(page.Place{Arena: h.Arena(0)}, 0, 0)
	for n := range b.N {
		if n%len(keys) == 0 {
			b.StopTimer()
			t.Free()
			b.StartTimer()
		}
		t.Set(keys[n%len(keys)], nil)
	}
	if b.N >= len(keys) {
		t.DeleteRange(int64(len(keys)), t.Count, nil)
		b.ReportMetric(float64(h.Used())/float64(t.Count), "B/entry")
		b.ReportMetric(float64(h.Committed())/float64(t.Count), "committed/entry")
	}
}
