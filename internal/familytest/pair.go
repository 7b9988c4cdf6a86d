// Package familytest runs a family's commands beside redis-server and compares
// what both do: replies byte for byte, key events, the count of changes, and
// the values left behind.
package familytest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Pair is a family and a redis-server that get the same commands. It is used
// by one goroutine.
type Pair struct {
	t      testing.TB
	oracle *redistest.Client
	events *redistest.Client
	own    own
	seen   map[string]bool // the short arguments sent, any of which may be a key
}

// New starts a redis-server with args and pairs it with a store that runs rows.
func New(t testing.TB, rows []command.Row, args ...string) *Pair {
	t.Helper()
	server := redistest.Start(t, append([]string{"--notify-keyspace-events", "KEA"}, args...)...)
	p := &Pair{
		t: t, seen: map[string]bool{},
		oracle: redistest.MustDial(t, server.Addr), events: redistest.MustDial(t, server.Addr),
	}
	p.own.open(t, rows)
	p.events.Must(t, "PSUBSCRIBE", "__keyevent@*__:*", "end-of-command")
	if _, err := p.events.Receive(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Proto changes the protocol of both sides, 2 or 3.
func (p *Pair) Proto(n int) {
	p.oracle.Must(p.t, "HELLO", n)
	p.own.out.Proto = n
}

// Set makes key the string val on both sides, encoded as SET does.
func (p *Pair) Set(key, val string) {
	p.t.Helper()
	p.oracle.Must(p.t, "SET", key, val)
	p.own.set(key, val)
	p.eventsOf("SET")
}

// Same runs a command on both sides and compares reply, events and number of
// changes. It returns the reply.
func (p *Pair) Same(args ...any) string {
	p.t.Helper()
	return p.compare(func(got, want string) bool { return got == want }, args)
}

// compare is Same with replies that need only be equal in some way.
func (p *Pair) compare(equal func(got, want string) bool, args []any) string {
	p.t.Helper()
	line := make([][]byte, len(args))
	for i, a := range args {
		line[i] = []byte(fmt.Sprint(a))
		if b, ok := a.([]byte); ok {
			line[i] = b
		}
	}
	for _, arg := range line[1:] {
		if len(arg) < 32 {
			p.seen[string(arg)] = true
		}
	}
	before := p.dirty()
	want, err := p.oracle.Raw(args...)
	if err != nil {
		p.t.Fatal(err)
	}
	p.own.run(line)
	if got := p.own.reply(); !equal(got, want) {
		p.t.Errorf("%s\n got %.300q\nwant %.300q", short(line), got, want)
	}
	if got, want := p.own.dirty(), p.dirty()-before; got != want {
		p.t.Errorf("%s: %d changes, want %d", short(line), got, want)
	}
	if got, want := p.own.takeEvents(), p.eventsOf(short(line)); got != want {
		p.t.Errorf("%s\n got events %s\nwant events %s", short(line), got, want)
	}
	return want
}

func short(line [][]byte) string {
	s := fmt.Sprintf("%q", line)
	if len(s) > 400 {
		s = s[:400] + "…"
	}
	return s
}

func (p *Pair) dirty() int64 {
	info := fmt.Sprint(p.oracle.Must(p.t, "INFO", "persistence"))
	_, rest, _ := strings.Cut(info, "rdb_changes_since_last_save:")
	var n int64
	if _, err := fmt.Sscan(rest, &n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// eventsOf collects the oracle's events since the last call.
func (p *Pair) eventsOf(what string) string {
	p.t.Helper()
	var list []string
	p.oracle.Must(p.t, "PUBLISH", "end-of-command", "")
	for {
		reply, err := p.events.Receive()
		if err != nil {
			p.t.Fatalf("events of %s: %v", what, err)
		}
		push, ok := reply.([]any)
		if !ok || len(push) != 4 {
			p.t.Fatalf("push %v", reply)
		}
		if push[2] == "end-of-command" {
			return strings.Join(list, ", ")
		}
		_, event, _ := strings.Cut(fmt.Sprint(push[2]), ":")
		if event != "new" {
			list = append(list, event+" "+fmt.Sprint(push[3]))
		}
	}
}

// SameState compares encoding, time to live and, of strings, the value of every
// short word that was an argument since the last call, taken for a key.
func (p *Pair) SameState() {
	p.t.Helper()
	for key := range p.seen {
		want := ""
		if p.oracle.Must(p.t, "EXISTS", key) == int64(1) {
			want = fmt.Sprintf("%v %v", p.oracle.Must(p.t, "OBJECT", "ENCODING", key), p.oracle.Must(p.t, "PEXPIRETIME", key))
			if p.oracle.Must(p.t, "TYPE", key) == "string" {
				want += fmt.Sprintf(" %q", p.oracle.Must(p.t, "GET", key))
			}
		}
		if got := p.own.state(key); !sameState(got, want) {
			p.t.Errorf("key %q\n got %.300s\nwant %.300s", key, got, want)
		}
	}
	p.eventsOf("reading the state")
	p.own.takeEvents()
	p.seen = map[string]bool{}
}

// sameState allows two seconds between the clocks of two relative expiries.
func sameState(a, b string) bool {
	if a == b {
		return true
	}
	var encA, encB string
	var dueA, dueB int64
	_, errA := fmt.Sscan(a, &encA, &dueA)
	_, errB := fmt.Sscan(b, &encB, &dueB)
	if errA != nil || errB != nil || encA != encB || dueA < 0 || dueB < 0 {
		return false
	}
	_, restA, _ := strings.Cut(a, " \"")
	_, restB, _ := strings.Cut(b, " \"")
	return restA == restB && max(dueA-dueB, dueB-dueA) < 2000
}

// NoAllocs checks that running the command again and again on our side does
// not allocate.
func (p *Pair) NoAllocs(args ...string) {
	p.t.Helper()
	p.NoAllocsOf(args)
}

// NoAllocsOf is NoAllocs for several commands in turn, of which each undoes what
// another did.
func (p *Pair) NoAllocsOf(commands ...[]string) {
	p.t.Helper()
	if invariant.Enabled {
		return // the checks do
	}
	var lines [][][]byte
	for _, args := range commands {
		line := make([][]byte, len(args))
		for i := range args {
			line[i] = []byte(args[i])
		}
		lines = append(lines, line)
	}
	run := func() {
		for _, line := range lines {
			p.own.run(line)
			p.own.out.B = p.own.out.B[:0]
		}
	}
	p.own.silent = true
	run()
	if n := testing.AllocsPerRun(200, run); n > 0 {
		p.t.Errorf("%q allocates %v times", commands, n)
	}
	p.own.silent = false
	p.own.events = nil
	p.own.dirty()
}
