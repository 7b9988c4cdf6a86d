package rdb

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// stream writes a stream and its groups: the packs as they are.
func (e *Encoder) stream(entry keyspace.Entry) {
	s := stream.Of(entry.Space(), entry.Kind(), entry.Value())
	e.Length(uint64(s.Packs()))
	s.EachPack(func(id stream.ID, lp []byte) {
		e.id = id.Key()
		e.String(e.id[:])
		e.String(lp)
	})
	m := s.Meta()
	e.Length(uint64(m.Length))
	e.ids(m.Last, m.First, m.MaxDeleted)
	e.Length(uint64(m.Added))
	e.Length(uint64(s.Groups()))
	s.EachGroup(func(name []byte, g stream.Group) {
		e.String(name)
		e.ids(g.LastID())
		e.Length(uint64(g.Read()))
		e.pending(g)
		e.Length(uint64(g.Consumers()))
		g.EachConsumer(func(name []byte, c stream.Consumer) { e.consumer(g, name, c) })
	})
}

// ids writes IDs as two lengths each.
func (e *Encoder) ids(list ...stream.ID) {
	for _, id := range list {
		e.Length(id.Ms)
		e.Length(id.Seq)
	}
}

// pending writes all that is pending in a group.
func (e *Encoder) pending(g stream.Group) {
	e.Length(uint64(g.Pending()))
	g.PendingFrom(stream.ID{}, func(p stream.Pending) bool {
		key := p.ID.Key()
		e.fixed(key[:])
		e.fixed64(uint64(p.Time))
		e.Length(p.Count)
		return e.err == nil
	})
}

// consumer writes a consumer and the IDs of what is pending for it.
func (e *Encoder) consumer(g stream.Group, name []byte, c stream.Consumer) {
	e.String(name)
	e.fixed64(uint64(c.Seen))
	e.Length(uint64(g.PendingOf(c.Number)))
	g.OwnedFrom(c.Number, stream.ID{}, func(p stream.Pending) bool {
		key := p.ID.Key()
		e.fixed(key[:])
		return e.err == nil
	})
}

// fixed writes bytes whose number the format fixes, at most 16.
func (e *Encoder) fixed(p []byte) {
	if e.room(len(p)) {
		e.buf = append(e.buf, p...)
	}
}

func (e *Encoder) fixed64(n uint64) {
	if e.room(8) {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, n)
	}
}
