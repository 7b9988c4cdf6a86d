package stream

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
)

// Offsets in the record of a group, which are frozen.
const (
	offDelivered = 0
	offRead      = 16
	offPending   = 24
	offOwned     = 40
	offConsumers = 56
	offNames     = 72

	groupSize = 88

	pendingSize  = 20
	consumerSize = 12
	ownedKeySize = 4 + idSize
)

// Unknown is the number of entries read of a group that does not know it.
const Unknown = -1

// Group reads a consumer group. It is valid as long as its stream, and until a
// group comes or goes.
type Group struct {
	heap *page.Heap
	rec  []byte
}

// Group returns the group with this name.
func (s Stream) Group(name []byte) (g Group, ok bool) {
	groups := s.groups()
	rec, ok := groups.Get(name)
	return Group{s.heap, rec}, ok
}

// EachGroup calls fn with every group in the order of their names.
func (s Stream) EachGroup(fn func(name []byte, g Group)) {
	groups := s.groups()
	for c := groups.First(); c.Valid(); c.Next() {
		fn(c.Key(), Group{s.heap, c.Value()})
	}
}

// LastID is the ID that was delivered last.
func (g Group) LastID() ID { return getID(g.rec[offDelivered:]) }

// Read is how many entries the group has read, or Unknown.
func (g Group) Read() int64 { return int64(le.Uint64(g.rec[offRead:])) }

// Pending is the number of entries that are delivered and not acknowledged.
func (g Group) Pending() int64 { return g.pending().Count }

// Consumers is how many there are.
func (g Group) Consumers() int64 { return g.consumers().Count }

func (g Group) pending() tree.Tree   { return readTree(g.heap, g.rec[offPending:]) }
func (g Group) owned() tree.Tree     { return readTree(g.heap, g.rec[offOwned:]) }
func (g Group) consumers() tree.Tree { return readTree(g.heap, g.rec[offConsumers:]) }
func (g Group) names() tree.Tree     { return readTree(g.heap, g.rec[offNames:]) }

// Consumer is one consumer of a group.
type Consumer struct {
	Number uint32
	Seen   int64 // when it last asked for entries, in ms
}

func getConsumer(b []byte) Consumer {
	return Consumer{le.Uint32(b), int64(le.Uint64(b[4:]))}
}

// Consumer returns the consumer with this name.
func (g Group) Consumer(name []byte) (Consumer, bool) {
	consumers := g.consumers()
	b, ok := consumers.Get(name)
	if !ok {
		return Consumer{}, false
	}
	return getConsumer(b), true
}

// EachConsumer calls fn with every consumer in the order of their names.
func (g Group) EachConsumer(fn func(name []byte, c Consumer)) {
	consumers := g.consumers()
	for c := consumers.First(); c.Valid(); c.Next() {
		fn(c.Key(), getConsumer(c.Value()))
	}
}

// AppendName appends the name of a consumer to dst.
func (g Group) AppendName(dst []byte, consumer uint32) []byte {
	names := g.names()
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], consumer)
	c := names.Seek(key[:])
	return append(dst, c.Key()[len(key):]...)
}

// Names gives the names of consumers of a group, which does not change
// meanwhile. It is quick where the same one is asked for again and again.
type Names struct {
	g        Group
	consumer uint32
	known    bool
	name     []byte
}

// Names returns what gives the names of g's consumers.
func (g Group) Names() Names { return Names{g: g} }

// Of is the name of a consumer, valid until the next call.
func (n *Names) Of(consumer uint32) []byte {
	if !n.known || n.consumer != consumer {
		n.name = n.g.AppendName(n.name[:0], consumer)
		n.consumer, n.known = consumer, true
	}
	return n.name
}

// PendingOf is how many entries wait for a consumer's acknowledgement.
func (g Group) PendingOf(consumer uint32) int64 {
	owned := g.owned()
	var key [4]byte
	binary.BigEndian.PutUint32(key[:], consumer)
	from, _ := owned.Rank(key[:])
	binary.BigEndian.PutUint32(key[:], consumer+1)
	to, _ := owned.Rank(key[:])
	return to - from
}

// Pending is an entry that is delivered and not acknowledged.
type Pending struct {
	ID       ID
	Consumer uint32
	Time     int64 // when it was last delivered, in ms
	Count    uint64
}

func getPending(id ID, b []byte) Pending {
	return Pending{id, le.Uint32(b), int64(le.Uint64(b[4:])), le.Uint64(b[12:])}
}

// PendingWith returns what is pending under an ID.
func (g Group) PendingWith(id ID) (Pending, bool) {
	pending := g.pending()
	key := id.Key()
	b, ok := pending.Get(key[:])
	if !ok {
		return Pending{}, false
	}
	return getPending(id, b), true
}

// FirstPending and LastPending are the ends of what is pending, which is
// something.
func (g Group) FirstPending() ID {
	pending := g.pending()
	c := pending.First()
	return IDOf(c.Key())
}

// LastPending is the greatest ID that is pending.
func (g Group) LastPending() ID {
	pending := g.pending()
	c := pending.Last()
	return IDOf(c.Key())
}

// PendingFrom calls fn with what is pending from an ID on until it returns false.
// fn must not change the group.
func (g Group) PendingFrom(from ID, fn func(p Pending) bool) {
	pending := g.pending()
	key := from.Key()
	for c := pending.Seek(key[:]); c.Valid(); c.Next() {
		if !fn(getPending(IDOf(c.Key()), c.Value())) {
			return
		}
	}
}

// NextPending is what is pending under the least ID that is not less than from.
func (g Group) NextPending(from ID) (Pending, bool) {
	pending := g.pending()
	key := from.Key()
	c := pending.Seek(key[:])
	if !c.Valid() {
		return Pending{}, false
	}
	return getPending(IDOf(c.Key()), c.Value()), true
}

// OwnedFrom is PendingFrom for one consumer. fn may change what is pending by
// SetPending, but its consumer.
func (g Group) OwnedFrom(consumer uint32, from ID, fn func(p Pending) bool) {
	owned := g.owned()
	key := ownedKey(consumer, from)
	for c := owned.Seek(key[:]); c.Valid(); c.Next() {
		k := c.Key()
		if binary.BigEndian.Uint32(k) != consumer {
			return
		}
		if p, _ := g.PendingWith(IDOf(k[4:])); !fn(p) {
			return
		}
	}
}

func ownedKey(consumer uint32, id ID) (k [ownedKeySize]byte) {
	binary.BigEndian.PutUint32(k[:], consumer)
	key := id.Key()
	copy(k[4:], key[:])
	return k
}
