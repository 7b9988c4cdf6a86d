package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

// benchKeys is the number of keys of 16 B, with values of 32 B.
const benchKeys = 1 << 20

// BenchmarkTable runs each operation over a table of benchKeys keys, in random
// order. The hash is a cheap one, so that it is the table that is measured.
func BenchmarkTable(b *testing.B) {
	hash := func(k []byte) uint64 {
		h := le.Uint64(k[8:]) * 0x9E3779B97F4A7C15
		h = (h ^ h>>29) * 0xBF58476D1CE4E5B9
		return h ^ h>>32
	}
	keys := make([][]byte, benchKeys)
	absent := make([][]byte, benchKeys)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "key:%012d", i)
		absent[i] = fmt.Appendf(nil, "key:%012d", i+benchKeys)
	}
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(benchKeys, func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	item := Item{Due: NoDue, Value: make([]byte, 32)}
	filled := func() (*page.Heap, Table) {
		h, err := page.New(page.Options{})
		if err != nil {
			b.Fatal(err)
		}
		t := New(h.Arena(0), 0, hash, nil)
		for _, k := range keys {
			t.Set(hash(k), k, item)
		}
		return h, t
	}
	b.Run("insert", func(b *testing.B) {
		b.ReportAllocs()
		for n := 0; n < b.N; n += benchKeys {
			h, _ := page.New(page.Options{})
			t := New(h.Arena(0), 0, hash, nil)
			for _, k := range keys[:min(benchKeys, b.N-n)] {
				t.Set(hash(k), k, item)
			}
			b.ReportMetric(float64(h.Used())/float64(t.Count), "B/key")
			b.StopTimer()
			h.Close()
			b.StartTimer()
		}
	})
	h, t := filled()
	defer h.Close()
	// Another order than that of insertion.
	order := rand.New(rand.NewPCG(3, 4)).Perm(benchKeys)
	each := func(name string, fn func(i int)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for n := range b.N {
				fn(order[n%benchKeys])
			}
		})
	}
	each("hit", func(i int) { t.Find(hash(keys[i]), keys[i]) })
	each("miss", func(i int) { t.Find(hash(absent[i]), absent[i]) })
	each("overwrite", func(i int) { t.Set(hash(keys[i]), keys[i], item) })
	b.Run("delete", func(b *testing.B) {
		for n := range b.N {
			if n%benchKeys == 0 && n > 0 {
				b.StopTimer()
				h.Close()
				h, t = filled()
				b.StartTimer()
			}
			k := keys[order[n%benchKeys]]
			t.Delete(hash(k), k)
		}
	})
}
