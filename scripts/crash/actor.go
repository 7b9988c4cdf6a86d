package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// actor is one connection that writes keys of its own and knows what they must
// hold. Its model is the state at the start of the round; log is what it has sent
// since, in order, of which the first acked units were acknowledged.
type actor struct {
	gen   *generator
	model *model
	queue [queueKinds]int // the last number in each queue at the start of the round
	log   []*unit
	acked atomic.Int64
	floor atomic.Int64 // so many units must have survived
	wrong error        // a reply that must not be
}

func newActor(n int, seed uint64) *actor {
	return &actor{gen: &generator{r: rand.New(rand.NewPCG(seed, uint64(n))), actor: n}, model: newModel()}
}

func nowMs() int64 { return time.Now().UnixMilli() }

// shared tells whether others write the command's key, too.
func (c command) shared() bool {
	return len(c.args) > 1 && (strings.HasPrefix(c.args[1], "shared:") || strings.HasPrefix(c.args[1], "queue:"))
}

// acceptable are errors that the blind workload provokes; their commands change
// nothing.
var acceptable = []string{"BUSYGROUP", "NOGROUP", "ERR no such key", "ERR index out of range"}

func acceptableError(e redistest.Error) bool {
	for _, prefix := range acceptable {
		if strings.HasPrefix(string(e), prefix) {
			return true
		}
	}
	return false
}

// run sends units, several at a time, until the connection breaks or stop is
// closed. durable tells after each acknowledgement whether it counts.
func (a *actor) run(c *redistest.Client, durable func() bool, stop <-chan struct{}) {
	db := 0
	for {
		select {
		case <-stop:
			return
		default:
		}
		first := len(a.log)
		var batch []byte
		var sizes []int // replies of each unit
		for range 1 + a.gen.r.IntN(16) {
			u := a.gen.draw()
			u.when.from = nowMs()
			var n int
			batch, n, db = u.encode(batch, db)
			sizes = append(sizes, n)
			a.log = append(a.log, u)
		}
		if c.SendBytes(batch) != nil {
			return
		}
		for i, n := range sizes {
			if a.wrong = a.receive(c, a.log[first+i], n); a.wrong != nil {
				if errors.Is(a.wrong, errBroken) {
					a.wrong = nil
				}
				return
			}
			a.acked.Add(1)
			if durable() {
				a.floor.Store(a.acked.Load())
			}
		}
		time.Sleep(time.Duration(a.gen.r.IntN(3000)) * time.Microsecond)
	}
}

var errBroken = errors.New("the connection broke")

// receive reads the n replies of a unit.
func (a *actor) receive(c *redistest.Client, u *unit, n int) error {
	var replies []any
	for range n {
		r, err := c.Receive()
		if err != nil {
			return errBroken
		}
		replies = append(replies, r)
	}
	u.when.to = nowMs()
	own := u.ownReplies(replies)
	if own == nil {
		return fmt.Errorf("connection %d: %v got the reply %v", a.gen.actor, u, replies)
	}
	for _, r := range own {
		if e, ok := r.(redistest.Error); ok && !acceptableError(e) {
			return fmt.Errorf("connection %d: %v got the error %v", a.gen.actor, u, e)
		}
	}
	u.replies = own
	return nil
}

// encode appends the unit to a pipeline that is in database db, and returns the
// number of replies and the database that is then selected.
func (u *unit) encode(b []byte, db int) ([]byte, int, int) {
	n := 0
	put := func(args ...string) {
		b = fmt.Appendf(b, "*%d\r\n", len(args))
		for _, a := range args {
			b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
		}
		n++
	}
	if u.multi {
		put("MULTI")
	}
	for _, c := range u.commands {
		if c.db != db {
			db = c.db
			put("SELECT", fmt.Sprint(db))
		}
		put(c.args...)
	}
	if u.multi {
		put("EXEC")
	}
	return b, n, db
}

// ownReplies picks the replies of the commands out of those that came; nil if the
// transaction did not run.
func (u *unit) ownReplies(replies []any) []any {
	if u.multi {
		results, ok := replies[len(replies)-1].([]any)
		if !ok || len(results) != len(replies)-2 {
			return nil
		}
		replies = results
	}
	if selects := len(replies) - len(u.commands); selects == 0 {
		return replies
	}
	return u.withoutSelects(replies)
}

// withoutSelects drops the replies of SELECT, which are +OK in front of the first
// command of each run in one database. Which those are follows from the databases,
// but for the first.
func (u *unit) withoutSelects(replies []any) (own []any) {
	selects := len(replies) - len(u.commands)
	for i, c := range u.commands {
		changed := i > 0 && c.db != u.commands[i-1].db
		if i == 0 {
			inside := 0
			for j := 1; j < len(u.commands); j++ {
				if u.commands[j].db != u.commands[j-1].db {
					inside++
				}
			}
			changed = selects > inside
		}
		if changed {
			replies = replies[1:]
		}
		own = append(own, replies[0])
		replies = replies[1:]
	}
	return own
}

// apply applies the unit to a model and says which reply is not what it must be.
// acked units have replies; others may have run until lastMs.
func (u *unit) apply(m *model, lastMs int64) error {
	acked := u.replies != nil
	when := u.when
	if !acked {
		when.to = lastMs
	}
	var wrong error
	for i, c := range u.commands {
		if c.shared() {
			continue
		}
		var reply any
		if acked {
			reply = u.replies[i]
		}
		want := m.apply(c.db, c.args, reply, acked, when)
		if acked && !sameReply(want, reply) {
			wrong = fmt.Errorf("%v of %v: the reply was %v, expected %v", c.args, u, reply, want)
		}
	}
	return wrong
}
