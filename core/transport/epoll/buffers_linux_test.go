package epoll

import "testing"

// TestPoolKeepsSmallBuffers: large buffers that were given back leave room for
// small ones, and are given to who needs them.
func TestPoolKeepsSmallBuffers(t *testing.T) {
	var p pool
	for range 2 * poolBytes / keepBuffer {
		p.put(make([]byte, 0, keepBuffer))
	}
	b := p.get(0)
	if cap(b) != bufferSize {
		t.Fatalf("a buffer of %d bytes for a short reply", cap(b))
	}
	p.put(b)
	if n := testing.AllocsPerRun(100, func() { p.put(p.get(100)) }); n != 0 {
		t.Errorf("%v allocations for a short reply", n)
	}
	if b := p.get(keepBuffer / 2); cap(b) != keepBuffer {
		t.Errorf("a buffer of %d bytes for a long reply", cap(b))
	}
}
