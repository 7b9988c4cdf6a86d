package zsets

import (
	"fmt"
	"math"
	"testing"
)

// TestRandomMembers: so many as are asked for, all different if they must be, and
// each as often as any other.
func TestRandomMembers(t *testing.T) {
	p := small(t, 128, 64)
	sizes := map[string]int{"small": 60, "large": 600}
	for key, size := range sizes {
		for i := range size {
			p.Own("zadd", key, i, fmt.Sprint("m", i))
		}
		for _, n := range []int{1, 2, 7, size / 4, size / 2, size - 1, size, size + 10, -1, -7, -3 * size} {
			counts := map[string]int{}
			const rounds = 200
			for range rounds {
				list := p.Members(p.Own("zrandmember", key, n))
				if want := min(max(n, -n), max(size, -n)); len(list) != want {
					t.Fatalf("%d of %d random members of %s, asked for %d", len(list), want, key, n)
				}
				seen := map[string]bool{}
				for _, m := range list {
					if n > 0 && seen[m] {
						t.Fatalf("%s twice among %d", m, n)
					}
					seen[m] = true
					counts[m]++
				}
			}
			expected := float64(rounds*min(max(n, -n), max(size, -n))) / float64(size)
			for m, got := range counts {
				// Eight standard deviations: one failure in 10¹⁴.
				if math.Abs(float64(got)-expected) > 8*math.Sqrt(expected)+8 {
					t.Errorf("%s: %s came %d times with %d, expected %.0f", key, m, got, n, expected)
				}
			}
		}
		if list := p.Members(p.Own("zrandmember", key, 5, "withscores")); len(list) != 10 {
			t.Errorf("%d elements with scores", len(list))
		}
	}
}

// TestScanFindsAll of a large set, a page after the other.
func TestScanFindsAll(t *testing.T) {
	p := small(t, 128, 64)
	for i := range 1000 {
		p.Own("zadd", "z", i, fmt.Sprint("m", i))
	}
	seen := map[string]string{}
	for cursor := "0"; ; {
		next, page := p.Page(p.Own("zscan", "z", cursor, "count", 20))
		for i := 0; i < len(page); i += 2 {
			seen[page[i]] = page[i+1]
		}
		if cursor = next; cursor == "0" {
			break
		}
	}
	for i := range 1000 {
		if got := seen[fmt.Sprint("m", i)]; got != fmt.Sprint(i) {
			t.Errorf("member %d has the score %q", i, got)
		}
	}
	if _, page := p.Page(p.Own("zscan", "z", 0, "match", "m99*", "count", 5000)); len(page) != 2*11 {
		t.Errorf("%d elements match", len(page))
	}
}
