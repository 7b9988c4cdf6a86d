package session_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/session"
)

// A push comes in order with the replies of its client: behind those made so far and
// before those of later requests.
func TestPushKeepsOrder(t *testing.T) {
	k := newCore(t, defaultLimits)
	woken := 0
	l := k.newLoop()
	l.OnMail(func() { woken++ })
	a := k.connect(l)
	b := k.connect(k.newLoop())
	expect(t, a.send("PING\r\n"), "+PONG\r\n")
	a.s.Push([]byte("+one\r\n"))
	a.s.Push([]byte("+two\r\n"))
	expect(t, fmt.Sprint(woken), "1")
	expect(t, a.send("PING\r\n"), "+one\r\n+two\r\n+PONG\r\n")
	a.s.Push([]byte("+three\r\n"))
	expect(t, fmt.Sprint(woken), "2")
	expect(t, string(a.out), "")
	l.Drain()
	expect(t, string(a.out), "+three\r\n")
	expect(t, b.send("PING\r\n"), "+PONG\r\n")
	a.s.Push([]byte("+lost\r\n"))
	k.clients.Kill(command.ClientFilter{ID: a.s.ID()}, 0)
	a.runPosts()
	l.Drain()
	expect(t, string(a.out), "+three\r\n")
}

// A loop that does not come to deliver lets no more wait for a client than the client's
// limit, and ends it when it comes to.
func TestPushesAreBounded(t *testing.T) {
	limits := defaultLimits
	limits.Output[session.Normal].HardBytes = 100_000
	k := newCore(t, limits)
	l := k.newLoop()
	a, b := k.connect(l), k.connect(l)
	msg := []byte("+" + strings.Repeat("x", 1000) + "\r\n")
	for range 1000 {
		a.s.Push(msg)
	}
	b.s.Push(msg)
	if m := k.clients.Memory(); m > 200_000 {
		t.Errorf("clients take %d bytes", m)
	}
	a.runPosts()
	l.Drain()
	if !a.closed || b.closed {
		t.Errorf("closed: %v, the other: %v", a.closed, b.closed)
	}
	expect(t, string(b.out), string(msg))
	if line := string(k.clients.List(nil, command.ClientFilter{ID: a.s.ID()}, 0)); line != "" {
		t.Errorf("it is in the list still: %s", line)
	}
}

// What is pushed to a client whose replies are off comes at once, not with its next request.
func TestPushWhileRepliesAreOff(t *testing.T) {
	k := newCore(t, defaultLimits)
	l := k.newLoop()
	a := k.connect(l)
	expect(t, a.send("CLIENT REPLY OFF\r\nPING\r\n"), "")
	a.s.Push([]byte("+one\r\n"))
	expect(t, a.send("PING\r\n"), "+one\r\n")
	a.s.Push([]byte("+two\r\n"))
	l.Drain()
	expect(t, string(a.out), "+two\r\n")
	a.out = nil
	expect(t, a.send("PING\r\nCLIENT REPLY ON\r\n"), "+OK\r\n")
}
