package aof

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
)

const (
	syncPeriod   = time.Second      // between background syncs
	maxPostpone  = 2 * time.Second  // how long a write waits for a background sync
	lookPeriod   = time.Second      // between looks whether the files are there
	logErrorRate = 30 * time.Second // between two lines about failing writes
)

// Turn does what the replies of a turn need before they are sent; upto is the
// offset in the journal behind the last effect that they tell of. It writes
// that much to the file, and with Always waits until it is durable: other
// loops' effects share the sync. ok is false, only with Always, if that could
// not be done: then none of these replies may be sent.
//
// With the other policies errors are left to Tick and to Err, and the write
// waits, as Redis's does, while a background sync runs, for two seconds at most.
func (w *Writer) Turn(upto int64) (ok bool) {
	set := w.set.Load()
	if set.Policy == Always {
		return w.durable.Load() >= upto || w.turnDurable(upto, set)
	}
	if w.written.Load() < upto {
		w.turnWritten(upto)
	}
	return true
}

// turnDurable is Turn with Always. Who waits for the file lock meanwhile finds
// its bytes synced, since the holder takes all that are there.
func (w *Writer) turnDurable(upto int64, set *Settings) bool {
	phase, failed := w.condition()
	switch {
	case phase != on: // nothing was promised yet
		w.turnWritten(upto)
		return true
	case failed:
		return false // Tick tries again
	}
	w.io.Lock()
	defer w.io.Unlock()
	if w.durable.Load() >= upto {
		return true
	}
	if phase, failed = w.condition(); phase != on || failed {
		return phase != on
	}
	w.flush()
	if w.relaxed(set) {
		return w.written.Load() >= upto && w.Err() == nil
	}
	w.syncCurrent()
	return w.durable.Load() >= upto
}

// condition returns the phase and whether something is in the way of writing.
func (w *Writer) condition() (p phase, failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.phase, w.err() != nil || w.syncErr != nil
}

// relaxed tells that nothing is synced now.
func (w *Writer) relaxed(set *Settings) bool { return set.NoSyncOnRewrite && w.o.Busy() }

// turnWritten is Turn with the other policies.
func (w *Writer) turnWritten(upto int64) {
	now := w.o.Clock.Mono()
	w.mu.Lock()
	skip := w.target == nil || w.failing != nil
	w.mu.Unlock()
	if skip || w.postpone(now) || !w.lockSoon(now) {
		return
	}
	defer w.io.Unlock()
	if w.written.Load() < upto {
		w.flush()
	}
	w.startSync(now)
}

// lockSoon takes the file lock, unless that is held for long and the write is to
// wait. Other loops hold it for one write.
func (w *Writer) lockSoon(now time.Duration) bool {
	for !w.io.TryLock() {
		if w.io.long.Load() == 0 {
			time.Sleep(10 * time.Microsecond)
			continue
		}
		if w.postpone(now) {
			return false
		}
		w.io.Lock() // the write has waited for long enough
		return true
	}
	return true
}

// postpone tells whether a write is to wait: for a background sync, or for
// a switch of files.
func (w *Writer) postpone(now time.Duration) bool {
	w.mu.Lock()
	busy := w.io.long.Load() > 0 || w.switching() || w.syncing && w.set.Load().Policy == EverySecond
	first := busy && !w.postponed
	if first {
		w.postponedSince = now
	}
	late := busy && !first && now-w.postponedSince >= maxPostpone
	w.postponed = busy && !late
	w.mu.Unlock()
	if late {
		w.delayed.Add(1)
		w.o.Notice("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without waiting for fsync to complete, this may slow down the server.")
	}
	return busy && !late
}

// switching tells that bytes are appended for a file to which nothing can be
// written before the one before it is complete. The caller holds mu.
func (w *Writer) switching() bool { return w.next != nil && w.next.cut && !w.next.detached }

// Tick does what is due, ten times a second: writes that waited, background
// syncs, another try after errors, a look whether the files are still there.
// It may wait for the disk.
func (w *Writer) Tick() {
	now, set := w.o.Clock.Mono(), w.set.Load()
	w.mu.Lock()
	phase := w.phase
	pending := w.failing != nil || w.switching() || w.target != nil && (len(w.target.buf) > 0 || w.target.leftSize.Load() > 0)
	w.mu.Unlock()
	if phase == off || pending && set.Policy != Always && w.postpone(now) {
		return
	}
	w.io.Lock()
	defer w.io.Unlock()
	if now-w.lastLook >= lookPeriod {
		w.lastLook = now
		w.look()
	}
	w.flush()
	if set.Policy == Always && !w.relaxed(set) {
		w.syncCurrent()
	}
	w.startSync(now)
}

// flush writes what was appended and notes how that went. The caller holds the
// file lock.
func (w *Writer) flush() {
	w.adoptSync()
	err := w.flushAll()
	now := w.o.Clock.Mono()
	w.mu.Lock()
	solved := err == nil && w.failing != nil
	w.failing = err
	w.mu.Unlock()
	switch {
	case solved:
		w.o.Warning("AOF write error looks solved, the server can write again.")
	case err != nil && (!w.failedOnce || now-w.lastFailed > logErrorRate):
		w.o.Warning("Error writing to the AOF file: %v", err)
		w.failedOnce, w.lastFailed = true, now
	}
}

// flushAll writes what was appended to the files it belongs to, and completes a
// switch. An error is one after which the same can be tried again.
func (w *Writer) flushAll() error {
	// First, whether there was a cut: then all that belongs before it is appended.
	w.mu.Lock()
	next := w.next
	ready := next != nil && next.cut
	w.mu.Unlock()
	if w.cur != nil && w.cur.broken == nil {
		if err := w.drain(w.cur); err != nil {
			return w.failed(err)
		}
	}
	if !ready {
		return nil
	}
	if next.detached {
		w.drainDetached(next)
		return nil
	}
	if err := w.completeSwitch(); err != nil || w.cur.broken != nil {
		return err
	}
	if err := w.drain(w.cur); err != nil {
		return w.failed(err)
	}
	return nil
}

// failed returns err if the write can be tried again; else the file is stale.
func (w *Writer) failed(err error) error {
	var cut errCut
	if errors.As(err, &cut) {
		w.goStale(err)
		return nil
	}
	return err
}

// syncCurrent makes all that is in files durable. If that fails nobody knows
// what of it is on disk, nor does another try tell (A4).
func (w *Writer) syncCurrent() {
	w.settle() // its error may be the only one that the system tells
	if w.cur == nil || w.cur.broken != nil {
		return
	}
	if err := w.sync(w.cur); err != nil {
		w.goStale(err)
	}
}

// startSync starts a background sync if one is due. The caller holds the file
// lock.
func (w *Writer) startSync(now time.Duration) {
	set, t := w.set.Load(), w.cur
	if set.Policy != EverySecond || t == nil || t.broken != nil || now-w.lastSync < syncPeriod || w.relaxed(set) {
		return
	}
	w.mu.Lock()
	due := !w.syncing && w.syncErr == nil && t.synced < t.size
	w.syncing = w.syncing || due
	w.mu.Unlock()
	if !due {
		return
	}
	w.lastSync = now
	size, end := t.size, t.end
	w.o.Go(func() {
		err := t.file.DataSync()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.syncing = false
		w.idle.Broadcast()
		if err != nil {
			w.syncErr = fmt.Errorf("sync the append-only file %s: %w", t.name, err)
			return
		}
		t.synced = max(t.synced, size)
		w.raiseDurable(end)
	})
}

// adoptSync acts upon the error of a background sync.
func (w *Writer) adoptSync() {
	w.mu.Lock()
	err := w.syncErr
	w.syncErr = nil
	w.mu.Unlock()
	if err != nil && w.cur != nil && w.cur.broken == nil {
		w.goStale(err)
	}
}

// settle waits until no background sync runs, and acts upon its error. The
// caller holds the file lock, so that none begins.
func (w *Writer) settle() {
	w.mu.Lock()
	for w.syncing {
		w.idle.Wait()
	}
	w.mu.Unlock()
	w.adoptSync()
}

// goStale gives up the current file: it is cut back to what is durable, which
// is a state that the data once had, and nothing more is written to it (A4). A
// file that was to follow it then needs the base of its rewrite.
func (w *Writer) goStale(err error) {
	t := w.cur
	t.broken = err
	w.mu.Lock()
	synced := t.synced
	t.drop()
	if w.target == t {
		w.target = nil
	}
	if w.next != nil {
		w.next.detached = true
	}
	w.stale, w.failing = err, nil
	w.mu.Unlock()
	w.o.Warning("The append-only file can no longer be written to, a rewrite is needed: %v", err)
	cutErr := t.file.Truncate(synced)
	if cutErr == nil {
		cutErr = t.file.Sync()
	}
	if cutErr != nil {
		w.o.Warning("Cannot cut the append-only file %s back to its durable part: %v", t.name, cutErr)
		return
	}
	w.size.Add(synced - t.size)
	t.size = synced
}

// look notices that somebody has removed files, or put others in their place.
func (w *Writer) look() {
	if w.cur == nil || w.cur.broken != nil {
		return
	}
	names := []string{ManifestName(w.o.Name)}
	for _, f := range w.manifest.Live() {
		names = append(names, f.Name)
	}
	for _, name := range names {
		info, err := w.o.FS.Stat(w.path(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			w.goStale(fmt.Errorf("%s has vanished: %w", name, err))
			return
		case err == nil && name == w.cur.name && info.Size() < w.cur.size:
			w.goStale(fmt.Errorf("%s has become shorter: %d bytes, not %d", name, info.Size(), w.cur.size))
			return
		}
	}
}
