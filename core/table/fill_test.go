package table

import (
	"fmt"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
)

// A table that several goroutines fill in arenas of their own is sound, has each
// key once, and can be emptied by the one who has them all.
func TestParts(t *testing.T) {
	const keys = 20000
	for _, n := range []int{1, 2, 3, 5} {
		heap, err := page.New(page.Options{Reserve: 1 << 28, Arenas: n + 1})
		if err != nil {
			t.Fatal(err)
		}
		var arenas []*page.Arena
		for i := range n {
			arenas = append(arenas, heap.Arena(i+1))
		}
		tab := New(heap.Arena(0), 0, testHash, nil)
		tab.Expected = keys
		parts := tab.Parts(arenas)
		var all sync.WaitGroup
		for i := range parts {
			all.Go(func() {
				fillPart(t, &parts[i], keys, func(pos uint64) bool { return PartOfParts(pos, n) == i })
				parts[i].FitPart(i, n)
			})
		}
		all.Wait()
		tab.Unite(parts)
		used := heap.Used()
		if tab.Fit(0, 10*keys) != 0 || tab.Count != keys+1 || heap.Used() != used {
			t.Errorf("%d parts: %d entries, %d bytes of %d fit", n, tab.Count, heap.Used(), used)
		}
		if err := tab.Check(func(page.Ref) {}); err != nil {
			t.Errorf("%d parts: %v", n, err)
		}
		for i := range keys {
			if key := fmt.Append(nil, "key:", i); !tab.Delete(testHash(key), key) {
				t.Fatalf("%d parts: %s is not there", n, key)
			}
		}
		tab.Free()
		for i := range n + 1 {
			heap.Arena(i).Trim()
		}
		if used := heap.Used(); used != 0 {
			t.Errorf("%d parts: %d bytes are left", n, used)
		}
		heap.Close()
	}
}

func fillPart(t *testing.T, part *Table, keys int, mine func(pos uint64) bool) {
	long := make([]byte, 2*maxInlineKey)
	if pos := testHash(long); mine(pos) && (!part.Insert(pos, long, Item{Due: NoDue}) || part.Insert(pos, long, Item{Due: NoDue})) {
		t.Errorf("a long key is not added once")
	}
	var at []uint64
	for i := range keys {
		key := fmt.Append(nil, "key:", i)
		pos := testHash(key)
		if !mine(pos) {
			continue
		}
		if at = append(at, pos); len(at) == 100 {
			part.WarmAll(at)
			at = at[:0]
		}
		due := NoDue
		if i%3 == 0 {
			due = int64(i)
		}
		if !part.Insert(pos, key, Item{Due: due, Value: key}) || part.Insert(pos, key, Item{Due: due, Value: key}) {
			t.Errorf("%s is not added once", key)
		}
	}
}
