package session

import (
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/tracking"
)

// The methods in this file are CLIENT TRACKING's and those of its kin, for the
// client's loop.

// Tracking is the client's state.
func (s *Session) Tracking() command.Tracking {
	t := s.tracker.Load()
	mode := t.bits()
	if mode&trackOn == 0 {
		return command.Tracking{}
	}
	state := command.Tracking{
		On: true, Broadcast: mode&trackBroadcast != 0, NoLoop: mode&trackNoLoop != 0,
		OptIn: mode&trackOptIn != 0, OptOut: mode&trackOptOut != 0, Caching: mode&trackCaching != 0,
		Broken: mode&trackBroken != 0, Redirect: max(0, t.redirect()),
	}
	for _, p := range t.prefixes {
		state.Prefixes = append(state.Prefixes, []byte(p))
	}
	return state
}

// bits is mode, 0 for nil. Any.
func (t *tracker) bits() uint32 {
	if t == nil {
		return 0
	}
	return t.mode.Load()
}

// letters are the bits of what CLIENT LIST shows. Any.
func (t *tracker) letters() (shown uint32) {
	mode := t.bits()
	for _, l := range [...]struct{ bit, shown uint32 }{
		{trackOn, shownTracking}, {trackBroken, shownBroken}, {trackBroadcast, shownBroadcast},
	} {
		if mode&l.bit != 0 {
			shown |= l.shown
		}
	}
	return shown
}

// redirect is the number of the client that is told, 0 for none and -1 if t, which may
// be nil, does not track. Any.
func (t *tracker) redirect() int64 {
	if t.bits()&trackOn == 0 {
		return -1
	}
	if to := t.target.Load(); to != nil {
		return to.id
	}
	return 0
}

// memory is about what t, which may be nil, takes. Any.
func (t *tracker) memory() int64 {
	if t == nil {
		return 0
	}
	return t.bytes.Load()
}

// prefixBytes is about what a prefix takes beside its own bytes: with its place among
// those of the client and among those of all.
const prefixBytes = 160

// Track has the client track as want says, in addition to the prefixes that it has. It
// returns false, and does nothing, if there is no client with the number Redirect.
func (s *Session) Track(want command.Tracking) bool {
	var target *Session
	if want.Redirect != 0 {
		if target = s.clients.byNumber(want.Redirect); target == nil {
			return false
		}
	}
	t := s.tracker.Load()
	if t == nil {
		t = &tracker{}
		t.session.Store(s)
		s.tracker.Store(t)
	}
	t.target.Store(target)
	mode := uint32(trackOn)
	for _, o := range [...]struct {
		on  bool
		bit uint32
	}{{want.Broadcast, trackBroadcast}, {want.OptIn, trackOptIn}, {want.OptOut, trackOptOut}, {want.NoLoop, trackNoLoop}} {
		if o.on {
			mode |= o.bit
		}
	}
	t.mode.Store(mode | t.mode.Load()&trackCaching)
	for _, p := range want.Prefixes {
		t.listen(s.clients.trackers, string(p))
	}
	s.clients.trackers.set(t, true)
	s.trackCall()
	return true
}

// listen adds a prefix.
func (t *tracker) listen(ts *trackers, prefix string) {
	i, known := slices.BinarySearch(t.prefixes, prefix)
	if !known {
		t.prefixes = slices.Insert(t.prefixes, i, prefix)
		t.bytes.Add(prefixBytes + int64(len(prefix)))
		ts.prefixes.Add(t, prefix)
	}
}

// Overlaps returns the client's own prefix that some key has together with prefix.
func (s *Session) Overlaps(prefix []byte) (own []byte, overlaps bool) {
	t := s.tracker.Load()
	if t == nil {
		return nil, false
	}
	for _, p := range t.prefixes {
		if tracking.Overlap(p, string(prefix)) {
			return []byte(p), true
		}
	}
	return nil, false
}

// Untrack ends it.
func (s *Session) Untrack() {
	t := s.tracker.Load()
	if t.bits()&trackOn == 0 {
		return
	}
	t.mode.Store(0)
	t.target.Store(nil)
	s.clients.trackers.prefixes.Remove(t, t.prefixes)
	t.prefixes = nil
	t.bytes.Store(0)
	s.clients.trackers.set(t, false)
	s.trackCall()
}

// CacheNext has the next command be treated unlike the others, as OPTIN or OPTOUT has
// it.
func (s *Session) CacheNext() {
	s.tracker.Load().mode.Or(trackCaching)
	s.trackCall()
}

// tracks tells whether what the client reads now is entered in the table.
func (s *Session) tracks() bool {
	mode := s.tracker.Load().bits()
	switch {
	case mode&(trackOn|trackBroadcast) != trackOn:
		return false
	case mode&trackOptIn != 0:
		return mode&trackCaching != 0
	case mode&trackOptOut != 0:
		return mode&trackCaching == 0
	}
	return true
}

// trackCall puts a change of the mode into effect for the rest of a transaction.
func (s *Session) trackCall() {
	if s.loop.serving == s {
		s.loop.call.Tracked = s.tracks()
	}
}

// cached ends what CacheNext has begun, after a command or, if that was MULTI, its
// transaction.
func (s *Session) cached(c *command.Call) {
	t := s.tracker.Load()
	if t.bits()&trackCaching == 0 || c.Transaction.Queued() >= 0 {
		return
	}
	if c.Row != nil && c.Row.Parent != nil && c.Row.Parent.Name == "client" {
		return
	}
	t.mode.And(^uint32(trackCaching))
}

// leave ends the tracking of a client that is gone.
func (s *Session) leave() {
	if t := s.tracker.Load(); t != nil {
		s.Untrack()
		t.session.Store(nil)
	}
}

// Exists tells whether there is a client with that number. Any.
func (cs *Clients) Exists(id int64) bool { return cs.byNumber(id) != nil }

// byNumber returns the client with that number, nil if there is none. Any.
func (cs *Clients) byNumber(id int64) *Session {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.byID[id]
}
