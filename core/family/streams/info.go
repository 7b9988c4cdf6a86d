package streams

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

func xinfoHelp(c *command.Call) {
	c.Help(
		"CONSUMERS <key> <groupname>",
		"    Show consumers of <groupname>.",
		"GROUPS <key>",
		"    Show the stream consumer groups.",
		"STREAM <key> [FULL [COUNT <count>]",
		"    Show information about the stream.",
	)
}

// infoStream finds the stream in argument 2; where it is not there, or of
// another type, that has been replied.
func infoStream(c *command.Call) (s stream.Stream, ok bool) {
	s, found, ok := lookup(c, c.Args[2], keyspace.ForRead)
	if ok && !found {
		c.Out.Error(command.ErrNoKey)
	}
	return s, ok && found
}

func xinfoStream(c *command.Call) {
	s, ok := infoStream(c)
	if !ok {
		return
	}
	if len(c.Args) == 3 {
		replyStream(c, s)
		return
	}
	count := int64(10)
	if n := len(c.Args); n != 4 && n != 6 || !c.Is(3, "FULL") || n == 6 && !c.Is(4, "COUNT") {
		c.SubcommandError()
		return
	}
	if len(c.Args) == 6 {
		if count, ok = c.Int(5); !ok {
			return
		}
		if count < 0 {
			count = 10
		}
	}
	replyFullStream(c, s, count)
}

// replyHeader replies what both forms of XINFO STREAM begin with: a map of more
// than these 7 pairs.
func replyHeader(c *command.Call, s stream.Stream, more int) {
	c.Out.Map(7 + more)
	field(c, "length", s.Len())
	field(c, "radix-tree-keys", s.Packs())
	field(c, "radix-tree-nodes", s.RaxNodes())
	idField(c, "last-generated-id", s.LastID())
	idField(c, "max-deleted-entry-id", s.MaxDeletedID())
	field(c, "entries-added", s.Added())
	idField(c, "recorded-first-entry-id", s.FirstID())
}

func field(c *command.Call, name string, n int64) {
	c.Out.BulkString(name)
	c.Out.Int(n)
}

func idField(c *command.Call, name string, id stream.ID) {
	c.Out.BulkString(name)
	replyID(c, id)
}

func bytesField(c *command.Call, name string, b []byte) {
	c.Out.BulkString(name)
	c.Out.Bulk(b)
}

func replyStream(c *command.Call, s stream.Stream) {
	replyHeader(c, s, 3)
	field(c, "groups", s.Groups())
	c.Out.BulkString("first-entry")
	it := s.Range(stream.ID{}, stream.MaxID)
	replyOne(c, &it)
	c.Out.BulkString("last-entry")
	it = s.RangeBack(stream.ID{}, stream.MaxID)
	replyOne(c, &it)
}

// replyOne replies the next entry, or null.
func replyOne(c *command.Call, it *stream.Iter) {
	if it.Next() {
		replyEntry(c, it)
	} else {
		c.Out.Null()
	}
}

func replyFullStream(c *command.Call, s stream.Stream, count int64) {
	replyHeader(c, s, 2)
	c.Out.BulkString("entries")
	it := s.Range(stream.ID{}, stream.MaxID)
	replyEntries(c, &it, count)
	c.Out.BulkString("groups")
	c.Out.Array(int(s.Groups()))
	s.EachGroup(func(name []byte, g stream.Group) { replyFullGroup(c, s, name, g, count) })
}

func replyFullGroup(c *command.Call, s stream.Stream, name []byte, g stream.Group, count int64) {
	c.Out.Map(7)
	bytesField(c, "name", name)
	replyProgress(c, s, g)
	field(c, "pel-count", g.Pending())

	c.Out.BulkString("pending")
	mark, n, names := c.Out.Mark(), 0, g.Names()
	g.PendingFrom(stream.ID{}, func(p stream.Pending) bool {
		if count != 0 && int64(n) == count {
			return false
		}
		c.Out.Array(4)
		replyID(c, p.ID)
		c.Out.Bulk(names.Of(p.Consumer))
		replyDeliveries(c, p)
		n++
		return true
	})
	c.Out.ArrayAt(mark, n)

	c.Out.BulkString("consumers")
	c.Out.Array(int(g.Consumers()))
	g.EachConsumer(func(name []byte, consumer stream.Consumer) { replyFullConsumer(c, name, g, consumer, count) })
}

func replyFullConsumer(c *command.Call, name []byte, g stream.Group, consumer stream.Consumer, count int64) {
	c.Out.Map(4)
	bytesField(c, "name", name)
	field(c, "seen-time", consumer.Seen)
	field(c, "pel-count", g.PendingOf(consumer.Number))
	c.Out.BulkString("pending")
	mark, n := c.Out.Mark(), 0
	g.OwnedFrom(consumer.Number, stream.ID{}, func(p stream.Pending) bool {
		if count != 0 && int64(n) == count {
			return false
		}
		c.Out.Array(3)
		replyID(c, p.ID)
		replyDeliveries(c, p)
		n++
		return true
	})
	c.Out.ArrayAt(mark, n)
}

// replyDeliveries replies when p was delivered last, and how often.
func replyDeliveries(c *command.Call, p stream.Pending) {
	c.Out.Int(p.Time)
	c.Out.Int(int64(min(p.Count, math.MaxInt64)))
}

// replyProgress replies three pairs: how far the group has read.
func replyProgress(c *command.Call, s stream.Stream, g stream.Group) {
	idField(c, "last-delivered-id", g.LastID())
	c.Out.BulkString("entries-read")
	if read := g.Read(); read != stream.Unknown {
		c.Out.Int(read)
	} else {
		c.Out.Null()
	}
	c.Out.BulkString("lag")
	if lag, ok := s.Lag(g); ok {
		c.Out.Int(lag)
	} else {
		c.Out.Null()
	}
}

func xinfoGroups(c *command.Call) {
	s, ok := infoStream(c)
	if !ok {
		return
	}
	c.Out.Array(int(s.Groups()))
	s.EachGroup(func(name []byte, g stream.Group) {
		c.Out.Map(6)
		bytesField(c, "name", name)
		field(c, "consumers", g.Consumers())
		field(c, "pending", g.Pending())
		replyProgress(c, s, g)
	})
}

func xinfoConsumers(c *command.Call) {
	s, ok := infoStream(c)
	if !ok {
		return
	}
	g, found := s.Group(c.Args[3])
	if !found {
		noGroupForKey(c)
		return
	}
	c.Out.Array(int(g.Consumers()))
	g.EachConsumer(func(name []byte, consumer stream.Consumer) {
		c.Out.Map(3)
		bytesField(c, "name", name)
		field(c, "pending", g.PendingOf(consumer.Number))
		field(c, "idle", max(c.Now-consumer.Seen, 0))
	})
}
