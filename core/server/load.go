package server

import (
	"errors"
	"io/fs"
	"time"

	"github.com/redoubt-kv/redoubt/core/rdb"
)

// load reads the file that the settings name; that there is none is no error.
func (v *saver) load(o rdb.LoadOptions, progress func(done, total int64)) error {
	set := v.s.live.Load()
	path := set.Path(set.DBFilename)
	o.Delay = time.Duration(set.KeyLoadDelay) * time.Microsecond
	skipped := 0
	o.Skipping = func(key []byte) {
		const most = 10 // lines in the log
		if skipped++; skipped <= most {
			v.s.log.warning("rdbLoadObject skipping empty key: %s", key)
		}
	}
	visitor, loaded := rdb.NewLoader(v.s.store, o)
	err := rdb.LoadFile(v.s.fs, path, rdb.DecoderOptions{
		SkipChecksum: !set.RDBChecksum || v.skipSums.Load(), Progress: progress,
		MaxString: uint64(max(set.ProtoMaxBulkLen, 512<<20)),
	}, visitor)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	v.mu.Lock()
	v.loadedInfo = *loaded
	v.mu.Unlock()
	return err
}

// loadAtStart loads the file while clients are told to wait.
func (s *Server) loadAtStart() {
	start := time.Now()
	s.saver.loadStart.Store(start.Unix())
	err := s.saver.load(rdb.LoadOptions{NowMs: s.clock.NowMs(), DropExpired: true}, func(done, total int64) {
		s.saver.loadDone.Store(done)
		s.saver.loadTotal.Store(total)
	})
	if err != nil {
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
}
