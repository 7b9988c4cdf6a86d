package streams

import (
	"bytes"
	"math"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/value/stream"
)

const errInvalidID = "ERR Invalid stream ID specified as stream command argument"

// maxIDText is the longest text that is read as an ID.
const maxIDText = 127

// word is what Redis sees of an argument that it reads as a string of C.
func word(b []byte) []byte {
	if end := bytes.IndexByte(b, 0); end >= 0 {
		return b[:end]
	}
	return b
}

// parseID reads an ID that may be "-" or "+", the least and the greatest, or
// lack its second part, which then is missing.
func parseID(b []byte, missing uint64) (stream.ID, bool) {
	switch string(word(b)) {
	case "-":
		return stream.ID{}, len(b) <= maxIDText
	case "+":
		return stream.MaxID, len(b) <= maxIDText
	}
	return parseStrictID(b, missing)
}

// parseStrictID is parseID without the special forms.
func parseStrictID(b []byte, missing uint64) (stream.ID, bool) {
	id, auto, ok := parsePartialID(b, missing)
	return id, ok && !auto
}

// parsePartialID also takes "ms-*", the ID of which only the time is given: auto
// is true.
func parsePartialID(b []byte, missing uint64) (id stream.ID, auto, ok bool) {
	if len(b) > maxIDText {
		return id, false, false
	}
	ms, seq, dashed := bytes.Cut(word(b), []byte("-"))
	if id.Ms, ok = parseUint(ms); !ok {
		return id, false, false
	}
	switch {
	case !dashed:
		id.Seq = missing
	case string(seq) == "*":
		auto = true
	default:
		id.Seq, ok = parseUint(seq)
	}
	return id, auto, ok
}

// parseUint reads a number as Redis does (string2ull): what is no canonical
// integer goes to C's strtoull, which skips blanks, takes a sign, and wraps
// negative numbers around.
func parseUint(b []byte) (uint64, bool) {
	if n, ok := command.ParseInt(b); ok {
		return uint64(n), n >= 0
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	negative := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		negative, b = b[0] == '-', b[1:]
	}
	if len(b) == 0 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		c -= '0'
		if c > 9 || n > math.MaxUint64/10 || n*10 > math.MaxUint64-uint64(c) {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	if negative {
		n = -n
	}
	return n, true
}

// strictID reads argument i as an ID with both parts; where it is none that has
// been replied.
func strictID(c *command.Call, i int) (stream.ID, bool) {
	id, ok := parseStrictID(c.Args[i], 0)
	if !ok {
		c.Out.Error(errInvalidID)
	}
	return id, ok
}

// strictIDs reads the arguments from the one at from on as IDs.
func strictIDs(c *command.Call, from int) bool {
	for i := from; i < len(c.Args); i++ {
		if _, ok := strictID(c, i); !ok {
			return false
		}
	}
	return true
}

// startID reads argument i as the first ID of a range, "(" before it excludes
// the ID itself.
func startID(c *command.Call, i int) (stream.ID, bool) {
	id, open, ok := intervalID(c, i, 0)
	if ok && open {
		if id, ok = id.Next(); !ok {
			c.Out.Error("ERR invalid start ID for the interval")
		}
	}
	return id, ok
}

// endID is startID for the last ID of a range.
func endID(c *command.Call, i int) (stream.ID, bool) {
	id, open, ok := intervalID(c, i, math.MaxUint64)
	if ok && open {
		if id, ok = id.Prev(); !ok {
			c.Out.Error("ERR invalid end ID for the interval")
		}
	}
	return id, ok
}

func intervalID(c *command.Call, i int, missing uint64) (id stream.ID, open, ok bool) {
	arg := c.Args[i]
	if open = len(arg) > 1 && arg[0] == '('; open {
		id, ok = parseStrictID(arg[1:], missing)
	} else {
		id, ok = parseID(arg, missing)
	}
	if !ok {
		c.Out.Error(errInvalidID)
	}
	return id, open, ok
}

// replyID replies id as a bulk string.
func replyID(c *command.Call, id stream.ID) {
	var room [41]byte
	c.Out.Bulk(id.AppendTo(room[:0]))
}
