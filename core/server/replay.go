package server

import (
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"time"

	"github.com/redoubt-kv/redoubt/core/aof"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/script"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// loadAppendOnly loads the append-only file at the start, and has it continued.
// What goes wrong is in the log, in the last line of it.
func (s *Server) loadAppendOnly(progress func(done, total int64) error) error {
	set := s.live.Load()
	start := time.Now()
	if s.aof.upgraded {
		s.log.notice("Successfully migrated an old-style AOF file (%s) into the AOF directory (%s).", set.AppendFilename, set.AppendDirname)
	}
	manifest, err := aof.LoadManifest(s.fs, set.AOFDir(), set.AppendFilename)
	if err != nil {
		s.log.warning("Fatal error loading the append-only file: %v", err)
		return err
	}
	loaded, err := s.replay(manifest, nil, progress)
	if err != nil {
		return err
	}
	if loaded.State == aof.Whole || loaded.State == aof.Cut {
		s.log.notice("DB loaded from append only file: %.3f seconds", time.Since(start).Seconds())
	}
	if err := s.aof.startAfter(manifest, loaded); err != nil {
		s.log.warning("Fatal error opening the append-only file: %v", err)
		return err
	}
	return nil
}

// startAfter turns the append-only file on after it was loaded.
func (a *appender) startAfter(manifest *aof.Manifest, loaded aof.Loaded) error {
	s, set := a.s, a.s.live.Load()
	a.sink.Lock()
	defer a.sink.Unlock()
	tx := s.store.NewTx()
	tx.LockAll(s.clock.NowMs())
	defer tx.Unlock()
	o := aof.StartOptions{
		At: a.attach(), Preamble: set.AOFUseRDBPreamble,
		Base: func(w io.Writer) error {
			n := tx.Snapshot()
			defer n.Release()
			return s.saver.writeBase(set, n, w)
		},
	}
	if files := manifest.Live(); len(files) > 0 && loaded.State != aof.NoFiles {
		o.Last, o.Valid = files[len(files)-1].Name, loaded.LastSize
	}
	if err := a.writer.Start(o); err != nil {
		return err
	}
	a.on.Store(true)
	return nil
}

// LoadAOF is DEBUG LOADAOF; c.Tx has every shard locked.
func (a *appender) LoadAOF(c *command.Call) error {
	s, set := a.s, a.s.live.Load()
	if err := a.writer.Reload(); err != nil {
		s.log.warning("DEBUG LOADAOF: %v", err)
		return err
	}
	manifest, err := aof.LoadManifest(s.fs, set.AOFDir(), set.AppendFilename)
	if err != nil {
		s.log.warning("DEBUG LOADAOF: %v", err)
		return err
	}
	c.Tx.Flush(-1, false)
	s.scripts.SetLibraries(script.NoLibraries())
	loaded, err := s.replay(manifest, c.Tx, nil)
	if err == nil && (loaded.State == aof.Whole || loaded.State == aof.Cut) {
		s.saver.noChanges()
		s.log.notice("Append Only File loaded by DEBUG LOADAOF")
	}
	return err
}

// replay loads the files that a manifest lists. tx is nil, or has every shard
// locked; without it several goroutines work.
func (s *Server) replay(manifest *aof.Manifest, tx *keyspace.Tx, progress func(done, total int64) error) (aof.Loaded, error) {
	set := s.live.Load()
	lanes := runtime.NumCPU()
	if tx != nil {
		lanes = 0
	}
	replayers := make([]*command.Replayer, lanes+1)
	for i := range replayers {
		replayers[i] = s.exec.NewReplayer(tx)
		defer replayers[i].Release()
	}
	s.store.SetExpiry(false)
	defer s.store.SetExpiry(true)
	return aof.Load(manifest, aof.LoadOptions{
		FS: s.fs, Dir: set.AOFDir(), Name: set.AppendFilename,
		Truncated: set.AOFLoadTruncated, Databases: set.Databases, Progress: progress,
		Notice: s.log.notice, Warning: s.log.warning, Lanes: lanes,
		Plan: func(_ int, args [][]byte) (shard int, ok bool) { return replayers[0].Shard(args) },
		Apply: func(lane, db int, args [][]byte) error {
			err := replayers[lane].Apply(db, args, s.clock.NowMs())
			if errors.Is(err, command.ErrUnknown) {
				return fmt.Errorf("%w: %w", aof.ErrUnknownCommand, err)
			}
			return err
		},
		RDB: func(file vfs.File, path string, size int64, progress func(done int64) error) (int64, error) {
			options, load := s.saver.loadOptions(rdb.LoadOptions{NowMs: s.clock.NowMs(), Tx: tx})
			options.Size = size
			options.Progress = func(done, _ int64) { progress(done) } // load.Stop ends it
			loaded, err := rdb.Load(io.NewSectionReader(file, 0, math.MaxInt64), s.store, options, load)
			if err != nil {
				return 0, fmt.Errorf("load %s: %w", path, err)
			}
			s.saver.noteLoaded(loaded)
			return loaded.Consumed, nil
		},
	})
}
