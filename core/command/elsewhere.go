package command

import (
	"time"

	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Commands that wait for something else than keys: for another server (MIGRATE),
// for the disk (WAITAOF).
//
//	handler                     another goroutine
//	-------                     -----------------
//	Await ── client is held ──▶ … waits …
//	                            Finish(reply) ── client goes on
//
// Await is called where no client may wait too, and then returns nil: the handler
// does what it can without.

// CanWait tells whether Await and Block have the client wait: not in transactions
// and scripts, nor for effects that are replayed.
func (c *Call) CanWait() bool {
	_, ok := c.Client.(Blocker)
	return ok && !c.Nested
}

// Await has the call's client wait until somebody calls Finish on what it
// returns, or time is up. b has no Keys. It returns nil if the client cannot wait;
// then nothing is replied.
func (c *Call) Await(b Block) *Blocked {
	if !c.CanWait() {
		return nil
	}
	c.Block(b)
	c.Blocked.x, c.Blocked.db, c.Blocked.began = c.x, c.DB.Index(), time.Now()
	return c.Blocked
}

// Args are copies of the arguments of the call that waits.
func (b *Blocked) Args() [][]byte { return b.args }

// DB is the index of the database that the client has selected.
func (b *Blocked) DB() int { return b.db }

// Finish ends the wait with what reply makes. That may lock what it needs with
// c.Tx, and changes of it are recorded like those of any call; the locks are
// released for it. If the wait is over already, because time is up or the client
// has gone, its changes are made nevertheless, and nobody gets the reply. Finish is
// called once, by any goroutine that holds no locks.
func (b *Blocked) Finish(reply func(c *Call)) {
	x := b.x
	l := x.Stats.Acquire()
	l.Begin()
	out := resp.Writer{Proto: b.proto}
	tx := x.Store.NewTx()
	tx.By = b.client
	c := &Call{
		Tx: tx, DB: tx.DB(b.db), Now: x.Store.Now(), Store: x.Store, Loop: l, Out: &out,
		Client: b.client, Row: b.row, Args: b.args, Nested: true, x: x,
	}
	tx.NoTouch = b.client.NoTouch()
	reply(c)
	c.record(c.dirty)
	tx.Unlock()
	x.dirty.Add(c.dirty)
	x.countFinished(b, c)
	x.Stats.Release(l)
	if b.End() {
		b.client.Unblocked(b, out.B)
	}
}

// countFinished counts a call that Finish has ended.
func (x *Executor) countFinished(b *Blocked, c *Call) {
	took, outcome := time.Duration(b.took.Load()), stats.Served
	if b.block.Works {
		took = time.Since(b.began)
	}
	if len(c.Out.B) > 0 && c.Out.B[0] == '-' {
		outcome = stats.ServedFailed
		x.countError(c, c.Out.B)
	}
	c.Loop.Record(b.row.ID, took, outcome)
	if limit := x.SlowerThan.Load(); int64(took) >= limit && limit >= 0 {
		x.Slow(c, took)
	}
}

// LockArgs locks the keys at these indexes of the call's arguments. It is for calls
// that have nothing locked.
func (c *Call) LockArgs(positions []int) {
	c.Tx.LockKeys(c.Args, positions, c.Now)
	c.DB = c.Tx.DB(c.DB.Index())
}
