package epoll

import (
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/core/transport/uring"
)

// Sizes of batches.
const (
	// ringSize is how many sends one system call does at most.
	ringSize = 256
	// roomCount is how many connections are read by one system call at most, and
	// roomSize the bytes of each. Rooms lie at odd distances, so that their beginnings,
	// which is all that most of them are used of, do not fall on the same lines of the
	// processor's cache.
	roomCount = 64
	roomSize  = 8 << 10
	roomGap   = 3 * 64
	// few is from how many operations on a batch is less work than a call for each.
	few = 2
	// placeFrom is from which batch on a connection has a place in the ring's table of
	// files, which costs two system calls and then saves a little each time.
	placeFrom = 16
	// placeCount is how many places there are.
	placeCount = 4096
)

// batch is what a loop with io_uring has beside the others: connections that epoll
// reports together are read together, and the replies of a turn are sent together.
//
// What is read ahead for a connection, its fetched, is looked at when its event is, and
// nothing that needs it comes before: other functions that run on the loop, as the
// handlers of connections before it, may at most close or hold it.
type batch struct {
	ring  *uring.Ring
	rooms []byte
	ahead int   // events at the beginning of loop.came that were looked at for reading
	of    []int // indexes of the connections of the ring's operations
}

// fetched is the result of a read; room is nil if there was none.
type fetched struct {
	room  []byte
	n     int
	errno syscall.Errno
}

func newBatch() (*batch, error) {
	ring, err := uring.New(ringSize, placeCount)
	if err != nil {
		return nil, err
	}
	return &batch{ring: ring, rooms: newRooms(), of: make([]int, 0, ringSize)}, nil
}

func newRooms() []byte { return make([]byte, roomCount*(roomSize+roomGap)) }

// enable has the loop's thread, which calls it, use the ring. Without it the loop does
// as one without io_uring.
func (l *loop) enable() {
	if l.batch == nil {
		return
	}
	if err := l.batch.ring.Enable(); err != nil {
		l.server.fail(fmt.Errorf("loop %d does without io_uring: %w", l.index, err))
		l.batch.ring.Close()
		l.batch = nil
	}
}

// fetch reads for the connections of the next events that came, as far as nothing speaks
// against it.
func (l *loop) fetch() {
	b := l.batch
	events := l.came[:min(len(l.came), roomCount)]
	b.ahead = len(events)
	if len(events) < few {
		return
	}
	for i := range events {
		c := l.toFetch(&events[i])
		if c == nil {
			continue
		}
		at := b.ring.Noted() * (roomSize + roomGap)
		c.got.room = b.rooms[at:][:roomSize:roomSize]
		b.ring.Recv(c.fd, c.seat(), c.got.room)
		b.of = append(b.of, i)
	}
	b.ring.Do()
	for i, at := range b.of {
		c := l.slots[events[at].Fd].conn
		c.got.n, c.got.errno = b.ring.Result(i)
	}
	b.clear()
}

// toFetch is the connection of an event if it is to be read, and has nothing left that
// would have to be in front of it.
func (l *loop) toFetch(ev *unix.EpollEvent) *conn {
	if ev.Fd < 0 || ev.Events&unix.EPOLLIN == 0 {
		return nil
	}
	s := &l.slots[ev.Fd]
	c := s.conn
	if c == nil || s.generation != ev.Pad || c.dying || c.draining || c.serving || c.held || c.bulky || len(c.in) > 0 {
		return nil
	}
	return c
}

// seat is c's place in the table of files, or -1. A connection that lasts gets one.
func (c *conn) seat() int {
	switch {
	case c.batches < placeFrom:
		c.batches++
	case c.batches == placeFrom:
		c.batches++
		c.seated = c.loop.batch.ring.Register(int(c.slot), c.fd)
	}
	if c.seated {
		return int(c.slot)
	}
	return -1
}

// rise gives c's place back: before its descriptor is closed, since the table holds the
// socket open.
func (c *conn) rise() {
	if c.seated {
		c.seated = false
		c.loop.batch.ring.Register(int(c.slot), -1)
	}
}

// fetch reads into b, or takes what was read.
func (c *conn) fetch(b []byte) (n int, errno syscall.Errno) {
	if c.got.room == nil {
		return rawRead(c.fd, b)
	}
	n, errno = c.got.n, c.got.errno
	c.got = fetched{}
	return n, errno
}

// stash keeps what was read for c, which is held now, until it is not any more. What was
// no input shows again when c is read.
func (c *conn) stash() {
	if got := c.got; got.n > 0 {
		if c.in == nil {
			c.in = c.loop.pool.get(0)
		}
		c.in = append(c.in, got.room[:got.n]...)
		c.noteInput()
	}
	c.got = fetched{}
}

// sendAll sends what the connections of the turn are to be replied, and takes those off
// the list for which that is all.
func (l *loop) sendAll() {
	for from := 0; from < len(l.flush); {
		from = l.sendSome(from)
	}
}

// sendSome is one batch of sendAll, from the connection with that index on; next is where
// the next one begins.
func (l *loop) sendSome(from int) (next int) {
	b := l.batch
	for next = from; next < len(l.flush) && !b.ring.Full(); next++ {
		c := l.flush[next]
		if c == nil || c.dying || c.serving || len(c.queue) > 0 {
			continue
		}
		if c.shared != nil && len(c.Out) > 0 {
			c.joinShared(0)
		}
		p := c.shared
		if p == nil {
			p = c.Out
		}
		if len(p) > 0 {
			b.ring.Send(c.fd, c.seat(), p)
			b.of = append(b.of, next)
		}
	}
	b.ring.Do()
	for i, at := range b.of {
		c := l.flush[at]
		l.flush[at] = nil
		c.flushing = false
		c.wrote(b.ring.Result(i))
	}
	b.clear()
	return next
}

// wrote goes on after the socket has taken the first n bytes of what c is to send.
func (c *conn) wrote(n int, errno syscall.Errno) {
	if errno == unix.EINTR {
		errno = 0
	}
	if c.shared == nil || errno != 0 && errno != unix.EAGAIN {
		c.shared = nil
		c.write(n, errno)
		return
	}
	c.joinShared(n)
	c.write(0, errno)
}

func (b *batch) clear() {
	b.ring.Clear()
	b.of = b.of[:0]
}
