package server

import (
	"fmt"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// syslogBacklog is how many lines may wait for syslog.
const syslogBacklog = 1024

// systemLog hands lines of the log to syslog on a goroutine of its own, so that no
// event loop ever waits for that.
type systemLog struct {
	lines chan systemLine
	lost  atomic.Int64
}

type systemLine struct {
	level settings.LogLevel
	text  string
}

// add takes a line, or counts it as lost.
func (l *systemLog) add(level settings.LogLevel, text string) {
	select {
	case l.lines <- systemLine{level, text}:
	default:
		l.lost.Add(1)
	}
}

// run writes the lines; what syslog does not take is lost there as well.
func (l *systemLog) run(write func(settings.LogLevel, string) error) {
	for line := range l.lines {
		if n := l.lost.Swap(0); n > 0 && write(settings.LogWarning, fmt.Sprintf("%d lines of the log were lost: syslog was too slow", n)) != nil {
			l.lost.Add(n)
		}
		if write(line.level, line.text) != nil {
			l.lost.Add(1)
		}
	}
}

// startSyslog has the log go to syslog as well, if the settings say so.
func (s *Server) startSyslog(set *settings.Settings) error {
	if !set.SyslogEnabled {
		return nil
	}
	write, err := dialSyslog(set.SyslogIdent, set.SyslogFacility)
	if err != nil {
		return err
	}
	l := &systemLog{lines: make(chan systemLine, syslogBacklog)}
	s.spawn("syslog", func() { l.run(write) })
	s.log.system.Store(l)
	return nil
}
