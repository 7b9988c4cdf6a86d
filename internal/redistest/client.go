package redistest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"testing"
	"time"
)

const (
	dialTimeout  = 5 * time.Second
	replyTimeout = 60 * time.Second
	maxDepth     = 32      // of nested replies
	maxElements  = 1 << 24 // of one aggregate
	maxBulk      = 1 << 30
)

// Error is an error reply, without its leading '-'. Do returns it as a
// value, because tests compare error replies like any others.
type Error string

func (e Error) Error() string { return string(e) }

// Client is one connection to a RESP server, blocking, for one goroutine.
type Client struct {
	conn net.Conn
	r    *bufio.Reader
	raw  bytes.Buffer // the bytes of the reply being read
}

// Dial connects to addr ("host:port").
func Dial(addr string) (*Client, error) {
	conn, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("dial RESP server: %w", err)
	}
	return NewClient(conn), nil
}

// MustDial connects to addr and closes the connection when the test ends.
func MustDial(t testing.TB, addr string) *Client {
	t.Helper()
	c, err := Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// NewClient speaks RESP over an open connection, which it then owns.
func NewClient(conn net.Conn) *Client {
	return &Client{conn: conn, r: bufio.NewReaderSize(conn, 64<<10)}
}

// Close closes the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Do sends one command and returns its reply: string for simple strings,
// bulk strings, doubles, big numbers and verbatim strings; int64; bool; nil;
// Error; []any for arrays, sets, pushes and maps (a map as its keys and
// values in turn, in the order sent). The error is about the connection.
// Arguments may be string, []byte, or anything fmt.Sprint renders.
func (c *Client) Do(args ...any) (any, error) {
	if err := c.Send(args...); err != nil {
		return nil, err
	}
	return c.Receive()
}

// Must is Do that fails the test when the connection or the command fails.
func (c *Client) Must(t testing.TB, args ...any) any {
	t.Helper()
	reply, err := c.Do(args...)
	if e, isErr := reply.(Error); isErr {
		err = e
	}
	if err != nil {
		t.Fatalf("%.100q: %v", args, err)
	}
	return reply
}

// Raw is Do that returns the bytes of the reply as they came.
func (c *Client) Raw(args ...any) (string, error) {
	if _, err := c.Do(args...); err != nil {
		return "", err
	}
	return c.raw.String(), nil
}

// Send writes one command without waiting for its reply.
func (c *Client) Send(args ...any) error {
	buf := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		var b []byte
		switch a := a.(type) {
		case []byte:
			b = a
		case string:
			b = []byte(a)
		default:
			b = fmt.Append(nil, a)
		}
		buf = fmt.Appendf(buf, "$%d\r\n", len(b))
		buf = append(append(buf, b...), "\r\n"...)
	}
	return c.SendBytes(buf)
}

// SendBytes writes bytes as they are: inline commands, pipelines, and
// requests that are broken on purpose.
func (c *Client) SendBytes(b []byte) error {
	c.conn.SetWriteDeadline(time.Now().Add(replyTimeout))
	if _, err := c.conn.Write(b); err != nil {
		return fmt.Errorf("send command: %w", err)
	}
	return nil
}

// Receive reads one reply, as Do describes.
func (c *Client) Receive() (any, error) {
	c.raw.Reset()
	c.conn.SetReadDeadline(time.Now().Add(replyTimeout))
	reply, err := c.read(0)
	if err != nil {
		return nil, fmt.Errorf("receive reply: %w", err)
	}
	return reply, nil
}

func (c *Client) line() (string, error) {
	line, err := c.r.ReadString('\n')
	c.raw.WriteString(line)
	if err != nil {
		return "", err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return "", fmt.Errorf("malformed reply line %q", line)
	}
	return line[:len(line)-2], nil
}

func (c *Client) read(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("reply nested too deeply")
	}
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+', ',', '(':
		return rest, nil
	case '-':
		return Error(rest), nil
	case ':':
		return strconv.ParseInt(rest, 10, 64)
	case '_':
		return nil, nil
	case '#':
		return rest == "t", nil
	case '$', '=', '!':
		return c.bulk(kind, rest)
	case '*', '~', '>', '%', '|':
		return c.aggregate(kind, rest, depth)
	}
	return nil, fmt.Errorf("unknown reply type %q", line)
}

func (c *Client) bulk(kind byte, size string) (any, error) {
	n, err := strconv.Atoi(size)
	if err != nil || n < -1 || n > maxBulk {
		return nil, fmt.Errorf("malformed bulk length %q", size)
	}
	if n == -1 {
		return nil, nil
	}
	b := make([]byte, n+2)
	if _, err := io.ReadFull(c.r, b); err != nil {
		return nil, err
	}
	c.raw.Write(b)
	s := string(b[:n])
	switch {
	case kind == '!':
		return Error(s), nil
	case kind == '=' && n >= 4:
		return s[4:], nil // without its "txt:" or "mkd:"
	}
	return s, nil
}

func (c *Client) aggregate(kind byte, size string, depth int) (any, error) {
	n, err := strconv.Atoi(size)
	if err != nil || n < -1 || n > maxElements {
		return nil, fmt.Errorf("malformed aggregate length %q", size)
	}
	if n == -1 {
		return nil, nil
	}
	if kind == '%' || kind == '|' {
		n *= 2
	}
	list := []any{}
	for range n {
		v, err := c.read(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	if kind == '|' { // attributes precede the reply that they describe
		return c.read(depth)
	}
	return list, nil
}
