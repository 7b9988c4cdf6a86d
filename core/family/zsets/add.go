package zsets

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// addition is what ZADD is asked for.
type addition struct {
	mode    zset.Mode
	changed bool // CH: reply how many were changed, not only added
	pairs   [][]byte
	first   float64 // the score of the first pair
}

func zadd(c *command.Call) {
	var a addition
	if a.parse(c, 0) {
		a.run(c)
	}
}

func zincrby(c *command.Call) {
	var a addition
	if a.parse(c, zset.Increment) {
		a.run(c)
	}
}

// parse reads the arguments. What makes no sense has been replied where it
// returns false.
func (a *addition) parse(c *command.Call, mode zset.Mode) bool {
	i := 2
	if a.mode = mode; mode == 0 {
		for a.option(c, i) {
			i++
		}
	}
	a.pairs = c.Args[i:]
	m, ex := a.mode, zset.OnlyNew|zset.OnlyPresent
	switch {
	case len(a.pairs) == 0 || len(a.pairs)%2 != 0:
		c.Out.Error(command.ErrSyntax)
	case m&ex == ex:
		c.Out.Error("ERR XX and NX options at the same time are not compatible")
	case severalOf(m, zset.OnlyGreater|zset.OnlyLess|zset.OnlyNew):
		c.Out.Error("ERR GT, LT, and/or NX options at the same time are not compatible")
	case m&zset.Increment != 0 && len(a.pairs) > 2:
		c.Out.Error("ERR INCR option supports a single increment-element pair")
	default:
		return a.parseScores(c)
	}
	return false
}

// severalOf tells whether more than one of the bits is set in m.
func severalOf(m, bits zset.Mode) bool {
	m &= bits
	return m&(m-1) != 0
}

func (a *addition) option(c *command.Call, i int) bool {
	switch {
	case c.Is(i, "NX"):
		a.mode |= zset.OnlyNew
	case c.Is(i, "XX"):
		a.mode |= zset.OnlyPresent
	case c.Is(i, "CH"):
		a.changed = true
	case c.Is(i, "INCR"):
		a.mode |= zset.Increment
	case c.Is(i, "GT"):
		a.mode |= zset.OnlyGreater
	case c.Is(i, "LT"):
		a.mode |= zset.OnlyLess
	default:
		return false
	}
	return true
}

// parseScores looks at all scores before anything is changed.
func (a *addition) parseScores(c *command.Call) bool {
	for i := 0; i < len(a.pairs); i += 2 {
		score, ok := value.ParseFloat(a.pairs[i])
		if !ok {
			c.Out.Error(command.ErrNotFloat)
			return false
		}
		if i == 0 {
			a.first = score
		}
	}
	return true
}

func (a *addition) run(c *command.Call) {
	key := c.Args[1]
	cell, found, ok := change(c, key)
	if !ok {
		return
	}
	if !found {
		if a.mode&zset.OnlyPresent != 0 {
			a.reply(c, 0, 0, false, 0)
			return
		}
		cell = c.DB.New(key)
		zset.New(cell)
	}
	var added, updated int
	var outcome zset.Outcome
	var score float64
	ed := zset.Edit(cell)
	for i := 0; i < len(a.pairs); i += 2 {
		by := a.first
		if i > 0 {
			by, _ = value.ParseFloat(a.pairs[i])
		}
		switch outcome, score = ed.Add(a.pairs[i+1], by, a.mode); outcome {
		case zset.Added:
			added++
		case zset.Updated:
			updated++
		}
	}
	finish(c, key, cell, &ed)
	if outcome == zset.NotANumber { // only one is added to
		c.Out.Error("ERR resulting score is not a number (NaN)")
		return
	}
	a.reply(c, added, updated, outcome != zset.Declined, score)
	if added+updated > 0 {
		c.Changed(keyspace.EventZSet, a.event(), key, added+updated)
	}
}

func (a *addition) event() string {
	if a.mode&zset.Increment != 0 {
		return "zincr"
	}
	return "zadd"
}

// reply replies the counts or, with INCR, the score, null if the options forbade
// to change it.
func (a *addition) reply(c *command.Call, added, updated int, done bool, score float64) {
	switch {
	case a.mode&zset.Increment == 0 && a.changed:
		c.Out.Int(int64(added + updated))
	case a.mode&zset.Increment == 0:
		c.Out.Int(int64(added))
	case done:
		c.Out.Double(score)
	default:
		c.Out.Null()
	}
}
