package epoll

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// conn is a connection of one loop. Fields without a note are the loop's.
type conn struct {
	transport.Conn
	loop    *loop // never changes
	fd      int
	slot    int32
	handler transport.Handler
	needer  transport.Needer // handler, if it is one

	in    []byte // input not consumed; nil if none
	queue [][]byte
	sent  int // bytes of queue[0] that the socket has taken

	got     fetched  // read for c in this turn, with others
	shared  []byte   // of others too; to be sent before Out
	later   []func() // posted while serving
	lastOut int      // bytes of replies of the last turn that had some

	held     bool
	draining bool // CloseAfterReply
	dying    bool // on loop.dying
	readable bool // the socket may have more
	hup      bool // the peer has closed its side, or the connection failed
	again    bool // Data is due even if nothing arrives
	listed   bool // on loop.ready
	flushing bool // on loop.flush
	serving  bool // in the handler's Data, which may have called Turn
	wantOut  bool // EPOLLOUT is registered
	bulky    bool // the last read was longer than a batch has room for
	seated   bool // in the table of files
	batches  int  // up to placeFrom, in which it was
	err      error

	pending  atomic.Int64
	buffered atomic.Int64
	room     atomic.Int64 // of in
	closed   atomic.Bool
	remote   string
	local    string
	unix     bool
}

const interest = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET

// ready puts c on the list of the next turn.
func (c *conn) ready() {
	if !c.listed {
		c.listed = true
		c.loop.ready = append(c.loop.ready, c)
	}
}

// turn does what is due on c: one read at most, and Data.
func (c *conn) turn() {
	if c.dying || c.draining || c.serving {
		c.got = fetched{}
		return // after Data, readable has it looked at again
	}
	if c.held {
		c.stash()
		if c.hup {
			c.die(io.EOF)
		}
		return
	}
	if c.readable {
		c.read()
	} else {
		c.deliverAgain()
	}
	if (c.readable || c.again) && !c.dying && !c.held && !c.draining {
		c.ready()
	}
}

// read reads and delivers: once, and on while a large request is incomplete, up to
// turnRead bytes.
func (c *conn) read() {
	for came := 0; came < turnRead; {
		had := len(c.in)
		c.readOnce()
		if !c.readable || c.again || c.dying || c.held || c.draining || len(c.in) <= max(had, carrySize) {
			return
		}
		came += len(c.in) - had
	}
}

// readOnce reads once and delivers. Small left-overs travel in front of the
// loop's buffer; only large ones make the connection read into its own.
func (c *conn) readOnce() {
	buf := c.loop.buf
	have := len(c.in)
	own := have > carrySize
	if own {
		need := 1
		if c.needer != nil {
			need = c.needer.Need()
		}
		c.in = grow(c.in, need)
		buf = c.in[:min(cap(c.in), have+maxRead)]
	} else if c.got.room != nil {
		buf = c.got.room
	} else {
		copy(buf, c.in)
	}
	n, errno := c.fetch(buf[have:])
	switch {
	case errno == unix.EAGAIN:
		c.readable = false
		c.deliverAgain()
		return
	case errno == unix.EINTR:
		return
	case errno != 0:
		c.die(fmt.Errorf("read: %w", errno))
		return
	case n == 0:
		c.deliverAgain()
		c.endOfInput()
		return
	}
	c.again = false
	c.bulky = n >= roomSize
	if n < len(buf)-have && !c.hup {
		c.readable = false
	}
	if own {
		c.in = buf[:have+n]
	}
	c.deliver(buf[:have+n])
}

// deliverAgain has Data called if it is due without new input.
func (c *conn) deliverAgain() {
	if c.again {
		c.again = false
		c.deliver(c.in)
	}
}

// deliver hands input to the handler and keeps what it leaves. in is c.in, or
// lies in the loop's buffer.
func (c *conn) deliver(in []byte) {
	if c.Out == nil {
		c.Out = c.loop.pool.get(c.lastOut)
	}
	c.serving = true
	n := c.handler.Data(in)
	c.serving = false
	if c.later != nil {
		c.runLater()
	}
	if n < len(in) || c.in != nil {
		c.keep(in, n)
	}
	c.touched()
}

// keep stores in[n:] as the input to come. A buffer of the connection's own is
// kept for it, unless nothing or little of it would be used.
func (c *conn) keep(in []byte, n int) {
	rest := in[n:]
	switch {
	case len(rest) == 0 || c.draining || c.dying:
		c.dropInput()
		return
	case c.in != nil && &c.in[0] == &in[0]:
		if n > 0 {
			if cap(c.in) > keepBuffer && len(rest) < cap(c.in)/4 {
				c.in = append(make([]byte, 0, max(bufferSize, len(rest))), rest...)
			} else {
				c.in = c.in[:copy(c.in, rest)]
			}
		}
	default:
		if c.in == nil {
			c.in = c.loop.pool.get(0)
		}
		c.in = append(c.in[:0], rest...)
	}
	c.noteInput()
}

// noteInput notes how much input there is.
func (c *conn) noteInput() {
	c.buffered.Store(int64(len(c.in)))
	c.room.Store(int64(cap(c.in) - len(c.in)))
}

func (c *conn) dropInput() {
	if c.in != nil {
		c.loop.pool.put(c.in)
		c.in = nil
		c.noteInput()
	}
}

// touched lists c for the end of the turn if there is something to do.
func (c *conn) touched() {
	if !c.flushing && (len(c.Out) > 0 || c.draining || cap(c.Out) > 0) {
		c.flushing = true
		c.loop.flush = append(c.loop.flush, c)
	}
}

// endOfInput: the peer sends no more, but may still read.
func (c *conn) endOfInput() {
	c.readable = false
	c.err = io.EOF
	c.draining = true
	c.touched()
}

// finish ends a draining connection with nothing left to send. Input that
// came in the meantime is taken off the socket: closing with unread input
// resets the connection, which may cost the peer the last replies.
func (c *conn) finish() {
	if c.err == nil {
		for range 4 {
			if n, errno := rawRead(c.fd, c.loop.buf); errno != 0 || n < len(c.loop.buf) {
				break
			}
		}
	}
	c.die(c.err)
}

// die has c closed at the end of the turn.
func (c *conn) die(err error) {
	if !c.dying {
		c.dying = true
		c.err = err
		c.loop.dying = append(c.loop.dying, c)
	}
}

// send gives Out to the socket, or to the queue of those before it.
func (c *conn) send() {
	if c.dying {
		return
	}
	if c.shared != nil {
		c.sendShared()
	}
	c.write(0, 0)
}

// write is send of Out behind the first n bytes, which the socket has taken, unless errno
// tells what failed.
func (c *conn) write(n int, errno syscall.Errno) {
	c.lastOut = len(c.Out)
	if len(c.queue) == 0 {
		out := c.Out[n:]
		for len(out) > 0 && errno == 0 {
			n, errno = rawWrite(c.fd, out)
			if errno == unix.EINTR {
				errno = 0
				continue
			}
			if errno == 0 {
				out = out[n:]
			}
		}
		if errno != 0 && errno != unix.EAGAIN {
			c.die(fmt.Errorf("write: %w", errno))
			return
		}
		if sent := len(c.Out) - len(out); len(out) >= keepBuffer/8 {
			c.enqueue(c.Out)
			c.pending.Add(-int64(sent))
			c.sent = sent
		} else if len(out) > 0 {
			c.enqueue(out)
		}
	} else if len(c.Out) > 0 {
		c.enqueue(c.Out)
	}
	if c.Out != nil {
		c.loop.pool.put(c.Out)
		c.Out = nil
	}
	if c.draining && len(c.queue) == 0 {
		c.finish()
	}
}

// sendShared gives what is shared to the socket. What it does not take, or all of it if
// there is more to send, becomes the beginning of Out.
func (c *conn) sendShared() {
	n := 0
	if len(c.queue) == 0 && len(c.Out) == 0 {
		var errno syscall.Errno
		if n, errno = rawWrite(c.fd, c.shared); errno != 0 {
			n = 0
		}
	}
	c.joinShared(n)
}

// joinShared has what is shared, but for the first n bytes, become the beginning of Out.
func (c *conn) joinShared(n int) {
	b := c.shared[n:]
	c.shared = nil
	if len(b) == 0 {
		return
	}
	out := append(c.loop.pool.get(len(b)), b...)
	if c.Out != nil {
		out = append(out, c.Out...)
		c.loop.pool.put(c.Out)
	}
	c.Out = out
}

// enqueue keeps b, a part of Out, until the socket takes it: copied behind
// what waits if it fits there, else with the buffer it is in.
func (c *conn) enqueue(b []byte) {
	c.pending.Add(int64(len(b)))
	if n := len(c.queue); n > 0 && cap(c.queue[n-1])-len(c.queue[n-1]) >= len(b) {
		c.queue[n-1] = append(c.queue[n-1], b...)
	} else if len(b) >= keepBuffer/8 {
		c.queue = append(c.queue, b)
		c.Out = nil
	} else {
		c.queue = append(c.queue, append(make([]byte, 0, max(bufferSize, 2*len(b))), b...))
	}
	if !c.wantOut {
		c.watchOut(true)
	}
}

// resumeSend goes on with the queue when the socket has room again.
func (c *conn) resumeSend() {
	for budget := 1 << 20; len(c.queue) > 0 && !c.dying; {
		b := c.queue[0][c.sent:]
		n, errno := rawWrite(c.fd, b)
		switch {
		case errno == unix.EINTR:
			continue
		case errno == unix.EAGAIN:
			return
		case errno != 0:
			c.die(fmt.Errorf("write: %w", errno))
			return
		}
		c.pending.Add(-int64(n))
		c.sent += n
		if n == len(b) {
			c.loop.pool.put(c.queue[0])
			c.queue[0] = nil
			c.queue, c.sent = c.queue[1:], 0
		}
		if budget -= n; budget <= 0 && len(c.queue) > 0 {
			c.watchOut(true) // for a new edge; others of the loop come first
			return
		}
	}
	if c.dying {
		return
	}
	c.queue = nil
	c.watchOut(false)
	if c.draining && len(c.Out) == 0 && c.shared == nil {
		c.finish()
	}
}

// watchOut adds EPOLLOUT to what epoll reports, or takes it off. Each call
// makes epoll look at the socket anew.
func (c *conn) watchOut(on bool) {
	if !on && !c.wantOut {
		return
	}
	c.wantOut = on
	ev := c.event()
	if err := unix.EpollCtl(c.loop.epfd, unix.EPOLL_CTL_MOD, c.fd, &ev); err != nil {
		c.die(fmt.Errorf("epoll_ctl: %w", err))
	}
}

func (c *conn) event() unix.EpollEvent {
	ev := unix.EpollEvent{Events: interest, Fd: c.slot, Pad: c.loop.slots[c.slot].generation}
	if c.wantOut {
		ev.Events |= unix.EPOLLOUT
	}
	return ev
}

// Close implements transport.Driver.
func (c *conn) Close() { c.die(nil) }

// CloseAfterReply implements transport.Driver.
func (c *conn) CloseAfterReply() {
	c.draining = true
	if c.Out == nil {
		c.Out = c.loop.pool.get(0)
	}
	c.touched()
}

// Flush implements transport.Driver.
func (c *conn) Flush() { c.touched() }

// Share implements transport.Driver.
func (c *conn) Share(b []byte) (waiting int64) {
	if c.shared == nil && len(c.Out) == 0 {
		c.shared = b
	} else {
		if c.Out == nil {
			c.Out = c.loop.pool.get(c.lastOut)
		}
		c.Out = append(c.Out, b...)
	}
	if !c.flushing {
		c.flushing = true
		c.loop.flush = append(c.loop.flush, c)
	}
	return c.pending.Load() + int64(len(c.shared)+len(c.Out))
}

// Again implements transport.Driver.
func (c *conn) Again() {
	c.again = true
	c.ready()
}

// Hold implements transport.Driver.
func (c *conn) Hold() {
	c.held = true
	if c.hup {
		c.ready() // the peer is gone already
	}
}

// Resume implements transport.Driver.
func (c *conn) Resume() {
	c.Post(func() {
		c.held = false
		if c.in != nil {
			c.again = true
		}
		c.ready()
	})
}

// Post implements transport.Driver.
func (c *conn) Post(fn func()) bool {
	if c.closed.Load() {
		return false
	}
	return c.loop.post(func() { c.run(fn) })
}

// run runs a posted function or a timer of c.
func (c *conn) run(fn func()) {
	if c.dying || c.closed.Load() {
		return
	}
	if c.serving {
		c.later = append(c.later, fn)
		return
	}
	if c.Out == nil {
		c.Out = c.loop.pool.get(0)
	}
	fn()
	c.touched()
}

// runLater posts anew what came for c while its handler ran.
func (c *conn) runLater() {
	for _, fn := range c.later {
		c.Post(fn)
	}
	c.later = nil
}

// After implements transport.Driver.
func (c *conn) After(d time.Duration, fn func()) *transport.Timer {
	return c.loop.timers.Add(time.Now().Add(d), func() { c.run(fn) })
}

// Pending implements transport.Driver.
func (c *conn) Pending() int64 { return c.pending.Load() }

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
func (c *conn) Unix() bool { return c.unix }

// FD implements transport.Driver.
func (c *conn) FD() int { return c.fd }

// SetKeepAlive implements transport.Driver. As in Redis, probes follow each
// other at a third of the interval, and the third unanswered one is the end.
func (c *conn) SetKeepAlive(seconds int) error {
	if c.unix || c.closed.Load() {
		return nil
	}
	if err := keepAlive(c.fd, seconds); err != nil {
		return fmt.Errorf("set keepalive of %s: %w", c.remote, err)
	}
	return nil
}

func keepAlive(fd, seconds int) error {
	if seconds <= 0 {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1); err != nil {
		return err
	}
	for _, o := range [...]struct{ name, value int }{
		{unix.TCP_KEEPIDLE, seconds},
		{unix.TCP_KEEPINTVL, max(1, seconds/3)},
		{unix.TCP_KEEPCNT, 3},
	} {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, o.name, o.value); err != nil {
			return err
		}
	}
	return nil
}

// addrText is the text of a socket address; path stands for unnamed Unix
// ones.
func addrText(sa unix.Sockaddr, path string) string {
	switch a := sa.(type) {
	case *unix.SockaddrInet4:
		return (&net.TCPAddr{IP: a.Addr[:], Port: a.Port}).String()
	case *unix.SockaddrInet6:
		zone := ""
		if a.ZoneId != 0 {
			zone = fmt.Sprint(a.ZoneId)
		}
		return (&net.TCPAddr{IP: a.Addr[:], Port: a.Port, Zone: zone}).String()
	}
	return path + ":0"
}

// isTemporary tells whether accepting may work again later without a change.
func isTemporary(errno syscall.Errno) bool {
	return errno == unix.EMFILE || errno == unix.ENFILE || errno == unix.ENOBUFS || errno == unix.ENOMEM
}
