package command

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/journal"
)

// What a call records in the journal, under its locks:
//
//	nothing changed (dirty is 0)    what Record said
//	changed                         what Record said, then the request as sent
//	                                or, after RecordAs, the effects given there
//	                                or, after RecordNothing, no more
//	RecordAnyway                    as if it had changed something
//
// All of it is one unit, with keys that expired on the way (Redis: call,
// alsoPropagate, rewriteClientCommandVector, preventCommandPropagation,
// forceCommandPropagation). The calls of a transaction make one unit together. A
// handler has to record effects only where running the request again, later and
// elsewhere, would not lead to the same data. It calls RecordAs and Record when it
// is sure that the change is made, in the order of the effects.

// recording is how a call departs from what is recorded by default.
type recording struct {
	set     bool // any of the others
	nothing bool
	anyway  bool
}

// Replays tells that the call repeats a recorded effect. It is taken as it is,
// also where a client would be refused, and not recorded again.
func (c *Call) Replays() bool { return c.replays }

// MaxString is how long a string may become, in bytes: what is configured now. An
// effect may be from before that was lowered, and has a bound only because what it
// is read from may be corrupt.
func (c *Call) MaxString(configured int64) int64 {
	const replayed = 32 << 30
	if c.replays {
		return max(configured, replayed)
	}
	return configured
}

// batch is where the effects of the call's Tx are gathered; nil if nowhere.
func (c *Call) batch() *journal.Batch {
	if c.replays || c.muted {
		return nil
	}
	b, _ := c.Tx.Log().(*journal.Batch)
	return b
}

// Recording tells whether anybody wants effects. If not, RecordAs and Record do
// nothing, and what only they need does not have to be made.
func (c *Call) Recording() bool { return c.batch().Recording() }

// RecordAs records the effect args, with the name first, instead of the request;
// called again, one more effect. args are copied: they may alias nodes.
func (c *Call) RecordAs(args ...[]byte) {
	c.batch().Add(c.DB.Index(), args...)
	c.RecordNothing()
}

// RecordDeleted records, instead of the request, that it has deleted key: as
// UNLINK if lazy, else as DEL.
func (c *Call) RecordDeleted(key []byte, lazy bool) {
	name := "DEL"
	if lazy {
		name = "UNLINK"
	}
	c.RecordAs([]byte(name), key)
}

// RecordPassed is RecordDeleted for a key that a time to live which had passed has
// deleted: lazyfree-lazy-expire tells how.
func (c *Call) RecordPassed(key []byte) {
	c.batch().Deleted(c.DB.Index(), key, false)
	c.RecordNothing()
}

// RecordDue records, instead of the request, that key expires at a time in ms.
func (c *Call) RecordDue(key []byte, at int64) {
	var room [20]byte
	c.RecordAs([]byte("PEXPIREAT"), key, strconv.AppendInt(room[:0], at, 10))
}

// Record records the effect args in database db, before what the call itself
// leads to. args are copied.
func (c *Call) Record(db int, args ...[]byte) { c.batch().Add(db, args...) }

// RecordApart has what expired while the call looked at any keys not be one unit
// (Redis: CMD_TOUCHES_ARBITRARY_KEYS), unless it is one with a transaction's.
func (c *Call) RecordApart() {
	if !c.Nested {
		c.batch().Apart()
	}
}

// RecordNothing has the request itself not be recorded.
func (c *Call) RecordNothing() { c.rec.set, c.rec.nothing = true, true }

// RecordAnyway has the request be recorded even if it has changed nothing.
func (c *Call) RecordAnyway() { c.rec.set, c.rec.anyway = true, true }

// record records the call, which has made dirty changes. Its locks are held.
func (c *Call) record(dirty int64) {
	if dirty == 0 && !c.rec.set {
		return
	}
	r := c.rec
	c.rec = recording{}
	if r.nothing || dirty == 0 && !r.anyway || c.Row.Flags&RunsQueue != 0 {
		return
	}
	b := c.batch()
	b.Add(c.DB.Index(), c.Args...)
}
