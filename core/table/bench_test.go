package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

func BenchmarkTable(b *testing.B) {
	h, _ := page.New(page.Options{Arenas: 1})
	defer h.Close()
	tab := New(h.Arena(0), 0, testHash)
	keys := make([][]byte, 1<<20)
	for i := range keys {
		keys[i] = []byte(fmt.Sprintf("key:%012d", i))
	}
	val := make([]byte, 32)
	b.Run("insert", func(b *testing.B) {
		for i := range b.N {
			k := keys[i&(1<<20-1)]
			tab.Set(testHash(k), k, Item{Due: NoDue, Value: val})
		}
	})
	for _, k := range keys {
		tab.Set(testHash(k), k, Item{Due: NoDue, Value: val})
	}
	b.Logf("%d bytes/key", h.Used()/tab.Count)
	r := rand.New(rand.NewPCG(1, 2))
	b.Run("get", func(b *testing.B) {
		for range b.N {
			k := keys[r.IntN(1<<20)]
			tab.Find(testHash(k), k)
		}
	})
	b.Run("overwrite", func(b *testing.B) {
		for range b.N {
			k := keys[r.IntN(1<<20)]
			tab.Set(testHash(k), k, Item{Due: NoDue, Value: val})
		}
	})
}
