package session

import (
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// A call that takes long (a script that is busy, or a call that waits for one) has
// its loop serve the other clients meanwhile: Yield runs a turn of the loop within
// the call. What the loop keeps for the call it serves is put aside for that time.
//
//	Data of A → Execute → script, or wait for its locks → Yield
//	    → Turn of the transport → Data of B, C, … → the gate: BUSY, or commands
//	      that need no locks
//
// There is never a Yield within another: a call within Yield waits for nothing.

// inner is what calls within a Yield use.
type inner struct {
	turn  func(d time.Duration)
	tx    *keyspace.Tx
	stats *stats.Loop
	busy  bool // within Yield
}

// OnYield sets how the loop runs a turn within a call, which it waits for input for up
// to d: it is called before the loop runs. tx and st are for calls within such turns.
func (l *Loop) OnYield(turn func(d time.Duration), tx *keyspace.Tx, st *stats.Loop) {
	l.inner = inner{turn: turn, tx: tx, stats: st}
	l.call.Yield = l.Yield
	l.call.Tx.Busy = func() { l.Yield(yieldPause) }
}

// yieldPause is for how long a loop that waits for a busy script waits for input
// before it looks whether the script is over.
const yieldPause = 2 * time.Millisecond

// Yield serves the other clients of the loop, waiting for input for up to d. It is for
// the call that the loop executes.
func (l *Loop) Yield(d time.Duration) {
	if l.inner.turn == nil || l.inner.busy || l.call.Client == nil {
		time.Sleep(d)
		return
	}
	l.inner.busy = true
	call, w, figures, serving, executing, busy, aside := l.call, l.w, l.stats, l.serving, l.executing, l.busy, l.aside
	l.outer, l.serving, l.executing, l.busy, l.aside = serving, nil, false, false, nil
	l.stats = l.inner.stats
	l.w = resp.Writer{}
	l.call = command.Call{Out: &l.w, Tx: l.inner.tx, Store: call.Store, Loop: l.stats}
	l.inner.turn(d)
	l.call, l.w, l.stats = call, w, figures
	l.outer, l.serving, l.executing, l.busy, l.aside = nil, serving, executing, busy, aside
	if kept := l.withheld; len(kept) > 0 {
		l.withheld = nil
		serving.deliver(kept)
	}
	l.inner.busy = false
}
