// Package connection is the commands about the client's own connection and,
// in CLIENT, those of others.
package connection

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/command"
)

// Client is what these commands need of the client of a call, beyond
// command.Client; the clients of a server have it, those of scripts do not.
// What the methods mean is said where they are implemented (package session).
type Client interface {
	command.Client
	Proto() int
	SetProto(version int)
	LoggedIn() bool
	Authenticate(c *command.Call, user, password []byte) bool
	PasswordRequired() bool
	SetName(name string) bool
	SetLibName(name string) bool
	SetLibVersion(version string) bool
	SetNoEvict(on bool)
	SetNoTouch(on bool)
	ReplyOn()
	ReplyOff()
	ReplySkip()
	CloseAfterReply()
	Reset()
	Tracking() command.Tracking
	Track(want command.Tracking) bool
	Untrack()
	Overlaps(prefix []byte) (own []byte, overlaps bool)
	CacheNext()
}

// Clients are the clients of a server.
type Clients interface {
	List(b []byte, f command.ClientFilter, me int64) []byte
	Kill(f command.ClientFilter, me int64) (killed int, itself bool)
	Pause(endMs int64, all bool)
	Unpause()
	Unblock(c *command.Call, id int64, withError bool) bool
	HasUser(name string) bool
	Exists(id int64) bool
}

// Server is what the commands tell and change beyond the call's client.
type Server struct {
	// Clients are the clients of the server.
	Clients Clients
	// Version is the version of Redis that HELLO reports.
	Version string
}

type family struct{ Server }

// client returns the call's client, or replies that there is none and returns
// nil. The rows concerned are not for scripts, so this is a second line.
func client(c *command.Call) Client {
	if cl, ok := c.Client.(Client); ok {
		return cl
	}
	c.Out.Error("ERR This command is only for clients with a connection")
	return nil
}

func ping(c *command.Call) {
	switch n := len(c.Args); {
	case n > 2:
		c.Out.Error("ERR wrong number of arguments for 'ping' command")
	case c.Subscribed:
		c.Out.Array(2)
		c.Out.BulkString("pong")
		c.Out.Bulk(bytes.Join(c.Args[1:], nil)) // the argument, or nothing
	case n == 2:
		c.Out.Bulk(c.Args[1])
	default:
		c.Out.Simple("PONG")
	}
}

func echo(c *command.Call) { c.Out.Bulk(c.Args[1]) }

func selectDB(c *command.Call) {
	n, ok := c.Int32(1)
	switch {
	case !ok:
	case n < 0 || n >= c.Store.Databases():
		c.Out.Error("ERR DB index is out of range")
	default:
		c.Client.Select(n)
		c.Out.OK()
	}
}

func quit(c *command.Call) {
	if cl := client(c); cl != nil {
		c.Out.OK()
		cl.CloseAfterReply()
	}
}

func reset(c *command.Call) {
	if cl := client(c); cl != nil {
		c.Discard()
		cl.Reset()
		c.Out.Simple("RESET")
	}
}

const wrongPass = "WRONGPASS invalid username-password pair or user is disabled."

func auth(c *command.Call) {
	cl := client(c)
	if cl == nil {
		return
	}
	user := []byte("default")
	switch {
	case len(c.Args) > 3:
		c.Out.Error(command.ErrSyntax)
		return
	case len(c.Args) == 3:
		user = c.Args[1]
	case !cl.PasswordRequired():
		c.Out.Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")
		return
	}
	if !cl.Authenticate(c, user, c.Args[len(c.Args)-1]) {
		c.Out.Error(wrongPass)
		return
	}
	c.Out.OK()
}
