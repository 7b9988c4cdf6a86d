package pubsub

import (
	"sync"
	"sync/atomic"
)

// Receiver is a client, as far as messages matter. Its methods are called on the loop
// of its Box.
type Receiver interface {
	// Deliver appends p to what the client is to be sent.
	Deliver(p *Parcel)
	// Cut ends the client: more waited for it than it may have wait.
	Cut()
}

// Box is the mailbox of a loop: what other loops and goroutines have for its clients.
// A message is in it once, whatever the number of clients on the loop that get it.
// The loop empties it when it is woken, and before and after each request of a client
// that gets messages; so such a client gets what was sent before its request before the
// reply.
//
// Any goroutine may call its methods, but for Drain.
type Box struct {
	wake    func()
	waiting atomic.Bool // letters holds something

	mu      sync.Mutex
	letters []letter
	spare   []letter // Drain's
	bytes   int64
	held    []func() // wait for room
}

// letter is one message for an audience or for one client. An audience whose letter is
// empty is to be cut.
type letter struct {
	m   Message
	all *audience
	one Receiver
}

const (
	// letterBytes is about what a letter takes beside its message's bytes.
	letterBytes = 80
	// boxBytes is what may wait in a Box before clients that publish to it have to
	// wait.
	boxBytes = 4 << 20
	// spareBytes is what may wait for one client beyond its limit. A loop that is
	// late is not the client's fault, and publishers wait for it: what comes from
	// elsewhere (scripts, events of keys) has the client cut for it in the end.
	spareBytes = 32 << 20
	// eagerBytes is how much a loop lets wait for its own clients.
	eagerBytes = 256 << 10
	// keepLetters bounds the memory kept for a Box that was full once.
	keepLetters = 4096
)

// NewBox makes the box of a loop, which wake has call Drain. wake is called by any
// goroutine, with locks held, and must not block.
func NewBox(wake func()) *Box { return &Box{wake: wake} }

// Waiting tells whether Drain would deliver anything: one load.
func (b *Box) Waiting() bool { return b.waiting.Load() }

// Put has m delivered to r, a client of the loop.
func (b *Box) Put(r Receiver, m Message) {
	b.mu.Lock()
	first := b.add(letter{m: m, one: r})
	b.mu.Unlock()
	if first {
		b.wake()
	}
}

// add puts l behind the others; first says that the loop has to be told. b.mu is held.
func (b *Box) add(l letter) (first bool) {
	b.letters = append(b.letters, l)
	b.bytes += letterBytes + int64(l.m.Len())
	if b.waiting.Load() {
		return false
	}
	b.waiting.Store(true)
	return true
}

// Full has then called, on the loop of b, once b is empty if there is too much in it
// now, and tells whether there is.
func (b *Box) Full(then func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes < boxBytes {
		return false
	}
	b.held = append(b.held, then)
	return true
}

// Drain delivers what is in the box. Loop.
func (b *Box) Drain() {
	if !b.waiting.Load() {
		return
	}
	b.mu.Lock()
	letters, held := b.letters, b.held
	b.letters, b.spare, b.held, b.bytes = b.spare[:0], nil, nil, 0
	for i := range letters {
		if a := letters[i].all; a != nil {
			a.waiting = 0
		}
	}
	b.waiting.Store(false)
	b.mu.Unlock()
	for rest := letters; len(rest) > 0; {
		n := run(rest)
		deliver(rest[:n])
		rest = rest[n:]
	}
	clear(letters)
	if cap(letters) <= keepLetters {
		b.mu.Lock()
		b.spare = letters[:0]
		b.mu.Unlock()
	}
	for _, then := range held {
		then()
	}
}

// run is how many letters at the beginning of list are messages for the same audience,
// which are delivered together.
func run(list []letter) (n int) {
	a := list[0].all
	if a == nil || list[0].m.Len() == 0 {
		return 1
	}
	for n = 1; n < len(list) && list[n].all == a && list[n].m.Len() > 0; n++ {
	}
	return n
}

// deliver delivers a run.
func deliver(list []letter) {
	p := &Parcel{messages: list}
	l := &list[0]
	switch {
	case l.one != nil:
		l.one.Deliver(p)
	case l.m.Len() == 0:
		for _, m := range l.all.members {
			m.of.owner.Cut()
		}
	default:
		for _, m := range l.all.members {
			m.of.owner.Deliver(p)
		}
	}
}
