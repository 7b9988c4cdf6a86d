package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// guest examines a server that runs already, in a machine or not.
type guest struct {
	addr      string
	steps     string
	tests     string
	pipelines intList
	ops       int
	clients   int
	keys      int
	size      int
	fetch     string
	shutdown  bool
	wait      time.Duration
	redis     string
	port      int
	dir       string
}

func guestFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	g := &guest{pipelines: intList{1, 16}}
	fs.StringVar(&g.addr, "addr", "127.0.0.1:6379", "host:port of the server; what it holds is overwritten")
	fs.StringVar(&g.steps, "steps", "benchmark,load,save", "what to do, between commas")
	fs.StringVar(&g.tests, "tests", "set,get,incr,mset", "benchmark: tests of redis-benchmark")
	fs.Var(&g.pipelines, "pipelines", "benchmark: depths of pipelining")
	fs.IntVar(&g.ops, "n", 100_000, "benchmark: requests of a test")
	fs.IntVar(&g.clients, "clients", 50, "benchmark: connections")
	fs.IntVar(&g.keys, "keys", 1_000_000, "load: keys of 17 bytes")
	fs.IntVar(&g.size, "size", 32, "load: bytes of a value")
	fs.StringVar(&g.fetch, "fetch", "", `save: shell command that copies the RDB to {out}, as in debugfs -R "dump /dump.rdb {out}" disk.img; without it the save is not opened`)
	fs.BoolVar(&g.shutdown, "shutdown", false, "save: SHUTDOWN NOSAVE before the fetch, so that the guest's file system is at rest on the disk")
	fs.DurationVar(&g.wait, "fetch-wait", time.Minute, "save: how long to repeat the fetch until it brings the file of this save")
	fs.StringVar(&g.redis, "redis-server", "redis-server", "save: the server that opens the RDB")
	fs.IntVar(&g.port, "port", 0, "save: its port; 0 takes a free one")
	fs.StringVar(&g.dir, "dir", "", "save: where it puts its files, in a directory that is removed (default the system's)")
	return g.run
}

func (g *guest) run(ctx context.Context, r *report.Report) error {
	steps := map[string]func(context.Context, *report.Report, *load.Conn) error{
		"benchmark": g.benchmark, "load": g.load, "save": g.save,
	}
	for s := range strings.SplitSeq(g.steps, ",") {
		if steps[s] == nil {
			return fmt.Errorf("-steps: there is no step %q", s)
		}
	}
	if g.keys < 1 || g.size < 1 || g.ops < 1 {
		return errors.New("-keys, -size and -n must be above zero")
	}
	c, err := load.Dial(g.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = taskTimeout
	version, err := peer.Version(c)
	if err != nil {
		return err
	}
	if err := r.Begin("A running server"); err != nil {
		return err
	}
	r.Note("server: %s, at %s", version, g.addr)
	for s := range strings.SplitSeq(g.steps, ",") {
		if err := steps[s](ctx, r, c); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

func (g *guest) benchmark(ctx context.Context, r *report.Report, _ *load.Conn) error {
	t := &report.Table{Title: "redis-benchmark", Header: []string{"test", "pipeline", "requests/s", "p50, ms", "p99, ms"}}
	for _, depth := range g.pipelines {
		args := []string{"-t", g.tests, "-d", "32", "-r", "100000", "-c", fmt.Sprint(g.clients),
			"-P", fmt.Sprint(depth), "-n", fmt.Sprint(g.ops), "--csv"}
		results, err := redisBenchmark(ctx, r, "", g.addr, args)
		if err != nil {
			return err
		}
		if want := strings.Count(g.tests, ",") + 1; len(results) < want {
			return fmt.Errorf("redis-benchmark ended %d of %d tests", len(results), want)
		}
		for _, b := range results {
			r.Progress("%s -P %d: %.0f requests/s", b.test, depth, b.perSecond)
			t.Add(b.test, depth, decimals(0)(b.perSecond), decimals(3)(b.p50), decimals(3)(b.p99))
		}
	}
	return r.Tables(t)
}

// loadPrefix keeps the loaded keys apart from those of redis-benchmark.
const loadPrefix = "load:"

func (g *guest) load(ctx context.Context, r *report.Report, c *load.Conn) error {
	from := time.Now()
	if err := load.Fill(ctx, g.addr, loadPrefix, uint64(g.keys), load.FixedValue(g.size)); err != nil {
		return err
	}
	took := time.Since(from)
	if err := g.wantLoaded(c); err != nil {
		return err
	}
	t := &report.Table{Title: "Load", Header: []string{"keys", "value, B", "seconds", "thousand SET/s"}}
	t.Add(g.keys, g.size, decimals(2)(took.Seconds()), decimals(1)(float64(g.keys)/took.Seconds()/1000))
	return r.Tables(t)
}

// wantLoaded reads every loaded key back and compares.
func (g *guest) wantLoaded(c *load.Conn) error {
	const batch = 1000
	value := load.FixedValue(g.size)
	for from := 0; from < g.keys; from += batch {
		args := []string{"MGET"}
		for i := from; i < min(from+batch, g.keys); i++ {
			args = append(args, string(load.AppendKey(nil, loadPrefix, uint64(i))))
		}
		rep, err := c.Do(args...)
		if err != nil {
			return err
		}
		if len(rep.Array) != len(args)-1 {
			return fmt.Errorf("MGET of %d keys gave %d values", len(args)-1, len(rep.Array))
		}
		for k, v := range rep.Array {
			if v.Null || v.Str != string(value(nil, uint64(from+k))) {
				return fmt.Errorf("key %s has not the value that it was given (missing: %v)", args[k+1], v.Null)
			}
		}
	}
	return nil
}

// savedCut is what is known of a save from outside.
type savedCut struct {
	nonce  string
	lo, hi [cutWriters]int64 // bounds of the last round in the cut
}

func (g *guest) save(ctx context.Context, r *report.Report, c *load.Conn) error {
	cut, took, err := g.saveUnderLoad(ctx, c)
	if err != nil {
		return err
	}
	t := &report.Table{Title: "BGSAVE under a write load", Header: []string{"figure", "value"}}
	t.Add("seconds", decimals(2)(took.Seconds()))
	if g.fetch == "" {
		t.Add("RDB opened in redis-server", "no: -fetch was not given")
		return r.Tables(t)
	}
	if g.shutdown {
		_, _ = c.Do("SHUTDOWN", "NOSAVE") // success is a closed connection
	}
	if err := g.openFetched(ctx, r, cut, t); err != nil {
		return err
	}
	return r.Tables(t)
}

// saveUnderLoad saves while the writers of the cut and an overwriting load
// are on.
func (g *guest) saveUnderLoad(ctx context.Context, c *load.Conn) (cut savedCut, took time.Duration, err error) {
	cut.nonce = fmt.Sprint(time.Now().UnixNano())
	if err := deleteCut(c); err != nil {
		return cut, 0, err
	}
	if _, err := c.Do("SET", cutNonce, cut.nonce); err != nil {
		return cut, 0, err
	}
	writers := startCut(g.addr)
	octx, cancel := context.WithCancel(ctx)
	noise := make(chan error, 1)
	go func() {
		_, err := load.Closed{Addr: g.addr, Conns: 4, Pipeline: 16, Seed: 1,
			Command: load.Overwrite("key:", 100_000, 32)}.Run(octx)
		noise <- err
	}()
	err = sleep(ctx, 2*warmUp)
	if err == nil {
		from := time.Now()
		cut.lo = writers.acked()
		_, err = c.Do("BGSAVE")
		cut.hi = writers.sent()
		if err == nil {
			err = bgsave.await(ctx, c, 5*taskPoll)
		}
		took = time.Since(from)
	}
	cancel()
	return cut, took, errors.Join(err, writers.end(), <-noise)
}

// deleteCut removes the pairs of an earlier run.
func deleteCut(c *load.Conn) error {
	for w := range cutWriters {
		args := []string{"DEL"}
		for p := range cutPairs {
			args = append(args, cutKey(w, p, "a"), cutKey(w, p, "b"))
		}
		if _, err := c.Do(args...); err != nil {
			return err
		}
	}
	return nil
}

// openFetched fetches the RDB, again until it is that of this save, and
// checks what redis-server reads in it.
func (g *guest) openFetched(ctx context.Context, r *report.Report, cut savedCut, t *report.Table) error {
	dir, err := os.MkdirTemp(g.dir, "redoubt-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the RDB: %w", err)
	}
	defer os.RemoveAll(dir)
	spec := peer.Spec{Name: "redis-server", Args: []string{g.redis, "--port", "{port}", "--save", "",
		"--appendonly", "no", "--dir", "{dir}", "--dbfilename", "dump.rdb"}}
	r.Command(g.fetch)
	r.Command(peer.Join(spec.Args))
	for deadline := time.Now().Add(g.wait); ; {
		err := g.fetchOnce(ctx, filepath.Join(dir, "dump.rdb"))
		if err == nil {
			err = g.openOnce(spec, dir, cut, t)
		}
		if err == nil || !errors.Is(err, errNotYet) || time.Now().After(deadline) {
			return err
		}
		r.Progress("%v; again", err)
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// errNotYet marks a fetch that brought nothing, or an older file, and may
// bring the right one later.
var errNotYet = errors.New("the RDB of this save is not there yet")

func (g *guest) fetchOnce(ctx context.Context, out string) error {
	if err := os.RemoveAll(out); err != nil {
		return fmt.Errorf("remove the RDB fetched before: %w", err)
	}
	line := strings.ReplaceAll(g.fetch, "{out}", out)
	msg, err := exec.CommandContext(ctx, "sh", "-c", line).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s: %w: %s", errNotYet, line, err, lastLine(string(msg)))
	}
	if st, err := os.Stat(out); err != nil || st.Size() == 0 {
		return fmt.Errorf("%w: %s left no file: %s", errNotYet, line, lastLine(string(msg)))
	}
	return nil
}

func (g *guest) openOnce(spec peer.Spec, dir string, cut savedCut, t *report.Table) error {
	s, err := peer.Start(spec, "", g.port, dir)
	if err != nil {
		return fmt.Errorf("open the RDB: %w", err)
	}
	return errors.Join(g.check(s, cut, t), s.Stop())
}

// check compares what redis-server read with what was written.
func (g *guest) check(s *peer.Peer, cut savedCut, t *report.Table) error {
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	rep, err := c.Do("GET", cutNonce)
	if err != nil {
		return err
	}
	if rep.Str != cut.nonce {
		return errNotYet
	}
	for w := range cutWriters {
		a, b, err := readCut(c, w)
		if err != nil {
			return err
		}
		last, err := checkCut(a, b, cut.lo[w], cut.hi[w])
		if err != nil {
			return fmt.Errorf("writer %d: %w", w, err)
		}
		t.Add(fmt.Sprintf("writer %d: last round in the cut (answered before BGSAVE–sent before its reply)", w),
			fmt.Sprintf("%d (%d–%d)", last, cut.lo[w], cut.hi[w]))
	}
	if strings.Contains(g.steps, "load") {
		if err := g.wantLoaded(c); err != nil {
			return err
		}
		t.Add("loaded keys found with their values", g.keys)
	}
	size, err := c.Do("DBSIZE")
	if err != nil {
		return err
	}
	t.Add("keys in the RDB", size.Int)
	t.Add("RDB opened in redis-server", "yes, values at the cut")
	return nil
}
