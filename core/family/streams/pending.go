package streams

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

func xack(c *command.Call) {
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	if found {
		_, found = s.Group(c.Args[2])
	}
	if !found {
		c.Out.Int(0)
		return
	}
	if !strictIDs(c, 3) {
		return
	}
	cell, _, g := changeGroup(c, c.Args[1], c.Args[2])
	acknowledged := int64(0)
	for _, arg := range c.Args[3:] {
		if id, _ := parseStrictID(arg, 0); g.Acknowledge(id) {
			acknowledged++
		}
	}
	c.DB.Commit(cell)
	c.AddDirty(acknowledged)
	c.Out.Int(acknowledged)
}

// pendingOptions are those of XPENDING's long form.
type pendingOptions struct {
	from, to stream.ID
	count    int64
	minIdle  int64
	consumer int // the argument with its name, 0 for all
}

func (o *pendingOptions) parse(c *command.Call) (ok bool) {
	at := 3
	if c.Is(at, "IDLE") {
		if o.minIdle, ok = c.Int(4); !ok {
			return false
		}
		if len(c.Args) < 8 {
			c.Out.Error(command.ErrSyntax)
			return false
		}
		at = 5
	}
	if o.count, ok = c.Int(at + 2); !ok {
		return false
	}
	if o.from, ok = startID(c, at); !ok {
		return false
	}
	if o.to, ok = endID(c, at+1); !ok {
		return false
	}
	if at+3 < len(c.Args) {
		o.consumer = at + 3
	}
	return true
}

func xpending(c *command.Call) {
	n := len(c.Args)
	if n != 3 && (n < 6 || n > 9) {
		c.Out.Error(command.ErrSyntax)
		return
	}
	var o pendingOptions
	if n > 3 && !o.parse(c) {
		return
	}
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	var g stream.Group
	if found {
		g, found = s.Group(c.Args[2])
	}
	switch {
	case !found:
		noGroup(c)
	case n == 3:
		replyPendingSummary(c, g)
	default:
		o.reply(c, g)
	}
}

// noGroup replies that there is no group with the name in argument 2 at the key
// in argument 1.
func noGroup(c *command.Call) {
	c.Out.Errorf("NOGROUP No such key '%s' or consumer group '%s'", c.Args[1], c.Args[2])
}

func replyPendingSummary(c *command.Call, g stream.Group) {
	c.Out.Array(4)
	c.Out.Int(g.Pending())
	if g.Pending() == 0 {
		c.Out.Null()
		c.Out.Null()
		c.Out.NullArray()
		return
	}
	replyID(c, g.FirstPending())
	replyID(c, g.LastPending())
	mark, n := c.Out.Mark(), 0
	g.EachConsumer(func(name []byte, consumer stream.Consumer) {
		if pending := g.PendingOf(consumer.Number); pending > 0 {
			c.Out.Array(2)
			c.Out.Bulk(name)
			c.Out.BulkInt(pending)
			n++
		}
	})
	c.Out.ArrayAt(mark, n)
}

// reply replies what is pending, each with its consumer, for how long it has been
// idle, and how often it was delivered.
func (o *pendingOptions) reply(c *command.Call, g stream.Group) {
	var consumer stream.Consumer
	if o.consumer > 0 {
		var found bool
		if consumer, found = g.Consumer(c.Args[o.consumer]); !found {
			c.Out.Array(0)
			return
		}
	}
	mark, n, names := c.Out.Mark(), 0, g.Names()
	each := func(p stream.Pending) bool {
		if int64(n) >= o.count || o.to.Less(p.ID) {
			return false
		}
		if o.minIdle != 0 && c.Now-p.Time < o.minIdle {
			return true
		}
		c.Out.Array(4)
		replyID(c, p.ID)
		c.Out.Bulk(names.Of(p.Consumer))
		c.Out.Int(max(c.Now-p.Time, 0))
		c.Out.Int(int64(min(p.Count, math.MaxInt64)))
		n++
		return true
	}
	if o.consumer > 0 {
		g.OwnedFrom(consumer.Number, o.from, each)
	} else {
		g.PendingFrom(o.from, each)
	}
	c.Out.ArrayAt(mark, n)
}
