package zset

import (
	"iter"
	"math"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Editor changes a sorted set. Close ends it; until then nothing else changes
// the cell.
type Editor struct {
	c     *value.Cell
	pack  []byte // nil if the set is not packed
	owned bool   // pack may be changed
	table *table.Table
	tree  tree.Tree
}

// New makes c an empty set, whose first member must be added next.
func New(c *value.Cell) {
	var room [8]byte
	c.Set(value.ZSetPack, listpack.New(room[:0]))
}

// Edit begins to change the set in c.
func Edit(c *value.Cell) Editor {
	e := Editor{c: c}
	if c.Kind == value.ZSetTree {
		e.table, e.tree = c.OpenTable(0, nil), c.Tree(treeOffset)
	} else {
		e.pack = c.Blob()
	}
	return e
}

// Close stores what changed in the cell. It tells whether the set is empty: then
// the cell is not to be committed but the key to be deleted.
func (e *Editor) Close() (empty bool) {
	if e.pack == nil {
		e.c.PutTable(0, e.table)
		e.c.PutTree(treeOffset, &e.tree)
		return e.tree.Count == 0
	}
	if listpack.Empty(e.pack) {
		return true // what the entry names is whole, whatever its bytes are
	}
	if e.owned {
		e.c.PutBlob(value.ZSetPack, e.pack)
	}
	return false
}

// Unpack makes a packed set a tree, whatever the thresholds.
func (e *Editor) Unpack() {
	if e.pack != nil {
		e.toTree()
	}
}

// View reads the set as it is now; it is valid until the next change.
func (e *Editor) View() ZSet {
	z := ZSet{sp: e.c.Space, pack: e.pack, tree: e.tree}
	if e.pack == nil {
		z.table = *e.table
	}
	return z
}

// Len is the number of members.
func (e *Editor) Len() int64 {
	if e.pack != nil {
		return int64(listpack.Len(e.pack) / 2)
	}
	return e.tree.Count
}

// own makes the listpack writable, with room for grow bytes more.
func (e *Editor) own(grow int) {
	if !e.owned {
		e.pack, e.owned = e.c.EditBlob(grow), true
	}
}

// Mode says when Add does what.
type Mode uint8

// The options of ZADD.
const (
	OnlyNew     Mode = 1 << iota // NX
	OnlyPresent                  // XX
	OnlyGreater                  // GT
	OnlyLess                     // LT
	Increment                    // INCR
)

// forbids tells whether a member with the score old may not get score.
func (m Mode) forbids(old, score float64) bool {
	return m&OnlyLess != 0 && score >= old || m&OnlyGreater != 0 && score <= old
}

// Outcome is what Add did.
type Outcome uint8

// Outcomes of Add.
const (
	Declined  Outcome = iota // the mode forbade it
	Added                    // the member is new
	Updated                  // it has another score
	Unchanged                // it has that score already
	NotANumber
)

// Add gives member the score, or adds that to the one it has. It returns the
// score that it has now. The set may become a tree.
func (e *Editor) Add(member []byte, score float64, m Mode) (Outcome, float64) {
	if e.pack == nil {
		return e.addToTree(member, score, m)
	}
	pos := listpack.Find(e.pack, listpack.First(e.pack), member, 1)
	if pos == listpack.None {
		return e.addToPack(member, score, m)
	}
	if m&OnlyNew != 0 {
		return Declined, 0
	}
	old := packScore(e.pack, listpack.Next(e.pack, pos))
	if m&Increment != 0 {
		score += old
	}
	switch {
	case score != score:
		return NotANumber, 0
	case m.forbids(old, score):
		return Declined, 0
	case score == old:
		return Unchanged, score
	}
	e.own(growth(len(member)))
	e.pack, _ = listpack.DeleteAt(e.pack, pos, 2)
	e.insert(member, score)
	return Updated, score
}

// growth bounds by how much a new member lengthens a listpack.
func growth(member int) int { return member + maxScoreText + 16 }

func (e *Editor) addToPack(member []byte, score float64, m Mode) (Outcome, float64) {
	if m&OnlyPresent != 0 {
		return Declined, 0
	}
	if !e.fits(len(member), e.Len()+1) {
		e.toTree()
		return e.addToTree(member, score, m)
	}
	e.own(growth(len(member)))
	e.insert(member, score)
	return Added, score
}

// fits tells whether a set of n members, a new one of so many bytes among them,
// may be packed.
func (e *Editor) fits(member int, n int64) bool {
	l := e.c.Limits
	return n <= int64(l.ZSetMaxListpackEntries) && member <= l.ZSetMaxListpackValue &&
		listpack.SafeToAdd(len(e.pack), growth(member))
}

// Packs tells whether a set of n members, the longest of so many bytes and all
// together of size, may be packed.
func Packs(c *value.Cell, n, longest, size int) bool {
	l := c.Limits
	return n <= l.ZSetMaxListpackEntries && longest <= l.ZSetMaxListpackValue && listpack.SafeToAdd(size, n*growth(0))
}

// insert puts a member that is not there where it belongs.
func (e *Editor) insert(member []byte, score float64) {
	pos := listpack.First(e.pack)
	for pos != listpack.None {
		at := listpack.Next(e.pack, pos)
		if s := packScore(e.pack, at); s > score || s == score && compareElem(e.pack, pos, member) > 0 {
			break
		}
		pos = listpack.Next(e.pack, at)
	}
	if pos == listpack.None {
		pos = len(e.pack) - 1
	}
	e.put(pos, member, score)
}

// put writes member and score before the entry at pos.
func (e *Editor) put(pos int, member []byte, score float64) {
	e.pack = listpack.Insert(e.pack, pos, member)
	pos += listpack.EncodedSize(member)
	if n, ok := asInt(score); ok {
		e.pack = listpack.InsertInt(e.pack, pos, n)
		return
	}
	var room [maxScoreText]byte
	e.pack = listpack.Insert(e.pack, pos, appendScoreText(room[:0], score))
}

func (e *Editor) addToTree(member []byte, score float64, m Mode) (Outcome, float64) {
	pos := e.c.Hash(member)
	old, there := tableScore(e.table, pos, member)
	if !there {
		if m&OnlyPresent != 0 {
			return Declined, 0
		}
		e.addNew(pos, member, score)
		return Added, score
	}
	if m&OnlyNew != 0 {
		return Declined, 0
	}
	if m&Increment != 0 {
		score += old
	}
	switch {
	case score != score:
		return NotANumber, 0
	case m.forbids(old, score):
		return Declined, 0
	case score == old:
		return Unchanged, score
	}
	e.dropFromTree(member, old)
	e.addToOrder(member, score)
	entry, _ := e.table.Edit(pos, member)
	le.PutUint64(entry.Value(), math.Float64bits(score))
	return Updated, score
}

// addNew adds a member that is not there, whose position in the table is pos, to
// table and tree.
func (e *Editor) addNew(pos uint64, member []byte, score float64) {
	var bits [8]byte
	le.PutUint64(bits[:], math.Float64bits(score))
	e.table.Add(pos, member, table.Item{Due: table.NoDue, Value: bits[:]})
	e.addToOrder(member, score)
}

func (e *Editor) addToOrder(member []byte, score float64) {
	var room [orderSize + 64]byte
	e.tree.Set(appendKey(room[:0], score, member), markOf(score))
}

func (e *Editor) dropFromTree(member []byte, score float64) {
	var room [orderSize + 64]byte
	e.tree.Delete(appendKey(room[:0], score, member))
}

// Expect makes a tree of a new set that will have n members, the longest of so
// many bytes, if it would become one.
func (e *Editor) Expect(n int64, longest int) {
	if e.pack != nil && !e.fits(longest, n) {
		e.toTree()
	}
}

// Build makes the new cell c a set of members that come in ascending order, as a
// tree whatever the thresholds. It is false, and c holds some of them, if one
// comes twice or not in order.
func Build(c *value.Cell, members iter.Seq2[[]byte, float64]) bool {
	e, once := Begin(c), true
	ok := e.Order(func(yield func([]byte, float64) bool) {
		for member, score := range members {
			var room [8]byte
			once = AddTo(e.table, c.Hash(member), member, AppendScore(room[:0], score))
			if !once || !yield(member, score) {
				return
			}
		}
	})
	e.Close()
	return ok && once
}

// Begin makes the new cell c an empty tree, in parts: each member is to be added to
// its Table, with AddTo, and to its order.
func Begin(c *value.Cell) Editor {
	var none [treeBytes]byte
	c.Set(value.ZSetTree, none[:])
	return Edit(c)
}

// Table finds the members of a set that is a tree.
func (e *Editor) Table() *table.Table { return e.table }

// AddTo adds a member to the table of a set, or to a part of it, at the position that
// the hash of the member gives; it tells whether it was not there. score is what
// AppendScore gives.
func AddTo(t *table.Table, at uint64, member, score []byte) (added bool) {
	return t.Insert(at, member, table.Item{Due: table.NoDue, Value: score})
}

// AppendScore appends score for AddTo.
func AppendScore(b []byte, score float64) []byte { return le.AppendUint64(b, math.Float64bits(score)) }

// Order makes members, which come in ascending order, the order of a set that has
// none. It is false, and some are missing, if one comes twice or not in order.
func (e *Editor) Order(members iter.Seq2[[]byte, float64]) bool {
	order := tree.NewBuilder(e.c.Where)
	ok := true
	for member, score := range members {
		var room [orderSize + 64]byte
		if ok = order.Add(appendKey(room[:0], score, member), markOf(score)); !ok {
			break
		}
	}
	e.tree = order.Tree()
	return ok
}

// AddToOrder adds a member to the order alone.
func (e *Editor) AddToOrder(member []byte, score float64) { e.addToOrder(member, score) }

// toTree makes a tree of a listpack.
func (e *Editor) toTree() {
	old := append([]byte(nil), e.pack...) // it may lie in the node
	e.c.DropBlob()
	var none [treeBytes]byte
	e.c.Set(value.ZSetTree, none[:])
	e.pack, e.owned = nil, false
	e.table, e.tree = e.c.OpenTable(0, nil), e.c.Tree(treeOffset)
	z := ZSet{pack: old}
	for c := z.At(0); c.Valid(); c.Next() {
		e.addNew(e.c.Hash(c.Member()), c.Member(), c.Score())
	}
}

// Append adds a member that is not there and that comes behind all others.
func (e *Editor) Append(member []byte, score float64) {
	if e.pack != nil {
		if e.fits(len(member), e.Len()+1) {
			e.own(growth(len(member)))
			e.put(len(e.pack)-1, member, score)
			return
		}
		e.toTree()
	}
	e.addNew(e.c.Hash(member), member, score)
}

// Remove takes member away and tells whether it was there.
func (e *Editor) Remove(member []byte) bool {
	if e.pack == nil {
		pos := e.c.Hash(member)
		score, there := tableScore(e.table, pos, member)
		if there {
			e.table.Delete(pos, member)
			e.dropFromTree(member, score)
		}
		return there
	}
	pos := listpack.Find(e.pack, listpack.First(e.pack), member, 1)
	if pos == listpack.None {
		return false
	}
	e.own(0)
	e.pack, _ = listpack.DeleteAt(e.pack, pos, 2)
	return true
}

// RemoveRanks takes away the members of ranks [from, to).
func (e *Editor) RemoveRanks(from, to int64) {
	if from >= to {
		return
	}
	if e.pack != nil {
		e.own(0)
		e.pack = listpack.DeleteRange(e.pack, int(2*from), int(2*(to-from)))
		return
	}
	if to == from+1 {
		at := e.tree.At(from)
		var room [64]byte
		e.Remove(append(room[:0], at.Key()[orderSize:]...))
		return
	}
	e.tree.DeleteRange(from, to, func(key, _ []byte) {
		member := key[orderSize:]
		e.table.Delete(e.c.Hash(member), member)
	})
}
