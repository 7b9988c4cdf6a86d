package zsets

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// rangeKind is what a range is of.
type rangeKind uint8

const (
	byRank rangeKind = 1 + iota
	byScore
	byLex
)

// bounds are the two ends of a range.
type bounds struct {
	kind        rangeKind
	start, stop int64 // byRank
	score       zset.ScoreRange
	lex         zset.LexRange
}

// parse reads the ends from arguments min and max. Where they are none it has
// replied so and returns false.
func (b *bounds) parse(c *command.Call, min, max int) (ok bool) {
	switch b.kind {
	case byRank:
		if b.start, ok = c.Int(min); ok {
			b.stop, ok = c.Int(max)
		}
		return ok
	case byScore:
		var minOK, maxOK bool
		b.score.Min, b.score.MinEx, minOK = parseScoreEnd(c.Args[min])
		b.score.Max, b.score.MaxEx, maxOK = parseScoreEnd(c.Args[max])
		if ok = minOK && maxOK; !ok {
			c.Out.Error("ERR min or max is not a float")
		}
		return ok
	}
	if !parseLexEnd(c.Args[min], &b.lex.Min) || !parseLexEnd(c.Args[max], &b.lex.Max) {
		c.Out.Error("ERR min or max not valid string range item")
		return false
	}
	return true
}

// parseScoreEnd reads "1.5", "(1.5" or "-inf".
func parseScoreEnd(b []byte) (score float64, exclusive, ok bool) {
	if exclusive = len(b) > 0 && b[0] == '('; exclusive {
		b = b[1:]
	}
	score, ok = value.ParseBound(b)
	return score, exclusive, ok
}

// parseLexEnd reads "[member", "(member", "-" or "+"; what follows these two
// behind a zero byte is not looked at.
func parseLexEnd(b []byte, e *zset.LexEnd) (ok bool) {
	if len(b) == 0 {
		return false
	}
	switch b[0] {
	case '-', '+':
		e.Infinite = -1
		if b[0] == '+' {
			e.Infinite = 1
		}
		return len(b) == 1 || b[1] == 0
	case '(', '[':
		e.Member, e.Ex = b[1:], b[0] == '('
		return true
	}
	return false
}

// ranks returns the ranks [from, to) of the range in z; of more than most members
// those that come first. With reverse they come from the end, from which then a
// range of ranks counts; those returned never do.
func (b *bounds) ranks(z *zset.ZSet, reverse bool, most int64) (from, to int64) {
	switch b.kind {
	case byScore:
		return z.ByScore(&b.score, reverse, most)
	case byLex:
		return z.ByMember(&b.lex, reverse)
	}
	n := z.Len()
	from, to = b.start, b.stop
	if from < 0 {
		from = max(from+n, 0)
	}
	if to < 0 {
		to += n
	}
	if to = min(to, n-1) + 1; from >= to {
		return 0, 0
	}
	if reverse {
		from, to = n-to, n-from
	}
	return from, to
}
