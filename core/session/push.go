package session

import (
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// What a client gets out of turn (messages of channels, invalidations, MONITOR's
// lines) goes through the mailbox of its loop:
//
//	any goroutine -> Box -> Loop.Drain -> Deliver -> behind the replies made so far
//
// The loop drains when it is woken, and before and after each request of a client that
// something may wait for. So a push about a command of the client's own comes after that
// command's reply, and one that was made before a client has sent a request comes before
// the reply to it.

// pushed is a Session as the addressee of what Push has sent.
type pushed Session

func (p *pushed) Deliver(m *pubsub.Parcel) {
	s := (*Session)(p)
	s.taken(m)
	s.Deliver(m)
}

func (p *pushed) Cut() { (*Session)(p).Cut() }

// Push has msg, whole replies or pushes in the client's protocol, sent to the client
// behind the reply that is being made, if one is. It is copied, never blocks, and
// counts against the output limit of the client's class: above that the client is
// ended. A client that is being ended gets nothing. Any, also with locks held.
func (s *Session) Push(msg []byte) {
	if len(msg) > 0 {
		s.mail((*pushed)(s), pubsub.Raw(append([]byte(nil), msg...)))
	}
}

// taken notes that the message of mail has come out of the mailbox.
func (s *Session) taken(m *pubsub.Parcel) { s.mailed.Add(-int64(len(m.Bytes(2)))) }

// mail is Push of a message that to, which is s, delivers; to calls taken.
func (s *Session) mail(to pubsub.Receiver, m pubsub.Message) {
	if s.flags.Load()&flagClosing != 0 {
		return
	}
	limit := s.outputLimit(s.clients.limits.Load()).HardBytes
	if waiting := s.mailed.Add(int64(m.Len())); limit > 0 && waiting > limit+freeOutput {
		if s.flags.Or(flagOverflown)&flagOverflown == 0 {
			s.conn.Post(s.Cut)
		}
		s.mailed.Add(-int64(m.Len()))
		return
	}
	s.loop.box.Put(to, m)
}

// Deliver appends messages to what the client is to be sent. It is for Loop.Drain.
// Loop.
func (s *Session) Deliver(p *pubsub.Parcel) {
	if s.flags.Load()&flagClosing == 0 {
		s.deliver(p.Bytes(int(s.proto.Load())))
	}
}

// deliver is Deliver of b, which is not changed any more, to a client that is not
// being ended.
func (s *Session) deliver(b []byte) {
	switch l := s.loop; {
	case l.outer == s:
		l.withheld = append(l.withheld, b...)
	case l.serving != s:
		l.moved(s)
		l.pushed += len(b)
		s.shared += len(b)
		if waiting := s.conn.Share(b); waiting > freeOutput {
			s.checkOutput(s.clients.limits.Load(), waiting, s.clients.clock.NowMs(), "scheduled to be closed ASAP")
		}
	case s.muted() && l.executing:
		l.aside = append(l.aside, b...)
	default:
		l.w.B = append(l.w.B, b...)
	}
}

// listens tells whether messages may wait in the loop's mailbox for the client. Any.
func (s *Session) listens() bool {
	return s.flags.Load()&(flagSubscribed|flagMonitor) != 0 || s.mailed.Load() != 0
}

// Cut ends the client because more was to be pushed to it than its limit allows, while
// its loop was busy. Loop.
func (s *Session) Cut() {
	if s.flags.Load()&flagClosing != 0 {
		return
	}
	s.overflown("scheduled to be closed ASAP")
}

// Drain delivers what waits in the loop's mailbox. It runs on the loop.
func (l *Loop) Drain() {
	if !l.box.Waiting() {
		return
	}
	l.box.Drain()
	l.stats.Add(stats.NetOutput, uint64(l.pushed))
	l.pushed = 0
}

// TellPushed delivers what waits for the clients of the loop, ahead of the reply to the
// request being executed, of which nothing is made yet. Loop.
func (s *Session) TellPushed() {
	s.loop.busy = false
	s.loop.Drain()
	s.loop.busy = true
}

// OnMail sets how the loop is told, by any goroutine and with locks held, to call
// Drain; it is called before the loop runs. Without it, clients get what is pushed to
// them when they send a request.
func (l *Loop) OnMail(wake func()) { l.wake = wake }

// Box is the loop's mailbox.
func (l *Loop) Box() *pubsub.Box { return l.box }
