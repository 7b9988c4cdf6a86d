package session

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/journal"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/core/tracking"
)

// Loop is what the sessions of one loop share. Its methods are for that loop.
type Loop struct {
	clients  *Clients
	exec     Executor
	stats    *stats.Loop
	call     command.Call
	w        resp.Writer
	sessions []*Session
	inner    inner
	at       int // where Cron goes on

	serving *Session // whose Data runs, nil if none
	box     *pubsub.Box
	wake    func() // has the loop call Drain
	pushed  int    // bytes that Drain has delivered
	aside   []byte // pushed to serving while CLIENT REPLY may take its replies back

	// executing says that a request of serving is being executed, and busy that its reply
	// is being made; outer is the client whose call has called Yield.
	executing bool
	outer     *Session
	withheld  []byte // pushed to outer
	busy      bool
	turned    []*Session               // that are to be weighed
	spare     []*Session               // empty, to be turned
	changed   tracking.Batch[*tracker] // keys, for clients that listen to prefixes

	batch  *journal.Batch
	needed int64 // offset of the journal that replies which others have made depend on
	last   int64 // batch.Last after the last request
	told   int64 // what Needed has returned last, but for 0

	peakIn, peakOut int64 // most bytes of input, and of replies, since the last Cron
}

// NewLoop makes the state of a loop whose requests exec runs, in tx, and whose
// figures st counts. Both are the loop's own.
func (cs *Clients) NewLoop(exec Executor, tx *keyspace.Tx, st *stats.Loop) *Loop {
	l := &Loop{clients: cs, exec: exec, stats: st, wake: func() {}}
	l.box = pubsub.NewBox(func() { l.wake() })
	l.call = command.Call{Out: &l.w, Tx: tx, Store: tx.Store(), Loop: st}
	l.batch, _ = tx.Log().(*journal.Batch)
	tx.Owner = l
	cs.loops = append(cs.loops, l)
	return l
}

// Needed is the offset up to which the journal has to be kept for the replies to be
// true that the loop has made since Needed was called last, 0 if they tell of no
// change: of those before, the transport has sent or dropped all.
func (l *Loop) Needed() int64 {
	n := max(l.needed, l.batch.Last())
	if n <= l.told {
		return 0
	}
	l.told = n
	return n
}

func (l *Loop) add(s *Session) {
	s.place = len(l.sessions)
	l.sessions = append(l.sessions, s)
}

// remove takes s out; the last one takes its place.
func (l *Loop) remove(s *Session) {
	last := len(l.sessions) - 1
	l.sessions[last].place = s.place
	l.sessions[s.place] = l.sessions[last]
	l.sessions[last] = nil
	l.sessions = l.sessions[:last]
}

// Serving returns the call that is being executed, nil if there is none, and its
// client's line as in CLIENT LIST. The arguments are valid while the call runs.
func (l *Loop) Serving() (call *command.Call, client string) {
	s, ok := l.call.Client.(*Session)
	if !ok || s == nil || len(l.call.Args) == 0 {
		return nil, ""
	}
	return &l.call, string(s.line(nil, true))
}

// minPerCron is how many sessions a Cron looks at, if there are so many.
const minPerCron = 5

// Cron looks after a part of the loop's sessions: those idle for too long and
// those above an output limit are ended. Called hz times a second, it comes to
// each one once a second.
func (l *Loop) Cron(hz int) {
	limits, nowMs := l.clients.limits.Load(), l.clients.clock.NowMs()
	n := min(len(l.sessions), max(minPerCron, len(l.sessions)/max(hz, 1)))
	for range n {
		if l.at >= len(l.sessions) {
			l.at = 0
		}
		l.sessions[l.at].cron(limits, nowMs)
		l.at++
	}
	l.clients.noteRecent(nowMs, l.peakIn, l.peakOut)
	l.peakIn, l.peakOut = 0, 0
	l.weigh()
	l.stats.Publish() // what was counted outside of Data
}

// cron checks one session. It does not leave Loop.sessions within: Closed
// comes at the end of the turn.
func (s *Session) cron(limits *Limits, nowMs int64) {
	if pending := s.conn.Pending(); pending != s.lastPending {
		s.lastPending = pending
		s.activeS.Store(nowMs / 1000) // a client that reads its replies is not idle
	}
	flags := s.flags.Load()
	if flags&(flagClosing|flagHeld|flagBlocked|flagSubscribed|flagMonitor) == 0 && limits.Timeout > 0 && nowMs/1000-s.activeS.Load() > limits.Timeout {
		if log := s.clients.log; log.verbose() {
			log.Verbose("Closing idle client %s", s.line(nil, false))
		}
		s.closeNow()
		return
	}
	// A client that has been told to go but does not read is held to the
	// limits as well.
	s.checkOutput(limits, s.pending(), nowMs, "closed")
	s.weigh()
	if nowMs-s.peakSinceMs >= peakForMs {
		s.peakSinceMs = nowMs
		s.peakOut.Store(int64(len(*s.out)))
	}
}

// peakForMs is how long the peak of a reply buffer is shown, at least.
const peakForMs = 5000
