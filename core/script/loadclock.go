package script

import (
	"errors"
	"runtime"
	"time"
)

// loadClock is the context under which a library is loaded. Lua asks it before each
// instruction whether it is done; it looks at the time and at Go's heap now and then.
type loadClock struct {
	start time.Time
	limit time.Duration // 0: none
	heap  int64         // of Go, at the start
	most  int64         // bytes by which it may grow
	asked int
	why   error // it is done; nil: it is not
	done  chan struct{}
}

func newLoadClock(limit time.Duration, most int64) *loadClock {
	return &loadClock{start: time.Now(), limit: limit, heap: heapBytes(), most: most, done: make(chan struct{})}
}

// How many instructions pass between two looks.
const (
	timeLooks = 128
	heapLooks = 4096
)

var (
	errLoadTime   = errors.New("FUNCTION LOAD timeout")
	errLoadMemory = errors.New(endMemory)
)

// Done implements context.Context.
func (c *loadClock) Done() <-chan struct{} {
	if c.asked++; c.asked%timeLooks == 0 && c.why == nil {
		c.look()
	}
	return c.done
}

func (c *loadClock) look() {
	switch {
	case c.limit > 0 && time.Since(c.start) > c.limit:
		c.why = errLoadTime
	case c.asked%heapLooks == 0 && heapBytes() > c.heap+c.most && c.grown():
		c.why = errLoadMemory
	default:
		return
	}
	close(c.done)
}

// grown tells whether the heap is too large even without garbage.
func (c *loadClock) grown() bool {
	runtime.GC()
	return heapBytes() > c.heap+c.most
}

// Err implements context.Context.
func (c *loadClock) Err() error { return c.why }

// Deadline implements context.Context: Lua does not ask for it.
func (c *loadClock) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Value implements context.Context.
func (c *loadClock) Value(any) any { return nil }
