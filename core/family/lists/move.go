package lists

import (
	"bytes"
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// endOf reads argument i as LEFT or RIGHT.
func endOf(c *command.Call, i int) (head, ok bool) {
	switch {
	case c.Is(i, "LEFT"):
		return left, true
	case c.Is(i, "RIGHT"):
		return right, true
	}
	c.Out.Error(command.ErrSyntax)
	return false, false
}

// ends reads arguments 3 and 4 as the ends to move from and to.
func ends(c *command.Call) (from, to, ok bool) {
	if from, ok = endOf(c, 3); !ok {
		return false, false, false
	}
	to, ok = endOf(c, 4)
	return from, to, ok
}

func lmove(c *command.Call) {
	if from, to, ok := ends(c); ok && !move(c, c.Args[1], c.Args[2], from, to, 1) {
		c.Out.Null()
	}
}

func rpoplpush(c *command.Call) {
	if !move(c, c.Args[1], c.Args[2], right, left, 1) {
		c.Out.Null()
	}
}

// move moves an element of src to dst and replies it, or that a key is of
// another type; it is false, and nothing is done, if src is not there. It counts
// as so many changes. The element is copied, and it may be larger than the
// command's own arguments, for which there is room.
func move(c *command.Call, src, dst []byte, from, to bool, changes int) bool {
	c.DB.Settle(src, dst)
	l, found, ok := find(c, src, keyspace.ForWrite)
	if !ok || !found {
		return found
	}
	if _, _, ok = find(c, dst, keyspace.ForWrite); !ok {
		return true
	}
	n := l.Len()
	mark := c.Out.Mark()
	elem := replyElem(c, &l, from)
	if !c.Tx.Store().Heap().Room(int64(len(elem))) {
		c.Out.B = c.Out.B[:mark]
		c.Out.Error("OOM command not allowed when used memory > 'maxmemory'.")
		return true
	}
	if bytes.Equal(src, dst) {
		rotate(c, src, elem, from, to, n)
		moved(c, src, src, from, to, changes)
		return true
	}
	if n > 1 {
		cell, _ := c.DB.Change(src, keyspace.Peek)
		list.Drop(cell, from, 1)
		c.DB.Commit(cell)
	}
	cell, found := c.DB.Change(dst, keyspace.Peek)
	if !found {
		cell = c.DB.New(dst)
		list.New(cell)
	}
	list.Push(cell, to, [][]byte{elem})
	c.DB.Commit(cell)
	moved(c, src, dst, from, to, changes)
	if n == 1 {
		remove(c, src)
	}
	return true
}

// replyElem replies the element at an end and returns its bytes as they are in
// the reply, where no change of a list moves them.
func replyElem(c *command.Call, l *list.List, head bool) []byte {
	b, n, isInt := l.End(!head)
	mark := c.Out.Mark()
	reply(c, b, n, isInt)
	bulk := c.Out.B[mark : len(c.Out.B)-2]
	return bulk[bytes.IndexByte(bulk, '\n')+1:]
}

// rotate moves an element within a list of n.
func rotate(c *command.Call, key, elem []byte, from, to bool, n int64) {
	if n > 1 && from != to {
		cell, _ := c.DB.Change(key, keyspace.Peek)
		list.Drop(cell, from, 1)
		list.Push(cell, to, [][]byte{elem})
		c.DB.Commit(cell)
	}
}

// moved reports the events of a move, in Redis's order.
func moved(c *command.Call, src, dst []byte, from, to bool, changes int) {
	c.Changed(keyspace.EventList, event("push", to), dst, 0)
	c.Changed(keyspace.EventList, event("pop", from), src, changes)
	recordMove(c, src, dst, from, to)
}

// recordMove records the blocking commands as what they have done.
func recordMove(c *command.Call, src, dst []byte, from, to bool) {
	switch {
	case c.Row.Name == "brpoplpush":
		c.RecordAs([]byte("RPOPLPUSH"), src, dst)
	case c.Row.Name == "blmove" && c.Waited:
		c.RecordAs([]byte("LMOVE"), src, dst, endName(from), endName(to))
	case c.Row.Name == "blmove":
		c.RecordAs([]byte("LMOVE"), src, dst, c.Args[3], c.Args[4])
	}
}

func endName(head bool) []byte {
	if head {
		return []byte("left")
	}
	return []byte("right")
}

// mpop are the arguments of LMPOP and BLMPOP behind the timeout.
type mpop struct {
	keys  [][]byte
	head  bool
	count int64
}

// mpopArgs reads them from argument i on, the number of keys.
func mpopArgs(c *command.Call, i int) (m mpop, ok bool) {
	n, ok := atLeast(c, i, 1, "ERR numkeys should be greater than 0")
	if !ok {
		return m, false
	}
	if n > math.MaxInt32 || i+1+int(n) >= len(c.Args) {
		c.Out.Error(command.ErrSyntax)
		return m, false
	}
	where := i + 1 + int(n)
	m.keys = c.Args[i+1 : where]
	if m.head, ok = endOf(c, where); !ok {
		return m, false
	}
	for j := where + 1; j < len(c.Args); j += 2 {
		if m.count != 0 || !c.Is(j, "COUNT") || j+1 == len(c.Args) {
			c.Out.Error(command.ErrSyntax)
			return m, false
		}
		if m.count, ok = atLeast(c, j+1, 1, "ERR count should be greater than 0"); !ok {
			return m, false
		}
	}
	m.count = max(m.count, 1)
	return m, true
}

// popKeyed replies and removes up to count elements of key, with its name; it
// is false, and nothing is done, if there is no such key.
func popKeyed(c *command.Call, key []byte, head bool, count int64) bool {
	cell, found, ok := change(c, key)
	if !ok || !found {
		return found
	}
	c.Out.Array(2)
	c.Out.Bulk(key)
	l := read(cell)
	n := min(count, l.Len())
	popRange(c, key, cell, head, n)
	var room [20]byte
	c.RecordAs(popName(head), key, strconv.AppendInt(room[:0], n, 10))
	return true
}

func lmpop(c *command.Call) {
	m, ok := mpopArgs(c, 1)
	if ok && !m.pop(c) {
		c.Out.NullArray()
	}
}

// pop pops from the first of the keys that is there.
func (m *mpop) pop(c *command.Call) bool {
	for _, key := range m.keys {
		if popKeyed(c, key, m.head, m.count) {
			return true
		}
	}
	return false
}
