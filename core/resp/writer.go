package resp

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tidwall/redcon"
)

// Writer appends replies to B. It is the caller's to hand B on and to empty
// it; a Writer holds nothing else. Counts and lengths must be what then
// follows, and must not be negative.
type Writer struct {
	// B holds the replies appended.
	B []byte
	// Proto is the protocol version of the client: 3, or anything else for 2.
	Proto int
	// Limit is the length of B from which on the client is disconnected
	// unanswered; 0: none.
	Limit int64
}

// Full is whether B has become so long that none of it will be sent: a reply
// that may be far longer can be left off.
func (w *Writer) Full() bool { return w.Limit > 0 && int64(len(w.B)) >= w.Limit }

// Null appends the reply for "no such value".
func (w *Writer) Null() {
	if w.Proto == 3 {
		w.B = append(w.B, "_\r\n"...)
		return
	}
	w.B = redcon.AppendNull(w.B)
}

// NullArray appends the reply for "no such array".
func (w *Writer) NullArray() {
	if w.Proto == 3 {
		w.B = append(w.B, "_\r\n"...)
		return
	}
	w.B = append(w.B, "*-1\r\n"...)
}

// OK appends +OK.
func (w *Writer) OK() { w.B = append(w.B, "+OK\r\n"...) }

// Simple appends a simple string (a status); line ends in s become blanks.
func (w *Writer) Simple(s string) { w.B = redcon.AppendString(w.B, s) }

// Error appends an error. text includes its code, as in "ERR syntax error".
// Line ends around it are dropped, those inside become blanks.
func (w *Writer) Error(text string) {
	w.B = redcon.AppendError(w.B, strings.Trim(text, "\r\n"))
}

// Errorf is Error with a format. Of arguments that are bytes or strings, what
// ErrorText leaves of them is shown.
func (w *Writer) Errorf(format string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case []byte:
			args[i] = ErrorText(a, len(a))
		case string:
			args[i] = ErrorText([]byte(a), len(a))
		}
	}
	w.Error(fmt.Sprintf(format, args...))
}

// ErrorText is what an error text shows of a client's words: at most n bytes,
// and none from a NUL on, since Redis prints them as strings of C. The result
// aliases b.
func ErrorText(b []byte, n int) []byte {
	b = b[:min(len(b), n)]
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return b
}

// Int appends an integer.
func (w *Writer) Int(n int64) {
	if uint64(n) < 100 {
		w.prefix(':', int(n))
		return
	}
	w.B = redcon.AppendInt(w.B, n)
}

// Uint appends an integer that may lie beyond int64.
func (w *Writer) Uint(n uint64) { w.B = redcon.AppendUint(w.B, n) }

// Bulk appends a string of any bytes, which it copies.
func (w *Writer) Bulk(b []byte) {
	w.Room(len(b) + maxBulkFrame)
	w.prefix('$', len(b))
	out := append(w.B, b...)
	w.B = append(out, '\r', '\n')
}

// maxBulkFrame is the most that Bulk appends beside the bytes.
const maxBulkFrame = 1 + 20 + 2 + 2

// Room makes sure that n bytes can be appended without another copy of B, which
// at least doubles where it grows: a reply of many elements is not copied once
// for every quarter that it grows by.
func (w *Writer) Room(n int) {
	if cap(w.B)-len(w.B) < n {
		w.grow(n)
	}
}

func (w *Writer) grow(n int) {
	const least = 1 << 10
	bigger := make([]byte, len(w.B), max(2*cap(w.B), len(w.B)+n, least))
	copy(bigger, w.B)
	w.B = bigger
}

// BulkString is Bulk for a string.
func (w *Writer) BulkString(s string) { w.B = redcon.AppendBulkString(w.B, s) }

// BulkInt appends a number as a bulk string.
func (w *Writer) BulkInt(n int64) {
	var text [20]byte
	w.Bulk(strconv.AppendInt(text[:0], n, 10))
}

// BulkHeader begins a bulk string of n bytes. The caller appends them to B
// and then calls CRLF.
func (w *Writer) BulkHeader(n int) { w.prefix('$', n) }

// CRLF ends what BulkHeader began.
func (w *Writer) CRLF() { w.B = append(w.B, '\r', '\n') }

// Array begins an array of n replies.
func (w *Writer) Array(n int) { w.prefix('*', n) }

// Map begins a map of n pairs, in RESP2 an array of 2n replies.
func (w *Writer) Map(n int) { w.aggregate('%', n, 2*n) }

// Set begins a set of n members, in RESP2 an array.
func (w *Writer) Set(n int) { w.aggregate('~', n, n) }

// Push begins an out-of-band message of n replies, in RESP2 an array.
func (w *Writer) Push(n int) { w.aggregate('>', n, n) }

// Attribute begins the attributes of the next reply, n pairs, and returns
// true. RESP2 has none: it appends nothing and returns false, and the caller
// leaves the pairs out.
func (w *Writer) Attribute(n int) bool {
	if w.Proto != 3 {
		return false
	}
	w.prefix('|', n)
	return true
}

// Bool appends a truth value, in RESP2 the integer 1 or 0.
func (w *Writer) Bool(v bool) {
	switch {
	case w.Proto == 3 && v:
		w.B = append(w.B, "#t\r\n"...)
	case w.Proto == 3:
		w.B = append(w.B, "#f\r\n"...)
	case v:
		w.B = append(w.B, ":1\r\n"...)
	default:
		w.B = append(w.B, ":0\r\n"...)
	}
}

// Double appends a floating-point number as C's %.17g, in RESP2 as a bulk
// string.
func (w *Writer) Double(d float64) {
	var text [32]byte
	w.number(',', AppendDouble(text[:0], d))
}

// HumanDouble appends a floating-point number without exponent and with no
// more than 17 decimals, in RESP2 as a bulk string: the form Redis gives
// coordinates and the results of INCRBYFLOAT.
func (w *Writer) HumanDouble(d float64) {
	var text [352]byte // 309 digits, point, 17 decimals
	w.number(',', AppendHumanDouble(text[:0], d))
}

// BigNumber appends an integer of any length given as decimal digits, in
// RESP2 as a bulk string.
func (w *Writer) BigNumber(digits string) {
	if w.Proto != 3 {
		w.BulkString(digits)
		return
	}
	w.B = append(w.B, '(')
	w.B = append(w.B, digits...)
	w.CRLF()
}

// Verbatim appends text with its format, three letters as in "txt"; shorter
// ones are padded with blanks, longer ones cut. In RESP2 it is a bulk string
// of the text alone.
func (w *Writer) Verbatim(format, text string) {
	if w.Proto != 3 {
		w.BulkString(text)
		return
	}
	w.prefix('=', len(text)+4)
	for i := range 3 {
		if i < len(format) {
			w.B = append(w.B, format[i])
		} else {
			w.B = append(w.B, ' ')
		}
	}
	w.B = append(w.B, ':')
	w.B = append(w.B, text...)
	w.CRLF()
}

// Mark returns the place where a header that is not yet known will go; the
// replies under it are appended next, then one of ArrayAt, MapAt, SetAt or
// PushAt inserts it. Marks nest: insert the inner one first.
func (w *Writer) Mark() int { return len(w.B) }

// ArrayAt inserts the header of an array of n replies at mark.
func (w *Writer) ArrayAt(mark, n int) { w.insert(mark, '*', n) }

// MapAt inserts the header of a map of n pairs at mark.
func (w *Writer) MapAt(mark, n int) {
	if w.Proto == 3 {
		w.insert(mark, '%', n)
	} else {
		w.insert(mark, '*', 2*n)
	}
}

// SetAt inserts the header of a set of n members at mark.
func (w *Writer) SetAt(mark, n int) {
	if w.Proto == 3 {
		w.insert(mark, '~', n)
	} else {
		w.insert(mark, '*', n)
	}
}

// insert moves what was appended since mark to make room for a header.
func (w *Writer) insert(mark int, kind byte, n int) {
	end := len(w.B)
	w.prefix(kind, n)
	var header [24]byte
	size := copy(header[:], w.B[end:])
	copy(w.B[mark+size:], w.B[mark:end])
	copy(w.B[mark:], header[:size])
}

func (w *Writer) aggregate(kind byte, n, flat int) {
	if w.Proto == 3 {
		w.prefix(kind, n)
	} else {
		w.prefix('*', flat)
	}
}

// prefix appends kind and n, which is mostly a number of one or two digits.
func (w *Writer) prefix(kind byte, n int) {
	switch {
	case uint(n) < 10:
		w.B = append(w.B, kind, '0'+byte(n), '\r', '\n')
	case uint(n) < 100:
		w.B = append(w.B, kind, '0'+byte(n/10), '0'+byte(n%10), '\r', '\n')
	default:
		out := strconv.AppendInt(append(w.B, kind), int64(n), 10)
		w.B = append(out, '\r', '\n')
	}
}

func (w *Writer) number(kind byte, text []byte) {
	if w.Proto != 3 {
		w.Bulk(text)
		return
	}
	w.B = append(w.B, kind)
	w.B = append(w.B, text...)
	w.CRLF()
}

// AppendDouble appends d as C's %.17g does, with "inf", "-inf" and "nan".
func AppendDouble(b []byte, d float64) []byte {
	if special := specialDouble(d); special != "" {
		return append(b, special...)
	}
	// Integers, which most scores are, without the search for digits: below 10¹⁷
	// they have no exponent.
	if n := int64(d); math.Abs(d) < 1e17 && float64(n) == d && (n != 0 || !math.Signbit(d)) {
		return strconv.AppendInt(b, n, 10)
	}
	return strconv.AppendFloat(b, d, 'g', 17, 64)
}

// AppendHumanDouble appends d as C's %.17f does, without trailing zeros.
func AppendHumanDouble(b []byte, d float64) []byte {
	if special := specialDouble(d); special != "" {
		return append(b, special...)
	}
	from := len(b)
	b = strconv.AppendFloat(b, d, 'f', 17, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[from:]) == "-0" {
		b = append(b[:from], '0')
	}
	return b
}

func specialDouble(d float64) string {
	switch {
	case math.IsInf(d, 1):
		return "inf"
	case math.IsInf(d, -1):
		return "-inf"
	case math.IsNaN(d):
		return "nan"
	}
	return ""
}
