package session_test

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/session"
)

// totMem is what CLIENT LIST says that a client takes, by its number.
func totMem(t *testing.T, k *core) map[int64]int64 {
	t.Helper()
	sizes := map[int64]int64{}
	for _, m := range regexp.MustCompile(`(?m)^id=(\d+) .* tot-mem=(\d+)`).FindAllSubmatch(k.clients.List(nil, command.ClientFilter{}, 0), -1) {
		id, _ := strconv.ParseInt(string(m[1]), 10, 64)
		sizes[id], _ = strconv.ParseInt(string(m[2]), 10, 64)
	}
	return sizes
}

// TestWeights has clients grow, shrink, come and go, and compares what is noted of them
// with what they are.
func TestWeights(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	var live []*client
	limit := int64(0)
	for step := range 3000 {
		switch n := rnd.IntN(12); {
		case n < 3 || len(live) == 0:
			live = append(live, k.connect(l))
		case n == 3:
			i := rnd.IntN(len(live))
			live[i].s.Closed(nil)
			live = append(live[:i], live[i+1:]...)
		case n == 4:
			live[rnd.IntN(len(live))].send("CLIENT NO-EVICT " + []string{"on", "off"}[rnd.IntN(2)] + "\r\n")
		case n == 5:
			limit = []int64{0, 1, 1 << 20, 3 << 20}[rnd.IntN(4)]
			k.clients.SetMemoryLimit(limit)
		case n == 6:
			live[rnd.IntN(len(live))].send("MULTI\r\nGET k\r\n")
		case n == 7:
			l.EndTurn()
		case n == 8:
			l.Cron(1)
		default:
			live[rnd.IntN(len(live))].pending = rnd.Int64N(1 << (10 + rnd.IntN(12)))
		}
		kept := live[:0]
		for _, c := range live { // as a transport does
			c.runPosts()
			if c.closed {
				c.s.Closed(nil)
			} else {
				kept = append(kept, c)
			}
		}
		live = kept
		if err := k.clients.CheckWeights(); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	for _, c := range live {
		c.s.Closed(nil)
	}
	if err := k.clients.CheckWeights(); err != nil {
		t.Fatal(err)
	}
}

// TestLargestClientsAreEvicted looks at who goes when clients take too much.
func TestLargestClientsAreEvicted(t *testing.T) {
	for round := range 20 {
		rnd := rand.New(rand.NewPCG(uint64(round), 1))
		k := newCore(t, defaultLimits)
		l := k.newLoop()
		var all []*client
		for i := range 40 {
			c := k.connect(l)
			if i%10 == 0 {
				c.send("CLIENT NO-EVICT on\r\n")
			}
			c.pending = rnd.Int64N(1 << (12 + rnd.IntN(10)))
			all = append(all, c)
		}
		limit := int64(1 << (18 + rnd.IntN(4)))
		before := totMem(t, k)
		if round%2 == 0 {
			l.Cron(1)
		}
		k.clients.SetMemoryLimit(limit)
		l.Cron(1)
		for _, c := range all {
			c.runPosts()
		}
		left, sum, smallestGone, largestGone, largestLeft := totMem(t, k), int64(0), int64(1<<62), int64(0), int64(0)
		for i, c := range all {
			size, stays := before[c.s.ID()], i%10 == 0
			switch _, is := left[c.s.ID()]; {
			case is:
				sum += size
				if !stays {
					largestLeft = max(largestLeft, size)
				}
			case stays:
				t.Fatalf("client %d is gone, which was not to be evicted", c.s.ID())
			default:
				smallestGone, largestGone = min(smallestGone, size), max(largestGone, size)
			}
			if _, is := left[c.s.ID()]; is == c.closed {
				t.Fatalf("client %d: closed %v, in the list %v", c.s.ID(), c.closed, is)
			}
		}
		gone := len(before) - len(left)
		const grain = 1 << 10 // by which a weight may be wrong
		if sum >= limit+grain*int64(len(left)) && largestLeft > 0 {
			t.Errorf("%d bytes are left, %d allowed", sum, limit)
		}
		if gone > 0 && sum+largestGone < limit {
			t.Errorf("%d were evicted, one too many: %d bytes are left, none had more than %d, %d allowed", gone, sum, largestGone, limit)
		}
		if gone > 0 && session.WeightClass(smallestGone) < session.WeightClass(largestLeft) {
			t.Errorf("one of %d bytes went, one of %d stays", smallestGone, largestLeft)
		}
		if int64(gone) != k.clients.Evicted() {
			t.Errorf("%d evicted, %d counted", gone, k.clients.Evicted())
		}
	}
}

// TestTooMuchInputIsEvicted: a request for which there is no memory is not executed.
func TestTooMuchInputIsEvicted(t *testing.T) {
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	k.clients.SetMemoryLimit(200 << 10)
	c, other := k.connect(l), k.connect(l)
	if got := c.send("SET k " + string(make([]byte, 10<<10)) + "\r\n"); got != "+OK\r\n" {
		t.Fatalf("%.50q", got)
	}
	big := make([]byte, 300<<10)
	if got := c.send("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$307200\r\n" + string(big) + "\r\n"); got != "" || !c.closed {
		t.Fatalf("%.50q, closed %v", got, c.closed)
	}
	if got := other.send("GET big\r\n"); got != "$-1\r\n" {
		t.Errorf("%.50q", got)
	}
}
