package session

import (
	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/pubsub"
)

// KillSubscribers ends the connections of those of u's clients that are subscribed to
// what his rules do not allow, as KillUser does.
func (cs *Clients) KillSubscribers(u *acl.User, me int64) (itself bool) {
	rules, lost := u.Rules(), map[*Session]bool{}
	for _, kind := range subscriptions {
		cs.channels.Each(kind, func(name string, owner pubsub.Receiver) {
			s, ok := owner.(*Session)
			if ok && s.user.Load() == u && !rules.Subscribes(name, kind == pubsub.Pattern) {
				lost[s] = true
			}
		})
	}
	itself = cs.killIf(me, func(s *Session) bool { return lost[s] })
	// A SUBSCRIBE on another loop may have been allowed by the old rules and come to
	// the channel just now.
	cs.killIf(0, func(s *Session) bool {
		if s.user.Load() == u && s.id != me {
			s.conn.Post(s.checkSubscriptions)
		}
		return false
	})
	return itself
}

// subscriptions are the kinds that rules are about.
var subscriptions = [...]pubsub.Kind{pubsub.Channel, pubsub.Pattern, pubsub.Sharded}

// checkSubscriptions ends the client if it is subscribed to what its rules do not
// allow. Loop.
func (s *Session) checkSubscriptions() {
	sub, rules := s.sub.Load(), s.user.Load().Rules()
	if !sub.Subscribed() {
		return
	}
	for _, kind := range subscriptions {
		for _, name := range sub.Names(kind) {
			if !rules.Subscribes(name, kind == pubsub.Pattern) {
				s.closeNow()
				return
			}
		}
	}
}
