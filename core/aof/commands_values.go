package aof

import (
	"bytes"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value/hash"
	"github.com/redoubt-kv/redoubt/core/value/list"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// entryWriter writes the commands that make one entry.
type entryWriter struct {
	request
	c       *commandWriter
	db      int
	entry   keyspace.Entry
	key     []byte
	items   int    // that the command has
	scratch []byte // for an element that does not lie in one piece
}

// begin starts a command about the entry.
func (w *entryWriter) begin(name string) {
	w.request.begin(name)
	w.bytes(w.key)
	w.items = 0
}

func (w *entryWriter) send() { w.c.send(w.db, &w.request, 0, nil) }

// item begins an element: of a command that is begun now, if need be.
func (w *entryWriter) item(name string) {
	if w.items == 0 {
		w.begin(name)
	}
	w.items++
}

// full sends the command if it has its number of elements.
func (w *entryWriter) full() {
	if w.items >= itemsPerCommand || len(w.b) >= commandBytes {
		w.end()
	}
}

// end sends what elements are left.
func (w *entryWriter) end() {
	if w.items > 0 {
		w.send()
		w.items = 0
	}
}

// add adds an element that is one argument. One that is long gets a command of
// its own, of which it is not copied.
func (w *entryWriter) add(name string, b []byte) {
	if len(b) <= commandBytes {
		w.item(name)
		w.bytes(b)
		w.full()
		return
	}
	w.end()
	w.begin(name)
	w.c.send(w.db, &w.request, int64(len(b)), func(fn func([]byte)) { fn(b) })
}

func (w *entryWriter) addInt(name string, n int64) {
	w.item(name)
	w.int(n)
	w.full()
}

func (w *entryWriter) ok() bool { return w.c.err == nil }

func (w *entryWriter) str() {
	w.begin("SET")
	s := w.entry.String()
	n := s.Len()
	if n < 64 { // perhaps a number
		w.bytes(s.Bytes(w.scratch[:0]))
		w.send()
		return
	}
	w.c.send(w.db, &w.request, n, func(fn func([]byte)) {
		s.Pieces(0, n, func(p []byte) bool { fn(p); return w.ok() })
	})
}

func (w *entryWriter) list() {
	l := list.Of(w.entry.Space(), w.entry.Kind(), w.entry.Value())
	l.EachLeaf(func(b []byte, isPlain bool) bool {
		if isPlain {
			w.add("RPUSH", b)
			return w.ok()
		}
		for pos := listpack.First(b); pos != listpack.None && w.ok(); pos = listpack.Next(b, pos) {
			if elem, n, isInt := listpack.Get(b, pos); isInt {
				w.addInt("RPUSH", n)
			} else {
				w.add("RPUSH", elem)
			}
		}
		return w.ok()
	})
	w.end()
}

func (w *entryWriter) set() {
	s := set.Of(w.entry.Space(), w.entry.Kind(), w.entry.Value())
	if t := s.Table(); t != nil {
		w.entry.EachOf(t, func(m table.Entry) bool {
			w.add("SADD", m.Key())
			return w.ok()
		})
		w.end()
		return
	}
	s.Each(func(m set.Member) bool {
		if m.Text != nil {
			w.add("SADD", m.Text)
		} else {
			w.addInt("SADD", m.Int)
		}
		return w.ok()
	})
	w.end()
}

// zset writes a large set from its end, as it lies in RDB files.
func (w *entryWriter) zset() {
	z := zset.Of(w.entry.Space(), w.entry.Kind(), w.entry.Value())
	if z.Packed() == nil {
		w.entry.EachBackOf(z.Tree(), func(key, val []byte) bool {
			member, score := zset.ElementOf(key, val)
			w.scored(member, score)
			return w.ok()
		})
	} else {
		z.Each(func(member []byte, score float64) bool {
			w.scored(member, score)
			return w.ok()
		})
	}
	w.end()
}

func (w *entryWriter) scored(member []byte, score float64) {
	var digits [32]byte
	w.item("ZADD")
	w.bytes(resp.AppendDouble(digits[:0], score))
	w.bytes(member)
	w.full()
}

// hash writes all fields, also those whose time has come, like keys, and behind
// each command when its fields expire.
func (w *entryWriter) hash() {
	h := hash.Of(w.entry.Space(), w.entry.Kind(), w.entry.Value(), hash.AnyTime)
	var dues []fieldDue
	var name []byte
	write := func(field, v hash.Item, due int64) bool {
		name = field.AppendTo(name[:0])
		if n := v.Len(); n > commandBytes { // a command of its own, of which it is not copied
			w.end()
			w.begin("HMSET")
			w.bytes(name)
			w.c.send(w.db, &w.request, int64(n), func(fn func([]byte)) { v.Pieces(fn) })
		} else {
			w.item("HMSET")
			w.bytes(name)
			w.scratch = v.AppendTo(w.scratch[:0])
			w.bytes(w.scratch)
			w.full()
		}
		if due != hash.NoDue {
			dues = append(dues, fieldDue{bytes.Clone(name), due})
		}
		if w.items == 0 {
			w.dues(&dues)
		}
		return w.ok()
	}
	if whole := h.Table(); whole != nil {
		w.entry.EachOf(whole, func(x table.Entry) bool { return write(h.FieldOf(x)) })
	} else {
		h.Each(write)
	}
	w.end()
	w.dues(&dues)
}

type fieldDue struct {
	field []byte
	due   int64
}

// dues writes when fields expire that are written already.
func (w *entryWriter) dues(list *[]fieldDue) {
	for _, d := range *list {
		w.begin("HPEXPIREAT")
		w.int(d.due)
		w.text("FIELDS")
		w.int(1)
		w.bytes(d.field)
		w.send()
	}
	*list = (*list)[:0]
}
