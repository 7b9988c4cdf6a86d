package strings

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// lookup finds argument 1, which may be absent but not of another type: that
// has been replied as an error where ok is false.
func lookup(c *command.Call, how keyspace.Access) (s value.String, found, ok bool) {
	e, found := c.DB.Find(c.Args[1], how)
	if !found {
		return s, false, true
	}
	if e.Type() != value.TypeString {
		c.Out.Error(command.ErrWrongType)
		return s, true, false
	}
	return e.String(), true, true
}

// bulk replies s, copied once.
func bulk(c *command.Call, s value.String) {
	c.Out.BulkHeader(int(s.Len()))
	c.Out.B = s.AppendTo(c.Out.B)
	c.Out.CRLF()
}

// replyValue replies the value of argument 1 as GET does and reports whether
// there is no error.
func replyValue(c *command.Call) bool {
	s, found, ok := lookup(c, keyspace.ForRead)
	switch {
	case !ok:
	case found:
		bulk(c, s)
	default:
		c.Out.Null()
	}
	return ok
}

func get(c *command.Call) { replyValue(c) }

func strlen(c *command.Call) {
	s, found, ok := lookup(c, keyspace.ForRead)
	switch {
	case !ok:
	case found:
		c.Out.Int(s.Len())
	default:
		c.Out.Int(0)
	}
}

func mget(c *command.Call) {
	c.Out.Array(len(c.Args) - 1)
	for _, key := range c.Args[1:] {
		e, found := c.DB.Find(key, keyspace.ForRead)
		if !found || e.Type() != value.TypeString {
			c.Out.Null()
			continue
		}
		bulk(c, e.String())
	}
}

// getrange also serves SUBSTR, its first name.
func getrange(c *command.Call) {
	start, ok := c.Int(2)
	if !ok {
		return
	}
	end, ok := c.Int(3)
	if !ok {
		return
	}
	s, found, ok := lookup(c, keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.BulkString("")
		return
	}
	from, to := clip(start, end, s.Len())
	c.Out.BulkHeader(int(to - from))
	c.Out.B = s.AppendRange(c.Out.B, from, to)
	c.Out.CRLF()
}

// clip turns GETRANGE's first and last index, of which negative ones count
// from the end, into the range [from, to) of a string of length n. An empty
// range is [0, 0).
func clip(start, end, n int64) (from, to int64) {
	if start < 0 && end < 0 && start > end {
		return 0, 0
	}
	if start < 0 {
		start = max(start+n, 0)
	}
	if end < 0 {
		end = max(end+n, 0)
	}
	end = min(end, n-1)
	if start > end {
		return 0, 0
	}
	return start, end + 1
}

func (f family) getdel(c *command.Call) {
	s, found, ok := lookup(c, keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Null()
		return
	}
	bulk(c, s)
	c.DB.Delete(c.Args[1])
	c.Changed(keyspace.EventGeneric, "del", c.Args[1], 1)
	c.RecordDeleted(c.Args[1], f.LazyUserDel())
}

func getset(c *command.Call) {
	if !replyValue(c) {
		return
	}
	c.DB.SetString(c.Args[1], c.Args[2], keyspace.NoTTL)
	c.Changed(keyspace.EventString, "set", c.Args[1], 1)
	c.RecordAs([]byte("SET"), c.Args[1], c.Args[2])
}

func getex(c *command.Call) {
	var o setOptions
	if !o.parse(c, 2, getexWords) {
		return
	}
	s, found, ok := lookup(c, keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Null()
		return
	}
	due, ok := o.due(c)
	if !ok {
		return
	}
	bulk(c, s)
	key := c.Args[1]
	switch {
	case o.expiry != 0 && o.expiry.absolute() && c.DB.Passed(due):
		c.DB.Delete(key)
		c.Changed(keyspace.EventGeneric, "del", key, 1)
		c.RecordPassed(key)
	case o.expiry != 0:
		c.DB.SetDue(key, due)
		c.Changed(keyspace.EventGeneric, "expire", key, 1)
		c.RecordDue(key, due)
	case o.persist:
		persist(c, key)
	}
}

func persist(c *command.Call, key []byte) {
	e, found := c.DB.Find(key, keyspace.Peek)
	if !found || e.Due() == keyspace.NoTTL {
		return
	}
	c.DB.SetDue(key, keyspace.NoTTL)
	c.Changed(keyspace.EventGeneric, "persist", key, 1)
	c.RecordAs([]byte("PERSIST"), key)
}
