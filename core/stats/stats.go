// Package stats counts what a server does and remembers what was slow:
// totals, per-command figures with latency histograms, error codes, rates,
// the slow log and the latency monitor.
//
// # The hot path
//
// Each event loop owns a Loop. A command costs it one clock read (the end of
// one command is the start of the next) and one plain store into a pending
// list; totals are plain additions. Publish, once for each batch of
// commands, adds what is pending to figures that readers see, under the
// loop's mutex. Atomics per command would not be cheaper: on amd64 Go's
// atomic store is an exchange, as dear as an atomic addition.
//
// What is pending is invisible to readers. A command that reads statistics
// on a loop calls its own Loop's Publish first, so that it sees the commands
// before it in the same pipeline.
package stats

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
)

// Counter names a total.
type Counter uint8

// Totals, as INFO calls them.
const (
	Commands       Counter = iota // total_commands_processed
	Connections                   // total_connections_received
	Rejected                      // rejected_connections
	NetInput                      // total_net_input_bytes
	NetOutput                     // total_net_output_bytes
	Reads                         // total_reads_processed
	Writes                        // total_writes_processed
	ErrorReplies                  // total_error_replies
	Hits                          // keyspace_hits
	Misses                        // keyspace_misses
	ExpiredKeys                   // expired_keys
	EvictedKeys                   // evicted_keys
	EvictedClients                // evicted_clients
	ExpireCapped                  // expired_time_cap_reached_count
	ExpireNs                      // expire_cycle_cpu_milliseconds, in ns here
	EvictionNs                    // total_eviction_exceeded_time, in ns here
	QueryLimit                    // client_query_buffer_limit_disconnections
	OutputLimit                   // client_output_buffer_limit_disconnections
	AuthFailures                  // acl_access_denied_auth
	DeniedCommands                // acl_access_denied_cmd
	DeniedKeys                    // acl_access_denied_key
	DeniedChannels                // acl_access_denied_channel
	SlowCommands                  // slow log entries made; Redoubt's own
	numCounters
)

// Totals is a sum over all loops.
type Totals [numCounters]uint64

// Stats is the statistics of one server. Methods may be called by any
// goroutine, except where they say otherwise.
type Stats struct {
	clock     clock.Clock
	commands  int         // rows of the command table
	untracked atomic.Bool // TrackLatency(false)

	mu    sync.Mutex // loops and idle
	loops []*Loop
	idle  []*Loop
}

// New makes statistics for a table of so many commands, whose IDs are 0 to
// commands-1 (subcommands have IDs of their own); at most 65536.
func New(c clock.Clock, commands int) *Stats {
	return &Stats{clock: c, commands: commands}
}

// TrackLatency switches the histograms of the calls that are published from
// now on on or off, for every Loop. Any goroutine may call it.
func (s *Stats) TrackLatency(on bool) { s.untracked.Store(!on) }

// NewLoop makes a Loop for one event loop, for good.
func (s *Stats) NewLoop() *Loop {
	l := &Loop{clock: s.clock, figures: make([]figures, s.commands), untracked: &s.untracked}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loops = append(s.loops, l)
	return l
}

// Acquire lends a Loop to a goroutine that is not an event loop, for one
// batch of commands; Release gives it back.
func (s *Stats) Acquire() *Loop {
	s.mu.Lock()
	if n := len(s.idle); n > 0 {
		l := s.idle[n-1]
		s.idle = s.idle[:n-1]
		s.mu.Unlock()
		return l
	}
	s.mu.Unlock()
	return s.NewLoop()
}

// Release publishes a Loop and takes it back from Acquire's caller.
func (s *Stats) Release(l *Loop) {
	l.Publish()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, l)
}

func (s *Stats) each(visit func(l *Loop)) {
	s.mu.Lock()
	loops := s.loops
	s.mu.Unlock()
	for _, l := range loops {
		l.mu.Lock()
		visit(l)
		l.mu.Unlock()
	}
}

// Totals sums the counters of all loops.
func (s *Stats) Totals() Totals {
	var t Totals
	s.each(func(l *Loop) {
		for i, n := range l.published {
			t[i] += n
		}
	})
	return t
}

// Reset is CONFIG RESETSTAT for totals and command figures. What is pending
// in other loops is counted after it.
func (s *Stats) Reset() {
	s.each(func(l *Loop) {
		l.published = Totals{}
		clear(l.figures)
	})
}

const maxPending = 256

// Loop is the statistics of one event loop. Only its owner may call its
// methods; readers go through Stats.
type Loop struct {
	clock     clock.Clock
	last      time.Duration // end of the command before
	paused    bool          // Pause
	recent    recent
	totals    Totals // not published yet
	n         int    // of pending
	pending   [maxPending]sample
	untracked *atomic.Bool // of the Stats

	_ [64]byte // what follows is shared with readers: keep it off the owner's cache lines

	mu        sync.Mutex
	published Totals
	figures   []figures
}

// sample is a call on its way to the figures.
type sample struct {
	ns      int64
	command uint16
	outcome Outcome
}

// Outcome is how a call ended.
type Outcome uint8

// Outcomes of calls.
const (
	OK           Outcome = iota
	Failed               // ran and replied with an error
	Waits                // ran and has its client wait: its latency is not known yet
	Declined             // refused before it ran: wrong arity, no permission, out of memory …
	Served               // of a call that was counted as Waits: the rest of its time
	ServedFailed         // likewise, and the reply was an error
)

// Add adds to a total: a plain addition.
func (l *Loop) Add(c Counter, n uint64) { l.totals[c] += n }

// Begin starts the clock of a batch of commands, and returns what it shows.
func (l *Loop) Begin() time.Duration {
	l.last, l.paused = l.clock.Mono(), false
	return l.last
}

// Done ends the call that started when the one before it, or Begin, ended,
// and returns how long it took. Time between calls, for parsing, counts for
// the later one, and so does waiting for shard locks.
func (l *Loop) Done(command int, o Outcome) (took time.Duration) {
	now := l.clock.Mono()
	took = now - l.last
	l.last = now
	l.Record(command, took, o)
	return took
}

// Since is the time since the last call, or Begin, ended.
func (l *Loop) Since() time.Duration { return l.clock.Mono() - l.last }

// Mark is for time that is no command's, as in a batch that was interrupted:
// the next call starts now.
func (l *Loop) Mark() { l.last = l.clock.Mono() }

// Pause is Mark when the next call is entered: many things that are no command's may
// come one after the other, and cost one look at the clock.
func (l *Loop) Pause() { l.paused = true }

// Record counts a call that was timed by the caller: one inside of EXEC or
// a script, or one that was Declined and took nothing.
func (l *Loop) Record(command int, took time.Duration, o Outcome) {
	if l.n == maxPending {
		l.Publish()
	}
	l.pending[l.n] = sample{int64(took), uint16(command), o}
	l.n++
}

// Publish makes all that was counted visible to readers. Call it at the end
// of each batch.
func (l *Loop) Publish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	track := !l.untracked.Load()
	for i := range l.pending[:l.n] {
		s := &l.pending[i]
		l.figures[s.command].add(s, track)
		if s.outcome < Declined {
			l.published[Commands]++
		}
	}
	l.n = 0
	for i, n := range l.totals {
		if n != 0 {
			l.published[i] += n
			l.totals[i] = 0
		}
	}
}
