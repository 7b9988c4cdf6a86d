package hashes

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

func hgetdel(c *command.Call) {
	if !isHash(c, keyspace.Peek) {
		return
	}
	fields, ok := parseFields(c, 2, notPositive)
	if !ok {
		return
	}
	cell, ok := change(c)
	if !ok {
		return
	}
	if cell == nil {
		replyNulls(c, len(fields))
		return
	}
	e := edit(c, cell, nil)
	effect := effectOn(c)
	c.Out.Array(len(fields))
	for _, field := range fields {
		if replyEdited(c, &e, field) {
			e.Delete(field)
			effect.add(field)
		}
	}
	there := store(c, cell, &e)
	if effect.n > 0 {
		changed(c, "hdel", effect.n)
		effect.recordDeleted()
	}
	if !there {
		emptied(c)
	}
}

func replyNulls(c *command.Call, n int) {
	c.Out.Array(n)
	for range n {
		c.Out.Null()
	}
}

// replyEdited replies the value of field, or null.
func replyEdited(c *command.Call, e *hash.Editor, field []byte) (found bool) {
	val, _, found := e.Get(field)
	if found {
		bulk(c, val)
	} else {
		c.Out.Null()
	}
	return found
}

// timeWord reads a word that says how a time behind it counts.
func timeWord(c *command.Call, i int) (baseMs, unitMs int64, ok bool) {
	switch {
	case c.Is(i, "EX"):
		return c.Now, millisPerSecond, true
	case c.Is(i, "PX"):
		return c.Now, 1, true
	case c.Is(i, "EXAT"):
		return 0, millisPerSecond, true
	case c.Is(i, "PXAT"):
		return 0, 1, true
	}
	return 0, 0, false
}

func hgetex(c *command.Call) {
	if !isHash(c, keyspace.Peek) {
		return
	}
	at, due := 2, int64(keyspace.KeepTTL)
	if baseMs, unitMs, timed := timeWord(c, 2); timed {
		t, ok := parseExpiry(c, 3, baseMs, unitMs)
		if !ok {
			return
		}
		at, due = 4, t
	} else if c.Is(2, "PERSIST") {
		at, due = 3, keyspace.NoTTL
	}
	fields, ok := parseFields(c, at, notPositive)
	if !ok {
		return
	}
	cell, ok := change(c)
	if !ok {
		return
	}
	if cell == nil {
		replyNulls(c, len(fields))
		return
	}
	getAndExpire(c, cell, fields, due)
}

// getAndExpire replies the values of fields and gives them the due time: KeepTTL
// leaves it, NoTTL takes it away, one that has passed deletes them.
func getAndExpire(c *command.Call, cell *value.Cell, fields [][]byte, due int64) {
	e := edit(c, cell, nil)
	effect := effectOn(c)
	c.Out.Array(len(fields))
	for _, field := range fields {
		_, was, _ := e.Get(field)
		if !replyEdited(c, &e, field) || due == keyspace.KeepTTL {
			continue
		}
		switch {
		case due == keyspace.NoTTL && was == keyspace.NoTTL:
			continue
		case due == keyspace.NoTTL || !c.DB.Passed(due):
			e.SetDue(field, due)
		default:
			e.Delete(field)
		}
		effect.add(field)
	}
	there := store(c, cell, &e)
	switch {
	case effect.n == 0:
	case due == keyspace.NoTTL:
		changed(c, "hpersist", effect.n)
		effect.record("HPERSIST")
	default:
		changed(c, expiryEvent(c, due), effect.n)
		effect.recordDue(due)
	}
	if !there {
		emptied(c)
	}
}
