package resp

import (
	"bytes"
	"math"
)

// The limits that hold where a Scanner's fields are zero.
const (
	// DefaultMaxBulk is the longest argument, in bytes (proto-max-bulk-len).
	DefaultMaxBulk = 512 << 20
	// DefaultMaxMultibulk is the largest number of arguments of one request.
	DefaultMaxMultibulk = math.MaxInt32
	// DefaultMaxInline is the longest inline request and the longest header
	// line, in bytes.
	DefaultMaxInline = 64 << 10
)

// What a client that has not yet authenticated may send.
const (
	unauthMaxMultibulk = 10
	unauthMaxBulk      = 16384
)

// keepArgs is how many arguments a Scanner keeps room for between requests;
// room for more is given back, so that one huge request does not tie memory.
const keepArgs = 1024

// ProtocolError is a request that cannot be parsed; the text is Redis's own.
// The connection is beyond repair: reply "-ERR " + Error() and close it.
type ProtocolError string

// Error returns the text as Redis sends it after "-ERR ".
func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

// The protocol errors with a fixed text. "expected '$', got 'x'" is the one
// that is made as needed.
const (
	ErrInlineTooBig    = ProtocolError("too big inline request")
	ErrUnbalanced      = ProtocolError("unbalanced quotes in request")
	ErrCountTooBig     = ProtocolError("too big mbulk count string")
	ErrCountInvalid    = ProtocolError("invalid multibulk length")
	ErrCountUnauth     = ProtocolError("unauthenticated multibulk length")
	ErrBulkTooBig      = ProtocolError("too big bulk count string")
	ErrBulkInvalid     = ProtocolError("invalid bulk length")
	ErrBulkUnauth      = ProtocolError("unauthenticated bulk length")
	errExpectedBulkFmt = "expected '$', got '"
)

// Scanner finds requests in a stream of bytes. One Scanner serves one
// connection; it is not safe for concurrent use. The zero value is ready, for
// an unauthenticated client and with the default limits.
//
// States of a multibulk request, all positions relative to the first byte of
// the caller's buffer, so that the caller may move the buffer between calls:
//
//	left == 0               before a request, or inside an inline one
//	   | count header
//	   v
//	left > 0, bulk == 0     before the header of an argument
//	   | ^ argument header -> bulk = length+1
//	   v | argument complete -> bulk = 0, left--
//	left > 0, bulk > 0      inside an argument
type Scanner struct {
	// MaxBulk is the longest argument accepted, in bytes.
	MaxBulk int64
	// MaxMultibulk is the largest argument count accepted.
	MaxMultibulk int64
	// MaxInline is the longest inline request or header line, in bytes.
	MaxInline int
	// Authenticated lifts the tight limits for clients that still have to
	// authenticate (10 arguments of 16 KiB).
	Authenticated bool

	left    int    // arguments still to come
	bulk    int    // 1 + length of the argument being read; 0: header not read
	pos     int    // everything before pos has been parsed
	seen    int    // no line end in [pos, seen)
	spans   []span // arguments already found
	args    [][]byte
	scratch []byte // unquoted words of an inline request
}

// span is an argument as offsets into the caller's buffer.
type span struct{ from, to int }

// Next looks for one request at the start of buf.
//
// With a request complete it returns its arguments (at least one) and the
// number of bytes it took, n. With none complete args is nil, and n is what
// may be dropped all the same: empty requests, which Redis ignores, and headers. In both
// cases the caller's next buf starts n bytes further on, with the rest of this
// buf unchanged at its start; it may lie elsewhere. What was parsed of an
// incomplete request is not looked at again.
//
// args and what they point to (buf, or memory of the Scanner for inline
// requests) are valid until the next call. An error is a ProtocolError and
// final: the Scanner must not be used again without Reset.
func (s *Scanner) Next(buf []byte) (args [][]byte, n int, err error) {
	if s.left == 0 {
		if cap(s.args) > keepArgs || cap(s.spans) > keepArgs || cap(s.scratch) > DefaultMaxInline {
			s.args, s.spans, s.scratch = nil, nil, nil
		}
		var done bool
		if args, n, done, err = s.start(buf); done || err != nil {
			return args, n, err
		}
		buf = buf[n:]
	}
	if err := s.arguments(buf); err != nil {
		return nil, n, err
	}
	if s.left > 0 {
		return nil, n + s.dropHeader(), nil
	}
	out := s.args[:0]
	for _, p := range s.spans {
		out = append(out, buf[p.from:p.to:p.to])
	}
	s.args = out
	n += s.pos
	s.pos, s.seen, s.spans = 0, 0, s.spans[:0]
	return out, n, nil
}

// bigArgument is the length from which on an argument that comes first lies at the
// start of the caller's buffer (Redis: PROTO_MBULK_BIG_ARG).
const bigArgument = 32 << 10

// dropHeader returns how many bytes are only headers, before the first argument, if
// that is a big one: nobody needs them any more.
func (s *Scanner) dropHeader() (n int) {
	if len(s.spans) > 0 || s.bulk <= bigArgument {
		return 0
	}
	n = s.pos
	s.pos, s.seen = 0, 0
	return n
}

// Need returns how many more bytes must arrive, at least, before Next can
// return the request it has begun; have is what is left in the caller's
// buffer. It is exact inside an argument and 1 otherwise.
func (s *Scanner) Need(have int) int {
	if s.bulk == 0 {
		return 1
	}
	return max(1, s.pos+s.bulk+1-have)
}

// Partial reports whether a multibulk request has been begun and not yet
// returned.
func (s *Scanner) Partial() bool { return s.left > 0 }

// Reset forgets a request begun, and keeps limits and memory.
func (s *Scanner) Reset() {
	s.left, s.bulk, s.pos, s.seen, s.spans = 0, 0, 0, 0, s.spans[:0]
}

// start reads what comes before the arguments: empty requests, which it skips,
// and then either an inline request, which is done at once, or the count of a
// multibulk one, after which s.left > 0 and s.pos is relative to buf[n:].
// done without args is an incomplete line.
func (s *Scanner) start(buf []byte) (args [][]byte, n int, done bool, err error) {
	for len(buf) > n {
		rest := buf[n:]
		if rest[0] != '*' {
			words, size, err := s.inline(rest)
			if size == 0 || err != nil {
				return nil, n, true, err
			}
			if n += size; len(words) > 0 {
				return words, n, true, nil
			}
			continue
		}
		count, end, err := s.header(rest, 0, ErrCountTooBig, ErrCountInvalid)
		if end == 0 || err != nil {
			return nil, n, true, err
		}
		if count > or(s.MaxMultibulk, DefaultMaxMultibulk) {
			return nil, n, true, ErrCountInvalid
		}
		if !s.Authenticated && count > unauthMaxMultibulk {
			return nil, n, true, ErrCountUnauth
		}
		if count > 0 {
			s.left, s.pos, s.seen = int(count), end, end
			return nil, n, false, nil
		}
		n += end
		s.seen = 0
	}
	return nil, n, true, nil
}

// arguments reads on from s.pos until the request or buf ends.
func (s *Scanner) arguments(buf []byte) error {
	pos, left, bulk, spans := s.pos, s.left, s.bulk, s.spans
	maxBulk := or(s.MaxBulk, DefaultMaxBulk)
	for left > 0 {
		if bulk == 0 {
			// Nearly every header is '$', one or two digits, CR LF.
			if len(buf)-pos >= 5 && buf[pos] == '$' && buf[pos+2] == '\r' && buf[pos+1]-'0' <= 9 {
				bulk = int(buf[pos+1]-'0') + 1
				pos += 4
			} else if len(buf)-pos >= 6 && buf[pos] == '$' && buf[pos+3] == '\r' &&
				buf[pos+1]-'1' <= 8 && buf[pos+2]-'0' <= 9 {
				bulk = int(buf[pos+1]-'0')*10 + int(buf[pos+2]-'0') + 1
				pos += 5
			} else {
				length, end, err := s.bulkHeader(buf, pos)
				if err != nil {
					return err
				}
				if end == 0 {
					break
				}
				bulk, pos = length+1, end
			}
			if int64(bulk-1) > maxBulk {
				return ErrBulkInvalid
			}
		}
		// The two bytes after an argument are skipped unseen, as in Redis.
		if len(buf)-pos < bulk+1 {
			break
		}
		spans = append(spans, span{pos, pos + bulk - 1})
		pos += bulk + 1
		bulk = 0
		left--
	}
	s.pos, s.left, s.bulk, s.spans = pos, left, bulk, spans
	s.seen = max(s.seen, pos)
	return nil
}

// bulkHeader reads the header of an argument at pos: its length, and where its
// bytes start, or 0 if the line is incomplete.
func (s *Scanner) bulkHeader(buf []byte, pos int) (length, end int, err error) {
	v, end, err := s.header(buf, pos, ErrBulkTooBig, ErrBulkInvalid)
	switch {
	case end == 0:
		return 0, 0, err
	case buf[pos] != '$':
		return 0, 0, ProtocolError(errExpectedBulkFmt + string(buf[pos:pos+1]) + "'")
	case err != nil:
		return 0, 0, err
	case v < 0 || v > or(s.MaxBulk, DefaultMaxBulk) || v > int64(math.MaxInt-pos-2):
		return 0, 0, ErrBulkInvalid
	case !s.Authenticated && v > unauthMaxBulk:
		return 0, 0, ErrBulkUnauth
	}
	return int(v), end, nil
}

// header reads the line at pos: one byte of type, a number, CR and one byte
// that Redis takes for LF without looking. end is where the next thing starts,
// or 0 if the line is incomplete or has no end within the limit.
func (s *Scanner) header(buf []byte, pos int, tooBig, invalid ProtocolError) (v int64, end int, err error) {
	cr, err := s.lineEnd(buf, pos, '\r', tooBig)
	if cr < 0 || err != nil || cr+1 >= len(buf) {
		return 0, 0, err
	}
	v, ok := parseInt(buf[min(pos+1, cr):cr])
	if !ok {
		err = invalid
	}
	return v, cr + 2, err
}

// lineEnd returns where the line at pos ends, -1 if it is incomplete. The
// limit is on the line alone: Redis, which compares all that has arrived with
// it, gives or does not give the error depending on how the bytes came in.
func (s *Scanner) lineEnd(buf []byte, pos int, mark byte, tooBig ProtocolError) (int, error) {
	limit := s.MaxInline
	if limit <= 0 {
		limit = DefaultMaxInline
	}
	window := buf[pos:]
	if len(window) > limit+1 {
		window = window[:limit+1]
	}
	from := min(max(s.seen-pos, 0), len(window))
	if i := bytes.IndexByte(window[from:], mark); i >= 0 {
		return pos + from + i, nil
	}
	s.seen = pos + len(window)
	if len(window) > limit {
		return -1, tooBig
	}
	return -1, nil
}

// parseInt reads a decimal number as strictly as Redis: no sign but '-', no
// leading zeros, no "-0", all of int64.
func parseInt(b []byte) (int64, bool) {
	if len(b) == 1 && b[0] == '0' {
		return 0, true
	}
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	if len(b) == 0 || len(b) > 19 || b[0] == '0' {
		return 0, false
	}
	var v uint64 // 19 digits fit
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		v = v*10 + uint64(c-'0')
	}
	if neg {
		return -int64(v), v <= 1<<63
	}
	return int64(v), v <= math.MaxInt64
}

// or returns the limit v, or its default where v is not set.
func or(v, def int64) int64 {
	if v > 0 {
		return v
	}
	return def
}
