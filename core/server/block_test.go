package server_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// waiting is a server with clients of which some wait for keys.
type waiting struct {
	t       *testing.T
	control *redistest.Client
	clients []*redistest.Client
	ids     []string
	replies []chan string
	owed    []int // replies that have not come
}

func newWaiting(t *testing.T, addr string, n int) *waiting {
	w := &waiting{t: t, control: redistest.MustDial(t, addr), owed: make([]int, n)}
	for range n {
		c, replies := redistest.MustDial(t, addr), make(chan string, 64)
		w.clients, w.replies = append(w.clients, c), append(w.replies, replies)
		w.ids = append(w.ids, fmt.Sprint(c.Must(t, "CLIENT", "ID")))
		go func() {
			for {
				reply, err := c.Receive()
				if err != nil {
					return
				}
				replies <- fmt.Sprintf("%#v ", reply)
			}
		}()
	}
	return w
}

// send sends lines over connection i in one piece.
func (w *waiting) send(i int, lines ...string) {
	if err := w.clients[i].SendBytes([]byte(strings.Join(lines, "\r\n") + "\r\n")); err != nil {
		w.t.Fatal(err)
	}
	w.owed[i] += len(lines)
}

var blockedLine = regexp.MustCompile(`(?m)^id=(\d+) .* flags=\S*b\S* `)

func (w *waiting) blocked() (ids []string) {
	for _, m := range blockedLine.FindAllStringSubmatch(fmt.Sprint(w.control.Must(w.t, "CLIENT", "LIST")), -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// settle waits until each client has all its replies or waits, and returns both.
func (w *waiting) settle() []string {
	state := make([]string, len(w.clients))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		blocked, settled := w.blocked(), true
		for i := range w.clients {
			if w.owed[i] > 0 && !slices.Contains(blocked, w.ids[i]) {
				settled = false
				select {
				case reply := <-w.replies[i]:
					state[i] += reply
					w.owed[i]--
				case <-time.After(5 * time.Millisecond):
				}
			}
		}
		if settled {
			for i := range state {
				if w.owed[i] > 0 {
					state[i] += "(waits)"
				}
			}
			return state
		}
	}
	w.t.Fatalf("clients neither wait nor get their replies: %v", w.owed)
	return nil
}

// TestWaitingLikeRedis has clients wait for keys, and others push, in turns.
func TestWaitingLikeRedis(t *testing.T) {
	const clients = 6
	r := start(t, t.TempDir(), "--save", "", "--loops", "3")
	oracle := redistest.Start(t)
	for seed := range uint64(12) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		sides := [2]*waiting{newWaiting(t, address(r.port), clients), newWaiting(t, oracle.Addr, clients)}
		var log []string
		for range 120 {
			var idle []int
			for i := range clients {
				if sides[0].owed[i] == 0 {
					idle = append(idle, i)
				}
			}
			var states [2][]string
			if len(idle) < 2 { // somebody has to push
				i := rnd.IntN(clients)
				log = append(log, fmt.Sprint("unblock ", i))
				for side, w := range sides {
					w.control.Must(t, "CLIENT", "UNBLOCK", w.ids[i])
					states[side] = w.settle()
				}
			} else {
				i, lines := idle[rnd.IntN(len(idle))], linesThatWait(rnd)
				log = append(log, fmt.Sprint(i, ": ", strings.Join(lines, "; ")))
				for side, w := range sides {
					w.send(i, lines...)
					states[side] = w.settle()
				}
			}
			if !slices.Equal(states[0], states[1]) {
				t.Fatalf("seed %d:\n%s\n got %q\nwant %q", seed, strings.Join(log, "\n"), states[0], states[1])
			}
		}
		for _, w := range sides {
			for _, id := range w.ids {
				w.control.Must(t, "CLIENT", "UNBLOCK", id, "ERROR")
			}
			w.settle()
			for _, c := range w.clients {
				c.Close()
			}
			w.control.Must(t, "FLUSHALL")
		}
	}
}

// linesThatWait is a random command or transaction.
func linesThatWait(r *rand.Rand) []string {
	if r.IntN(5) > 0 {
		return []string{lineThatWaits(r)}
	}
	lines := []string{"MULTI"}
	for range 1 + r.IntN(4) {
		lines = append(lines, lineThatWaits(r))
	}
	return append(lines, "EXEC")
}

func lineThatWaits(r *rand.Rand) string {
	k := func() string { return string(rune('a' + r.IntN(4))) }
	side := func() string { return []string{"LEFT", "RIGHT"}[r.IntN(2)] }
	n := func() int { return r.IntN(50) }
	z := func() string { return "z" + string(rune('a'+r.IntN(2))) }
	switch r.IntN(30) {
	case 0, 1, 2:
		return fmt.Sprintf("BLPOP %s %s 0", k(), k())
	case 3:
		return fmt.Sprintf("BRPOP %s %s %s 0", k(), z(), k())
	case 4, 5, 6:
		return fmt.Sprintf("BLMOVE %s %s %s %s 0", k(), k(), side(), side())
	case 7:
		return fmt.Sprintf("BRPOPLPUSH %s %s 0", k(), z())
	case 8, 9:
		return fmt.Sprintf("BLMPOP 0 2 %s %s %s COUNT 2", k(), k(), side())
	case 10, 11:
		return fmt.Sprintf("BZPOPMIN %s %s %s 0", z(), k(), z())
	case 12:
		return fmt.Sprintf("BZMPOP 0 2 %s %s MAX COUNT 2", z(), z())
	case 13, 14, 15, 16:
		return fmt.Sprintf("RPUSH %s %d %d", k(), n(), n())
	case 17:
		return fmt.Sprintf("LPUSH %s %d", k(), n())
	case 18, 19:
		return fmt.Sprintf("ZADD %s %d %d %d %d", z(), n(), n(), n(), n())
	case 20:
		return fmt.Sprintf("SET %s string", k())
	case 21, 22:
		return fmt.Sprintf("DEL %s %s %s", k(), z(), k())
	case 23:
		return fmt.Sprintf("RENAME %s %s", k(), k())
	case 24:
		return fmt.Sprintf("COPY %s %s REPLACE", k(), k())
	case 25:
		return fmt.Sprintf("LPOP %s", k())
	case 26:
		return fmt.Sprintf("COPY %s %s DB 1 REPLACE", k(), k())
	case 27:
		return fmt.Sprintf("ZADD %s 1 x", k())
	case 28:
		return fmt.Sprintf("LMOVE %s %s %s %s", k(), k(), side(), side())
	}
	return fmt.Sprintf("LRANGE %s 0 -1", k())
}
