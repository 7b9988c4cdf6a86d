// Package joint makes one transport.Server of two: a fast one that takes no TLS,
// and one for the TLS listeners. Loops are numbered through both, those of the
// first before those of the second, whose Config.FirstLoop says so.
package joint

import (
	"errors"
	"sync"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// Server is two servers. Its methods are those of transport.Server.
type Server struct {
	plain, secure transport.Server
	plainLoops    int
}

var _ transport.Server = (*Server)(nil)

// New joins plain, which has the loops below plainLoops, and secure, which has
// those from there on.
func New(plain, secure transport.Server, plainLoops int) *Server {
	return &Server{plain: plain, secure: secure, plainLoops: plainLoops}
}

// of is the server that runs a loop.
func (s *Server) of(loop int) transport.Server {
	if loop < s.plainLoops {
		return s.plain
	}
	return s.secure
}

// Idle tells whether the server that runs a loop has no connections at all.
func (s *Server) Idle(loop int) bool { return s.of(loop).Connections() == 0 }

// Listen implements transport.Server.
func (s *Server) Listen(spec transport.Listen) (transport.Listener, error) {
	if spec.TLS != nil {
		return s.secure.Listen(spec)
	}
	return s.plain.Listen(spec)
}

// Serve implements transport.Server. If one server ends, the other one is closed.
func (s *Server) Serve() error {
	var wg sync.WaitGroup
	var plain, secure error
	wg.Go(func() {
		plain = s.plain.Serve()
		s.Close()
	})
	wg.Go(func() {
		secure = s.secure.Serve()
		s.Close()
	})
	wg.Wait()
	return errors.Join(plain, secure)
}

// Post implements transport.Server.
func (s *Server) Post(loop int, fn func()) bool { return s.of(loop).Post(loop, fn) }

// After implements transport.Server.
func (s *Server) After(loop int, d time.Duration, fn func()) *transport.Timer {
	return s.of(loop).After(loop, d, fn)
}

// Turn implements transport.Server.
func (s *Server) Turn(loop int, d time.Duration) { s.of(loop).Turn(loop, d) }

// Connections implements transport.Server.
func (s *Server) Connections() int { return s.plain.Connections() + s.secure.Connections() }

// Close implements transport.Server.
func (s *Server) Close() error { return errors.Join(s.plain.Close(), s.secure.Close()) }
