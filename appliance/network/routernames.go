package network

import (
	"net/netip"
	"slices"
	"time"
)

// routerNames are the name servers and search domains that routers have
// advertised, each until its time is over (RFC 8106, 5.3.1).
type routerNames struct {
	dns    []timed[netip.Addr]
	search []timed[string]
	last   grant
}

type timed[T comparable] struct {
	value T
	until time.Time
}

// hear takes in an advertisement. A lifetime of 0 takes something back.
func (r *routerNames) hear(ra advertisement, now time.Time) {
	for _, d := range ra.dns {
		if usable(d.addr) && d.addr.Is6() {
			r.dns = remember(r.dns, d.addr, now.Add(d.lifetime))
		}
	}
	for _, s := range ra.search {
		r.search = remember(r.search, s.name, now.Add(s.lifetime))
	}
}

// maxRouterNames bounds what routers, or who says to be one, can make us keep.
const maxRouterNames = 16

func remember[T comparable](list []timed[T], value T, until time.Time) []timed[T] {
	if n := slices.IndexFunc(list, func(t timed[T]) bool { return t.value == value }); n >= 0 {
		list[n].until = until
		return list
	}
	if len(list) >= maxRouterNames {
		return list
	}
	return append(list, timed[T]{value, until})
}

// next tells in how long something's time is over.
func (r *routerNames) next(now time.Time) (in time.Duration, ok bool) {
	var first time.Time
	for _, t := range r.dns {
		if !ok || t.until.Before(first) {
			first, ok = t.until, true
		}
	}
	for _, t := range r.search {
		if !ok || t.until.Before(first) {
			first, ok = t.until, true
		}
	}
	return max(first.Sub(now), 0), ok
}

// grant is what holds now; changed tells whether it is not what it was.
func (r *routerNames) grant(now time.Time) (g grant, changed bool) {
	r.dns = slices.DeleteFunc(r.dns, func(t timed[netip.Addr]) bool { return !t.until.After(now) })
	r.search = slices.DeleteFunc(r.search, func(t timed[string]) bool { return !t.until.After(now) })
	for _, t := range r.dns {
		g.dns = append(g.dns, t.value)
	}
	for _, t := range r.search {
		g.search = append(g.search, t.value)
	}
	changed = !slices.Equal(g.dns, r.last.dns) || !slices.Equal(g.search, r.last.search)
	r.last = g
	return g, changed
}
