package server

import (
	"math"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/server/settings"
	"github.com/redoubt-kv/redoubt/core/session"
)

const (
	errLoading = "LOADING Redis is loading the dataset in memory"
	errMisconf = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error."
	errModule  = "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."
	errDebug   = "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server."
)

// gate refuses calls that may not run now, in the order of Redis's
// processCommand. It runs on the client's loop with no lock held.
func (s *Server) gate(c *command.Call) string {
	set := s.live.Load()
	flags := c.Flags()
	if s.store.Busy() {
		return s.refuseBusy(c, flags)
	}
	if flags&command.Admin != 0 && c.Row.Name == "debug" && !set.EnableDebugCommand.Allows(isLocal(c)) {
		return errDebug
	}
	c.OverLimit = false
	if flags&command.Admin != 0 && loadsModules(c.Row) && !set.EnableModuleCommand.Allows(isLocal(c)) {
		return errModule
	}
	if limited(set) && !s.loading.Load() {
		c.OverLimit = !s.fits(set, c.Now)
		s.tellEvicted(c)
		if c.OverLimit && flags&command.DenyOOM != 0 {
			return command.ErrOOM
		}
	}
	if flags&(command.Write|command.DenyOOM) == 0 && !s.loading.Load() {
		if c.Row.Name == "ping" { // which tells whether all is well
			return s.diskError(set)
		}
		return ""
	}
	if s.saver.current.Load() != nil && flags&command.Write != 0 {
		s.saver.throttle()
	}
	if flags&command.Write != 0 {
		if text := s.diskError(set); text != "" {
			return text
		}
	}
	switch {
	case s.loading.Load() && flags&command.Loading == 0:
		return errLoading
	case flags&command.DenyOOM != 0 && !s.room(c):
		return command.ErrOOM
	}
	return ""
}

// tellEvicted has the client be told of keys that went to make room for its command
// before the reply, if it keeps copies of them.
func (s *Server) tellEvicted(c *command.Call) {
	if cl, ok := c.Client.(*session.Session); ok && cl.Tracking().On && !c.Nested {
		cl.TellPushed()
	}
}

// loadsModules tells whether enable-module-command has to allow a command.
func loadsModules(r *command.Row) bool {
	return r.Parent != nil && r.Parent.Name == "module" && r.Name != "list"
}

// diskError is why writes are refused: what they change could not be saved.
func (s *Server) diskError(set *settings.Settings) string {
	if s.saver.failing.Load() && set.StopWritesOnBgsaveError && len(set.Save) > 0 {
		return errMisconf
	}
	if err := s.aof.failure(); err != nil {
		return "MISCONF Errors writing to the AOF file: " + err.Error()
	}
	return ""
}

// isLocal tells whether the client's connection comes over no network.
func isLocal(c *command.Call) bool {
	l, ok := c.Client.(interface{ Local() bool })
	return ok && l.Local()
}

// room tells whether the node heap can take what the call carries, so that it
// is refused before it begins where the machine's memory, not maxmemory, is the
// limit. A range that is written far behind the end counts with what it skips.
func (s *Server) room(c *command.Call) bool {
	n := int64(0)
	for _, a := range c.Args {
		n += int64(len(a))
	}
	return s.store.Heap().Room(2 * n)
}

// limited tells whether there is a limit to the memory in use.
func limited(set *settings.Settings) bool { return set.MaxMemory > 0 || set.MaxMemoryResident > 0 }

// exceeds tells whether the memory in use is beyond maxmemory, or what the
// process holds beyond maxmemory-resident: slots that other sizes left free can
// be many where values change their sizes.
func (s *Server) exceeds(set *settings.Settings) bool {
	return set.MaxMemory > 0 && s.usedMemory() > memoryLimit(set) || s.exceedsResident(set, 0)
}

func (s *Server) exceedsResident(set *settings.Settings, slack int64) bool {
	return set.MaxMemoryResident > 0 && s.resident()-slack > int64(min(set.MaxMemoryResident, math.MaxInt64))
}

// residentSlack is by how much maxmemory-resident may be exceeded while keys are
// being evicted for it: their slots become free memory late.
const residentSlack = 4 << 20

// memoryLimit is maxmemory; one beyond int64 is as good as its largest.
func memoryLimit(set *settings.Settings) int64 { return int64(min(set.MaxMemory, math.MaxInt64)) }

// fits brings the memory in use below maxmemory by evicting keys, and tells
// whether it could. It gives up after some milliseconds, leaving the rest to
// the sweeper (Redis: maxmemory-eviction-tenacity).
func (s *Server) fits(set *settings.Settings, nowMs int64) bool {
	if !s.exceeds(set) {
		return true
	}
	if set.LatencyMonitorThreshold > 0 {
		defer func(start time.Time) { s.noteLatency("eviction-cycle", time.Since(start)) }(time.Now())
	}
	policy := evictionPolicy(set.MaxMemoryPolicy)
	deadline := time.Now().Add(evictionTime(set.MaxMemoryEvictionTenacity))
	for n := 1; s.exceeds(set); n++ {
		if writes, _ := s.clients.Paused(); writes {
			return true
		}
		if !s.store.Evict(policy, set.MaxMemorySamples, nowMs) {
			if s.store.Exclusive() {
				return true // a script has the data: the call is going to wait for it
			}
			s.notePeak() // clients may have gone since the last cron
			return s.lazyFreeing(set)
		}
		if n%16 == 0 && time.Now().After(deadline) {
			s.sweep.wake()
			return !s.exceedsResident(set, residentSlack)
		}
	}
	return true
}

// lazyFreeing frees what waits to be freed in the background, and tells whether
// that brings memory below the limit. It does not leave this to the sweeper: that
// is one of its callers.
func (s *Server) lazyFreeing(set *settings.Settings) bool {
	for s.exceeds(set) {
		if !s.store.CollectGarbage() {
			return !s.exceeds(set)
		}
	}
	return true
}

// evictionTime is how long one command may evict (Redis: evictionTimeLimitUs).
func evictionTime(tenacity int) time.Duration {
	switch {
	case tenacity <= 10:
		return time.Duration(50*tenacity) * time.Microsecond
	case tenacity < 100:
		us := 500.0
		for range tenacity - 10 {
			us *= 1.15
		}
		return time.Duration(us) * time.Microsecond
	}
	return time.Hour
}
