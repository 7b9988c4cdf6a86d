package rdb

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// scoredMembers are members of a sorted set as a file has them, in any order;
// Redis writes those of a large one from the greatest down. In order they make a
// tree at a fraction of what it takes to find a place for each.
type scoredMembers struct {
	at   []scoredMember
	text []byte
	full bool // more than gatherMost: the rest is to be added one by one
}

type scoredMember struct {
	score     float64
	from, end uint32 // of the member, in text
}

// gatherMost bounds what is gathered, in bytes.
const gatherMost = 16 << 20

// memberOverhead is what a gathered member takes beside its bytes.
const memberOverhead = 16

func (s *scoredMembers) empty() bool { return len(s.at) == 0 }

func (s *scoredMembers) reset() {
	if cap(s.text)+memberOverhead*cap(s.at) > keepBuffer {
		*s = scoredMembers{}
	}
	s.at, s.text, s.full = s.at[:0], s.text[:0], false
}

// add keeps a member, unless that is too much.
func (s *scoredMembers) add(member []byte, score float64) bool {
	if s.full {
		return false
	}
	if len(s.text)+memberOverhead*len(s.at)+len(member) > gatherMost {
		s.full = true
		return false
	}
	from := len(s.text)
	s.text = append(s.text, member...)
	s.at = append(s.at, scoredMember{score, uint32(from), uint32(len(s.text))})
	return true
}

func (s *scoredMembers) member(m scoredMember) []byte { return s.text[m.from:m.end] }

// sort puts them into the order of a sorted set.
func (s *scoredMembers) sort() {
	compare := func(a, b scoredMember) int {
		if c := cmp.Compare(a.score, b.score); c != 0 { // -0 equals 0
			return c
		}
		return bytes.Compare(s.member(a), s.member(b))
	}
	if n := len(s.at); n > 1 && compare(s.at[0], s.at[n-1]) > 0 {
		slices.Reverse(s.at)
	}
	if !slices.IsSortedFunc(s.at, compare) {
		slices.SortFunc(s.at, compare)
	}
}

// clear forgets what was gathered, and not that it was too much.
func (s *scoredMembers) clear() { s.at, s.text = s.at[:0], s.text[:0] }

// each yields the members.
func (s *scoredMembers) each(yield func(member []byte, score float64) bool) {
	for _, m := range s.at {
		if !yield(s.member(m), m.score) {
			return
		}
	}
}

// spread makes the gathered members the sorted set.
func (b *build) spread() error {
	s := &b.gathered
	if b.cell != nil { // its table is filled
		return b.order()
	}
	defer s.clear()
	if err := b.room(len(s.text) + 2*memberOverhead*len(s.at)); err != nil {
		return err
	}
	s.sort()
	longest := 0
	for _, m := range s.at {
		longest = max(longest, int(m.end-m.from))
	}
	b.cell = b.db.New(b.key)
	b.cell.Expected = max(b.expected, int64(len(s.at)))
	zset.New(b.cell)
	if !zset.Packs(b.cell, len(s.at), longest, len(s.text)) || s.full {
		return b.spreadTree()
	}
	b.scores = zset.Edit(b.cell)
	b.close = func() { b.scores.Close() }
	for _, m := range s.at {
		b.scores.Append(s.member(m), m.score)
	}
	view := b.scores.View()
	if lp := view.Packed(); !b.seen.distinct(lp, 2*len(s.at), 2) {
		return ErrDuplicate
	}
	return nil
}

func (b *build) spreadTree() error {
	s := &b.gathered
	if !zset.Build(b.cell, s.each) {
		return ErrDuplicate
	}
	b.scores = zset.Edit(b.cell)
	b.close = func() { b.scores.Close() }
	return nil
}
