package server

import (
	"sync"
	"time"
)

// fileWaits are the clients that wait until what they have written is on disk
// (WAITAOF). A goroutine looks after them as long as there are any.
type fileWaits struct {
	news chan struct{} // that more is durable, maybe

	mu      sync.Mutex
	waits   []fileWait
	watched bool // the goroutine runs
}

type fileWait struct {
	offset  int64
	gone    func() bool
	settled func()
}

// Durable is the offset in the journal up to which the append-only file is on disk;
// -1 until there is one that has all data. on says whether it is turned on.
func (a *appender) Durable() (offset int64, on bool) {
	if !a.on.Load() {
		return -1, false
	}
	st := a.writer.State()
	if st.Waiting || !st.On {
		return -1, st.On
	}
	return st.Durable, true
}

// Await has settled called when offset is durable or the file was turned off, unless
// gone says before that nobody waits for it.
func (a *appender) Await(offset int64, gone func() bool, settled func()) {
	w := &a.waits
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = append(w.waits, fileWait{offset, gone, settled})
	if !w.watched {
		w.watched = true
		a.s.spawn("those who wait for the append-only file", a.watchWaits)
	}
}

// moreIsDurable is told by the writer, which holds locks.
func (a *appender) moreIsDurable() {
	select {
	case a.waits.news <- struct{}{}:
	default: // somebody is to look anyway
	}
}

// watchWaits settles what has come true until nobody waits.
func (a *appender) watchWaits() {
	for a.settleWaits() {
		select {
		case <-a.waits.news:
		case <-time.After(cronPeriod): // whether the file was turned off, and who has gone
		}
	}
}

// settleWaits settles what has come true, and tells whether somebody still waits.
func (a *appender) settleWaits() (more bool) {
	durable, on := a.Durable()
	w := &a.waits
	var due []fileWait
	w.mu.Lock()
	left := w.waits[:0]
	for _, f := range w.waits {
		switch {
		case f.gone():
		case !on || durable >= f.offset:
			due = append(due, f)
		default:
			left = append(left, f)
		}
	}
	clear(w.waits[len(left):])
	w.waits = left
	w.watched = len(left) > 0
	more = w.watched
	w.mu.Unlock()
	for _, f := range due {
		f.settled()
	}
	return more
}
