package family_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/familytest"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// classLetters are the classes as notify-keyspace-events names them.
var classLetters = map[keyspace.EventClass]string{
	keyspace.EventGeneric: "g", keyspace.EventString: "$", keyspace.EventList: "l", keyspace.EventSet: "s",
	keyspace.EventHash: "h", keyspace.EventZSet: "z", keyspace.EventExpired: "x", keyspace.EventEvicted: "e",
	keyspace.EventStream: "t", keyspace.EventKeyMiss: "m", keyspace.EventNew: "n",
}

// eventTape keeps what an Observer is told.
type eventTape struct {
	list    []string                       // "db event key"
	classes map[string]keyspace.EventClass // by event
}

func (e *eventTape) KeyEvent(class keyspace.EventClass, event string, key []byte, db int) {
	if event == "" {
		return // a change that has no event
	}
	e.list = append(e.list, fmt.Sprintf("%d %s %s", db, event, key))
	e.classes[event] |= class
}

// take returns the events of a script and forgets them.
func (e *eventTape) take() []string {
	list := e.list
	e.list = nil
	return list
}

// listener hears the events of a redis-server.
type listener struct {
	o *oracle
	c *redistest.Client
}

func listen(t *testing.T, o *oracle) *listener {
	t.Helper()
	l := &listener{o, redistest.MustDial(t, o.server.Addr)}
	l.c.Must(t, "PSUBSCRIBE", "__keyevent@*__:*", "the end")
	if _, err := l.c.Receive(); err != nil {
		t.Fatal(err)
	}
	return l
}

// take returns the events since it was called last.
func (l *listener) take() (list []string) {
	l.o.t.Helper()
	l.o.server.Must(l.o.t, "PUBLISH", "the end", "")
	for {
		reply, err := l.c.Receive()
		if err != nil {
			l.o.t.Fatal(err)
		}
		m := reply.([]any)
		if m[2] == "the end" {
			return list
		}
		var db int
		rest, _ := strings.CutPrefix(m[2].(string), "__keyevent@")
		if _, err := fmt.Sscan(rest[:strings.Index(rest, "_")], &db); err != nil {
			l.o.t.Fatal(err)
		}
		_, event, _ := strings.Cut(rest, ":")
		list = append(list, fmt.Sprintf("%d %s %s", db, event, m[3]))
	}
}

// play runs a script on a peer.
func play(t *testing.T, script []step, tape *eventTape) {
	t.Helper()
	var l lazy
	p := familytest.NewPeer(t, familytest.PeerOptions{Shards: 4, Seed: 1, Rows: allRows(&l), Observer: tape,
		Now: func() int64 { return time.Now().UnixMilli() }})
	clients := map[int]*familytest.PeerClient{}
	for _, s := range script {
		if s.local(func() { l.set(p, s.args[1], s.args[2] == "yes") }) {
			continue
		}
		if clients[s.client] == nil {
			clients[s.client] = p.Client()
		}
		clients[s.client].Do(s.args...)
	}
}

// TestEvents compares the keyspace events of every script of TestEffects with those of
// redis-server, and the classes that they belong to.
func TestEvents(t *testing.T) {
	o := startOracle(t)
	o.server.Must(t, "CONFIG", "SET", "notify-keyspace-events", "EAmn")
	l := listen(t, o)
	tape := &eventTape{classes: map[string]keyspace.EventClass{}}
	cause := map[string][]step{}
	for _, family := range effectCases {
		for _, e := range family {
			if e.want != "" {
				continue // 7.0 has not the commands
			}
			t.Run(strings.ReplaceAll(e.name, " ", "_"), func(t *testing.T) {
				script := parseScript(e.script)
				o.t = t
				o.dumps(script)
				l.take()
				o.run(script)
				want := l.take()
				play(t, script, tape)
				got := tape.take()
				for _, line := range got {
					cause[strings.Fields(line)[1]] = script
				}
				if e.random != "" {
					got, want = withoutKeys(got), withoutKeys(want)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s\nevents  %q\nRedis's %q", strings.TrimSpace(e.script), got, want)
				}
			})
		}
	}
	o.t = t
	for event, classes := range tape.classes {
		letter := classLetters[classes]
		if cause[event] == nil {
			continue
		}
		o.server.Must(t, "CONFIG", "SET", "notify-keyspace-events", "E"+letter)
		l.take()
		o.run(cause[event])
		if letter == "" || !slices.ContainsFunc(l.take(), func(line string) bool { return strings.Fields(line)[1] == event }) {
			t.Errorf("event %s is of another class than %q (%x)", event, letter, classes)
		}
	}
}

// withoutKeys leaves the names of events.
func withoutKeys(list []string) (names []string) {
	for _, line := range list {
		names = append(names, strings.Fields(line)[1])
	}
	return names
}

var _ command.Client = (*familytest.PeerClient)(nil)
