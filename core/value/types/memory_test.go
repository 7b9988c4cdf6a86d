package types

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// The estimate of large tables is near what their nodes take.
func TestMemoryIsEstimatedFromSamples(t *testing.T) {
	heap, err := page.New(page.Options{Reserve: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	defer heap.Close()
	position := func(b []byte) uint64 { h := fnv.New64a(); h.Write(b); return h.Sum64() * 0x9e3779b97f4a7c15 }
	c := &value.Cell{Space: value.Space{Heap: heap, Hash: position}, Where: value.Where{Arena: heap.Arena(0)}, Limits: value.DefaultLimits()}
	long := bytes.Repeat([]byte("v"), 2000)
	for name, add := range map[string]func(i int, m []byte){
		"set": func(i int, m []byte) { set.Add(c, m) },
		"zset": func(i int, m []byte) {
			e := zset.Edit(c)
			e.Add(m, float64(i), 0)
			e.Close()
		},
		"hash": func(i int, m []byte) {
			e := hash.Edit(c, hash.AnyTime, 0)
			e.Set(m, long[:i%2*1500], hash.NoDue)
			e.Close()
		},
	} {
		c.Reset(0, nil)
		map[string]func(*value.Cell){"set": set.New, "zset": zset.New, "hash": hash.New}[name](c)
		for i := range 40000 {
			add(i, fmt.Appendf(nil, "member:%d", i))
		}
		exact := int64(0)
		Nodes(c.Space, c.Kind, c.B, func(ref page.Ref) { exact += int64(heap.Size(ref)) })
		for samples, within := range map[int]float64{5: 0.1, 20000: 0.05, 1 << 30: 0} {
			got := Memory(c.Space, c.Kind, c.B, samples)
			if off := float64(got-exact) / float64(exact); off > within || off < -within {
				t.Errorf("%s, %d samples: %d bytes, the nodes have %d", name, samples, got, exact)
			}
		}
	}
}
