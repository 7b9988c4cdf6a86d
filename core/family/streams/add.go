package streams

import (
	"bytes"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

const errNotGreater = "ERR The ID specified in XADD is equal or smaller than the target stream top item"

func xadd(c *command.Call) {
	var o addOptions
	if !o.parse(c) {
		return
	}
	pairs := c.Args[min(o.at+1, len(c.Args)):]
	if len(pairs) < 2 || len(pairs)%2 == 1 {
		c.Out.Error("ERR wrong number of arguments for '" + c.Row.FullName + "' command")
		return
	}
	if o.given && !o.autoSeq && o.id.IsZero() {
		c.Out.Error("ERR The ID specified in XADD must be greater than 0-0")
		return
	}
	cell := o.open(c)
	if cell == nil {
		return
	}
	e := stream.Edit(cell)
	if e.LastID() == stream.MaxID {
		c.Out.Error("ERR The stream has exhausted the last possible ID, unable to add more items")
		return
	}
	id, ok := o.newID(c, e.Stream)
	if !ok {
		c.Out.Error(errNotGreater)
		return
	}
	if !e.Append(id, pairs) {
		c.Out.Error("ERR Elements are too large to be stored")
		return
	}
	trimmed := e.Trim(o.trim)
	c.DB.Commit(cell)
	mark := c.Out.Mark()
	replyID(c, id)
	_, replied, _ := bytes.Cut(c.Out.B[mark:len(c.Out.B)-2], []byte("\n"))
	c.Changed(keyspace.EventStream, "xadd", c.Args[1], 1)
	if trimmed > 0 {
		c.Event(keyspace.EventStream, "xtrim", c.Args[1], 0)
	}
	if c.Recording() && (!o.given || o.autoSeq || o.trim.Whole) {
		var room [16][]byte
		args := append(room[:0], c.Args...)
		args[o.at] = replied
		o.exactly(args, e.Stream)
		c.RecordAs(args...)
	}
}

// exactly makes "~" in args, whose effect depends on how entries lie, "=" with
// what has come of it.
func (o *trimOptions) exactly(args [][]byte, s stream.Stream) {
	switch {
	case !o.trim.Whole:
		return
	case o.trim.ByLength:
		args[o.bound] = strconv.AppendInt(nil, s.Len(), 10)
	default:
		args[o.bound] = s.FirstPackedID().AppendTo(nil)
	}
	args[o.bound-1] = []byte("=")
}

// open returns the stream to add to, a new one if there is none; nil, where it
// has replied, if there is to be none.
func (o *addOptions) open(c *command.Call) *value.Cell {
	cell, found := c.DB.Change(c.Args[1], keyspace.ForWrite)
	switch {
	case found && cell.Kind.Type() != value.TypeStream:
		c.Out.Error(command.ErrWrongType)
		return nil
	case found:
		return cell
	case o.noMakeStream:
		c.Out.Null()
		return nil
	}
	cell = c.DB.New(c.Args[1])
	stream.New(cell)
	return cell
}

// newID is the ID of the entry to add; ok is false if it would not be the
// greatest.
func (o *addOptions) newID(c *command.Call, s stream.Stream) (id stream.ID, ok bool) {
	switch {
	case !o.given:
		return s.NextID(uint64(c.Now))
	case o.autoSeq:
		return s.NextIDAt(o.id.Ms)
	}
	return o.id, s.LastID().Less(o.id)
}

func xtrim(c *command.Call) {
	var o trimOptions
	for i := 2; i < len(c.Args); i++ {
		n, ok := o.word(c, i)
		if !ok {
			return
		}
		if n == 0 {
			c.Out.Error(command.ErrSyntax)
			return
		}
		i += n - 1
	}
	if !o.finish(c, true) {
		return
	}
	_, found, ok := lookup(c, c.Args[1], keyspace.ForWrite)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(0)
		return
	}
	cell, e := change(c, c.Args[1])
	n := e.Trim(o.trim)
	c.DB.Commit(cell)
	if n > 0 {
		c.Changed(keyspace.EventStream, "xtrim", c.Args[1], int(n))
	}
	if n > 0 && o.trim.Whole && c.Recording() {
		args := append([][]byte(nil), c.Args...)
		o.exactly(args, e.Stream)
		c.RecordAs(args...)
	}
	c.Out.Int(n)
}
