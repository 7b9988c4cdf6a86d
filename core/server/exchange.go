package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
)

// exchange replaces the data by that of a sound file. It owns the store meanwhile.
func (s *Server) exchange(ctx context.Context, file spool, sound *soundFile, done *Restored) error {
	s.restoring.swap <- struct{}{}
	defer func() { <-s.restoring.swap }()
	if s.stopped.Load() || s.ending.running.Load() {
		return ErrStopping
	}
	if !s.loading.CompareAndSwap(false, true) {
		return ErrLoading
	}
	defer s.loading.Store(false)
	if err := s.saver.claim(ctx); err != nil {
		return err
	}
	defer s.saver.unclaim()
	s.saver.loadStart.Store(time.Now().Unix())
	s.saver.loadDone.Store(0)
	s.saver.loadTotal.Store(file.Size())

	a := &s.aof
	a.sink.Lock() // before shards
	defer a.sink.Unlock()
	tx := s.store.NewTx()
	tx.LockExclusive(s.clock.NowMs())
	defer tx.Unlock()
	tx.MarkBusy() // who waits for the store serves others meanwhile
	if a.on.Load() {
		a.writer.Tick() // nobody else does while data is loaded
	}
	libraries := s.scripts.Libraries()
	var before *keyspace.Aside
	if s.both(sound.needed) {
		before = tx.SetAside()
		done.Replaced = before.Keys()
	} else {
		s.log.notice("There is no room for the data of before beside %d bytes: it is dropped before the file is loaded", sound.needed)
		done.Replaced = tx.Flush(-1, false)
	}
	s.scripts.SetLibraries(sound.libraries)
	err := s.loadUpload(tx, file, done)
	done.Functions = sound.functions
	if err == nil {
		err = s.keep(tx)
	}
	switch {
	case err == nil && before != nil:
		tx.Drop(before)
		s.sweep.wake()
	case err != nil && before != nil:
		tx.PutBack(before)
		s.scripts.SetLibraries(libraries)
	case err != nil:
		err = fmt.Errorf("the data of before was dropped, since memory holds not both: %w", err)
	}
	return err
}

// loadUpload loads the checked file into the empty databases.
func (s *Server) loadUpload(tx *keyspace.Tx, file spool, done *Restored) error {
	d, o := s.saver.loadOptions(rdb.LoadOptions{NowMs: s.clock.NowMs(), DropExpired: true, Merge: true, Tx: tx})
	d.Size = file.Size()
	d.Progress = func(done, _ int64) { s.saver.loadDone.Store(done) }
	o.Function = func([]byte) error { return nil } // compiled already
	o.Delay = nil
	loaded, err := rdb.Load(file.Reader(), s.store, d, o)
	s.saver.noteLoaded(loaded)
	done.Keys, done.Expired = loaded.Keys, loaded.Expired
	if err != nil {
		return fmt.Errorf("load the file: %w", err)
	}
	return nil
}

// keep writes the data, all of which is locked by tx, to the files that a restart reads.
func (s *Server) keep(tx *keyspace.Tx) error {
	set := s.live.Load()
	if len(set.Save) > 0 {
		dirty := s.exec.Dirty()
		n := tx.Snapshot()
		err := s.saver.write(n)
		n.Release()
		if err != nil {
			return fmt.Errorf("save the data: %w", err)
		}
		s.saver.savedAt(dirty)
	}
	if !s.aof.on.Load() {
		return nil
	}
	r, err := s.aof.writer.PrepareSwitch(set.AOFUseRDBPreamble)
	if err != nil {
		return fmt.Errorf("begin a new append-only file: %w", err)
	}
	n := tx.Snapshot()
	r.Cut(s.aof.attach())
	err = r.WriteBase(func(w io.Writer) error { return s.saver.writeBase(set, n, w) })
	n.Release()
	if err != nil {
		r.Discard(err)
		return fmt.Errorf("write the base of the append-only file: %w", err)
	}
	if err := r.Install(); err != nil {
		return fmt.Errorf("install the new append-only file: %w", err)
	}
	return nil
}

// claim keeps others from saving and rewriting until unclaim. A save or rewrite that
// runs is cancelled: what it writes is about to be replaced.
func (v *saver) claim(ctx context.Context) error {
	for {
		v.mu.Lock()
		if !v.running && !v.s.aof.rewriting {
			v.running, v.started, v.done = true, time.Now(), make(chan struct{})
			v.ends.Store(nil)
			v.processed.Store(0)
			v.total = 0
			v.mu.Unlock()
			return nil
		}
		v.mu.Unlock()
		v.cancel()
		select {
		case <-ctx.Done():
			return errors.Join(admin.ErrSaveRunning, context.Cause(ctx))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (v *saver) unclaim() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.running, v.snapshot = false, nil
	close(v.done)
}

// savedAt notes a save that has succeeded.
func (v *saver) savedAt(dirty int64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lastEnd, v.saved = time.Now(), dirty
	v.failing.Store(false)
}
