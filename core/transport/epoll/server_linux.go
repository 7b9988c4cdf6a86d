package epoll

import (
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// Server is the epoll back end. Its methods are those of transport.Server.
type Server struct {
	config transport.Config
	loops  []*loop

	mu        sync.Mutex
	closed    bool
	serving   bool
	listeners map[int]*listener // by number
	nextID    int
	next      int // the loop that gets the next connection among equals; loop 0
}

var _ transport.Server = (*Server)(nil)

// New makes a Server. It fails if the kernel gives no epoll instance.
func New(config transport.Config) (*Server, error) { return newServer(config, false) }

// NewBatched is New for a Server that reads and sends for many connections at a time. It
// fails if the system does not let it use io_uring.
func NewBatched(config transport.Config) (*Server, error) { return newServer(config, true) }

func newServer(config transport.Config, batched bool) (*Server, error) {
	if config.Accept == nil {
		return nil, errors.New("epoll: no Accept function")
	}
	s := &Server{config: config, listeners: map[int]*listener{}}
	for i := range max(1, config.Loops) {
		l, err := newLoop(s, i, batched)
		if err != nil {
			for _, l := range s.loops {
				l.release()
			}
			return nil, err
		}
		s.loops = append(s.loops, l)
	}
	return s, nil
}

// Serve implements transport.Server.
func (s *Server) Serve() error {
	s.mu.Lock()
	if s.serving {
		s.mu.Unlock()
		return errors.New("epoll: Serve called twice")
	}
	s.serving = true
	s.mu.Unlock()
	var wg sync.WaitGroup
	for _, l := range s.loops {
		wg.Go(func() { s.config.Run(l.index, l.run) })
	}
	wg.Wait()
	return nil
}

// Close implements transport.Server.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var err error
	for _, ls := range s.listeners {
		err = errors.Join(err, ls.close())
	}
	serving := s.serving
	s.serving = true // a Serve that comes later is refused
	s.mu.Unlock()
	for _, l := range s.loops {
		if serving {
			l.post(func() { l.stop = true })
		} else {
			l.posts.Close()
			l.release()
		}
	}
	return err
}

// Post implements transport.Server.
func (s *Server) Post(loop int, fn func()) bool { return s.loops[loop].post(fn) }

// After implements transport.Server.
func (s *Server) After(loop int, d time.Duration, fn func()) *transport.Timer {
	return s.loops[loop].timers.Add(time.Now().Add(d), fn)
}

// Connections implements transport.Server.
func (s *Server) Connections() int {
	n := int64(0)
	for _, l := range s.loops {
		n += l.conns.Load()
	}
	return int(n)
}

func (s *Server) fail(err error) {
	if s.config.Error != nil {
		s.config.Error(err)
	}
}

const (
	// acceptBatch bounds the connections accepted in one turn.
	acceptBatch = 64
	// acceptPause is how long a listener rests when there are no descriptors.
	acceptPause = 100 * time.Millisecond
)

// accept takes connections off a listener and spreads them. Loop 0.
func (s *Server) accept(id int) {
	s.mu.Lock()
	ls := s.listeners[id]
	s.mu.Unlock()
	if ls == nil {
		return
	}
	for range acceptBatch {
		fd, peer, err := ls.accept()
		var errno syscall.Errno
		errors.As(err, &errno)
		switch {
		case err == nil:
			s.hand(fd, ls, peer)
		case errno == unix.EAGAIN || errors.Is(err, transport.ErrClosed):
			return
		case isTemporary(errno):
			s.fail(fmt.Errorf("accept on %s: %w", ls.name, err))
			s.rest(ls)
			return
		case errno == unix.EINTR || errno == unix.ECONNABORTED:
		default:
			// What is left are errors of the network that Linux passes on
			// from the new connection; the listener itself is well.
			s.fail(fmt.Errorf("accept on %s: %w", ls.name, err))
			return
		}
	}
}

// hand gives a connection to the loop that has the fewest.
func (s *Server) hand(fd int, ls *listener, peer unix.Sockaddr) {
	best := s.loops[s.next%len(s.loops)]
	for i := range s.loops {
		if l := s.loops[(s.next+i)%len(s.loops)]; l.conns.Load() < best.conns.Load() {
			best = l
		}
	}
	s.next = best.index + 1
	best.conns.Add(1)
	if best.index == 0 {
		best.add(fd, ls, peer)
		return
	}
	if !best.post(func() { best.add(fd, ls, peer) }) {
		best.conns.Add(-1)
		unix.Close(fd)
	}
}

// rest stops a listener for a moment: connections that cannot be accepted
// would wake the loop without end.
func (s *Server) rest(ls *listener) {
	ls.watch(false)
	s.loops[0].timers.Add(time.Now().Add(acceptPause), func() { ls.watch(true) })
}
