package zset

import (
	"math"
	"sort"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// ZSet reads a sorted set. It aliases node memory.
type ZSet struct {
	sp    value.Space
	pack  []byte // nil if it is not packed
	table table.Table
	tree  tree.Tree
}

// treeOffset is where the tree's version is in the bytes of a ZSetTree.
const (
	treeOffset = value.TableSize
	treeBytes  = treeOffset + value.TreeSize
)

// Of reads the value bytes b of a kind of sorted sets.
func Of(sp value.Space, kind value.Kind, b []byte) ZSet {
	if kind == value.ZSetTree {
		return ZSet{sp: sp, table: value.TableAt(sp, b), tree: value.TreeAt(sp, b[treeOffset:])}
	}
	return ZSet{sp: sp, pack: value.BlobOf(sp, kind, b)}
}

// Encoding is what OBJECT ENCODING replies.
func Encoding(_ value.Space, kind value.Kind, _ []byte) string {
	if kind == value.ZSetTree {
		return "skiplist"
	}
	return "listpack"
}

// Packed returns the listpack that the set is, nil if it is none.
func (z *ZSet) Packed() []byte { return z.pack }

// Len is the number of members.
func (z *ZSet) Len() int64 {
	if z.pack != nil {
		return int64(listpack.Len(z.pack) / 2)
	}
	return z.tree.Count
}

// Score is the score of member.
func (z *ZSet) Score(member []byte) (score float64, ok bool) {
	if z.pack != nil {
		pos := listpack.Find(z.pack, listpack.First(z.pack), member, 1)
		if pos == listpack.None {
			return 0, false
		}
		return packScore(z.pack, listpack.Next(z.pack, pos)), true
	}
	return tableScore(&z.table, z.sp.Hash(member), member)
}

func tableScore(t *table.Table, pos uint64, member []byte) (score float64, ok bool) {
	e, ok := t.Find(pos, member)
	if !ok {
		return 0, false
	}
	return math.Float64frombits(le.Uint64(e.Value())), true
}

// Rank is the number of members before member, and its score.
func (z *ZSet) Rank(member []byte) (rank int64, score float64, ok bool) {
	if z.pack == nil {
		if score, ok = z.Score(member); ok {
			rank = z.before(score, member)
		}
		return rank, score, ok
	}
	for pos := listpack.First(z.pack); pos != listpack.None; rank++ {
		at := listpack.Next(z.pack, pos)
		if listpack.Equal(z.pack, pos, member) {
			return rank, packScore(z.pack, at), true
		}
		pos = listpack.Next(z.pack, at)
	}
	return 0, 0, false
}

// before is the number of members in the tree before score and member.
func (z *ZSet) before(score float64, member []byte) int64 {
	var room [64]byte
	n, _ := z.tree.Rank(appendKey(room[:0], score, member))
	return n
}

// ByScore returns the ranks [from, to) of the members whose scores are in r. Where
// there are more than most of them, only the first most need be found or, with
// reverse, the last.
func (z *ZSet) ByScore(r *ScoreRange, reverse bool, most int64) (from, to int64) {
	switch {
	case r.empty():
		return 0, 0
	case z.pack == nil:
		return z.firstRank(r.Min, r.MinEx), z.firstRank(r.Max, !r.MaxEx)
	case reverse:
		return z.scanBack(r, most)
	}
	return z.scan(r, most)
}

// scan is ByScore for a listpack. It reads no more scores than it must: most are
// text.
func (z *ZSet) scan(r *ScoreRange, most int64) (from, to int64) {
	pos := listpack.First(z.pack)
	for ; pos != listpack.None; from++ {
		at := listpack.Next(z.pack, pos)
		if r.above(packScore(z.pack, at)) {
			break
		}
		pos = listpack.Next(z.pack, at)
	}
	n := z.Len()
	if from < n && r.below(packScore(z.pack, listpack.Last(z.pack))) {
		return from, n
	}
	for to = from; pos != listpack.None && to-from < most; to++ {
		at := listpack.Next(z.pack, pos)
		if !r.below(packScore(z.pack, at)) {
			break
		}
		pos = listpack.Next(z.pack, at)
	}
	return from, to
}

// scanBack is scan from the end.
func (z *ZSet) scanBack(r *ScoreRange, most int64) (from, to int64) {
	to = z.Len()
	at := listpack.Last(z.pack) // of a score
	before := func() {
		if at = listpack.Prev(z.pack, at); at != listpack.None {
			at = listpack.Prev(z.pack, at)
		}
	}
	for ; at != listpack.None && !r.below(packScore(z.pack, at)); to-- {
		before()
	}
	if to > 0 && r.above(packScore(z.pack, listpack.Next(z.pack, listpack.First(z.pack)))) {
		return 0, to
	}
	for from = to; at != listpack.None && to-from < most && r.above(packScore(z.pack, at)); from-- {
		before()
	}
	return from, to
}

// firstRank is the number of members in the tree with a lesser score; those of
// the same count too if behind is set.
func (z *ZSet) firstRank(score float64, behind bool) int64 {
	order := orderOf(score)
	if behind {
		order++
	}
	var room [orderSize]byte
	n, _ := z.tree.Rank(be.AppendUint64(room[:0], order))
	return n
}

// ByMember returns the ranks [from, to) of the members in r, as Redis finds them
// if it goes forward or, reverse, from the end: that is not the same if scores
// differ, and then the order is not that of the members.
func (z *ZSet) ByMember(r *LexRange, reverse bool) (from, to int64) {
	n := z.Len()
	if r.empty() || n == 0 {
		return 0, 0
	}
	first, last := z.At(0), z.At(n-1)
	if !r.above(last.Member()) || !r.below(first.Member()) {
		return 0, 0
	}
	if z.pack != nil {
		return z.scanMembers(r, reverse)
	}
	if score := first.Score(); score == last.Score() {
		return z.endRank(score, &r.Min, false), z.endRank(score, &r.Max, true)
	}
	from = z.firstRankOf(r.above)
	to = z.firstRankOf(func(member []byte) bool { return !r.below(member) })
	return from, max(from, to)
}

// endRank is the number of members in the tree, all with the same score, before
// the end of a range.
func (z *ZSet) endRank(score float64, e *LexEnd, isMax bool) int64 {
	switch {
	case e.Infinite < 0:
		return 0
	case e.Infinite > 0:
		return z.tree.Count
	}
	var room [64]byte
	n, found := z.tree.Rank(appendKey(room[:0], score, e.Member))
	if found && e.Ex != isMax {
		n++
	}
	return n
}

// firstRankOf is the rank of the first member in the tree for which is says yes,
// if it says so of all behind, too.
func (z *ZSet) firstRankOf(is func(member []byte) bool) int64 {
	return int64(sort.Search(int(z.tree.Count), func(i int) bool {
		c := z.At(int64(i))
		return is(c.Member())
	}))
}

// scanMembers is ByMember for a listpack.
func (z *ZSet) scanMembers(r *LexRange, reverse bool) (from, to int64) {
	n := z.Len()
	if reverse {
		to = n
		c := z.At(n - 1)
		for ; c.Valid() && !r.below(c.Member()); c.Prev() {
			to--
		}
		for from = to; c.Valid() && r.above(c.Member()); c.Prev() {
			from--
		}
		return from, to
	}
	c := z.At(0)
	for ; c.Valid() && !r.above(c.Member()); c.Next() {
		from++
	}
	for to = from; c.Valid() && r.below(c.Member()); c.Next() {
		to++
	}
	return from, to
}

// Cursor is a place in the order of a set. It is valid until the set changes.
type Cursor struct {
	pack []byte
	pos  int // of the member in pack
	tree tree.Cursor
	text [20]byte // of a member that is an integer
}

// At returns the cursor at the member of that rank, which is not valid if there
// is none.
func (z *ZSet) At(rank int64) Cursor {
	if z.pack == nil {
		return Cursor{tree: z.tree.At(rank)}
	}
	c := Cursor{pack: z.pack}
	if n := z.Len(); rank < 0 || rank >= n {
		return c
	} else if rank == n-1 {
		c.pos = listpack.Seek(z.pack, -2)
	} else {
		c.pos = listpack.Seek(z.pack, int(2*rank))
	}
	return c
}

// Valid tells whether the cursor is at a member.
func (c *Cursor) Valid() bool {
	if c.pack != nil {
		return c.pos != listpack.None
	}
	return c.tree.Valid()
}

// Member is the member at the cursor. It is valid until the cursor moves.
func (c *Cursor) Member() []byte {
	if c.pack == nil {
		return c.tree.Key()[orderSize:]
	}
	b, n, isInt := listpack.Get(c.pack, c.pos)
	if isInt {
		return strconv.AppendInt(c.text[:0], n, 10)
	}
	return b
}

// Score is the score at the cursor.
func (c *Cursor) Score() float64 {
	if c.pack == nil {
		return keyScore(c.tree.Key(), c.tree.Value())
	}
	return packScore(c.pack, listpack.Next(c.pack, c.pos))
}

// Next moves to the member behind.
func (c *Cursor) Next() {
	if c.pack == nil {
		c.tree.Next()
		return
	}
	if c.pos = listpack.Next(c.pack, c.pos); c.pos != listpack.None {
		c.pos = listpack.Next(c.pack, c.pos)
	}
}

// Prev moves to the member before.
func (c *Cursor) Prev() {
	if c.pack == nil {
		c.tree.Prev()
		return
	}
	if c.pos = listpack.Prev(c.pack, c.pos); c.pos != listpack.None {
		c.pos = listpack.Prev(c.pack, c.pos)
	}
}

// Tree is the tree that orders a set that is not packed. ElementOf reads its
// entries.
func (z *ZSet) Tree() *tree.Tree { return &z.tree }

// ElementOf reads an entry of Tree.
func ElementOf(key, val []byte) (member []byte, score float64) {
	return key[orderSize:], keyScore(key, val)
}

// Each calls fn with every member, in no order, until it returns false. The member
// is valid during the call.
func (z *ZSet) Each(fn func(member []byte, score float64) bool) {
	if z.pack == nil {
		z.table.Each(func(e table.Entry) bool { return fn(e.Key(), math.Float64frombits(le.Uint64(e.Value()))) })
		return
	}
	for c := z.At(0); c.Valid() && fn(c.Member(), c.Score()); c.Next() {
	}
}

// Scan calls fn with members from cursor on until it has seen count of them, and
// returns the next cursor, 0 at the end. A packed set is seen at once.
func (z *ZSet) Scan(cursor uint64, count int, fn func(member []byte, score float64)) (next uint64) {
	if z.pack != nil {
		for c := z.At(0); c.Valid(); c.Next() {
			fn(c.Member(), c.Score())
		}
		return 0
	}
	return z.table.Scan(cursor, count, z.sp.Hash, func(e table.Entry) {
		fn(e.Key(), math.Float64frombits(le.Uint64(e.Value())))
	})
}
