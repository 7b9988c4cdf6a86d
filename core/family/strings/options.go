package strings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// expiry is the form in which a time to live is given; 0 is none.
type expiry uint8

const (
	inSeconds expiry = 1 + iota // EX
	inMillis                    // PX
	atSeconds                   // EXAT
	atMillis                    // PXAT
)

func (e expiry) absolute() bool { return e == atSeconds || e == atMillis }
func (e expiry) seconds() bool  { return e == inSeconds || e == atSeconds }

// setOptions are the options of SET and GETEX.
type setOptions struct {
	nx, xx, get, keepTTL, persist bool
	expiry                        expiry
	at                            int // the argument with the time, if expiry is not 0
}

// words says which command's options are meant.
type words uint8

const (
	setWords   words = iota // NX XX GET KEEPTTL and the times
	getexWords              // PERSIST and the times
)

// parse reads the options from argument from on; where they make no sense it
// has replied so and returns false. As in Redis an option may be repeated, but
// not joined by one that contradicts it.
func (o *setOptions) parse(c *command.Call, from int, w words) bool {
	for i := from; i < len(c.Args); i++ {
		if w == setWords && o.setWord(c, i) || w == getexWords && o.persistWord(c, i) {
			continue
		}
		if !o.timeWord(c, i) {
			c.Out.Error(command.ErrSyntax)
			return false
		}
		i++
	}
	return true
}

func (o *setOptions) setWord(c *command.Call, i int) bool {
	switch {
	case c.Is(i, "NX") && !o.xx:
		o.nx = true
	case c.Is(i, "XX") && !o.nx:
		o.xx = true
	case c.Is(i, "GET"):
		o.get = true
	case c.Is(i, "KEEPTTL") && o.expiry == 0:
		o.keepTTL = true
	default:
		return false
	}
	return true
}

func (o *setOptions) persistWord(c *command.Call, i int) bool {
	if !c.Is(i, "PERSIST") || o.expiry != 0 {
		return false
	}
	o.persist = true
	return true
}

// timeWord reads the option at i together with the time behind it.
func (o *setOptions) timeWord(c *command.Call, i int) bool {
	var e expiry
	switch {
	case c.Is(i, "EX"):
		e = inSeconds
	case c.Is(i, "PX"):
		e = inMillis
	case c.Is(i, "EXAT"):
		e = atSeconds
	case c.Is(i, "PXAT"):
		e = atMillis
	}
	if e == 0 || o.keepTTL || o.persist || o.expiry != 0 && o.expiry != e || i+1 == len(c.Args) {
		return false
	}
	o.expiry, o.at = e, i+1
	return true
}

// due is the absolute time in ms that the options ask for, KeepTTL or NoTTL;
// where the time given is none that has been replied.
func (o *setOptions) due(c *command.Call) (ms int64, ok bool) {
	if o.expiry == 0 {
		if o.keepTTL {
			return keyspace.KeepTTL, true
		}
		return keyspace.NoTTL, true
	}
	t, ok := c.Int(o.at)
	if !ok {
		return 0, false
	}
	if t <= 0 || o.expiry.seconds() && t > math.MaxInt64/1000 {
		return invalidExpiry(c)
	}
	if o.expiry.seconds() {
		t *= 1000
	}
	if !o.expiry.absolute() {
		if t > math.MaxInt64-c.Now {
			return invalidExpiry(c)
		}
		t += c.Now
	}
	return t, true
}

func invalidExpiry(c *command.Call) (int64, bool) {
	c.Out.Errorf("ERR invalid expire time in '%s' command", c.Row.Name)
	return 0, false
}
