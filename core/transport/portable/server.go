package portable

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// acceptPause is how long a listener rests after it could not accept.
const acceptPause = 100 * time.Millisecond

// Server is the portable back end. Its methods are those of transport.Server.
type Server struct {
	config  transport.Config
	loops   []*loop
	started chan struct{} // closed by Serve, or by Close
	done    chan struct{} // closed by Close

	// leaving are the connections that were refused before their TLS handshake,
	// and are told so after it.
	leaving atomic.Int64

	mu        sync.Mutex
	closed    bool
	serving   bool
	listeners map[*listener]struct{}
	next      int
}

var _ transport.Server = (*Server)(nil)

// New makes a Server.
func New(config transport.Config) (*Server, error) {
	if config.Accept == nil {
		return nil, errors.New("portable: no Accept function")
	}
	s := &Server{config: config, listeners: map[*listener]struct{}{},
		started: make(chan struct{}), done: make(chan struct{})}
	for i := range max(1, config.Loops) {
		s.loops = append(s.loops, &loop{server: s, index: config.FirstLoop + i,
			wake: make(chan struct{}, 1), conns: map[*conn]struct{}{}})
	}
	return s, nil
}

// Serve implements transport.Server.
func (s *Server) Serve() error {
	s.mu.Lock()
	if s.serving || s.closed {
		s.mu.Unlock()
		return errors.New("portable: Serve called twice, or after Close")
	}
	s.serving = true
	close(s.started)
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
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.done)
	var err error
	for ls := range s.listeners {
		err = errors.Join(err, ls.ln.Close())
	}
	for _, l := range s.loops {
		if s.serving {
			l.post(func() { l.stop = true })
		} else {
			l.posts.Close()
		}
	}
	return err
}

// Post implements transport.Server.
func (s *Server) Post(loop int, fn func()) bool { return s.loop(loop).post(fn) }

func (s *Server) loop(number int) *loop { return s.loops[number-s.config.FirstLoop] }

// After implements transport.Server.
func (s *Server) After(loop int, d time.Duration, fn func()) *transport.Timer {
	return s.loop(loop).timers.Add(time.Now().Add(d), fn)
}

// Connections implements transport.Server.
func (s *Server) Connections() int {
	n := int64(0)
	for _, l := range s.loops {
		n += l.count.Load()
	}
	return int(n)
}

// listener is one place listened at.
type listener struct {
	server *Server
	spec   transport.Listen
	name   string
	ln     net.Listener
	addr   net.Addr
}

// Listen implements transport.Server.
func (s *Server) Listen(spec transport.Listen) (transport.Listener, error) {
	name := spec.Network + " " + spec.Address
	ln, err := open(spec)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", name, err)
	}
	ls := &listener{server: s, spec: spec, name: name, ln: ln, addr: ln.Addr()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		ln.Close()
		return nil, transport.ErrClosed
	}
	s.listeners[ls] = struct{}{}
	go s.config.Run(-1, ls.run)
	return ls, nil
}

// open binds the socket of spec.
func open(spec transport.Listen) (net.Listener, error) {
	network, address := spec.Network, spec.Address
	switch network {
	case "unix":
		// What a process that died left behind; only ever a socket.
		if st, err := os.Lstat(address); err == nil && st.Mode().Type() == os.ModeSocket {
			os.Remove(address)
		}
	case "tcp", "tcp4", "tcp6":
		tcp, err := net.ResolveTCPAddr(network, address)
		if err != nil {
			return nil, err
		}
		// "tcp" would listen for both IP versions at an unspecified address.
		if tcp.IP.To4() != nil || tcp.IP == nil && network != "tcp6" {
			network = "tcp4"
		} else {
			network = "tcp6"
		}
		address = tcp.String()
	default:
		return nil, net.UnknownNetworkError(network)
	}
	config := net.ListenConfig{KeepAlive: -1}
	if spec.Mark != 0 && network != "unix" {
		config.Control = func(_, _ string, socket syscall.RawConn) error { return mark(socket, spec.Mark) }
	}
	ln, err := config.Listen(context.Background(), network, address)
	if err != nil {
		return nil, err
	}
	if network == "unix" && spec.Perm != 0 {
		if err := os.Chmod(address, spec.Perm); err != nil {
			ln.Close()
			return nil, err
		}
	}
	return ln, nil
}

// run accepts until the listener is closed.
func (ls *listener) run() {
	<-ls.server.started
	for {
		nc, err := ls.ln.Accept()
		if err == nil {
			ls.server.hand(nc, ls)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if ls.server.config.Error != nil {
			ls.server.config.Error(fmt.Errorf("accept on %s: %w", ls.name, err))
		}
		select {
		case <-time.After(acceptPause):
		case <-ls.server.done:
			return
		}
	}
}

// hand gives a connection to the loop that has the fewest.
func (s *Server) hand(nc net.Conn, ls *listener) {
	s.mu.Lock()
	best := s.loops[s.next%len(s.loops)]
	for i := range s.loops {
		if l := s.loops[(s.next+i)%len(s.loops)]; l.count.Load() < best.count.Load() {
			best = l
		}
	}
	s.next = best.index - s.config.FirstLoop + 1
	s.mu.Unlock()
	best.count.Add(1)
	c := newConn(best, nc, ls)
	if !best.post(c.begin) {
		best.count.Add(-1)
		nc.Close()
	}
}

// Addr implements transport.Listener.
func (ls *listener) Addr() net.Addr { return ls.addr }

// Close implements transport.Listener. The net package removes the Unix
// socket.
func (ls *listener) Close() error {
	ls.server.mu.Lock()
	_, open := ls.server.listeners[ls]
	delete(ls.server.listeners, ls)
	ls.server.mu.Unlock()
	if !open {
		return nil
	}
	if err := ls.ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close listener %s: %w", ls.name, err)
	}
	return nil
}
