package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// exact takes snapshots of a server whose ledger is being changed all the time, loads
// each into redis-server, and looks whether the invariants hold in it.
type exact struct {
	o       options
	out     io.Writer
	p       *process
	writers []*writer
}

// exactly is the mode snapshot, and with the AOF the mode rewrite.
func exactly(o options, out io.Writer) error {
	p, err := newProcess(o.server, o.dir)
	if err != nil {
		return err
	}
	defer p.kill()
	aof := []string{"--appendonly", "no"}
	if o.mode == "rewrite" {
		aof = []string{"--appendonly", "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0"}
	}
	if err := p.start(append(aof, "--save", "")...); err != nil {
		return err
	}
	if err := p.ready(); err != nil {
		return fmt.Errorf("start: %w\n%s", err, p.logTail())
	}
	x := &exact{o: o, out: out, p: p}
	return x.run()
}

func (x *exact) run() error {
	c, err := x.p.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	if err := fill(c); err != nil {
		return fmt.Errorf("fill the ledger: %w", err)
	}
	stop := make(chan struct{})
	var crowd sync.WaitGroup
	var disturbed error
	for i := range writers {
		w := &writer{n: i, r: rand.New(rand.NewPCG(x.o.seed, uint64(i))), bare: x.o.sabotage > 0}
		x.writers = append(x.writers, w)
		conn, err := x.p.dial()
		if err != nil {
			return err
		}
		crowd.Add(1)
		go func() { defer crowd.Done(); defer conn.Close(); w.run(conn, stop) }()
	}
	conn, err := x.p.dial()
	if err != nil {
		return err
	}
	crowd.Add(1)
	go func() {
		defer crowd.Done()
		defer conn.Close()
		disturbed = disturb(conn, rand.New(rand.NewPCG(x.o.seed, writers)), stop)
	}()
	s := &stage{trial: &trial{o: x.o}, r: rand.New(rand.NewPCG(x.o.seed, 1000)), c: c}
	found := 0
	for n := 1; n <= x.o.rounds && err == nil; n++ {
		if err = x.round(n, s); x.o.sabotage > 0 && errors.Is(err, errInexact) {
			fmt.Fprintf(x.out, "round %d: found out: %v\n", n, err)
			found, err = found+1, nil
		}
	}
	close(stop)
	crowd.Wait()
	for _, w := range x.writers {
		err = errors.Join(err, w.wrong)
	}
	if err = errors.Join(err, disturbed); err == nil && x.o.sabotage > 0 && found == 0 {
		err = errors.New("the writers used no transactions, and no snapshot was found to be inexact")
	}
	return err
}

var errInexact = errors.New("the snapshot is not exact")

// round takes one snapshot and audits it.
func (x *exact) round(n int, s *stage) error {
	time.Sleep(time.Duration(s.r.IntN(100)) * time.Millisecond)
	pace := []string{"0", "200", "2000"}[s.r.IntN(3)] // microseconds: a slow save meets more writes
	if err := s.do("CONFIG SET rdb-key-save-delay " + pace); err != nil {
		return err
	}
	least := x.counts(func(w *writer) int64 { return w.acked.Load() })
	line, field, status := "BGSAVE", "rdb_bgsave_in_progress", "rdb_last_bgsave_status"
	if x.o.mode == "rewrite" {
		line, field, status = "BGREWRITEAOF", "aof_rewrite_in_progress", "aof_last_bgrewrite_status"
	}
	begin := time.Now()
	if err := s.do(line); err != nil {
		return err
	}
	most := x.counts(func(w *writer) int64 { return w.sent.Load() })
	if err := s.until(field); err != nil {
		return err
	}
	took := time.Since(begin)
	if ok, err := infoField(s.c, status); err != nil || ok != "ok" {
		return fmt.Errorf("%s failed: %s, %v\n%s", line, ok, err, x.p.logTail())
	}
	dir := filepath.Join(x.o.dir, "copy")
	os.RemoveAll(dir)
	var err error
	if x.o.mode == "rewrite" {
		// The incremental file goes on growing while it is copied: what was
		// acknowledged before the copy must be in it.
		least = x.counts(func(w *writer) int64 { return w.acked.Load() })
		for i := range most {
			most[i] = math.MaxInt64
		}
		err = copyTree(filepath.Join(x.p.dir, "appendonlydir"), filepath.Join(dir, "data", "appendonlydir"))
	} else if err = os.MkdirAll(filepath.Join(dir, "data"), 0o755); err == nil {
		err = copyFile(filepath.Join(x.p.dir, "dump.rdb"), filepath.Join(dir, "data", "dump.rdb"))
	}
	if err != nil {
		return fmt.Errorf("copy what %s wrote: %w", line, err)
	}
	keys, err := x.load(dir, least, most)
	if err != nil {
		return fmt.Errorf("round %d (seed %d): %w", n, x.o.seed, err)
	}
	fmt.Fprintf(x.out, "round %d: %s took %v, %s; %d keys, exact\n", n, line, took.Round(time.Millisecond), cut(least, most), keys)
	return nil
}

// counts is a figure of each writer.
func (x *exact) counts(of func(*writer) int64) (all []int64) {
	for _, w := range x.writers {
		all = append(all, of(w))
	}
	return all
}

// cut says how precisely the moment of the snapshot is known.
func cut(least, most []int64) string {
	n, open := int64(0), int64(0)
	for i := range least {
		n += least[i]
		if most[i] == math.MaxInt64 {
			return fmt.Sprintf("not before transaction %d", n)
		}
		open += most[i] - least[i]
	}
	return fmt.Sprintf("between transactions %d and %d", n, n+open)
}

// load has redis-server load a copy, and audits what it then has.
func (x *exact) load(dir string, least, most []int64) (keys int, err error) {
	p, err := newProcess(x.o.oracle, dir)
	if err != nil {
		return 0, err
	}
	appendonly := "no"
	if x.o.mode == "rewrite" {
		appendonly = "yes"
	}
	if err := p.start("--save", "", "--appendonly", appendonly); err != nil {
		return 0, err
	}
	defer p.kill()
	if err := p.ready(); err != nil {
		return 0, fmt.Errorf("%s does not load the copy %s: %w\n%s", x.o.oracle, dir, err, p.logTail())
	}
	c, err := p.dial()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	d, err := reader{c}.read([]int{0, 1, 2, 3, 4})
	if err != nil {
		return 0, err
	}
	if err := audit(d, least, most); err != nil {
		return 0, fmt.Errorf("%w: %w (the copy is in %s)", errInexact, err, dir)
	}
	return len(d.keys), nil
}
