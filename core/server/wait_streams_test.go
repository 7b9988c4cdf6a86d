package server_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestWaitForStreamsLikeRedis has clients wait for entries, with and without
// groups, which others add, delete, rename and destroy, and compares who gets
// what.
func TestWaitForStreamsLikeRedis(t *testing.T) {
	q := newQueue(t, 5)
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 5))
		for _, key := range []string{"a", "b", "c"} {
			for _, group := range []string{"g", "h"} {
				q.do("XGROUP", "CREATE", key, group, "$", "MKSTREAM")
			}
		}
		for id := range 80 {
			if i := r.IntN(len(q.waiters)); !q.waiting[i] && r.IntN(2) == 0 {
				q.wait(i, readingCommand(r)...)
			} else {
				q.do(addingCommand(r, id)...)
			}
		}
		for _, key := range []string{"a", "b", "c"} {
			q.do("XRANGE", key, "-", "+")
			q.do("XINFO", "GROUPS", key)
			for _, group := range []string{"g", "h"} {
				q.do("XPENDING", key, group)
			}
		}
		q.finish()
	}
}

func streamGroup(r *rand.Rand) string { return [2]string{"g", "h"}[r.IntN(2)] }

func readingCommand(r *rand.Rand) []any {
	args := []any{"XREADGROUP", "GROUP", streamGroup(r), fmt.Sprint("consumer ", r.IntN(2)), "COUNT", 1 + r.IntN(3), "BLOCK", 0}
	id := ">"
	switch r.IntN(5) {
	case 0, 1:
		args, id = []any{"XREAD", "BLOCK", 0}, "$"
	case 2:
		args, id = []any{"XREAD", "COUNT", 2, "BLOCK", 0}, fmt.Sprint(r.IntN(100))
	case 3:
		args = append(args, "NOACK")
	}
	if r.IntN(2) == 0 {
		return append(args, "STREAMS", listKey(r), id)
	}
	return append(args, "STREAMS", listKey(r), listKey(r), id, id)
}

func addingCommand(r *rand.Rand, id int) []any {
	switch r.IntN(20) {
	case 0:
		return []any{"XDEL", listKey(r), id - r.IntN(5)}
	case 1:
		return []any{"XTRIM", listKey(r), "MAXLEN", r.IntN(4)}
	case 2:
		return []any{"XGROUP", "DESTROY", listKey(r), streamGroup(r)}
	case 3, 4:
		return []any{"XGROUP", "CREATE", listKey(r), streamGroup(r), "$", "MKSTREAM"}
	case 5:
		return []any{"XGROUP", "DELCONSUMER", listKey(r), streamGroup(r), fmt.Sprint("consumer ", r.IntN(2))}
	case 6:
		return []any{"XSETID", listKey(r), id}
	case 7:
		return []any{"RENAME", listKey(r), listKey(r)}
	case 8:
		return []any{"COPY", listKey(r), listKey(r), "REPLACE"}
	case 9:
		return []any{"DEL", listKey(r)}
	case 10:
		return []any{"SET", listKey(r), "text"}
	case 11:
		return []any{"XADD", listKey(r), "MAXLEN", 0, fmt.Sprint(id, "-*"), "f", "v"}
	}
	return []any{"XADD", listKey(r), fmt.Sprint(id, "-*"), "f", id}
}
