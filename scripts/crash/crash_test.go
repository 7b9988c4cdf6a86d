package main

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/server"
)

// serveEnv makes the test's own binary a server: so tests run again when the server
// has changed, of which a program that they built would tell nobody.
const serveEnv = "REDOUBT_CRASH_SERVE"

// TestMain is the server in the processes that the program starts.
func TestMain(m *testing.M) {
	if os.Getenv(serveEnv) != "" {
		os.Exit(server.Main(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// crash runs the program in a directory whose path is short enough for a socket.
func crash(t *testing.T, args ...string) (string, error) {
	t.Helper()
	dir, err := os.MkdirTemp("", "crash")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var out bytes.Buffer
	err = run(append(args, "-dir", dir), &out)
	return out.String(), err
}

// TestRedoubt plays a few rounds of each mode; make crash plays hundreds.
func TestRedoubt(t *testing.T) {
	t.Setenv(serveEnv, "1")
	for _, args := range [][]string{
		{"-mode", "snapshot", "-rounds", "5"},
		{"-mode", "rewrite", "-rounds", "3"},
		{"-mode", "always", "-rounds", "8", "-ballast", "500", "-also", "4"},
		{"-mode", "everysec", "-rounds", "2", "-ballast", "500"},
		{"-mode", "rdb", "-rounds", "2", "-ballast", "500"},
		{"-mode", "disk"},
	} {
		t.Run(args[1], func(t *testing.T) {
			if out, err := crash(t, append(args, "-server", os.Args[0], "-seed", "1")...); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestSabotageIsFoundOut: each check finds what it is there for.
func TestSabotageIsFoundOut(t *testing.T) {
	for _, args := range [][]string{
		{"-mode", "always", "-rounds", "2", "-sabotage", "1", "-ballast", "500"},
		{"-mode", "snapshot", "-rounds", "4", "-sabotage", "1"},
	} {
		out, err := crash(t, append(args, "-server", "redis-server", "-seed", "1")...)
		if err != nil || !strings.Contains(out, "found out") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// TestFailedRestartIsReported: a server that does not start again fails the round.
func TestFailedRestartIsReported(t *testing.T) {
	out, err := crash(t, "-server", "false", "-rounds", "1")
	if !errors.Is(err, errFailed) || !strings.Contains(out, "ended by itself") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestModelKnowsWhatIsLost checks the checker: of a connection's units each loss and
// each surplus is a difference.
func TestModelKnowsWhatIsLost(t *testing.T) {
	for seed := range uint64(5) {
		a := newActor(0, seed)
		for range 300 {
			u := a.gen.draw()
			u.when = moment{1, 1}
			u.commands = slices.DeleteFunc(u.commands, func(c command) bool { return c.args[0] == "SPOP" }) // the reply says what it took
			a.log = append(a.log, u)
		}
		whole := newModel()
		for _, u := range a.log[:200] {
			u.apply(whole, 1)
		}
		got := &dump{keys: whole.keys, begun: 2, done: 2}
		a.acked.Store(250)
		a.floor.Store(201)
		if m, err := a.check(got, 3); m.most < 201 && (err == nil || !strings.Contains(err.Error(), "LOST ACKNOWLEDGED")) {
			t.Errorf("seed %d: %+v, %v", seed, m, err)
		}
		a.model = newModel()
		a.floor.Store(200)
		if m, err := a.check(got, 3); err != nil || m.least > 200 || m.most < 200 {
			t.Errorf("seed %d: %+v, %v", seed, m, err)
		}
	}
}
