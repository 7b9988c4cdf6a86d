package aof

import "github.com/redoubt-kv/redoubt/core/value/stream"

func (w *entryWriter) id(id stream.ID) {
	var b [41]byte
	w.bytes(id.AppendTo(b[:0]))
}

// stream writes the entries, then what the stream knows beside them, then the
// groups with what is pending in each.
func (w *entryWriter) stream() {
	s := stream.Of(w.entry.Space(), w.entry.Kind(), w.entry.Value())
	if s.Len() == 0 { // an entry that is gone at once makes an empty stream
		w.begin("XADD")
		w.text("MAXLEN")
		w.int(0)
		w.id(stream.ID{Seq: 1})
		w.text("x")
		w.text("y")
		w.send()
	}
	for it := s.Range(stream.ID{}, stream.MaxID); w.ok() && it.Next(); {
		w.begin("XADD")
		w.id(it.ID())
		for range 2 * it.Fields() {
			if b, n, isInt := it.Elem(); isInt {
				w.int(n)
			} else {
				w.bytes(b)
			}
		}
		w.send()
	}
	m := s.Meta()
	w.begin("XSETID")
	w.id(m.Last)
	w.text("ENTRIESADDED")
	w.int(m.Added)
	w.text("MAXDELETEDID")
	w.id(m.MaxDeleted)
	w.send()
	s.EachGroup(w.group)
}

func (w *entryWriter) group(name []byte, g stream.Group) {
	w.subcommand("CREATE")
	w.bytes(name)
	w.id(g.LastID())
	w.text("ENTRIESREAD")
	w.int(g.Read())
	w.send()
	g.EachConsumer(func(consumer []byte, c stream.Consumer) {
		if g.PendingOf(c.Number) == 0 {
			w.subcommand("CREATECONSUMER")
			w.bytes(name)
			w.bytes(consumer)
			w.send()
			return
		}
		g.OwnedFrom(c.Number, stream.ID{}, func(p stream.Pending) bool {
			w.claim(name, consumer, p)
			return w.ok()
		})
	})
}

// subcommand begins an XGROUP.
func (w *entryWriter) subcommand(name string) {
	w.request.begin("XGROUP", name)
	w.bytes(w.key)
}

// claim makes an entry pending.
func (w *entryWriter) claim(group, consumer []byte, p stream.Pending) {
	w.begin("XCLAIM")
	w.bytes(group)
	w.bytes(consumer)
	w.int(0)
	w.id(p.ID)
	w.text("TIME")
	w.int(p.Time)
	w.text("RETRYCOUNT")
	w.int(int64(p.Count))
	w.text("JUSTID")
	w.text("FORCE")
	w.send()
}
