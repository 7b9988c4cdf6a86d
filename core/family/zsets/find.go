package zsets

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// find looks up the sorted set at key for reading. Where the key holds another
// type that has been replied, and ok is false.
func find(c *command.Call, key []byte) (z zset.ZSet, found, ok bool) {
	e, found := c.DB.Find(key, keyspace.ForRead)
	if !found {
		return z, false, true
	}
	if e.Type() != value.TypeZSet {
		c.Out.Error(command.ErrWrongType)
		return z, false, false
	}
	return zset.Of(e.Space(), e.Kind(), e.Value()), true, true
}

// change opens the sorted set at key for writing, as find does for reading. The
// caller ends with finish.
func change(c *command.Call, key []byte) (cell *value.Cell, found, ok bool) {
	cell, found = c.DB.Change(key, keyspace.ForWrite)
	if found && cell.Kind.Type() != value.TypeZSet {
		c.Out.Error(command.ErrWrongType)
		return nil, false, false
	}
	return cell, found, true
}

// finish stores what ed changed at key, or deletes the key if the set is empty
// now, which it tells.
func finish(c *command.Call, key []byte, cell *value.Cell, ed *zset.Editor) (deleted bool) {
	if ed.Close() {
		c.DB.Delete(key)
		return true
	}
	c.DB.Commit(cell)
	return false
}

// removed reports n members that left the set at key, and the key if it is gone.
func removed(c *command.Call, event string, key []byte, n int, deleted bool) {
	c.Changed(keyspace.EventZSet, event, key, n)
	if deleted {
		c.Changed(keyspace.EventGeneric, "del", key, 0)
	}
}

// deleteKey removes the destination of a command whose result is empty.
func deleteKey(c *command.Call, key []byte) {
	if c.DB.Delete(key) {
		c.Changed(keyspace.EventGeneric, "del", key, 1)
	}
	c.Out.Int(0)
}
