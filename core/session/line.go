package session

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/pubsub"
)

// stateBytes is about what a session takes without its buffers, with its
// places in Clients and Loop and the connection's own state.
const stateBytes = 1 << 10

// line appends what CLIENT LIST shows of s, without a line end. self says that
// it is s that asks, from within Data; only then are the buffers known that
// exist while a request is executed. Any, with self: loop.
func (s *Session) line(b []byte, self bool) []byte {
	nowS := s.clients.clock.NowMs() / 1000
	l := lineWriter(b)
	l.int("id", s.id)
	l.text("addr", s.remote)
	l.text("laddr", s.local)
	l.int("fd", int64(s.fd))
	l.text("name", s.Name())
	l.int("age", nowS-s.openedMs/1000)
	l.int("idle", max(0, nowS-s.activeS.Load()))
	l.text("flags", s.flagLetters())
	l.int("db", int64(s.db.Load()))
	sub := s.sub.Load()
	l.int("sub", int64(sub.Count(pubsub.Channel)))
	l.int("psub", int64(sub.Count(pubsub.Pattern)))
	l.int("ssub", int64(sub.Count(pubsub.Sharded)))
	tran := s.tran.Load()
	l.int("multi", tran.Queued())
	l.int("watch", tran.Watched())
	s.buffers(&l, self)
	s.identity(&l, self)
	return l
}

// buffers appends the fields about memory. A connection without unread input
// and unsent replies has no buffers (transport's R4).
func (s *Session) buffers(l *lineWriter, self bool) {
	input, room, args := int64(s.conn.BufferedInput()), int64(s.conn.InputRoom()), s.wait.current.Load().ArgBytes()
	var replies, replyRoom, more int64
	if self { // the arguments lie in the input
		more = int64(s.input+s.inputRoom) - input - room
		input, room, args = int64(s.input), int64(s.inputRoom), s.argBytes()
		replies, replyRoom = int64(len(s.loop.w.B)), int64(cap(s.loop.w.B))
		more += replyRoom
	}
	unsent := s.conn.Pending() + s.mailed.Load()
	l.int("qbuf", input)
	l.int("qbuf-free", room)
	l.int("argv-mem", args)
	l.int("multi-mem", s.tran.Load().Bytes())
	l.int("rbs", replyRoom)
	l.int("rbp", s.peakOut.Load())
	l.int("obl", replies)
	l.int("oll", min(unsent, 1))
	l.int("omem", unsent)
	l.int("tot-mem", s.memory(more))
	if unsent > 0 {
		l.text("events", "rw")
	} else {
		l.text("events", "r")
	}
}

func (s *Session) identity(l *lineWriter, self bool) {
	row := s.shownRow.Load()
	if self && s.loop.call.Client == command.Client(s) {
		row = s.loop.call.Requested()
	}
	if row != nil {
		l.text("cmd", row.FullName)
	} else {
		l.text("cmd", "NULL")
	}
	l.text("user", s.User())
	l.int("redir", s.tracker.Load().redirect())
	l.int("resp", int64(s.proto.Load()))
	l.text("lib-name", text(s.libName.Load()))
	l.text("lib-ver", text(s.libVer.Load()))
}

// memory is about how many bytes s takes; more are those in use while a
// request is executed. Any.
func (s *Session) memory(more int64) int64 {
	return stateBytes + int64(s.conn.BufferedInput()) + int64(s.conn.InputRoom()) + s.conn.Pending() + s.mailed.Load() +
		s.wait.current.Load().ArgBytes() + s.tran.Load().Bytes() + s.tracker.Load().memory() + s.sub.Load().Memory() + more
}

// argBytes is the length of the arguments being executed. Loop.
func (s *Session) argBytes() (sum int64) {
	for _, a := range s.loop.call.Args {
		sum += int64(len(a))
	}
	return sum
}

// Bits of letters that are in no Session.flags.
const (
	shownMulti     = 1 << 27
	shownTracking  = 1 << 28
	shownBroken    = 1 << 29
	shownBroadcast = 1 << 30
	shownTouched   = 1 << 31
)

// letters are the flags that CLIENT LIST shows, in its order.
var letters = [...]struct {
	bit    uint32
	letter byte
}{{flagMonitor, 'O'}, {flagSubscribed, 'P'}, {shownMulti, 'x'}, {flagHeld | flagBlocked, 'b'}, {shownTracking, 't'}, {shownBroken, 'R'},
	{shownBroadcast, 'B'}, {shownTouched, 'd'}, {flagClosing, 'c'}, {flagUnix, 'U'}, {flagNoEvict, 'e'}, {flagNoTouch, 'T'}}

func (s *Session) flagLetters() string {
	flags, shown := s.flags.Load(), make([]byte, 0, len(letters))
	tran := s.tran.Load()
	if tran.Queued() >= 0 {
		flags |= shownMulti
	}
	if tran.Touched() {
		flags |= shownTouched
	}
	flags |= s.tracker.Load().letters()
	for _, l := range letters {
		if flags&l.bit != 0 {
			shown = append(shown, l.letter)
		}
	}
	if len(shown) == 0 {
		return "N"
	}
	return string(shown)
}

// lineWriter appends key=value pairs with blanks between them.
type lineWriter []byte

func (l *lineWriter) key(k string) {
	if n := len(*l); n > 0 && (*l)[n-1] != '\n' {
		*l = append(*l, ' ')
	}
	*l = append(append(*l, k...), '=')
}

func (l *lineWriter) int(k string, v int64) {
	l.key(k)
	*l = strconv.AppendInt(*l, v, 10)
}

func (l *lineWriter) text(k, v string) {
	l.key(k)
	*l = append(*l, v...)
}
