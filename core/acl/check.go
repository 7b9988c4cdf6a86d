package acl

import (
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
)

// Reason is why something is denied. Of several selectors' reasons the largest is
// told.
type Reason uint8

// Reasons.
const (
	Allowed Reason = iota
	DeniedCommand
	DeniedKey
	DeniedAuth
	DeniedChannel
)

// String is the word for it in ACL LOG.
func (r Reason) String() string {
	return [...]string{"allowed", "command", "key", "auth", "channel"}[r]
}

// Check tells whether the rules allow a request: row with args, its name first.
// Else at is the argument that is denied, the key or channel. It may be called by
// any goroutine.
func (r *Rules) Check(row *command.Row, args [][]byte) (reason Reason, at int) {
	if r.everything {
		return Allowed, 0
	}
	if r.Gone {
		return DeniedCommand, 0
	}
	reason = DeniedCommand
	var keys keyFinder
	for i := range r.selectors {
		why, pos := r.selectors[i].check(row, args, &keys)
		if why == Allowed {
			return Allowed, 0
		}
		if why > reason || why == reason && pos > at {
			reason, at = why, pos
		}
	}
	return reason, at
}

// keyFinder finds a request's keys once for all selectors.
type keyFinder struct {
	keys   [4]command.KeyRef
	more   []command.KeyRef // all of them, where there are more
	n      int
	sought bool
}

func (f *keyFinder) find(row *command.Row, args [][]byte) []command.KeyRef {
	if !f.sought {
		var room [len(f.keys)]command.KeyRef // stays on the stack
		found := row.PossibleKeys(args, room[:0])
		f.n, f.sought = copy(f.keys[:], found), true
		if len(found) > len(room) {
			f.more = slices.Clone(found)
		}
	}
	if f.more != nil {
		return f.more
	}
	return f.keys[:f.n]
}

func (s *selector) check(row *command.Row, args [][]byte, keys *keyFinder) (reason Reason, at int) {
	if !s.mayRun(row, args) {
		return DeniedCommand, 0
	}
	if !s.allKeys && row.HasKeys() {
		for _, k := range keys.find(row, args) {
			if !s.mayAccess(args[k.Pos], accessOf(k.Flags)) {
				return DeniedKey, k.Pos
			}
		}
	}
	if s.allChannels {
		return Allowed, 0
	}
	spec := channelsOf(row)
	for i := 1; i <= min(spec.count, len(args)-1); i++ {
		if !s.maySubscribe(args[i], spec.pattern) {
			return DeniedChannel, i
		}
	}
	return Allowed, 0
}

// mayRun tells whether the command is allowed. Those that one needs to log in
// always are.
func (s *selector) mayRun(row *command.Row, args [][]byte) bool {
	if s.allCommands || row.Flags&command.NoAuth != 0 || s.commands.has(row.ID) {
		return true
	}
	at := 1
	if row.Parent != nil {
		at = 2
	}
	for _, arg := range s.firstArgs[row.ID] {
		if at < len(args) && command.EqualFold(args[at], arg) {
			return true
		}
	}
	return false
}

// accessOf is what a command needs to do with a key whose spec has these flags.
func accessOf(flags []string) (a access) {
	for _, f := range flags {
		switch f {
		case "access":
			a |= reads
		case "update", "insert", "delete":
			a |= writes
		}
	}
	return a
}

// mayAccess tells whether one of the patterns allows all of a. A key that a
// command neither reads nor writes, but looks at, needs a pattern of any kind.
func (s *selector) mayAccess(key []byte, a access) bool {
	for i := range s.keys {
		if k := &s.keys[i]; k.access&a == a && glob.Match(k.pattern, key) {
			return true
		}
	}
	return false
}

// mayReadAll tells whether no key is kept from being read.
func (s *selector) mayReadAll() bool {
	for i := range s.keys {
		if k := &s.keys[i]; k.access&reads != 0 && k.pattern == "*" {
			return true
		}
	}
	return s.allKeys
}

// ReadsAll tells whether a selector that allows the request lets every key be read.
func (r *Rules) ReadsAll(row *command.Row, args [][]byte) bool {
	if r.everything {
		return true
	}
	var keys keyFinder
	for i := range r.selectors {
		s := &r.selectors[i]
		if why, _ := s.check(row, args, &keys); why == Allowed && s.mayReadAll() && !r.Gone {
			return true
		}
	}
	return false
}

// maySubscribe tells whether a channel is allowed. A pattern of channels is only if
// the rules have it literally: what it may match cannot be told.
func (s *selector) maySubscribe(channel []byte, isPattern bool) bool {
	for _, p := range s.channels {
		if isPattern && p == string(channel) || !isPattern && glob.Match(p, channel) {
			return true
		}
	}
	return s.allChannels
}

// Subscribes tells whether the user may be subscribed to a channel, or to a pattern
// of channels.
func (r *Rules) Subscribes(channel string, isPattern bool) bool {
	if r.Gone {
		return false
	}
	for i := range r.selectors {
		if r.selectors[i].maySubscribe([]byte(channel), isPattern) {
			return true
		}
	}
	return false
}

// losesChannels tells whether somebody may be subscribed to what next does not
// allow. That a pattern allows nothing but what others allow too is not seen.
func (r *Rules) losesChannels(next *Rules) bool {
	var all selector
	for i := range next.selectors {
		s := &next.selectors[i]
		all.allChannels = all.allChannels || s.allChannels
		all.channels = append(all.channels, s.channels...)
	}
	if all.allChannels {
		return false
	}
	for i := range r.selectors {
		s := &r.selectors[i]
		if s.allChannels {
			return true
		}
		for _, p := range s.channels {
			if !all.maySubscribe([]byte(p), true) {
				return true
			}
		}
	}
	return false
}

// channelSpec says which arguments of a command are channels: count of them from
// the first on.
type channelSpec struct {
	count   int
	pattern bool
}

// channelsOf is none for commands that leave channels: that is never denied.
func channelsOf(row *command.Row) channelSpec {
	const all = 1 << 30
	switch row.FullName {
	case "subscribe", "ssubscribe":
		return channelSpec{count: all}
	case "psubscribe":
		return channelSpec{count: all, pattern: true}
	case "publish", "spublish":
		return channelSpec{count: 1}
	}
	return channelSpec{}
}
