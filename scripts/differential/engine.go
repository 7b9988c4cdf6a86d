package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// divergence is the first op on which the servers disagree.
type divergence struct {
	index int // in the ops given
	op    op
	a, b  answer
}

func (d *divergence) String() string {
	return fmt.Sprintf("op %d: %s\n  redis: %s\n  ours:  %s", d.index, abbreviate(d.op.String()), abbreviate(fmt.Sprintf("%q", d.a)), abbreviate(fmt.Sprintf("%q", d.b)))
}

func abbreviate(s string) string {
	if len(s) > 600 {
		return fmt.Sprintf("%s… (%d bytes)", s[:600], len(s))
	}
	return s
}

// engine compares two servers. It is not safe for concurrent use.
type engine struct {
	a, b    peer
	excuses []excuse
	revive  func() error // starts what has died; nil: nothing to be done
	restart func() error // restarts both from what they save
}

// play resets both servers, runs ops and returns the first divergence, or
// nil. The error is about reaching the servers.
func (e *engine) play(ops []op) (*divergence, error) {
	if e.revive != nil {
		if err := e.revive(); err != nil {
			return nil, err
		}
	}
	if err := e.a.reset(); err != nil {
		return nil, fmt.Errorf("redis: %w", err)
	}
	if err := e.b.reset(); err != nil {
		return nil, fmt.Errorf("ours: %w", err)
	}
	for i := 0; i < len(ops); {
		batch := ops[i : i+batchLen(ops[i:])]
		if batch[0].restart {
			if err := e.reborn(); err != nil {
				return nil, err
			}
			i++
			continue
		}
		done, d := e.step(batch)
		if d != nil {
			d.index += i
			return d, nil
		}
		i += done
	}
	return nil, nil
}

// reborn restarts both servers. The connections of both end.
func (e *engine) reborn() error {
	if e.restart == nil {
		return errors.New("restart: the servers are not this program's")
	}
	e.a.close()
	e.b.close()
	return e.restart()
}

// maxBatch bounds a pipeline. It also makes the servers' reading of several
// commands at once part of what is tested.
const maxBatch = 16

// batchLen tells how many of the first ops go out as one pipeline.
func batchLen(ops []op) int {
	n := 1
	for n < len(ops) && n < maxBatch && !ops[n-1].alone() && !ops[n].alone() && ops[n].conn == ops[0].conn {
		n++
	}
	if n > 1 && ops[0].alone() {
		return 1
	}
	return n
}

// step runs one pipeline on both servers at once. When both closed the
// connection at the same place, the rest is for the next step.
func (e *engine) step(batch []op) (int, *divergence) {
	theirs := make(chan []answer, 1)
	go func() { theirs <- e.a.run(batch) }()
	b := e.b.run(batch)
	a := <-theirs
	for i := range min(len(a), len(b)) {
		if !same(batch[i], a[i], b[i]) && !excused(e.excuses, batch[i], a[i], b[i]) {
			return 0, &divergence{index: i, op: batch[i], a: a[i], b: b[i]}
		}
	}
	if len(a) != len(b) {
		i := min(len(a), len(b))
		return 0, &divergence{index: i - 1, op: batch[i-1], a: a[i-1], b: b[i-1]}
	}
	return len(a), nil
}

// shrink returns a short list of ops that still diverges and its divergence,
// by delta debugging: pieces, halved again and again, are left out as long as
// some divergence on the same command remains.
func (e *engine) shrink(ops []op, d *divergence, budget time.Duration) ([]op, *divergence, error) {
	deadline := time.Now().Add(budget)
	ops = ops[:d.index+1]
	for piece := max(len(ops)/2, 1); ; piece /= 2 {
		for from := 0; from < len(ops) && time.Now().Before(deadline); {
			to := min(from+piece, len(ops))
			rest := append(append([]op{}, ops[:from]...), ops[to:]...)
			smaller, err := e.play(rest)
			if err != nil {
				return ops, d, err
			}
			if smaller == nil || smaller.op.name() != d.op.name() {
				from = to
				continue
			}
			ops, d = rest[:smaller.index+1], smaller
		}
		if piece <= 1 || !time.Now().Before(deadline) {
			return ops, d, nil
		}
	}
}

// reportMax is how many commands a report lists.
const reportMax = 40

// report prints what a reader needs to see and repeat a divergence.
func report(w io.Writer, ops []op, d *divergence) {
	fmt.Fprintf(w, "shortest list of commands found (%d):\n", len(ops))
	first := max(0, len(ops)-reportMax)
	if first > 0 {
		fmt.Fprintf(w, "    (the first %d are in the log only; a long list means that time, not a command, makes the difference)\n", first)
	}
	for _, o := range ops[first:] {
		fmt.Fprintf(w, "    %s\n", abbreviate(o.String()))
	}
	fmt.Fprintf(w, "%s\n", d)
}
