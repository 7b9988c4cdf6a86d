package network

import "time"

const (
	defaultLease = time.Hour       // when the server names no time
	minLease     = 4 * time.Second // a server that wants less is not obeyed
	longestLease = 10 * 365 * 24 * time.Hour
)

// leaseStep is what to do next about a lease. Its text is for the console.
type leaseStep string

const (
	stepAsk      leaseStep = "asking DHCP"
	stepSleep    leaseStep = "sleeping"
	stepRenew    leaseStep = "renewing the lease"
	stepRebind   leaseStep = "asking any DHCP server for the lease"
	stepFallback leaseStep = "no DHCP server answers"
	stepExpired  leaseStep = "the DHCP lease has run out"
)

// leaseState decides when to ask a DHCP server what, and when to do without
// (RFC 2131, 4.4.5, and RFC 8415, 18.2, in the same words). Times are counted
// from the start.
//
//	asking ──wait over──▶ fallback ──▶ asking on, for ever
//	   │ leased                            │ leased
//	   ▼                                   ▼
//	 bound ──T1──▶ renewing, with the server that gave the lease
//	   ▲              │ T2
//	   │ leased       ▼
//	   └────────── rebinding, with any server ──end──▶ expired ──▶ asking
//
// An attempt that fails is repeated at half of the time to the next change.
type leaseState struct {
	wait time.Duration // until the fallback

	fellBack bool // the fallback has been said and used
	held     bool // there is a lease
	next     time.Duration
	rebindAt time.Duration
	expireAt time.Duration
}

// leaseTimes are a lease's, counted from when it was given. A zero T1 or T2 is
// decided here, as the RFCs propose.
type leaseTimes struct{ t1, t2, length time.Duration }

// sane returns the times in order: 0 < t1 < t2 < length.
func (t leaseTimes) sane() leaseTimes {
	t.length = min(max(t.length, minLease), longestLease)
	if t.t2 <= 0 || t.t2 >= t.length {
		t.t2 = t.length / 8 * 7
	}
	if t.t1 <= 0 || t.t1 >= t.t2 {
		t.t1 = min(t.length/2, t.t2/7*4)
	}
	return t
}

// decide returns what to do now. pause is how long to sleep, or how long an
// attempt may take; 0 for an attempt without a limit.
func (s *leaseState) decide(now time.Duration) (step leaseStep, pause time.Duration) {
	switch {
	case s.held && now >= s.expireAt:
		s.held, s.fellBack = false, true
		return stepExpired, 0
	case s.held && now < s.next:
		return stepSleep, s.next - now
	case s.held && now < s.rebindAt:
		return stepRenew, s.rebindAt - now
	case s.held:
		return stepRebind, s.expireAt - now
	case s.fellBack:
		return stepAsk, 0
	case now >= s.wait:
		s.fellBack = true
		return stepFallback, 0
	}
	return stepAsk, s.wait - now
}

// leased records a new or a renewed lease.
func (s *leaseState) leased(now time.Duration, t leaseTimes) {
	t = t.sane()
	s.held, s.fellBack = true, true
	s.next, s.rebindAt, s.expireAt = now+t.t1, now+t.t2, now+t.length
}

// failed records that nobody answered to a step about the lease: ask again at
// half of what is left until something changes, but at least a second later.
func (s *leaseState) failed(now time.Duration, step leaseStep) {
	until := s.expireAt
	if step == stepRenew {
		until = s.rebindAt
	}
	s.next = max(now, min(until, now+max(time.Second, (until-now)/2)))
}

// doubt makes the next step ask any server whether the lease still holds, as
// after the link was down: it may be another network.
func (s *leaseState) doubt(now time.Duration) {
	s.next, s.rebindAt = min(s.next, now), min(s.rebindAt, now)
}

// gone records that there is no lease any longer, and that nothing is to be done
// about its end.
func (s *leaseState) gone() { s.held, s.fellBack = false, true }

// lost records that the lease is gone before its time.
func (s *leaseState) lost(now time.Duration) { s.expireAt = min(s.expireAt, now) }
