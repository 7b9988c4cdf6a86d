package streams

import (
	"math"
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// claim gives pending entries of a group to a consumer. XCLAIM and XAUTOCLAIM
// have in common: key, group, consumer and least idle time, arguments 1 to 4.
type claim struct {
	c       *command.Call
	minIdle int64
	justID  bool
	// time and count are what a claimed entry gets; with a negative count its
	// own is kept with JUSTID, or raised.
	time, count int64

	cell     *value.Cell
	e        stream.Editor
	g        stream.GroupEditor
	consumer uint32
	seen     bool // the consumer is
	claimed  int  // how many entries are in the reply
}

// findGroup tells whether the group is there; where it is not, or the key is of
// another type, that has been replied.
func (cl *claim) findGroup() bool {
	c := cl.c
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return false
	}
	if found {
		_, found = s.Group(c.Args[2])
	}
	if !found {
		noGroup(c)
	}
	return found
}

func (cl *claim) open() {
	cl.cell, cl.e, cl.g = changeGroup(cl.c, cl.c.Args[1], cl.c.Args[2])
}

// drop takes an entry that is deleted away from what is pending. It is recorded as
// the claim that has found that.
func (cl *claim) drop(id stream.ID) (was bool) {
	p, was := cl.g.PendingWith(id)
	if was {
		var room [64]byte
		recordClaim(cl.c, cl.key(), cl.group(), cl.g.AppendName(room[:0], p.Consumer), p, cl.g.LastID())
		cl.g.Acknowledge(id)
		cl.c.AddDirty(1)
	}
	return was
}

func (cl *claim) key() []byte   { return cl.c.Args[1] }
func (cl *claim) group() []byte { return cl.c.Args[2] }

// idle tells whether p has been idle for long enough.
func (cl *claim) idle(p stream.Pending) bool {
	return cl.minIdle == 0 || cl.c.Now-p.Time >= cl.minIdle
}

// take gives p, the entry that it is at, to the consumer, and replies it.
func (cl *claim) take(p stream.Pending, it *stream.Iter) {
	c := cl.c
	if !cl.seen {
		cl.consumer, cl.seen = seeConsumer(c, c.Args[1], cl.g, c.Args[3]), true
	}
	p.Consumer, p.Time = cl.consumer, cl.time
	switch {
	case cl.count >= 0:
		p.Count = uint64(cl.count)
	case !cl.justID:
		p.Count++
	}
	cl.g.SetPending(p)
	if cl.justID {
		replyID(c, p.ID)
	} else {
		replyEntry(c, it)
	}
	cl.claimed++
	c.AddDirty(1)
	recordClaim(c, cl.key(), cl.group(), c.Args[3], p, cl.g.LastID())
}

// claimOptions are those of XCLAIM.
type claimOptions struct {
	ids    int // behind the last ID
	force  bool
	lastID stream.ID
}

func xclaim(c *command.Call) {
	cl := claim{c: c, time: c.Now, count: -1}
	if !cl.findGroup() {
		return
	}
	var o claimOptions
	if !o.parse(c, &cl) {
		return
	}
	cl.open()
	c.RecordNothing() // but what each entry leads to
	raised := cl.g.LastID().Less(o.lastID)
	if raised {
		o.raise(&cl)
	}
	mark := c.Out.Mark()
	for _, arg := range c.Args[5:o.ids] {
		id, _ := parseStrictID(arg, 0)
		if cl.one(id, o.force) {
			raised = false // it is part of the same change
		}
	}
	if raised {
		c.AddDirty(1)
		recordGroup(c, cl.key(), cl.group(), cl.g)
	}
	c.Out.ArrayAt(mark, cl.claimed)
	c.DB.Commit(cl.cell)
}

// raise sets the ID that the group was delivered last, to a greater one. Where
// this repeats that an entry was delivered (recordClaim), it counts as read, which
// the effect does not say.
func (o *claimOptions) raise(cl *claim) {
	id, _ := parseStrictID(cl.c.Args[5], 0)
	switch {
	case id != o.lastID || o.ids != 6:
		cl.g.SetLastID(o.lastID)
	case cl.c.Replays() && cl.e.Has(id):
		cl.e.Deliver(cl.g, id)
	default:
		cl.g.SetLastID(o.lastID)
		recordGroup(cl.c, cl.key(), cl.group(), cl.g) // it is not what it looks like
	}
}

// one claims one entry and tells whether it has changed something.
func (cl *claim) one(id stream.ID, force bool) bool {
	it := cl.e.Range(id, id)
	if !it.Next() {
		return cl.drop(id)
	}
	p, found := cl.g.PendingWith(id)
	switch {
	case found && !cl.idle(p), !found && !force:
		return false
	case !found:
		p = stream.Pending{ID: id, Count: 1}
	}
	cl.take(p, &it)
	return true
}

// parse reads the least idle time, where the IDs end, and the options; where they
// are wrong that has been replied.
func (o *claimOptions) parse(c *command.Call, cl *claim) (ok bool) {
	if cl.minIdle, ok = c.IntOr(4, "ERR Invalid min-idle-time argument for XCLAIM"); !ok {
		return false
	}
	cl.minIdle = max(cl.minIdle, 0)
	for o.ids = 5; o.ids < len(c.Args); o.ids++ {
		if _, ok := parseStrictID(c.Args[o.ids], 0); !ok {
			break
		}
	}
	at := int64(-1)
	for i := o.ids; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		ok := true
		switch {
		case c.Is(i, "FORCE"):
			o.force = true
			continue
		case c.Is(i, "JUSTID"):
			cl.justID = true
			continue
		case more && c.Is(i, "IDLE"):
			at, ok = c.IntOr(i+1, "ERR Invalid IDLE option argument for XCLAIM")
			at = c.Now - at
		case more && c.Is(i, "TIME"):
			at, ok = c.IntOr(i+1, "ERR Invalid TIME option argument for XCLAIM")
		case more && c.Is(i, "RETRYCOUNT"):
			cl.count, ok = c.IntOr(i+1, "ERR Invalid RETRYCOUNT option argument for XCLAIM")
		case more && c.Is(i, "LASTID"):
			o.lastID, ok = strictID(c, i+1)
		default:
			c.Out.Errorf("ERR Unrecognized XCLAIM option '%s'", c.Args[i])
			ok = false
		}
		if !ok {
			return false
		}
		i++
	}
	if at >= 0 && (at <= c.Now || c.Replays()) { // other times make no sense
		cl.time = at
	}
	return true
}

// autoClaim are the options of XAUTOCLAIM.
type autoClaim struct {
	from  stream.ID
	count int64
}

func (o *autoClaim) parse(c *command.Call, cl *claim) (ok bool) {
	if cl.minIdle, ok = c.IntOr(4, "ERR Invalid min-idle-time argument for XAUTOCLAIM"); !ok {
		return false
	}
	cl.minIdle = max(cl.minIdle, 0)
	if o.from, ok = startID(c, 5); !ok {
		return false
	}
	o.count = 100
	for i := 6; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "COUNT") && i+1 < len(c.Args):
			const errCount = "ERR COUNT must be > 0"
			if o.count, ok = c.IntOr(i+1, errCount); !ok {
				return false
			}
			if o.count < 1 || o.count > math.MaxInt64/16 {
				c.Out.Error(errCount)
				return false
			}
			i++
		case c.Is(i, "JUSTID"):
			cl.justID = true
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}

func xautoclaim(c *command.Call) {
	cl := claim{c: c, time: c.Now, count: -1}
	var o autoClaim
	if !o.parse(c, &cl) || !cl.findGroup() {
		return
	}
	cl.open()
	c.RecordNothing() // but what each entry leads to
	c.Out.Array(3)
	mark := c.Out.Mark()
	next, deleted := o.run(&cl)
	c.Out.ArrayAt(mark, cl.claimed)
	insertID(c, mark, next)
	c.Out.Array(len(deleted))
	for _, id := range deleted {
		replyID(c, id)
	}
	c.DB.Commit(cl.cell)
}

// run claims entries. It returns the ID to go on from, 0-0 at the end, and the
// IDs of those that were deleted.
func (o *autoClaim) run(cl *claim) (next stream.ID, deleted []stream.ID) {
	const attemptsPerEntry = 10
	next, more := o.from, true
	for attempts := o.count * attemptsPerEntry; attempts > 0 && o.count > 0 && more; attempts-- {
		p, found := cl.g.NextPending(next)
		if !found {
			return stream.ID{}, deleted
		}
		next, more = p.ID.Next()
		it := cl.e.Range(p.ID, p.ID)
		switch {
		case !it.Next():
			cl.drop(p.ID)
			deleted = append(deleted, p.ID)
			o.count--
		case cl.idle(p):
			cl.take(p, &it)
			o.count--
		}
	}
	p, found := cl.g.NextPending(next)
	if !found || !more {
		return stream.ID{}, deleted
	}
	return p.ID, deleted
}

// insertID puts the reply of an ID at mark, before what was replied since.
func insertID(c *command.Call, mark int, id stream.ID) {
	end := c.Out.Mark()
	replyID(c, id)
	var room [64]byte
	text := append(room[:0], c.Out.B[end:]...)
	c.Out.B = slices.Insert(c.Out.B[:end], mark, text...)
}
