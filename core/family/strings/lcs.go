package strings

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/value"
)

// lcsOptions are the options of LCS.
type lcsOptions struct {
	length, index, withLength bool
	minLength                 int64
}

func (o *lcsOptions) parse(c *command.Call) bool {
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "IDX"):
			o.index = true
		case c.Is(i, "LEN"):
			o.length = true
		case c.Is(i, "WITHMATCHLEN"):
			o.withLength = true
		case c.Is(i, "MINMATCHLEN") && i+1 < len(c.Args):
			n, ok := c.Int(i + 1)
			if !ok {
				return false
			}
			o.minLength = n
			i++
		default:
			c.Out.Error(command.ErrSyntax)
			return false
		}
	}
	if o.length && o.index {
		c.Out.Error("ERR If you want both the length and indexes, please just use IDX.")
		return false
	}
	return true
}

func (f family) lcs(c *command.Call) {
	// The first look removes what has expired; after it the two values stay
	// where they are.
	for _, key := range c.Args[1:3] {
		e, found := c.DB.Find(key, keyspace.ForRead)
		if found && e.Type() != value.TypeString {
			c.Out.Error("ERR The specified keys must contain string values")
			return
		}
	}
	var o lcsOptions
	if !o.parse(c) {
		return
	}
	a, b := current(c, c.Args[1]), current(c, c.Args[2])
	if !f.lcsFits(c, a.Len(), b.Len()) {
		return
	}
	left, right := a.Bytes(nil), b.Bytes(nil)
	if o.length {
		c.Out.Int(int64(lcsLength(left, right)))
		return
	}
	replyLCS(c, o, left, findLCS(left, right))
}

// current is the string at key, empty if there is none.
func current(c *command.Call, key []byte) value.String {
	e, found := c.DB.Find(key, keyspace.Peek)
	if !found {
		return value.String{}
	}
	return e.String()
}

// maxLCSCells bounds the work of one LCS: some seconds, and a table of 512 MiB
// (of 16 GiB in Redis, whose allocation fails on most machines).
const maxLCSCells = 1 << 32

// lcsFits refuses what Redis refuses, whose table has 4 bytes for each pair of
// prefixes (the one here has a bit). With that limit two strings cannot both be
// long.
func (f family) lcsFits(c *command.Call, a, b int64) bool {
	if a >= math.MaxUint32-1 || b >= math.MaxUint32-1 {
		c.Out.Error("ERR String too long for LCS")
		return false
	}
	// Below 2^64 as both are below 2^32-1; the product with 4 may not be.
	cells := (uint64(a) + 1) * (uint64(b) + 1)
	if cells > uint64(f.MaxBulk())/4 {
		c.Out.Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
		return false
	}
	// proto-max-bulk-len may be set to anything. Beyond this the table takes
	// longer than anyone waits, with every other client held up.
	if cells > maxLCSCells {
		c.Out.Error("ERR Insufficient memory, failed allocating transient memory for LCS")
		return false
	}
	return true
}

func replyLCS(c *command.Call, o lcsOptions, a []byte, l lcs) {
	if !o.index {
		c.Out.BulkHeader(l.length)
		for i := len(l.runs) - 1; i >= 0; i-- {
			r := l.runs[i]
			c.Out.B = append(c.Out.B, a[r.a:r.a+r.n]...)
		}
		c.Out.CRLF()
		return
	}
	shown := l.runs[:0]
	for _, r := range l.runs {
		if int64(r.n) >= o.minLength {
			shown = append(shown, r)
		}
	}
	c.Out.Map(2)
	c.Out.BulkString("matches")
	c.Out.Array(len(shown))
	for _, r := range shown {
		replyRun(c, r, o.withLength)
	}
	c.Out.BulkString("len")
	c.Out.Int(int64(l.length))
}

func replyRun(c *command.Call, r run, withLength bool) {
	if withLength {
		c.Out.Array(3)
	} else {
		c.Out.Array(2)
	}
	for _, first := range [2]int{r.a, r.b} {
		c.Out.Array(2)
		c.Out.Int(int64(first))
		c.Out.Int(int64(first + r.n - 1))
	}
	if withLength {
		c.Out.Int(int64(r.n))
	}
}
