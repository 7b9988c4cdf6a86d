package streams

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// lookup finds the stream at key, which may be absent but not of another type:
// that has been replied as an error where ok is false.
func lookup(c *command.Call, key []byte, how keyspace.Access) (s stream.Stream, found, ok bool) {
	e, found := c.DB.Find(key, how)
	if !found {
		return s, false, true
	}
	if e.Type() != value.TypeStream {
		c.Out.Error(command.ErrWrongType)
		return s, true, false
	}
	return stream.Of(e.Space(), e.Kind(), e.Value()), true, true
}

// change opens the stream at key, which is there. The cell is to be committed.
func change(c *command.Call, key []byte) (*value.Cell, stream.Editor) {
	cell, _ := c.DB.Change(key, keyspace.Peek)
	return cell, stream.Edit(cell)
}

// changeGroup opens a group that is there, of a stream that is there.
func changeGroup(c *command.Call, key, group []byte) (*value.Cell, stream.Editor, stream.GroupEditor) {
	cell, e := change(c, key)
	g, _ := e.EditGroup(group)
	return cell, e, g
}

// replyEntry replies the entry that it is at.
func replyEntry(c *command.Call, it *stream.Iter) {
	c.Out.Array(2)
	replyID(c, it.ID())
	n := 2 * it.Fields()
	c.Out.Array(n)
	for range n {
		if b, number, isInt := it.Elem(); isInt {
			c.Out.BulkInt(number)
		} else {
			c.Out.Bulk(b)
		}
	}
}

// replyEntries replies an array of at most count entries, of all if count is 0.
func replyEntries(c *command.Call, it *stream.Iter, count int64) {
	mark, n := c.Out.Mark(), 0
	for (count == 0 || int64(n) < count) && it.Next() {
		replyEntry(c, it)
		n++
	}
	c.Out.ArrayAt(mark, n)
}
