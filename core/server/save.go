package server

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/script"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// saver writes RDB files, one at a time.
//
//	       BGSAVE, save points          end
//	idle ───────────────────▶ saving ────────▶ idle
//	  │                          │ FLUSHALL, SHUTDOWN
//	  │ SAVE, SHUTDOWN           ▼
//	  ▼ (on the caller)       cancelled ─────▶ idle
//	saving
type saver struct {
	s       *Server
	failing atomic.Bool                         // the last background save failed
	current atomic.Pointer[keyspace.Snapshot]   // being saved in the background
	ends    atomic.Pointer[error]               // why the running save or rewrite is to end; nil: it is not
	owed    atomic.Int64                        // ns that writes have still to wait
	threads [settings.MaxSnapshotWorkers]thread // by worker
	workers atomic.Int32                        // of the running or last background save

	mu        sync.Mutex
	running   bool
	done      chan struct{} // closed when the running save ends
	scheduled bool
	started   time.Time // of the running save
	total     int64     // keys of the running save
	snapshot  *keyspace.Snapshot

	lastEnd  time.Time // of the last save that succeeded
	lastTry  time.Time // of the last background save
	lastTook time.Duration
	saved    int64 // dirty at the cut of the last save that succeeded
	saves    int64 // begun by commands and save points, as Redis counts them
	lastCOW  int64
	lastPin  time.Duration
	pins     int64 // by saves and rewrites, from when they begin

	processed                      atomic.Int64 // keys
	skipSums                       atomic.Bool  // DEBUG SET-SKIP-CHECKSUM-VALIDATION
	loadedInfo                     rdb.Loaded
	loadStart, loadDone, loadTotal atomic.Int64 // of the load at the start: seconds, bytes
	loadUsed                       atomic.Int64 // bytes of memory that the file's data took where it was saved
}

func (v *saver) init(s *Server) {
	v.s, v.lastEnd = s, s.started
	v.lastTook = -1
}

var (
	errCancelled = errors.New("the save was cancelled")
	errFailed    = errors.New("ended by DEBUG FAIL-JOB")
)

// begin claims the right to save; ErrSaveRunning if somebody has it.
func (v *saver) begin(background bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.running || background && v.s.ending.running.Load():
		return admin.ErrSaveRunning
	case background && v.s.aof.rewriting:
		return admin.ErrBusy
	}
	v.running, v.started, v.done = true, time.Now(), make(chan struct{})
	v.pins++
	v.ends.Store(nil)
	v.processed.Store(0)
	if background {
		v.lastTry = v.started
		v.saves++
	}
	return nil
}

// pin takes the snapshot to be saved and notes how long that took.
func (v *saver) pin(take func() *keyspace.Snapshot) *keyspace.Snapshot {
	start := time.Now()
	n := take()
	took := time.Since(start)
	v.s.noteLatency("fork", took)
	total := int64(0)
	for db := range v.s.store.Databases() {
		keys, _ := n.Size(db)
		total += keys
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.snapshot, v.total = n, total
	v.lastPin = took
	return n
}

// end notes how a save ended.
func (v *saver) end(err error, dirty int64, background bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lastCOW = v.snapshot.Peak()
	v.running, v.snapshot = false, nil
	close(v.done)
	if background {
		v.lastTook = time.Since(v.started)
		v.failing.Store(err != nil && !errors.Is(err, errCancelled))
	}
	if err == nil {
		v.lastEnd, v.saved = time.Now(), dirty
		v.failing.Store(false)
	}
}

// write writes the snapshot to the file that the settings name.
func (v *saver) write(n *keyspace.Snapshot) error {
	s, set := v.s, v.s.live.Load()
	temp := rdb.TempName(os.Getpid())
	options := rdb.SaveOptions{
		Dir: set.Dir, Name: set.DBFilename, TempName: temp,
		IncrementalSync: set.RDBSaveIncrementalFsync,
		Encoder:         rdb.EncoderOptions{Compress: set.RDBCompression, Checksum: set.RDBChecksum, Block: v.block},
	}
	writing := v.writing(set, n, false, filepath.Join(set.Dir, temp))
	err := rdb.SaveFile(s.fs, options, func(e *rdb.Encoder) error { return writing.Write(e, n, s.store) })
	if err == nil {
		s.log.notice("DB saved on disk")
	}
	return err
}

// writing says how the snapshot is written to a file; files on the side have the
// path temp and a number.
func (v *saver) writing(set *settings.Settings, n *keyspace.Snapshot, aofBase bool, temp string) rdb.Writing {
	s := v.s
	writing := rdb.Writing{
		Info: v.fileInfo(aofBase), Functions: functionsOf(n), Clocks: v.clocks(), NowMs: s.clock.NowMs(),
		Progress: func() error {
			v.processed.Add(1)
			return v.delay(set.RDBKeySaveDelay)
		},
	}
	if v.current.Load() == n { // in the background
		writing.Workers = snapshotWorkers(set.SnapshotWorkers)
		v.workers.Store(int32(writing.Workers))
		writing.Worker, writing.Pace = v.work, func(worker int) bool { return v.pace(worker, n) }
		writing.Spill = rdb.Spill{FS: s.fs, Path: temp}
	}
	return writing
}

// clocks are the access clocks that files hold: those that eviction goes by.
func (v *saver) clocks() rdb.Clocks {
	switch v.s.live.Load().MaxMemoryPolicy {
	case settings.AllKeysLRU, settings.VolatileLRU:
		return rdb.IdleClocks
	case settings.AllKeysLFU, settings.VolatileLFU:
		return rdb.FrequencyClocks
	}
	return rdb.NoClocks
}

// fileInfo are the fields at the start of a file.
func (v *saver) fileInfo(aofBase bool) rdb.Info {
	return rdb.Info{RedisVersion: RedisVersion, RedoubtVersion: Version, CreatedUnix: time.Now().Unix(),
		UsedMemory: v.s.usedMemory(), AOFBase: aofBase}
}

// block is called after each block of the file.
func (v *saver) block() error {
	if err := v.ends.Load(); err != nil {
		return *err
	}
	return nil
}

// delay waits after a key for rdb-key-save-delay microseconds, which only tests
// set, in steps short enough for the save to be cancelled.
func (v *saver) delay(us int) error {
	const step = 10 * time.Millisecond
	for left := time.Duration(us) * time.Microsecond; left > 0; left -= step {
		if err := v.block(); err != nil {
			return err
		}
		time.Sleep(min(left, step))
	}
	return nil
}

// afterFlush has the file follow a FLUSHALL, whose Tx has every shard locked. A
// background save that runs has nothing left to save and is cancelled; as it
// needs shards to end, the empty file is written after it by the cron. It tells
// whether the file is written.
func (v *saver) afterFlush(tx *keyspace.Tx) bool {
	v.cancel()
	if len(v.s.live.Load().Save) == 0 {
		return false
	}
	err := v.saveLocked(tx)
	if errors.Is(err, admin.ErrSaveRunning) {
		v.schedule()
	}
	return err == nil
}

// Save writes the file on the caller's loop.
func (v *saver) Save(c *command.Call) error {
	if c != nil {
		v.mu.Lock()
		if !v.running {
			v.saves++
		}
		v.mu.Unlock()
	}
	return v.inline(func() *keyspace.Snapshot { return v.s.store.Snapshot(nil) })
}

// saveLocked is Save for a Tx that has every shard locked.
func (v *saver) saveLocked(tx *keyspace.Tx) error { return v.inline(tx.Snapshot) }

func (v *saver) inline(take func() *keyspace.Snapshot) error {
	if err := v.begin(false); err != nil {
		return err
	}
	dirty := v.s.exec.Dirty()
	n := v.pin(take)
	err := v.write(n)
	n.Release()
	v.end(err, dirty, false)
	if err != nil {
		v.s.log.warning("Error saving DB on disk: %v", err)
	}
	return err
}

// BackgroundSave starts a save from a snapshot taken now; within a transaction it
// is left to the cron.
func (v *saver) BackgroundSave(c *command.Call, schedule bool) (scheduled bool, err error) {
	if c != nil && c.Nested {
		v.mu.Lock()
		running := v.running
		v.mu.Unlock()
		if running {
			return false, admin.ErrSaveRunning
		}
		v.schedule()
		return true, nil
	}
	if err := v.begin(true); err != nil {
		if schedule && errors.Is(err, admin.ErrBusy) {
			v.schedule()
			return true, nil
		}
		return false, err
	}
	dirty := v.s.exec.Dirty()
	n := v.pin(func() *keyspace.Snapshot { return v.s.store.Snapshot(nil) })
	v.s.log.notice("Background saving started, snapshot taken in %v", v.lastPinTime())
	v.s.spawn("the saver", func() {
		v.current.Store(n)
		err := v.write(n)
		v.current.Store(nil)
		held := n.Peak()
		n.Release()
		v.end(err, dirty, true)
		switch {
		case errors.Is(err, errCancelled):
			v.s.log.notice("Background saving cancelled")
		case err != nil:
			v.s.log.warning("Background saving error: %v", err)
		default:
			v.s.log.notice("Background saving terminated with success, %d KB of memory used by copy-on-write", held>>10)
		}
	})
	return false, nil
}

// schedule leaves a save to the cron.
func (v *saver) schedule() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.scheduled = true
}

func (v *saver) lastPinTime() time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lastPin
}

// cancel tells a running background save to end. It does not wait: the caller
// may hold locks that the save needs to let go of its snapshot.
func (v *saver) cancel() { v.ends.Store(&errCancelled) }

// fail has a running save or rewrite end as one does that fails.
func (v *saver) fail() { v.ends.CompareAndSwap(nil, &errFailed) }

// finish cancels a running save and waits for its end. The caller holds no lock.
func (v *saver) finish() {
	v.mu.Lock()
	running, done := v.running, v.done
	v.mu.Unlock()
	if running {
		v.cancel()
		<-done
	}
}

// LastSave is the end of the last save that succeeded, in seconds since 1970.
func (v *saver) LastSave() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.lastEnd.Unix()
}

// changes is the number of changes since the last save.
func (v *saver) changes() int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.s.exec.Dirty() - v.saved
}

// noChanges has changes count from now on, as for data that have just been loaded.
func (v *saver) noChanges() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.saved = v.s.exec.Dirty()
}

// cron starts a save when a save point is due. After a failure it waits for
// some seconds before the next try (Redis: CONFIG_BGSAVE_RETRY_DELAY).
func (v *saver) cron() {
	const retry = 5 * time.Second
	v.mu.Lock()
	running, since, sinceTry := v.running || v.s.aof.rewriting, time.Since(v.lastEnd), time.Since(v.lastTry)
	wanted := v.scheduled && !running
	v.scheduled = v.scheduled && running
	v.mu.Unlock()
	if running || v.failing.Load() && sinceTry < retry {
		return
	}
	if wanted {
		v.BackgroundSave(nil, false)
		return
	}
	changes := v.changes()
	for _, p := range v.s.live.Load().Save {
		if changes >= p.Changes && since > time.Duration(p.Seconds)*time.Second {
			v.s.log.notice("%d changes in %d seconds. Saving...", p.Changes, p.Seconds)
			v.BackgroundSave(nil, false)
			return
		}
	}
}

// Reload is DEBUG RELOAD; c.Tx has every shard locked.
func (v *saver) Reload(c *command.Call, o admin.Reload) error {
	if o.Save {
		if err := v.saveLocked(c.Tx); err != nil {
			return err
		}
	}
	if o.Flush {
		c.Tx.Flush(-1, false)
		v.s.scripts.SetLibraries(script.NoLibraries())
	}
	err := v.load(rdb.LoadOptions{NowMs: c.Now, Merge: o.Merge, Tx: c.Tx}, nil)
	if err != nil {
		v.s.log.warning("DEBUG RELOAD: %v", err)
	}
	return err
}
