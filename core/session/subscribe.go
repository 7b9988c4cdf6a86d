package session

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// The methods in this file are what the commands of publish/subscribe and MONITOR ask
// of a client. All of them are for its loop, within Data.

// subscriber is the client's, made when it is first needed.
func (s *Session) subscriber() *pubsub.Subscriber {
	sub := s.sub.Load()
	if sub == nil {
		sub = s.clients.channels.NewSubscriber(s.loop.box, s)
		s.sub.Store(sub)
	}
	return sub
}

// Mailbox is that of the client's loop. Any.
func (s *Session) Mailbox() *pubsub.Box { return s.loop.box }

// Published has the client get what it has sent to itself, before the reply.
func (s *Session) Published() {
	if s.listens() {
		s.loop.Drain()
	}
}

// Subscribe adds a subscription, if it is none yet, and tells the client so with what
// as the first word, also while CLIENT REPLY is off.
func (s *Session) Subscribe(kind pubsub.Kind, what string, name []byte) {
	s.subscriber().Subscribe(kind, name)
	s.set(flagSubscribed, true)
	s.loop.call.Subscribed = s.confined()
	s.confirm(kind, what, name)
}

// Unsubscribe ends subscriptions: that to name, or all of the kind if there is no name.
// It tells the client of each, or that there was none.
func (s *Session) Unsubscribe(kind pubsub.Kind, what string, names [][]byte) {
	sub := s.sub.Load()
	if len(names) == 0 && sub != nil {
		for _, name := range sub.Names(kind) {
			names = append(names, []byte(name))
		}
	}
	for _, name := range names {
		if sub != nil {
			sub.Unsubscribe(kind, name)
		}
		s.confirm(kind, what, name)
	}
	if len(names) == 0 {
		s.confirm(kind, what, nil)
	}
	s.set(flagSubscribed, sub.Subscribed())
	s.loop.call.Subscribed = s.confined()
}

// confirm tells the client what has become of its subscriptions; no name is a null.
func (s *Session) confirm(kind pubsub.Kind, what string, name []byte) {
	w, sub := resp.Writer{Proto: s.Proto()}, s.sub.Load()
	w.Push(3)
	w.BulkString(what)
	if name == nil {
		w.Null()
	} else {
		w.Bulk(name)
	}
	if kind == pubsub.Sharded {
		w.Int(int64(sub.Count(pubsub.Sharded)))
	} else {
		w.Int(int64(sub.Count(pubsub.Channel) + sub.Count(pubsub.Pattern)))
	}
	s.Deliver(pubsub.One(pubsub.Raw(w.B)))
}

// confined tells whether the client may send but a few commands, since it has
// subscriptions in RESP2.
func (s *Session) confined() bool {
	return s.flags.Load()&flagSubscribed != 0 && s.proto.Load() == 2
}

// Monitor has the client see what others run. It returns false if it does already.
func (s *Session) Monitor() bool {
	if s.flags.Load()&flagMonitor != 0 {
		return false
	}
	s.subscriber().Monitor(true)
	s.set(flagMonitor, true)
	s.loop.call.Monitors = true
	return true
}

// Throttle has the client wait, behind the request being executed, until there is room
// in the mailbox of another loop, which what it publishes has filled.
func (s *Session) Throttle(full *pubsub.Box) {
	if s.throttled || !full.Full(func() { s.conn.Post(s.unthrottle) }) {
		return
	}
	s.throttled = true
	s.conn.Hold()
}

func (s *Session) unthrottle() {
	s.throttled = false
	s.conn.Resume()
}

// unsubscribe ends everything that the client gets from others.
func (s *Session) unsubscribe() {
	s.sub.Load().Close()
	s.set(flagSubscribed|flagMonitor, false)
	s.loop.call.Subscribed, s.loop.call.Monitors = false, false
}

var _ command.Client = (*Session)(nil)
