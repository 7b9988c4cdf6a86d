package zsets

import (
	"cmp"
	"slices"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// operation is what is done with several sets.
type operation uint8

const (
	union operation = iota
	inter
	diff
)

func (o operation) event() string {
	return [...]string{"zunionstore", "zinterstore", "zdiffstore"}[o]
}

func zunion(c *command.Call)      { combineAndReply(c, union) }
func zinter(c *command.Call)      { combineAndReply(c, inter) }
func zdiff(c *command.Call)       { combineAndReply(c, diff) }
func zunionstore(c *command.Call) { combineAndStore(c, union) }
func zinterstore(c *command.Call) { combineAndStore(c, inter) }
func zdiffstore(c *command.Call)  { combineAndStore(c, diff) }

// combination is what these commands and ZINTERCARD are asked for.
type combination struct {
	operation
	sources    []source
	aggregate  func(a, b float64) float64
	withScores bool
	limit      int64 // of ZINTERCARD; 0 for none
}

// choices says which options a command takes.
type choices uint8

const (
	weighing choices = 1 << iota // WEIGHTS and AGGREGATE
	scoring                      // WITHSCORES
	limiting                     // LIMIT
)

// parse reads the number of keys at argument at, finds the sets, and reads the
// options. Where something is wrong it has replied so and returns false.
func (m *combination) parse(c *command.Call, at int, w choices) bool {
	n, ok := c.Int(at)
	if !ok {
		return false
	}
	if n < 1 {
		c.Out.Errorf("ERR at least 1 input key is needed for '%s' command", c.Row.FullName)
		return false
	}
	if n > int64(len(c.Args)-at-1) {
		c.Out.Error(command.ErrSyntax)
		return false
	}
	first := at + 1
	next := first + int(n)
	m.aggregate = sum
	return m.find(c, c.Args[first:next]) && m.parseOptions(c, next, w)
}

func (m *combination) find(c *command.Call, keys [][]byte) bool {
	c.DB.Settle(keys...) // so that finding one does not move another
	m.sources = make([]source, len(keys))
	for i, key := range keys {
		m.sources[i].weight = 1
		e, found := c.DB.Find(key, keyspace.ForRead)
		if found && !m.sources[i].open(e) {
			c.Out.Error(command.ErrWrongType)
			return false
		}
	}
	return true
}

func (m *combination) parseOptions(c *command.Call, i int, w choices) bool {
	for i < len(c.Args) {
		left := len(c.Args) - i
		switch {
		case w&weighing != 0 && left > len(m.sources) && c.Is(i, "WEIGHTS"):
			if !m.parseWeights(c, i+1) {
				return false
			}
			i += 1 + len(m.sources)
		case w&weighing != 0 && left >= 2 && c.Is(i, "AGGREGATE"):
			if m.aggregate = aggregateOf(c, i+1); m.aggregate == nil {
				c.Out.Error(command.ErrSyntax)
				return false
			}
			i += 2
		case w&scoring != 0 && c.Is(i, "WITHSCORES"):
			m.withScores = true
			i++
		case w&limiting != 0 && left >= 2 && c.Is(i, "LIMIT"):
			const negative = "ERR LIMIT can't be negative"
			n, ok := c.IntOr(i+1, negative)
			if !ok {
				return false
			}
			if n < 0 {
				c.Out.Error(negative)
				return false
			}
			m.limit = n
			i += 2
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	return true
}

func (m *combination) parseWeights(c *command.Call, i int) bool {
	for j := range m.sources {
		weight, ok := value.ParseFloat(c.Args[i+j])
		if !ok {
			c.Out.Error("ERR weight value is not a float")
			return false
		}
		m.sources[j].weight = weight
	}
	return true
}

// aggregateOf returns what argument i names, nil if that is nothing.
func aggregateOf(c *command.Call, i int) func(a, b float64) float64 {
	switch {
	case c.Is(i, "SUM"):
		return sum
	case c.Is(i, "MIN"):
		return least64
	case c.Is(i, "MAX"):
		return greatest64
	}
	return nil
}

// sum is 0 for infinities that cancel out.
func sum(a, b float64) float64 { return number(a + b) }

// least64 and greatest64 are not min and max: where b is no number, or zero with
// another sign, a stays.
func least64(a, b float64) float64 {
	if b < a {
		return b
	}
	return a
}

func greatest64(a, b float64) float64 {
	if b > a {
		return b
	}
	return a
}

// number is f, or 0 if that is not a number: infinity times zero.
func number(f float64) float64 {
	if f != f {
		return 0
	}
	return f
}

// run computes the result, in order.
func (m *combination) run() []item {
	if m.operation != diff {
		// The smallest first; sums depend on the order.
		slices.SortStableFunc(m.sources, func(a, b source) int { return cmp.Compare(a.len(), b.len()) })
	}
	var r result
	switch m.operation {
	case union:
		m.unite(&r)
	case inter:
		m.intersect(func(member []byte, score float64) bool {
			r.add(member, score)
			return true
		})
	default:
		m.subtract(&r)
	}
	slices.SortFunc(r.items, item.compare)
	return r.items
}

func (m *combination) unite(r *result) {
	r.index = make(map[string]int, m.sources[len(m.sources)-1].len())
	for i := range m.sources {
		s := &m.sources[i]
		s.each(func(member []byte, score float64) bool {
			score = number(s.weight * score)
			if at, there := r.index[string(member)]; there {
				r.items[at].score = m.aggregate(r.items[at].score, score)
			} else {
				r.add(member, score)
			}
			return true
		})
	}
}

// intersect calls fn with the members of all sources, until it returns false.
func (m *combination) intersect(fn func(member []byte, score float64) bool) {
	first := &m.sources[0]
	first.each(func(member []byte, score float64) bool {
		score = number(first.weight * score)
		for i := range m.sources[1:] {
			s := &m.sources[i+1]
			other, there := s.score(member)
			if !there {
				return true
			}
			score = m.aggregate(score, other*s.weight)
		}
		return fn(member, score)
	})
}

func (m *combination) subtract(r *result) {
	others := m.sources[1:]
	m.sources[0].each(func(member []byte, score float64) bool {
		for i := range others {
			if _, there := others[i].score(member); there {
				return true
			}
		}
		r.add(member, score)
		return true
	})
}

func zintercard(c *command.Call) {
	m := combination{operation: inter}
	if !m.parse(c, 1, limiting) {
		return
	}
	slices.SortStableFunc(m.sources, func(a, b source) int { return cmp.Compare(a.len(), b.len()) })
	n := int64(0)
	m.intersect(func([]byte, float64) bool {
		n++
		return n != m.limit
	})
	c.Out.Int(n)
}

func combineAndReply(c *command.Call, o operation) {
	m, w := combination{operation: o}, scoring
	if o != diff {
		w |= weighing
	}
	if !m.parse(c, 1, w) {
		return
	}
	items := m.run()
	beginMembers(c, len(items), m.withScores)
	for _, it := range items {
		if m.withScores {
			replyMember(c, it.member, it.score)
		} else {
			c.Out.Bulk(it.member)
		}
	}
}

func combineAndStore(c *command.Call, o operation) {
	m, w := combination{operation: o}, choices(0)
	if o != diff {
		w = weighing
	}
	if !m.parse(c, 2, w) {
		return
	}
	dst, items := c.Args[1], m.run()
	if len(items) == 0 {
		deleteKey(c, dst)
		return
	}
	cell := c.DB.New(dst)
	zset.New(cell)
	ed := zset.Edit(cell)
	ed.Expect(int64(len(items)), longest(items))
	for _, it := range items {
		ed.Append(it.member, it.score)
	}
	finish(c, dst, cell, &ed)
	c.Changed(keyspace.EventZSet, o.event(), dst, 1)
	c.Out.Int(int64(len(items)))
}
