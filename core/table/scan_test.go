package table

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestScanSeesWhatStays scans while entries come and go, so that buckets split
// and merge under the cursor: an entry that is there all the time is seen.
func TestScanSeesWhatStays(t *testing.T) {
	poor := func(k []byte) uint64 { return testHash(k) & 3 << 62 } // four places
	for name, hash := range map[string]func([]byte) uint64{"hash": testHash, "poor": poor} {
		rnd := rand.New(rand.NewPCG(1, 2))
		for round := range 20 {
			tab := newTable(t, hash)
			stay := 1 + rnd.IntN(3000)
			for i := range stay {
				tab.put1(fmt.Sprint("stays ", i), "")
			}
			seen := map[string]int{}
			for cursor, calls := uint64(0), 0; ; calls++ {
				cursor = tab.Scan(cursor, 1+rnd.IntN(50), hash, func(e Entry) { seen[string(e.Key())]++ })
				if cursor == 0 {
					break
				}
				if cursor >= 1<<52 || calls > 2*stay+100 {
					t.Fatalf("%s %d: cursor %#x after %d calls", name, round, cursor, calls)
				}
				for range rnd.IntN(60) {
					key := fmt.Sprint("passes ", rnd.IntN(4000))
					if rnd.IntN(2) == 0 {
						tab.put1(key, "")
					} else {
						tab.Delete(hash([]byte(key)), []byte(key))
					}
				}
			}
			for i := range stay {
				if seen[fmt.Sprint("stays ", i)] != 1 {
					t.Fatalf("%s %d: entry %d of %d was seen %d times", name, round, i, stay, seen[fmt.Sprint("stays ", i)])
				}
			}
		}
	}
}

// TestScanCounts: a call ends at count entries but for those of one place, and
// cursors that no scan gives are the end.
func TestScanCounts(t *testing.T) {
	tab := newTable(t, testHash)
	if next := tab.Scan(0, 10, testHash, func(Entry) { t.Error("an entry of an empty table") }); next != 0 {
		t.Error("an empty table goes on")
	}
	for i := range 1000 {
		tab.put1(fmt.Sprint(i), "")
	}
	for cursor, total := uint64(0), 0; ; {
		n := 0
		cursor = tab.Scan(cursor, 7, testHash, func(Entry) { n++ })
		if total += n; n > 7 || n == 0 && cursor != 0 {
			t.Fatalf("a call for 7 gave %d", n)
		}
		if cursor == 0 {
			if total != 1000 {
				t.Fatalf("%d entries", total)
			}
			break
		}
	}
	for _, cursor := range []uint64{1 << 52, 1<<64 - 1} {
		if next := tab.Scan(cursor, 10, testHash, func(Entry) { t.Error("an entry beyond the end") }); next != 0 {
			t.Error("beyond the end it goes on")
		}
	}
}
