package script

import (
	"errors"
	"time"
)

// loadClock is the context under which a library is loaded. Lua asks it before each
// instruction whether it is done; it looks at the time now and then.
type loadClock struct {
	start   time.Time
	limit   time.Duration // 0: none
	asked   int
	expired bool
	done    chan struct{}
}

func newLoadClock(limit time.Duration) *loadClock {
	return &loadClock{start: time.Now(), limit: limit, done: make(chan struct{})}
}

// askedPerLook is how many instructions pass between two looks at the time.
const askedPerLook = 10000

// Done implements context.Context.
func (c *loadClock) Done() <-chan struct{} {
	if c.asked++; c.asked%askedPerLook == 0 && c.limit > 0 && !c.expired && time.Since(c.start) > c.limit {
		c.expired = true
		close(c.done)
	}
	return c.done
}

var errLoadTime = errors.New("FUNCTION LOAD timeout")

// Err implements context.Context.
func (c *loadClock) Err() error {
	if c.expired {
		return errLoadTime
	}
	return nil
}

// Deadline implements context.Context: Lua does not ask for it.
func (c *loadClock) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }

// Value implements context.Context.
func (c *loadClock) Value(any) any { return nil }
