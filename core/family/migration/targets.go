package migration

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxTargets = 64               // connections that are kept
	keepTarget = 10 * time.Second // how long after their last use
	maxLine    = 1024             // bytes of a reply's line
	noDB       = -1
)

// Targets keeps connections to other servers for a while after they were used. Any
// goroutine may use it.
type Targets struct {
	dial Dial

	mu   sync.Mutex
	idle map[string]*target // by host:port
}

// NewTargets returns an empty Targets that connects with dial.
func NewTargets(dial Dial) *Targets {
	return &Targets{dial: dial, idle: map[string]*target{}}
}

// Len is how many connections are kept (INFO: migrate_cached_sockets).
func (ts *Targets) Len() int {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	return len(ts.idle)
}

// CloseIdle closes those that were not used for ten seconds. It is called about
// once a second.
func (ts *Targets) CloseIdle() {
	ts.closeIdle(keepTarget)
}

// Close closes all that are not in use.
func (ts *Targets) Close() { ts.closeIdle(-1) }

func (ts *Targets) closeIdle(after time.Duration) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	for name, t := range ts.idle {
		if time.Since(t.used) > after {
			t.conn.Close()
			delete(ts.idle, name)
		}
	}
}

// take returns the kept connection to host:port, or else a new one. One connection
// is for one user at a time.
func (ts *Targets) take(host, port string, timeout time.Duration) (*target, error) {
	name := host + ":" + port
	ts.mu.Lock()
	t := ts.idle[name]
	delete(ts.idle, name)
	ts.mu.Unlock()
	if t != nil {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := ts.dial(ctx, net.JoinHostPort(host, strconv.Itoa(leadingInt(port))))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", name, err)
	}
	return &target{name: name, conn: conn, in: bufio.NewReaderSize(conn, maxLine), db: noDB}, nil
}

// leadingInt is C's atoi, of which ports are made.
func leadingInt(s string) int {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || end == 0 && (s[0] == '-' || s[0] == '+')) {
		end++
	}
	n, _ := strconv.Atoi(s[:end])
	return n
}

// give has t be kept for the next user.
func (ts *Targets) give(t *target) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t.used = time.Now()
	if other := ts.idle[t.name]; other != nil {
		other.conn.Close()
	} else if len(ts.idle) >= maxTargets {
		for name, victim := range ts.idle { // any one
			victim.conn.Close()
			delete(ts.idle, name)
			break
		}
	}
	ts.idle[t.name] = t
}

// target is a connection to another server.
type target struct {
	name string
	conn net.Conn
	in   *bufio.Reader
	db   int64 // selected; noDB: not known
	used time.Time
}

const chunk = 64 << 10

// write sends p, of which each chunk may take as long as timeout.
func (t *target) write(p []byte, timeout time.Duration) error {
	for len(p) > 0 {
		n := min(len(p), chunk)
		t.conn.SetWriteDeadline(time.Now().Add(timeout))
		if _, err := t.conn.Write(p[:n]); err != nil {
			return fmt.Errorf("write to %s: %w", t.name, err)
		}
		p = p[n:]
	}
	return nil
}

// line reads a reply of one line, without its end.
func (t *target) line(timeout time.Duration) (string, error) {
	t.conn.SetReadDeadline(time.Now().Add(timeout))
	b, err := t.in.ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("read a reply of %s: %w", t.name, err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
