package rdb

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/redoubt-kv/redoubt/core/listpack"
)

// StreamID is the ID of a stream's entry.
type StreamID struct{ Ms, Seq uint64 }

// Before tells whether id is smaller than other.
func (id StreamID) Before(other StreamID) bool {
	return id.Ms < other.Ms || id.Ms == other.Ms && id.Seq < other.Seq
}

// StreamInfo is what a stream knows beside its entries.
type StreamInfo struct {
	Length     uint64 // entries
	Last       StreamID
	First      StreamID
	MaxDeleted StreamID
	Added      uint64 // entries that were ever added
}

// StreamGroup is a consumer group.
type StreamGroup struct {
	Name []byte
	Last StreamID // delivered
	// Read is how many entries the group has read, -1 if that is not known.
	// In files from before Redis 7.0 it is not, and has to be estimated.
	Read     int64
	Estimate bool
}

// StreamConsumer is a consumer of the group before it. Times are Unix
// milliseconds.
type StreamConsumer struct {
	Name             []byte
	SeenMs, ActiveMs int64
}

// StreamPending is an entry that the consumer before it has not acknowledged.
type StreamPending struct {
	ID          StreamID
	DeliveredMs int64
	Deliveries  uint64
}

// StreamBuilder is the part of a Builder for streams: the nodes in order,
// Stream once, then each group, each of its consumers, and what is pending
// for each. Only what could be found out alone was checked: the builder
// returns ErrDuplicate for the name of a group or consumer that it has.
type StreamBuilder interface {
	// StreamNode receives a listpack of entries as drawn at checkNode, all
	// behind those of the node before, at least one of them not deleted.
	StreamNode(master StreamID, lp []byte) error
	Stream(info StreamInfo) error
	StreamGroup(g StreamGroup) error
	StreamConsumer(c StreamConsumer) error
	StreamPending(p StreamPending) error
}

// stream reads a stream, which unlike other values may be empty.
func (r *valueReader) stream(t Type, b Builder) error {
	nodes, err := r.ReadLength("the number of a stream's nodes")
	if err != nil {
		return err
	}
	w := nodeWalk{}
	for ; nodes > 0; nodes-- {
		if err := r.streamNode(&w, b); err != nil {
			return err
		}
	}
	if err := r.streamInfo(t, &w, b); err != nil {
		return err
	}
	groups, err := r.ReadLength("the number of a stream's groups")
	if err != nil {
		return err
	}
	for ; groups > 0; groups-- {
		if err := r.streamGroup(t, b); err != nil {
			return err
		}
	}
	return nil
}

func (r *valueReader) streamNode(w *nodeWalk, b Builder) error {
	at := r.Offset()
	key, err := r.ReadString("the ID of a stream's node")
	if err != nil {
		return err
	}
	if len(key) != 16 {
		return r.corrupt(at, "stream node key is not the size of a stream ID")
	}
	master := readID(key)
	lp, err := r.ReadString("a node of a stream")
	if err != nil {
		return err
	}
	if !soundPack(lp) {
		return r.corrupt(at, "stream listpack integrity check failed")
	}
	live, ok := w.checkNode(master, lp)
	if !ok {
		return r.corrupt(at, "stream listpack integrity check failed")
	}
	if live == 0 {
		return nil
	}
	return b.StreamNode(master, lp)
}

func readID(p []byte) StreamID {
	return StreamID{binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(p[8:])}
}

// lengths reads numbers in a row.
func (r *valueReader) lengths(what string, to ...*uint64) error {
	for _, n := range to {
		v, err := r.ReadLength(what)
		if err != nil {
			return err
		}
		*n = v
	}
	return nil
}

func (r *valueReader) streamInfo(t Type, w *nodeWalk, b Builder) error {
	at := r.Offset()
	var i StreamInfo
	err := r.lengths("a stream's length and IDs", &i.Length, &i.Last.Ms, &i.Last.Seq)
	if err != nil {
		return err
	}
	if t == TypeStreamListpacks {
		i.First, i.Added = w.first, i.Length
	} else {
		err = r.lengths("a stream's length and IDs", &i.First.Ms, &i.First.Seq, &i.MaxDeleted.Ms, &i.MaxDeleted.Seq, &i.Added)
	}
	switch {
	case err != nil:
		return err
	case i.Length != w.live:
		return r.corrupt(at, "stream length inconsistent with its nodes: %d, not %d", i.Length, w.live)
	case w.any && i.Last.Before(w.last):
		return r.corrupt(at, "stream with entries behind its last ID")
	}
	return b.Stream(i)
}

func (r *valueReader) streamGroup(t Type, b Builder) error {
	at := r.Offset()
	name, err := r.keep("the name of a stream's group")
	if err != nil {
		return err
	}
	g := StreamGroup{Name: name, Estimate: true}
	err = r.lengths("the last ID of a stream's group", &g.Last.Ms, &g.Last.Seq)
	if err == nil && t != TypeStreamListpacks {
		var read uint64 // all ones are -1: not known
		err = r.lengths("the entries that a stream's group has read", &read)
		g.Read, g.Estimate = max(int64(read), -1), false
	}
	if err != nil {
		return err
	}
	if err := r.once(at, b.StreamGroup(g), "consumer group name "+quoteKey(name)); err != nil {
		return err
	}
	pending, err := r.pending()
	if err != nil {
		return err
	}
	consumers, err := r.ReadLength("the number of a stream's consumers")
	for ; err == nil && consumers > 0; consumers-- {
		err = r.streamConsumer(t, b, pending)
	}
	if err == nil && len(pending) > 0 {
		err = r.corrupt(at, "stream pending entry without consumer")
	}
	return err
}

// pending reads the entries that were delivered to a group's consumers and
// are not acknowledged; to whom is told later.
func (r *valueReader) pending() (map[StreamID]StreamPending, error) {
	n, err := r.ReadLength("the number of a group's pending entries")
	if err != nil || n == 0 {
		return nil, err
	}
	list := map[StreamID]StreamPending{}
	for ; n > 0; n-- {
		at := r.Offset()
		raw, err := r.need(24, "a pending entry of a stream")
		if err != nil {
			return nil, err
		}
		p := StreamPending{ID: readID(raw), DeliveredMs: int64(binary.LittleEndian.Uint64(raw[16:]))}
		if p.Deliveries, err = r.ReadLength("the deliveries of a stream's entry"); err != nil {
			return nil, err
		}
		if _, twice := list[p.ID]; twice {
			return nil, r.corrupt(at, "duplicated pending entry of a stream's group")
		}
		list[p.ID] = p
	}
	return list, nil
}

// streamConsumer reads a consumer and takes what is pending for it from the
// group's.
func (r *valueReader) streamConsumer(t Type, b Builder, pending map[StreamID]StreamPending) error {
	at := r.Offset()
	name, err := r.keep("the name of a stream's consumer")
	if err != nil {
		return err
	}
	size := 8
	if t == TypeStreamListpacks3 {
		size = 16
	}
	times, err := r.need(size, "the times of a stream's consumer")
	if err != nil {
		return err
	}
	c := StreamConsumer{Name: name, SeenMs: int64(binary.LittleEndian.Uint64(times))}
	c.ActiveMs = int64(binary.LittleEndian.Uint64(times[size-8:]))
	if err := r.once(at, b.StreamConsumer(c), "stream consumer detected"); err != nil {
		return err
	}
	n, err := r.ReadLength("the number of a consumer's pending entries")
	for ; err == nil && n > 0; n-- {
		var raw []byte
		at := r.Offset()
		if raw, err = r.need(16, "the ID of a pending entry"); err != nil {
			return err
		}
		id := readID(raw)
		p, ok := pending[id]
		if !ok {
			return r.corrupt(at, "consumer entry not found in group global PEL, or claimed twice")
		}
		delete(pending, id)
		err = b.StreamPending(p)
	}
	return err
}

// nodeWalk follows the nodes of a stream.
type nodeWalk struct {
	any         bool
	first, last StreamID // of the entries that are not deleted; last of all
	live        uint64
	hasFirst    bool
}

// Flags of an entry.
const (
	entryDeleted    = 1
	entrySameFields = 2
)

// checkNode checks the listpack of a node, which is sound as such, and counts
// its entries:
//
//	count  deleted  fields  field × fields  0                      the master entry
//	flags  ms  seq  [fields  field × fields]  value × fields  back     each entry
//
// ms and seq count from the node's ID. An entry whose flags say that it has
// the master's fields does not name them; back is the number of elements of
// the entry before it.
func (w *nodeWalk) checkNode(master StreamID, lp []byte) (live int64, ok bool) {
	p := nodeParser{lp: lp, pos: listpack.First(lp), sound: true}
	live, deleted := p.integer(), p.integer()
	fields := p.integer()
	p.skip(fields)
	if p.integer() != 0 || live < 0 || deleted < 0 || live > math.MaxInt64-deleted {
		return 0, false
	}
	counted := int64(0)
	for n := live + deleted; n > 0 && p.sound; n-- {
		flags := p.integer()
		id := StreamID{master.Ms + uint64(p.integer()), master.Seq + uint64(p.integer())}
		back, own := 3+fields, fields
		if flags&entrySameFields == 0 {
			own = p.integer()
			p.skip(own)
			back = 4 + 2*own
		}
		p.skip(own)
		if p.integer() != back || flags&^(entryDeleted|entrySameFields) != 0 || w.any && !w.last.Before(id) {
			return 0, false
		}
		w.any, w.last = true, id
		if flags&entryDeleted != 0 {
			continue
		}
		counted++
		if !w.hasFirst {
			w.first, w.hasFirst = id, true
		}
	}
	w.live += uint64(counted)
	return live, p.sound && p.pos == listpack.None && counted == live
}

// nodeParser walks over a listpack; sound turns false where an element is not
// there or no integer.
type nodeParser struct {
	lp    []byte
	pos   int
	sound bool
}

func (p *nodeParser) integer() int64 {
	if p.pos == listpack.None {
		p.sound = false
		return -1
	}
	_, n, isInt := listpack.Get(p.lp, p.pos)
	p.pos = listpack.Next(p.lp, p.pos)
	p.sound = p.sound && isInt
	return n
}

func (p *nodeParser) skip(n int64) {
	for p.sound = p.sound && n >= 0; n > 0 && p.sound; n-- {
		if p.sound = p.pos != listpack.None; p.sound {
			p.pos = listpack.Next(p.lp, p.pos)
		}
	}
}

// String is the ID as clients write it.
func (id StreamID) String() string { return fmt.Sprintf("%d-%d", id.Ms, id.Seq) }
