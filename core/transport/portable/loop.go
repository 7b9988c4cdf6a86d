package portable

import (
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// loop runs the handlers of its connections. Fields without a note are its
// goroutine's.
type loop struct {
	server *Server
	index  int
	wake   chan struct{}   // any goroutine
	posts  transport.Posts // any goroutine
	count  atomic.Int64    // connections; any goroutine
	timers transport.Timers
	conns  map[*conn]struct{}
	flush  []*conn // to send at the end of this turn
	dying  []*conn // to close at the end of this turn
	stop   bool
}

// post adds a function from any goroutine.
func (l *loop) post(fn func()) bool {
	if !l.posts.Add(fn) {
		return false
	}
	select {
	case l.wake <- struct{}{}:
	default: // awake, or about to be
	}
	return true
}

// run is the loop.
func (l *loop) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for !l.stop {
		if d := l.timers.Wait(time.Now()); d >= 0 {
			timer.Reset(d)
		}
		select {
		case <-l.wake:
		case <-timer.C:
		}
		l.posts.Run()
		if !l.timers.Empty() {
			l.timers.Run(time.Now())
		}
		l.endTurn()
	}
	l.shutdown()
}

// endTurn hands the replies to the writers and closes what is to be closed.
func (l *loop) endTurn() {
	if len(l.flush) > 0 && l.server.config.OnTurn != nil && !l.server.config.OnTurn(l.index) {
		l.drop()
	}
	l.settle()
}

// settle hands the replies to the writers and closes what is to be closed, but for
// connections whose handler runs.
func (l *loop) settle() {
	var busy, leaving *conn // there is one at most: who called Turn
	for len(l.flush) > 0 || len(l.dying) > 0 {
		for i := 0; i < len(l.flush); i++ {
			c := l.flush[i]
			l.flush[i] = nil
			if c.serving {
				busy = c
				continue
			}
			c.flushing = false
			c.send()
		}
		l.flush = l.flush[:0]
		for i := 0; i < len(l.dying); i++ {
			c := l.dying[i]
			l.dying[i] = nil
			if c.serving {
				leaving = c
				continue
			}
			l.bury(c)
		}
		l.dying = l.dying[:0]
	}
	if busy != nil {
		l.flush = append(l.flush, busy)
	}
	if leaving != nil {
		l.dying = append(l.dying, leaving)
	}
}

// Turn implements transport.Server.
func (s *Server) Turn(loop int, d time.Duration) {
	l := s.loops[loop]
	if d > 0 && !l.posts.Waiting() {
		timer := time.NewTimer(d)
		select {
		case <-l.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
	l.posts.Run()
	l.endTurn()
}

// drop closes the connections of the turn and sends none of its replies.
func (l *loop) drop() {
	for i, c := range l.flush {
		l.flush[i] = nil
		c.flushing = false
		c.Out = c.Out[:0]
		c.die(transport.ErrTurnDropped)
	}
	l.flush = l.flush[:0]
}

// bury closes a dying connection and tells its handler.
func (l *loop) bury(c *conn) {
	c.closed.Store(true)
	close(c.gone)
	c.stopWriter()
	if c.tls != nil {
		go c.nc.Close() // it takes leave of the peer, who may not listen
	} else {
		c.nc.Close()
	}
	c.in, c.Out = nil, nil
	c.buffered.Store(0)
	delete(l.conns, c)
	if c.leaving {
		l.server.leaving.Add(-1)
	}
	l.count.Add(-1)
	if c.handler != nil {
		c.handler.Closed(c.err)
	}
}

// shutdown ends all connections after one attempt to send what is unsent.
func (l *loop) shutdown() {
	l.posts.Close()
	l.posts.Run()
	l.endTurn()
	deadline := time.Now().Add(lastWriteTime)
	for c := range l.conns {
		c.lastWrite(deadline)
		c.die(transport.ErrServerClosed)
	}
	l.endTurn()
}
