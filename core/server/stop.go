package server

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// stop ends Run with this exit code; the first one counts.
func (s *Server) stop(code int) {
	s.stopOnce.Do(func() { s.stopping <- code })
}

// shutdown saves, if that is asked for or save points are set, completes the
// append-only file and ends the server. If that fails it does not end it, unless
// forced. No reply leaves that tells of a change which was not saved.
func (s *Server) shutdown(o admin.Shutdown) error {
	s.endJobs()
	tx := s.store.NewTx()
	tx.LockAll(s.clock.NowMs())
	defer tx.Unlock()
	if err := s.saveLast(tx, o); err != nil {
		return err
	}
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
		s.log.warning("Error trying to save the DB, but exiting as forced.")
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
		s.log.warning("Error completing the append-only file, but exiting as forced: %v", err)
	default:
		s.log.warning("Error completing the append-only file, can't exit: %v", err)
	}
	return err
}

// stopOnSignal is the end of the context: SIGINT, or SIGTERM and the power
// button.
func (s *Server) stopOnSignal(interrupt bool) {
	set, name := s.live.Load(), "SIGTERM"
	f := set.ShutdownOnSigterm
	if interrupt {
		f, name = set.ShutdownOnSigint, "SIGINT"
	}
	err := s.shutdown(admin.Shutdown{
		Save: f&settings.ShutdownSave != 0, NoSave: f&settings.ShutdownNoSave != 0,
		Now: f&settings.ShutdownNow != 0, Force: f&settings.ShutdownForce != 0,
	})
	if err != nil {
		s.log.warning("%s received but errors trying to shut down the server, check the logs for more information", name)
	}
}

// stopper ends the process for SHUTDOWN and DEBUG.
type stopper Server

// Shutdown is the command. On success it replies nothing: the connection is
// closed.
func (p *stopper) Shutdown(c *command.Call, o admin.Shutdown) error {
	s := (*Server)(p)
	s.log.warning("User requested shutdown...")
	return s.shutdown(o)
}

// AbortShutdown has nothing to take back: no shutdown waits for replicas.
func (p *stopper) AbortShutdown() bool { return false }

// Crash ends the process as DEBUG's subcommands want it.
func (p *stopper) Crash(how admin.Crash) error {
	s := (*Server)(p)
	switch how {
	case admin.CrashSegfault:
		s.log.warning("DEBUG SEGFAULT")
		go func() { crashSegfault() }()
	case admin.CrashOOM:
		s.log.warning("Out Of Memory allocating the memory that DEBUG OOM asked for")
		os.Exit(1)
	default:
		go func() { panic("DEBUG " + crashNames[how]) }()
	}
	select {} // until the process is gone
}

var crashNames = map[admin.Crash]string{admin.CrashPanic: "PANIC", admin.CrashAssert: "ASSERT"}

// crashSegfault reads the address that nothing is at.
func crashSegfault() {
	var nowhere *int
	*nowhere = 1
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
