package epoll

// Sizes, in bytes.
const (
	// readSize is the loop's read buffer: the most that one read without a
	// large request takes.
	readSize = 64 << 10
	// carrySize is up to which length left-over input is copied in front of
	// the next read, to be read together; more is read into a buffer of the
	// connection's own.
	carrySize = 4 << 10
	// maxRead bounds one read into a connection's own buffer.
	maxRead = 256 << 10
	// turnRead is how much of one large request is read in a turn.
	turnRead = 1 << 20
	// bufferSize is what buffers of a pool start with.
	bufferSize = 16 << 10
	// largeBuffer is from where on a buffer is given only to those whose last
	// replies were so long.
	largeBuffer = 4 * bufferSize
	// keepBuffer is the largest buffer that a pool takes back, and poolBytes
	// the most that it holds of small ones, and of large ones. It is that of a
	// turn's replies, which end above 1 MiB and double in between.
	keepBuffer = 2 << 20
	poolBytes  = 16 << 20
)

// pool lends buffers, so that only connections with work have any. One per
// loop.
//
// Small and large buffers are kept apart: a few large ones would fill the pool,
// and all other connections would have theirs made anew in each turn.
type pool struct{ small, large stack }

// stack holds buffers of one kind.
type stack struct {
	free  [][]byte
	bytes int
}

// get returns an empty buffer for about n bytes.
func (p *pool) get(n int) []byte {
	if n >= largeBuffer {
		if b := p.large.pop(); b != nil {
			return b
		}
	}
	if b := p.small.pop(); b != nil {
		return b
	}
	return make([]byte, 0, bufferSize)
}

// put takes b back, or leaves it to the garbage collector.
func (p *pool) put(b []byte) {
	switch {
	case cap(b) < bufferSize || cap(b) > keepBuffer:
	case cap(b) < largeBuffer:
		p.small.push(b)
	default:
		p.large.push(b)
	}
}

func (s *stack) pop() []byte {
	n := len(s.free)
	if n == 0 {
		return nil
	}
	b := s.free[n-1]
	s.free[n-1] = nil
	s.free = s.free[:n-1]
	s.bytes -= cap(b)
	return b
}

func (s *stack) push(b []byte) {
	if s.bytes+cap(b) <= poolBytes {
		s.bytes += cap(b)
		s.free = append(s.free, b[:0])
	}
}

// grow returns b with room for the next read: for need bytes, of which 1 means
// unknown, or for a fair part of them. It doubles, so that the room never
// exceeds what has arrived by more than a constant factor (R4), and takes just
// what is needed if that is less.
func grow(b []byte, need int) []byte {
	room := need
	if need <= 1 {
		room = carrySize
	}
	if cap(b)-len(b) >= min(room, bufferSize) {
		return b
	}
	size := max(2*cap(b), 2*bufferSize)
	if need > 1 {
		size = min(size, len(b)+need)
	}
	bigger := make([]byte, len(b), size)
	copy(bigger, b)
	return bigger
}
