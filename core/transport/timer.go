package transport

import (
	"container/heap"
	"time"
)

// Timer is a function due on a loop.
type Timer struct {
	due    time.Time
	fn     func()
	index  int // in the heap; -1 once it ran or was stopped
	timers *Timers
}

// Stop keeps the function from running, if it did not yet. Loop.
func (t *Timer) Stop() {
	if t.index >= 0 {
		heap.Remove(&t.timers.heap, t.index)
	}
}

// Timers are the timers of one loop, for back ends. The zero value is ready.
// Not safe for concurrent use.
type Timers struct{ heap timerHeap }

// Add has fn run by the first Run at or after due.
func (ts *Timers) Add(due time.Time, fn func()) *Timer {
	t := &Timer{due: due, fn: fn, timers: ts}
	heap.Push(&ts.heap, t)
	return t
}

// Empty tells whether no timer is set.
func (ts *Timers) Empty() bool { return len(ts.heap) == 0 }

// Wait returns how long until the next timer is due, at least 0, or -1 if
// there is none.
func (ts *Timers) Wait(now time.Time) time.Duration {
	if len(ts.heap) == 0 {
		return -1
	}
	return max(0, ts.heap[0].due.Sub(now))
}

// Run runs what is due. Timers that these functions add wait for the next Run.
func (ts *Timers) Run(now time.Time) {
	for n := len(ts.heap); n > 0 && len(ts.heap) > 0 && !ts.heap[0].due.After(now); n-- {
		heap.Pop(&ts.heap).(*Timer).fn()
	}
}

// timerHeap is a heap.Interface by due time.
type timerHeap []*Timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push adds a *Timer; for container/heap.
func (h *timerHeap) Push(x any) {
	t := x.(*Timer)
	t.index = len(*h)
	*h = append(*h, t)
}

// Pop takes the last *Timer; for container/heap.
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
