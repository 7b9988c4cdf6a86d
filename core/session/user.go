package session

import (
	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
)

// becomeDefault makes the client the default user, logged in if that is what all
// clients are. Loop.
func (s *Session) becomeDefault() {
	users := s.clients.users
	s.user.Store(users.Default())
	s.authenticated = !users.LoginRequired()
}

// Authenticated tells whether the client may run commands that are not for
// everyone.
func (s *Session) Authenticated() bool {
	return s.authenticated && !s.user.Load().Rules().Gone || !s.clients.users.LoginRequired()
}

// LoggedIn tells whether the client authenticated, or did not have to when it
// connected or was reset; unlike Authenticated it does not become true when
// the default user needs a password no more.
func (s *Session) LoggedIn() bool { return s.authenticated }

// Unrestricted tells whether the client is authenticated as a user that may do
// everything.
func (s *Session) Unrestricted() bool {
	return s.user.Load().Unrestricted() && (s.authenticated || !s.clients.users.LoginRequired())
}

// ACLUser is who the client is. Any.
func (s *Session) ACLUser() *acl.User { return s.user.Load() }

// User is the name of who the client is. Any.
func (s *Session) User() string { return s.user.Load().Name() }

// mayRun tells whether the client is authenticated, as the row needs it, and its
// rules allow the request. Loop.
func (s *Session) mayRun(row *command.Row, args [][]byte) bool {
	if row.Flags&command.NoAuth == 0 && !s.Authenticated() {
		return false
	}
	reason, _ := s.user.Load().Rules().Check(row, args)
	return reason == acl.Allowed
}

// Authenticate makes the client of c the user if the password is right.
func (s *Session) Authenticate(c *command.Call, user, password []byte) bool {
	u := s.clients.users.Login(string(user), password)
	if u == nil {
		s.clients.users.LoginFailed(c, s, user)
		return false
	}
	s.user.Store(u)
	s.authenticated = true
	return true
}

// PasswordRequired tells whether the default user has a password.
func (s *Session) PasswordRequired() bool { return !s.clients.users.Default().Rules().NoPass }

// Line is what CLIENT LIST shows of s while its request is executed. Loop.
func (s *Session) Line() string { return string(s.line(nil, true)) }

// HasUser tells whether there is a user of that name.
func (cs *Clients) HasUser(name string) bool { return cs.users.Get(name) != nil }

// KillUser ends the connections of all clients that are u, who has been removed, but
// that of me, the client that asks: itself tells that it is one.
func (cs *Clients) KillUser(u *acl.User, me int64) (itself bool) {
	return cs.killIf(me, func(s *Session) bool { return s.user.Load() == u })
}

// killIf ends the connections of the clients that doomed tells, but that of me:
// itself tells that it is one of them. Any.
func (cs *Clients) killIf(me int64, doomed func(*Session) bool) (itself bool) {
	for _, s := range cs.all(&command.ClientFilter{}) {
		switch {
		case !doomed(s):
		case s.id == me:
			itself = true
		default:
			cs.dismiss(s)
		}
	}
	return itself
}

// dismiss ends the connection of a client, which is out of List when it returns. Any.
func (cs *Clients) dismiss(s *Session) {
	cs.remove(s, false)
	s.stopWaiting()
	s.conn.Post(s.closeNow)
}
