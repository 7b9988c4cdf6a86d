package epoll

import (
	"time"

	"golang.org/x/sys/unix"
)

// inner is what a turn within a turn needs of its own.
type inner struct {
	buf    []byte
	events []unix.EpollEvent
	rooms  []byte // of a batch
}

// Turn implements transport.Server. What is left of the outer turn is done first.
// Timers wait for the outer loop.
func (s *Server) Turn(loop int, d time.Duration) {
	l := s.loops[loop]
	if l.inner == nil {
		l.inner = &inner{buf: make([]byte, readSize), events: make([]unix.EpollEvent, maxEvents)}
	}
	in, buf := l.inner, l.buf
	l.buf = in.buf
	l.swapRooms()
	l.handle()
	l.visit()
	ms := int(d / time.Millisecond)
	if len(l.ready) > 0 || l.posted.Load() {
		ms = 0
	}
	if n := l.poll(in.events, ms); n > 0 {
		l.came = in.events[:n]
		l.handle()
	}
	if len(l.ready) > 0 {
		l.revisit()
	}
	if l.posted.Load() {
		l.posted.Store(false)
		l.posts.Run()
	}
	l.endTurn()
	in.buf, l.buf = l.buf, buf
	l.swapRooms()
}

// swapRooms has batches read to other places: the input of the handler that runs is in
// one of those.
func (l *loop) swapRooms() {
	if l.batch == nil {
		return
	}
	if l.inner.rooms == nil {
		l.inner.rooms = newRooms()
	}
	l.batch.rooms, l.inner.rooms = l.inner.rooms, l.batch.rooms
}

// poll waits for events, as the outer loop does.
func (l *loop) poll(events []unix.EpollEvent, ms int) int {
	if ms <= nap {
		n, errno := rawPoll(l.epfd, events, ms)
		if errno != 0 {
			return 0
		}
		return n
	}
	n, err := unix.EpollWait(l.epfd, events, ms)
	if err != nil {
		return 0
	}
	return n
}
