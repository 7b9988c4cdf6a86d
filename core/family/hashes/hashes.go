package hashes

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// lookup finds the hash at argument 1, which may be absent but not of another
// type: that has been replied as an error where ok is false. It is only read.
func lookup(c *command.Call) (h hash.Hash, found, ok bool) {
	e, found := c.DB.Find(c.Args[1], keyspace.ForRead)
	if !found {
		return h, false, true
	}
	if e.Type() != value.TypeHash {
		c.Out.Error(command.ErrWrongType)
		return h, true, false
	}
	h = hash.Of(e.Space(), e.Kind(), e.Value(), c.DB.FieldTime())
	// Expired fields of a packed hash go at once: they are in front. Those of
	// a table are passed over, and left to writers and to the background.
	if e.Kind() == value.HashTable || !h.Overdue() {
		return h, true, true
	}
	if !c.DB.ExpireFields(c.Args[1]) {
		return h, false, true
	}
	e, _ = c.DB.Find(c.Args[1], keyspace.Peek)
	return hash.Of(e.Space(), e.Kind(), e.Value(), c.DB.FieldTime()), true, true
}

// change opens the hash at argument 1 for writing. It is nil where there is
// none; where another type is, that has been replied and ok is false.
func change(c *command.Call) (cell *value.Cell, ok bool) {
	cell, found := c.DB.Change(c.Args[1], keyspace.ForWrite)
	if !found {
		return nil, true
	}
	if cell.Kind.Type() != value.TypeHash {
		c.Out.Error(command.ErrWrongType)
		return nil, false
	}
	h := hash.Of(cell.Space, cell.Kind, cell.B, c.DB.FieldTime())
	if !h.Overdue() {
		return cell, true
	}
	if !c.DB.ExpireFields(c.Args[1]) {
		return nil, true
	}
	cell, _ = c.DB.Change(c.Args[1], keyspace.Peek)
	return cell, true
}

// changeOrNew is change that makes an empty hash where there is none.
func changeOrNew(c *command.Call) (cell *value.Cell, ok bool) {
	cell, ok = change(c)
	if ok && cell == nil {
		cell = c.DB.New(c.Args[1])
		hash.New(cell)
	}
	return cell, ok
}

// edit begins to change the hash in cell by fields and values of these words.
func edit(c *command.Call, cell *value.Cell, words [][]byte) hash.Editor {
	const overhead = 16 // of a word as an entry of a listpack, or more
	room := 0
	for _, w := range words {
		room += len(w) + overhead
	}
	e := hash.Edit(cell, c.DB.FieldTime(), room)
	if due := hash.Due(cell.Space, cell.Kind, cell.B); due != hash.NoDue && c.DB.Passed(due) && c.Recording() {
		// Of a table not all expired fields are gone yet. Who repeats the command
		// does not know that they have expired.
		e.Gone = func(field []byte) { c.Record(c.DB.Index(), []byte("HDEL"), c.Args[1], field) }
	}
	return e
}

// store ends what edit began. It tells whether the hash is still there.
func store(c *command.Call, cell *value.Cell, e *hash.Editor) bool {
	empty := e.Stored() == 0
	e.Close()
	c.DB.Commit(cell)
	if empty {
		c.DB.Delete(c.Args[1])
	}
	return !empty
}

// bulk replies a field or a value.
func bulk(c *command.Call, it hash.Item) {
	if b, ok := it.Whole(); ok {
		c.Out.Bulk(b)
		return
	}
	if n, ok := it.Number(); ok {
		c.Out.BulkInt(n)
		return
	}
	c.Out.BulkHeader(it.Len())
	c.Out.B = it.AppendTo(c.Out.B)
	c.Out.CRLF()
}

// changed reports that the fields of argument 1 changed.
func changed(c *command.Call, event string, n int) {
	c.Changed(keyspace.EventHash, event, c.Args[1], n)
}

// emptied reports that argument 1 went with its last field.
func emptied(c *command.Call) {
	c.Changed(keyspace.EventGeneric, "del", c.Args[1], 0)
}
