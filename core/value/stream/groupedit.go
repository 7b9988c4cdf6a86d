package stream

import (
	"encoding/binary"
	"math"

	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// GroupEditor changes a group. It is valid until a group comes or goes.
type GroupEditor struct {
	Group
	w value.Where
}

// CreateGroup makes a group and tells whether there was none of this name.
func (e Editor) CreateGroup(name []byte, last ID, read int64) bool {
	groups := openTree(e.w, e.b[offGroups:])
	if _, found := groups.Get(name); found {
		return false
	}
	var rec [groupSize]byte
	putID(rec[offDelivered:], last)
	le.PutUint64(rec[offRead:], uint64(read))
	groups.Set(name, rec[:])
	putTree(e.b[offGroups:], &groups)
	return true
}

// EditGroup returns what changes the group with this name.
func (e Editor) EditGroup(name []byte) (GroupEditor, bool) {
	groups := openTree(e.w, e.b[offGroups:])
	rec, ok := groups.Edit(name)
	putTree(e.b[offGroups:], &groups)
	return GroupEditor{Group{e.heap, rec}, e.w}, ok
}

// DestroyGroup drops the group with this name, with all its consumers.
func (e Editor) DestroyGroup(name []byte) bool {
	groups := openTree(e.w, e.b[offGroups:])
	rec, ok := groups.Get(name)
	if !ok {
		return false
	}
	trees := groupTrees(e.w, rec)
	groups.Delete(name)
	putTree(e.b[offGroups:], &groups)
	for i := range trees {
		trees[i].Free()
	}
	return true
}

// groupTrees are the trees of a group's record.
func groupTrees(w value.Where, rec []byte) (trees [4]tree.Tree) {
	for i, off := range [...]int{offPending, offOwned, offConsumers, offNames} {
		trees[i] = openTree(w, rec[off:])
	}
	return trees
}

// SetLastID sets the ID that was delivered last.
func (g GroupEditor) SetLastID(id ID) { putID(g.rec[offDelivered:], id) }

// SetRead sets how many entries the group has read, or Unknown.
func (g GroupEditor) SetRead(n int64) { le.PutUint64(g.rec[offRead:], uint64(n)) }

// open is the tree at off of the record, to be changed; keep stores it again.
func (g GroupEditor) open(off int) tree.Tree     { return openTree(g.w, g.rec[off:]) }
func (g GroupEditor) keep(off int, t *tree.Tree) { putTree(g.rec[off:], t) }

// See sets when a consumer was last seen; ok is false if there is none of this
// name.
func (g GroupEditor) See(name []byte, now int64) (number uint32, ok bool) {
	consumers := g.open(offConsumers)
	b, ok := consumers.Edit(name)
	g.keep(offConsumers, &consumers)
	if !ok {
		return 0, false
	}
	le.PutUint64(b[4:], uint64(now))
	return le.Uint32(b), true
}

// CreateConsumer makes a consumer; created is false if there is one of this
// name.
func (g GroupEditor) CreateConsumer(name []byte, now int64) (number uint32, created bool) {
	consumers, names := g.open(offConsumers), g.open(offNames)
	if b, found := consumers.Get(name); found {
		return getConsumer(b).Number, false
	}
	number = freeNumber(&names)
	var b [consumerSize]byte
	le.PutUint32(b[:], number)
	le.PutUint64(b[4:], uint64(now))
	consumers.Set(name, b[:])
	names.Set(nameKey(number, name), nil)
	g.keep(offConsumers, &consumers)
	g.keep(offNames, &names)
	return number, true
}

func nameKey(number uint32, name []byte) []byte {
	key := make([]byte, 4, 4+len(name))
	binary.BigEndian.PutUint32(key, number)
	return append(key, name...)
}

// nobody is the number that no consumer has.
const nobody = math.MaxUint32

// freeNumber is a number that no consumer has yet: one behind the last, or the
// first gap.
func freeNumber(names *tree.Tree) uint32 {
	c := names.Last()
	if !c.Valid() {
		return 0
	}
	if n := binary.BigEndian.Uint32(c.Key()); n < nobody-1 {
		return n + 1
	}
	free := uint32(0)
	for c = names.First(); binary.BigEndian.Uint32(c.Key()) == free; c.Next() {
		free++
	}
	return free
}

// DeleteConsumer drops a consumer and what is pending for it, and returns how
// many entries that were; ok is false if there is none of this name.
func (g GroupEditor) DeleteConsumer(name []byte) (pending int64, ok bool) {
	consumer, ok := g.Consumer(name)
	if !ok {
		return 0, false
	}
	all, owned := g.open(offPending), g.open(offOwned)
	first := ownedKey(consumer.Number, ID{})
	from, _ := owned.Rank(first[:])
	pending = g.PendingOf(consumer.Number)
	owned.DeleteRange(from, from+pending, func(key, _ []byte) { all.Delete(key[4:]) })
	g.keep(offPending, &all)
	g.keep(offOwned, &owned)

	consumers, names := g.open(offConsumers), g.open(offNames)
	consumers.Delete(name)
	names.Delete(nameKey(consumer.Number, name))
	g.keep(offConsumers, &consumers)
	g.keep(offNames, &names)
	return pending, true
}

// SetPending makes an entry pending, or changes what is: its consumer, time and
// count.
func (g GroupEditor) SetPending(p Pending) {
	before, found := g.putPending(p)
	if found && before == p.Consumer {
		return
	}
	owned := g.open(offOwned)
	if found {
		key := ownedKey(before, p.ID)
		owned.Delete(key[:])
	}
	key := ownedKey(p.Consumer, p.ID)
	owned.Set(key[:], nil)
	g.keep(offOwned, &owned)
}

// putPending is SetPending without the tree by consumer. It returns the consumer
// before, if the entry was found.
func (g GroupEditor) putPending(p Pending) (before uint32, found bool) {
	key := p.ID.Key()
	all := g.open(offPending)
	b, found := all.Edit(key[:])
	if found {
		before = le.Uint32(b)
		p.encode(b)
	} else {
		var room [pendingSize]byte
		p.encode(room[:])
		all.Set(key[:], room[:])
	}
	g.keep(offPending, &all)
	return before, found
}

func (p Pending) encode(b []byte) {
	le.PutUint32(b, p.Consumer)
	le.PutUint64(b[4:], uint64(p.Time))
	le.PutUint64(b[12:], p.Count)
}

// Acknowledge takes an ID away from what is pending and tells whether it was
// there.
func (g GroupEditor) Acknowledge(id ID) bool {
	p, ok := g.PendingWith(id)
	if !ok {
		return false
	}
	all, owned := g.open(offPending), g.open(offOwned)
	key, ownedKey := id.Key(), ownedKey(p.Consumer, id)
	all.Delete(key[:])
	owned.Delete(ownedKey[:])
	g.keep(offPending, &all)
	g.keep(offOwned, &owned)
	return true
}
