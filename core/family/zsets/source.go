package zsets

import (
	"bytes"
	"cmp"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/set"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// source is an input of ZUNION and its like: a sorted set, a set, whose members
// have the score 1, or nothing.
type source struct {
	kind   value.Type // TypeZSet, TypeSet, or anything else for nothing
	zset   zset.ZSet
	set    set.Set
	weight float64
}

// open makes s read e; ok is false if that is of another type.
func (s *source) open(e keyspace.Entry) (ok bool) {
	switch s.kind = e.Type(); s.kind {
	case value.TypeZSet:
		s.zset = zset.Of(e.Space(), e.Kind(), e.Value())
	case value.TypeSet:
		s.set = set.Of(e.Space(), e.Kind(), e.Value())
	default:
		return false
	}
	return true
}

func (s *source) len() int64 {
	switch s.kind {
	case value.TypeZSet:
		return s.zset.Len()
	case value.TypeSet:
		return s.set.Len()
	}
	return 0
}

// each calls fn with every member, in no order, until it returns false.
func (s *source) each(fn func(member []byte, score float64) bool) {
	switch s.kind {
	case value.TypeZSet:
		s.zset.Each(fn)
	case value.TypeSet:
		var room [20]byte
		s.set.Each(func(m set.Member) bool { return fn(m.Bytes(room[:]), 1) })
	}
}

// score is the score of member.
func (s *source) score(member []byte) (score float64, there bool) {
	switch s.kind {
	case value.TypeZSet:
		return s.zset.Score(member)
	case value.TypeSet:
		return 1, s.set.Has(member)
	}
	return 0, false
}

// item is a member of a result.
type item struct {
	member []byte
	score  float64
}

func (a item) compare(b item) int {
	if c := cmp.Compare(a.score, b.score); c != 0 {
		return c
	}
	return bytes.Compare(a.member, b.member)
}

// result gathers items.
type result struct {
	items []item
	room  []byte         // where members are copied to
	index map[string]int // of items by member, if not nil
}

// add adds a member that is not there.
func (r *result) add(member []byte, score float64) {
	if cap(r.room)-len(r.room) < len(member) {
		r.room = make([]byte, 0, max(len(member), min(2*cap(r.room), 1<<20), 1<<10))
	}
	from := len(r.room)
	r.room = append(r.room, member...)
	member = r.room[from:len(r.room):len(r.room)]
	if r.index != nil {
		r.index[string(member)] = len(r.items)
	}
	r.items = append(r.items, item{member, score})
}

// longest is the length of the longest member.
func longest(items []item) (n int) {
	for _, it := range items {
		n = max(n, len(it.member))
	}
	return n
}
