package rdb

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// StreamBuilder takes in a stream as stream.Builder does, which is one:
//
//	Pack … SetMeta (Group (Pending … (Consumer Owned …) … EndGroup)) …
//
// Nothing was checked but that the parts are whole; an error says what is
// wrong with them. Files of before Redis 7.0 are old: they do not know all.
type StreamBuilder interface {
	Pack(id stream.ID, lp []byte) error
	SetMeta(m stream.Meta, old bool) error
	Group(name []byte, last stream.ID, read int64, old bool) error
	Pending(id stream.ID, timeMs int64, deliveries uint64) error
	Consumer(name []byte, seenMs int64) error
	Owned(id stream.ID) error
	EndGroup() error
}

// streamReader reads a stream, which unlike other values may be empty. In the
// terms of the package's Layout:
//
//	n, (s: id, s: a pack) × n            the entries, see package stream
//	length n, last ID n n
//	first ID n n, max deleted ID n n, added n          not in type 15
//	n groups, each:
//	  name s, last ID n n, read n                      read not in type 15
//	  n, (id, delivered t, deliveries n) × n           pending
//	  n consumers, each:
//	    name s, seen t, active t                       active in type 21 only
//	    n, id × n                                      pending for it
type streamReader struct {
	*valueReader
	t Type
	b StreamBuilder
}

func (r *valueReader) stream(t Type, b Builder) error {
	to, err := b.Stream()
	if err != nil {
		return err
	}
	s := streamReader{r, t, to}
	if err := s.times("the number of a stream's nodes", s.node); err != nil {
		return err
	}
	if err := s.meta(); err != nil {
		return err
	}
	return s.times("the number of a stream's groups", s.group)
}

// times reads a number and then as many items.
func (s *streamReader) times(what string, item func() error) error {
	n, err := s.ReadLength(what)
	for ; err == nil && n > 0; n-- {
		err = item()
	}
	return err
}

// built makes of what the builder finds wrong an error of the file, which
// begins as in Redis's log.
func (s *streamReader) built(at int64, err error, what string) error {
	if err == nil || errors.Is(err, ErrMemory) {
		return err
	}
	return s.corrupt(at, "%s: %v", what, err)
}

// lengths reads numbers in a row.
func (s *streamReader) lengths(what string, to ...*uint64) error {
	for _, n := range to {
		v, err := s.ReadLength(what)
		if err != nil {
			return err
		}
		*n = v
	}
	return nil
}

func (s *streamReader) id(what string) (id stream.ID, err error) {
	p, err := s.need(16, what)
	if err != nil {
		return id, err
	}
	return stream.IDOf(p), nil
}

func (s *streamReader) timeMs(what string) (int64, error) {
	p, err := s.need(8, what)
	if err != nil {
		return 0, err
	}
	return int64(binary.LittleEndian.Uint64(p)), nil
}

func (s *streamReader) node() error {
	at := s.Offset()
	key, err := s.ReadString("the ID of a stream's node")
	if err != nil {
		return err
	}
	if len(key) != 16 {
		return s.corrupt(at, "stream node key is not the size of a stream ID")
	}
	id := stream.IDOf(key)
	lp, err := s.ReadString("a node of a stream")
	if err != nil {
		return err
	}
	return s.built(at, s.b.Pack(id, lp), "Stream listpack integrity check failed")
}

func (s *streamReader) meta() error {
	const what = "a stream's length and IDs"
	at := s.Offset()
	var m stream.Meta
	var length, added uint64
	err := s.lengths(what, &length, &m.Last.Ms, &m.Last.Seq)
	old := s.t == TypeStreamListpacks
	if err == nil && !old {
		err = s.lengths(what, &m.First.Ms, &m.First.Seq, &m.MaxDeleted.Ms, &m.MaxDeleted.Seq, &added)
	}
	if err != nil {
		return err
	}
	if length > math.MaxInt64 || added > math.MaxInt64 {
		return s.corrupt(at, "stream of %d entries, %d added", length, added)
	}
	m.Length, m.Added = int64(length), int64(added)
	return s.built(at, s.b.SetMeta(m, old), "Stream length inconsistent with rax entries")
}

func (s *streamReader) group() error {
	at := s.Offset()
	name, err := s.keep("the name of a stream's group")
	if err != nil {
		return err
	}
	var last stream.ID
	var read uint64 // all ones are -1: not known
	err = s.lengths("the last ID of a stream's group", &last.Ms, &last.Seq)
	old := s.t == TypeStreamListpacks
	if err == nil && !old {
		err = s.lengths("the entries that a stream's group has read", &read)
	}
	if err != nil {
		return err
	}
	if err := s.built(at, s.b.Group(name, last, max(int64(read), stream.Unknown), old), "Duplicated consumer group name"); err != nil {
		return err
	}
	if err := s.times("the number of a group's pending entries", s.pending); err != nil {
		return err
	}
	if err := s.times("the number of a stream's consumers", s.consumer); err != nil {
		return err
	}
	return s.built(at, s.b.EndGroup(), "Stream CG PEL entry without consumer")
}

// pending reads an entry that was delivered and is not acknowledged; to whom
// is told later.
func (s *streamReader) pending() error {
	at := s.Offset()
	id, err := s.id("a pending entry of a stream")
	if err != nil {
		return err
	}
	delivered, err := s.timeMs("the time of a pending entry")
	if err != nil {
		return err
	}
	deliveries, err := s.ReadLength("the deliveries of a pending entry")
	if err != nil {
		return err
	}
	return s.built(at, s.b.Pending(id, delivered, deliveries), "Duplicated global PEL entry loading stream consumer group")
}

func (s *streamReader) consumer() error {
	at := s.Offset()
	name, err := s.keep("the name of a stream's consumer")
	if err != nil {
		return err
	}
	seen, err := s.timeMs("when a stream's consumer was seen")
	if err != nil {
		return err
	}
	if s.t == TypeStreamListpacks3 { // Redis 7.0 does not tell it from the other
		if _, err := s.timeMs("when a stream's consumer was active"); err != nil {
			return err
		}
	}
	if err := s.built(at, s.b.Consumer(name, seen), "Duplicate stream consumer detected"); err != nil {
		return err
	}
	return s.times("the number of a consumer's pending entries", func() error {
		at := s.Offset()
		id, err := s.id("the ID of a pending entry")
		if err != nil {
			return err
		}
		return s.built(at, s.b.Owned(id), "Stream consumer PEL entry already has a consumer assigned")
	})
}
