package hashes

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// A scan returns each field that is there from its start to its end, while
// others come and go and the table grows and shrinks.
func TestScanFindsWhatStays(t *testing.T) {
	p := familytest.New(t, Commands())
	rng := rand.New(rand.NewPCG(5, 5))
	for round := range 6 {
		p.Delete("h")
		stays := map[string]bool{}
		for i := range 700 + 200*round {
			field := fmt.Sprint("stays", i)
			stays[field] = true
			p.Own("hset", "h", field, i)
		}
		others := 0
		if round%2 == 1 {
			others = 20000
			fill(p, "h", others)
		}
		cursor := "0"
		for calls := 0; ; calls++ {
			var list []string
			cursor, list = p.Page(p.Own("hscan", "h", cursor, "count", 1+rng.IntN(60)))
			for i := 0; i < len(list); i += 2 {
				delete(stays, list[i])
			}
			if cursor == "0" {
				break
			}
			for range 20 { // it grows, or shrinks from its large size
				if round%2 == 0 {
					p.Own("hset", "h", fmt.Sprint("new", rng.Int()), 1)
				} else {
					args := []any{"hdel", "h"}
					for range 50 {
						args = append(args, fmt.Sprint("field:", rng.IntN(others)))
					}
					p.Own(args...)
				}
			}
		}
		if len(stays) > 0 {
			t.Errorf("round %d: %d fields were not returned", round, len(stays))
		}
	}
}

// fill sets n fields, many with a command.
func fill(p *familytest.Pair, key string, n int) {
	const batch = 1000
	for i := 0; i < n; i += batch {
		args := []any{"hset", key}
		for j := i; j < min(i+batch, n); j++ {
			args = append(args, fmt.Sprint("field:", j), fmt.Sprint("value:", j))
		}
		p.Own(args...)
	}
}

func TestLargeHash(t *testing.T) {
	n := 400_000
	if invariant.Enabled || testing.Short() {
		n = 20_000
	}
	p := familytest.New(t, Commands())
	began := time.Now()
	fill(p, "h", n)
	t.Logf("%d fields in %v, %d bytes each", n, time.Since(began), p.Store().UsedMemory()/int64(n))
	if got := p.Own("hlen", "h"); got != fmt.Sprintf(":%d\r\n", n) {
		t.Fatalf("hlen %q", got)
	}
	began = time.Now()
	if all := p.Own("hgetall", "h"); strings.Count(all, "field:") != n || strings.Count(all, "value:") != n {
		t.Error("hgetall does not give all fields")
	}
	t.Logf("hgetall in %v", time.Since(began))
	seen, cursor := 0, "0"
	for {
		var list []string
		cursor, list = p.Page(p.Own("hscan", "h", cursor, "count", 5000, "novalues"))
		if seen += len(list); cursor == "0" {
			break
		}
	}
	if seen != n {
		t.Errorf("hscan gives %d fields of %d", seen, n)
	}
	for _, count := range []int{5, 1000, n / 10, n - 1, n, n + 5} {
		list := p.Members(p.Own("hrandfield", "h", count))
		different := map[string]bool{}
		for _, f := range list {
			different[f] = true
		}
		if want := min(count, n); len(list) != want || len(different) != want {
			t.Errorf("hrandfield %d gives %d fields, %d different", count, len(list), len(different))
		}
	}
	expireMost(t, p, n)
}

// expireMost gives nine of ten fields an expiry, and lets it come.
func expireMost(t *testing.T, p *familytest.Pair, n int) {
	args := []any{"hpexpire", "h", 10_000_000, "fields", 0}
	for i := range n {
		if i%10 > 0 {
			args = append(args, fmt.Sprint("field:", i))
		}
		if len(args) == 1005 || i == n-1 {
			args[4] = len(args) - 5
			p.Own(args...)
			args = args[:5]
		}
	}
	p.Advance(10_100_000)
	if got := p.Own("hlen", "h"); got != fmt.Sprintf(":%d\r\n", n) {
		t.Errorf("hlen %q before expired fields are removed", got)
	}
	if got := p.Own("hget", "h", "field:11"); got != "$-1\r\n" {
		t.Errorf("an expired field is %q", got)
	}
	steps, removed, slow, longest := 0, 0, 0, time.Duration(0)
	for shard := range p.Store().Shards() {
		for more := true; more; steps++ {
			began := time.Now()
			var k int
			k, more = p.Store().ExpireFieldsStep(shard, p.Now())
			removed += k
			took := time.Since(began)
			if longest = max(longest, took); took > time.Millisecond {
				slow++
			}
		}
	}
	t.Logf("%d fields removed in %d steps, %d of more than a millisecond, the longest of %v", removed, steps, slow, longest)
	if removed+n/10 != n && removed != n-n/10 {
		t.Errorf("%d fields removed, want %d", removed, n-n/10)
	}
	if got := p.Own("hlen", "h"); got != fmt.Sprintf(":%d\r\n", n/10) {
		t.Errorf("hlen %q at last", got)
	}
	p.Delete("h")
	for p.Store().CollectGarbage() {
	}
	if used := p.Store().UsedMemory(); used > 1<<20 {
		t.Errorf("%d bytes are used when it is deleted", used)
	}
}

// Each field is picked about as often as any other.
func TestRandomFieldIsFair(t *testing.T) {
	for _, fields := range []int{20, 600} {
		for _, how := range []string{"", "-5", "5"} {
			p := familytest.New(t, Commands())
			fill(p, "h", fields)
			p.Own("hset", "h", "gone", 1)
			p.Own("hpexpire", "h", 1, "fields", 1, "gone")
			p.Advance(1000)
			times := map[string]int{}
			picks := 0
			for picks < 100*fields {
				args := []any{"hrandfield", "h"}
				if how != "" {
					args = append(args, how)
				}
				for _, word := range strings.Fields(p.Own(args...)) {
					if word[0] == 'f' || word == "gone" {
						times[word]++
						picks++
					}
				}
			}
			if len(times) != fields {
				t.Errorf("%d fields, count %q: %d were picked", fields, how, len(times))
			}
			for f, n := range times {
				if n < 45 || n > 170 {
					t.Errorf("%d fields, count %q: %s %d times, want about 100", fields, how, f, n)
				}
			}
		}
	}
}
