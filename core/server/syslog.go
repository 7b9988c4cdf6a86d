package server

import (
	"fmt"
	"sync/atomic"
	"time"

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

// writeSyslog writes one line.
type writeSyslog func(level settings.LogLevel, text string) error

// run connects and writes the lines; those that syslog does not take, or that come
// while it is not there, are lost. It may start, or start again, at any time.
func (l *systemLog) run(dial func() (writeSyslog, error), pause time.Duration) {
	var write writeSyslog
	var tried time.Time
	for line := range l.lines {
		if write == nil && time.Since(tried) >= pause {
			tried = time.Now()
			if w, err := dial(); err == nil {
				write = w
			}
		}
		if write == nil || !l.tellLost(write) || write(line.level, line.text) != nil {
			l.lost.Add(1)
		}
	}
}

// tellLost tells syslog how many lines are missing, if any.
func (l *systemLog) tellLost(write writeSyslog) bool {
	n := l.lost.Swap(0)
	if n == 0 || write(settings.LogWarning, fmt.Sprintf("%d lines of the log were lost: syslog did not take them in time", n)) == nil {
		return true
	}
	l.lost.Add(n)
	return false
}

// syslogPause is how long to wait for a syslog that is not there before the next
// attempt.
const syslogPause = time.Second

// startSyslog has the log go to syslog as well, if the settings say so. As in Redis,
// the server starts without a syslog, too.
func (s *Server) startSyslog(set *settings.Settings) {
	if !set.SyslogEnabled {
		return
	}
	dial := func() (writeSyslog, error) { return dialSyslog(set.SyslogIdent, set.SyslogFacility) }
	if _, err := dial(); err != nil {
		s.log.warning("%v; trying again while there are lines for it", err)
	}
	l := &systemLog{lines: make(chan systemLine, syslogBacklog)}
	s.spawn("syslog", func() { l.run(dial, syslogPause) })
	s.log.system.Store(l)
}
