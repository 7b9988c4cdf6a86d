// Package pubsub delivers messages to clients: it knows who has subscribed to which
// channels and patterns, and has a mailbox for each loop. It knows no connections: a
// client is a Receiver.
//
// # Delivery
//
//	PUBLISH                    topic (channel, pattern)
//	  |  stripe's lock           audience on loop 0: members
//	  +---------------------->   audience on loop 1: members
//	        one letter for             |
//	        each audience              v
//	                             Box of loop 1 --Drain--> Receiver.Deliver, for each
//	                                                      member, on loop 1
//
// The members of an audience belong to their loop; a publisher only puts one letter
// into the loop's box, and counts. The stripe of a channel is locked meanwhile, so that
// all audiences get the messages of a channel in one order. A loop drains its box with
// that lock held before the members of an audience change: who subscribes gets just the
// messages that are published later.
//
// # Invariants
//
//	B1 a topic is in the Registry while it has an audience, and an audience in its topic
//	   while it has members.
//	B2 a place is where it says in its audience and in its client's order.
//
// Members are read and changed on the loop of their box only; changed with the topic's
// stripe, and of a pattern every stripe, locked. Locks, in order: those of the keyspace, stripes by their index, boxes.
package pubsub

import (
	"sync"
	"sync/atomic"
)

// Kind says what a subscription is to.
type Kind uint8

// The kinds. Messages of plain and of sharded channels never meet; patterns are of
// plain channels.
const (
	Channel Kind = iota
	Pattern
	Sharded
	monitoring
	kinds
)

// Registry knows all subscriptions of a server.
type Registry struct {
	stripes [stripes]stripe
	// patterns are read with any stripe locked, and changed with every stripe.
	patterns []*topic
	byText   map[string]*topic
	// topics counts, by kind, those that there are.
	topics [kinds]atomic.Int64
	// limit is how many bytes may wait for one client, 0 for any.
	limit atomic.Int64
}

// stripes is how many locks share the channels.
const stripes = 16

type stripe struct {
	mu       sync.Mutex
	channels [kinds]map[string]*topic // Channel, Sharded, monitoring
	last     *topic                   // that a message was made for
	chunk    []byte                   // free memory for its next ones
	_        [64]byte
}

// forget drops what is kept for a topic that goes.
func (st *stripe) forget(t *topic) {
	if st.last == t {
		st.last, st.chunk = nil, nil
	}
}

// NewRegistry makes one without subscriptions.
func NewRegistry() *Registry {
	r := &Registry{byText: map[string]*topic{}}
	for i := range r.stripes {
		for _, kind := range []Kind{Channel, Sharded, monitoring} {
			r.stripes[i].channels[kind] = map[string]*topic{}
		}
	}
	return r
}

// SetLimit sets how many bytes may wait in a box for one client, the hard limit of
// the class pubsub; 0: as many as like. Any goroutine.
func (r *Registry) SetLimit(bytes int64) { r.limit.Store(bytes) }

// stripe is that of a channel: a matter of its length and end, since names that are used
// together mostly differ there, and since a worse choice only has loops meet more often.
func (r *Registry) stripe(channel []byte) *stripe {
	n := len(channel)
	if n == 0 {
		return &r.stripes[0]
	}
	return &r.stripes[(n+int(channel[n-1])+3*int(channel[n/2]))%stripes]
}

// lock takes what has to be held to change the topic of that name, and returns what
// gives it back.
func (r *Registry) lock(kind Kind, name []byte) (unlock func()) {
	if kind != Pattern {
		st := r.stripe(name)
		st.mu.Lock()
		return st.mu.Unlock
	}
	for i := range r.stripes {
		r.stripes[i].mu.Lock()
	}
	return func() {
		for i := range r.stripes {
			r.stripes[i].mu.Unlock()
		}
	}
}

// topic finds a topic, whose lock is held.
func (r *Registry) topic(kind Kind, name []byte) *topic {
	if kind == Pattern {
		return r.byText[string(name)]
	}
	return r.stripe(name).channels[kind][string(name)]
}

// add makes a topic, whose lock is held.
func (r *Registry) add(kind Kind, name string) *topic {
	t := &topic{name: name}
	if kind == Pattern {
		t.at = len(r.patterns)
		r.patterns = append(r.patterns, t)
		r.byText[name] = t
	} else {
		r.stripe([]byte(name)).channels[kind][name] = t
	}
	r.topics[kind].Add(1)
	return t
}

// remove takes out a topic without audiences, whose lock is held.
func (r *Registry) remove(kind Kind, t *topic) {
	if kind == Pattern {
		last := len(r.patterns) - 1
		r.patterns[t.at] = r.patterns[last]
		r.patterns[t.at].at = t.at
		r.patterns[last] = nil
		r.patterns = r.patterns[:last]
		delete(r.byText, t.name)
		for i := range r.stripes {
			r.stripes[i].forget(t)
		}
	} else {
		st := r.stripe([]byte(t.name))
		delete(st.channels[kind], t.name)
		st.forget(t)
	}
	r.topics[kind].Add(-1)
}

// topic is a channel or a pattern that somebody has subscribed to. Its fields are
// under its lock.
type topic struct {
	name      string
	audiences []*audience
	members   int // of all audiences
	at        int // in Registry.patterns
}

// audience returns that of the loop whose box it is.
func (t *topic) audience(box *Box) *audience {
	for _, a := range t.audiences {
		if a.box == box {
			return a
		}
	}
	a := &audience{topic: t, box: box}
	t.audiences = append(t.audiences, a)
	return a
}

// audience is the subscribers of a topic on one loop.
type audience struct {
	topic   *topic
	box     *Box
	members []*place // see B3
	waiting int64    // bytes in box; under box.mu
}
