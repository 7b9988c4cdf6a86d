package admin

import (
	"net/netip"
	"sync"
	"time"
)

// How many wrong secrets an address may send: so many at once, and so many a second.
const (
	failureBurst = 10
	failureRate  = 10
	// mostFailing addresses are remembered; beyond them one counts for all that are not.
	mostFailing = 1024
)

// failures counts wrong secrets by address, so that passwords cannot be guessed fast.
// Addresses of IPv6 count by their network of 64 bits, which is one host's.
type failures struct {
	mu   sync.Mutex
	by   map[netip.Addr]*bucket
	rest bucket
}

// bucket is how much an address has failed lately; it empties with time.
type bucket struct {
	level float64
	at    time.Time
}

func newFailures() *failures { return &failures{by: map[netip.Addr]*bucket{}} }

// may tells whether an address may try another secret.
func (f *failures) may(a netip.Addr) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.of(a, time.Now()).level+1 <= failureBurst
}

// note counts a wrong secret.
func (f *failures) note(a netip.Addr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.of(a, time.Now()).level++
}

// of is the bucket of an address, as of now.
func (f *failures) of(a netip.Addr, now time.Time) *bucket {
	if a.Is6() {
		p, _ := a.Prefix(64) // which every address of IPv6 has
		a = p.Addr()
	}
	b := f.by[a]
	switch {
	case b != nil:
	case len(f.by) < mostFailing || f.forget(now):
		b = &bucket{}
		f.by[a] = b
	default:
		b = &f.rest
	}
	b.empty(now)
	return b
}

func (b *bucket) empty(now time.Time) {
	b.level = max(0, b.level-failureRate*now.Sub(b.at).Seconds())
	b.at = now
}

// forget drops the addresses whose buckets are empty; it tells whether there were any.
func (f *failures) forget(now time.Time) (any bool) {
	for a, b := range f.by {
		if b.empty(now); b.level == 0 {
			delete(f.by, a)
			any = true
		}
	}
	return any
}
