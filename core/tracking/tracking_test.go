package tracking

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// check compares a table with a map from key to readers.
func check(t *testing.T, tab *Table[int], want map[string]map[int]bool) {
	t.Helper()
	keys, items, bytes := 0, 0, int64(0)
	for i := range tab.parts {
		p := &tab.parts[i]
		partItems, partBytes := 0, int64(0)
		for key, r := range p.keys {
			got := map[int]bool{}
			for _, c := range r.list() {
				if got[c] {
					t.Fatalf("C2: %q has reader %d twice", key, c)
				}
				got[c] = true
			}
			if len(got) != r.len() || !maps.Equal(got, want[key]) {
				t.Fatalf("%q has %d readers %v, want %v", key, r.len(), got, want[key])
			}
			for _, c := range r.rest {
				if _, ok := r.index[c]; r.index != nil && (!ok || len(r.index) != len(r.rest)) {
					t.Fatalf("%q: the index has %d of %d readers, %d: %v", key, len(r.index), len(r.rest), c, ok)
				}
			}
			partItems += r.len()
			partBytes += entryBytes + int64(len(key)) + r.bytes()
		}
		if p.items != int64(partItems) || p.bytes != partBytes {
			t.Fatalf("a part says %d items, %d bytes; it has %d, %d", p.items, p.bytes, partItems, partBytes)
		}
		keys, items, bytes = keys+len(p.keys), items+partItems, bytes+partBytes
	}
	if keys != len(want) || tab.Keys() != int64(keys) || tab.Items() != int64(items) || tab.Bytes() != bytes {
		t.Fatalf("C1: %d keys, %d items, %d bytes; there are %d (want %d), %d, %d",
			tab.Keys(), tab.Items(), tab.Bytes(), keys, len(want), items, bytes)
	}
}

// TestTableModel runs random operations on a table beside a map.
func TestTableModel(t *testing.T) {
	for _, limit := range []int64{0, 1, 50} {
		t.Run(fmt.Sprint("limit ", limit), func(t *testing.T) {
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			rnd := rand.New(rand.NewPCG(seed, 0))
			dead := map[int]bool{}
			tab := NewTable(limit, func(c int) bool { return dead[c] })
			model := map[string]map[int]bool{}
			trim := func() {
				tab.Trim(func(key string, list []int) {
					if len(list) == 0 || !maps.Equal(setOf(list), model[key]) {
						t.Fatalf("trimmed %q of %v, want %v", key, list, model[key])
					}
					delete(model, key)
				})
			}
			for step := range 20000 {
				key := fmt.Sprint("key", rnd.IntN(100))
				switch n := rnd.IntN(1000); {
				case n < 800:
					c := rnd.IntN(60)
					if !tab.Remember([]byte(key), c) {
						// The table may be over by this one key alone.
						if limit == 0 || tab.Keys() != limit+1 {
							t.Fatalf("step %d: Remember says that %d keys are too many", step, tab.Keys())
						}
					}
					if model[key] == nil {
						model[key] = map[int]bool{}
					}
					model[key][c] = true
					trim()
					if limit > 0 && tab.Keys() > limit {
						t.Fatalf("C3: %d keys, at most %d", tab.Keys(), limit)
					}
				case n < 998:
					if got := setOf(tab.Take([]byte(key))); !maps.Equal(got, model[key]) {
						t.Fatalf("step %d: %q had readers %v, want %v", step, key, got, model[key])
					}
					delete(model, key)
				default:
					tab.Clear()
					clear(model)
				}
				if step%100 == 0 {
					check(t, tab, model)
				}
			}
			check(t, tab, model)
		})
	}
}

func setOf(list []int) map[int]bool {
	if list == nil {
		return nil
	}
	set := map[int]bool{}
	for _, c := range list {
		set[c] = true
	}
	return set
}

// TestGoneReadersDoNotAddUp has clients come, read and go.
func TestGoneReadersDoNotAddUp(t *testing.T) {
	last := 0
	tab := NewTable(0, func(c int) bool { return c < last })
	for c := range 10000 {
		last = c
		tab.Remember([]byte("key"), c)
	}
	if n := tab.Items(); n > 2*searched {
		t.Errorf("%d readers remembered, one lives", n)
	}
	if got := tab.Take([]byte("key")); !slices.Contains(got, last) {
		t.Errorf("the reader that lives is not among %v", got)
	}
	if tab.Bytes() != 0 || tab.Items() != 0 {
		t.Errorf("%d bytes, %d items of an empty table", tab.Bytes(), tab.Items())
	}
}

// TestTrimToALowerLimit forgets just as many keys as it must, and tells of each.
func TestTrimToALowerLimit(t *testing.T) {
	tab := NewTable(0, func(int) bool { return false })
	for i := range 5000 {
		tab.Remember(fmt.Append(nil, i), i)
	}
	tab.SetLimit(17)
	told := map[string]bool{}
	tab.Trim(func(key string, list []int) {
		if told[key] || fmt.Sprint(list[0]) != key || len(list) != 1 {
			t.Errorf("told of %q with %v", key, list)
		}
		told[key] = true
	})
	if tab.Keys() != 17 || len(told) != 5000-17 {
		t.Errorf("%d keys left, told of %d", tab.Keys(), len(told))
	}
}

// TestTableConcurrently has readers and writers of the same keys, each key with a
// lock of its own as in a keyspace: a change that comes after a read finds the reader.
func TestTableConcurrently(t *testing.T) {
	const keys, clients, rounds = 8, 4, 2000
	tab := NewTable(keys/2, func(int) bool { return false })
	var locks [keys]sync.Mutex
	var cached [keys][clients]bool // under the key's lock: the client has read it and was not told since
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(c), 1))
			for range rounds {
				k := rnd.IntN(keys)
				name := fmt.Append(nil, k)
				locks[k].Lock()
				if rnd.IntN(2) == 0 {
					cached[k][c] = true
					tab.Remember(name, c)
				} else {
					got := setOf(tab.Take(name))
					for other := range clients {
						if cached[k][other] != got[other] {
							t.Errorf("key %d was changed: client %d told is %v, has read it %v", k, other, got[other], cached[k][other])
						}
						cached[k][other] = false
					}
				}
				locks[k].Unlock()
			}
		})
	}
	wg.Wait()
}

// TestBatchModel compares what listeners are told with a look at all prefixes. Who
// listens changes only while the batch is empty: it need not tell of what was before.
func TestBatchModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	var p Prefixes[int]
	var b Batch[int]
	listens, changed := map[string]map[int]bool{}, map[string]int{}
	word := func() string { return strings.Repeat("a", rnd.IntN(3)) + strings.Repeat("b", rnd.IntN(3)) }
	flush := func() {
		want, got, last := map[string]bool{}, map[string]bool{}, ""
		for prefix, clients := range listens {
			for key, by := range changed {
				if strings.HasPrefix(key, prefix) {
					want[fmt.Sprint(prefix, slices.Sorted(maps.Keys(clients)), key, by)] = true
				}
			}
		}
		b.Flush(&p, func(prefix string, listeners []int, keys []string, by func(string) int) {
			slices.Sort(listeners)
			if !slices.IsSorted(keys) || prefix < last {
				t.Fatalf("out of order: %q after %q, %q", prefix, last, keys)
			}
			last = prefix
			for _, key := range keys {
				got[fmt.Sprint(prefix, listeners, key, by(key))] = true
			}
		})
		if !maps.Equal(got, want) {
			t.Fatalf("told %v, want %v", got, want)
		}
		if !b.Empty() || b.Bytes() != 0 {
			t.Fatal("not empty after Flush")
		}
		clear(changed)
	}
	for range 5000 {
		text, c := word(), 1+rnd.IntN(4)
		switch n := rnd.IntN(10); {
		case n == 0:
			flush()
			p.Add(c, text)
			if listens[text] == nil {
				listens[text] = map[int]bool{}
			}
			listens[text][c] = true
		case n == 1:
			flush()
			p.Remove(c, []string{text, "none"})
			if delete(listens[text], c); len(listens[text]) == 0 {
				delete(listens, text)
			}
		default:
			b.Add(&p, []byte(text), c)
			changed[text] = c
		}
		if n := p.Len(); n != int64(len(listens)) {
			t.Fatalf("%d prefixes, want %d", n, len(listens))
		}
	}
	flush()
}
