package keys

import (
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// store makes the outputs a list at the key of STORE; no outputs, no key.
func (s *sorter) store() {
	c, key := s.c, s.o.store
	count := len(s.elements) * max(1, len(s.o.gets))
	if count == 0 {
		if c.DB.Delete(key) {
			c.Changed(keyspace.EventGeneric, "del", key, 1)
		}
		c.Out.Int(0)
		return
	}
	cell := c.DB.New(key)
	list.New(cell)
	one := make([][]byte, 1)
	s.outputs(func(val []byte, _ bool) {
		one[0] = val
		list.Push(cell, false, one)
	})
	c.DB.Commit(cell)
	c.Changed(keyspace.EventList, "sortstore", key, count)
	if s.chance || s.past {
		s.record()
	}
	c.Out.Int(int64(count))
}

// record records the list that was stored. Another hash orders equal elements
// otherwise, and who repeats the command knows nothing of what had expired.
func (s *sorter) record() {
	c, key := s.c, s.o.store
	if !c.Recording() {
		return
	}
	const atOnce = 1000
	c.RecordAs([]byte("DEL"), key)
	e, _ := c.DB.Find(key, keyspace.Peek)
	l := list.Of(e.Space(), e.Kind(), e.Value())
	args := [][]byte{[]byte("RPUSH"), key}
	var it list.Iter
	for ok := it.Seek(&l, 0); ok; ok = it.Next() {
		if args = append(args, it.AppendElem(nil)); len(args) == atOnce {
			c.RecordAs(args...)
			args = args[:2]
		}
	}
	if len(args) > 2 {
		c.RecordAs(args...)
	}
}
