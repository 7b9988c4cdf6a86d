package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// Why a snapshot is not taken, or a restore not begun.
var (
	ErrSaving   = errors.New("a save or rewrite is running")
	ErrLoading  = errors.New("the data is being loaded")
	ErrStopping = errors.New("the server is stopping")
	// ErrSlowReader is why a download ends whose reader is slower than the data
	// changes: what it is still to be sent would fill the memory.
	ErrSlowReader = errors.New("the reader is too slow for the rate of changes: more has changed than snapshot-memory-budget allows to be kept")
)

// deadlined is what can be told to end a Write that blocks.
type deadlined interface {
	SetWriteDeadline(t time.Time) error
}

// WriteSnapshot writes the data as it is now to w, as an RDB file with its checksum.
// Nothing of it goes to a file. It takes the place of a background save: none begins
// until it has ended, and while one runs the error is ErrSaving, before anything was
// written. It ends with ctx, with a FLUSHALL or SHUTDOWN, and when w is so slow that
// too much has to be kept for it; a w with SetWriteDeadline is told not to block then.
func (h *Handle) WriteSnapshot(ctx context.Context, w io.Writer) error {
	v, set := &h.s.saver, h.s.live.Load()
	n, err := v.beginAside()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { // for a Write that blocks
		if d, ok := w.(deadlined); ok {
			_ = d.SetWriteDeadline(time.Now())
		}
	})
	defer stop()
	timed := &timedWriter{to: w}
	h.s.spawn("the watcher of a download", func() { v.watchReader(ctx, n, timed, cancel) })
	done := make(chan error, 1)
	h.s.spawn("a download", func() {
		block := func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return v.block()
		}
		e := rdb.NewEncoder(timed, rdb.EncoderOptions{Compress: set.RDBCompression, Checksum: true, Block: block})
		done <- v.writeAside(set, n, e)
	})
	err = <-done
	v.endAside(n)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		h.s.log.warning("A download of the data has ended early: %v", err)
		return err
	}
	h.s.log.notice("The data was downloaded")
	return nil
}

// Checkpoint writes the data as it is now to the RDB file at path, durably; a file that
// is there is replaced when that has succeeded. It waits for a save or rewrite that
// runs to end, as long as ctx allows. It does not count as a save.
func (h *Handle) Checkpoint(ctx context.Context, path string) error {
	v, set := &h.s.saver, h.s.live.Load()
	n, err := v.beginAside()
	for ; errors.Is(err, ErrSaving); n, err = v.beginAside() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", err, context.Cause(ctx))
		case <-time.After(cronPeriod):
		}
	}
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	h.s.spawn("a checkpoint", func() {
		dir, name := filepath.Split(path)
		block := func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return v.block()
		}
		done <- rdb.SaveFile(h.s.fs, rdb.SaveOptions{
			Dir: filepath.Clean(dir), Name: name, TempName: name + ".temp", IncrementalSync: true,
			Encoder: rdb.EncoderOptions{Compress: set.RDBCompression, Checksum: true, Block: block},
		}, func(e *rdb.Encoder) error {
			writing := v.writing(set, n, false, path+".temp")
			return writing.Write(e, n, h.s.store)
		})
	})
	err = <-done
	v.endAside(n)
	if err != nil {
		return fmt.Errorf("write a checkpoint: %w", err)
	}
	h.s.log.notice("Checkpoint saved to %s", path)
	return nil
}

// beginAside takes a snapshot that is to be written elsewhere than to the configured
// file, and keeps others from saving until endAside.
func (v *saver) beginAside() (*keyspace.Snapshot, error) {
	switch {
	case v.s.stopped.Load() || v.s.ending.running.Load():
		return nil, ErrStopping
	case v.s.loading.Load():
		return nil, ErrLoading
	}
	v.mu.Lock()
	if v.running || v.s.aof.rewriting {
		v.mu.Unlock()
		return nil, ErrSaving
	}
	v.running, v.started, v.done = true, time.Now(), make(chan struct{})
	v.pins++
	v.ends.Store(nil)
	v.processed.Store(0)
	v.mu.Unlock()
	n := v.pin(func() *keyspace.Snapshot { return v.s.store.Snapshot(nil) })
	v.current.Store(n)
	return n, nil
}

// endAside ends what beginAside has begun.
func (v *saver) endAside(n *keyspace.Snapshot) {
	v.current.Store(nil)
	n.Release()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.running, v.snapshot = false, nil
	close(v.done)
}

// writeAside writes a whole file through e.
func (v *saver) writeAside(set *settings.Settings, n *keyspace.Snapshot, e *rdb.Encoder) error {
	temp := filepath.Join(set.Dir, fmt.Sprintf("temp-%d-download.rdb", os.Getpid()))
	writing := v.writing(set, n, false, temp)
	if !v.s.writable(temp) {
		writing.Spill = rdb.Spill{}
	}
	if err := writing.Write(e, n, v.s.store); err != nil {
		return err
	}
	return e.Footer()
}

// writable tells whether a file can be made at path.
func (s *Server) writable(path string) bool {
	file, err := s.fs.Create(path)
	if err != nil {
		return false
	}
	file.Close()
	return s.fs.Remove(path) == nil
}

// timedWriter adds up how long its Writes take.
type timedWriter struct {
	to    io.Writer
	took  atomic.Int64 // ns, of those that have ended
	since atomic.Int64 // when the one that runs began, in Unix ns; 0: none runs
}

// Write writes to the writer behind it.
func (w *timedWriter) Write(p []byte) (int, error) {
	start := time.Now()
	w.since.Store(start.UnixNano())
	defer func() {
		w.since.Store(0)
		w.took.Add(int64(time.Since(start)))
	}()
	return w.to.Write(p)
}

// blocked is how long Writes have taken in all.
func (w *timedWriter) blocked() time.Duration {
	took := w.took.Load()
	if since := w.since.Load(); since != 0 {
		took += max(0, time.Now().UnixNano()-since)
	}
	return time.Duration(took)
}

// watchReader ends a download whose reader is so slow that for some seconds all that
// may wait does, and that most of the time it is he who is waited for: writers are not
// to be slowed down for him.
func (v *saver) watchReader(ctx context.Context, n *keyspace.Snapshot, w *timedWriter, end context.CancelCauseFunc) {
	const every, most = 100 * time.Millisecond, 3 * time.Second
	tick := time.NewTicker(every)
	defer tick.Stop()
	since, blocked := time.Now(), w.blocked()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if n.Waiting() < v.allowance(n)*3/4 {
			since, blocked = time.Now(), w.blocked()
		} else if took := time.Since(since); took > most {
			if w.blocked()-blocked > took/2 {
				end(ErrSlowReader)
				return
			}
			since, blocked = time.Now(), w.blocked()
		}
	}
}

// Shutdown ends the server as SHUTDOWN SAVE or SHUTDOWN NOSAVE does. If saving fails it
// goes on.
func (h *Handle) Shutdown(save bool) error {
	return h.s.shutdown(admin.Shutdown{Save: save, NoSave: !save}, nil)
}
