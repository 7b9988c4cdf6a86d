package session

import "strings"

// The methods in this file are what handlers may ask of a client and do to it.
// All of them are for its loop.

// ID is the client's number.
func (s *Session) ID() int64 { return s.id }

// SelectedDB is the index of the client's database.
func (s *Session) SelectedDB() int { return int(s.db.Load()) }

// Select changes the database; the caller has checked that it exists.
func (s *Session) Select(db int) { s.db.Store(int32(db)) }

// Address is the peer's, as CLIENT LIST shows it.
func (s *Session) Address() string { return s.remote }

// Proto is the protocol version, 2 or 3.
func (s *Session) Proto() int { return int(s.proto.Load()) }

// SetProto changes it, for the reply being made as well.
func (s *Session) SetProto(version int) {
	s.proto.Store(int32(version))
	s.loop.w.Proto = version
	s.loop.call.Subscribed = s.confined()
}

// NoTouch tells whether the client's commands leave the access clocks of keys
// as they are.
func (s *Session) NoTouch() bool { return s.flags.Load()&flagNoTouch != 0 }

// SetNoTouch is CLIENT NO-TOUCH.
func (s *Session) SetNoTouch(on bool) {
	s.set(flagNoTouch, on)
	s.loop.call.Tx.NoTouch = on
}

// SetNoEvict is CLIENT NO-EVICT.
func (s *Session) SetNoEvict(on bool) {
	s.set(flagNoEvict, on)
	s.clients.weights.set(s, s.weight.Load())
}

// Name is what SetName set; empty if nothing.
func (s *Session) Name() string { return text(s.name.Load()) }

// SetName names the client; an empty name takes the name away. It returns
// false, and changes nothing, if CLIENT LIST could not show the name.
func (s *Session) SetName(name string) bool {
	if !validName(name) {
		return false
	}
	s.name.Store(&name)
	return true
}

// SetLibName notes the client's library, with SetName's rules.
func (s *Session) SetLibName(name string) bool {
	if !validName(name) {
		return false
	}
	s.libName.Store(&name)
	return true
}

// SetLibVersion notes its version, with SetName's rules.
func (s *Session) SetLibVersion(version string) bool {
	if !validName(version) {
		return false
	}
	s.libVer.Store(&version)
	return true
}

// ReplyOn is CLIENT REPLY ON: this reply and those to come are sent.
// Within EXEC, the replies that it came after stay away.
func (s *Session) ReplyOn() {
	if s.muted() {
		s.takeBack()
		s.replies &^= repliesOff | repliesSkip
	}
}

// ReplyOff is CLIENT REPLY OFF: no replies from now on.
// Within EXEC, those that it came after are sent.
func (s *Session) ReplyOff() {
	if !s.muted() {
		s.replyEdge = len(s.loop.w.B)
	}
	s.replies |= repliesOff
}

// ReplySkip is CLIENT REPLY SKIP: no reply to the next request.
func (s *Session) ReplySkip() {
	if s.replies&repliesOff == 0 {
		s.replies |= skipNext
	}
}

// CloseAfterReply ends the connection once the replies so far are sent, with
// that of the request being executed.
func (s *Session) CloseAfterReply() { s.set(flagClosing, true) }

// Reset makes the client as it was when it connected: database, protocol,
// user, name, replies, subscriptions, TRACKING, NO-EVICT and NO-TOUCH. Its transaction is the
// call's. What it told about its
// library stays.
func (s *Session) Reset() {
	s.unsubscribe()
	s.Untrack()
	s.Select(0)
	s.SetProto(2)
	s.becomeDefault()
	s.scanner.Authenticated = s.authenticated
	s.name.Store(nil)
	s.SetNoTouch(false)
	s.SetNoEvict(false)
	s.replies &^= repliesOff | skipNext
}

// Written is the offset of the journal behind the last effect of the client's
// commands, 0 if they had none.
func (s *Session) Written() int64 { return s.written }

// Local tells whether the client is on this machine for sure: a Unix socket or
// the loopback address.
func (s *Session) Local() bool { return isLocal(s.conn) }

// UnixPath is that of the Unix socket that the client has connected to; empty for TCP.
func (s *Session) UnixPath() string {
	if s.flags.Load()&flagUnix == 0 {
		return ""
	}
	return strings.TrimSuffix(s.remote, ":0")
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
