package session

import (
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
)

// What a pause holds up: values of Clients.paused, the stronger the larger.
const (
	pauseNone int32 = iota
	pauseWrites
	pauseAll
)

// pauseState is CLIENT PAUSE, under Clients.mu; Clients.paused repeats kind.
type pauseState struct {
	kind  int32
	endMs int64 // wall clock
	timer *time.Timer
	held  []*Session
}

// forget takes a session out whose connection is gone.
func (p *pauseState) forget(s *Session) {
	if s.flags.Load()&flagHeld == 0 {
		return
	}
	for i, h := range p.held {
		if h == s {
			p.held = append(p.held[:i], p.held[i+1:]...)
			return
		}
	}
}

// Pause holds up commands until endMs (wall clock in ms): all of them, or
// those that write. A second pause can only make the one that lasts longer or
// hold up more. Any.
func (cs *Clients) Pause(endMs int64, all bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	kind, p := pauseWrites, &cs.pause
	if all {
		kind = pauseAll
	}
	kind, endMs = max(kind, p.kind), max(endMs, p.endMs)
	left := endMs - cs.clock.NowMs()
	if left <= 0 {
		return
	}
	p.kind, p.endMs = kind, endMs
	cs.paused.Store(kind)
	if p.timer != nil {
		p.timer.Stop()
	}
	var mine *time.Timer
	mine = time.AfterFunc(duration(left), func() { cs.unpause(&mine) })
	p.timer = mine
}

// duration is ms as a time.Duration, or the longest there is.
func duration(ms int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(min(ms, most)) * time.Millisecond
}

// Unpause ends the pause, if there is one. Any.
func (cs *Clients) Unpause() { cs.unpause(nil) }

// unpause ends the pause; if timer is not nil, only if that one is to end it:
// a timer that was stopped too late does nothing.
func (cs *Clients) unpause(timer **time.Timer) {
	cs.mu.Lock()
	p := &cs.pause
	if timer != nil && p.timer != *timer || p.kind == pauseNone {
		cs.mu.Unlock()
		return
	}
	p.timer.Stop()
	held := p.held
	*p = pauseState{}
	cs.paused.Store(pauseNone)
	for _, s := range held {
		s.set(flagHeld, false)
	}
	cs.mu.Unlock()
	for _, s := range held {
		s.conn.Resume()
	}
}

// Paused tells whether commands that write, and all commands, are held up.
// While writes are, nothing else may change data: expiry and eviction wait.
func (cs *Clients) Paused() (writes, all bool) {
	kind := cs.paused.Load()
	return kind >= pauseWrites, kind == pauseAll
}

// Held is how many clients wait for the end of a pause.
func (cs *Clients) Held() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.pause.held)
}

// postponed holds the connection up if the request in args is to wait for the
// end of a pause. What would fail anyway fails at once.
func (s *Session) postponed(args [][]byte) bool {
	row := s.clients.table().Lookup(args[0])
	if row != nil && len(row.Subcommands) > 0 && len(args) > 1 {
		row = row.Sub(args[1])
	}
	if row == nil || row.Arity > 0 && len(args) != row.Arity || len(args) < -row.Arity ||
		!s.mayRun(row, args) {
		return false
	}
	if !s.clients.hold(s, s.tran.Load().Flags(row, args)&(command.Write|command.MayReplicate) != 0) {
		return false
	}
	s.conn.Hold()
	return true
}

// hold notes that s waits, if there is still a pause that concerns it. A
// Resume that comes before the caller's Hold takes effect after it: both are
// of the same loop.
func (cs *Clients) hold(s *Session, writes bool) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.pause.kind == pauseNone || cs.pause.kind == pauseWrites && !writes {
		return false
	}
	s.set(flagHeld, true)
	cs.pause.held = append(cs.pause.held, s)
	return true
}

// Postponed has the request that is being executed be executed again after Retry.
func (s *Session) Postponed() { s.set(flagHeld, true) }

// Retry ends what Postponed has begun. Any.
func (s *Session) Retry() {
	s.set(flagHeld, false)
	s.conn.Resume()
}
