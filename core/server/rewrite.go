package server

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// BackgroundRewrite is BGREWRITEAOF. While another background job runs, and
// within a transaction, the rewrite is left to the cron.
func (a *appender) BackgroundRewrite(c *command.Call) (scheduled bool, err error) {
	scheduled, err = a.begin(a.s.live.Load(), c.Nested)
	if scheduled {
		a.writer.AllowRewrite() // the cron would have it wait
	}
	if scheduled || err != nil {
		return scheduled, err
	}
	a.s.log.notice("Background append only file rewriting started by a client")
	a.runBeside()
	return false, nil
}

// begin claims the right to rewrite, by the settings set; if another job runs, or
// later is set, the rewrite is scheduled.
func (a *appender) begin(set *settings.Settings, later bool) (scheduled bool, err error) {
	v := &a.s.saver
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case a.rewriting:
		return false, admin.ErrRewriteRunning
	case v.running || later:
		a.scheduled = true
		return true, nil
	}
	a.rewriting, a.scheduled, a.started, a.done = true, false, time.Now(), make(chan struct{})
	a.with = set
	v.pins++
	v.ends.Store(nil)
	v.processed.Store(0)
	return false, nil
}

// start starts a rewrite that nobody waits for.
func (a *appender) start() {
	if scheduled, err := a.begin(a.s.live.Load(), false); err == nil && !scheduled {
		a.s.log.notice("Background append only file rewriting started")
		a.runBeside()
	}
}

// runBeside is run without its error, which is in the log. It does not wait for
// the disk, as a loop must not.
func (a *appender) runBeside() {
	a.s.spawn("the start of an AOF rewrite", func() { _ = a.run() })
}

// run begins the rewrite that begin has allowed, and leaves the rest to the
// background. An error, which is in the log, tells that it could not begin.
func (a *appender) run() error {
	r, err := a.writer.PrepareSwitch(a.with.AOFUseRDBPreamble)
	if err != nil {
		a.end(err, 0)
		return err
	}
	// Not at a low priority: clients wait for locks that are held at the cut and
	// while files are exchanged.
	a.s.spawn("the AOF rewrite", func() {
		cow, err := a.rewrite(r, a.with)
		a.end(err, cow)
	})
	return nil
}

// rewrite makes the new base from a snapshot and installs it.
func (a *appender) rewrite(r *aof.Rewrite, set *settings.Settings) (cow int64, err error) {
	v := &a.s.saver
	a.sink.Lock() // the journal is attached, or told of a new file, at the cut
	n := v.pin(func() *keyspace.Snapshot {
		return a.s.store.Snapshot(func() {
			if a.on.Load() {
				r.Cut(a.attach())
			}
		})
	})
	a.sink.Unlock()
	v.current.Store(n)
	err = r.WriteBase(func(w io.Writer) error { return v.writeBase(set, n, w) })
	v.current.Store(nil)
	cow = n.Peak()
	n.Release()
	if err == nil {
		err = r.Install()
	} else {
		if errors.Is(err, errCancelled) {
			err = aof.ErrCancelled
		}
		r.Discard(err)
	}
	return cow, err
}

// end notes how a rewrite ended.
func (a *appender) end(err error, cow int64) {
	v := &a.s.saver
	v.mu.Lock()
	defer v.mu.Unlock()
	a.rewriting, v.snapshot = false, nil
	a.lastTook, a.lastCOW = time.Since(a.started), cow
	a.lastOK = err == nil || errors.Is(err, aof.ErrCancelled)
	if err == nil {
		a.rewrites++
		a.s.log.notice("Background AOF rewrite terminated with success, %d KB of memory used by copy-on-write", cow>>10)
	}
	close(a.done)
}

// cancel ends a running rewrite and waits until it has. The caller holds no lock.
func (a *appender) cancel() {
	v := &a.s.saver
	v.mu.Lock()
	running, done := a.rewriting, a.done
	v.mu.Unlock()
	if running {
		v.cancel()
		<-done
	}
}

// writeBase writes a snapshot as the base of an append-only file.
func (v *saver) writeBase(set *settings.Settings, n *keyspace.Snapshot, w io.Writer) error {
	s := v.s
	writing := v.writing(set, n, true, set.Path(fmt.Sprintf("temp-rewriteaof-bg-%d.aof", os.Getpid())))
	if !set.AOFUseRDBPreamble {
		o := aof.CommandsOptions{Functions: writing.Functions, Block: v.block, Progress: func() error {
			v.pace(0, n)
			return writing.Progress()
		}}
		if set.AOFTimestampEnabled {
			o.StampSec = s.clock.NowMs() / 1000
		}
		done := make(chan error)
		s.spawn("the writer of an AOF base", func() {
			v.work(0, func() { done <- aof.WriteCommands(w, n, o) })
		})
		return <-done
	}
	e := rdb.NewEncoder(w, rdb.EncoderOptions{Compress: set.RDBCompression, Checksum: set.RDBChecksum, Block: v.block})
	if err := writing.Write(e, n, s.store); err != nil {
		return err
	}
	return e.Footer()
}

// busy tells whether a background job writes.
func (v *saver) busy() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.running || v.s.aof.rewriting
}
