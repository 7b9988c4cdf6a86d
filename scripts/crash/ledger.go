package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// The ledger is data with invariants that hold across keys, types and databases at
// every moment, because whatever changes them does so in transactions:
//
//	database 0   account:N, purse (hash), scores (zset)   their sum never changes
//	             list:N                                   hold each element exactly once
//	             lengths (hash)                           the lists' lengths
//	             seq:W and last:W                         are equal: transactions of writer W
//	             swaps                                    how often databases 1 and 2 were swapped:
//	database 1/2 marker                                   in 1 if swaps is even, else in 2
//	database 0   flushes                                  how often database 3 was flushed:
//	database 3   flushed:N                                all hold that number
//	database 4   roam:N                                   is named as roams says, in database 0
const (
	accounts   = 200
	purses     = 4000
	perAccount = 1000
	lists      = 8
	perList    = 600
	writers    = 4
	flushed    = 30
	roamers    = 7
	total      = (accounts + 2*purses) * perAccount
)

// fill writes the ledger's first state.
func fill(c *redistest.Client) error {
	ask := [][]any{{"FLUSHALL"}, {"SET", "swaps", 0}, {"SET", "flushes", 0}, {"SET", "roams", 0}}
	for i := range accounts {
		ask = append(ask, []any{"SET", fmt.Sprintf("account:%d", i), perAccount})
	}
	for i := range purses {
		ask = append(ask, []any{"HSET", "purse", fmt.Sprintf("field:%d", i), perAccount}, []any{"ZADD", "scores", perAccount, fmt.Sprintf("member:%d", i)})
	}
	for i := range lists {
		push := []any{"RPUSH", fmt.Sprintf("list:%d", i)}
		for j := range perList {
			push = append(push, i*perList+j)
		}
		ask = append(ask, push, []any{"HSET", "lengths", i, perList})
	}
	for i := range writers {
		ask = append(ask, []any{"SET", fmt.Sprintf("seq:%d", i), 0}, []any{"SET", fmt.Sprintf("last:%d", i), 0})
	}
	ask = append(ask, []any{"SELECT", 1}, []any{"SET", "marker", "x"}, []any{"SELECT", 3})
	for i := range flushed {
		ask = append(ask, []any{"SET", fmt.Sprintf("flushed:%d", i), 0})
	}
	ask = append(ask, []any{"SELECT", 4}, []any{"RPUSH", "roam:0", "x"})
	_, err := reader{c}.ask(ask)
	return err
}

// writer is one connection that changes the ledger.
type writer struct {
	n           int
	r           *rand.Rand
	bare        bool // sabotage: without MULTI and EXEC
	sent, acked atomic.Int64
	back        []int // the lists of the move to be taken back, so that none runs empty
	wrong       error
}

// run writes until stop is closed.
func (w *writer) run(c *redistest.Client, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		var batch [][]any
		const together = 4
		for range together {
			batch = append(batch, w.transaction()...)
		}
		w.sent.Add(together)
		for len(batch) > 0 {
			n := len(batch)
			if w.bare {
				n = 1
			}
			if _, err := (reader{c}).ask(batch[:n]); err != nil {
				w.wrong = fmt.Errorf("writer %d: %w", w.n, err)
				return
			}
			batch = batch[n:]
		}
		w.acked.Add(together)
		time.Sleep(time.Duration(w.r.IntN(2000)) * time.Microsecond)
	}
}

// transaction draws one transfer or move.
func (w *writer) transaction() [][]any {
	var ask [][]any
	if !w.bare {
		ask = append(ask, []any{"MULTI"})
	}
	ask = append(ask, []any{"INCR", fmt.Sprintf("seq:%d", w.n)})
	if w.r.IntN(3) == 0 {
		ask = append(ask, w.move()...)
	} else {
		amount := 1 + w.r.IntN(50)
		ask = append(ask, w.post(-amount), w.post(amount))
	}
	ask = append(ask, []any{"INCRBY", fmt.Sprintf("last:%d", w.n), 1})
	if !w.bare {
		ask = append(ask, []any{"EXEC"})
	}
	return ask
}

// post adds to any account.
func (w *writer) post(amount int) []any {
	switch w.r.IntN(3) {
	case 0:
		return []any{"INCRBY", fmt.Sprintf("account:%d", w.r.IntN(accounts)), amount}
	case 1:
		return []any{"HINCRBY", "purse", fmt.Sprintf("field:%d", w.r.IntN(purses)), amount}
	}
	return []any{"ZINCRBY", "scores", amount, fmt.Sprintf("member:%d", w.r.IntN(purses))}
}

func (w *writer) move() [][]any {
	from, to := w.r.IntN(lists), w.r.IntN(lists)
	if w.back != nil {
		from, to, w.back = w.back[1], w.back[0], nil
	} else {
		w.back = []int{from, to}
	}
	ends := []string{"LEFT", "RIGHT"}
	return [][]any{
		{"LMOVE", fmt.Sprintf("list:%d", from), fmt.Sprintf("list:%d", to), ends[w.r.IntN(2)], ends[w.r.IntN(2)]},
		{"HINCRBY", "lengths", from, -1}, {"HINCRBY", "lengths", to, 1},
	}
}

// disturb swaps, flushes and renames beside the writers until stop is closed.
func disturb(c *redistest.Client, r *rand.Rand, stop <-chan struct{}) error {
	for swaps, flushes, roams := 0, 0, 0; ; {
		select {
		case <-stop:
			return nil
		case <-time.After(time.Duration(r.IntN(4000)) * time.Microsecond):
		}
		ask := [][]any{{"MULTI"}, {"SELECT", 0}}
		switch r.IntN(3) {
		case 0:
			swaps++
			ask = append(ask, []any{"SWAPDB", 1, 2}, []any{"SET", "swaps", swaps})
		case 1:
			flushes++
			ask = append(ask, []any{"SET", "flushes", flushes}, []any{"SELECT", 3}, []any{"FLUSHDB"})
			for i := range flushed {
				ask = append(ask, []any{"SET", fmt.Sprintf("flushed:%d", i), flushes})
			}
		default:
			from, to := roams%roamers, (roams+1)%roamers
			roams++
			ask = append(ask, []any{"SET", "roams", roams}, []any{"SELECT", 4},
				[]any{"RENAME", fmt.Sprintf("roam:%d", from), fmt.Sprintf("roam:%d", to)})
		}
		if _, err := (reader{c}).ask(append(ask, []any{"EXEC"})); err != nil {
			return fmt.Errorf("swapping, flushing and renaming: %w", err)
		}
	}
}

// audit looks whether the invariants hold in what was read of a copy. Of each writer
// least transactions must be in it, and no more than most.
func audit(d *dump, least, most []int64) error {
	num := func(s string) int64 { n, _ := strconv.ParseInt(s, 10, 64); return n }
	text := func(db int, name string) string {
		if v := d.keys[key{db, name}]; v != nil {
			return v.text
		}
		return "missing"
	}
	fields := func(name string) map[string]string {
		if v := d.keys[key{0, name}]; v != nil {
			return v.fields
		}
		return nil
	}
	sum := int64(0)
	for i := range accounts {
		sum += num(text(0, fmt.Sprintf("account:%d", i)))
	}
	for _, name := range []string{"purse", "scores"} {
		if n := len(fields(name)); n != purses {
			return fmt.Errorf("%s has %d elements, expected %d", name, n, purses)
		}
		for _, n := range fields(name) {
			sum += num(n)
		}
	}
	if sum != total {
		return fmt.Errorf("the accounts' sum is %d, expected %d: a transfer is there in part", sum, total)
	}
	if err := auditLists(d, fields("lengths")); err != nil {
		return err
	}
	for w := range least {
		seq, last := num(text(0, fmt.Sprintf("seq:%d", w))), num(text(0, fmt.Sprintf("last:%d", w)))
		if seq != last {
			return fmt.Errorf("of writer %d the first command of transaction %d is there and the last of %d", w, seq, last)
		}
		if seq < least[w] || seq > most[w] {
			return fmt.Errorf("of writer %d there are %d transactions, but %d were acknowledged before and %d sent until after", w, seq, least[w], most[w])
		}
	}
	swaps, flushes, roams := num(text(0, "swaps")), text(0, "flushes"), num(text(0, "roams"))
	for db := 1; db <= 2; db++ {
		if is, must := text(db, "marker") == "x", (swaps%2 == 0) == (db == 1); is != must {
			return fmt.Errorf("after %d swaps the marker's presence in database %d is %v", swaps, db, is)
		}
	}
	for i := range flushed {
		if n := text(3, fmt.Sprintf("flushed:%d", i)); n != flushes {
			return fmt.Errorf("flushed:%d is %s after %s flushes", i, n, flushes)
		}
	}
	for i := range roamers {
		if there := d.keys[key{4, fmt.Sprintf("roam:%d", i)}] != nil; there != (int64(i) == roams%roamers) {
			return fmt.Errorf("after %d renamings roam:%d is there: %v", roams, i, there)
		}
	}
	return nil
}

func auditLists(d *dump, lengths map[string]string) error {
	seen := map[string]int{}
	for i := range lists {
		v := d.keys[key{0, fmt.Sprintf("list:%d", i)}]
		if v == nil {
			return fmt.Errorf("list:%d is missing", i)
		}
		if n := lengths[strconv.Itoa(i)]; n != strconv.Itoa(len(v.list)) {
			return fmt.Errorf("list:%d has %d elements, but lengths says %s", i, len(v.list), n)
		}
		for _, e := range v.list {
			if other, twice := seen[e]; twice {
				return fmt.Errorf("element %s is in list:%d and in list:%d", e, other, i)
			}
			seen[e] = i
		}
	}
	if len(seen) != lists*perList {
		return fmt.Errorf("the lists have %d elements, expected %d", len(seen), lists*perList)
	}
	return nil
}
