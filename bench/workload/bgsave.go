package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

const (
	savePoll     = 20 * time.Millisecond  // between two looks whether a save is over
	saveTimeout  = 10 * time.Minute       // of one save
	memoryPoll   = 50 * time.Millisecond  // between two looks at the memory
	warmUp       = time.Second            // of a load before what is measured
	betweenSaves = 500 * time.Millisecond // of load alone
	startWindow  = 50 * time.Millisecond  // around BGSAVE, for the start pause
)

// bgsave compares what a background save does to the clients and the memory.
type bgsave struct {
	peers
	serverCPUs string // settings between semicolons
	keys, size int
	rate       float64
	conns      int
	seconds    float64
	maxSaves   int
	closed     load.Closed
}

func bgsaveFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	b := &bgsave{}
	b.peers.flags(fs, 3)
	fs.StringVar(&b.serverCPUs, "server-cpus", "0;0,1", "processors for the servers, as taskset -c takes them; several settings between semicolons, each with its own tables")
	fs.IntVar(&b.keys, "keys", 3_000_000, "keys of 16 bytes")
	fs.IntVar(&b.size, "size", 100, "bytes of a value (incompressible)")
	fs.Float64Var(&b.rate, "rate", 5000, "SETs of random keys per second of the open loop")
	fs.IntVar(&b.conns, "connections", 16, "connections of the open loop")
	fs.Float64Var(&b.seconds, "seconds", 10, "length of the idle run, and of the saves of a round together at least")
	fs.IntVar(&b.maxSaves, "max-saves", 20, "most saves of a round, however short they are")
	fs.IntVar(&b.closed.Conns, "full-connections", 50, "connections of the closed loop (full speed)")
	fs.IntVar(&b.closed.Pipeline, "full-pipeline", 16, "pipelining of the closed loop")
	return b.run
}

func (b *bgsave) run(ctx context.Context, r *report.Report) error {
	if b.keys < 1 || b.size < 1 || b.maxSaves < 1 || b.conns < 1 || b.closed.Conns < 1 || b.closed.Pipeline < 1 || !(b.rate > 0) || !(b.seconds > 0) {
		return errors.New("-keys, -size, -rate, -connections, -seconds, -max-saves, -full-connections and -full-pipeline must be above zero")
	}
	if err := b.begin(r, "BGSAVE under random overwrites"); err != nil {
		return err
	}
	r.Note("%d keys of 16 bytes with values of %d incompressible bytes; open loop: %.0f SET/s on %d connections, latency from the time each was due",
		b.keys, b.size, b.rate, b.conns)
	r.Note("full speed: closed loop, %d connections, pipeline %d", b.closed.Conns, b.closed.Pipeline)
	r.Note("extra memory: largest sum of PSS over the server and its children, every %v, less that before BGSAVE", memoryPoll)
	for cpus := range strings.SplitSeq(b.serverCPUs, ";") {
		if err := b.setting(ctx, r, cpus); err != nil {
			return err
		}
	}
	return nil
}

// setting runs all rounds with the servers on cpus and writes its table.
func (b *bgsave) setting(ctx context.Context, r *report.Report, cpus string) error {
	return b.withPeers(r, cpus, func(servers []*peer.Peer) error {
		for _, s := range servers {
			r.Progress("%s: load %d keys", s.Name, b.keys)
			if err := load.Fill(ctx, s.Addr, "key:", uint64(b.keys), load.FixedValue(b.size)); err != nil {
				return err
			}
		}
		figures := newFigures(len(servers))
		for round := range b.rounds {
			for i, s := range servers {
				r.Progress("server on %s, round %d, %s", orAll(cpus), round+1, s.Name)
				if err := b.round(ctx, r, s, figures.of(i)); err != nil {
					return fmt.Errorf("bgsave on %s: %w", s.Name, err)
				}
			}
		}
		return r.Tables(figures.table(b, "Server on processor "+orAll(cpus)))
	})
}

// figures are the results by name, in the order of their first appearance.
type figures struct {
	names []string
	v     map[string][][]float64 // name → peer → round
	peers int
}

func newFigures(peers int) *figures {
	return &figures{v: map[string][][]float64{}, peers: peers}
}

// of returns what adds a figure of peer i.
func (f *figures) of(i int) func(name string, v float64) {
	return func(name string, v float64) {
		if f.v[name] == nil {
			f.names = append(f.names, name)
			f.v[name] = make([][]float64, f.peers)
		}
		f.v[name][i] = append(f.v[name][i], v)
	}
}

func (f *figures) table(b *bgsave, title string) *report.Table {
	t := &report.Table{Title: title, Header: b.compareHeader([]string{"figure"}, "")}
	for _, n := range f.names {
		t.Add(compare([]any{n}, f.v[n], significant)...)
	}
	return t
}

// significant formats with about three significant digits.
func significant(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const mib = 1 << 20

// round measures one peer once: idle, saves under the open loop, memory under
// the open loop, memory at full speed. Latency and memory have runs of their
// own, since reading a process's memory map holds its lock.
func (b *bgsave) round(ctx context.Context, r *report.Report, s *peer.Peer, add func(string, float64)) error {
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = saveTimeout
	idle, err := b.idle(ctx, s)
	if err != nil {
		return fmt.Errorf("idle run: %w", err)
	}
	addSummary(add, "idle", idle)
	if err := b.latency(ctx, r, s, c, add); err != nil {
		return fmt.Errorf("saves under the open loop: %w", err)
	}
	if err := b.openMemory(ctx, s, c, add); err != nil {
		return fmt.Errorf("memory under the open loop: %w", err)
	}
	if err := b.fullMemory(ctx, s, c, add); err != nil {
		return fmt.Errorf("memory at full speed: %w", err)
	}
	return nil
}

func addSummary(add func(string, float64), when string, s load.Summary) {
	add(when+": p50, ms", ms(s.P50))
	add(when+": p99, ms", ms(s.P99))
	add(when+": p99.9, ms", ms(s.P999))
	add(when+": max, ms", ms(s.Max))
}

func (b *bgsave) openLoop(s *peer.Peer) (*load.OpenRun, error) {
	return load.Open{Addr: s.Addr, Conns: b.conns, Rate: b.rate, Seed: 1,
		Command: load.Overwrite("key:", uint64(b.keys), b.size)}.Start()
}

// idle is the open loop with no save under way.
func (b *bgsave) idle(ctx context.Context, s *peer.Peer) (load.Summary, error) {
	run, err := b.openLoop(s)
	if err != nil {
		return load.Summary{}, err
	}
	err = sleep(ctx, warmUp+seconds(b.seconds))
	end := run.Now()
	samples, stopErr := run.Stop()
	return load.Summarize(load.Within(samples, warmUp, end)), errors.Join(err, stopErr)
}

// save is one background save as its client saw it.
type save struct {
	from, to time.Duration // on the clock of the open loop
	reply    time.Duration // of BGSAVE itself
	forkUsec int64         // INFO latest_fork_usec
}

// latency saves again and again under the open loop.
func (b *bgsave) latency(ctx context.Context, r *report.Report, s *peer.Peer, c *load.Conn, add func(string, float64)) error {
	run, err := b.openLoop(s)
	if err != nil {
		return err
	}
	saves, err := b.saves(ctx, run, c)
	samples, stopErr := run.Stop()
	if err := errors.Join(err, stopErr); err != nil {
		return err
	}
	var during []load.Sample
	var start, reply, fork, length []float64
	for _, sv := range saves {
		during = append(during, load.Within(samples, sv.from, sv.to)...)
		near := load.Summarize(load.Within(samples, sv.from-startWindow, sv.from+startWindow))
		start = append(start, ms(near.Max))
		reply = append(reply, ms(sv.reply))
		fork = append(fork, float64(sv.forkUsec)/1000)
		length = append(length, (sv.to - sv.from).Seconds())
	}
	r.Progress("  %d saves, %d requests during them", len(saves), len(during))
	addSummary(add, "saving", load.Summarize(during))
	addSaves(add, "start: BGSAVE to its reply, ms", reply)
	addSaves(add, fmt.Sprintf("start: worst request within %v of BGSAVE, ms", startWindow), start)
	addSaves(add, "start: latest_fork_usec, ms", fork)
	add("open loop: length of a save, s", report.Median(length))
	return nil
}

// addSaves adds what is typical of the saves of a round and the worst of
// them. The worst of more saves tends to be worse, so read both.
func addSaves(add func(string, float64), name string, v []float64) {
	add(name+", median save", report.Median(v))
	add(name+", worst save", slices.Max(v))
}

// saves repeats BGSAVE until the saves together last long enough.
func (b *bgsave) saves(ctx context.Context, run *load.OpenRun, c *load.Conn) ([]save, error) {
	var out []save
	var total time.Duration
	if err := sleep(ctx, warmUp); err != nil {
		return nil, err
	}
	for total < seconds(b.seconds) && len(out) < b.maxSaves {
		from := run.Now()
		reply, err := saveAndWait(ctx, c)
		if err != nil {
			return nil, err
		}
		sv := save{from: from, to: run.Now(), reply: reply}
		if sv.forkUsec, err = peer.InfoInt(c, "stats", "latest_fork_usec"); err != nil {
			return nil, err
		}
		total += sv.to - sv.from
		out = append(out, sv)
		if err := sleep(ctx, betweenSaves); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// saveAndWait runs BGSAVE to its end, checks that it went well, and returns
// how long the command itself took to be answered.
func saveAndWait(ctx context.Context, c *load.Conn) (time.Duration, error) {
	sent := time.Now()
	if _, err := c.Do("BGSAVE"); err != nil {
		return 0, err
	}
	reply := time.Since(sent)
	return reply, awaitSave(ctx, c, savePoll)
}

// awaitSave waits for the save under way.
func awaitSave(ctx context.Context, c *load.Conn, poll time.Duration) error {
	for deadline := time.Now().Add(saveTimeout); ; {
		info, err := peer.Info(c, "persistence")
		if err != nil {
			return err
		}
		switch info["rdb_bgsave_in_progress"] {
		case "0":
			if st := info["rdb_last_bgsave_status"]; st != "ok" {
				return fmt.Errorf("BGSAVE failed: rdb_last_bgsave_status is %q", st)
			}
			return nil
		case "1":
		default:
			return fmt.Errorf("INFO persistence has rdb_bgsave_in_progress %q", info["rdb_bgsave_in_progress"])
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("BGSAVE has not ended after %v", saveTimeout)
		}
		if err := sleep(ctx, poll); err != nil {
			return err
		}
	}
}

// openMemory is one save under the open loop with the memory watched.
func (b *bgsave) openMemory(ctx context.Context, s *peer.Peer, c *load.Conn, add func(string, float64)) error {
	run, err := b.openLoop(s)
	if err != nil {
		return err
	}
	_, err = b.watched(ctx, s, c, "open loop", add)
	_, stopErr := run.Stop()
	return errors.Join(err, stopErr)
}

// fullMemory is the same at full speed.
func (b *bgsave) fullMemory(ctx context.Context, s *peer.Peer, c *load.Conn, add func(string, float64)) error {
	full := b.closed
	full.Addr, full.Seed, full.Command = s.Addr, 2, load.Overwrite("key:", uint64(b.keys), b.size)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type outcome struct {
		res load.ClosedResult
		err error
	}
	done := make(chan outcome, 1)
	go func() {
		res, err := full.Run(ctx)
		done <- outcome{res, err}
	}()
	length, err := b.watched(ctx, s, c, "full speed", add)
	cancel()
	o := <-done
	if err := errors.Join(err, o.err); err != nil {
		return err
	}
	add("full speed: length of a save, s", length.Seconds())
	add("full speed: thousand SET/s, save included", o.res.PerSecond()/1000)
	add("full speed: p99.9 of a batch, ms", ms(o.res.Batch.P999))
	add("full speed: longest batch, ms", ms(o.res.Batch.Max))
	return nil
}

// watched runs one save under the load that is on, adds the extra memory, and
// returns the length of the save.
func (b *bgsave) watched(ctx context.Context, s *peer.Peer, c *load.Conn, under string, add func(string, float64)) (time.Duration, error) {
	if err := sleep(ctx, warmUp); err != nil {
		return 0, err
	}
	before, err := s.Memory()
	if err != nil {
		return 0, err
	}
	wctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := s.WatchMemory(wctx, memoryPoll)
	from := time.Now()
	_, err = saveAndWait(ctx, c)
	length := time.Since(from)
	cancel()
	peak, n, watchErr := w.Peak()
	if err := errors.Join(err, watchErr); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, errors.New("the memory was never read")
	}
	add(under+": memory before, MiB", float64(before.PSS)/mib)
	add(under+": extra memory, MiB", float64(peak.PSS-before.PSS)/mib)
	cow, err := peer.InfoInt(c, "persistence", "rdb_last_cow_size")
	add(under+": rdb_last_cow_size, MiB", float64(cow)/mib)
	return length, err
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// sleep waits for d or for the end of ctx, which is an error.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
