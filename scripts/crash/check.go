package main

import (
	"fmt"
	"slices"
	"strings"
)

// match is where in an actor's log the state of its keys was found: after least to
// most units, all of which lead to the same data.
type match struct{ least, most int }

// check finds the state of the actor's keys in got: it must be that after some of
// the units that were sent, in order, none of the surely kept ones missing. It leaves
// the model at the state found.
func (a *actor) check(got *dump, killed int64) (match, error) {
	s := search{want: a.model, got: got, mine: a.owns, wrong: map[key]string{}}
	for k := range a.model.keys {
		s.compare(k)
	}
	for k := range got.keys {
		if a.owns(k) {
			s.compare(k)
		}
	}
	found := match{-1, -1}
	floor, acked := int(a.floor.Load()), int(a.acked.Load())
	var reply error
	for j := 0; ; j++ {
		if len(s.wrong) == 0 {
			if found.least < 0 || found.most < floor {
				found.least = j
			}
			found.most = j
		} else {
			s.note(j)
		}
		if j == len(a.log) {
			break
		}
		a.model.touched = map[key]bool{}
		if err := a.log[j].apply(a.model, killed); err != nil && reply == nil {
			reply = err
		}
		for k := range a.model.touched {
			s.compare(k)
		}
	}
	switch {
	case reply != nil:
		return found, fmt.Errorf("connection %d: a reply was wrong: %w", a.gen.actor, reply)
	case found.least < 0:
		return found, fmt.Errorf("connection %d: its data are not those after any of its %d units, of which %d were acknowledged and %d must be there; the nearest is that after unit %d:\n    %s",
			a.gen.actor, len(a.log), acked, floor, s.nearest, strings.Join(s.report, "\n    "))
	case found.most < floor:
		return found, fmt.Errorf("connection %d LOST ACKNOWLEDGED WRITES: its data are those after unit %d, but %d were acknowledged durably; the first lost is acknowledged %d ms before the kill:\n    %v",
			a.gen.actor, found.most, floor, killed-a.log[found.most].when.to, a.log[found.most])
	}
	found.least = max(found.least, floor)
	return found, nil
}

// adopt makes what the server has the start of the next round.
func (a *actor) adopt(got *dump, queues [queueKinds]int) {
	a.model = newModel()
	for k, v := range got.keys {
		if a.owns(k) {
			a.model.keys[k] = v
		}
	}
	a.queue, a.gen.next = queues, queues
	a.log = nil
	a.acked.Store(0)
	a.floor.Store(0)
}

func (a *actor) owns(k key) bool { return strings.HasPrefix(k.name, fmt.Sprintf("a%d:", a.gen.actor)) }

// pushed is the last number pushed onto a queue after j units.
func (a *actor) pushed(queue, j int) int {
	if j == 0 {
		return a.queue[queue]
	}
	return a.log[j-1].pushes[queue]
}

// shared is how often the first j units increment a shared counter.
func (a *actor) shared(counter, j int) (n int) {
	for _, u := range a.log[:j] {
		n += u.shared[counter]
	}
	return n
}

// search keeps which keys differ while the model goes forward.
type search struct {
	want    *model
	got     *dump
	mine    func(key) bool
	wrong   map[key]string
	nearest int // the state with the fewest wrong keys
	fewest  int
	report  []string
}

func (s *search) compare(k key) {
	if !s.mine(k) {
		return
	}
	if why := differs(s.want.keys[k], s.got.keys[k], s.got.begun, s.got.done); why != "" {
		s.wrong[k] = why
	} else {
		delete(s.wrong, k)
	}
}

// note remembers the state that came nearest.
func (s *search) note(j int) {
	const most = 12
	if s.report != nil && len(s.wrong) >= s.fewest {
		return
	}
	s.nearest, s.fewest, s.report = j, len(s.wrong), nil
	for k, why := range s.wrong {
		s.report = append(s.report, fmt.Sprintf("%v %s", k, why))
	}
	slices.Sort(s.report)
	if len(s.report) > most {
		s.report = append(s.report[:most], fmt.Sprintf("… and %d more keys", len(s.report)-most))
	}
}
