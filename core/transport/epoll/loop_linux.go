package epoll

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// Slots of a loop that are no connections.
const (
	slotWake   = -1 // the eventfd
	slotListen = -2 // listener; EpollEvent.Pad is its number
)

// maxEvents bounds the connections of one turn, and with them the buffers in
// use at once.
const maxEvents = 512

// loop is one event loop. Fields without a note are touched by its own thread
// only, and before it starts.
type loop struct {
	server *Server
	index  int
	epfd   int
	wakefd int

	slots []slot
	free  []int32 // unused slots

	buf    []byte
	pool   pool
	events []unix.EpollEvent
	came   []unix.EpollEvent // those of events that are still to be looked at
	timers transport.Timers
	inner  *inner // what Turn needs; nil until it is called
	batch  *batch // nil without io_uring

	ready []*conn // to look at in the next turn without an event
	work  []*conn // those of this turn that are still to be looked at
	spare []*conn // a list to use again, empty
	flush []*conn // to send at the end of this turn
	dying []*conn // to close at the end of this turn

	posts    transport.Posts // any goroutine
	posted   atomic.Bool     // posts holds something; any goroutine
	sleeping atomic.Bool     // in the waiting epoll_wait, or about to be; any goroutine
	conns    atomic.Int64    // read by the accepting loop
	stop     bool
}

// slot is a place for a connection. Its generation tells the events of one
// occupant from those of the next.
type slot struct {
	conn       *conn
	generation int32
}

func newLoop(s *Server, index int, batched bool) (*loop, error) {
	epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll instance: %w", err)
	}
	wakefd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(epfd)
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	l := &loop{server: s, index: index, epfd: epfd, wakefd: wakefd,
		buf: make([]byte, readSize), events: make([]unix.EpollEvent, maxEvents)}
	// A goroutine may still be about to write to the eventfd when the loop has
	// ended; closing it only with nobody left keeps it from hitting another file.
	runtime.AddCleanup(l, func(fd int) { unix.Close(fd) }, wakefd)
	// Edge-triggered: each write to it is a new edge, so nobody reads it.
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: slotWake}
	if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, wakefd, &ev); err != nil {
		l.release()
		return nil, fmt.Errorf("watch eventfd: %w", err)
	}
	if batched {
		if l.batch, err = newBatch(); err != nil {
			l.release()
			return nil, err
		}
	}
	return l, nil
}

func (l *loop) release() {
	unix.Close(l.epfd)
	if l.batch != nil {
		l.batch.ring.Close()
	}
}

// post adds a function from any goroutine and wakes the loop if it sleeps.
//
// No wake-up is lost: post stores posted, then loads sleeping; wait stores
// sleeping, then loads posted. At least one of them sees the other's store.
func (l *loop) post(fn func()) bool {
	if !l.posts.Add(fn) {
		return false
	}
	l.posted.Store(true)
	if l.sleeping.Load() && l.sleeping.CompareAndSwap(true, false) {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		unix.Write(l.wakefd, one[:]) // cannot fail before 2^64 wake-ups
	}
	return true
}

// run is the loop.
func (l *loop) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.enable()
	worked := true
	for !l.stop {
		n := l.wait(worked)
		l.came = l.events[:n]
		l.handle()
		worked = n > 0
		if len(l.ready) > 0 {
			l.revisit()
			worked = true
		}
		if l.posted.Load() {
			l.posted.Store(false)
			l.posts.Run()
			worked = true
		}
		if !l.timers.Empty() {
			l.timers.Run(time.Now())
		}
		l.endTurn()
	}
	l.shutdown()
}

// nap is for how long, in ms, a loop sleeps without telling Go's scheduler.
const nap = 8

// wait returns the number of events. It does not sleep if something is listed
// for the next turn.
//
// It sleeps in two stages. A system call of Go's own gives the processor away;
// Go's monitor thread then takes it back after 20 µs, wakes other threads to
// use it and keeps watching: for a busy loop, which sleeps some microseconds
// many times a second, that is a twentieth of its work, done for nothing. So
// the first stage is a raw call of at most nap. That is long, since the monitor
// looks every 20 µs for more than a millisecond after each sleep that it knows of,
// and there are two processors more (GOMAXPROCS) than loops to be kept busy
// meanwhile. Go's scheduler takes the thread for a running one; when it needs it (to stop the world) it sends a signal,
// which ends the call, and the loop notices at its next function call.
func (l *loop) wait(worked bool) int {
	if len(l.ready) > 0 || l.posted.Load() {
		return l.napping(0)
	}
	l.sleeping.Store(true)
	defer l.sleeping.Store(false)
	if l.posted.Load() {
		return l.napping(0)
	}
	timeout := -1
	if !l.timers.Empty() {
		timeout = int(min((l.timers.Wait(time.Now())+time.Millisecond-1)/time.Millisecond, 1<<30))
	}
	if worked {
		short := nap
		if timeout >= 0 {
			short = min(nap, timeout)
		}
		n := l.napping(short)
		if n > 0 || l.posted.Load() || timeout >= 0 && timeout <= nap {
			return n
		}
	}
	n, err := unix.EpollWait(l.epfd, l.events, timeout)
	if err != nil {
		return 0 // EINTR; the rest cannot happen to a valid descriptor
	}
	return n
}

// napping waits for at most ms without telling Go's scheduler.
func (l *loop) napping(ms int) int {
	n, errno := rawPoll(l.epfd, l.events, ms)
	if errno != 0 {
		return 0 // EINTR
	}
	return n
}

// handle looks at the events that came.
func (l *loop) handle() {
	for len(l.came) > 0 {
		if l.batch != nil {
			if l.batch.ahead == 0 {
				l.fetch()
			}
			l.batch.ahead--
		}
		ev := &l.came[0]
		l.came = l.came[1:]
		l.event(ev)
	}
}

// event does what one event asks for.
func (l *loop) event(ev *unix.EpollEvent) {
	if ev.Fd < 0 {
		if ev.Fd == slotListen {
			l.server.accept(int(ev.Pad))
		}
		return
	}
	s := &l.slots[ev.Fd]
	c := s.conn
	if c == nil || s.generation != ev.Pad || c.dying {
		return
	}
	if ev.Events&(unix.EPOLLERR|unix.EPOLLHUP|unix.EPOLLRDHUP) != 0 {
		c.hup = true
		if ev.Events&unix.EPOLLERR != 0 && c.draining {
			c.die(c.socketError())
			return
		}
	}
	if ev.Events&unix.EPOLLOUT != 0 {
		c.resumeSend()
	}
	if ev.Events&^unix.EPOLLOUT != 0 {
		c.readable = true
		c.turn()
	}
}

// socketError is the error that epoll reported without saying which.
func (c *conn) socketError() error {
	errno, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && errno != 0 {
		err = unix.Errno(errno)
	}
	if err == nil {
		err = unix.ECONNRESET
	}
	return fmt.Errorf("connection failed: %w", err)
}

// revisit gives a turn to the connections that were listed before this one.
func (l *loop) revisit() {
	list := l.ready
	l.work, l.ready, l.spare = list, l.spare, nil
	l.visit()
	l.spare = list[:0]
}

// visit gives a turn to the connections of this turn's list.
func (l *loop) visit() {
	for len(l.work) > 0 {
		c := l.work[0]
		l.work[0], l.work = nil, l.work[1:]
		c.listed = false
		c.turn()
	}
}

// endTurn sends the replies and closes what is to be closed. Handlers may
// append to further connections in Closed, hence the loop.
func (l *loop) endTurn() {
	if len(l.flush) > 0 && l.server.config.OnTurn != nil && !l.server.config.OnTurn(l.index) {
		l.drop()
	}
	l.settle()
}

// settle sends the replies and closes what is to be closed, but those of connections
// whose handler runs.
func (l *loop) settle() {
	var busy, leaving *conn // there is one at most: who called Turn
	for len(l.flush) > 0 || len(l.dying) > 0 {
		if l.batch != nil && len(l.flush) >= few {
			l.sendAll()
		}
		for i := 0; i < len(l.flush); i++ {
			c := l.flush[i]
			l.flush[i] = nil
			if c == nil {
				continue // sendAll has done it
			}
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

// drop closes the connections of the turn and sends none of its replies.
func (l *loop) drop() {
	for i, c := range l.flush {
		l.flush[i] = nil
		c.flushing = false
		c.Out, c.shared = c.Out[:0], nil
		c.die(transport.ErrTurnDropped)
	}
	l.flush = l.flush[:0]
}

// add makes fd a connection of this loop.
func (l *loop) add(fd int, ls *listener, peer unix.Sockaddr) {
	c := &conn{loop: l, fd: fd, unix: ls.path != "", remote: addrText(peer, ls.path)}
	c.Driver = c
	if local, err := unix.Getsockname(fd); err == nil {
		c.local = addrText(local, ls.path)
	}
	if c.unix {
		c.remote, c.local = ls.path+":0", ls.path+":0"
	} else {
		// Neither failure matters to the peer's requests.
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		if ls.spec.KeepAlive > 0 {
			keepAlive(fd, ls.spec.KeepAlive)
		}
	}
	if n := len(l.free); n > 0 {
		c.slot, l.free = l.free[n-1], l.free[:n-1]
	} else {
		c.slot = int32(len(l.slots))
		l.slots = append(l.slots, slot{})
	}
	l.slots[c.slot].conn = c
	c.Out = l.pool.get(0)
	ev := c.event()
	if err := unix.EpollCtl(l.epfd, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		l.server.fail(fmt.Errorf("watch connection of %s: %w", c.remote, err))
		c.die(err)
		return
	}
	if c.handler = l.server.config.Accept(&c.Conn); c.handler == nil {
		c.die(nil)
		return
	}
	c.needer, _ = c.handler.(transport.Needer)
	c.touched()
}

// bury closes a dying connection and tells its handler.
func (l *loop) bury(c *conn) {
	c.closed.Store(true)
	c.rise()
	unix.Close(c.fd)
	c.fd = -1
	s := &l.slots[c.slot]
	s.conn = nil
	s.generation++
	l.free = append(l.free, c.slot)
	c.dropInput()
	if c.Out != nil {
		l.pool.put(c.Out)
		c.Out = nil
	}
	c.queue = nil
	c.pending.Store(0)
	l.conns.Add(-1)
	if c.handler != nil {
		c.handler.Closed(c.err)
	}
}

// shutdown ends all connections after one attempt to send what is unsent.
func (l *loop) shutdown() {
	l.posts.Close()
	l.posts.Run() // connections handed over, functions posted: none is lost
	l.endTurn()
	for i := range l.slots {
		if c := l.slots[i].conn; c != nil {
			c.die(transport.ErrServerClosed)
		}
	}
	l.endTurn()
	l.release()
}
