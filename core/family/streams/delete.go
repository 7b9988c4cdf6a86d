package streams

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

func xdel(c *command.Call) {
	_, found, ok := lookup(c, c.Args[1], keyspace.ForWrite)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(0)
		return
	}
	if !strictIDs(c, 2) {
		return
	}
	cell, e := change(c, c.Args[1])
	deleted := 0
	for _, arg := range c.Args[2:] {
		if id, _ := parseStrictID(arg, 0); e.Delete(id) {
			deleted++
		}
	}
	c.DB.Commit(cell)
	if deleted > 0 {
		c.Changed(keyspace.EventStream, "xdel", c.Args[1], deleted)
	}
	c.Out.Int(int64(deleted))
}

// setIDOptions are those of XSETID.
type setIDOptions struct {
	id, maxDeleted stream.ID
	added          int64 // -1 if it is not given
}

func (o *setIDOptions) parse(c *command.Call) (ok bool) {
	if o.id, ok = strictID(c, 2); !ok {
		return false
	}
	o.added = -1
	for i := 3; i < len(c.Args); i += 2 {
		switch {
		case i+1 < len(c.Args) && c.Is(i, "ENTRIESADDED"):
			if o.added, ok = c.Int(i + 1); !ok {
				return false
			}
			if o.added < 0 {
				c.Out.Error("ERR entries_added must be positive")
				return false
			}
		case i+1 < len(c.Args) && c.Is(i, "MAXDELETEDID"):
			if o.maxDeleted, ok = strictID(c, i+1); !ok {
				return false
			}
			if o.id.Less(o.maxDeleted) {
				c.Out.Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
				return false
			}
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}

func xsetid(c *command.Call) {
	var o setIDOptions
	if !o.parse(c) {
		return
	}
	s, found, ok := lookup(c, c.Args[1], keyspace.ForWrite)
	switch {
	case !ok:
		return
	case !found:
		c.Out.Error(command.ErrNoKey)
		return
	case s.Len() > 0 && o.id.Less(s.LastEntryID()):
		c.Out.Error("ERR The ID specified in XSETID is smaller than the target stream top item")
		return
	case s.Len() > 0 && o.added != -1 && s.Len() > o.added:
		c.Out.Error("ERR The entries_added specified in XSETID is smaller than the target stream length")
		return
	}
	cell, e := change(c, c.Args[1])
	e.SetLastID(o.id)
	if o.added != -1 {
		e.SetAdded(o.added)
	}
	if !o.maxDeleted.IsZero() {
		e.SetMaxDeletedID(o.maxDeleted)
	}
	c.DB.Commit(cell)
	c.Out.OK()
	c.Event(keyspace.EventStream, "xsetid", c.Args[1], 1)
}
