package command

import (
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/glob"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// ScanOptions are what SCAN and its like (HSCAN, SSCAN, ZSCAN) may be asked.
type ScanOptions struct {
	Count int    // about how many elements to look at
	Type  []byte // of SCAN alone: a type's name; nil is any
	Names bool   // of HSCAN alone, NOVALUES: fields without their values

	pattern []byte // nil is any
}

// ScanOption is an option that one command of the family has alone.
type ScanOption uint8

// The options.
const (
	ScanNone     ScanOption = iota
	ScanType                // TYPE name
	ScanNoValues            // NOVALUES
)

const defaultScanCount = 10

// ScanOptions reads the options from argument i on, own among them. Where they
// are wrong the error has been replied.
func (c *Call) ScanOptions(i int, own ScanOption) (o ScanOptions, ok bool) {
	o.Count = defaultScanCount
	for ; i < len(c.Args); i += 2 {
		more := i+1 < len(c.Args)
		switch {
		case own == ScanNoValues && c.Is(i, "NOVALUES"):
			o.Names = true
			i--
		case more && c.Is(i, "COUNT"):
			n, ok := c.Int(i + 1)
			if !ok {
				return o, false
			}
			if n < 1 {
				c.Out.Error(ErrSyntax)
				return o, false
			}
			o.Count = int(min(n, math.MaxInt))
		case more && c.Is(i, "MATCH"):
			o.pattern = c.Args[i+1]
			if string(o.pattern) == "*" {
				o.pattern = nil
			}
		case more && own == ScanType && c.Is(i, "TYPE"):
			o.Type = c.Args[i+1]
		default:
			c.Out.Error(ErrSyntax)
			return o, false
		}
	}
	return o, true
}

// Match tells whether name fits the option MATCH.
func (o *ScanOptions) Match(name []byte) bool {
	return o.pattern == nil || glob.Match(o.pattern, name)
}

// ScanCursor reads argument i as C's strtoul does, which callers of SCAN can
// see: a sign is allowed, "-1" is the largest number, nothing at all is 0, and
// a zero byte ends the text. Where it is no cursor the error has been replied.
func (c *Call) ScanCursor(i int) (cursor uint64, ok bool) {
	if cursor, ok = parseCursor(c.Args[i]); !ok {
		c.Out.Error("ERR invalid cursor")
	}
	return cursor, ok
}

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

// ReplyScan replies the next cursor and the n elements in found, before which it
// stands and after which it is known.
func (c *Call) ReplyScan(next uint64, n int, found *resp.Writer) {
	c.Out.Array(2)
	var text [20]byte
	c.Out.Bulk(strconv.AppendUint(text[:0], next, 10))
	c.Out.Array(n)
	c.Out.B = append(c.Out.B, found.B...)
}
