package server

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// logger writes lines as Redis does: "PID:M DATE MARK text", the mark telling
// the level.
type logger struct {
	mu    sync.Mutex
	to    io.Writer
	file  string
	level settings.LogLevel
	pid   int

	system atomic.Pointer[systemLog] // syslog, or nil
}

const logMarks = ".-*#"

// reopen directs the log to a file, or with "" to w. The file is opened at each
// line, so that it can be moved away.
func (l *logger) reopen(file string, level settings.LogLevel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.file, l.level = file, level
}

func (l *logger) enabled(level settings.LogLevel) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return level >= l.level
}

func (l *logger) printf(level settings.LogLevel, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if level < l.level {
		return
	}
	text := fmt.Sprintf(format, args...)
	if system := l.system.Load(); system != nil {
		system.add(level, text)
	}
	line := logLine(l.pid, logMarks[level], text)
	if l.file == "" {
		io.WriteString(l.to, line)
		return
	}
	f, err := os.OpenFile(l.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil { // nowhere else to say it
		fmt.Fprintf(l.to, "%s(log file: %v)\n", line, err)
		return
	}
	defer f.Close()
	io.WriteString(f, line)
}

// logLine is a line of the log.
func logLine(pid int, mark byte, text string) string {
	return fmt.Sprintf("%d:M %s %c %s\n", pid, time.Now().Format("02 Jan 2006 15:04:05.000"), mark, text)
}

func (l *logger) verbose(format string, args ...any) { l.printf(settings.LogVerbose, format, args...) }
func (l *logger) notice(format string, args ...any)  { l.printf(settings.LogNotice, format, args...) }
func (l *logger) warning(format string, args ...any) { l.printf(settings.LogWarning, format, args...) }
