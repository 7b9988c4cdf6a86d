package lists

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// change opens a list to be changed; ok is false if there is none or, which has
// been replied as an error, something else.
func change(c *command.Call, key []byte) (cell *value.Cell, found, ok bool) {
	cell, found = c.DB.Change(key, keyspace.ForWrite)
	if found && cell.Kind.Type() != value.TypeList {
		c.Out.Error(command.ErrWrongType)
		return nil, true, false
	}
	return cell, found, true
}

func read(cell *value.Cell) list.List { return list.Of(cell.Space, cell.Kind, cell.B) }

// event is the name of the event of a push or pop at an end.
func event(name string, head bool) string {
	switch {
	case name == "push" && head:
		return "lpush"
	case name == "push":
		return "rpush"
	case head:
		return "lpop"
	}
	return "rpop"
}

// push is LPUSH and its like; with exist the key must be there.
func push(head, exist bool) command.Handler {
	return func(c *command.Call) {
		cell, found, ok := change(c, c.Args[1])
		switch {
		case !ok:
			return
		case !found && exist:
			c.Out.Int(0)
			return
		case !found:
			cell = c.DB.New(c.Args[1])
			list.New(cell)
		}
		n := list.Push(cell, head, c.Args[2:])
		c.DB.Commit(cell)
		c.Out.Int(n)
		c.Changed(keyspace.EventList, event("push", head), c.Args[1], len(c.Args)-2)
	}
}

// drop removes n elements at an end of the list of key, and the key with the
// last of them. It counts as so many changes.
func drop(c *command.Call, key []byte, cell *value.Cell, head bool, n int64, changes int) {
	l := read(cell)
	left := l.Len() - n
	if left > 0 {
		list.Drop(cell, head, n)
		c.DB.Commit(cell)
	}
	c.Changed(keyspace.EventList, event("pop", head), key, changes)
	if left == 0 {
		remove(c, key)
	}
}

// remove deletes the key of an empty list.
func remove(c *command.Call, key []byte) {
	c.DB.Delete(key)
	c.Changed(keyspace.EventGeneric, "del", key, 0)
}

// pop is LPOP and RPOP.
func pop(head bool) command.Handler {
	return func(c *command.Call) {
		count, counted, ok := popCount(c)
		if !ok {
			return
		}
		cell, found, ok := change(c, c.Args[1])
		switch {
		case !ok:
		case !found && counted:
			c.Out.NullArray()
		case !found:
			c.Out.Null()
		case !counted:
			replyEnd(c, cell, head)
			drop(c, c.Args[1], cell, head, 1, 1)
		case count == 0:
			c.Out.Array(0)
		default:
			popRange(c, c.Args[1], cell, head, count)
		}
	}
}

// popCount reads the optional count.
func popCount(c *command.Call) (count int64, counted, ok bool) {
	switch len(c.Args) {
	case 2:
		return 1, false, true
	case 3:
		count, ok = atLeast(c, 2, 0, errPositive)
		return count, true, ok
	}
	c.Out.Errorf("ERR wrong number of arguments for '%s' command", c.Row.Name)
	return 0, false, false
}

// replyEnd replies the first or the last element.
func replyEnd(c *command.Call, cell *value.Cell, head bool) {
	l := read(cell)
	b, n, isInt := l.End(!head)
	reply(c, b, n, isInt)
}

// popRange replies and removes up to count elements, from the end inwards.
func popRange(c *command.Call, key []byte, cell *value.Cell, head bool, count int64) {
	l := read(cell)
	n := min(count, l.Len())
	if head {
		replyRange(c, &l, 0, n, false)
	} else {
		replyRange(c, &l, l.Len()-1, n, true)
	}
	drop(c, key, cell, head, n, int(n))
}

func lset(c *command.Call) {
	l, found, ok := find(c, c.Args[1], keyspace.ForWrite)
	if !ok {
		return
	}
	if !found {
		c.Out.Error(command.ErrNoKey)
		return
	}
	i, ok := c.Int(2)
	if !ok {
		return
	}
	n := l.Len()
	if i = fromEnd(i, n); i < 0 || i >= n {
		c.Out.Error(command.ErrOutOfRange)
		return
	}
	cell, _ := c.DB.Change(c.Args[1], keyspace.Peek)
	list.Set(cell, i, c.Args[3])
	c.DB.Commit(cell)
	c.Out.OK()
	c.Changed(keyspace.EventList, "lset", c.Args[1], 1)
}

func linsert(c *command.Call) {
	after := int64(0)
	switch {
	case c.Is(2, "AFTER"):
		after = 1
	case !c.Is(2, "BEFORE"):
		c.Out.Error(command.ErrSyntax)
		return
	}
	l, found, ok := find(c, c.Args[1], keyspace.ForWrite)
	if !ok {
		return
	}
	if !found {
		c.Out.Int(0)
		return
	}
	pivot := list.Seeking(c.Args[3])
	i := l.Index(&pivot)
	if i < 0 {
		c.Out.Int(-1)
		return
	}
	n := l.Len() + 1
	cell, _ := c.DB.Change(c.Args[1], keyspace.Peek)
	list.Insert(cell, i+after, c.Args[4])
	c.DB.Commit(cell)
	c.Changed(keyspace.EventList, "linsert", c.Args[1], 1)
	c.Out.Int(n)
}

func lrem(c *command.Call) {
	limit, ok := c.Int(2)
	if !ok {
		return
	}
	l, found, ok := find(c, c.Args[1], keyspace.ForWrite)
	if !ok {
		return
	}
	sought := list.Seeking(c.Args[3])
	if !found || l.Index(&sought) < 0 {
		c.Out.Int(0)
		return
	}
	n := l.Len()
	cell, _ := c.DB.Change(c.Args[1], keyspace.Peek)
	removed := list.Remove(cell, &sought, max(limit, -limit), limit < 0)
	if removed < n {
		c.DB.Commit(cell)
	}
	c.Changed(keyspace.EventList, "lrem", c.Args[1], int(removed))
	if removed == n {
		remove(c, c.Args[1])
	}
	c.Out.Int(removed)
}

func ltrim(c *command.Call) {
	first, ok := c.Int(2)
	if !ok {
		return
	}
	last, ok := c.Int(3)
	if !ok {
		return
	}
	cell, found, ok := change(c, c.Args[1])
	if !ok {
		return
	}
	if !found {
		c.Out.OK()
		return
	}
	l := read(cell)
	n := l.Len()
	from, to := interval(first, last, n)
	if from < to {
		list.Drop(cell, left, from)
		list.Drop(cell, right, n-to)
		c.DB.Commit(cell)
	}
	c.Changed(keyspace.EventList, "ltrim", c.Args[1], int(n-(to-from)))
	if from == to {
		remove(c, c.Args[1])
	}
	c.Out.OK()
}
