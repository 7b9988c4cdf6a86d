package server

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// ending is how the server comes to its end.
//
//	          signal                       cron, unless paused
//	running ─────────▶ asked ───────────────────────────────▶ final save ─▶ stop
//	   ▲ │               │ SHUTDOWN ABORT                       │   ▲
//	   │ │               ▼                                      │   │
//	   │ │            running                                   │   │
//	   │ └───────────────── SHUTDOWN ───────────────────────────┼───┘
//	   └── the save fails and is not forced, SHUTDOWN ABORT ────┘
type ending struct {
	asked    atomic.Int32 // the signal that asks for it, 0 for none
	starting atomic.Bool  // a goroutine acts on asked

	mu      sync.Mutex  // held while somebody tries
	ended   bool        // a try has succeeded; under mu
	running atomic.Bool // somebody tries
}

// stop ends Run with this exit code; the first one counts.
func (s *Server) stop(code int) {
	s.stopOnce.Do(func() { s.stopping <- code })
}

// askToStop notes a signal that ends the server: SIGINT, or SIGTERM and the end of
// the context. While the periodic work is paused the cron acts on it later.
func (s *Server) askToStop(sig syscall.Signal) {
	s.ending.asked.Store(int32(sig))
	if !s.cronOff.Load() {
		s.stopAsAsked()
	}
}

// stopAsAsked acts on a signal.
func (s *Server) stopAsAsked() {
	e := &s.ending
	if e.asked.Load() == 0 || !e.starting.CompareAndSwap(false, true) {
		return
	}
	s.spawn("the shutdown", func() {
		defer e.starting.Store(false)
		sig := syscall.Signal(e.asked.Load())
		if sig == 0 {
			return // aborted
		}
		// An error has been logged; the next signal tries again.
		_ = s.shutdown(s.shutdownOn(sig), func() bool { return e.asked.Load() != 0 })
		e.asked.Store(0)
	})
}

// shutdownOn are the options that the settings have for a signal.
func (s *Server) shutdownOn(sig syscall.Signal) admin.Shutdown {
	set := s.live.Load()
	f := set.ShutdownOnSigterm
	if sig == syscall.SIGINT {
		f = set.ShutdownOnSigint
	}
	return admin.Shutdown{
		Save: f&settings.ShutdownSave != 0, NoSave: f&settings.ShutdownNoSave != 0,
		Now: f&settings.ShutdownNow != 0, Force: f&settings.ShutdownForce != 0,
	}
}

var errAborted = errors.New("the shutdown was aborted")

// shutdown saves, if that is asked for or save points are set, completes the
// append-only file and ends the server. If that fails it does not end it, unless
// forced. No reply leaves that tells of a change which was not saved. wanted, if not
// nil, is asked whether it still shall be.
func (s *Server) shutdown(o admin.Shutdown, wanted func() bool) error {
	e := &s.ending
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return nil
	}
	if wanted != nil && !wanted() {
		return errAborted
	}
	e.running.Store(true)
	defer e.running.Store(false)
	s.log.warning("User requested shutdown...")
	if s.loading.Load() { // what is there is not all that is in the file
		e.ended = true
		s.stop(0)
		return nil
	}
	s.endJobs()
	tx := s.store.NewTx()
	tx.LockAll(s.clock.NowMs())
	defer tx.Unlock()
	if err := s.saveLast(tx, o); err != nil {
		e.asked.Store(0) // the next signal is a first one again
		s.log.warning("Errors trying to shut down the server. Check the logs for more information.")
		return err
	}
	e.ended = true
	s.stop(0)
	return nil
}

// endJobs ends what writes in the background and has nothing more begin.
func (s *Server) endJobs() {
	s.closing.Store(true)
	s.saver.finish()
	s.aof.cancel()
}

// saveLast saves what is to be saved before the end. Every shard is locked.
func (s *Server) saveLast(tx *keyspace.Tx, o admin.Shutdown) error {
	for _, last := range []func(*keyspace.Tx, admin.Shutdown) error{s.lastSave, s.lastAppend} {
		if err := last(tx, o); err != nil && !o.Force {
			s.closing.Store(false)
			return err
		}
	}
	s.closed.Store(true)
	return nil
}

// lastSave writes the RDB file before the end. Every shard is locked.
func (s *Server) lastSave(tx *keyspace.Tx, o admin.Shutdown) error {
	if !o.Save && (len(s.live.Load().Save) == 0 || o.NoSave) {
		return nil
	}
	s.log.notice("Saving the final RDB snapshot before exiting.")
	err := s.saver.saveLocked(tx)
	switch {
	case err == nil:
	case o.Force:
		s.log.warning("Error trying to save the DB. Exit anyway.")
	default:
		s.log.warning("Error trying to save the DB, can't exit.")
	}
	return err
}

// lastAppend completes the append-only file before the end. Every shard is
// locked.
func (s *Server) lastAppend(_ *keyspace.Tx, o admin.Shutdown) error {
	err := s.aof.stop(o.Force)
	switch {
	case err == nil:
	case o.Force:
		s.log.warning("Error completing the append-only file: %v. Exit anyway.", err)
	default:
		s.log.warning("Error completing the append-only file, can't exit: %v", err)
	}
	return err
}

// exitAtOnce is for somebody who insists: nothing is saved, and the file of a save
// that runs is removed.
func (s *Server) exitAtOnce() {
	s.log.warning("You insist... exiting now.")
	set := s.live.Load()
	// That it is not there, or cannot be removed, is no reason to stay.
	_ = os.Remove(set.Path(rdb.TempName(os.Getpid())))
	os.Exit(1)
}

// stopper ends the process for SHUTDOWN and DEBUG.
type stopper Server

// Shutdown is the command. On success it replies nothing: the connection is
// closed.
func (p *stopper) Shutdown(c *command.Call, o admin.Shutdown) error {
	return (*Server)(p).shutdown(o, nil)
}

// AbortShutdown takes back what a signal has asked for, and cancels a final save.
func (p *stopper) AbortShutdown() bool {
	s := (*Server)(p)
	e := &s.ending
	aborted := e.asked.Swap(0) != 0
	if e.running.Load() {
		s.saver.cancel()
		e.mu.Lock()
		aborted = !e.ended
		e.mu.Unlock()
	}
	if aborted {
		s.log.notice("Shutdown manually aborted.")
	}
	return aborted
}

// Restart replaces the process by a new one with the same arguments.
func (p *stopper) Restart(c *command.Call, graceful bool, delayMs int64) error {
	s := (*Server)(p)
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program to restart: %w", err)
	}
	if os.Getpid() == 1 {
		return errors.New("the server is the machine's first process; SHUTDOWN and start the machine again")
	}
	time.Sleep(time.Duration(delayMs) * time.Millisecond)
	if graceful {
		if s.saver.busy() { // it needs shards to end, and they are locked
			s.saver.cancel()
			s.log.warning("Not restarted: a save or rewrite was running in the background. It is cancelled; try again.")
			return errors.New("a background job was running")
		}
		s.closing.Store(true)
		if err := s.saveLast(c.Tx, admin.Shutdown{}); err != nil {
			return err
		}
	}
	s.closeAll()
	return restart(exe, os.Args, os.Environ())
}

// closeAll stops listening, so that a successor can.
func (s *Server) closeAll() {
	for _, l := range s.listeners {
		l.Close()
	}
}

// writePidFile writes the process's number where pidfile says; daemons have a
// file by default.
func (s *Server) writePidFile(set *settings.Settings) error {
	if set.PidFile == "" {
		return nil
	}
	if err := os.WriteFile(set.PidFile, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644); err != nil {
		return fmt.Errorf("Failed to write PID file: %w", err)
	}
	return nil
}

func (s *Server) removePidFile() {
	if f := s.live.Load().PidFile; f != "" {
		if err := os.Remove(f); err != nil && !errors.Is(err, syscall.ENOENT) {
			s.log.warning("Failed to remove PID file: %v", err)
		}
	}
}
