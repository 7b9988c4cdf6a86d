package network

import (
	"testing"
	"time"
)

// The life of a lease, as a list of questions and what happens.
func TestLeaseDecisions(t *testing.T) {
	const s = time.Second
	state := leaseState{wait: 5 * s}
	expect := func(now time.Duration, step leaseStep, pause time.Duration) {
		t.Helper()
		if gotStep, gotPause := state.decide(now); gotStep != step || gotPause != pause {
			t.Fatalf("at %s: got %q %s, want %q %s", now, gotStep, gotPause, step, pause)
		}
	}
	expect(0, stepAsk, 5*s)
	expect(5*s, stepFallback, 0) // once
	expect(5*s, stepAsk, 0)
	state.leased(30*s, leaseTimes{length: 80 * s})
	expect(30*s, stepSleep, 40*s)
	expect(70*s, stepRenew, 30*s)
	state.failed(70*s, stepRenew)
	expect(70*s, stepSleep, 15*s) // half of what is left until T2
	expect(85*s, stepRenew, 15*s)
	state.failed(100*s, stepRenew) // not until its time was over
	expect(100*s, stepRebind, 10*s)
	state.failed(100*s, stepRebind)
	expect(100*s, stepSleep, 5*s)
	expect(106*s, stepRebind, 4*s)
	expect(110*s, stepExpired, 0)
	expect(110*s, stepAsk, 0)
	state.leased(120*s, leaseTimes{t1: 10 * s, t2: 20 * s, length: 40 * s})
	expect(120*s, stepSleep, 10*s)
	state.doubt(125 * s) // the link was down
	expect(125*s, stepRebind, 35*s)
	state.lost(126 * s) // refused
	expect(126*s, stepExpired, 0)
	expect(126*s, stepAsk, 0)
	state.leased(130*s, leaseTimes{}) // a server that wants to be asked for ever
	expect(130*s, stepSleep, minLease/2)
	state.gone()
	expect(200*s, stepAsk, 0)
}

// Without patience there is an address at once, and DHCP is still asked.
func TestLeaseNoWait(t *testing.T) {
	state := leaseState{}
	if step, _ := state.decide(0); step != stepFallback {
		t.Errorf("got %q", step)
	}
	if step, _ := state.decide(0); step != stepAsk {
		t.Errorf("then %q", step)
	}
}

func FuzzLeaseTimes(f *testing.F) {
	f.Add(uint32(0), uint32(0), uint32(0))
	f.Add(uint32(3), uint32(2), uint32(1))
	f.Add(^uint32(0), ^uint32(0), ^uint32(0))
	f.Fuzz(func(t *testing.T, t1, t2, length uint32) {
		l := leaseTimes{time.Duration(t1) * time.Second, time.Duration(t2) * time.Second, time.Duration(length) * time.Second}.sane()
		if !(0 < l.t1 && l.t1 < l.t2 && l.t2 < l.length && l.length >= minLease && l.length <= longestLease) {
			t.Errorf("%d %d %d become %+v", t1, t2, length, l)
		}
	})
}

// Waiting for an answer becomes longer, within bounds, and never the same for
// all machines.
func TestRetransmission(t *testing.T) {
	if d := retransmission(0, 0.9); d != time.Second {
		t.Errorf("the first: %s", d)
	}
	for n := range 100 {
		low, high := retransmission(n+1, 0), retransmission(n+1, 0.999)
		if low < time.Second || high > 80*time.Second || low >= high {
			t.Errorf("%d: %s to %s", n+1, low, high)
		}
	}
}
