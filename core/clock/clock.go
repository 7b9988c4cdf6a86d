// Package clock tells the wall clock and the monotonic clock, real or fake,
// so that whatever depends on time can be tested without waiting for it.
//
// Wall time may jump either way; it is for what clients see and for due
// times. Monotonic time never goes back; it is for measuring.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock is a source of time. Implementations may be used by any goroutine.
type Clock interface {
	// NowMs is the wall clock in milliseconds since 1970.
	NowMs() int64
	// NowUs is the wall clock in microseconds since 1970.
	NowUs() int64
	// Mono is the time since some fixed moment; it never goes back.
	Mono() time.Duration
	// MsAt is the wall clock in milliseconds at a moment that Mono has just
	// told, for callers that need both and pay for one.
	MsAt(mono time.Duration) int64
}

// Real is the clock of the system. Mono counts from when NewReal made it.
type Real struct {
	start  time.Time
	zeroNs atomic.Int64 // the wall clock, in ns, when Mono was zero, as of the last Sync
}

// NewReal returns the system's clock.
func NewReal() *Real {
	r := &Real{start: time.Now()}
	r.Sync()
	return r
}

// Sync has MsAt follow the wall clock if it was set since the last call. A
// server calls it some times a second.
func (r *Real) Sync() {
	now := time.Now()
	r.zeroNs.Store(now.UnixNano() - int64(now.Sub(r.start)))
}

// MsAt implements Clock.
func (r *Real) MsAt(mono time.Duration) int64 { return (r.zeroNs.Load() + int64(mono)) / 1e6 }

// NowMs implements Clock.
func (*Real) NowMs() int64 { return time.Now().UnixMilli() }

// NowUs implements Clock.
func (*Real) NowUs() int64 { return time.Now().UnixMicro() }

// Mono implements Clock. It reads the monotonic clock only, which is about
// half the price of time.Now.
func (r *Real) Mono() time.Duration { return time.Since(r.start) }

// Fake stands still until told otherwise. The zero value shows 1970.
type Fake struct {
	wallUs, monoNs atomic.Int64
}

// NewFake returns a Fake that shows nowMs, with Mono at zero.
func NewFake(nowMs int64) *Fake {
	f := &Fake{}
	f.wallUs.Store(nowMs * 1000)
	return f
}

// NowMs implements Clock.
func (f *Fake) NowMs() int64 { return f.wallUs.Load() / 1000 }

// NowUs implements Clock.
func (f *Fake) NowUs() int64 { return f.wallUs.Load() }

// MsAt implements Clock.
func (f *Fake) MsAt(time.Duration) int64 { return f.NowMs() }

// Mono implements Clock.
func (f *Fake) Mono() time.Duration { return time.Duration(f.monoNs.Load()) }

// Advance lets d pass on both clocks; d must not be negative.
func (f *Fake) Advance(d time.Duration) {
	if d < 0 {
		panic("clock: monotonic time cannot go back; use Jump")
	}
	f.monoNs.Add(int64(d))
	f.wallUs.Add(d.Microseconds())
}

// Jump moves the wall clock alone, either way, as an administrator or NTP
// does.
func (f *Fake) Jump(d time.Duration) { f.wallUs.Add(d.Microseconds()) }

// Coarse repeats the time of its last Update: reading it costs a load. One
// goroutine updates it, once per turn of its loop and before it sleeps and
// after it wakes; any may read it.
type Coarse struct {
	source         Clock
	wallUs, monoNs atomic.Int64
}

// NewCoarse returns a Coarse that has been updated once from source.
func NewCoarse(source Clock) *Coarse {
	c := &Coarse{source: source}
	c.Update()
	return c
}

// Update reads the source.
func (c *Coarse) Update() {
	c.wallUs.Store(c.source.NowUs())
	c.monoNs.Store(int64(c.source.Mono()))
}

// NowMs implements Clock.
func (c *Coarse) NowMs() int64 { return c.wallUs.Load() / 1000 }

// NowUs implements Clock.
func (c *Coarse) NowUs() int64 { return c.wallUs.Load() }

// Mono implements Clock.
func (c *Coarse) Mono() time.Duration { return time.Duration(c.monoNs.Load()) }

// MsAt implements Clock.
func (c *Coarse) MsAt(time.Duration) int64 { return c.NowMs() }
