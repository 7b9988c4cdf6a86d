package server

import (
	"os"
	"runtime/debug"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// crashOutput has what Go's runtime says before it ends the process by itself, which
// no goroutine can report, come to the log.
//
// The runtime says it on standard error. Nothing else does after the start, so that
// a log file takes that place, where the system can do it. Elsewhere, and if the log
// is standard output, the runtime writes to both, but for the line with the reason
// of a fatal error, which Go gives to standard error alone.
func (s *Server) crashOutput(set *settings.Settings) {
	if !s.crashes.own {
		return
	}
	if !set.CrashLogEnabled {
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{}) // taking it away cannot fail
		return
	}
	debug.SetTraceback("all")
	file := os.Stdout
	if set.LogFile != "" {
		var err error
		if file, err = os.OpenFile(set.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
			s.log.warning("open the log for fatal errors: %v", err)
			return
		}
		defer file.Close() // the runtime has a descriptor of its own
		if standardErrorTo(file) == nil {
			return
		}
	} else if sameFile(os.Stdout, os.Stderr) {
		return
	}
	if err := debug.SetCrashOutput(file, debug.CrashOptions{}); err != nil {
		s.log.warning("have fatal errors written to the log: %v", err)
	}
}

func sameFile(a, b *os.File) bool {
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}
