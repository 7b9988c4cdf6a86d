package streams

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// trimOptions are what XADD and XTRIM have in common: MAXLEN or MINID, and
// LIMIT.
type trimOptions struct {
	trim       stream.Trim
	limitGiven bool
	bound      int // the argument with the length or the ID, behind "~" if that is there
}

// word reads the option at i and returns how many arguments it took, 0 if there
// is none; where it is wrong that has been replied, and ok is false.
func (o *trimOptions) word(c *command.Call, i int) (n int, ok bool) {
	more := len(c.Args) - 1 - i
	switch {
	case more == 0:
		return 0, true
	case c.Is(i, "MAXLEN"), c.Is(i, "MINID"):
		return o.strategy(c, i, more)
	case c.Is(i, "LIMIT"):
		limit, ok := c.Int(i + 1)
		if ok && limit < 0 {
			c.Out.Error("ERR The LIMIT argument must be >= 0.")
			ok = false
		}
		o.trim.Limit, o.limitGiven = limit, true
		return 2, ok
	}
	return 0, true
}

// strategy reads MAXLEN or MINID with what follows.
func (o *trimOptions) strategy(c *command.Call, i, more int) (n int, ok bool) {
	t := &o.trim
	if t.ByLength || t.ByID {
		c.Out.Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible")
		return 0, false
	}
	n = 2
	if more >= 2 {
		switch next := string(word(c.Args[i+1])); next {
		case "~", "=":
			t.Whole = next == "~"
			n = 3
		}
	}
	o.bound = i + n - 1
	if c.Is(i, "MINID") {
		t.ByID = true
		t.MinID, ok = strictID(c, i+n-1)
		return n, ok
	}
	t.ByLength = true
	if t.Length, ok = c.Int(i + n - 1); ok && t.Length < 0 {
		c.Out.Error("ERR The MAXLEN argument must be >= 0.")
		ok = false
	}
	return n, ok
}

// finish checks that the options go together; trimming is wanted if need is
// true. Where they do not that has been replied.
func (o *trimOptions) finish(c *command.Call, need bool) bool {
	t := &o.trim
	none := !t.ByLength && !t.ByID
	if c.Replays() { // what is recorded says exactly how far, and may still have its LIMIT
		t.Limit = 0
		return true
	}
	switch {
	case t.Limit != 0 && none:
		c.Out.Error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy")
		return false
	case need && none:
		c.Out.Error("ERR syntax error, XTRIM must be called with a trimming strategy")
		return false
	case o.limitGiven && !t.Whole:
		c.Out.Error("ERR syntax error, LIMIT cannot be used without the special ~ option")
		return false
	case t.Whole && !o.limitGiven:
		t.Limit = defaultLimit(c.DB.Limits().StreamNodeMaxEntries)
	}
	return true
}

// defaultLimit is how many entries go at most where that is not said: about 100
// packs.
func defaultLimit(packEntries int) int64 {
	const least, most = 10_000, 1_000_000
	switch {
	case packEntries <= 0:
		return least
	case packEntries > most/100:
		return most
	}
	return 100 * int64(packEntries)
}

// addOptions are those of XADD.
type addOptions struct {
	trimOptions
	noMakeStream bool
	at           int       // where the ID is
	id           stream.ID // if given
	given        bool      // it is not "*"
	autoSeq      bool      // it is "ms-*"
}

// parse reads the options and the ID behind them; where they are wrong that has
// been replied.
func (o *addOptions) parse(c *command.Call) bool {
	for i := 2; i < len(c.Args); i++ {
		if o.at = i; string(word(c.Args[i])) == "*" {
			break
		}
		n, ok := o.word(c, i)
		switch {
		case !ok:
			return false
		case n > 0:
			i += n - 1
		case c.Is(i, "NOMKSTREAM"):
			o.noMakeStream = true
		default:
			if o.id, o.autoSeq, o.given = parsePartialID(c.Args[i], 0); !o.given {
				c.Out.Error(errInvalidID)
				return false
			}
			return o.finish(c, false)
		}
		o.at = i + 1
	}
	return o.finish(c, false)
}
