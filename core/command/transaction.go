package command

import (
	"strings"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// Transaction is what a client has said since MULTI, and what it watches. A
// client that does neither has none.
//
//	        Multi           queue           Exec, Discard
//	(none) ------> open <----------> open ----------------> (none)
//	   |  ^                   | a command that cannot be queued
//	   |  | Unwatch           v
//	   v  |                failed: Exec refuses
//	watching
//
// It belongs to its client's loop, but for the methods that say otherwise.
type Transaction struct {
	open   bool
	failed bool // a command could not be queued
	watch  keyspace.Watch
	queue  queue
	has    Flags // of any command in the queue
	lacks  Flags // that some command in the queue has not

	queued atomic.Int64 // 1 + len(queue.requests); 0: not open
	bytes  atomic.Int64
}

// Queued is how many commands are queued, -1 outside of MULTI. Any goroutine.
func (t *Transaction) Queued() int64 {
	if t == nil {
		return -1
	}
	return t.queued.Load() - 1
}

// Watched is how many keys are watched. Any goroutine.
func (t *Transaction) Watched() int64 {
	if t == nil {
		return 0
	}
	return int64(t.watch.Len())
}

// Bytes is about what the queue and the watches take. Any goroutine.
func (t *Transaction) Bytes() int64 {
	if t == nil {
		return 0
	}
	const watchBytes = 96
	return t.bytes.Load() + watchBytes*int64(t.watch.Len())
}

// Touched tells whether a watched key has changed. Any goroutine.
func (t *Transaction) Touched() bool { return t != nil && t.watch.Touched() }

// Flags are the flags that a call of row with these arguments has in t, which may be nil:
// EXEC has those of what it runs, and queueing takes memory whatever is queued.
func (t *Transaction) Flags(row *Row, args [][]byte) Flags {
	switch flags := row.Flags; {
	case t == nil || !t.open:
		return row.flags(args)
	case flags&EndsMulti != 0:
		return flags
	case flags&RunsQueue != 0:
		const any = Write | ReadOnly | DenyOOM | MayReplicate | NoAsyncLoading
		return (flags | t.has&any) &^ (t.lacks & (Loading | Stale))
	default:
		return flags | DenyOOM
	}
}

// Flags are those of the call.
func (c *Call) Flags() Flags { return c.Transaction.Flags(c.Row, c.Args) }

// flags are those of the row, unless that says that these arguments have others.
func (r *Row) flags(args [][]byte) Flags {
	if r.FlagsFor != nil {
		return r.FlagsFor(args)
	}
	return r.Flags
}

// InMulti tells whether the call comes between MULTI and EXEC.
func (c *Call) InMulti() bool { return c.Transaction != nil && c.Transaction.open }

// queue keeps the call for EXEC. What EXEC is going to refuse is not kept.
func (x *Executor) queue(c *Call, row *Row) {
	if t := c.Transaction; !t.failed && !t.watch.Touched() {
		t.queue.add(row, c.Args)
		flags := row.flags(c.Args)
		t.has |= flags
		t.lacks |= ^flags
		t.queued.Store(1 + int64(len(t.queue.requests)))
		t.bytes.Store(t.queue.size)
	}
	c.Out.Simple("QUEUED")
	c.Loop.Pause()
}

// abort ends the transaction because EXEC is refused with text, and returns what
// is to be replied.
func (c *Call) abort(text string) string {
	c.Discard()
	return "EXECABORT Transaction discarded because of: " + strings.TrimPrefix(text, "ERR ")
}

// Multi opens a transaction; false if there is one.
func (c *Call) Multi() bool {
	if c.InMulti() {
		return false
	}
	t := c.transaction()
	t.open = true
	t.queued.Store(1)
	return true
}

// Discard ends the transaction, if there is one, and what the client watches; it
// tells whether there was a transaction. The call has nothing locked.
func (c *Call) Discard() bool {
	t := c.Transaction
	if t == nil {
		return false
	}
	c.Transaction, c.ClientChanged = nil, true
	open := t.open
	c.drop(t)
	return open
}

// drop ends t, which is no longer the client's and has nothing locked.
func (c *Call) drop(t *Transaction) {
	if t.watch.Len() > 0 {
		c.Tx.UnwatchLater(&t.watch) // maybe by another goroutine: t is not used again
		return
	}
	c.reuse(t)
}

// reuse keeps t, which watches nothing, for the next transaction. Others may still
// look at it as the client's: it is as one that is not open.
func (c *Call) reuse(t *Transaction) {
	t.queued.Store(0)
	t.bytes.Store(0)
	t.open, t.failed, t.has, t.lacks = false, false, 0, 0
	t.queue.reset()
	c.spare = t
}

func (c *Call) transaction() *Transaction {
	if c.Transaction == nil {
		if c.Transaction, c.spare = c.spare, nil; c.Transaction == nil {
			c.Transaction = new(Transaction)
		}
		c.ClientChanged = true
	}
	return c.Transaction
}

// Watch has EXEC refuse to run if one of the keys, which are locked, changes
// before. It returns false, and does nothing, in a transaction.
func (c *Call) Watch(keys [][]byte) bool {
	if c.InMulti() {
		return false
	}
	t := c.transaction()
	if !t.watch.Touched() { // EXEC is going to refuse anyway
		for _, key := range keys {
			c.Tx.Watch(&t.watch, c.DB.Index(), key)
		}
	}
	return true
}

// Unwatch forgets what is watched. The call has nothing locked, or is part of a
// transaction, which has forgotten it already.
func (c *Call) Unwatch() {
	if t := c.Transaction; t != nil && !c.Nested {
		c.Tx.UnwatchAlone(&t.watch)
		if !t.open {
			c.Transaction, c.ClientChanged = nil, true
			c.reuse(t)
		}
	}
}

// Outcome is what became of a transaction.
type Outcome uint8

// Outcomes of Exec.
const (
	Ran      Outcome = iota // the replies are made
	Missing                 // there was none
	Aborted                 // a command could not be queued
	Conflict                // a watched key has changed
)

// Exec runs the transaction under the locks of all its keys, which stay locked
// for the rest of the call. The call has nothing locked.
func (c *Call) Exec() Outcome {
	t := c.Transaction
	if !c.InMulti() {
		return Missing
	}
	c.Transaction, c.ClientChanged = nil, true
	if t.failed {
		c.drop(t)
		return Aborted
	}
	if t.has&Exclusive != 0 {
		c.Tx.LockExclusive(c.Now)
	} else {
		c.Tx.LockShards(t.shards(c), c.Now)
	}
	stale := t.watch.Stale(c.Tx)
	c.Tx.Unwatch(&t.watch)
	if !stale {
		c.run(t.queue.requests)
	}
	c.reuse(t)
	if stale {
		return Conflict
	}
	return Ran
}

// run runs the requests of a transaction under the locks that are held.
func (c *Call) run(requests []queued) {
	c.warm(requests)
	args, row := c.Args, c.Row
	c.Nested, c.outer = true, row
	c.Out.Array(len(requests))
	for at, i := c.Loop.Since(), 0; i < len(requests); i++ {
		at = c.x.nested(c, &requests[i], at)
	}
	c.Nested, c.outer = false, nil
	c.Args, c.Row = args, row
}

// warm has the values fetched that requests are going to need: they are many, and
// known, while the processor would else wait for one after the other.
func (c *Call) warm(requests []queued) {
	const least = 3
	var keys [keyspace.WarmMost][]byte
	n := 0
	for i := range requests {
		if q := &requests[i]; q.row.onlyKey > 0 && q.row.onlyKey < len(q.args) && n < len(keys) {
			keys[n] = q.args[q.row.onlyKey]
			n++
		}
	}
	if n >= least {
		c.Tx.DB(c.Client.SelectedDB()).WarmEntries(keys[:n])
	}
}

// shards are those that the queue's commands and the watched keys need.
func (t *Transaction) shards(c *Call) (set uint64) {
	t.watch.Keys(func(key []byte) { set |= c.Tx.Shard(key) })
	for _, q := range t.queue.requests {
		set |= c.shardsOf(q.row, q.args)
	}
	return set
}

// shardsOf are the shards that a command needs within a transaction: all of them
// for one that may look at any, by itself or in a way that cannot be told.
func (c *Call) shardsOf(row *Row, args [][]byte) (set uint64) {
	switch {
	case row.dataless:
		return 0
	case row.Flags&WholeKeyspace != 0 || len(row.Keys) == 0:
		return keyspace.AllShards
	}
	keys, err := row.KeyPositions(args, c.keys[:0])
	c.keys = keys
	if err != nil {
		return keyspace.AllShards
	}
	for _, i := range keys {
		set |= c.Tx.Shard(args[i])
	}
	return set
}

// nested runs a queued command under the locks that are held, from at on, and
// returns when it has ended.
func (x *Executor) nested(c *Call, q *queued, at time.Duration) (end time.Duration) {
	c.Args, c.Row = q.args, q.row
	if refusal := x.Permitted(c); refusal != "" { // the rules have changed since
		mark := len(c.Out.B)
		c.Out.Error(refusal)
		x.countError(c, c.Out.B[mark:])
		return at
	}
	return x.runNested(c, q.row, at)
}
