package command

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Executor runs calls. All loops share one; its fields are set before the first
// call.
type Executor struct {
	Table *Table
	Store *keyspace.Store
	// Gate refuses a call that may not run now, by the text of an error: out
	// of memory, loading, a failed save … It runs with no lock held. "" lets
	// the call pass.
	Gate func(c *Call) string
	// Permit refuses a call that its client's user may not make, by the text of an
	// error; "" lets it pass. It is asked when a call comes, whether it is queued or
	// not, by EXEC for each call that it runs, and for each of a script. Nil permits
	// all.
	Permit func(c *Call) string
	// ReadsAll tells whether the call's user may read every key, whatever the call
	// names. Nil: everybody may.
	ReadsAll func(c *Call) bool
	// AfterRead is told, before the locks go, of a call that only reads and whose
	// client keeps what it reads (Call.Tracked); for a script's, c.Args and c.Row
	// are the script's own.
	AfterRead func(c *Call)
	// Unwritable is why commands that write are refused now, because what they
	// change could not be saved; "" if they are not. For scripts, whose gate says
	// nothing of what they are going to call. nil: they never are.
	Unwritable func() string
	// Stats lends a Loop for what happens outside of event loops.
	Stats *stats.Stats
	// Errors counts error replies by their code.
	Errors *stats.Errors
	// Slow is told of calls that took SlowerThan or more.
	Slow func(c *Call, took time.Duration)
	// SlowerThan is from how many ns on Slow is told; negative: never.
	SlowerThan atomic.Int64
	// Monitor shows a call, with its locks held, to the clients that monitor;
	// Monitored says that there are any.
	Monitor   func(c *Call)
	Monitored func() bool

	// denyNothing has scripts call any command (DenyInScripts).
	denyNothing atomic.Bool
	// dirty counts changes of the data since the start.
	dirty  atomic.Int64
	moving moving
}

// Dirty is the number of changes since the start, as Redis counts them.
func (x *Executor) Dirty() int64 { return x.dirty.Load() }

// Execute runs the call that c.Args describe and appends its reply to c.Out.
//
//	look up → arity → authenticated → gate → lock → handler → unlock → count
//	                                       │      └ postpone: a key is moving
//	                                       └ queue, after MULTI
//
// c.Args has at least one element; c.Now and c.Loop are as the client's loop
// set them; Execute keeps c.Now current through slow calls.
func (x *Executor) Execute(c *Call) {
	row, refusal := x.lookup(c)
	c.Row = row
	if c.x == nil {
		c.x = x
	}
	if refusal == "" {
		refusal = x.refuse(c, row)
	}
	if refusal != "" {
		x.decline(c, row, refusal)
		return
	}
	if c.Transaction != nil && c.Transaction.open && row.Flags&InMulti == 0 {
		x.queue(c, row)
		return
	}
	mark := len(c.Out.B) // behind what the gate may have had pushed to the client
	c.Loop.Enter(row.ID)
	x.lock(c, row)
	if x.moving.count.Load() != 0 && x.moving.postpone(c, row) {
		c.Tx.Unlock()
		c.Loop.Mark()
		c.Postponed, c.ClientChanged = true, true
		return
	}
	row.Handler(c)
	if c.Tracked {
		x.track(c, row)
	}
	c.record(c.dirty)
	x.show(c, row)
	c.Tx.Unlock()
	if c.dirty != 0 {
		x.dirty.Add(c.dirty)
		c.dirty = 0
	}
	if c.Blocked != nil {
		x.blocked(c)
		return
	}
	outcome := stats.OK
	if len(c.Out.B) > mark && c.Out.B[mark] == '-' {
		outcome = stats.Failed
		x.countError(c, c.Out.B[mark:])
	}
	c.ErrorCounted = false
	took := c.Loop.Done(row.ID, outcome)
	if limit := x.SlowerThan.Load(); int64(took) >= limit && limit >= 0 {
		x.Slow(c, took)
	}
	if took > time.Millisecond/2 {
		c.Now += int64(took / time.Millisecond)
	}
}

// lookup finds the row; a text says that there is none.
func (x *Executor) lookup(c *Call) (*Row, string) {
	row := c.Row
	if row == nil || row.Parent != nil || !EqualFold(c.Args[0], row.called) {
		if row = x.Table.Lookup(c.Args[0]); row == nil {
			return nil, unknown(c.Args)
		}
	}
	return row.subcommand(c)
}

// subcommand is the row, or that of the subcommand which the arguments name.
func (row *Row) subcommand(c *Call) (*Row, string) {
	if row.Subcommands == nil || len(c.Args) < 2 {
		return row, ""
	}
	sub := row.Sub(c.Args[1])
	if sub == nil {
		return nil, fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.", resp.ErrorText(c.Args[1], 128), strings.ToUpper(row.Name))
	}
	return sub, ""
}

// refuse checks what can be known before the keys are.
func (x *Executor) refuse(c *Call, row *Row) string {
	if n := len(c.Args); row.Arity > 0 && n != row.Arity || n < -row.Arity || row.Handler == nil {
		return "ERR wrong number of arguments for '" + row.FullName + "' command"
	}
	free := c.Client.Unrestricted()
	if !free && row.Flags&NoAuth == 0 && !c.Client.Authenticated() {
		return "NOAUTH Authentication required."
	}
	if c.Monitors && c.Transaction.Flags(row, c.Args)&(Write|ReadOnly|MayReplicate) != 0 {
		return "ERR Replica can't interact with the keyspace"
	}
	if row.Flags&NoMulti != 0 && c.InMulti() {
		return "ERR Command not allowed inside a transaction"
	}
	if !free {
		if refusal := x.Permitted(c); refusal != "" {
			return refusal
		}
	}
	if c.Subscribed && row.Flags&WhileSubscribed == 0 {
		return "ERR Can't execute '" + row.FullName + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context"
	}
	return x.Gate(c)
}

// Permitted asks Permit, if the call's client is not one that may do everything.
func (x *Executor) Permitted(c *Call) (refusal string) {
	if x.Permit == nil || c.Client.Unrestricted() {
		return ""
	}
	return x.Permit(c)
}

// MayReadAll tells whether the call's user may read every key (SORT's BY and GET).
func (c *Call) MayReadAll() bool {
	return c.x == nil || c.x.ReadsAll == nil || c.Client.Unrestricted() || c.x.ReadsAll(c)
}

// decline replies why the call does not run.
func (x *Executor) decline(c *Call, row *Row, text string) {
	mark := len(c.Out.B)
	switch {
	case row != nil && row.Flags&RunsQueue != 0:
		text = c.abort(text)
		x.show(c, row)
	case c.InMulti():
		c.Transaction.failed = true
	}
	c.Out.Error(text)
	x.countError(c, c.Out.B[mark:])
	if row != nil {
		c.Loop.Record(row.ID, 0, stats.Declined)
	}
	c.Loop.Mark()
	c.Row = row
}

// track tells of a call that has read keys.
func (x *Executor) track(c *Call, row *Row) {
	if row.Flags&ReadOnly != 0 && row.group() != "scripting" { // what a script calls may read
		x.AfterRead(c)
	}
}

// show has those who monitor see a call that has run. What administers the server is
// not for their eyes.
func (x *Executor) show(c *Call, row *Row) {
	if x.Monitored != nil && row.Flags&(Admin|SkipMonitor) == 0 && x.Monitored() {
		x.Monitor(c)
	}
}

// Show has those who monitor see the call now: for one whose row has SkipMonitor because
// the calls that it makes are to be seen after it.
func (c *Call) Show() {
	if x := c.x; x != nil && x.Monitored != nil && x.Monitored() {
		x.Monitor(c)
	}
}

// countError counts an error reply, "-CODE text\r\n", by its code.
func (x *Executor) countError(c *Call, reply []byte) {
	if c.ErrorCounted {
		return
	}
	c.Loop.Add(stats.ErrorReplies, 1)
	x.Errors.Count(string(reply[:min(len(reply), 64)]))
}

// lock takes the locks that the call's keys need: none without keys, all if the
// keys cannot be told.
func (x *Executor) lock(c *Call, row *Row) {
	tx := c.Tx
	switch {
	case row.Flags&Exclusive != 0:
		tx.LockExclusive(c.Now)
	case row.onlyKey > 0 && row.onlyKey < len(c.Args):
		tx.LockKey(c.Args[row.onlyKey], c.Now)
	case row.Flags&WholeKeyspace != 0:
		tx.LockAll(c.Now)
	case len(row.Keys) == 0 || row.dataless:
		tx.LockNone(c.Now)
	default:
		keys, err := row.KeyPositions(c.Args, c.keys[:0])
		c.keys = keys
		if err != nil {
			tx.LockAll(c.Now)
		} else {
			tx.LockKeys(c.Args, keys, c.Now)
		}
	}
	c.DB = tx.DB(c.Client.SelectedDB())
}
