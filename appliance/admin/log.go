package admin

import (
	"bytes"
	"sync"
)

// Log keeps the last lines of the machine's console. It is a Writer that never fails
// and never waits, for any goroutine; what it is given has been rid of secrets already.
type Log struct {
	mu      sync.Mutex
	size    int
	text    []byte        // the newest bytes, at most size
	end     int64         // bytes written since the start
	changed chan struct{} // closed by the next Write
}

// NewLog returns a log of at most size bytes.
func NewLog(size int) *Log { return &Log{size: size, changed: make(chan struct{})} }

// Write appends p.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.end += int64(len(p))
	kept := p[max(0, len(p)-l.size):]
	if over := len(l.text) + len(kept) - l.size; over > 0 {
		// Half of it goes at a time, so that a line costs no move of all.
		over = min(max(over, l.size/2), len(l.text))
		l.text = append(l.text[:0], l.text[over:]...)
	}
	l.text = append(l.text, kept...)
	close(l.changed)
	l.changed = make(chan struct{})
	return len(p), nil
}

// From is what was written from position on, as far as it is kept, the position behind
// it, and a channel that is closed when there is more. The text is the caller's.
func (l *Log) From(position int64) (text []byte, next int64, more <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.end - int64(len(l.text))
	from := min(max(position-kept, 0), int64(len(l.text)))
	return bytes.Clone(l.text[from:]), l.end, l.changed
}

// Tail is the last whole lines of at most size bytes, and the position behind them.
func (l *Log) Tail(size int) (text []byte, next int64) {
	text, next, _ = l.From(0)
	if len(text) > size {
		text = text[len(text)-size:]
	} else if next == int64(len(text)) {
		return text, next // from its first line on
	}
	if _, whole, ok := bytes.Cut(text, []byte("\n")); ok {
		text = whole
	}
	return text, next
}

// Lines are the last n lines.
func (l *Log) Lines(n int) []string {
	text, _ := l.Tail(n * 400)
	lines := []string{}
	for line := range bytes.Lines(text) {
		lines = append(lines, string(bytes.TrimRight(line, "\r\n")))
	}
	return lines[max(0, len(lines)-n):]
}
