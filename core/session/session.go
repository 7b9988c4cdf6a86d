// Package session serves one client: it finds the requests among the bytes of
// a connection, has them executed in its database and protocol, keeps its
// limits, and knows the other clients. It imports no transport; a connection
// is what Conn says, and *transport.Conn is one.
//
// # Words
//
// A loop is one of the transport's: the handlers of its connections run one at
// a time. Loop is what its sessions share. Clients are all sessions of a
// server, whatever their loop.
//
// # Invariants
//
//	S1 a Session is in Clients from Open until closeNow, Closed or Kill, whichever
//	   comes first, and counts for maxclients until Closed.
//	S2 Loop.w holds the replies of a session only while its Data runs; between
//	   calls they are in *Session.out.
//	S3 no request is executed after flagClosing is set.
//	S4 Clients.mu is never held while a Conn's method runs.
//
// Fields of a Session that are neither atomic nor immutable belong to its
// loop; what other loops ask for (CLIENT LIST) is atomic or immutable.
//
// # States of a client
//
//	        Open               postpone, block     resume, unblock
//	(none) ------> reading <------------------> held ---------+
//	   |              | Close, closeNow, kill,                |
//	   | refuse       | CloseAfterReply                       |
//	   v              v                                       |
//	refused -----> closing <----------------------------------+
//	                  | Closed
//	                  v
//	                (gone)
//
// Methods are marked: "loop" for the session's own loop only, "any" for any
// goroutine. Methods of Handler and command.Client are for the loop.
package session

import (
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Conn is what a session needs of a connection. The contract of each method
// is that of package transport's Driver.
type Conn interface {
	Close()
	CloseAfterReply()
	Flush()
	Share(b []byte) (waiting int64)
	Again()
	Hold()
	Resume()
	Post(fn func()) bool
	Pending() int64
	BufferedInput() int
	InputRoom() int
	RemoteAddr() string
	LocalAddr() string
	Unix() bool
	SetKeepAlive(seconds int) error
	FD() int
	// Timeout is After without transport's types. Loop.
	Timeout(d time.Duration, fn func()) (stop func())
}

// Executor runs one request, as *command.Executor does. c.Row holds the row
// that the client's last request named, to be tried before a look-up; it
// leaves there what this one named, nil if there is no such command.
type Executor interface {
	Execute(c *command.Call)
}

// Bits of Session.flags.
const (
	flagUnix = 1 << iota
	flagNoEvict
	flagNoTouch
	flagHeld    // by CLIENT PAUSE
	flagBlocked // waits for keys
	flagClosing // no request is executed any more
	flagSubscribed
	flagMonitor
	flagOverflown // told to go for what was pushed to it
)

// replies is the state of CLIENT REPLY.
type replies uint8

// The bits of replies; none of them is CLIENT REPLY ON.
const (
	repliesOff  replies = 1 << iota
	repliesSkip         // the reply of the request being executed
	skipNext            // the reply of the one after it
)

// outputPerTurn is how many bytes of replies a client may collect before the
// others of its loop get their turn and the replies are sent.
const outputPerTurn = 1 << 20

// Session is one client. It is a Handler in the sense of package transport.
type Session struct {
	id       int64
	clients  *Clients
	loop     *Loop
	conn     Conn
	out      *[]byte
	remote   string
	local    string
	fd       int
	openedMs int64 // wall clock

	scanner       resp.Scanner
	row           *command.Row // what the last request named
	wait          wait
	replyEdge     int // where in Loop.w the replies begin that a muted client does not get
	authenticated bool
	refused       bool // never was a client
	throttled     bool // waits for room in a mailbox
	dropped       bool // closed without waiting for the replies to be sent
	replies       replies
	left          int   // bytes that Data left unconsumed
	input         int   // bytes that Data was given, while it runs
	inputRoom     int   // free bytes behind them
	softSinceMs   int64 // output above the soft limit since; 0: it is not
	peakSinceMs   int64 // since when peakOut holds
	lastPending   int64 // what waited for the socket at the last cron
	place         int   // in Loop.sessions
	turned        bool  // in Loop.turned
	shared        int   // bytes that were shared with it (transport.Driver) since it was weighed last
	weighed       bool  // under Clients.weights

	flags    atomic.Uint32
	proto    atomic.Int32
	db       atomic.Int32
	activeS  atomic.Int64 // wall clock in seconds when bytes moved last
	mailed   atomic.Int64 // bytes that wait in the loop's mailbox for s alone
	peakOut  atomic.Int64 // most bytes of replies in out at once, lately
	name     atomic.Pointer[string]
	libName  atomic.Pointer[string]
	libVer   atomic.Pointer[string]
	shownRow atomic.Pointer[command.Row] // row, for others
	tran     atomic.Pointer[command.Transaction]
	user     atomic.Pointer[acl.User] // never nil
	tracker  atomic.Pointer[tracker]  // nil until it tracks for the first time
	weight   atomic.Int64             // as it was weighed last; under Clients.weights
	sub      atomic.Pointer[pubsub.Subscriber]

	written int64 // offset of the journal behind the client's last effect

	prev, next *Session // in Clients, under its lock
}

// Data executes the requests in in and returns how many bytes they took.
func (s *Session) Data(in []byte) (consumed int) {
	l, limits := s.loop, s.clients.limits.Load()
	if s.listens() {
		l.Drain()
	}
	if s.flags.Load()&flagClosing != 0 {
		return len(in)
	}
	l.call.Now, l.call.Row = s.clients.clock.MsAt(l.stats.Begin()), s.row
	l.call.Client, l.call.Transaction = s, s.tran.Load()
	s.received(in)
	if int64(len(in)) > limits.QueryBuffer {
		s.queryTooLong(in)
		return len(in)
	}
	l.weighSent()
	if s.tooHeavy() {
		return len(in)
	}
	s.scanner.MaxBulk = limits.MaxBulk
	if invariant.Enabled {
		invariant.Check(l.w.B == nil, "S2", "Data within Data: %d bytes of replies", len(l.w.B))
	}
	l.serving = s
	l.moved(s)
	l.w.B, l.w.Proto, l.w.Limit = *s.out, int(s.proto.Load()), s.outputRoom(limits)
	l.call.Tx.NoTouch, l.call.Tx.By = s.NoTouch(), s
	l.call.Subscribed, l.call.Monitors = s.confined(), s.flags.Load()&flagMonitor != 0
	consumed = s.requests(in, limits)
	s.outputFits(limits)
	s.answered()
	l.stats.Publish()
	if s.flags.Load()&flagClosing != 0 {
		consumed = len(in)
	}
	s.left = len(in) - consumed
	return consumed
}

// Need is how many more bytes have to arrive, at least, for a request to be
// complete.
func (s *Session) Need() int { return s.scanner.Need(s.left) }

// received notes that in has arrived, of which s.left bytes are known.
func (s *Session) received(in []byte) {
	if n := len(in) - s.left; n > 0 {
		s.loop.stats.Add(stats.NetInput, uint64(n))
		s.loop.stats.Add(stats.Reads, 1)
		s.loop.peakIn = max(s.loop.peakIn, int64(len(in)))
		if now := s.loop.call.Now / 1000; now != s.activeS.Load() {
			s.activeS.Store(now)
		}
	}
	s.input, s.inputRoom = len(in), cap(in)-len(in)
}

// requests executes what is complete in in and returns how many bytes that
// took. Replies go to s.loop.w.
func (s *Session) requests(in []byte, limits *Limits) (pos int) {
	w := &s.loop.w
	for pos < len(in) {
		if !s.scanner.Authenticated {
			s.scanner.Authenticated = s.Authenticated()
		}
		args, n, err := s.scanner.Next(in[pos:])
		if err != nil {
			s.protocolError(err, in[pos:])
			return len(in)
		}
		if args == nil {
			return pos + n
		}
		if s.clients.paused.Load() != 0 && s.postponed(args) {
			return pos // the request is scanned again when the pause is over
		}
		switch s.execute(args) {
		case waits:
			return pos + n // the rest waits as well
		case postponed:
			return pos
		}
		pos += n
		if s.flags.Load()&flagClosing != 0 {
			return len(in)
		}
		if len(w.B) >= freeOutput && !s.outputFits(limits) {
			return len(in)
		}
		if len(w.B) >= outputPerTurn && pos < len(in) {
			s.conn.Again()
			return pos
		}
	}
	return pos
}

// progress is what became of a request.
type progress uint8

const (
	done      progress = iota
	waits              // the reply comes later
	postponed          // it is to be executed again later
)

// execute executes one request.
func (s *Session) execute(args [][]byte) (p progress) {
	if invariant.Enabled {
		invariant.Check(s.flags.Load()&flagClosing == 0, "S3", "client %d executes %q while it closes", s.id, args[0])
	}
	c := &s.loop.call
	s.replyEdge = len(s.loop.w.B)
	c.Args, c.Row = args, s.row
	tracker := s.tracker.Load()
	c.Tracked = tracker != nil && s.tracks()
	s.loop.executing, s.loop.busy = true, true
	s.loop.exec.Execute(c)
	s.loop.executing, s.loop.busy = false, false
	if len(s.wait.later) > 0 {
		defer s.tellLater()
	}
	if c.Postponed {
		s.loop.Drain()
		return s.changed(c)
	}
	if tracker != nil {
		s.cached(c)
	}
	if last := s.loop.batch.Last(); last != s.loop.last {
		s.loop.last, s.written = last, last
	}
	if c.Row != s.row {
		s.row = c.Row
		s.shownRow.Store(c.Row)
	}
	if c.ClientChanged {
		p = s.changed(c)
	}
	if s.throttled {
		p = waits
	}
	if c.Row == nil && isHTTP(args[0]) {
		s.crossProtocol()
	}
	if s.replies != 0 {
		s.suppress()
	}
	if s.listens() {
		s.loop.Drain()
	}
	return p
}

// changed notes what the call has made of its client: whether it has to wait,
// and its transaction.
func (s *Session) changed(c *command.Call) (p progress) {
	c.ClientChanged = false
	s.tran.Store(c.Transaction)
	switch {
	case c.Postponed:
		c.Postponed, p = false, postponed
		s.conn.Hold() // a Retry that came before takes effect after it
	case c.Blocked != nil:
		s.block(c.Blocked)
		c.Blocked, p = nil, waits
	}
	return p
}

// muted tells whether CLIENT REPLY keeps the replies from the client.
func (s *Session) muted() bool { return s.replies&(repliesOff|repliesSkip) != 0 }

// suppress takes back the reply to the request, or the part of it, that CLIENT REPLY
// does not want: up to ON, from OFF on.
func (s *Session) suppress() {
	if s.muted() {
		s.takeBack()
	}
	s.replies &^= repliesSkip
	if s.replies&skipNext != 0 {
		s.replies = s.replies&^skipNext | repliesSkip
	}
}

// takeBack takes the replies back that were made while the client was muted; what was
// pushed to it stays.
func (s *Session) takeBack() {
	w := &s.loop.w
	w.B = append(w.B[:s.replyEdge], s.loop.aside...)
	s.replyEdge, s.loop.aside = len(w.B), s.loop.aside[:0]
}

// answered hands the replies back to the connection.
func (s *Session) answered() {
	w := &s.loop.w
	if n := int64(len(w.B)); n > s.peakOut.Load() {
		s.peakOut.Store(n)
	}
	s.loop.peakOut = max(s.loop.peakOut, int64(len(w.B)))
	if n := len(w.B) - len(*s.out); n > 0 {
		s.loop.stats.Add(stats.NetOutput, uint64(n))
		s.loop.stats.Add(stats.Writes, 1)
	}
	*s.out, w.B = w.B, nil
	s.loop.serving = nil
	s.loop.call.Tx.By = nil
	s.loop.call.Args, s.loop.call.Client, s.loop.call.Transaction = nil, nil, nil
	s.input, s.inputRoom = 0, 0
	if s.flags.Load()&flagClosing != 0 && !s.dropped {
		s.conn.CloseAfterReply()
	}
}

// protocolError replies what is wrong with rest and ends the connection.
func (s *Session) protocolError(err error, rest []byte) {
	if log := s.clients.log; log.verbose() {
		log.Verbose("Protocol error (%v) from client: %s. %s", err, s.line(nil, true), sample(rest))
	}
	if !s.muted() {
		s.loop.w.Error("ERR " + err.Error())
	}
	s.CloseAfterReply()
}

// isHTTP tells whether a line of a browser's POST came for a command: a page
// that has its visitor's browser attack the server.
func isHTTP(name []byte) bool {
	return command.EqualFold(name, "post") || command.EqualFold(name, "host:")
}

// crossProtocol drops a connection that speaks HTTP before the body, which
// may hold requests, is read.
func (s *Session) crossProtocol() {
	if last, now := s.clients.attackMs.Load(), s.clients.clock.NowMs(); last == 0 || now-last > time.Minute.Milliseconds() {
		s.clients.attackMs.Store(now)
		s.clients.log.Warning("Possible SECURITY ATTACK: a connection from %s sent lines of HTTP (POST, Host:), as a web page does that attacks through its visitor's browser. Connection aborted.", s.remote)
	}
	s.closeNow()
}

// discard ends the client's transaction and what it watches, outside of any
// call. Loop.
func (s *Session) discard() {
	if t := s.tran.Load(); t != nil {
		c := command.Call{Tx: s.loop.call.Tx, Transaction: t}
		c.Discard()
		s.tran.Store(nil)
	}
}

// closeNow ends the connection and drops what is unsent. Nobody sees the client any
// more. Loop.
func (s *Session) closeNow() {
	s.clients.remove(s, false)
	s.dropped = true
	s.set(flagClosing, true)
	s.conn.Close()
}

// Closed is told once that the connection is gone. Loop.
func (s *Session) Closed(err error) {
	if s.refused {
		return
	}
	if log := s.clients.log; err != nil && log.verbose() {
		log.Verbose("Client closed connection (%v) %s", err, s.line(nil, false))
	}
	s.set(flagClosing, true)
	s.endWait()
	s.discard()
	s.leave()
	s.sub.Load().Close()
	s.loop.remove(s)
	s.clients.remove(s, true)
}

// set sets or clears bits of flags. Any.
func (s *Session) set(bits uint32, on bool) {
	if on {
		s.flags.Or(bits)
	} else {
		s.flags.And(^bits)
	}
}
