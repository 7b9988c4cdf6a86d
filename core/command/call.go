package command

import (
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Client is the connection a call came from, as far as handlers of any family
// may know it.
type Client interface {
	// ID is the client's number, as CLIENT ID replies.
	ID() int64
	// SelectedDB is the index of the client's database.
	SelectedDB() int
	// Select changes it.
	Select(db int)
	// Authenticated tells whether the client may run more than AUTH.
	Authenticated() bool
	// Address and Name are for the slow log.
	Address() string
	Name() string
}

// Call is one execution of a command. A client has one and uses it again for
// each command; what it and the handler are given is only valid until the
// handler returns. It is used by one goroutine.
type Call struct {
	// Args are the request's arguments with the name first; for a
	// subcommand Args[1] is its word. They alias the query buffer.
	Args [][]byte
	// Row is the command's, set by Execute.
	Row *Row
	// Out takes the reply.
	Out *resp.Writer
	// Tx holds the locked shards; DB is the client's database in it.
	Tx *keyspace.Tx
	DB *keyspace.DB
	// Now is the wall clock in ms since 1970 at the start of the call.
	Now    int64
	Client Client
	// Store is for commands that lock for themselves (SCAN); such a command
	// has no key specs.
	Store *keyspace.Store
	// Loop takes the call's figures. The client's loop calls Begin before a
	// batch of calls and Publish after it.
	Loop *stats.Loop

	// Subscribed says that the client has subscriptions, and cannot tell their
	// messages from replies (RESP2).
	Subscribed bool
	// Monitors says that the client is shown what others do, and may not do it.
	Monitors bool
	// Transaction is the client's; nil if it has none. It may be another one
	// after the call.
	Transaction *Transaction
	// Nested says that the call is one of a transaction or a script: it has
	// the locks of that, and does not wait.
	Nested bool
	// Waited says that the call serves a client that has waited.
	Waited bool
	// Blocked is set by a handler that has its client wait (Block). Who executes
	// the call takes it away.
	Blocked *Blocked
	// ClientChanged says that the call has set Blocked or another Transaction. Who
	// executes the call takes it away.
	ClientChanged bool

	x     *Executor
	outer *Row // EXEC's, while it runs what is queued
	dirty int64
	rec   recording
	// replays says that the call is a Replayer's.
	replays bool
	keys    []int // of the planner, used again
}

// Requested is the row of the command that the client has sent: that of the call
// or, in what EXEC runs, EXEC's.
func (c *Call) Requested() *Row {
	if c.outer != nil {
		return c.outer
	}
	return c.Row
}

// Changed records that the call changed the value of key: n changes for
// rdb_changes_since_last_save, and an event for WATCH, clients that wait for the
// key, tracking and keyspace notifications. It is called when the change is made
// (class and event as Redis names them, e.g. EventString, "set").
func (c *Call) Changed(class keyspace.EventClass, event string, key []byte, n int) {
	c.dirty += int64(n)
	c.DB.Changed(class, event, key)
}

// Event reports an event of key that is no change of its value as WATCH and
// those who wait for the key see it (a group's consumer was made), with n
// changes for rdb_changes_since_last_save.
func (c *Call) Event(class keyspace.EventClass, event string, key []byte, n int) {
	c.dirty += int64(n)
	c.DB.Notify(class, event, key)
}

// ChangedIn is Changed for a key of another database than the client's.
func (c *Call) ChangedIn(db *keyspace.DB, class keyspace.EventClass, event string, key []byte, n int) {
	c.dirty += int64(n)
	db.Changed(class, event, key)
}

// AddDirty counts n changes that have no event of their own: FLUSHALL,
// SWAPDB.
func (c *Call) AddDirty(n int64) { c.dirty += n }

// Reply shorthands for the errors that many commands share (Redis: shared.*).
const (
	ErrSyntax     = "ERR syntax error"
	ErrNotInt     = "ERR value is not an integer or out of range"
	ErrNotFloat   = "ERR value is not a valid float"
	ErrWrongType  = "WRONGTYPE Operation against a key holding the wrong kind of value"
	ErrNoKey      = "ERR no such key"
	ErrOutOfRange = "ERR index out of range"
	ErrSameObject = "ERR source and destination objects are the same"
)
