package command

import (
	"time"

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
	// Unrestricted tells whether the client is authenticated as a user that may do
	// everything.
	Unrestricted() bool
	// User is the name of the user that the client is.
	User() string
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
	// Yield serves other clients of the call's loop, for up to d, while the call goes
	// on for long: it is for a call that has marked its Tx as busy. nil if there are
	// none to serve.
	Yield func(d time.Duration)
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
	// Tracked says that the client is to be told of changes of what it reads.
	Tracked bool
	// Nested says that the call is one of a transaction or a script: it has
	// the locks of that, and does not wait.
	Nested bool
	// Scripted says that the call is one of a script; Nested is then true as well.
	Scripted bool
	// OverLimit is set by the gate: the memory in use is over the limit, and nothing
	// can be evicted.
	OverLimit bool
	// ErrorCounted is set by a handler whose reply is an error that has been counted
	// already: that of a command which it has run. Who executes the call takes it away.
	ErrorCounted bool
	// Waited says that the call serves a client that has waited.
	Waited bool
	// Blocked is set by a handler that has its client wait (Block). Who executes
	// the call takes it away.
	Blocked *Blocked
	// Postponed says that the call was not executed, and is to be executed again when
	// its client (a Postponer) is told so. Who executes the call takes it away.
	Postponed bool
	// ClientChanged says that the call has set Blocked, Postponed or another
	// Transaction. Who executes the call takes it away.
	ClientChanged bool

	x     *Executor
	outer *Row // EXEC's, while it runs what is queued, or a script's
	muted bool // nothing is recorded: redis.set_repl
	dirty int64
	rec   recording
	// replays says that the call is a Replayer's.
	replays bool
	keys    []int        // of the planner, used again
	spare   *Transaction // that has ended, to be used again; nil if none
}

// Requested is the row of the command that the client has sent: that of the call
// or, in what EXEC or a script runs, theirs.
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
	ErrOOM        = "OOM command not allowed when used memory > 'maxmemory'."
	ErrSameObject = "ERR source and destination objects are the same"
)
