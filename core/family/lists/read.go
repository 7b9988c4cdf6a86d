package lists

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// find finds a list, which may be absent but not of another type: that has been
// replied as an error where ok is false.
func find(c *command.Call, key []byte, how keyspace.Access) (l list.List, found, ok bool) {
	e, found := c.DB.Find(key, how)
	switch {
	case !found:
		return l, false, true
	case e.Type() != value.TypeList:
		c.Out.Error(command.ErrWrongType)
		return l, true, false
	}
	return list.Of(e.Space(), e.Kind(), e.Value()), true, true
}

// reply replies an element, which is n where isInt, else b.
func reply(c *command.Call, b []byte, n int64, isInt bool) {
	if isInt {
		c.Out.BulkInt(n)
	} else {
		c.Out.Bulk(b)
	}
}

// replyRange replies n elements, which there are, from element i on, or back
// from it.
func replyRange(c *command.Call, l *list.List, i, n int64, back bool) {
	c.Out.Array(int(n))
	var it list.Iter
	for ok := it.Seek(l, i); ok; {
		b, number, isInt := it.Elem()
		reply(c, b, number, isInt)
		if n--; n == 0 {
			return
		}
		if back {
			ok = it.Prev()
		} else {
			ok = it.Next()
		}
	}
}

func llen(c *command.Call) {
	if l, found, ok := find(c, c.Args[1], keyspace.ForRead); found && ok {
		c.Out.Int(l.Len())
	} else if ok {
		c.Out.Int(0)
	}
}

func lindex(c *command.Call) {
	l, found, ok := find(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Null()
		return
	}
	i, ok := c.Int(2)
	if !ok {
		return
	}
	var it list.Iter
	if it.Seek(&l, fromEnd(i, l.Len())) {
		b, n, isInt := it.Elem()
		reply(c, b, n, isInt)
	} else {
		c.Out.Null()
	}
}

// fromEnd makes a negative index, which counts from the end, one that counts
// from the start.
func fromEnd(i, n int64) int64 {
	if i < 0 {
		return i + n
	}
	return i
}

// interval turns first and last index into the range [from, to) of a list of
// n elements; an empty one is [n, n).
func interval(first, last, n int64) (from, to int64) {
	from = max(fromEnd(first, n), 0)
	last = min(fromEnd(last, n), n-1)
	if from > last {
		return n, n
	}
	return from, last + 1
}

func lrange(c *command.Call) {
	first, ok := c.Int(2)
	if !ok {
		return
	}
	last, ok := c.Int(3)
	if !ok {
		return
	}
	l, found, ok := find(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	if !found {
		c.Out.Array(0)
		return
	}
	from, to := interval(first, last, l.Len())
	replyRange(c, &l, from, to-from, false)
}

// search are the options of LPOS.
type search struct {
	rank, count, maxLen int64
	all                 bool // COUNT is given: the reply is an array
	back                bool
}

func lpos(c *command.Call) {
	s, ok := lposOptions(c)
	if !ok {
		return
	}
	l, found, ok := find(c, c.Args[1], keyspace.ForRead)
	if !ok {
		return
	}
	mark, matches := c.Out.Mark(), 0
	if found {
		matches = s.run(c, &l)
	}
	switch {
	case s.all:
		c.Out.ArrayAt(mark, matches)
	case matches == 0:
		c.Out.Null()
	}
}

// run replies the indexes of matches and returns their number.
func (s *search) run(c *command.Call, l *list.List) (replied int) {
	sought := list.Seeking(c.Args[2])
	var it list.Iter
	n, i, step := l.Len(), int64(0), int64(1)
	if s.back {
		i, step = n-1, -1
	}
	matches, seen := int64(0), int64(0)
	for ok := it.Seek(l, i); ok && (s.maxLen == 0 || seen < s.maxLen); seen++ {
		if it.Is(&sought) {
			if matches++; matches >= s.rank {
				c.Out.Int(i)
				replied++
				if !s.all || s.count != 0 && matches-s.rank+1 >= s.count {
					return replied
				}
			}
		}
		if i += step; s.back {
			ok = it.Prev()
		} else {
			ok = it.Next()
		}
	}
	return replied
}

const (
	errRank = "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... " +
		"or use negative to start from the end of the list"
	errPositive = "ERR value is out of range, must be positive"
)

func lposOptions(c *command.Call) (s search, ok bool) {
	s.rank = 1
	for i := 3; i < len(c.Args); i += 2 {
		more := i+1 < len(c.Args)
		switch {
		case more && c.Is(i, "RANK"):
			if s.rank, ok = c.Int(i + 1); !ok {
				return s, false
			}
			if s.rank == 0 {
				c.Out.Error(errRank)
				return s, false
			}
			if s.back = s.rank < 0; s.back {
				s.rank = -s.rank
			}
		case more && c.Is(i, "COUNT"):
			if s.count, ok = atLeast(c, i+1, 0, "ERR COUNT can't be negative"); !ok {
				return s, false
			}
			s.all = true
		case more && c.Is(i, "MAXLEN"):
			if s.maxLen, ok = atLeast(c, i+1, 0, "ERR MAXLEN can't be negative"); !ok {
				return s, false
			}
		default:
			c.Out.Error(command.ErrSyntax)
			return s, false
		}
	}
	return s, true
}

// atLeast reads argument i as an integer that is not less than low; else text
// has been replied, which also stands for what is no integer.
func atLeast(c *command.Call, i int, low int64, text string) (n int64, ok bool) {
	if n, ok = c.IntOr(i, text); ok && n < low {
		c.Out.Error(text)
		return 0, false
	}
	return n, ok
}
