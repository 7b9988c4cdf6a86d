package pubsub

import (
	"slices"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/invariant"
)

// Subscriber is the subscriptions of one client. Its methods are for the loop of the
// client's box, but for Count.
type Subscriber struct {
	registry *Registry
	box      *Box
	owner    Receiver
	places   [kinds]map[string]*place
	order    [kinds][]*place
	counts   [kinds]atomic.Int32
	bytes    atomic.Int64 // about what all of it takes
}

// place is a client's in an audience.
type place struct {
	of *Subscriber
	in *audience
	at int // in its members
	n  int // in the Subscriber's order
}

// NewSubscriber makes a client of the loop with that box one that can subscribe.
func (r *Registry) NewSubscriber(box *Box, owner Receiver) *Subscriber {
	return &Subscriber{registry: r, box: box, owner: owner}
}

// Count is how many subscriptions of a kind there are. Any goroutine; s may be nil.
func (s *Subscriber) Count(kind Kind) int {
	if s == nil {
		return 0
	}
	return int(s.counts[kind].Load())
}

// placeBytes is about what a subscription takes beside the bytes of its name.
const placeBytes = 200

// Memory is about how many bytes the subscriptions take. Any goroutine; s may be nil.
func (s *Subscriber) Memory() int64 {
	if s == nil {
		return 0
	}
	return s.bytes.Load()
}

// Subscribed tells whether there are any, of any kind a client names. Any goroutine; s
// may be nil.
func (s *Subscriber) Subscribed() bool {
	return s.Count(Channel)+s.Count(Pattern)+s.Count(Sharded) > 0
}

// Subscribe adds a subscription; false says that there was one.
func (s *Subscriber) Subscribe(kind Kind, name []byte) bool {
	if s.places[kind][string(name)] != nil {
		return false
	}
	unlock := s.registry.lock(kind, name)
	defer unlock()
	s.box.Drain()
	t := s.registry.topic(kind, name)
	if t == nil {
		t = s.registry.add(kind, string(name))
	}
	a := t.audience(s.box)
	p := &place{of: s, in: a, at: len(a.members), n: len(s.order[kind])}
	a.members = append(a.members, p)
	t.members++
	if s.places[kind] == nil {
		s.places[kind] = map[string]*place{}
	}
	s.places[kind][t.name] = p
	s.order[kind] = append(s.order[kind], p)
	s.counts[kind].Add(1)
	s.bytes.Add(placeBytes + int64(len(name)))
	return true
}

// Unsubscribe ends a subscription, after what was published before; false says that
// there was none.
func (s *Subscriber) Unsubscribe(kind Kind, name []byte) bool {
	p := s.places[kind][string(name)]
	if p == nil {
		return false
	}
	unlock := s.registry.lock(kind, name)
	defer unlock()
	s.box.Drain()
	s.leave(kind, p)
	return true
}

// leave takes p out of its audience, whose topic is locked. The last member takes its
// place.
func (s *Subscriber) leave(kind Kind, p *place) {
	a := p.in
	if invariant.Enabled {
		invariant.Check(a.members[p.at] == p && s.order[kind][p.n] == p, "B2", "place %d, %d of %q", p.at, p.n, a.topic.name)
	}
	last := len(a.members) - 1
	a.members[p.at] = a.members[last]
	a.members[p.at].at = p.at
	a.members[last] = nil
	a.members = a.members[:last]
	a.topic.leave(s.registry, kind, a)
	delete(s.places[kind], a.topic.name)
	order := s.order[kind]
	last = len(order) - 1
	order[p.n] = order[last]
	order[p.n].n = p.n
	order[last] = nil
	s.order[kind] = order[:last]
	s.counts[kind].Add(-1)
	s.bytes.Add(-(placeBytes + int64(len(a.topic.name))))
}

// leave counts a member less, in a.
func (t *topic) leave(r *Registry, kind Kind, a *audience) {
	t.members--
	if invariant.Enabled {
		invariant.Check(r.topic(kind, []byte(t.name)) == t && slices.Contains(t.audiences, a), "B1", "%q is not in its place", t.name)
	}
	if len(a.members) > 0 {
		return
	}
	t.audiences = slices.DeleteFunc(t.audiences, func(other *audience) bool { return other == a })
	if len(t.audiences) == 0 {
		r.remove(kind, t)
	}
}

// Names are the subscriptions of a kind, as they were made as long as none has ended.
func (s *Subscriber) Names(kind Kind) []string {
	names := make([]string, len(s.order[kind]))
	for i, p := range s.order[kind] {
		names[i] = p.in.topic.name
	}
	return names
}

// Monitor has the client get what Show sends, or not any more.
func (s *Subscriber) Monitor(on bool) {
	if on {
		s.Subscribe(monitoring, nil)
	} else {
		s.Unsubscribe(monitoring, nil)
	}
}

// Close ends all subscriptions. s may be nil.
func (s *Subscriber) Close() {
	if s == nil {
		return
	}
	for kind := range kinds {
		for n := len(s.order[kind]); n > 0; n-- {
			s.Unsubscribe(kind, []byte(s.order[kind][n-1].in.topic.name))
		}
	}
}
