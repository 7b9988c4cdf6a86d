package keys

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// filter is what SCAN's options ask of a key.
type filter struct {
	pattern  []byte // nil: any
	typeName []byte // nil: any
	count    int
}

const defaultScanCount = 10

func scan(c *command.Call) {
	cursor, ok := parseCursor(c.Args[1])
	if !ok {
		c.Out.Error("ERR invalid cursor")
		return
	}
	f, ok := parseFilter(c)
	if !ok {
		return
	}
	// The cursor precedes the keys in the reply and is known after them.
	keys, n := resp.Writer{}, 0
	next := c.Tx.Scan(c.Client.SelectedDB(), cursor, f.count, func(e keyspace.Entry) {
		if f.accepts(e) {
			keys.Bulk(e.Key())
			n++
		}
	})
	c.Out.Array(2)
	var text [20]byte
	c.Out.Bulk(appendUint(text[:0], next))
	c.Out.Array(n)
	c.Out.B = append(c.Out.B, keys.B...)
}

func parseFilter(c *command.Call) (f filter, ok bool) {
	f.count = defaultScanCount
	for i := 2; i < len(c.Args); i += 2 {
		more := i+1 < len(c.Args)
		switch {
		case more && c.Is(i, "COUNT"):
			n, ok := c.Int(i + 1)
			if !ok {
				return f, false
			}
			if n < 1 {
				c.Out.Error(command.ErrSyntax)
				return f, false
			}
			f.count = int(min(n, math.MaxInt))
		case more && c.Is(i, "MATCH"):
			f.pattern = c.Args[i+1]
			if string(f.pattern) == "*" {
				f.pattern = nil
			}
		case more && c.Is(i, "TYPE"):
			f.typeName = c.Args[i+1]
		default:
			c.Out.Error(command.ErrSyntax)
			return f, false
		}
	}
	return f, true
}

func (f *filter) accepts(e keyspace.Entry) bool {
	if f.pattern != nil && !glob.Match(f.pattern, e.Key()) {
		return false
	}
	return f.typeName == nil || command.EqualFold(f.typeName, e.Type().Name())
}

// parseCursor reads a cursor as C's strtoul does, which SCAN's callers can
// see: a sign is allowed, "-1" is the largest number, nothing at all is 0, and
// a zero byte ends the text.
func parseCursor(text []byte) (cursor uint64, ok bool) {
	for i, b := range text {
		if b == 0 {
			text = text[:i]
			break
		}
	}
	if len(text) == 0 {
		return 0, true
	}
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	for _, b := range text {
		digit := uint64(b - '0')
		if b < '0' || b > '9' || cursor > (math.MaxUint64-digit)/10 {
			return 0, false
		}
		cursor = cursor*10 + digit
	}
	if negative {
		cursor = -cursor
	}
	return cursor, len(text) > 0
}

func keys(c *command.Call) {
	pattern := c.Args[1]
	all := string(pattern) == "*"
	mark, n := c.Out.Mark(), 0
	c.DB.Each(func(e keyspace.Entry) bool {
		if all || glob.Match(pattern, e.Key()) {
			c.Out.Bulk(e.Key())
			n++
		}
		return true
	})
	c.Out.ArrayAt(mark, n)
}

func randomKey(c *command.Call) {
	e, ok := c.DB.Random()
	if !ok {
		c.Out.Null()
		return
	}
	c.Out.Bulk(e.Key())
}

func dbSize(c *command.Call) {
	n, _ := c.DB.Len()
	c.Out.Int(n)
}
