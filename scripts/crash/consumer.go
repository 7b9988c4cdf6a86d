package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// consumer is a connection that takes what an actor pushes onto one of its queues,
// waiting for it: into a list (BLMOVE) or away (BLPOP). Numbers come without gaps.
type consumer struct {
	actor *actor
	kind  int // moveQueue or popQueue
	r     *rand.Rand

	taken atomic.Int64 // the last number acknowledged
	floor atomic.Int64 // so far the taking must have survived
	sent  int          // requests without a reply
	acks  []ack
	wrong error
}

// ack is when something was acknowledged.
type ack struct{ ms, taken int64 }

func (c *consumer) source() string { return queueName(c.actor.gen.actor, c.kind) }
func (c *consumer) target() string { return fmt.Sprintf("moved:%d", c.actor.gen.actor) }

func (c *consumer) run(conn *redistest.Client, durable func() bool, stop <-chan struct{}) {
	const wait = "0.05"
	for {
		select {
		case <-stop:
			return
		default:
		}
		n := 1 + c.r.IntN(3)
		for range n {
			var err error
			if c.kind == moveQueue {
				err = conn.Send("BLMOVE", c.source(), c.target(), "LEFT", "RIGHT", wait)
			} else {
				err = conn.Send("BLPOP", c.source(), wait)
			}
			c.sent++
			if err != nil {
				return
			}
		}
		for range n {
			if !c.receive(conn) {
				return
			}
			if durable() {
				c.floor.Store(c.taken.Load())
			}
		}
		if c.kind == moveQueue && c.r.IntN(50) == 0 {
			if _, err := conn.Do("LTRIM", c.target(), -200, -1); err != nil {
				return
			}
		}
	}
}

// receive takes one reply, and tells whether there is to be more.
func (c *consumer) receive(conn *redistest.Client) bool {
	reply, err := conn.Receive()
	if err != nil {
		return false
	}
	c.sent--
	if list, ok := reply.([]any); ok && len(list) == 2 {
		reply = list[1]
	}
	if reply == nil {
		return true // nothing came in time
	}
	if n, err := strconv.ParseInt(fmt.Sprint(reply), 10, 64); err != nil || n != c.taken.Load()+1 {
		c.wrong = fmt.Errorf("consumer of %s got %v after %d", c.source(), reply, c.taken.Load())
		return false
	}
	c.taken.Add(1)
	c.acks = append(c.acks, ack{nowMs(), c.taken.Load()})
	return true
}

// check looks for gaps in what was pushed onto the queue, the numbers from least to
// most of which may have arrived, and returns the last that did.
func (c *consumer) check(got *dump, least, most int) (last int, err error) {
	fail := func(format string, args ...any) (int, error) {
		return 0, fmt.Errorf("%s, of which %d were taken for certain and up to %d perhaps, and %d to %d pushed: %s", c.source(),
			c.floor.Load(), c.taken.Load()+int64(c.sent), least, most, fmt.Sprintf(format, args...))
	}
	queue, err := c.numbers(got, c.source())
	if err != nil {
		return fail("%v", err)
	}
	moved, err := c.numbers(got, c.target())
	if err != nil {
		return fail("%v", err)
	}
	if c.kind == popQueue {
		moved = nil
	}
	all := append(moved, queue...)
	for i := range all {
		if all[i] != all[0]+i {
			return fail("%d stands where %d must be (%d moved, %d wait)", all[i], all[0]+i, len(moved), len(queue))
		}
	}
	takenLeast, takenMost := int(c.floor.Load()), int(c.taken.Load())+c.sent
	switch {
	case len(all) == 0: // all that was pushed was taken
		if last = min(most, takenMost); last < max(least, takenLeast) {
			return fail("it is empty")
		}
		return last, nil
	case c.kind == moveQueue && len(moved) == 0 && all[0] != 1:
		return fail("what was moved is lost; %d waits first", all[0])
	}
	last = all[len(all)-1]
	taken := last - len(queue)
	if last < least || last > most {
		return fail("the last one there is %d", last)
	}
	if taken < takenLeast || taken > takenMost {
		return fail("%d are taken", taken)
	}
	return last, nil
}

func (c *consumer) numbers(got *dump, name string) (list []int, err error) {
	v := got.keys[key{0, name}]
	if v == nil {
		return nil, nil
	}
	for _, e := range v.list {
		n, err := strconv.Atoi(e)
		if err != nil {
			return nil, fmt.Errorf("%s holds %q", name, e)
		}
		list = append(list, n)
	}
	return list, nil
}

// adopt begins the next round with what is there: last was the last number pushed.
func (c *consumer) adopt(got *dump, last int) {
	queue, _ := c.numbers(got, c.source())
	c.taken.Store(int64(last - len(queue)))
	c.floor.Store(c.taken.Load())
	c.sent, c.acks = 0, nil
}
