package server

import (
	"errors"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/admin"
	"github.com/redoubt-kv/redoubt/core/script"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// newScripts makes the engine of scripts.
func (s *Server) newScripts() *script.Engine {
	machine := systemMemory()
	return script.New(script.Options{
		Version:    RedisVersion,
		Deprecated: s.live.Load().LuaEnableDeprecatedApi,
		Table:      func() *command.Table { return s.table },
		Memory:     func() int64 { return scriptMemory(machine, memoryLimit(s.live.Load())) },
		Permitted: func(c *command.Call, row *command.Row, args [][]byte) bool {
			return s.users.MayRun(c, row, args)
		},
		Log:  func(level int, line string) { s.log.printf(settings.LogLevel(level), "%s", line) },
		Logs: func(level int) bool { return s.log.enabled(settings.LogLevel(level)) },
		Threshold: func() time.Duration {
			const most = int64(1<<63-1) / int64(time.Millisecond)
			return time.Duration(min(s.live.Load().BusyReplyThreshold, most)) * time.Millisecond
		},
	})
}

// leastScriptMemory is what every script may use, in bytes.
const leastScriptMemory = 64 << 20

// scriptMemory is by how much scripts may let Go's heap grow, in bytes: a quarter of
// the machine's memory, but no more than maxmemory (0: not limited).
func scriptMemory(machine, maxmemory int64) int64 {
	share := machine / 4
	if maxmemory > 0 {
		share = min(share, maxmemory)
	}
	return max(share, leastScriptMemory)
}

// refuseBusy is why a call may not run while a script is busy, or a restore: it needs
// locks. "" lets it pass.
func (s *Server) refuseBusy(c *command.Call, flags command.Flags) string {
	locks := len(c.Row.Keys) > 0
	switch c.Row.Name {
	case "discard", "unwatch", "reset":
		locks = c.Transaction.Watched() > 0
	}
	switch {
	case flags&command.AllowBusy != 0 && !locks:
		return ""
	case s.loading.Load():
		return errLoading
	}
	return s.scripts.BusyText()
}

// shutdownBusy ends the server while a script is busy, in the middle of it, without
// saving.
func (s *Server) shutdownBusy(o admin.Shutdown) error {
	final := &finalSave{done: make(chan struct{}), saved: true}
	s.ending.final.Store(final)
	err := s.lastAppend(o.Force)
	if err != nil && !o.Force {
		s.ending.final.Store(nil)
		close(final.done)
		return errors.Join(errors.New("end the append-only file"), err)
	}
	s.closeAll() // who hears of the end finds nobody listening
	close(final.done)
	s.ending.ended = true
	s.stop(0)
	return nil
}
