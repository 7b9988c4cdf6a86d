package server_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// sides are connections to a server of ours and to redis-server that do the
// same.
type sides [2]*redistest.Client

// queue is clients that wait for lists, and one that fills them, on two servers.
type queue struct {
	t       *testing.T
	driver  sides
	waiters []sides
	ids     [][2]int64
	waiting []bool
	log     []string
}

func newQueue(t *testing.T, waiters int) *queue {
	ours, oracle := start(t, t.TempDir(), "--save", ""), redistest.Start(t)
	dial := func() sides { return sides{ours.dial(), redistest.MustDial(t, oracle.Addr)} }
	q := &queue{t: t, driver: dial(), waiting: make([]bool, waiters)}
	for range waiters {
		s := dial()
		q.waiters = append(q.waiters, s)
		q.ids = append(q.ids, [2]int64{s[0].Must(t, "CLIENT", "ID").(int64), s[1].Must(t, "CLIENT", "ID").(int64)})
	}
	return q
}

func (q *queue) failf(format string, args ...any) {
	q.t.Helper()
	q.t.Fatalf("%s\n%s", strings.Join(q.log[max(0, len(q.log)-40):], "\n"), fmt.Sprintf(format, args...))
}

// send sends a command to both servers.
func (q *queue) send(s sides, args ...any) {
	for _, c := range s {
		if err := c.Send(args...); err != nil {
			q.failf("send: %v", err)
		}
	}
}

// receive compares the next reply of both servers.
func (q *queue) receive(s sides) {
	q.t.Helper()
	var replies [2]string
	for i, c := range s {
		reply, err := c.Receive()
		if err != nil {
			q.failf("receive from side %d: %v", i, err)
		}
		replies[i] = fmt.Sprintf("%q", reply)
	}
	q.log = append(q.log, "   "+replies[1])
	if replies[0] != replies[1] {
		q.failf("got %s, want %s", replies[0], replies[1])
	}
}

// state is what a server's list of clients tells of waiter i: its last command,
// and whether it waits.
func (q *queue) state(side, i int) (cmd string, waits bool) {
	list := fmt.Sprint(q.driver[side].Must(q.t, "CLIENT", "LIST", "ID", q.ids[i][side]))
	for _, field := range strings.Fields(list) {
		if name, ok := strings.CutPrefix(field, "cmd="); ok {
			cmd = name
		} else if flags, ok := strings.CutPrefix(field, "flags="); ok {
			waits = strings.Contains(flags, "b")
		}
	}
	return cmd, waits
}

// wait has waiter i send a command, and lets both servers begin with it.
func (q *queue) wait(i int, args ...any) {
	q.t.Helper()
	q.log = append(q.log, fmt.Sprint("waiter ", i, ": ", args))
	q.send(q.waiters[i], "PING")
	q.receive(q.waiters[i])
	q.send(q.waiters[i], args...)
	var begun, waits [2]bool
	for end := time.Now().Add(10 * time.Second); !begun[0] || !begun[1] || waits[0] != waits[1]; {
		for side := range begun {
			cmd, blocked := q.state(side, i)
			begun[side], waits[side] = cmd != "ping", blocked // it may begin, and wait only later
		}
		if time.Now().After(end) {
			q.failf("begins: %v, waits: %v", begun, waits)
		}
	}
	if q.waiting[i] = waits[1]; !waits[1] {
		q.receive(q.waiters[i])
	}
}

// do has the driver send a command, and compares what those that waited get.
func (q *queue) do(args ...any) {
	q.t.Helper()
	q.log = append(q.log, fmt.Sprint("driver: ", args))
	q.send(q.driver, args...)
	q.receive(q.driver)
	for i := range q.waiters {
		if _, waits := q.state(1, i); q.waiting[i] && !waits {
			q.log = append(q.log, fmt.Sprint("waiter ", i, " gets"))
			q.waiting[i] = false
			q.receive(q.waiters[i])
		}
	}
	var changes [2]string
	for side, c := range q.driver {
		_, rest, _ := strings.Cut(fmt.Sprint(c.Must(q.t, "INFO", "persistence")), "rdb_changes_since_last_save:")
		changes[side], _, _ = strings.Cut(rest, "\r\n")
	}
	if changes[0] != changes[1] {
		q.failf("%s changes, want %s", changes[0], changes[1])
	}
}

// finish ends all waits: nobody has got what the other server's have not.
func (q *queue) finish() {
	for i, waits := range q.waiting {
		if waits {
			for side, c := range q.driver {
				c.Must(q.t, "CLIENT", "UNBLOCK", q.ids[i][side], "ERROR")
			}
			q.log = append(q.log, fmt.Sprint("waiter ", i, " is unblocked"))
			q.waiting[i] = false
			q.receive(q.waiters[i])
		}
	}
	for _, key := range []string{"a", "b", "c"} {
		q.do("LRANGE", key, 0, -1)
	}
	q.do("FLUSHALL")
}

// TestWaitForListsLikeRedis has clients wait for lists that others fill, move,
// rename and delete, and compares who gets what.
func TestWaitForListsLikeRedis(t *testing.T) {
	q := newQueue(t, 5)
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 4))
		for range 60 {
			if i := r.IntN(len(q.waiters)); !q.waiting[i] && r.IntN(2) == 0 {
				q.wait(i, waitingCommand(r)...)
			} else {
				q.do(fillingCommand(r)...)
			}
		}
		q.finish()
	}
}

func listKey(r *rand.Rand) string { return string(rune('a' + r.IntN(3))) }
func listEnd(r *rand.Rand) string { return [2]string{"LEFT", "RIGHT"}[r.IntN(2)] }

func waitingCommand(r *rand.Rand) []any {
	switch r.IntN(6) {
	case 0:
		return []any{"BLPOP", listKey(r), listKey(r), 0}
	case 1:
		return []any{"BRPOP", listKey(r), 0}
	case 2:
		return []any{"BLMOVE", listKey(r), listKey(r), listEnd(r), listEnd(r), 0}
	case 3:
		return []any{"BRPOPLPUSH", listKey(r), listKey(r), 0}
	case 4:
		return []any{"BLMPOP", 0, 2, listKey(r), listKey(r), listEnd(r), "COUNT", r.IntN(3) + 1}
	}
	return []any{"BLMPOP", 0, 1, listKey(r), listEnd(r)}
}

func fillingCommand(r *rand.Rand) []any {
	n := r.IntN(1000)
	switch r.IntN(14) {
	case 0, 1, 2, 3:
		return []any{"RPUSH", listKey(r), n, n + 1, n + 2}[:3+r.IntN(3)]
	case 4, 5:
		return []any{"LPUSH", listKey(r), n}
	case 6:
		return []any{"RPUSHX", listKey(r), n}
	case 7:
		return []any{"LMOVE", listKey(r), listKey(r), listEnd(r), listEnd(r)}
	case 8:
		return []any{"RENAME", listKey(r), listKey(r)}
	case 9:
		return []any{"COPY", listKey(r), listKey(r), "REPLACE"}
	case 10:
		return []any{"DEL", listKey(r)}
	case 11:
		return []any{"SET", listKey(r), "text"}
	case 12:
		return []any{"LPOP", listKey(r), 2}
	}
	return []any{"LINSERT", listKey(r), "BEFORE", n, n}
}
