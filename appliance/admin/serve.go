package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	stdlog "log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// What one who connects may take.
const (
	maxHeader       = 16 << 10
	headerTime      = 5 * time.Second  // for the handshake and the headers
	bodyTime        = 20 * time.Second // for a small body
	replyTime       = 20 * time.Second // for a reply, and for each part of a long one
	idleTime        = 60 * time.Second
	maxConnections  = 64
	maxPerAddress   = 24
	closingTime     = 2 * time.Second
	errorLinesEvery = 10 * time.Second
)

// newServer is the HTTP server with its limits. Only HTTP/1.1 is spoken: what is
// asked here gains nothing from streams, and each would be one more thing to bound.
func (e *Endpoint) newServer() *http.Server {
	s := &http.Server{
		Handler:           e.handler,
		MaxHeaderBytes:    maxHeader,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		WriteTimeout:      replyTime,
		IdleTimeout:       idleTime,
		ErrorLog:          stdlog.New(&sparse{log: e.log}, "", 0),
		Protocols:         &http.Protocols{},
	}
	s.Protocols.SetHTTP1(true)
	return s
}

// Listen listens at the configured address, with TLS if there is a certificate.
func (e *Endpoint) Listen() (net.Listener, error) {
	secure, err := e.secure()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", e.config.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen for the administration: %w", err)
	}
	l = &bounded{Listener: l, by: map[netip.Addr]int{}}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	return l, nil
}

// Serve serves on l, which is Listen's, until Close, and samples figures meanwhile.
func (e *Endpoint) Serve(l net.Listener) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go e.sampler.run(ctx)
	err := e.server.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve the administration: %w", err)
}

// Close ends Serve; requests have a moment to be answered.
func (e *Endpoint) Close() error {
	e.closed.Do(func() { close(e.closing) })
	ctx, cancel := context.WithTimeout(context.Background(), closingTime)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		return e.server.Close()
	}
	return nil
}

// guard is around every request: headers for browsers, and no writes from the pages
// of others.
func (e *Endpoint) guard(next http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'") // the page has its own
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		protected.ServeHTTP(w, r)
	})
}

// bounded is a listener that closes at once what is more than maxConnections, or
// maxPerAddress from one address: whoever opens many takes no place from others.
type bounded struct {
	net.Listener

	mu  sync.Mutex
	all int
	by  map[netip.Addr]int
}

// Accept returns the next connection that there is room for.
func (b *bounded) Accept() (net.Conn, error) {
	for {
		c, err := b.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at, _ := netip.ParseAddrPort(c.RemoteAddr().String()) // the zero value counts as an address
		from := at.Addr().Unmap()
		if !b.enter(from) {
			c.Close()
			continue
		}
		return &boundedConn{Conn: c, leave: sync.OnceFunc(func() { b.leave(from) })}, nil
	}
}

func (b *bounded) enter(from netip.Addr) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all >= maxConnections || b.by[from] >= maxPerAddress {
		return false
	}
	b.all++
	b.by[from]++
	return true
}

func (b *bounded) leave(from netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all--
	if b.by[from]--; b.by[from] == 0 {
		delete(b.by, from)
	}
}

type boundedConn struct {
	net.Conn
	leave func()
}

// Close closes the connection and gives its place back.
func (c *boundedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// sparse passes on a line now and then: what net/http complains about, anybody who
// connects can cause.
type sparse struct {
	log func(format string, args ...any)

	mu   sync.Mutex
	last time.Time
}

// Write takes a line.
func (s *sparse) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.last) >= errorLinesEvery {
		s.last = now
		s.log("admin: %.400q", line)
	}
	return len(line), nil
}
