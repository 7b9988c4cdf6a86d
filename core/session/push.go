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
// The loop drains before it looks at a client's requests, after each command and when
// it is woken. So a push about a command of the loop's own comes after that command's
// reply, and a push that was made before a client has sent a request comes before the
// reply to it.

// pushed is a Session as the addressee of what Push has sent.
type pushed Session

func (p *pushed) Deliver(m *pubsub.Message) {
	s := (*Session)(p)
	s.mailed.Add(-int64(m.Len()))
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

// mail is Push of a message that to, which is s, delivers. It takes the message's
// length off s.mailed.
func (s *Session) mail(to pubsub.Receiver, m *pubsub.Message) {
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

// Deliver appends a message to what the client is to be sent. It is for Loop.Drain.
// Loop.
func (s *Session) Deliver(m *pubsub.Message) {
	if s.loop.outer == s {
		s.wait.later = append(s.wait.later, letter{s, m})
		return
	}
	s.deliver(func(b []byte, proto int) []byte { return m.AppendTo(b, proto) })
}

// deliver is Deliver of what add appends for a client of that protocol.
func (s *Session) deliver(add func(b []byte, proto int) []byte) {
	if s.flags.Load()&flagClosing != 0 {
		return
	}
	l, proto := s.loop, int(s.proto.Load())
	switch {
	case l.serving != s:
		had := len(*s.out)
		if *s.out = add(*s.out, proto); len(*s.out) == had {
			return
		}
		s.conn.Flush()
		l.moved(s)
		l.stats.Add(stats.NetOutput, uint64(len(*s.out)-had))
		s.overLimit()
	case s.replies != 0 && l.executing:
		l.aside = add(l.aside, proto)
	default:
		l.w.B = add(l.w.B, proto)
	}
}

// overLimit checks the replies that wait, after a push.
func (s *Session) overLimit() {
	if waiting := s.pending(); waiting > freeOutput {
		s.checkOutput(s.clients.limits.Load(), waiting, s.clients.clock.NowMs(), "scheduled to be closed ASAP")
	}
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
	if l.box.Waiting() {
		l.box.Drain()
	}
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
