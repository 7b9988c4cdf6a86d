package acl

import (
	"strings"
	"sync"
)

// Context is where a denied command came.
type Context uint8

// Contexts.
const (
	TopLevel Context = iota
	InScript
	InTransaction
)

// String is the word for it in ACL LOG.
func (c Context) String() string { return [...]string{"toplevel", "lua", "multi"}[c] }

// Entry is one of ACL LOG: denials of the same kind within a minute.
type Entry struct {
	Count   int64
	Reason  Reason
	Context Context
	// Object is the command, key or channel, and for a failed log-in the command
	// it was tried with.
	Object, Username string
	// Client is its line in CLIENT LIST at the last denial.
	Client string
	// ID is the entry's number, from 0 on; FirstMs and LastMs are when it was made and
	// changed last (wall clock).
	ID, FirstMs, LastMs int64
}

const (
	// groupMs is for how long denials of the same kind are one entry.
	groupMs = 60_000
	// groupScan is among how many of the newest entries one of the same kind is
	// looked for.
	groupScan = 10
	// maxText bounds what is kept of the name of a key, a channel or a user.
	maxText = 64 << 10
)

// Log is ACL LOG. Any goroutine may use it; the zero value is empty.
type Log struct {
	mu      sync.Mutex
	entries []Entry // newest last
	nextID  int64
}

// Add counts a denial, with Count and the times of e still to be set, and keeps at
// most limit entries.
func (l *Log) Add(e Entry, nowMs, limit int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Object, e.Username = cut(e.Object), cut(e.Username)
	for i := len(l.entries) - 1; i >= max(0, len(l.entries)-groupScan); i-- {
		if old := &l.entries[i]; old.same(&e) && max(nowMs-old.LastMs, old.LastMs-nowMs) <= groupMs {
			e.Count, e.ID, e.FirstMs, e.LastMs = old.Count+1, old.ID, old.FirstMs, nowMs
			l.entries = append(append(l.entries[:i], l.entries[i+1:]...), e)
			return
		}
	}
	e.Count, e.ID, e.FirstMs, e.LastMs = 1, l.nextID, nowMs, nowMs
	l.nextID++
	l.entries = append(l.entries, e)
	if n := int64(len(l.entries)); n > limit {
		l.entries = append([]Entry(nil), l.entries[n-limit:]...)
	}
}

func cut(s string) string { return strings.Clone(s[:min(len(s), maxText)]) }

func (e *Entry) same(o *Entry) bool {
	return e.Reason == o.Reason && e.Context == o.Context && e.Object == o.Object && e.Username == o.Username
}

// Newest returns up to n entries, the newest first.
func (l *Log) Newest(n int64) (list []Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.entries) - 1; i >= 0 && int64(len(list)) < n; i-- {
		list = append(list, l.entries[i])
	}
	return list
}

// Reset empties the log.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// Len is how many entries there are.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}
