package server

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
//
// From the cut of the final save on no reply leaves the server before the outcome is
// known: after a success none does at all, since what it acknowledges is in no file.
type ending struct {
	asked    atomic.Int32 // the signal that asks for it, 0 for none
	starting atomic.Bool  // a goroutine acts on asked

	mu      sync.Mutex  // held while somebody tries
	ended   bool        // a try has succeeded
	running atomic.Bool // somebody tries
	final   atomic.Pointer[finalSave]
}

// finalSave is a final save from its cut on.
type finalSave struct {
	done  chan struct{} // closed when the outcome is known
	saved bool          // valid then
}

// stop ends Run with this exit code; the first one counts.
func (s *Server) stop(code int) {
	s.stopOnce.Do(func() { s.stopping <- code })
}

// mayReply waits while a final save runs and tells whether the replies of a turn
// may be sent. On a loop, with no lock held.
func (s *Server) mayReply() bool {
	final := s.ending.final.Load()
	if final == nil {
		return true
	}
	<-final.done
	return !final.saved
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

// shutdown saves, if that is asked for or save points are set, and ends the
// server. If saving fails it does not end it, unless forced. wanted, if not nil, is
// asked whether it still shall be.
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
	if wanted != nil { // a signal waits until a restore is over
		s.restoring.swap <- struct{}{}
		defer func() { <-s.restoring.swap }()
	} else if s.loading.Load() && s.store.Busy() {
		return admin.Refusal(errLoading)
	}
	busy := wanted == nil && s.store.Busy() // a signal waits until the script is over
	if busy && !o.NoSave {
		return admin.Refusal(s.scripts.BusyText())
	}
	s.log.warning("User requested shutdown...")
	s.notify("STOPPING=1")
	if busy {
		return s.shutdownBusy(o)
	}
	if s.loading.Load() {
		// What is there is not all that is in the files, and nothing was
		// acknowledged yet.
		e.ended = true
		s.stop(0)
		return nil
	}
	if s.saver.current.Load() != nil {
		s.log.warning("A background save is running. Cancelling it.")
	}
	s.saver.finish()
	s.aof.cancel()
	if err := s.saveFinally(o, nil); err != nil {
		e.asked.Store(0) // the next signal is a first one again
		s.log.warning("Errors trying to shut down the server. Check the logs for more information.")
		return err
	}
	e.ended = true
	s.stop(0)
	return nil
}

// saveFinally saves what the server will have acknowledged at its end, in an RDB
// file and in the append-only file, as far as the settings and o say. tx is nil, or
// has every shard locked.
func (s *Server) saveFinally(o admin.Shutdown, tx *keyspace.Tx) error {
	final := &finalSave{done: make(chan struct{})}
	defer close(final.done)
	take := func() *keyspace.Snapshot {
		if tx != nil {
			s.ending.final.Store(final)
			return tx.Snapshot()
		}
		return s.store.Snapshot(func() { s.ending.final.Store(final) })
	}
	err := s.lastSave(o, take)
	if err == nil || o.Force {
		err = errors.Join(err, s.lastAppend(o.Force))
	}
	if err != nil && !o.Force {
		s.ending.final.Store(nil)
		return err
	}
	final.saved = true
	return nil
}

// lastSave writes the RDB file, if it is wanted, from the snapshot that take takes.
func (s *Server) lastSave(o admin.Shutdown, take func() *keyspace.Snapshot) error {
	if !o.Save && (len(s.live.Load().Save) == 0 || o.NoSave) {
		take().Release()
		return nil
	}
	s.log.notice("Saving the final RDB snapshot before exiting.")
	err := s.saver.inline(take)
	switch {
	case err == nil:
	case o.Force:
		s.log.warning("Error trying to save the DB. Exit anyway.")
	default:
		s.log.warning("Error trying to save the DB, can't exit.")
		s.notify("STATUS=Error trying to save the DB, can't exit.")
	}
	return err
}

// lastAppend completes the append-only file.
func (s *Server) lastAppend(force bool) error {
	err := s.aof.stop(force)
	switch {
	case err == nil:
	case force:
		s.log.warning("Error completing the append-only file. Exit anyway: %v", err)
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
	temp := set.Path(rdb.TempName(os.Getpid()))
	_ = os.Remove(temp)
	aside, _ := filepath.Glob(temp + ".*")
	for _, name := range aside {
		_ = os.Remove(name)
	}
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
		if err := s.saveFinally(admin.Shutdown{}, c.Tx); err != nil {
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
