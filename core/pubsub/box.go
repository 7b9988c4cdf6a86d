package pubsub

import (
	"sync"
	"sync/atomic"
)

// Receiver is a client, as far as messages matter. Its methods are called on the loop
// of its Box.
type Receiver interface {
	// Deliver appends m to what the client is to be sent.
	Deliver(m *Message)
	// Cut ends the client: more waited for it than it may have wait.
	Cut()
}

// Box is the mailbox of a loop: what other loops and goroutines have for its clients.
// A message is in it once, whatever the number of clients on the loop that get it.
// The loop empties it before it looks at a client's requests, after each command, and
// when it is woken; so whoever has seen that something happened sees that its message
// came first.
//
// Any goroutine may call its methods, but for Drain.
type Box struct {
	wake    func()
	waiting atomic.Bool // letters holds something

	mu      sync.Mutex
	letters []letter
	spare   []letter
	bytes   int64
	held    []func() // wait for room
}

// letter is one message with its addressee; an audience may get one without a message.
type letter struct {
	m  *Message
	to addressee
}

// addressee is an audience or one Receiver.
type addressee interface{ deliver(m *Message) }

// single is a Receiver as an addressee.
type single struct{ Receiver }

func (s single) deliver(m *Message) { s.Deliver(m) }

const (
	// letterBytes is about what a letter takes beside its message's bytes.
	letterBytes = 80
	// boxBytes is what may wait in a Box before clients that publish to it have to
	// wait.
	boxBytes = 32 << 20
	// keepLetters bounds the memory kept for a Box that was full once.
	keepLetters = 4096
)

// NewBox makes the box of a loop, which wake has call Drain. wake is called by any
// goroutine, with locks held, and must not block.
func NewBox(wake func()) *Box { return &Box{wake: wake} }

// Waiting tells whether Drain would deliver anything: one load.
func (b *Box) Waiting() bool { return b.waiting.Load() }

// Put has m delivered to r, a client of the loop.
func (b *Box) Put(r Receiver, m *Message) {
	b.mu.Lock()
	first := b.add(letter{m, single{r}})
	b.mu.Unlock()
	if first {
		b.wake()
	}
}

// add puts l behind the others; first says that the loop has to be told. b.mu is held.
func (b *Box) add(l letter) (first bool) {
	b.letters = append(b.letters, l)
	b.bytes += letterBytes
	if l.m != nil {
		b.bytes += int64(l.m.Len())
	}
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
	b.letters, b.spare = b.spare[:0], nil
	b.held, b.bytes = nil, 0
	for i := range letters {
		if a, ok := letters[i].to.(*audience); ok {
			a.waiting = 0
		}
	}
	b.waiting.Store(false)
	b.mu.Unlock()
	for i := range letters {
		letters[i].to.deliver(letters[i].m)
		letters[i] = letter{}
	}
	if cap(letters) <= keepLetters {
		b.mu.Lock()
		b.spare = letters[:0]
		b.mu.Unlock()
	}
	for _, then := range held {
		then()
	}
}
