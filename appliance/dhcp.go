package appliance

import "time"

const (
	dhcpTry      = time.Second      // a request is sent again after this
	dhcpRetryMin = 5 * time.Second  // time for an attempt after a failed one
	dhcpRetryMax = time.Minute      // the same, when attempts keep failing
	defaultLease = time.Hour        // when the server names no time
	minLease     = 10 * time.Second // a server that wants less is not obeyed
)

// dhcpStep is what to do next about the lease. Its text is for the console.
type dhcpStep string

const (
	dhcpAsk      dhcpStep = "asking DHCP"
	dhcpSleep    dhcpStep = "sleeping"
	dhcpFallback dhcpStep = "no DHCP server answers"
	dhcpExpired  dhcpStep = "the DHCP lease has run out"
)

// dhcpState decides when to ask a DHCP server and when to do without. Times are
// counted from the start.
//
//	asking ──failed, dhcp-wait over──▶ fallback ──▶ asking again, for ever
//	   │                                               │
//	 leased ◀────────────────────────leased────────────┘
//	   │ half of the lease is over: asking; failed: half of the rest later
//	   └─ all of it is over: expired ──▶ fallback address, asking
type dhcpState struct {
	wait time.Duration

	fellBack bool          // the fallback has been said and used
	held     bool          // there is a lease
	renewAt  time.Duration // when to ask about it again
	expireAt time.Duration
	retry    time.Duration // for the next attempt without a lease
}

// decide returns what to do now. pause is how long to sleep, or how long an
// attempt may take.
func (s *dhcpState) decide(now time.Duration) (step dhcpStep, pause time.Duration) {
	switch {
	case s.held && now >= s.expireAt:
		s.held, s.fellBack, s.retry = false, true, dhcpRetryMin
		return dhcpExpired, 0
	case s.held && now < s.renewAt:
		return dhcpSleep, s.renewAt - now
	case s.held:
		return dhcpAsk, min(dhcpRetryMin, s.expireAt-now)
	case !s.fellBack && now >= s.wait:
		s.fellBack, s.retry = true, dhcpRetryMin
		return dhcpFallback, 0
	case !s.fellBack:
		return dhcpAsk, s.wait - now
	}
	return dhcpAsk, s.retry
}

// leased records a new or a renewed lease.
func (s *dhcpState) leased(now, length time.Duration) {
	length = max(length, minLease)
	s.held, s.fellBack = true, true
	s.renewAt, s.expireAt = now+length/2, now+length
}

// failed records an attempt without an answer: with a lease, ask again at half
// of what is left of it; without one, ask more patiently.
func (s *dhcpState) failed(now time.Duration) {
	if s.held {
		s.renewAt = now + max(time.Second, (s.expireAt-now)/2)
		return
	}
	s.retry = min(max(2*s.retry, dhcpRetryMin), dhcpRetryMax)
}
