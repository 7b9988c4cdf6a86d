package table

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

func testHash(k []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range k {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h ^ h>>32*0x9E3779B97F4A7C15
}

func TestSmoke(t *testing.T) {
	h, err := page.New(page.Options{Arenas: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	tab := New(h.Arena(0), 0, testHash, nil)
	r := rand.New(rand.NewPCG(1, 2))
	model := map[string]string{}
	for i := range 300000 {
		k := fmt.Sprint("key:", r.IntN(100000))
		if r.IntN(3) == 0 {
			if got, want := tab.Delete(testHash([]byte(k)), []byte(k)), model[k] != ""; got != want {
				t.Fatal(k, got, want)
			}
			delete(model, k)
			continue
		}
		v := fmt.Sprint("v", r.Uint64()>>r.IntN(60))
		due := NoDue
		if r.IntN(4) == 0 {
			due = int64(r.IntN(1000))
		}
		tab.Set(testHash([]byte(k)), []byte(k), Item{Kind: 1, Due: due, Value: []byte(v)})
		model[k] = v
		_ = i
	}
	if err := tab.Check(func(page.Ref) {}); err != nil {
		t.Fatal(err)
	}
	if int(tab.Count) != len(model) {
		t.Fatal(tab.Count, len(model))
	}
	for k, v := range model {
		e, ok := tab.Find(testHash([]byte(k)), []byte(k))
		if !ok || string(e.Value()) != v {
			t.Fatal(k)
		}
	}
	for k := range model {
		tab.Delete(testHash([]byte(k)), []byte(k))
	}
	if h.Used() != 0 {
		t.Fatal(h.Used())
	}
}

func BenchmarkTable(b *testing.B) {
	h, _ := page.New(page.Options{Arenas: 1})
	defer h.Close()
	tab := New(h.Arena(0), 0, testHash, nil)
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
