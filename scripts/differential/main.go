// Command differential sends the same random commands to redis-server and to
// Redoubt and compares the replies byte by byte.
//
//	differential -ours 'BINARY [args]' [-n 20000] [-rounds 1] [-seed N]
//	differential -ours-addr HOST:PORT …
//	differential -ours … -replay FILE
//
// Each round prints its seed. On a divergence the operations are written to
// the log (-log), shrunk, and the shortest list found is printed; the exit
// status is 1. What may differ, and why: compare.go and excused.txt. What is
// sent: grammar.go.
package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

//go:embed excused.txt
var excusedText string

var errDiverged = errors.New("the servers diverge")

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "differential:", err)
		os.Exit(1)
	}
}

type options struct {
	redis, ours          string
	redisAddr, oursAddr  string
	n, rounds            int
	seed                 uint64
	log, replay          string
	shrink, duration     time.Duration
	all, saving, restart bool
}

func parseOptions(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("differential", flag.ContinueOnError)
	fs.StringVar(&o.redis, "redis", "redis-server", "command line of the oracle")
	fs.StringVar(&o.ours, "ours", "", "command line of the server to test")
	fs.StringVar(&o.redisAddr, "redis-addr", "", "address of a running oracle instead")
	fs.StringVar(&o.oursAddr, "ours-addr", "", "address of a running server to test instead")
	fs.IntVar(&o.n, "n", 20000, "commands per round")
	fs.IntVar(&o.rounds, "rounds", 1, "rounds, each from an empty database")
	fs.DurationVar(&o.duration, "for", 0, "go on for so long, whatever -rounds says")
	fs.Uint64Var(&o.seed, "seed", 0, "seed of the first round, 0 for a random one")
	fs.StringVar(&o.log, "log", "differential.ops", "where the operations of a divergence go")
	fs.StringVar(&o.replay, "replay", "", "run an operations log instead of random commands")
	fs.DurationVar(&o.shrink, "shrink", time.Minute, "how long shrinking may take")
	fs.BoolVar(&o.all, "all", false, "go on with the next round after a divergence")
	fs.BoolVar(&o.saving, "bgsave", false, "have the server to test run BGSAVE all the time")
	fs.BoolVar(&o.restart, "restart", false, "restart both servers from their RDB files in the middle of each round")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if (o.ours == "") == (o.oursAddr == "") {
		return o, errors.New("give one of -ours and -ours-addr")
	}
	return o, nil
}

func run(args []string, out io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	e, stop, err := o.engine()
	if err != nil {
		return err
	}
	defer stop()
	if o.replay != "" {
		f, err := os.Open(o.replay)
		if err != nil {
			return fmt.Errorf("operations log: %w", err)
		}
		defer f.Close()
		ops, err := readOps(f)
		if err != nil {
			return err
		}
		return round(e, ops, o, out)
	}
	return o.random(e, out)
}

func (o options) random(e *engine, out io.Writer) error {
	seed := o.seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	end := time.Now().Add(o.duration)
	var diverged error
	for i := 0; i < o.rounds || o.duration > 0 && time.Now().Before(end); i++ {
		fmt.Fprintf(out, "round %d: seed %d, %d commands\n", i+1, seed, o.n)
		err := round(e, o.draw(seed), o, out)
		if err != nil && !(o.all && errors.Is(err, errDiverged)) {
			return err
		}
		diverged = errors.Join(diverged, err)
		seed++
	}
	return diverged
}

// draw makes the ops of a round. The last one compares all data.
func (o options) draw(seed uint64) []op {
	ops := newGen(seed, groups).ops(o.n)
	if o.saving { // DEBUG RELOAD is refused during a save, and would have changed encodings
		for i := range ops {
			if ops[i].name() == "DEBUG" && ops[i].subcommand() == "RELOAD" {
				ops[i].argv = []string{"PING"}
			}
		}
	}
	if o.restart {
		ops[len(ops)/2] = op{restart: true}
	}
	return append(ops, op{argv: []string{"DEBUG", "DIGEST"}})
}

// round plays ops; a divergence is logged, shrunk and reported.
func round(e *engine, ops []op, o options, out io.Writer) error {
	d, err := e.play(ops)
	if err != nil || d == nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", d)
	if o.log != "" {
		if err := saveOps(o.log, ops[:d.index+1]); err != nil {
			return err
		}
		fmt.Fprintf(out, "operations so far: %s (repeat with -replay)\n", o.log)
	}
	short, last, err := e.shrink(ops, d, o.shrink)
	if err != nil {
		return fmt.Errorf("shrink: %w", err)
	}
	report(out, short, last)
	return errDiverged
}

func saveOps(path string, ops []op) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("operations log: %w", err)
	}
	return errors.Join(writeOps(f, ops), f.Close())
}

// engine starts or finds the two servers. stop ends those it started.
func (o options) engine() (*engine, func(), error) {
	excuses, err := parseExcuses(excusedText)
	if err != nil {
		return nil, nil, err
	}
	a := &process{command: strings.Fields(o.redis), addr: o.redisAddr}
	b := &process{command: strings.Fields(o.ours), addr: o.oursAddr}
	e := &engine{excuses: excuses}
	e.revive = func() error {
		err := errors.Join(a.ensure(), b.ensure())
		e.a.addr, e.b.addr = a.addr, b.addr
		return err
	}
	if a.command != nil && b.command != nil {
		e.restart = func() error { return errors.Join(a.restart(), b.restart()) }
	}
	stopSaving := func() {}
	stop := func() {
		stopSaving()
		e.a.close()
		e.b.close()
		a.stop()
		b.stop()
	}
	if err := e.revive(); err != nil {
		stop()
		return nil, nil, err
	}
	if o.saving {
		quit, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			b.keepSaving(quit)
		}()
		stopSaving = func() { close(quit); <-done }
	}
	return e, stop, nil
}
