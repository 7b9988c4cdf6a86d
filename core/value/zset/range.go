package zset

import "bytes"

// ScoreRange is a range of scores.
type ScoreRange struct {
	Min, Max     float64
	MinEx, MaxEx bool // the ends are not part of it
}

func (r *ScoreRange) above(score float64) bool {
	return score > r.Min || score == r.Min && !r.MinEx
}

func (r *ScoreRange) below(score float64) bool {
	return score < r.Max || score == r.Max && !r.MaxEx
}

// empty tells whether no score can be in the range.
func (r *ScoreRange) empty() bool {
	return r.Min > r.Max || r.Min == r.Max && (r.MinEx || r.MaxEx)
}

// LexEnd is one end of a range of members: of all members the least or the
// greatest, where Infinite is -1 or 1, else Member.
type LexEnd struct {
	Infinite int
	Member   []byte
	Ex       bool // Member is not part of the range
}

// compare orders an end and a member, -1 where the end is less.
func (e *LexEnd) compare(member []byte) int {
	if e.Infinite != 0 {
		return e.Infinite
	}
	return bytes.Compare(e.Member, member)
}

// LexRange is a range of members that have the same score.
type LexRange struct{ Min, Max LexEnd }

func (r *LexRange) above(member []byte) bool {
	c := r.Min.compare(member)
	return c < 0 || c == 0 && !r.Min.Ex
}

func (r *LexRange) below(member []byte) bool {
	c := r.Max.compare(member)
	return c > 0 || c == 0 && !r.Max.Ex
}

// empty tells whether no member can be in the range.
func (r *LexRange) empty() bool {
	if r.Min.Infinite != 0 || r.Max.Infinite != 0 {
		return r.Min.Infinite > 0 || r.Max.Infinite < 0
	}
	c := bytes.Compare(r.Min.Member, r.Max.Member)
	return c > 0 || c == 0 && (r.Min.Ex || r.Max.Ex)
}
