package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// trial is one server that is killed and started again and again on the same data,
// with those who write to it.
type trial struct {
	o         options
	out       io.Writer
	p         *process
	actors    []*actor
	consumers []*consumer
	shared    [sharedCount]int64 // the shared counters at the start of the round
	durable   atomic.Bool        // what is acknowledged now must survive
	took      map[string]time.Duration
	loadTook  time.Duration
	ballast   bool // is loaded

	sent, acked, kept, dropped int // over all rounds: units
}

func newTrial(o options, dir string, out io.Writer) (*trial, error) {
	p, err := newProcess(o.server, dir)
	if err != nil {
		return nil, err
	}
	t := &trial{o: o, out: out, p: p, took: map[string]time.Duration{}}
	for i := range actors {
		a := newActor(i, o.seed)
		a.gen.noDue = o.sabotage > 0
		t.actors = append(t.actors, a)
		for kind := range queueKinds {
			t.consumers = append(t.consumers, &consumer{actor: a, kind: kind, r: rand.New(rand.NewPCG(o.seed, uint64(100+queueKinds*i+kind)))})
		}
	}
	return t, nil
}

// arguments are those of a start.
func (t *trial) arguments(r *rand.Rand) []string {
	args := []string{"--save", "", "--databases", strconv.Itoa(databases)}
	if t.o.mode == "rdb" {
		args = append(args, "--appendonly", "no")
	} else {
		args = append(args, "--appendonly", "yes", "--appendfsync", t.o.mode)
	}
	flip := func(n int, name, often, seldom string) {
		val := often
		if r.IntN(n) == 0 {
			val = seldom
		}
		args = append(args, "--"+name, val)
	}
	flip(2, "aof-use-rdb-preamble", "yes", "no")
	flip(4, "aof-timestamp-enabled", "no", "yes")
	flip(4, "no-appendfsync-on-rewrite", "no", "yes")
	flip(3, "auto-aof-rewrite-percentage", "0", "30")
	flip(2, "auto-aof-rewrite-min-size", "64kb", "1mb")
	flip(3, "hash-max-listpack-entries", "128", "8")
	flip(3, "rdbcompression", "yes", "no")
	return args
}

// start starts the server; now and then it is killed a few times while it loads.
func (t *trial) start(r *rand.Rand) (note string, err error) {
	kills := 0
	if r.IntN(4) == 0 {
		kills = 1 + r.IntN(3)
	}
	for range kills {
		if err := t.p.start(append(t.arguments(r), "--key-load-delay", strconv.Itoa(r.IntN(2)*-100))...); err != nil {
			return "", err
		}
		d := time.Duration(r.Int64N(int64(max(t.loadTook, time.Millisecond))*5/4 + 1))
		time.Sleep(d)
		ended := t.p.ended()
		t.p.kill()
		if ended {
			return note, fmt.Errorf("it ended by itself (%v) %v after its start", t.p.cmd.ProcessState, d)
		}
		note += fmt.Sprintf("killed %v after a start; ", d.Round(time.Millisecond))
	}
	begin := time.Now()
	if err := t.p.start(t.arguments(r)...); err != nil {
		return note, err
	}
	if err := t.p.ready(); err != nil {
		return note, err
	}
	t.loadTook = time.Since(begin)
	return note, nil
}

// run plays rounds until one fails.
func (t *trial) run() error {
	for n := 1; n <= t.o.rounds; n++ {
		r := rand.New(rand.NewPCG(t.o.seed, uint64(1000+n)))
		if n == 1 {
			if _, err := t.start(r); err != nil {
				return t.failure(n, "the first start failed", err)
			}
		}
		if err := t.round(n, r); err != nil {
			return err
		}
	}
	return nil
}

// failure reports a failed round with all there is to know of it.
func (t *trial) failure(n int, what string, err error) error {
	t.p.kill()
	t.o.keep = true
	fmt.Fprintf(t.out, "\nFAILED in round %d (seed %d): %s\n  %v\n  the data as the kill left them: %s\n  the data now: %s\n  the end of the server's log:\n%s\n",
		n, t.o.seed, what, err, t.killedDir(), t.p.dir, t.p.logTail())
	return errFailed
}

var errFailed = errors.New("a round failed")

func (t *trial) killedDir() string { return filepath.Join(filepath.Dir(t.p.dir), "killed") }

// round loads the server, kills it, starts it again and looks at what it has.
func (t *trial) round(n int, r *rand.Rand) error {
	if !t.ballast {
		if err := t.loadBallast(); err != nil {
			return t.failure(n, "the ballast could not be written", err)
		}
		t.ballast = true
	}
	what, killed, err := t.load(r)
	if err != nil {
		return t.failure(n, what, err)
	}
	os.RemoveAll(t.killedDir())
	if err := copyTree(t.p.dir, t.killedDir()); err != nil {
		return fmt.Errorf("keep a copy of the data: %w", err)
	}
	if t.o.sabotage > 0 {
		return t.sabotaged(n, r)
	}
	torn, err := t.tear(r)
	if err != nil {
		return err
	}
	var theirs *dump
	if t.o.also > 0 && n%t.o.also == 0 {
		if theirs, err = t.also(); err != nil {
			return t.failure(n, what+torn, err)
		}
	}
	note, err := t.start(r)
	if err != nil {
		return t.failure(n, what+torn+"; "+note+"THE RESTART FAILED", err)
	}
	summary, err := t.verify(killed, theirs, n == t.o.rounds)
	if err != nil {
		return t.failure(n, what+torn+"; "+note+"then the data were wrong", err)
	}
	fmt.Fprintf(t.out, "round %d: %s%s; %s%s, ready in %v\n", n, what, torn, note, summary, t.loadTook.Round(time.Millisecond))
	return nil
}

// load runs the connections and a scene, and kills the server.
func (t *trial) load(r *rand.Rand) (what string, killed int64, err error) {
	t.durable.Store(t.o.mode == "always")
	stop := make(chan struct{})
	var crowd sync.WaitGroup
	join := func(run func(*redistest.Client, func() bool, <-chan struct{})) error {
		c, err := t.p.dial()
		if err != nil {
			return err
		}
		crowd.Add(1)
		go func() {
			defer crowd.Done()
			defer c.Close()
			run(c, t.durable.Load, stop)
		}()
		return nil
	}
	for _, a := range t.actors {
		err = errors.Join(err, join(a.run))
	}
	for _, c := range t.consumers {
		err = errors.Join(err, join(c.run))
	}
	c, dialErr := t.p.dial()
	if err = errors.Join(err, dialErr); err != nil {
		close(stop)
		t.p.kill()
		crowd.Wait()
		return "connecting", 0, err
	}
	defer c.Close()
	s := &stage{trial: t, r: r, c: c}
	scene := drawScene(r, t.o)
	if err = s.prepare(); err == nil {
		err = scene.play(s)
	}
	if t.o.sabotage > 0 { // let everything be acknowledged, so that each byte counts
		close(stop)
		crowd.Wait()
		err = errors.Join(err, s.lastWord())
		t.p.kill()
	} else if s.gently && err == nil {
		err = t.p.terminate()
	} else {
		t.p.kill()
	}
	killed = nowMs()
	crowd.Wait()
	return scene.name + s.note, killed, errors.Join(err, t.wrong())
}

// wrong is what connections complained of.
func (t *trial) wrong() (err error) {
	for _, a := range t.actors {
		err = errors.Join(err, a.wrong)
	}
	for _, c := range t.consumers {
		err = errors.Join(err, c.wrong)
	}
	return err
}

// prepare lets some load pass, with a random pace of saving. In mode rdb it saves
// once, after which all that was acknowledged before is durable.
func (s *stage) prepare() error {
	delay := 0
	if s.r.IntN(8) == 0 && s.o.ballast <= 10_000 { // it is a millisecond for each key on some systems
		delay = 10
	}
	if err := s.do("CONFIG SET rdb-key-save-delay " + strconv.Itoa(delay)); err != nil {
		return err
	}
	time.Sleep(s.pause(500 * time.Millisecond))
	if s.o.mode != "rdb" || s.r.IntN(3) == 0 {
		return nil
	}
	var units, taken []int64
	for _, a := range s.actors {
		units = append(units, a.acked.Load())
	}
	for _, c := range s.consumers {
		taken = append(taken, c.taken.Load())
	}
	if err := s.do("BGSAVE"); err != nil {
		return err
	}
	if err := s.until("rdb_bgsave_in_progress"); err != nil {
		return err
	}
	if status, err := infoField(s.c, "rdb_last_bgsave_status"); err != nil || status != "ok" {
		return fmt.Errorf("BGSAVE failed: %s, %v", status, err)
	}
	for i, a := range s.actors {
		a.floor.Store(units[i])
	}
	for i, c := range s.consumers {
		c.floor.Store(taken[i])
	}
	return nil
}
