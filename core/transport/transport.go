// Package transport moves bytes between clients and the code that serves
// them. It knows connections and bytes, no protocol and no sessions.
//
// # Words
//
// A loop runs the handlers of its connections, one at a time; loops run
// beside each other. A turn is one round of a loop:
//
//	wait for input -> Handler.Data, posted functions, timers
//	               -> Config.OnTurn -> replies are written -> Handler.Closed
//
// Everything that a turn's handlers appended to Conn.Out is written after
// OnTurn, which may therefore make it durable first: once for the whole turn.
//
// # Rules
//
//	R1 all methods of a Handler, posted functions and timers run on the
//	   loop of the connection; methods marked "loop" are for them only.
//	R2 Data gets all bytes it left last time, then the new ones; nothing is
//	   delivered while the connection is held or after it began to close.
//	R3 Closed is the last call, comes exactly once, and never from within
//	   another method of the same Handler.
//	R4 memory for input grows with the bytes that arrived, never with what a
//	   client announced; a connection without unread input and without unsent
//	   output holds no buffers.
//	R5 a Handler sees at most a bounded number of bytes per turn beyond those
//	   it left, so that no client can starve the others of its loop.
//
// The back ends are epoll (Linux), which uses io_uring by package uring if it may, and
// portable (goroutines, any system, TLS).
package transport

import (
	"crypto/tls"
	"errors"
	"io/fs"
	"net"
	"time"
)

// ErrServerClosed is what Handler.Closed gets for connections that
// Server.Close ended.
var ErrServerClosed = errors.New("server closed")

// ErrTurnDropped is what Handler.Closed gets for connections whose replies
// Config.OnTurn did not let pass.
var ErrTurnDropped = errors.New("the replies could not be made durable")

// ErrClosed is what Server.Listen returns after Server.Close.
var ErrClosed = errors.New("transport: server is closed")

// Handler serves one connection. Its methods run on the connection's loop.
type Handler interface {
	// Data gets the bytes not yet consumed and returns how many of them it
	// consumed. in is valid until Data returns. Replies go to Conn.Out. What
	// is left comes again when more has arrived, or after Conn.Again or
	// Conn.Resume.
	Data(in []byte) (consumed int)
	// Closed tells that the connection is gone: err is nil if Close or
	// CloseAfterReply ended it, io.EOF if the peer did, else what failed.
	Closed(err error)
}

// Needer is a Handler that can tell how many more bytes, at least, it waits
// for. Asked after a Data that left something; used to read large input in
// few pieces, within the bounds of R4.
type Needer interface {
	Need() int
}

// Conn is one connection. Back ends embed it in their own type and set Driver;
// what happens for each request touches Out and no interface.
type Conn struct {
	// Out takes the replies; loop. It holds nothing that was given to the
	// socket or queued for it: what is unsent is Pending() + len(Out). It is
	// looked at after Data, posted functions and timers of this connection;
	// whoever appends at another moment calls Flush.
	Out []byte
	Driver
}

// Timeout is After, and returns what stops the timer. Loop.
func (c *Conn) Timeout(d time.Duration, fn func()) (stop func()) { return c.After(d, fn).Stop }

// Driver is what a back end does for a Conn besides carrying its bytes.
type Driver interface {
	// Close ends the connection and drops what is unsent. Loop.
	Close()
	// CloseAfterReply ends the connection once Out and what is pending have
	// been sent. Data is not called again. Loop.
	CloseAfterReply()
	// Flush has Out sent at the end of this turn. Loop.
	Flush()
	// Share has b, which is not changed any more, sent at the end of this turn
	// behind what is in Out now, without a copy where that can be done. What it
	// shares is neither in Out nor in Pending until then. It returns how many
	// bytes wait with b. Loop, not within Data of this connection.
	Share(b []byte) (waiting int64)
	// Again has Data called in the next turn with what it leaves, even if
	// nothing arrives. Loop.
	Again()
	// Hold stops the delivery of input: what arrives waits in the kernel, or
	// in a bounded buffer. A peer that closes its side while held ends the
	// connection at once. Loop.
	Hold()
	// Resume ends Hold, in one of the next turns, and has Data called if
	// input waits. Any goroutine. Where two may resume the same connection,
	// let them Post a function that checks whether it is still to be done.
	Resume()
	// Post has fn run on the loop and Out flushed after it. It never blocks
	// on the connection. It returns false if the connection is closed; after
	// true, fn runs unless Closed comes first. Any goroutine.
	Post(fn func()) bool
	// After has fn run on the loop once d has passed (to the millisecond,
	// never early), unless the timer is stopped or the connection closed
	// before. Loop.
	After(d time.Duration, fn func()) *Timer
	// Pending is how many bytes wait for the socket to take them, without
	// those in Out. Any goroutine.
	Pending() int64
	// BufferedInput is how many bytes wait, read, for the Handler to consume
	// them. Any goroutine.
	BufferedInput() int
	// InputRoom is for how many bytes more the buffer with that input has room.
	// Any goroutine.
	InputRoom() int
	// LoopIndex is the number of the connection's loop, from 0. It never
	// changes. Any goroutine.
	LoopIndex() int
	// RemoteAddr is the peer: "ip:port", or the path of the listening socket
	// with ":0" for Unix sockets. Any goroutine.
	RemoteAddr() string
	// LocalAddr is this side, in the same form. Any goroutine.
	LocalAddr() string
	// Unix tells whether it is a Unix socket. Any goroutine.
	Unix() bool
	// SetKeepAlive sets the seconds of silence after which TCP probes the
	// peer; 0 turns probes off. It does nothing for Unix sockets. Loop.
	SetKeepAlive(seconds int) error
	// FD is the file descriptor, or -1 where there is none to tell. Loop.
	FD() int
}

// Config is what a Server is made from.
type Config struct {
	// Loops is how many loops run; at least 1.
	Loops int
	// FirstLoop is the number of the first of them, where another back end has
	// those below (package joint). Of package portable only.
	FirstLoop int
	// Accept gives the Handler of a new connection, or nil to refuse it. It
	// may append to c.Out and call CloseAfterReply and return a Handler, to
	// refuse with a message. It runs on c's loop. Required.
	Accept func(c *Conn) Handler
	// OnTurn runs on a loop after the handlers of a turn and before their
	// replies are written, if there are any. If it returns false the replies
	// are not: the connections that have some are closed. It may be nil.
	OnTurn func(loop int) (send bool)
	// Around runs a goroutine of the server's: body, and whatever its owner
	// wants before and after it, as a defer that reports a panic. loop is the
	// number of the loop that body is, or -1. nil: body alone.
	Around func(loop int, body func())
	// Error is told what went wrong outside of any connection, as when no
	// connection can be accepted for lack of descriptors. Any goroutine. It
	// may be nil.
	Error func(error)
}

// Run is Around.
func (c *Config) Run(loop int, body func()) {
	if c.Around == nil {
		body()
		return
	}
	c.Around(loop, body)
}

// Listen says where to listen.
type Listen struct {
	// Network is "tcp" (by the address), "tcp4", "tcp6" or "unix".
	Network string
	// Address is "host:port" or the path of the Unix socket. An empty host is
	// all IPv4 addresses, for "tcp6" all IPv6 ones. IPv6 listeners take no
	// IPv4 connections.
	Address string
	// Perm is the permission of the Unix socket; 0 leaves it to the umask.
	Perm fs.FileMode
	// Backlog is how many connections may wait to be accepted; 0 is 511.
	Backlog int
	// KeepAlive is SetKeepAlive for the connections accepted, in seconds.
	KeepAlive int
	// Mark is the mark of the sockets of TCP for the kernel's rules of routing and
	// filtering (SO_MARK); 0 is none. Linux only, and for the privileged.
	Mark uint32
	// TLS makes it a TLS listener. Back ends without TLS refuse it.
	TLS *tls.Config
	// HandshakeTimeout ends connections of a TLS listener whose handshake is not
	// done by then; 0 is DefaultHandshakeTimeout.
	HandshakeTimeout time.Duration
}

// DefaultHandshakeTimeout is the HandshakeTimeout where none is given.
const DefaultHandshakeTimeout = 10 * time.Second

// DefaultBacklog is the backlog where none is given.
const DefaultBacklog = 511

// Listener is a place listened at.
type Listener interface {
	// Addr is the address with the port actually used.
	Addr() net.Addr
	// Close stops accepting there and removes the Unix socket. The
	// connections accepted stay.
	Close() error
}

// Server accepts connections and runs their loops.
type Server interface {
	// Listen binds an address; connections are accepted once Serve runs. It
	// may be called before and during Serve. An error names the address.
	Listen(Listen) (Listener, error)
	// Serve runs the loops until Close. It is called once.
	Serve() error
	// Post has fn run on a loop. It returns false if the server is closed.
	// Any goroutine.
	Post(loop int, fn func()) bool
	// After has fn run on a loop, as Conn.After. On that loop only.
	After(loop int, d time.Duration, fn func()) *Timer
	// Turn is one turn of the loop within one of its handlers, for work that takes
	// long: it waits for input for up to d, serves the other connections and sends
	// what they are to be replied. The connection that the caller works for is left
	// alone, and timers wait. It may not be called from within another Turn, nor
	// from Handler.Closed. On that loop only.
	Turn(loop int, d time.Duration)
	// Connections is the number of open connections. Any goroutine.
	Connections() int
	// Close ends listeners and connections, after one attempt to send what
	// is unsent, and lets Serve return. It does not wait for it. Any
	// goroutine, more than once.
	Close() error
}
