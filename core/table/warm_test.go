package table

import (
	"fmt"
	"slices"
	"testing"
)

// What is warmed is what is looked up: the bucket of each place, and in it an entry
// with the tag of what is looked for.
func TestWarmPlacesFindsEntries(t *testing.T) {
	for _, keys := range []int{0, 1, 7, 300, 20000} {
		tab := newTable(t, testHash)
		var places []Place
		for i := range keys {
			key := fmt.Append(nil, "key:", i)
			tab.put1(string(key), "value")
			places = append(places, Place{&tab, testHash(key)})
		}
		WarmPlaces(places)
		for some := range slices.Chunk(places, warmMost) {
			var any uint8
			for _, p := range some {
				b := bucket(tab.heap.Node(tab.leaf(p.At)))
				any += b[offTags] + firstLike(b, p.At)[0]
			}
			if got := WarmPlaces(some); got != any {
				t.Fatalf("%d keys: read %#x, want %#x", keys, got, any)
			}
		}
		empty := tab
		empty.Root = 0
		if len(places) > 0 {
			one := places[0]
			if WarmPlaces([]Place{{&empty, 1}, one}) != WarmPlaces([]Place{one}) {
				t.Error("an empty table is not passed by")
			}
		}
	}
}

// firstLike is the first entry in b with the tag of pos.
func firstLike(b bucket, pos uint64) []byte {
	for i := range b.count() {
		if b[offTags+i] == tagOf(pos) {
			return b[b.offset(i):]
		}
	}
	return nil
}
