package command

import "github.com/redoubt-kv/redoubt/core/journal"

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
// elsewhere, would not lead to the same data.

// recording is how a call departs from what is recorded by default.
type recording struct {
	set     bool // any of the others
	nothing bool
	anyway  bool
	as      [][][]byte // copies
}

// batch is where the effects of the call's Tx are gathered; nil if nowhere.
func (c *Call) batch() *journal.Batch {
	b, _ := c.Tx.Log().(*journal.Batch)
	return b
}

// Recording tells whether anybody wants effects. If not, RecordAs and Record do
// nothing, and what only they need does not have to be made.
func (c *Call) Recording() bool { return c.batch().Recording() }

// RecordAs has the effect args, with the name first, recorded instead of the
// request; called again, one more effect. args are copied: they may alias nodes.
func (c *Call) RecordAs(args ...[]byte) {
	if c.Recording() {
		c.rec.set = true
		c.rec.as = append(c.rec.as, cloneArgs(args))
	}
}

// Record records the effect args in database db, before what the call itself
// leads to. args are copied.
func (c *Call) Record(db int, args ...[]byte) { c.batch().Add(db, args...) }

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
	if !b.Recording() {
		return
	}
	if r.as == nil {
		b.Add(c.DB.Index(), c.Args...)
		return
	}
	for _, args := range r.as {
		b.Add(c.DB.Index(), args...)
	}
}
