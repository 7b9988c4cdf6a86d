package stats

import (
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
)

// TestRecent: the ring holds the last calls, the newest first, and costs no
// allocation.
func TestRecent(t *testing.T) {
	c := clock.NewFake(1_000_000)
	l := New(c, 100).NewLoop()
	if got := l.Recent(); len(got) != 0 {
		t.Fatalf("calls before the first one: %v", got)
	}
	for id := range 3*recentCalls + 5 {
		c.Advance(time.Second)
		begin := l.Begin()
		l.Enter(id)
		calls := l.Recent()
		if want := min(id+1, recentCalls); len(calls) != want {
			t.Fatalf("%d calls remembered, want %d", len(calls), want)
		}
		for i, call := range calls {
			at := begin - time.Duration(i)*time.Second
			if call.Command != id-i || call.At > at || at-call.At >= 1<<recentBits {
				t.Fatalf("call %d before the last: %+v; want command %d at %v", i, call, id-i, at)
			}
		}
	}
	if n := testing.AllocsPerRun(100, func() { l.Enter(1) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestRecentWhileRunning reads the ring of a loop that goes on: every entry is
// one that was written (with -race: reading is allowed at any time).
func TestRecentWhileRunning(t *testing.T) {
	l := New(clock.NewReal(), 100).NewLoop()
	l.Begin()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				l.Enter(42)
			}
		}
	})
	for range 1000 {
		for _, call := range l.Recent() {
			if call.Command != 42 {
				t.Errorf("a call of command %d", call.Command)
			}
		}
	}
	close(stop)
	wg.Wait()
}

// BenchmarkEnter is what remembering a call costs.
func BenchmarkEnter(b *testing.B) {
	l := New(clock.NewReal(), 100).NewLoop()
	for b.Loop() {
		l.Enter(42)
	}
}
