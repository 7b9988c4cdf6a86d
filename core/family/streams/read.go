package streams

import (
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// reading is what XREAD and XREADGROUP ask for. Arguments are meant by their
// index, so that it holds while the client waits, for copies of them.
type reading struct {
	group  bool // it is XREADGROUP
	name   int  // of the group; the consumer's follows
	noAck  bool
	count  int64 // 0 for all
	wait   int64 // in ms, 0 for ever, -1 not at all
	keys   int   // the first one
	n      int   // how many there are; the IDs follow
	after  []stream.ID
	served int // how many streams the reply has
}

// newEntries is the ID that stands for ">".
var newEntries = stream.MaxID

func xread(c *command.Call)      { read(c, false) }
func xreadgroup(c *command.Call) { read(c, true) }

func read(c *command.Call, group bool) {
	var room [8]stream.ID
	r := reading{group: group, wait: -1}
	if !r.parse(c) {
		return
	}
	var ok bool
	if r.after, ok = r.resolve(c, room[:0]); !ok {
		return
	}
	if group {
		c.RecordNothing() // but what becomes of each entry
	}
	mark := c.Out.Mark()
	for i := range r.n {
		r.serve(c, i)
	}
	switch {
	case r.served == 0 && r.wait < 0:
		c.Out.NullArray()
	case r.served == 0:
		r.block(c)
	case c.Out.Proto == 3:
		c.Out.MapAt(mark, r.served)
	default:
		c.Out.ArrayAt(mark, r.served)
	}
}

// parse reads the options; where they are wrong that has been replied.
func (r *reading) parse(c *command.Call) bool {
	for i := 1; i < len(c.Args) && r.keys == 0; {
		n := r.option(c, i)
		if n == 0 {
			return false
		}
		i += n
	}
	switch {
	case r.keys == 0:
		c.Out.Error(command.ErrSyntax)
	case r.group && r.name == 0:
		c.Out.Error("ERR Missing GROUP option for XREADGROUP")
	default:
		return true
	}
	return false
}

// option reads the option at i and returns how many arguments it has; 0 if it is
// wrong, which has been replied.
func (r *reading) option(c *command.Call, i int) int {
	more, ok := len(c.Args)-1-i, true
	switch {
	case c.Is(i, "BLOCK") && more > 0:
		if c.Scripted {
			c.Out.Errorf("ERR %s command is not allowed with BLOCK option from scripts", c.Args[0])
			return 0
		}
		r.wait, ok = c.TimeoutMillis(i + 1)
	case c.Is(i, "COUNT") && more > 0:
		r.count, ok = c.Int(i + 1)
		r.count = max(r.count, 0)
	case c.Is(i, "STREAMS") && more > 0:
		if more%2 != 0 {
			c.Out.Error("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.")
			return 0
		}
		r.keys, r.n = i+1, more/2
	case c.Is(i, "GROUP") && more >= 2:
		if !r.group {
			c.Out.Error("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
			return 0
		}
		r.name = i + 1
		return 3
	case c.Is(i, "NOACK"):
		if !r.group {
			c.Out.Error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
			return 0
		}
		r.noAck = true
		return 1
	default:
		c.Out.Error(command.ErrSyntax)
		return 0
	}
	if !ok {
		return 0
	}
	return 2
}

// resolve appends the IDs behind which entries are asked for to after; where one
// is wrong, or a key or group is missing, that has been replied.
func (r *reading) resolve(c *command.Call, after []stream.ID) ([]stream.ID, bool) {
	for i := range r.n {
		key, arg := c.Args[r.keys+i], c.Args[r.keys+r.n+i]
		s, found, ok := lookup(c, key, keyspace.ForRead)
		if !ok {
			return nil, false
		}
		if r.group {
			if found {
				_, found = s.Group(c.Args[r.name])
			}
			if !found {
				c.Out.Errorf("NOGROUP No such key '%s' or consumer group '%s' in XREADGROUP with GROUP option", key, c.Args[r.name])
				return nil, false
			}
		}
		id, ok := r.behind(c, s, found, arg)
		if !ok {
			return nil, false
		}
		after = append(after, id)
	}
	return after, true
}

// behind reads one ID of a stream that may not be there.
func (r *reading) behind(c *command.Call, s stream.Stream, found bool, arg []byte) (id stream.ID, ok bool) {
	special := string(word(arg))
	switch {
	case r.group && (special == "$" || special == "+"):
		c.Out.Error("ERR The " + special + " ID is meaningless in the context of XREADGROUP: you want to read the history of" +
			" this consumer by specifying a proper ID, or use the > ID to get new messages. The " + special + " ID would" +
			" just return an empty result set.")
		return id, false
	case special == "$" && found:
		return s.LastID(), true
	case special == "+" && found && s.Len() > 0:
		id, _ = s.LastEntryID().Prev()
		return id, true
	case special == "$", special == "+":
		return id, true
	case special == ">" && !r.group:
		c.Out.Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
		return id, false
	case special == ">":
		return newEntries, true
	}
	if id, ok = parseStrictID(arg, 0); !ok {
		c.Out.Error(errInvalidID)
	}
	return id, ok
}

// serve replies what the i-th stream has, if it has something.
func (r *reading) serve(c *command.Call, i int) {
	key, after := c.Args[r.keys+i], r.after[i]
	e, found := c.DB.Find(key, keyspace.ForRead)
	if !found {
		return
	}
	s := stream.Of(e.Space(), e.Kind(), e.Value())
	history := r.group && after != newEntries
	if r.group && !history {
		g, _ := s.Group(c.Args[r.name])
		after = g.LastID()
	}
	if !history && (s.Len() == 0 || !after.Less(s.LastEntryID())) {
		return
	}
	r.served++
	if c.Out.Proto != 3 {
		c.Out.Array(2)
	}
	c.Out.Bulk(key)
	after, _ = after.Next()
	switch {
	case !r.group:
		it := s.Range(after, stream.MaxID)
		replyEntries(c, &it, r.count)
	case history:
		r.replyHistory(c, key, after)
	default:
		r.deliver(c, key, after)
	}
	if r.group {
		c.AddDirty(1)
	}
}

// consumer returns the number of the consumer, which is made if need be, and
// whether it was.
func (r *reading) consumer(c *command.Call, key []byte, g stream.GroupEditor) (number uint32, made bool) {
	_, there := g.Consumer(c.Args[r.name+1])
	return seeConsumer(c, key, g, c.Args[r.name+1]), !there
}

// seeConsumer returns the number of the consumer with this name, which has just
// been seen, and is made if need be.
func seeConsumer(c *command.Call, key []byte, g stream.GroupEditor, name []byte) uint32 {
	number, found := g.See(name, c.Now)
	if !found {
		number, _ = g.CreateConsumer(name, c.Now)
		c.Event(keyspace.EventStream, "xgroup-createconsumer", key, 1)
	}
	return number
}

// deliver replies the entries from an ID on, and gives them to the consumer.
func (r *reading) deliver(c *command.Call, key []byte, from stream.ID) {
	cell, e, g := changeGroup(c, key, c.Args[r.name])
	consumer, made := r.consumer(c, key, g)
	if made && r.noAck {
		r.recordConsumer(c, key)
	}
	mark, n, last := c.Out.Mark(), 0, g.LastID()
	for it := e.Range(from, stream.MaxID); (r.count == 0 || int64(n) < r.count) && it.Next(); n++ {
		id := it.ID()
		if g.LastID().Less(id) {
			e.Deliver(g, id)
		}
		replyEntry(c, &it)
		if !r.noAck {
			p := stream.Pending{ID: id, Consumer: consumer, Time: c.Now, Count: 1}
			g.SetPending(p)
			recordClaim(c, key, c.Args[r.name], c.Args[r.name+1], p, g.LastID())
		}
	}
	if r.noAck && last != g.LastID() {
		recordGroup(c, key, c.Args[r.name], g)
	}
	c.Out.ArrayAt(mark, n)
	c.DB.Commit(cell)
}

// replyHistory replies the entries from an ID on that the consumer has got and
// not acknowledged. Of those that are deleted there is only the ID.
func (r *reading) replyHistory(c *command.Call, key []byte, from stream.ID) {
	cell, e, g := changeGroup(c, key, c.Args[r.name])
	mark, n := c.Out.Mark(), 0
	consumer, made := r.consumer(c, key, g)
	if made {
		r.recordConsumer(c, key)
	}
	g.OwnedFrom(consumer, from, func(p stream.Pending) bool {
		if it := e.Range(p.ID, p.ID); it.Next() {
			replyEntry(c, &it)
			p.Time = c.Now
			p.Count++
			g.SetPending(p)
			// Redis keeps to itself that an entry was delivered once more.
			recordClaim(c, key, c.Args[r.name], c.Args[r.name+1], p, g.LastID())
		} else {
			c.Out.Array(2)
			replyID(c, p.ID)
			c.Out.NullArray()
		}
		n++
		return r.count == 0 || int64(n) < r.count
	})
	c.Out.ArrayAt(mark, n)
	c.DB.Commit(cell)
}

// block has the client wait for entries.
func (r *reading) block(c *command.Call) {
	waiting := reading{
		group: r.group, name: r.name, noAck: r.noAck, count: r.count, keys: r.keys, n: r.n,
		after: append([]stream.ID(nil), r.after...),
	}
	if waiting.count == 0 {
		waiting.count = 1000 // a client that comes back late is not to get all
	}
	c.Block(command.Block{
		Keys: c.Args[r.keys : r.keys+r.n], Type: value.TypeStream, Timeout: r.wait,
		Gone: r.group, Serve: waiting.serveBlocked,
	})
}

// serveBlocked replies to a client that waits for key, if it has something new.
func (r *reading) serveBlocked(c *command.Call, key []byte) bool {
	e, found := c.DB.Find(key, keyspace.Peek)
	if !found || e.Type() != value.TypeStream {
		if r.group {
			c.Out.Error("UNBLOCKED the stream key no longer exists")
		}
		return r.group
	}
	c.RecordNothing() // but what becomes of each entry
	s := stream.Of(e.Space(), e.Kind(), e.Value())
	i := slices.IndexFunc(c.Args[r.keys:r.keys+r.n], func(k []byte) bool { return string(k) == string(key) })
	after := r.after[i]
	if r.group {
		g, found := s.Group(c.Args[r.name])
		if !found {
			c.Out.Error("NOGROUP the consumer group this client was blocked on no longer exists")
			return true
		}
		after = g.LastID()
	}
	if !after.Less(s.LastID()) {
		return false
	}
	if c.Out.Proto == 3 {
		c.Out.Map(1)
	} else {
		c.Out.Array(1)
		c.Out.Array(2)
	}
	c.Out.Bulk(key)
	after, _ = after.Next()
	if r.group {
		r.deliver(c, key, after)
		return true
	}
	it := s.Range(after, stream.MaxID)
	replyEntries(c, &it, r.count)
	return true
}
