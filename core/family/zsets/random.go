package zsets

import (
	"math"
	"math/rand/v2"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

func zrandmember(c *command.Call) {
	if len(c.Args) == 2 {
		z, found, ok := find(c, c.Args[1])
		switch {
		case !ok:
		case !found:
			c.Out.Null()
		default:
			at := z.At(rand.Int64N(z.Len()))
			c.Out.Bulk(at.Member())
		}
		return
	}
	n, withScores, ok := parseRandom(c)
	if !ok {
		return
	}
	z, found, ok := find(c, c.Args[1])
	if !ok {
		return
	}
	if !found || n == 0 {
		c.Out.Array(0)
		return
	}
	s := sample{c: c, z: &z, withScores: withScores}
	if n < 0 {
		s.repeated(-n)
	} else {
		s.distinct(n)
	}
}

// maxRepeated is how many members, with repetitions, are replied at most: the
// reply is built as a whole.
const maxRepeated = 1 << 27

// parseRandom reads the count, negative for members that may be repeated, and
// WITHSCORES.
func parseRandom(c *command.Call) (n int64, withScores, ok bool) {
	if n, ok = c.Int(2); !ok {
		return 0, false, false
	}
	withScores = len(c.Args) == 4 && c.Is(3, "WITHSCORES")
	switch {
	case n == math.MinInt64:
		c.Out.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807")
	case len(c.Args) > 3 && !withScores:
		c.Out.Error(command.ErrSyntax)
	case withScores && (n < -math.MaxInt64/2 || n > math.MaxInt64/2), n < -maxRepeated:
		c.Out.Error("ERR value is out of range")
	default:
		return n, withScores, true
	}
	return 0, false, false
}

// sample replies random members.
type sample struct {
	c          *command.Call
	z          *zset.ZSet
	withScores bool
}

func (s *sample) rank(rank int64) {
	at := s.z.At(rank)
	s.member(&at)
}

func (s *sample) member(at *zset.Cursor) {
	if s.withScores {
		replyMember(s.c, at.Member(), at.Score())
	} else {
		s.c.Out.Bulk(at.Member())
	}
}

// repeated replies n members, each any of the set.
func (s *sample) repeated(n int64) {
	beginMembers(s.c, int(n), s.withScores)
	for size := s.z.Len(); n > 0 && !s.c.Out.Full(); n-- {
		s.rank(rand.Int64N(size))
	}
}

// distinct replies n members, all different, or the whole set from its end, as
// Redis does.
func (s *sample) distinct(n int64) {
	size := s.z.Len()
	if n >= size {
		replyRanks(s.c, s.z, 0, size, true, s.withScores)
		return
	}
	beginMembers(s.c, int(n), s.withScores)
	if n*3 > size || s.z.Packed() != nil {
		s.inOrder(n)
		return
	}
	// The first n of the ranks in random order. moved holds those that are not
	// at their own place any more.
	moved := make(map[int64]int64, n)
	at := func(i int64) int64 {
		if rank, ok := moved[i]; ok {
			return rank
		}
		return i
	}
	for i := range n {
		j := i + rand.Int64N(size-i)
		s.rank(at(j))
		moved[j] = at(i)
		delete(moved, i)
	}
}

// inOrder replies n different members in their order: of those that are left each
// is taken with the probability that just enough are.
func (s *sample) inOrder(n int64) {
	left := s.z.Len()
	for at := s.z.At(0); n > 0; at.Next() {
		if rand.Int64N(left) < n {
			s.member(&at)
			n--
		}
		left--
	}
}
