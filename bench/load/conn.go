package load

import (
	"fmt"
	"net"
	"time"
)

// dialTimeout bounds connecting. Replies have the deadline of each caller.
const dialTimeout = 5 * time.Second

// Conn is one connection for control commands and checks. It is not safe for
// concurrent use.
type Conn struct {
	nc  net.Conn
	r   *Reader
	out []byte
	// Timeout bounds each Do, Batch and Flush; 0 waits for ever.
	Timeout time.Duration
}

// Dial connects to addr (host:port).
func Dial(addr string) (*Conn, error) {
	nc, err := net.DialTimeout("tcp", addr, dialTimeout)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	return &Conn{nc: nc, r: NewReader(nc), Timeout: 60 * time.Second}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.nc.Close() }

// Do sends one command and returns its reply; an error reply comes back as a
// ServerError.
func (c *Conn) Do(args ...string) (Reply, error) {
	reps, err := c.Batch([][]string{args})
	if err != nil {
		return Reply{}, fmt.Errorf("%s: %w", args[0], err)
	}
	if reps[0].Kind == '-' {
		return reps[0], fmt.Errorf("%s: %w", args[0], ServerError(reps[0].Str))
	}
	return reps[0], nil
}

// Batch sends the commands at once and returns their replies in order; error
// replies are left in place.
func (c *Conn) Batch(cmds [][]string) ([]Reply, error) {
	c.out = c.out[:0]
	for _, args := range cmds {
		c.out = AppendCommand(c.out, args...)
	}
	if err := c.send(c.out); err != nil {
		return nil, err
	}
	reps := make([]Reply, len(cmds))
	for i := range reps {
		rep, err := c.r.Read()
		if err != nil {
			return nil, fmt.Errorf("reply %d of %d: %w", i+1, len(cmds), noEOF(err))
		}
		reps[i] = rep
	}
	return reps, nil
}

// Flush sends n encoded commands at once and reads past their replies. The
// first error reply ends it as a ServerError.
func (c *Conn) Flush(encoded []byte, n int) error {
	if err := c.send(encoded); err != nil {
		return err
	}
	for i := 0; i < n; i++ {
		text, err := c.r.Skip()
		if err != nil {
			return fmt.Errorf("reply %d of %d: %w", i+1, n, noEOF(err))
		}
		if text != "" {
			return ServerError(text)
		}
	}
	return nil
}

func (c *Conn) send(b []byte) error {
	var deadline time.Time
	if c.Timeout > 0 {
		deadline = time.Now().Add(c.Timeout)
	}
	if err := c.nc.SetDeadline(deadline); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if _, err := c.nc.Write(b); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}
