package zsets

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// selection is what ZRANGE and its older forms are asked for.
type selection struct {
	bounds
	reverse, withScores bool
	offset, limit       int64
}

func zrange(c *command.Call)        { reply(c, selection{}, ordersOpen) }
func zrevrange(c *command.Call)     { reply(c, selection{bounds: bounds{kind: byRank}, reverse: true}, 0) }
func zrangebyscore(c *command.Call) { reply(c, selection{bounds: bounds{kind: byScore}}, 0) }
func zrevrangebyscore(c *command.Call) {
	reply(c, selection{bounds: bounds{kind: byScore}, reverse: true}, 0)
}
func zrangebylex(c *command.Call) { reply(c, selection{bounds: bounds{kind: byLex}}, 0) }
func zrevrangebylex(c *command.Call) {
	reply(c, selection{bounds: bounds{kind: byLex}, reverse: true}, 0)
}

// grammar says which options a command of the kind takes.
type grammar uint8

const (
	ordersOpen grammar = 1 << iota // BYSCORE, BYLEX and REV
	noScores                       // no WITHSCORES
)

// parse reads <min> <max> and options from argument at on.
func (s *selection) parse(c *command.Call, at int, g grammar) bool {
	s.limit = -1
	for i := at + 2; i < len(c.Args); i++ {
		switch {
		case g&noScores == 0 && c.Is(i, "WITHSCORES"):
			s.withScores = true
		case i+2 < len(c.Args) && c.Is(i, "LIMIT"):
			var ok bool
			if s.offset, ok = c.Int(i + 1); !ok {
				return false
			}
			if s.limit, ok = c.Int(i + 2); !ok {
				return false
			}
			i += 2
		case g&ordersOpen != 0 && !s.reverse && c.Is(i, "REV"):
			s.reverse = true
		case g&ordersOpen != 0 && s.kind == 0 && c.Is(i, "BYLEX"):
			s.kind = byLex
		case g&ordersOpen != 0 && s.kind == 0 && c.Is(i, "BYSCORE"):
			s.kind = byScore
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	if s.kind == 0 {
		s.kind = byRank
	}
	switch {
	case s.limit != -1 && s.kind == byRank:
		c.Out.Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
		return false
	case s.withScores && s.kind == byLex:
		c.Out.Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
		return false
	}
	if s.reverse && s.kind != byRank {
		return s.bounds.parse(c, at+1, at)
	}
	return s.bounds.parse(c, at, at+1)
}

// span returns the ranks [from, to) of what is selected.
func (s *selection) span(z *zset.ZSet) (from, to int64) {
	most := int64(math.MaxInt64)
	if s.limit >= 0 && s.offset >= 0 && s.offset <= most-s.limit {
		most = s.offset + s.limit
	}
	from, to = s.ranks(z, s.reverse, most)
	if s.kind == byRank {
		return from, to
	}
	if s.offset < 0 || s.offset >= to-from {
		return 0, 0
	}
	n := to - from - s.offset
	if s.limit >= 0 {
		n = min(n, s.limit)
	}
	if s.reverse {
		to -= s.offset
		return to - n, to
	}
	from += s.offset
	return from, from + n
}

func reply(c *command.Call, s selection, g grammar) {
	if !s.parse(c, 2, g) {
		return
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	var from, to int64
	if found {
		from, to = s.span(&z)
	}
	replyRanks(c, &z, from, to, s.reverse, s.withScores)
}

// replyRanks replies the members of ranks [from, to).
func replyRanks(c *command.Call, z *zset.ZSet, from, to int64, reverse, withScores bool) {
	beginMembers(c, int(to-from), withScores)
	if from >= to {
		return
	}
	first := from
	if reverse {
		first = to - 1
	}
	at := z.At(first)
	for n := to - from; n > 0; n-- {
		if withScores {
			replyMember(c, at.Member(), at.Score())
		} else {
			c.Out.Bulk(at.Member())
		}
		if reverse {
			at.Prev()
		} else {
			at.Next()
		}
	}
}

// beginMembers begins a reply of n members. With scores these follow each member
// in RESP2, and are pairs in RESP3.
func beginMembers(c *command.Call, n int, withScores bool) {
	if withScores && c.Out.Proto != 3 {
		n *= 2
	}
	c.Out.Array(n)
}

// replyMember replies a member with its score.
func replyMember(c *command.Call, member []byte, score float64) {
	if c.Out.Proto == 3 {
		c.Out.Array(2)
	}
	c.Out.Bulk(member)
	c.Out.Double(score)
}

func zrangestore(c *command.Call) {
	var s selection
	if !s.parse(c, 3, ordersOpen|noScores) {
		return
	}
	dst, src := c.Args[1], c.Args[2]
	c.DB.Settle(dst, src)
	z, found, ok := find(c, src)
	if !ok {
		return
	}
	var from, to int64
	if found {
		from, to = s.span(&z)
	}
	if from >= to {
		deleteKey(c, dst)
		return
	}
	cell := c.DB.New(dst)
	zset.New(cell)
	ed := zset.Edit(cell)
	if s.kind == byRank { // else Redis does not know how many there are
		ed.Expect(to-from, 0)
	}
	at := z.At(from)
	for n := to - from; n > 0; n-- {
		ed.Append(at.Member(), at.Score())
		at.Next()
	}
	finish(c, dst, cell, &ed)
	c.Changed(keyspace.EventZSet, "zrangestore", dst, 1)
	c.Out.Int(to - from)
}
