// # Commands that block
//
// The handler of a command that may have to wait (BLPOP, BZPOPMIN, XREAD BLOCK)
// reads its arguments, looks for what it wants, and if there is nothing says
// what it waits for and returns without a reply:
//
//	func blpop(c *command.Call) {
//		timeout, ok := c.TimeoutSeconds(len(c.Args) - 1)
//		if !ok {
//			return
//		}
//		keys := c.Args[1 : len(c.Args)-1]
//		for _, key := range keys {
//			if … (wrong type) { c.Out.Error(command.ErrWrongType); return }
//			if popFrom(c, key) { return }
//		}
//		c.Block(command.Block{Keys: keys, Type: value.TypeList, Timeout: timeout, Serve: popFrom})
//	}
//
// The rest is done for it. In MULTI and in scripts Block replies as if the
// time were up at once. Otherwise the client stands in the queue of each key
// before the keys' locks go, so that nothing can come in between, and none of
// its further input is looked at.
//
// When any call has changed one of the keys (Call.Changed has said so), and its
// reply is made, but before its locks go, Serve is called for each client that
// waits for that key, in the order in which they came, as long as the key holds
// a value of Type:
//
//	popFrom := func(c *command.Call, key []byte) bool {
//		// c is a call of the client that waits: c.DB is its database,
//		// c.Out takes its reply, c.Args are copies of its arguments.
//		e, ok := c.DB.Find(key, keyspace.ForWrite)
//		if !ok || … nothing for this client … {
//			return false // it goes on waiting; nothing was changed or replied
//		}
//		… change, c.Changed, reply …
//		return true
//	}
//
// Only the key that is ready is tried, as in Redis 7.0, not those before it in
// the arguments. Serve may touch that key and those of Block.Also, no others:
// only they are locked. It may reply an error (BLMOVE to a key of another type)
// and return true. Keys that it makes ready itself are served in turn. It must
// not keep anything that aliases the first call's Args (its closure may hold
// parsed numbers and options; names of keys it takes from its own c.Args), and
// must not call Block.
package command

import (
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/journal"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Block says what a call waits for.
type Block struct {
	// Keys are the keys any of which will do. A key may occur twice.
	Keys [][]byte
	// Also are keys beside the one that is ready which Serve needs (the
	// destination of BLMOVE). They are among the command's key specs.
	Also [][]byte
	// Type is the type of the values waited for.
	Type value.Type
	// Gone has Serve called as well if a key is deleted, expires, or gets a
	// value of another type (XREADGROUP).
	Gone bool
	// Timeout is how many ms it waits, as TimeoutSeconds and TimeoutMillis read
	// it; 0 is for ever.
	Timeout int64
	// Serve tries to give the client what it waits for.
	Serve func(c *Call, key []byte) bool
	// OnTimeout replies that time is up; nil stands for a null array.
	OnTimeout func(w *resp.Writer)
	// Works says that work goes on meanwhile, which CLIENT UNBLOCK does not end:
	// its time is the call's.
	Works bool
}

// Blocker is a Client that can wait.
type Blocker interface {
	Client
	// Unblocked is told that a wait is over, and gets the reply. It is called
	// once, by any goroutine, also with shards locked, unless the client itself
	// has ended the wait.
	Unblocked(b *Blocked, reply []byte)
	// NoTouch says that the client's commands leave access clocks alone.
	NoTouch() bool
}

// Blocked is a client's wait. Its methods may be called by any goroutine.
type Blocked struct {
	block  Block
	waiter keyspace.Waiter
	client Blocker
	row    *Row
	args   [][]byte // copies
	proto  int
	// tracked is Call.Tracked, of the call that has blocked.
	tracked bool
	took    atomic.Int64 // ns, by the call that has blocked

	// For Finish.
	x     *Executor
	db    int
	began time.Time
}

// Block has the call's client wait: see the beginning of this file.
func (c *Call) Block(b Block) {
	client, ok := c.Client.(Blocker)
	if c.Nested || !ok {
		b.timeout(c.Out)
		return
	}
	w := &Blocked{block: b, client: client, row: c.Row, args: cloneArgs(c.Args), proto: c.Out.Proto, tracked: c.Tracked}
	w.block.Keys, w.block.Also = nil, nil // they may alias the query buffer
	w.waiter.Type, w.waiter.Gone, w.waiter.Owner = b.Type, b.Gone, w
	c.Tx.Wait(&w.waiter, c.DB.Index(), b.Keys, b.Also)
	c.Blocked, c.ClientChanged = w, true
}

func (b *Block) timeout(w *resp.Writer) {
	if b.OnTimeout != nil {
		b.OnTimeout(w)
	} else {
		w.NullArray()
	}
}

// cloneArgs copies args into one piece of memory.
func cloneArgs(args [][]byte) [][]byte {
	n := 0
	for _, a := range args {
		n += len(a)
	}
	all, list := make([]byte, 0, n), make([][]byte, len(args))
	for i, a := range args {
		from := len(all)
		all = append(all, a...)
		list[i] = all[from:len(all):len(all)]
	}
	return list
}

// Timeout is for how long it waits, 0 for ever.
func (b *Blocked) Timeout() time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(min(b.block.Timeout, most)) * time.Millisecond
}

// ArgBytes is the length of the arguments that are kept; none for nil.
func (b *Blocked) ArgBytes() (n int64) {
	if b == nil {
		return 0
	}
	for _, a := range b.args {
		n += int64(len(a))
	}
	return n
}

// End ends the wait without a reply, and tells whether it was still to be
// ended. Afterwards, or after Unblocked, the client calls Leave.
func (b *Blocked) End() bool { return b.waiter.End() }

// Over tells whether the wait is over: then the reply is made or on its way.
func (b *Blocked) Over() bool { return b.waiter.Over() }

// Expire ends the wait because time is up, and returns the reply; nil if it was
// over already.
func (b *Blocked) Expire() (reply []byte) {
	if !b.End() {
		return nil
	}
	w := resp.Writer{Proto: b.proto}
	b.block.timeout(&w)
	return w.B
}

// Leave forgets the wait, which is over. tx has nothing locked.
func (b *Blocked) Leave(tx *keyspace.Tx) { tx.Leave(&b.waiter) }

// Unblock ends the wait for CLIENT UNBLOCK, the call c, as if time were up or,
// withError, with an error. It tells whether the client still waited.
func (b *Blocked) Unblock(c *Call, withError bool) bool {
	var reply []byte
	if b.block.Works {
		return false
	}
	if !withError {
		reply = b.Expire()
	} else if b.End() {
		reply = []byte("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
		c.x.countError(c, reply)
		c.Loop.Record(b.row.ID, time.Duration(b.took.Load()), stats.ServedFailed)
	}
	if reply == nil {
		return false
	}
	b.client.Unblocked(b, reply)
	return true
}

// blocked notes that c, which the handler has left waiting, took its time.
func (x *Executor) blocked(c *Call) {
	c.Blocked.took.Store(int64(c.Loop.Done(c.Row.ID, stats.Waits)))
}

// ServeReady serves the clients that wait for keys which have changed under the
// locks of tx: it is for Store.OnReady.
func (x *Executor) ServeReady(tx *keyspace.Tx) {
	l, noTouch, by := x.Stats.Acquire(), tx.NoTouch, tx.By
	l.Begin()
	batch, _ := tx.Log().(*journal.Batch)
	batch.EndUnit()
	var served []servedClient
	tx.Serve(func(w *keyspace.Waiter, db *keyspace.DB, key []byte) bool {
		b := w.Owner.(*Blocked)
		tx.By = b.client
		reply, done := x.serveOne(b, db, key, &Call{
			Tx: tx, DB: db, Now: tx.Now(), Store: x.Store, Loop: l,
			Client: b.client, Row: b.row, Args: b.args, Nested: true, Waited: true, x: x,
		})
		if done {
			served = append(served, servedClient{b, reply})
		}
		return done
	})
	tx.NoTouch, tx.By = noTouch, by
	x.Stats.Release(l)
	// The clients' loops may send the replies at once: what they depend on has to
	// be in the journal.
	batch.End()
	for _, s := range served {
		s.b.client.Unblocked(s.b, s.reply)
	}
}

// servedClient is a client whose wait is over, and what it is to be told.
type servedClient struct {
	b     *Blocked
	reply []byte
}

// serveOne tries to give b what it waits for at key.
func (x *Executor) serveOne(b *Blocked, db *keyspace.DB, key []byte, c *Call) (reply []byte, done bool) {
	out := resp.Writer{Proto: b.proto}
	c.Out, c.Tx.NoTouch = &out, b.client.NoTouch()
	start := c.Loop.Since()
	if !b.block.Serve(c, key) {
		return nil, false
	}
	if c.Tracked = b.tracked; c.Tracked {
		x.track(c, b.row)
	}
	c.record(c.dirty)
	c.batch().EndUnit()
	took := c.Loop.Since() - start + time.Duration(b.took.Load())
	outcome := stats.Served
	if len(out.B) > 0 && out.B[0] == '-' {
		outcome = stats.ServedFailed
		x.countError(c, out.B)
	}
	x.dirty.Add(c.dirty)
	c.Loop.Record(b.row.ID, took, outcome)
	if limit := x.SlowerThan.Load(); int64(took) >= limit && limit >= 0 {
		x.Slow(c, took)
	}
	return out.B, true
}
