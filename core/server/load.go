package server

import (
	"errors"
	"io/fs"
	"runtime"
	"time"

	"github.com/redoubt-kv/redoubt/core/rdb"
)

// load reads the file that the settings name; that there is none is no error.
func (v *saver) load(o rdb.LoadOptions, progress func(done, total int64)) error {
	set := v.s.live.Load()
	path := set.Path(set.DBFilename)
	d, o := v.loadOptions(o)
	d.Progress = progress
	loaded, err := rdb.LoadPath(v.s.fs, path, v.s.store, d, o)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	v.noteLoaded(loaded)
	return err
}

// noteLoaded keeps the figures of a load for INFO.
func (v *saver) noteLoaded(n rdb.Loaded) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.loadedInfo = n
}

// mostLoaders is how many goroutines the one that reads a file can keep busy.
const mostLoaders = 16

// loadOptions completes o, and says how files are read.
func (v *saver) loadOptions(o rdb.LoadOptions) (rdb.DecoderOptions, rdb.LoadOptions) {
	set := v.s.live.Load()
	o.Delay = v.keyDelay()
	o.Workers = min(runtime.NumCPU(), mostLoaders)
	o.Stop, o.Aux = v.s.stopped.Load, v.auxOfRDB
	o.Function = func(source []byte) error { return v.s.loadFunctions(source, o.Merge) }
	skipped := 0
	o.Skipping = func(key []byte) {
		const most = 10 // lines in the log
		if skipped++; skipped <= most {
			v.s.log.warning("rdbLoadObject skipping empty key: %s", key)
		}
	}
	return rdb.DecoderOptions{
		SkipChecksum: !set.RDBChecksum || v.skipSums.Load(),
		MaxString:    uint64(max(set.ProtoMaxBulkLen, 512<<20)),
	}, o
}

// keyDelay is how long to wait after each key for key-load-delay, which only
// tests set: microseconds, or where it is negative one of them after that many
// keys. It is nil if the directive is 0.
func (v *saver) keyDelay() func() time.Duration {
	if v.s.live.Load().KeyLoadDelay == 0 {
		return nil
	}
	n := 0
	return func() time.Duration {
		d := v.s.live.Load().KeyLoadDelay
		if d >= 0 {
			return time.Duration(d) * time.Microsecond
		}
		if n++; n%-d == 0 {
			return time.Microsecond
		}
		return 0
	}
}

// unlessStopped has progress end a load with rdb.ErrStopped when the server ends.
func (s *Server) unlessStopped(progress func(done, total int64)) func(done, total int64) error {
	return func(done, total int64) error {
		progress(done, total)
		if s.stopped.Load() {
			return rdb.ErrStopped
		}
		return nil
	}
}

// loadAtStart loads the file while clients are told to wait.
func (s *Server) loadAtStart() {
	s.spawn("the watcher of the load", s.watchLoading)
	start := time.Now()
	s.saver.loadStart.Store(start.Unix())
	progress := func(done, total int64) {
		s.saver.loadDone.Store(done)
		s.saver.loadTotal.Store(total)
	}
	if s.live.Load().AppendOnly {
		if err := s.loadAppendOnly(s.unlessStopped(progress)); errors.Is(err, rdb.ErrStopped) {
			return
		} else if err != nil { // which is in the log
			s.stop(1)
			return
		}
		s.loading.Store(false)
		s.log.notice("Ready to accept connections")
		s.announceReady()
		return
	}
	err := s.saver.load(rdb.LoadOptions{NowMs: s.clock.NowMs(), DropExpired: true}, progress)
	if errors.Is(err, rdb.ErrStopped) {
		return
	}
	if err != nil {
		var fault *rdb.Error
		if errors.As(err, &fault) {
			s.log.warning("Internal error in RDB reading offset %d -> %s", fault.Offset, fault.Reason)
		}
		s.log.warning("Fatal error loading the DB: %v. Exiting.", err)
		s.log.warning("Terminating server after rdb file reading failure.")
		s.stop(1)
		return
	}
	if n := s.saver.loadedInfo; n.Keys+n.Expired+n.Empty > 0 {
		s.log.notice("Done loading RDB, keys loaded: %d, keys expired: %d, empty keys skipped: %d.", n.Keys, n.Expired, n.Empty)
		s.log.notice("DB loaded from disk: %.3f seconds", time.Since(start).Seconds())
	}
	s.loading.Store(false)
	s.log.notice("Ready to accept connections")
	s.announceReady()
}
