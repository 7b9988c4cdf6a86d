package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// twoSeconds is what appendfsync everysec may lose even when only the process dies:
// while a sync runs, writes are kept back for so long. The rest is for a busy machine.
const twoSeconds = 2000 + 1500

// verify compares the data of the server that has been started with what they must
// be, and with theirs if that is not nil, and makes them the start of the next round.
func (t *trial) verify(killed int64, theirs *dump, all bool) (summary string, err error) {
	c, err := t.p.dial()
	if err != nil {
		return "", err
	}
	defer c.Close()
	got, err := reader{c}.read(t.databases())
	if err != nil {
		return "", err
	}
	if theirs != nil {
		if err := t.compare(theirs, got); err != nil {
			return "", err
		}
	}
	if t.o.mode == "everysec" {
		t.floors(killed - twoSeconds)
	}
	var problems []error
	matches := make([]match, len(t.actors))
	for i, a := range t.actors {
		if matches[i], err = a.check(got, killed); err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > 0 {
		return "", errors.Join(problems...)
	}
	queues := make([][queueKinds]int, len(t.actors))
	for i, q := range t.consumers {
		actor := i / queueKinds
		m := matches[actor]
		queues[actor][q.kind], err = q.check(got, t.actors[actor].pushed(q.kind, m.least), t.actors[actor].pushed(q.kind, m.most))
		problems = append(problems, err)
	}
	problems = append(problems, t.checkShared(got, matches), t.checkNames(got), t.checkBallast(reader{c}, all))
	if err := errors.Join(problems...); err != nil {
		return "", err
	}
	return t.adopt(got, matches, queues), nil
}

func (t *trial) databases() []int {
	var dbs []int
	for db := range databases {
		if db != ballastDB {
			dbs = append(dbs, db)
		}
	}
	return dbs
}

// floors is what was acknowledged at a time.
func (t *trial) floors(ms int64) {
	for _, a := range t.actors {
		n, _ := slices.BinarySearchFunc(a.log[:a.acked.Load()], ms, func(u *unit, ms int64) int { return int(u.when.to - ms) })
		a.floor.Store(int64(n))
	}
	for _, c := range t.consumers {
		for _, k := range c.acks {
			if k.ms <= ms {
				c.floor.Store(k.taken)
			}
		}
	}
}

// checkShared compares the counters that all increment with the sum of what each
// connection's data say that it did.
func (t *trial) checkShared(got *dump, matches []match) error {
	for i := range sharedCount {
		name := fmt.Sprintf("shared:%d", i)
		n := int64(0)
		if v := got.keys[key{0, name}]; v != nil {
			n, _ = strconv.ParseInt(v.text, 10, 64)
		}
		least, most := t.shared[i], t.shared[i]
		for j, a := range t.actors {
			least += int64(a.shared(i, matches[j].least))
			most += int64(a.shared(i, matches[j].most))
		}
		if n < least || n > most {
			return fmt.Errorf("%s is %d, but the connections' own data say %d to %d", name, n, least, most)
		}
	}
	return nil
}

// checkNames looks for keys that nobody wrote.
func (t *trial) checkNames(got *dump) error {
	for k := range got.keys {
		known := false
		for _, a := range t.actors {
			known = known || a.owns(k)
		}
		for _, prefix := range []string{"shared:", "queue:", "moved:"} {
			known = known || k.db == 0 && strings.HasPrefix(k.name, prefix)
		}
		if !known {
			return fmt.Errorf("%v is there, which nobody wrote", k)
		}
	}
	return nil
}

// adopt makes what is there the start of the next round and says what the round was.
func (t *trial) adopt(got *dump, matches []match, queues [][queueKinds]int) string {
	sent, acked, kept, dropped := 0, 0, 0, 0
	for i, a := range t.actors {
		n := int(a.acked.Load())
		sent += len(a.log)
		acked += n
		kept += max(0, matches[i].most-n)
		dropped += max(0, n-matches[i].most)
		a.adopt(got, queues[i])
	}
	for i, c := range t.consumers {
		c.adopt(got, queues[i/queueKinds][c.kind])
	}
	for i := range sharedCount {
		if v := got.keys[key{0, fmt.Sprintf("shared:%d", i)}]; v != nil {
			t.shared[i], _ = strconv.ParseInt(v.text, 10, 64)
		} else {
			t.shared[i] = 0
		}
	}
	t.sent, t.acked, t.kept, t.dropped = t.sent+sent, t.acked+acked, t.kept+kept, t.dropped+dropped
	text := fmt.Sprintf("%d units sent, %d acknowledged, %d kept without", sent, acked, kept)
	if dropped > 0 {
		text += fmt.Sprintf(", %d acknowledged without a promise dropped", dropped)
	}
	return text + fmt.Sprintf("; %d keys", len(got.keys))
}

// loadBallast writes the data that never change, so that saving and loading take
// their time.
func (t *trial) loadBallast() error {
	c, err := t.p.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	ask := [][]any{{"SELECT", ballastDB}}
	for i := range t.o.ballast {
		ask = append(ask, []any{"SET", ballastKey(i), ballastText(i)})
	}
	if _, err = (reader{c}).ask(ask); err != nil || t.o.mode != "rdb" {
		return err
	}
	_, err = reader{c}.ask([][]any{{"SAVE"}})
	return err
}

func ballastKey(i int) string  { return "ballast:" + strconv.Itoa(i) }
func ballastText(i int) string { return strings.Repeat(strconv.Itoa(i)+" ", 1+i%20) }

func (t *trial) checkBallast(r reader, all bool) error {
	step := max(1, t.o.ballast/200)
	if all {
		step = 1
	}
	ask := [][]any{{"SELECT", ballastDB}, {"DBSIZE"}}
	for i := 0; i < t.o.ballast; i += step {
		ask = append(ask, []any{"GET", ballastKey(i)})
	}
	replies, err := r.ask(ask)
	if err != nil {
		return err
	}
	if replies[1] != int64(t.o.ballast) {
		return fmt.Errorf("the database of the ballast has %v keys, expected %d", replies[1], t.o.ballast)
	}
	for i, text := range replies[2:] {
		if text != ballastText(i*step) {
			return fmt.Errorf("%s is %.100q", ballastKey(i*step), text)
		}
	}
	return nil
}
