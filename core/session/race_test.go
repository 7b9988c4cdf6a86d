package session_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Clients that work, list, kill, name and pause each other from all loops at
// once; run under the race detector this shows what S1 forgot. At the end all
// are gone and none is counted.
func testTogether(t *testing.T, newServer func(transport.Config) (transport.Server, error)) {
	limits := defaultLimits
	limits.Output[0].HardBytes = 1 << 20
	k := newCore(t, limits)
	addr := k.listen(newServer, 3)
	var all sync.WaitGroup
	for n := range 12 {
		all.Add(1)
		go func() {
			defer all.Done()
			for round := range 15 {
				mingle(addr, n, round)
			}
		}()
	}
	all.Wait()
	k.clients.Unpause()
	for deadline := time.Now().Add(20 * time.Second); k.clients.Len() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d clients left: %s", k.clients.Len(), k.clients.List(nil, command.ClientFilter{}, 0))
		}
	}
	if k.clients.Held() != 0 {
		t.Error("clients that are gone are held")
	}
	last := redistest.MustDial(t, addr)
	last.Must(t, "PING")
}

// mingle is one connection's life; others may kill it at any time.
func mingle(addr string, n, round int) {
	c, err := redistest.Dial(addr)
	if err != nil {
		return
	}
	defer c.Close()
	id, err := c.Do("CLIENT", "ID")
	if err != nil {
		return
	}
	for _, line := range [][]any{
		{"SET", fmt.Sprint("k", n), "v"}, {"CLIENT", "SETNAME", fmt.Sprint("n", n)}, {"CLIENT", "LIST"},
		{"HELLO", 3}, {"SELECT", n % 16}, {"CLIENT", "SETINFO", "lib-name", "l"}, {"CLIENT", "NO-EVICT", "on"},
		{"CLIENT", "PAUSE", 1, "WRITE"}, {"SET", "a", "b"}, {"CLIENT", "UNPAUSE"}, {"CLIENT", "INFO"},
		{"CLIENT", "KILL", "ID", id.(int64) - int64(1+n%5)}, {"RESET"}, {"CLIENT", "LIST", "ID", id},
		{"CLIENT", "KILL", "MAXAGE", 1000}, {"PING"},
	} {
		if _, err := c.Do(line...); err != nil {
			return
		}
	}
	if round%3 == 0 {
		c.Do("CLIENT", "KILL", "ID", id, "SKIPME", "no")
	}
}

func TestTogetherPortable(t *testing.T) { testTogether(t, newPortable) }
