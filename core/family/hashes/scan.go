package hashes

import (
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// scanOptions are HSCAN's.
type scanOptions struct {
	pattern  []byte // nil: any
	count    int
	noValues bool
}

func hscan(c *command.Call) {
	cursor, ok := parseCursor(c.Args[2])
	if !ok {
		c.Out.Error("ERR invalid cursor")
		return
	}
	h, found, ok := lookup(c)
	if !ok {
		return
	}
	if !found {
		c.Out.Array(2)
		c.Out.BulkString("0")
		c.Out.Array(0)
		return
	}
	o, ok := parseScanOptions(c)
	if !ok {
		return
	}
	// The cursor precedes the fields in the reply and is known after them.
	fields, n := resp.Writer{}, 0
	into := *c
	into.Out = &fields
	var room [64]byte
	next := h.Scan(cursor, o.count, func(field, val hash.Item) {
		if o.pattern != nil && !glob.Match(o.pattern, field.Bytes(room[:])) {
			return
		}
		bulk(&into, field)
		n++
		if !o.noValues {
			bulk(&into, val)
			n++
		}
	})
	c.Out.Array(2)
	c.Out.Bulk(strconv.AppendUint(room[:0], next, 10))
	c.Out.Array(n)
	c.Out.B = append(c.Out.B, fields.B...)
}

func parseScanOptions(c *command.Call) (o scanOptions, ok bool) {
	o.count = 10
	for i := 3; i < len(c.Args); i++ {
		more := i+1 < len(c.Args)
		switch {
		case more && c.Is(i, "COUNT"):
			i++
			n, ok := c.Int(i)
			if !ok {
				return o, false
			}
			if n < 1 {
				c.Out.Error(command.ErrSyntax)
				return o, false
			}
			o.count = int(min(n, math.MaxInt))
		case more && c.Is(i, "MATCH"):
			i++
			if o.pattern = c.Args[i]; string(o.pattern) == "*" {
				o.pattern = nil
			}
		case c.Is(i, "NOVALUES"):
			o.noValues = true
		default:
			c.Out.Error(command.ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// parseCursor reads a cursor as C's strtoul does: a sign is allowed, "-1" is the
// largest number, nothing at all is 0, and a zero byte ends the text.
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
