// Package load speaks RESP to any server: a reply reader, a small control
// client, and two load generators. Closed sends the next batch when the last
// one has been answered and so finds out how much a server can do; Open sends
// on a timetable, whatever the server does, and so finds out how long a
// request waits.
package load

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Limits of what a Reader accepts. A server under test is not trusted with
// this program's memory.
const (
	maxBulkBytes = 512 << 20
	maxArrayLen  = 16 << 20
	maxDepth     = 16
	readBufBytes = 64 << 10
	// growBytes bounds what is allocated on the word of a length prefix alone.
	growBytes = 1 << 20
)

// ServerError is an error reply ("-ERR …"), without the leading minus.
type ServerError string

func (e ServerError) Error() string { return "server replied: " + string(e) }

// Reply is one RESP2 reply. Kind is the type byte: '+', '-', ':', '$' or '*'.
type Reply struct {
	Kind  byte
	Null  bool    // null bulk string or null array
	Str   string  // '+', '-', '$'
	Int   int64   // ':'
	Array []Reply // '*'
}

// Reader takes replies off a stream. It is not safe for concurrent use.
type Reader struct {
	br *bufio.Reader
}

// NewReader returns a Reader of r with a buffer of its own.
func NewReader(r io.Reader) *Reader {
	return &Reader{br: bufio.NewReaderSize(r, readBufBytes)}
}

// Read returns the next reply. Error replies are replies here, not errors.
func (r *Reader) Read() (Reply, error) { return r.read(0) }

// Skip reads past one reply without keeping it. It returns the text of an
// error reply, "" for any other; errors inside an array are not reported.
func (r *Reader) Skip() (string, error) {
	line, err := r.line()
	if err != nil {
		return "", err
	}
	switch line[0] {
	case '+', ':':
		return "", nil
	case '-':
		return string(line[1:]), nil
	case '$':
		n, err := parseLen(line[1:], maxBulkBytes)
		if err != nil || n < 0 {
			return "", err
		}
		_, err = r.br.Discard(n + 2)
		return "", noEOF(err)
	}
	return "", r.skipArray(line)
}

func (r *Reader) skipArray(line []byte) error {
	_, err := r.body(line, 0)
	return err
}

func (r *Reader) read(depth int) (Reply, error) {
	line, err := r.line()
	if err != nil {
		return Reply{}, err
	}
	return r.body(line, depth)
}

// body completes the reply whose first line is line.
func (r *Reader) body(line []byte, depth int) (Reply, error) {
	rep := Reply{Kind: line[0]}
	switch line[0] {
	case '+', '-':
		rep.Str = string(line[1:])
		return rep, nil
	case ':':
		n, err := strconv.ParseInt(string(line[1:]), 10, 64)
		if err != nil {
			return rep, fmt.Errorf("integer reply %q: %w", line[1:], err)
		}
		rep.Int = n
		return rep, nil
	case '$':
		n, err := parseLen(line[1:], maxBulkBytes)
		if err != nil {
			return rep, err
		}
		rep.Null = n < 0
		if !rep.Null {
			rep.Str, err = r.bulk(n)
		}
		return rep, err
	case '*':
		n, err := parseLen(line[1:], maxArrayLen)
		if err != nil {
			return rep, err
		}
		rep.Null = n < 0
		rep.Array, err = r.array(n, depth+1)
		return rep, err
	}
	return rep, fmt.Errorf("reply starts with %q, which is no RESP2 type", line[0])
}

func (r *Reader) array(n, depth int) ([]Reply, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("reply nested deeper than %d", maxDepth)
	}
	var out []Reply
	for i := 0; i < n; i++ {
		e, err := r.read(depth)
		if err != nil {
			return nil, fmt.Errorf("element %d of %d: %w", i, n, noEOF(err))
		}
		out = append(out, e)
	}
	return out, nil
}

// bulk reads n bytes and the line end, growing as bytes arrive.
func (r *Reader) bulk(n int) (string, error) {
	buf := make([]byte, 0, min(n, growBytes))
	for len(buf) < n {
		step := min(n-len(buf), growBytes)
		at := len(buf)
		buf = append(buf, make([]byte, step)...)
		if _, err := io.ReadFull(r.br, buf[at:]); err != nil {
			return "", fmt.Errorf("bulk string of %d bytes: %w", n, noEOF(err))
		}
	}
	end := make([]byte, 2)
	if _, err := io.ReadFull(r.br, end); err != nil {
		return "", fmt.Errorf("end of bulk string: %w", noEOF(err))
	}
	if string(end) != "\r\n" {
		return "", fmt.Errorf("bulk string of %d bytes ends in %q", n, end)
	}
	return string(buf), nil
}

// line returns the next line without its end; it is valid until the next read.
func (r *Reader) line() ([]byte, error) {
	line, err := r.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return nil, fmt.Errorf("reply line longer than %d bytes", readBufBytes)
	}
	if err == io.EOF && len(line) > 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("malformed reply line %q", line)
	}
	return line[:len(line)-2], nil
}

// parseLen reads the length after '$' or '*'; -1 means null.
func parseLen(b []byte, limit int) (int, error) {
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return 0, fmt.Errorf("length %q: %w", b, err)
	}
	if n < -1 || n > limit {
		return 0, fmt.Errorf("length %d is outside -1..%d", n, limit)
	}
	return n, nil
}

// noEOF turns the end of the stream inside a reply into what it is.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendCommand appends one command as an array of bulk strings.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = AppendHead(dst, len(args))
	for _, a := range args {
		dst = appendLen(dst, '$', len(a))
		dst = append(dst, a...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

// AppendHead appends the head of a command of n arguments; n calls of
// AppendBulk complete it.
func AppendHead(dst []byte, n int) []byte { return appendLen(dst, '*', n) }

// AppendBulk appends one argument.
func AppendBulk(dst, arg []byte) []byte {
	dst = appendLen(dst, '$', len(arg))
	dst = append(dst, arg...)
	return append(dst, '\r', '\n')
}

func appendLen(dst []byte, kind byte, n int) []byte {
	dst = append(dst, kind)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '\r', '\n')
}
