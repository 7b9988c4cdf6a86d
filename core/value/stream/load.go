package stream

import (
	"errors"
	"fmt"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Meta is what a file says of a stream beside its entries and groups.
type Meta struct {
	Length, Added           int64
	Last, First, MaxDeleted ID
}

// Meta returns what a file says of the stream.
func (s Stream) Meta() Meta {
	return Meta{Length: s.Len(), Added: s.Added(), Last: s.LastID(), First: s.FirstID(), MaxDeleted: s.MaxDeletedID()}
}

// EachPack calls fn with the packs in ascending order: their IDs and listpacks.
func (s Stream) EachPack(fn func(id ID, lp []byte)) {
	var c packCursor
	for ok := c.first(s); ok; ok = c.next() {
		fn(c.id, pack(s.heap, c.ref))
	}
}

// The ways in which parts do not make a stream. The methods of Builder return
// one of them, wrapped.
var (
	ErrPack    = errors.New("listpack is no part of a stream")
	ErrOrder   = errors.New("entries of a stream are not in order")
	ErrLength  = errors.New("stream has another number of entries")
	ErrGroup   = errors.New("consumer group is there twice")
	ErrPending = errors.New("pending entries and consumers do not agree")
)

// Builder makes a stream of the parts that a file has of it, in this order:
//
//	Pack … SetMeta (Group (Pending … (Consumer Owned …) … EndGroup)) …
//
// It trusts none of them. After an error the cell holds some of the parts.
type Builder struct {
	e        Editor
	length   int64
	last     ID // greatest ID in the packs
	group    GroupEditor
	name     []byte // of the group
	consumer uint32
	owned    int64 // pending entries of the group that have got a consumer
}

// Build makes c an empty stream, to be filled.
func Build(c *value.Cell) *Builder {
	New(c)
	return &Builder{e: Edit(c)}
}

// Pack adds a pack, behind those that there are; lp is copied.
func (b *Builder) Pack(id ID, lp []byte) error {
	n, last, err := checkPack(id, lp)
	if err != nil {
		return err
	}
	if b.e.tail() != 0 {
		if !b.last.Less(id) {
			return fmt.Errorf("pack %v behind entry %v: %w", id, b.last, ErrOrder)
		}
		b.e.closeTail()
	}
	ref := b.e.w.Alloc(page.Header+len(lp), kindPack)
	copy(b.e.heap.Node(ref)[page.Header:], lp)
	b.e.setTail(id, ref)
	b.length += n
	b.last = last
	return nil
}

// SetMeta sets what a file says of the stream. Older files know no more than
// length and last ID: the rest is derived from the entries if old is true.
func (b *Builder) SetMeta(m Meta, old bool) error {
	if m.Last.Less(b.last) {
		return fmt.Errorf("last ID %v before entry %v: %w", m.Last, b.last, ErrOrder)
	}
	if m.Length != b.length {
		return fmt.Errorf("%d entries, the file says %d: %w", b.length, m.Length, ErrLength)
	}
	b.e.addLength(m.Length)
	b.e.addRax(int(b.e.countRax() - 1))
	b.e.SetLastID(m.Last)
	if old {
		m.Added, m.MaxDeleted = m.Length, ID{}
	}
	b.e.SetAdded(m.Added)
	b.e.setFirstID(b.e.firstEntryID()) // whatever the file says
	b.e.SetMaxDeletedID(m.MaxDeleted)
	return nil
}

// Group starts a group. read is the number of entries it has read, or Unknown;
// older files do not know it: then it is derived.
func (b *Builder) Group(name []byte, last ID, read int64, old bool) error {
	if old {
		read = b.e.ReadUpTo(last)
	}
	if !b.e.CreateGroup(name, last, read) {
		return fmt.Errorf("group %.64q: %w", name, ErrGroup)
	}
	b.name = append(b.name[:0], name...)
	b.group, _ = b.e.EditGroup(b.name)
	b.owned = 0
	return nil
}

// Pending adds an entry to what is pending in the group; it gets its consumer by
// Owned.
func (b *Builder) Pending(id ID, time int64, count uint64) error {
	if _, found := b.group.PendingWith(id); found {
		return fmt.Errorf("entry %v of group %.64q is pending twice: %w", id, b.name, ErrPending)
	}
	b.group.putPending(Pending{ID: id, Consumer: nobody, Time: time, Count: count})
	return nil
}

// Consumer starts a consumer of the group.
func (b *Builder) Consumer(name []byte, seen int64) error {
	var created bool
	if b.consumer, created = b.group.CreateConsumer(name, seen); !created {
		return fmt.Errorf("consumer %.64q of group %.64q is there twice: %w", name, b.name, ErrPending)
	}
	return nil
}

// Owned gives a pending entry of the group to the consumer.
func (b *Builder) Owned(id ID) error {
	p, found := b.group.PendingWith(id)
	if !found || p.Consumer != nobody {
		return fmt.Errorf("entry %v of a consumer of group %.64q: %w", id, b.name, ErrPending)
	}
	p.Consumer = b.consumer
	b.group.SetPending(p)
	b.owned++
	return nil
}

// EndGroup ends a group. Every pending entry must have a consumer.
func (b *Builder) EndGroup() error {
	if n := b.group.Pending(); n != b.owned {
		return fmt.Errorf("%d pending entries of group %.64q, %d have consumers: %w", n, b.name, b.owned, ErrPending)
	}
	return nil
}
