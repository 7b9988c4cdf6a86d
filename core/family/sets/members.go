package sets

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/set"
)

// lookup finds the set at key. found is false if there is none; ok is false if
// there is something else, which has been replied.
func lookup(c *command.Call, key []byte, how keyspace.Access) (s set.Set, found, ok bool) {
	e, found := c.DB.Find(key, how)
	if !found {
		return s, false, true
	}
	if e.Type() != value.TypeSet {
		c.Out.Error(command.ErrWrongType)
		return s, true, false
	}
	return set.Of(e.Space(), e.Kind(), e.Value()), true, true
}

// change is lookup of a set that is to be changed.
func change(c *command.Call, key []byte) (cell *value.Cell, found, ok bool) {
	cell, found = c.DB.Change(key, keyspace.ForWrite)
	if found && cell.Kind.Type() != value.TypeSet {
		c.Out.Error(command.ErrWrongType)
		return nil, true, false
	}
	return cell, found, true
}

// begin is change that makes a set where there is none.
func begin(c *command.Call, key []byte) (cell *value.Cell, ok bool) {
	cell, found, ok := change(c, key)
	if !found {
		cell = c.DB.New(key)
		set.New(cell)
	}
	return cell, ok
}

// finish stores the set of key after members were removed, or deletes the key
// if none is left. It tells which.
func finish(c *command.Call, key []byte, cell *value.Cell) (deleted bool) {
	empty := set.OfCell(cell).Len() == 0
	c.DB.Commit(cell) // before Delete, which frees what the entry names
	return empty && c.DB.Delete(key)
}

// reply appends a member and returns its text, which is in the reply and so
// outlives a change of the set until more is replied.
func reply(w *resp.Writer, m set.Member) (text []byte) {
	if m.Text != nil {
		w.Bulk(m.Text)
		return w.B[len(w.B)-2-len(m.Text) : len(w.B)-2]
	}
	mark := len(w.B)
	w.BulkInt(m.Int)
	text = w.B[mark : len(w.B)-2]
	return text[bytes.IndexByte(text, '\n')+1:]
}

func sadd(c *command.Call) {
	key := c.Args[1]
	cell, ok := begin(c, key)
	if !ok {
		return
	}
	added := 0
	for _, m := range c.Args[2:] {
		if set.Add(cell, m) {
			added++
		}
	}
	c.DB.Commit(cell)
	if added > 0 {
		c.Changed(keyspace.EventSet, "sadd", key, added)
	}
	c.Out.Int(int64(added))
}

func srem(c *command.Call) {
	key := c.Args[1]
	cell, found, ok := change(c, key)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(0)
		return
	}
	removed := 0
	for _, m := range c.Args[2:] {
		if set.Remove(cell, m) {
			removed++
		}
	}
	deleted := finish(c, key, cell)
	if removed > 0 {
		c.Changed(keyspace.EventSet, "srem", key, removed)
	}
	if deleted {
		c.Changed(keyspace.EventGeneric, "del", key, 0)
	}
	c.Out.Int(int64(removed))
}

func smove(c *command.Call) {
	from, to, m := c.Args[1], c.Args[2], c.Args[3]
	c.DB.Settle(from, to)
	src, found, ok := lookup(c, from, keyspace.ForWrite)
	if !found {
		c.Out.Int(0)
		return
	}
	if !ok {
		return
	}
	if _, _, ok = lookup(c, to, keyspace.ForWrite); !ok {
		return
	}
	if !src.Has(m) {
		c.Out.Int(0)
		return
	}
	if !bytes.Equal(from, to) {
		move(c, from, to, m)
	}
	c.Out.Int(1)
}

// move moves the member m to another key; both are sets, or to is absent.
func move(c *command.Call, from, to, m []byte) {
	cell, _ := c.DB.Change(from, keyspace.Peek)
	set.Remove(cell, m)
	deleted := finish(c, from, cell)
	c.Changed(keyspace.EventSet, "srem", from, 1)
	if deleted {
		c.Changed(keyspace.EventGeneric, "del", from, 0)
	}
	cell, _ = begin(c, to)
	added := set.Add(cell, m)
	c.DB.Commit(cell)
	if added {
		c.Changed(keyspace.EventSet, "sadd", to, 1)
	}
}

func sismember(c *command.Call) {
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if ok {
		replyHas(c, found && s.Has(c.Args[2]))
	}
}

func smismember(c *command.Call) {
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	c.Out.Array(len(c.Args) - 2)
	for _, m := range c.Args[2:] {
		replyHas(c, found && s.Has(m))
	}
}

func replyHas(c *command.Call, has bool) {
	if has {
		c.Out.Int(1)
	} else {
		c.Out.Int(0)
	}
}

func scard(c *command.Call) {
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	switch {
	case !ok:
	case found:
		c.Out.Int(s.Len())
	default:
		c.Out.Int(0)
	}
}

func smembers(c *command.Call) {
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	switch {
	case !ok:
	case found:
		replySet(c, s)
	default:
		c.Out.Set(0)
	}
}

// replySet replies all members.
func replySet(c *command.Call, s set.Set) {
	c.Out.Set(int(s.Len()))
	s.Each(func(m set.Member) bool {
		reply(c.Out, m)
		return true
	})
}

func sscan(c *command.Call) {
	cursor, ok := c.ScanCursor(2)
	if !ok {
		return
	}
	s, found, ok := lookup(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	var members resp.Writer
	if !found {
		c.ReplyScan(0, 0, &members)
		return
	}
	o, ok := c.ScanOptions(3, command.ScanNone)
	if !ok {
		return
	}
	n := 0
	var room [20]byte
	next := s.Scan(cursor, o.Count, func(m set.Member) {
		if o.Match(m.Bytes(room[:])) {
			reply(&members, m)
			n++
		}
	})
	c.ReplyScan(next, n, &members)
}
