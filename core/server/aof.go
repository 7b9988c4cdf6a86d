package server

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// appender keeps the append-only file: it has the journal written to it, and
// rewrites it.
//
//	       appendonly yes at start: load, attach
//	off ─────────────────────────────────────────▶ on ◀─┐ rewrite
//	  │ CONFIG SET appendonly yes      a rewrite   ▲ └──┘ (BGREWRITEAOF, growth, stale)
//	  └───────────────────────▶ waiting ───────────┘
//	on, waiting ── CONFIG SET appendonly no ──▶ off
type appender struct {
	s      *Server
	writer *aof.Writer
	on     atomic.Bool // as Writer.State().On, at less cost

	// sink guards attached, and the order of those who change it. It is taken
	// before shards' locks.
	sink     sync.Mutex
	attached bool // the journal feeds the writer

	flushSleep atomic.Int64 // DEBUG AOF-FLUSH-SLEEP, in µs

	// What follows is guarded by saver.mu: at most one background job runs.
	rewriting bool
	with      *settings.Settings // of the time when the running rewrite began
	done      chan struct{}      // closed when the running rewrite ends
	scheduled bool
	started   time.Time // of the running rewrite
	lastTook  time.Duration
	lastOK    bool
	rewrites  int64
	lastCOW   int64

	waits fileWaits

	upgraded bool // an old file was moved when the server was made: to be logged
}

// init makes the writer, which is off.
func (a *appender) init(s *Server, set *settings.Settings) error {
	a.s, a.lastTook, a.lastOK = s, -1, true
	a.waits.news = make(chan struct{}, 1)
	if set.AppendOnly {
		var err error
		if a.upgraded, err = aof.Upgrade(s.fs, set.AOFDir(), set.AppendFilename); err != nil {
			return fmt.Errorf("upgrade the old append-only file: %w", err)
		}
	}
	writer, err := aof.Open(aof.Options{
		FS: s.fs, Dir: set.AOFDir(), Name: set.AppendFilename, Clock: s.clock,
		Notice: s.log.notice, Warning: s.log.warning, Busy: s.saver.busy, Took: s.noteLatency, Durable: a.moreIsDurable,
		Go: func(fn func()) { s.spawn("the append-only file", fn) },
	}, a.settings(set))
	if err != nil {
		return fmt.Errorf("read the AOF manifest: %w", err)
	}
	a.writer = writer
	return nil
}

// noteLatency enters a step that may have kept clients waiting into the latency
// monitor.
func (s *Server) noteLatency(event string, took time.Duration) {
	if t := s.live.Load().LatencyMonitorThreshold; t > 0 {
		s.latency.Add(event, s.clock.NowMs(), took, t)
	}
}

// settings are the directives that concern the writer.
func (a *appender) settings(set *settings.Settings) aof.Settings {
	policy := aof.EverySecond
	switch set.AppendFsync {
	case settings.FsyncAlways:
		policy = aof.Always
	case settings.FsyncNo:
		policy = aof.Never
	}
	return aof.Settings{
		Policy: policy, NoSyncOnRewrite: set.NoAppendfsyncOnRewrite, Timestamps: set.AOFTimestampEnabled,
		IncrementalSync: set.AOFRewriteIncrementalFsync, KeepHistory: set.AOFDisableAutoGC,
	}
}

// configure has changed directives take effect.
func (a *appender) configure(set *settings.Settings) {
	a.writer.Configure(a.settings(set))
	if !set.AOFDisableAutoGC {
		a.writer.DeleteHistory()
	}
}

// turn is OnTurn of the transport: it does what the replies of a loop's turn
// promise. false: they cannot be sent.
func (a *appender) turn(loop int) (send bool) {
	if !a.on.Load() {
		return true
	}
	if us := a.flushSleep.Load(); us > 0 {
		time.Sleep(time.Duration(us) * time.Microsecond)
	}
	needed := a.s.loops[loop].Needed()
	if a.writer.Turn(a.s.journal.End()) {
		return true
	}
	return needed <= a.writer.State().Durable
}

// failure is why commands that write are refused, nil if they are not.
func (a *appender) failure() error {
	if !a.on.Load() {
		return nil
	}
	if err := a.writer.Err(); err != nil {
		return errors.New(aof.ErrText(err))
	}
	return nil
}

// tick has the writer do what is due, ten times a second. It may wait for the disk,
// for which reason it has a goroutine of its own.
func (a *appender) tick() {
	for !a.s.stopped.Load() {
		time.Sleep(cronPeriod)
		if a.on.Load() && !a.s.loading.Load() {
			a.writer.Tick()
		}
	}
}

// cron starts rewrites that are due, ten times a second.
func (a *appender) cron() {
	a.startScheduled()
	if !a.on.Load() {
		return
	}
	if a.writer.NeedsRewrite() || a.hasGrown() {
		if !a.s.saver.busy() && !a.writer.RewriteLimited() {
			a.start()
		}
	}
}

// startScheduled starts the rewrite that somebody has asked for while another
// job ran.
func (a *appender) startScheduled() {
	v := &a.s.saver
	v.mu.Lock()
	due := a.scheduled && !v.running && !a.rewriting
	v.mu.Unlock()
	if due && !a.writer.RewriteLimited() {
		a.start()
	}
}

// hasGrown tells whether the files have grown by auto-aof-rewrite-percentage.
func (a *appender) hasGrown() bool {
	set, st := a.s.live.Load(), a.writer.State()
	if set.AutoAOFRewritePercentage <= 0 || st.Waiting || st.Size <= int64(set.AutoAOFRewriteMinSize) || a.s.saver.busy() {
		return false
	}
	growth := st.Size*100/max(st.BaseSize, 1) - 100
	if growth < int64(set.AutoAOFRewritePercentage) {
		return false
	}
	a.s.log.notice("Starting automatic rewriting of AOF on %d%% growth", growth)
	return true
}

// turnOn is CONFIG SET appendonly yes: from the first rewrite on the file is
// kept, which goes by set. It returns when that has begun, or is to begin after
// another job or after the transaction that the call is part of.
func (a *appender) turnOn(set settings.Settings, inTransaction bool) error {
	a.writer.TurnOn()
	a.on.Store(true)
	scheduled, err := a.begin(&set, inTransaction)
	switch {
	case scheduled && inTransaction:
		a.s.log.warning("AOF was enabled during a transaction. An AOF background was scheduled to start when possible.")
	case scheduled:
		a.s.log.warning("AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.")
	case errors.Is(err, admin.ErrRewriteRunning): // of the time before the file was turned off
		a.schedule()
		err = nil
	case err == nil && !scheduled:
		err = a.run()
	}
	if err != nil {
		a.turnOff()
		return errors.New("Unable to turn on AOF. Check server logs.")
	}
	return nil
}

// schedule has the cron begin a rewrite after the job that runs.
func (a *appender) schedule() {
	a.s.saver.mu.Lock()
	defer a.s.saver.mu.Unlock()
	a.scheduled = true
}

// turnOff is CONFIG SET appendonly no. The files stay; a rewrite that runs is
// cancelled.
func (a *appender) turnOff() {
	v := &a.s.saver
	v.mu.Lock()
	running, done := a.rewriting, a.done
	a.scheduled = false
	v.mu.Unlock()
	if running {
		a.s.log.notice("Killing AOF child: the rewrite in the background is cancelled")
		v.cancel()
		select {
		case <-done:
		case <-time.After(cancelTime): // a transaction that has this call locks what it needs to end
		}
	}
	if err := a.writer.Stop(); err != nil {
		a.s.log.warning("Turning the append-only file off: %v", err)
	}
	a.on.Store(false)
	a.s.spawn("the end of the append-only file", a.detach) // the caller may hold shards' locks
}

// cancelTime is how long turnOff waits for a rewrite to end.
const cancelTime = 500 * time.Millisecond

// attach has the journal feed the writer. The caller holds sink and every
// shard's lock. It returns the journal's end.
func (a *appender) attach() (at int64) {
	if a.attached {
		a.s.journal.Mark()
		return a.s.journal.End()
	}
	a.attached = true
	return a.s.journal.Attach(a.writer)
}

// detach ends attach, unless the file was turned on again.
func (a *appender) detach() {
	a.sink.Lock()
	defer a.sink.Unlock()
	if !a.attached || a.on.Load() {
		return
	}
	tx := a.s.store.NewTx()
	tx.LockAll(a.s.clock.NowMs())
	defer tx.Unlock()
	a.attached = false
	a.s.journal.Detach(a.writer)
}

// stop writes and syncs everything when the server ends. If it cannot, the file
// goes on, unless forced.
func (a *appender) stop(forced bool) error {
	if !a.on.Load() {
		return nil
	}
	if !forced {
		if a.writer.State().Waiting {
			return errors.New("Writing initial AOF, can't exit")
		}
		a.writer.Tick()
		if err := a.writer.Err(); err != nil {
			return err
		}
	}
	a.s.log.notice("Calling fsync() on the AOF file.")
	return a.writer.Stop()
}

// FlushSleep is DEBUG AOF-FLUSH-SLEEP.
func (a *appender) FlushSleep(us int64) { a.flushSleep.Store(us) }

// info is what INFO tells.
func (a *appender) info() admin.AOF {
	st, v := a.writer.State(), &a.s.saver
	v.mu.Lock()
	defer v.mu.Unlock()
	i := admin.AOF{
		Enabled: st.On, RewriteRunning: a.rewriting, RewriteScheduled: a.scheduled,
		LastRewriteTimeS: -1, CurrentRewriteTimeS: -1, LastRewriteOK: a.lastOK,
		Rewrites: a.rewrites, RewriteFailures: int64(a.writer.RewriteFailures()),
		LastWriteOK: st.Err == nil, LastCOWSize: a.lastCOW,
		CurrentSize: st.Size, BaseSize: st.BaseSize, Buffered: st.Buffered, PendingSync: st.SyncPending, DelayedSyncs: st.Delayed,
	}
	if a.lastTook >= 0 {
		i.LastRewriteTimeS = int64(a.lastTook.Seconds())
	}
	if a.rewriting {
		i.CurrentRewriteTimeS = int64(time.Since(a.started).Seconds())
	}
	return i
}
