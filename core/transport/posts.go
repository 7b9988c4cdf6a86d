package transport

import "sync"

// Posts is a queue of functions for one loop, for back ends: any goroutine
// adds, the loop takes all at once. The zero value is ready.
type Posts struct {
	mu     sync.Mutex
	list   []func()
	spare  []func()
	closed bool
}

// keepPosts bounds the memory kept for a queue that was long once.
const keepPosts = 4096

// Add appends fn. ok is false once the queue is closed.
func (p *Posts) Add(fn func()) (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.list = append(p.list, fn)
	return true
}

// Run runs what was added before the call, in order, and returns how many.
func (p *Posts) Run() int {
	p.mu.Lock()
	list := p.list
	p.list, p.spare = p.spare[:0], nil
	p.mu.Unlock()
	for i, fn := range list {
		list[i] = nil
		fn()
	}
	if cap(list) <= keepPosts {
		p.spare = list[:0]
	}
	return len(list)
}

// Waiting tells whether something was added and not yet taken.
func (p *Posts) Waiting() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.list) > 0
}

// Close refuses what is added from now on. What is in the queue stays there.
func (p *Posts) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
}
