package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// silence is how long a server may take for one reply before it counts as
// hanging. Long, because a slow machine is not a divergence.
const silence = 20 * time.Second

const maxBulk = 1 << 30 // a longer one announced is a broken reply

// reply is one RESP2 or RESP3 value. raw holds its bytes as they came; the
// parsed form is only for the normalisers.
type reply struct {
	kind  byte   // the RESP type byte
	text  []byte // of the scalar kinds, without CRLF
	null  bool   // $-1, *-1 or _
	elems []reply
	raw   []byte
}

// conn is one raw connection to a server.
type conn struct {
	net.Conn
	r *bufio.Reader
}

func dial(addr string) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, silence)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	return &conn{Conn: c, r: bufio.NewReader(c)}, nil
}

// encode renders a command in RESP.
func encode(argv []string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(argv))
	for _, a := range argv {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

func (c *conn) send(b []byte) error {
	c.SetWriteDeadline(time.Now().Add(silence))
	_, err := c.Write(b)
	return err
}

// receive reads one reply within limit.
func (c *conn) receive(limit time.Duration) (reply, error) {
	c.SetReadDeadline(time.Now().Add(limit))
	return c.read(0)
}

func (c *conn) do(argv ...string) (reply, error) {
	if err := c.send(encode(argv)); err != nil {
		return reply{}, err
	}
	return c.receive(silence)
}

func (c *conn) read(depth int) (reply, error) {
	line, err := c.r.ReadBytes('\n')
	if err != nil {
		return reply{}, err
	}
	if depth > 32 || len(line) < 3 || line[len(line)-2] != '\r' {
		return reply{}, fmt.Errorf("malformed reply line %.80q", line)
	}
	v := reply{kind: line[0], text: line[1 : len(line)-2], raw: bytes.Clone(line)}
	switch v.kind {
	case '+', '-', ':', ',', '#', '(':
		return v, nil
	case '_':
		v.null = true
		return v, nil
	case '$', '=', '!':
		return c.readBulk(v)
	case '*', '%', '~', '>', '|':
		return c.readAggregate(v, depth)
	}
	return v, fmt.Errorf("malformed reply: unknown type in %.80q", line)
}

func (c *conn) readBulk(v reply) (reply, error) {
	n, err := strconv.Atoi(string(v.text))
	if err != nil || n < -1 || n > maxBulk {
		return v, fmt.Errorf("malformed bulk length %.40q", v.text)
	}
	if n == -1 {
		v.null = true
		return v, nil
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(c.r, body); err != nil {
		return v, err
	}
	if !bytes.HasSuffix(body, []byte("\r\n")) {
		return v, errors.New("malformed reply: bulk does not end in CRLF")
	}
	v.text = body[:n]
	v.raw = append(v.raw, body...)
	return v, nil
}

func (c *conn) readAggregate(v reply, depth int) (reply, error) {
	n, err := strconv.Atoi(string(v.text))
	if err != nil || n < -1 || n > 1<<24 {
		return v, fmt.Errorf("malformed aggregate length %.40q", v.text)
	}
	if n == -1 {
		v.null = true
		return v, nil
	}
	if v.kind == '%' || v.kind == '|' {
		n *= 2
	}
	for range n {
		e, err := c.read(depth + 1)
		if err != nil {
			return v, err
		}
		v.elems = append(v.elems, e)
		v.raw = append(v.raw, e.raw...)
	}
	if v.kind == '|' { // attributes precede the reply they belong to
		next, err := c.read(depth + 1)
		next.raw = append(v.raw, next.raw...)
		return next, err
	}
	return v, nil
}

// integer returns the value of an integer reply.
func (v reply) integer() (int64, bool) {
	if v.kind != ':' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(v.text), 10, 64)
	return n, err == nil
}

// describe renders how a read ended, for comparing ends other than replies.
func describe(err error) string {
	var timeout net.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &timeout) && timeout.Timeout():
		return "<silence>"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), isReset(err):
		return "<closed>"
	}
	return "<" + err.Error() + ">"
}

func isReset(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}
