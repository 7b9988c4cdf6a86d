package server

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// watchdog logs the stacks of all goroutines when an event loop does not answer for
// watchdog-period milliseconds. Its goroutine exists while that is not 0.
type watchdog struct {
	running atomic.Bool
	period  atomic.Int64 // ns, 0 for none
}

// watchLoops puts watchdog-period into effect. As Redis has it, the period is at
// least two rounds of the cron.
func (s *Server) watchLoops(set *settings.Settings) {
	period := time.Duration(set.WatchdogPeriod) * time.Millisecond
	if period > 0 {
		period = max(period, 2*time.Second/time.Duration(max(set.Hz, 1)))
	}
	s.watchdog.period.Store(int64(period))
	if period > 0 && s.watchdog.running.CompareAndSwap(false, true) {
		s.spawn("the watchdog", s.watch)
	}
}

// heartbeat is a question to a loop. Only the watchdog touches it, but for answered.
type heartbeat struct {
	asked    time.Time // zero: none is open
	answered atomic.Bool
	reported bool
}

// watch asks each loop over and over.
func (s *Server) watch() {
	defer s.watchdog.running.Store(false)
	beats := make([]heartbeat, len(s.loops))
	for !s.stopped.Load() {
		period, hangs := time.Duration(s.watchdog.period.Load()), false
		if period == 0 {
			return
		}
		for i := range beats {
			hangs = s.askLoop(i, &beats[i], period) || hangs
		}
		if hangs {
			s.logStacks()
		}
		time.Sleep(min(period/4, cronPeriod))
	}
}

// askLoop asks loop i whether it lives, unless a question is open, and tells whether
// it has just become clear that it does not answer.
func (s *Server) askLoop(i int, b *heartbeat, period time.Duration) (hangs bool) {
	if b.asked.IsZero() || b.answered.Load() {
		b.asked, b.reported = time.Now(), false
		b.answered.Store(false)
		s.transport.Post(i, func() { b.answered.Store(true) })
		return false
	}
	hangs = !b.reported && time.Since(b.asked) > period
	b.reported = b.reported || hangs
	return hangs
}

// logStacks logs the stacks of all goroutines.
func (s *Server) logStacks() {
	b := make([]byte, maxStacks)
	b = b[:runtime.Stack(b, true)]
	s.log.warning("\n--- WATCHDOG TIMER EXPIRED ---\n%s\n--------", b)
}
