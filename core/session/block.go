package session

import (
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// wait is what a session keeps while it waits for keys.
type wait struct {
	// current is what it waits for; nil: nothing.
	current atomic.Pointer[command.Blocked]
	stop    func() // the timer; nil if there is none
	muted   bool   // CLIENT REPLY wants no reply to the request
	// later is what came of copies before the reply.
	later []letter
}

// letter is a message that to is to deliver.
type letter struct {
	to pubsub.Receiver
	p  *pubsub.Parcel
}

// delays keeps the message for when the reply has been made that is being made, or that
// is on its way to a client that has waited: the message may be about what that says.
// Loop.
func (s *Session) delays(to pubsub.Receiver, p *pubsub.Parcel) bool {
	if l := s.loop; l.outer != s && (!l.busy || l.serving != s) {
		if b := s.wait.current.Load(); b == nil || !b.Over() {
			return false
		}
	}
	s.wait.later = append(s.wait.later, letter{to, pubsub.One(pubsub.Raw(p.Bytes(2)))})
	return true
}

// block has the client wait: its input is held until the wait is over.
func (s *Session) block(b *command.Blocked) {
	s.wait.current.Store(b)
	s.wait.muted = s.muted()
	s.clients.blocked.Add(1)
	s.set(flagBlocked, true)
	if d := b.Timeout(); d > 0 {
		s.clients.timed.Add(1)
		s.wait.stop = s.conn.Timeout(d, func() { s.timeout(b) })
	}
	s.conn.Hold()
}

// timeout replies that the client has waited long enough.
func (s *Session) timeout(b *command.Blocked) {
	if reply := b.Expire(); reply != nil {
		s.clients.blocked.Add(-1)
		s.resume(b, reply)
		s.loop.stats.Publish()
	}
}

// Unblocked passes on the reply that ends the wait. Any.
func (s *Session) Unblocked(b *command.Blocked, reply []byte) {
	s.clients.blocked.Add(-1)
	s.set(flagBlocked, false)
	s.conn.Post(func() {
		if j := s.loop.batch.Journal(); j != nil {
			s.loop.needed = j.End()
			s.written = s.loop.needed
		}
		s.resume(b, reply)
		s.loop.stats.Publish()
	})
}

// resume replies to the request that had to wait, and lets the client go on.
// The reply of a client that is about to be closed goes nowhere. Loop.
func (s *Session) resume(b *command.Blocked, reply []byte) {
	if s.wait.current.Load() != b || s.flags.Load()&flagClosing != 0 {
		return
	}
	s.endWait()
	s.loop.moved(s)
	defer s.tellLater()
	if !s.wait.muted {
		*s.out = append(*s.out, reply...)
		s.loop.stats.Add(stats.NetOutput, uint64(len(reply)))
		s.loop.stats.Add(stats.Writes, 1)
		s.loop.peakOut = max(s.loop.peakOut, int64(len(*s.out)))
		if n := int64(len(*s.out)); n > s.peakOut.Load() {
			s.peakOut.Store(n)
		}
		s.checkOutput(s.clients.limits.Load(), s.pending(), s.clients.clock.NowMs(), "closed")
	}
	s.conn.Resume()
}

// tellLater delivers what had to wait for the reply. Loop.
func (s *Session) tellLater() {
	later := s.wait.later
	s.wait.later = nil
	for _, l := range later {
		l.to.Deliver(l.p)
	}
}

// endWait forgets what the client waits for, if it does. Loop.
func (s *Session) endWait() {
	b := s.wait.current.Load()
	if b == nil {
		return
	}
	if b.End() {
		s.clients.blocked.Add(-1)
	}
	b.Leave(s.loop.call.Tx)
	s.wait.current.Store(nil)
	if s.wait.stop != nil {
		s.wait.stop()
		s.wait.stop = nil
		s.clients.timed.Add(-1)
	}
	s.set(flagBlocked, false)
}

// stopWaiting has the client, which is to be closed, not be served any more. Any.
func (s *Session) stopWaiting() {
	if b := s.wait.current.Load(); b != nil && b.End() {
		s.clients.blocked.Add(-1)
	}
}

// Unblock ends the wait of the client with that number, as CLIENT UNBLOCK, the
// call c, does, and tells whether it waited. Any.
func (cs *Clients) Unblock(c *command.Call, id int64, withError bool) bool {
	cs.mu.Lock()
	s := cs.byID[id]
	cs.mu.Unlock()
	if s == nil {
		return false
	}
	b := s.wait.current.Load()
	return b != nil && b.Unblock(c, withError)
}

// Blocked is how many clients wait for keys, and how many of them not for ever.
func (cs *Clients) Blocked() (all, timed int) {
	return int(cs.blocked.Load()), int(cs.timed.Load())
}
