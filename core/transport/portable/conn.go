package portable

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// Sizes, in bytes.
const (
	readSize   = 16 << 10  // the reader's buffer
	heldInput  = 256 << 10 // input read ahead of a held connection
	keepBuffer = 64 << 10  // the largest output buffer used again
)

// lastWriteTime bounds what a loop waits for its clients after Server.Close.
const lastWriteTime = 50 * time.Millisecond

// conn is a connection. Fields without a note are the loop's.
type conn struct {
	transport.Conn
	loop    *loop        // never changes
	nc      net.Conn     // any goroutine
	tls     *tls.Conn    // nc, of a TLS listener; else nil
	tcp     *net.TCPConn // under nc; nil for Unix sockets
	remote  string
	local   string
	handler transport.Handler

	in       []byte
	piece    []byte // what the reader handed over, and waits for to be taken
	held     bool
	eof      bool // the reader has ended
	serving  bool // in the handler's Data, which may have called Turn
	draining bool
	leaving  bool // counted in Server.leaving
	dying    bool
	flushing bool
	err      error

	taken    chan struct{} // loop -> reader
	gone     chan struct{} // closed when the connection is
	later    []func()      // posted while serving
	pending  atomic.Int64
	buffered atomic.Int64
	room     atomic.Int64 // of in
	closed   atomic.Bool

	// Between loop and writer.
	mu     sync.Mutex
	cond   sync.Cond
	queue  []byte // to be written
	spare  []byte // a buffer to use again
	finish bool   // end the connection once all is written
	halt   bool   // the writer is to end
}

func newConn(l *loop, nc net.Conn, ls *listener) *conn {
	c := &conn{loop: l, nc: nc, taken: make(chan struct{}, 1), gone: make(chan struct{})}
	c.cond.L = &c.mu
	c.Driver = c
	if ls.spec.TLS != nil {
		c.secure(&ls.spec)
	}
	if c.tcp, _ = nc.(*net.TCPConn); c.tcp != nil {
		c.remote, c.local = nc.RemoteAddr().String(), nc.LocalAddr().String()
		if ls.spec.KeepAlive > 0 {
			setKeepAlive(c.tcp, ls.spec.KeepAlive) // matters to no request
		}
	} else {
		c.remote = ls.spec.Address + ":0"
		c.local = c.remote
	}
	return c
}

// begin is the connection's first function on its loop.
func (c *conn) begin() {
	c.loop.conns[c] = struct{}{}
	if c.handler = c.loop.server.config.Accept(&c.Conn); c.handler == nil {
		c.die(nil)
		return
	}
	if c.tls != nil && c.draining && !c.takeLeave() {
		return
	}
	c.touched()
	config := &c.loop.server.config
	go config.Run(-1, c.readAll)
	go config.Run(-1, c.writeAll)
}

// readAll is the reader.
func (c *conn) readAll() {
	if c.tls != nil && !c.shakeHands() {
		return
	}
	buf := make([]byte, readSize)
	var n int
	arrived := func() { c.arrived(buf[:n]) }
	for {
		var err error
		n, err = c.nc.Read(buf)
		if n > 0 {
			if !c.loop.post(arrived) {
				return
			}
			select {
			case <-c.taken:
			case <-c.gone:
				return
			}
		}
		if err != nil {
			c.loop.post(func() { c.ended(err) })
			return
		}
	}
}

// arrived takes a piece from the reader, or leaves it waiting.
func (c *conn) arrived(piece []byte) {
	if c.dying || c.closed.Load() {
		return
	}
	if c.serving {
		c.loop.after(c, func() { c.arrived(piece) })
		return
	}
	if c.held {
		if len(c.in)+len(piece) > heldInput {
			c.piece = piece
			return
		}
		c.keep(append(c.in, piece...))
	} else if !c.draining {
		in := piece
		if len(c.in) > 0 {
			c.in = append(c.in, piece...)
			in = c.in
		}
		c.deliver(in)
	}
	c.taken <- struct{}{}
}

// deliver hands input to the handler and keeps what it leaves.
func (c *conn) deliver(in []byte) {
	c.serving = true
	n := c.handler.Data(in)
	c.serving = false
	c.runLater()
	rest := in[n:]
	switch {
	case len(rest) == 0 || c.draining || c.dying:
		c.keep(nil)
	case n == 0 && len(c.in) > 0:
		c.keep(c.in)
	case len(c.in) == 0 || cap(c.in) > 4*len(rest):
		c.keep(append([]byte(nil), rest...))
	default:
		c.keep(c.in[:copy(c.in, rest)])
	}
	c.touched()
}

func (c *conn) keep(in []byte) {
	c.in = in
	c.buffered.Store(int64(len(in)))
	c.room.Store(int64(cap(in) - len(in)))
}

// after has fn run when the handler of c, which runs, is done.
func (l *loop) after(c *conn, fn func()) { c.later = append(c.later, fn) }

// runLater posts anew what came for c while its handler ran.
func (c *conn) runLater() {
	for _, fn := range c.later {
		c.loop.post(fn)
	}
	c.later = nil
}

// ended is the reader's last word.
func (c *conn) ended(err error) {
	if c.dying || c.closed.Load() {
		return
	}
	if c.serving {
		c.loop.after(c, func() { c.ended(err) })
		return
	}
	c.eof = true
	switch {
	case !errors.Is(err, io.EOF):
		c.die(fmt.Errorf("read: %w", err))
	case c.held:
		c.die(io.EOF)
	case !c.draining:
		c.err = io.EOF
		c.CloseAfterReply()
	}
}

// touched lists c for the end of the turn if there is something to send.
func (c *conn) touched() {
	if !c.flushing && (len(c.Out) > 0 || c.draining) {
		c.flushing = true
		c.loop.flush = append(c.loop.flush, c)
	}
}

// die has c closed at the end of the turn.
func (c *conn) die(err error) {
	if !c.dying {
		c.dying = true
		c.err = err
		c.loop.dying = append(c.loop.dying, c)
	}
}

// send hands Out to the writer.
func (c *conn) send() {
	if c.dying {
		return
	}
	c.pending.Add(int64(len(c.Out)))
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		c.queue, c.Out = c.Out, c.spare
		c.spare = nil
	} else {
		c.queue = append(c.queue, c.Out...)
	}
	if c.Out = c.Out[:0]; cap(c.Out) > keepBuffer {
		c.Out = nil
	}
	c.finish = c.draining
	c.cond.Signal()
}

// writeAll is the writer.
func (c *conn) writeAll() {
	for {
		b, ok := c.next()
		if !ok {
			return
		}
		_, err := c.nc.Write(b)
		c.pending.Add(-int64(len(b)))
		c.mu.Lock()
		if c.spare == nil && cap(b) <= keepBuffer {
			c.spare = b[:0]
		}
		c.mu.Unlock()
		if err != nil {
			c.loop.post(func() { c.writeFailed(err) })
			return
		}
	}
}

// next waits for something to write. Without more to come it has the
// connection closed and returns false.
func (c *conn) next() (b []byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 && !c.finish && !c.halt {
		c.cond.Wait()
	}
	if c.halt {
		return nil, false
	}
	if len(c.queue) == 0 {
		c.loop.post(func() { c.writeFailed(nil) })
		return nil, false
	}
	b, c.queue = c.queue, nil
	return b, true
}

// writeFailed is the writer's last word; nil means that all is sent.
func (c *conn) writeFailed(err error) {
	switch {
	case c.closed.Load():
	case err != nil:
		c.die(fmt.Errorf("write: %w", err))
	default:
		c.die(c.err)
	}
}

func (c *conn) stopWriter() {
	c.mu.Lock()
	c.halt = true
	c.queue, c.spare = nil, nil
	c.cond.Signal()
	c.mu.Unlock()
	c.pending.Store(0)
}

// lastWrite gives what is queued until deadline to be taken by the socket.
func (c *conn) lastWrite(deadline time.Time) {
	for c.pending.Load() > 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
}

// Close implements transport.Driver.
func (c *conn) Close() { c.die(nil) }

// CloseAfterReply implements transport.Driver.
func (c *conn) CloseAfterReply() {
	c.draining = true
	c.release()
	c.touched()
}

// release lets the reader go on behind a piece that will not be delivered.
func (c *conn) release() {
	if c.piece != nil {
		c.piece = nil
		c.taken <- struct{}{}
	}
}

// Flush implements transport.Driver.
func (c *conn) Flush() { c.touched() }

// Share implements transport.Driver.
func (c *conn) Share(b []byte) (waiting int64) {
	c.Out = append(c.Out, b...)
	c.touched()
	return c.Pending() + int64(len(c.Out))
}

// Again implements transport.Driver.
func (c *conn) Again() { c.Post(c.redeliver) }

// redeliver calls Data with what it left.
func (c *conn) redeliver() {
	if c.held || c.draining {
		return
	}
	if piece := c.piece; piece != nil {
		c.in = append(c.in, piece...)
		c.release()
	}
	c.deliver(c.in)
}

// Hold implements transport.Driver.
func (c *conn) Hold() {
	c.held = true
	if c.eof {
		c.die(io.EOF)
	}
}

// Resume implements transport.Driver.
func (c *conn) Resume() {
	c.Post(func() {
		c.held = false
		if len(c.in) > 0 || c.piece != nil {
			c.redeliver()
		}
	})
}

// Post implements transport.Driver.
func (c *conn) Post(fn func()) bool {
	if c.closed.Load() {
		return false
	}
	return c.loop.post(func() { c.run(fn) })
}

func (c *conn) run(fn func()) {
	switch {
	case c.dying || c.closed.Load():
	case c.serving:
		c.loop.after(c, func() { c.run(fn) })
	default:
		fn()
		c.touched()
	}
}

// After implements transport.Driver.
func (c *conn) After(d time.Duration, fn func()) *transport.Timer {
	return c.loop.timers.Add(time.Now().Add(d), func() { c.run(fn) })
}

// Pending implements transport.Driver.
func (c *conn) Pending() int64 { return max(0, c.pending.Load()) }

// BufferedInput implements transport.Driver.
func (c *conn) BufferedInput() int { return int(c.buffered.Load()) }

// InputRoom implements transport.Driver.
func (c *conn) InputRoom() int { return int(c.room.Load()) }

// LoopIndex implements transport.Driver.
func (c *conn) LoopIndex() int { return c.loop.index }

// RemoteAddr implements transport.Driver.
func (c *conn) RemoteAddr() string { return c.remote }

// LocalAddr implements transport.Driver.
func (c *conn) LocalAddr() string { return c.local }

// Unix implements transport.Driver.
func (c *conn) Unix() bool { return c.tcp == nil }

// SetKeepAlive implements transport.Driver.
func (c *conn) SetKeepAlive(seconds int) error {
	if c.tcp == nil || c.closed.Load() {
		return nil
	}
	if err := setKeepAlive(c.tcp, seconds); err != nil {
		return fmt.Errorf("set keepalive of %s: %w", c.remote, err)
	}
	return nil
}

func setKeepAlive(tcp *net.TCPConn, seconds int) error {
	idle := time.Duration(max(1, seconds)) * time.Second
	return tcp.SetKeepAliveConfig(net.KeepAliveConfig{Enable: seconds > 0,
		Idle: idle, Interval: max(time.Second, idle/3), Count: 3})
}

// FD implements transport.Driver. The number is for display: the descriptor
// belongs to the net package.
func (c *conn) FD() int {
	if c.tcp == nil {
		return -1
	}
	raw, err := c.tcp.SyscallConn()
	if err != nil {
		return -1
	}
	fd := -1
	if raw.Control(func(p uintptr) { fd = int(p) }) != nil {
		return -1
	}
	return fd
}
