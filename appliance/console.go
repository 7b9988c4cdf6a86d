package appliance

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/admin"
)

// consoleBacklog is how many bytes may wait for a slow console. A serial port
// nobody reads can stand still for good, and must not take the server with it.
const consoleBacklog = 256 << 10

// consoleLog is how many bytes of the console are kept to be read from elsewhere.
const consoleLog = 64 << 10

// Console writes lines to a slow device without making the writer wait: a
// goroutine of its own does the writing. When too much waits, new text is
// dropped, and the number of lost bytes is told as soon as there is room.
type Console struct {
	out   io.Writer
	start time.Time
	log   *admin.Log // the newest of all that was written, also of what was dropped

	mu      sync.Mutex
	ready   *sync.Cond // waiting or idle changed
	waiting []byte
	lost    int
	hidden  [][]byte // secrets, which are never written
	idle    bool     // all that was taken has been written
}

// NewConsole returns a console on out. Boot messages count their seconds from
// start.
func NewConsole(out io.Writer, start time.Time) *Console {
	c := &Console{out: out, start: start, log: admin.NewLog(consoleLog), idle: true}
	c.ready = sync.NewCond(&c.mu)
	go c.drain()
	return c
}

// Printf writes one line of the machine itself, with the seconds since start.
func (c *Console) Printf(format string, args ...any) {
	fmt.Fprintf(c, "[%8.3f] redoubt: %s\n", time.Since(c.start).Seconds(), fmt.Sprintf(format, args...))
}

// shortestSecret is the length from which a secret is hidden: a shorter one would
// be found in all kinds of innocent words, and is none.
const shortestSecret = 4

// Hide has secrets never be written, whoever quotes them: text in their place says
// that there was one.
func (c *Console) Hide(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range secrets {
		if len(s) >= shortestSecret {
			c.hidden = append(c.hidden, []byte(s))
		}
	}
}

// Write queues p, in which a secret must be whole. It never fails and never waits.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p)
	for _, secret := range c.hidden {
		p = bytes.ReplaceAll(p, secret, []byte("(hidden)"))
	}
	_, _ = c.log.Write(p) // it takes everything
	if len(c.waiting)+len(p) > consoleBacklog {
		c.lost += len(p)
		return n, nil
	}
	if c.lost > 0 {
		c.waiting = fmt.Appendf(c.waiting, "[console too slow: %d bytes lost]\n", c.lost)
		c.lost = 0
	}
	// Serial terminals want a carriage return; the kernel's tty adds it.
	c.waiting = append(c.waiting, p...)
	c.ready.Broadcast()
	return n, nil
}

// Log is the newest text of the console.
func (c *Console) Log() *admin.Log { return c.log }

// Flush waits until everything has been written, but no longer than timeout.
func (c *Console) Flush(timeout time.Duration) {
	expired := false
	timer := time.AfterFunc(timeout, func() {
		c.mu.Lock() // so that it does not come between a look at expired and Wait
		defer c.mu.Unlock()
		expired = true
		c.ready.Broadcast()
	})
	defer timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for (len(c.waiting) > 0 || !c.idle) && !expired {
		c.ready.Wait()
	}
}

// drain writes what is waiting, for ever.
func (c *Console) drain() {
	for {
		c.mu.Lock()
		for len(c.waiting) == 0 {
			c.idle = true
			c.ready.Broadcast()
			c.ready.Wait()
		}
		batch := c.waiting
		c.waiting = nil
		c.idle = false
		c.mu.Unlock()
		// An error cannot be reported anywhere: this is where errors go.
		_, _ = io.Copy(c.out, bytes.NewReader(batch))
	}
}
