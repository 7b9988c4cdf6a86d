package admin

import (
	"context"
	"sync"
	"time"
)

// fresh keeps the newest result of a function that may take long, or wait for a script
// to end. It runs on a goroutine of its own and never twice at a time.
type fresh[T any] struct {
	make func() T

	mu      sync.Mutex
	value   T
	at      time.Time     // zero: there is none yet
	running chan struct{} // closed when the run ends; nil: none runs
}

// get returns a value not older than age; or, if there is none when ctx ends, the newest
// one. ok is false if there is none at all.
func (f *fresh[T]) get(ctx context.Context, age time.Duration) (value T, at time.Time, ok bool) {
	f.mu.Lock()
	if !f.at.IsZero() && time.Since(f.at) <= age {
		defer f.mu.Unlock()
		return f.value, f.at, true
	}
	if f.running == nil {
		f.running = make(chan struct{})
		go f.run(f.running)
	}
	done := f.running
	f.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.value, f.at, !f.at.IsZero()
}

func (f *fresh[T]) run(done chan struct{}) {
	value := f.make()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.value, f.at, f.running = value, time.Now(), nil
	close(done)
}
