package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// aof compares what the append-only file costs.
type aof struct {
	settings
	keys, size int
	policies   string
	rewrites   string
	clients    int
	pipelines  intList
	seconds    float64
	rate       float64
	conns      int
	most       int
}

// The policies: off is no append-only file, the others are appendfsync's.
var aofPolicies = []string{"off", "no", "everysec", "always"}

func aofFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	a := &aof{pipelines: intList{1, 16}}
	a.settings.flags(fs, 3)
	fs.IntVar(&a.keys, "keys", 3_000_000, "keys of 16 bytes, made before the runs")
	fs.IntVar(&a.size, "size", 100, "bytes of a value (incompressible)")
	fs.StringVar(&a.policies, "policies", strings.Join(aofPolicies, ","), "off, and values of appendfsync, between commas")
	fs.StringVar(&a.rewrites, "rewrite", "everysec", "policies under which BGREWRITEAOF is measured, between commas; empty for none")
	fs.IntVar(&a.clients, "clients", 50, "connections of the closed loop")
	fs.Var(&a.pipelines, "pipelines", "depths of pipelining of the closed loop")
	fs.Float64Var(&a.seconds, "seconds", 5, "length of a run; of the rewrites of a run together at least")
	fs.Float64Var(&a.rate, "rate", 5000, "SETs of random keys per second of the open loop beside BGREWRITEAOF")
	fs.IntVar(&a.conns, "connections", 16, "connections of the open loop")
	fs.IntVar(&a.most, "max-rewrites", 20, "most rewrites of a run, however short they are")
	return a.run
}

func (a *aof) run(ctx context.Context, r *report.Report) error {
	if a.keys < 1 || a.size < 1 || a.clients < 1 || a.conns < 1 || a.most < 1 || !(a.seconds > 0) || !(a.rate > 0) {
		return errors.New("-keys, -size, -clients, -seconds, -rate, -connections and -max-rewrites must be above zero")
	}
	for list := range strings.SplitSeq(a.policies+","+a.rewrites, ",") {
		if list != "" && !slices.Contains(aofPolicies, list) {
			return fmt.Errorf("%q is none of %s", list, strings.Join(aofPolicies, ", "))
		}
	}
	a.defaultsWithoutAOF()
	if err := a.begin(r, "The append-only file"); err != nil {
		return err
	}
	if err := a.noteDisk(r); err != nil {
		return err
	}
	r.Note("%d keys of 16 bytes with values of %d incompressible bytes", a.keys, a.size)
	r.Note("closed loop: SET of random keys, %d connections, %v a run; a latency is that of a batch; CPU is user + system time of all the server's threads", a.clients, seconds(a.seconds))
	r.Note("BGREWRITEAOF: open loop, %.0f SET/s on %d connections, latency from the time each was due; no automatic rewrites", a.rate, a.conns)
	return a.settings.run(func(at setting) error {
		for policy := range strings.SplitSeq(a.policies, ",") {
			if err := a.policy(ctx, r, at, policy); err != nil {
				return fmt.Errorf("appendfsync %s: %w", policy, err)
			}
		}
		return nil
	})
}

// noteDisk reports what an fsync costs where the servers' files are.
func (a *aof) noteDisk(r *report.Report) error {
	return a.withDir(func(dir string) error {
		f, err := os.Create(filepath.Join(dir, "probe"))
		if err != nil {
			return fmt.Errorf("probe the disk: %w", err)
		}
		defer f.Close()
		const times, size = 200, 4096
		h := load.NewHistogram()
		for range times {
			from := time.Now()
			if _, err = f.Write(make([]byte, size)); err == nil {
				err = f.Sync()
			}
			if err != nil {
				return fmt.Errorf("probe the disk: %w", err)
			}
			h.Record(time.Since(from))
		}
		s := h.Summary()
		r.Note("disk: %d times %d bytes appended and fsync: median %.3f ms, p99 %.3f ms, longest %.3f ms", times, size, ms(s.P50), ms(s.P99), ms(s.Max))
		return nil
	})
}

// policy measures one policy in one setting.
func (a *aof) policy(ctx context.Context, r *report.Report, at setting, policy string) error {
	began := time.Now()
	args := []string{"--appendonly", "no"}
	if policy != "off" {
		args = []string{"--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0"}
	}
	return a.withWilling(r, at.server, args, func(servers []*peer.Peer) error {
		for _, s := range servers {
			if s == nil {
				continue
			}
			r.Progress("%s: make %d keys", s.Name, a.keys)
			if err := stringData(a.keys, a.size).fill(ctx, s.Addr); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		before := report.CurrentLoad()
		f := newFigures(len(servers))
		for round := range a.rounds {
			for i, s := range servers {
				if s == nil {
					continue
				}
				r.Progress("%s, %s, round %d, %s", at.title(), policy, round+1, s.Name)
				if err := a.round(ctx, r, s, policy, f.of(i)); err != nil {
					return fmt.Errorf("%s: %w", s.Name, err)
				}
			}
		}
		r.Progress("%s took %v", policy, time.Since(began).Round(time.Second))
		r.Note("%s, server on %s: processors were %s", "appendfsync "+policy, orAll(at.server), before.Since(report.CurrentLoad()))
		return r.Tables(f.table(&a.peers, "appendfsync "+policy+": "+at.title()))
	})
}

// withWilling starts the peers with more arguments. One that does not start
// with them, or does not do what they say, is nil, and the report says why.
func (a *aof) withWilling(r *report.Report, cpus string, args []string, f func([]*peer.Peer) error) error {
	return a.withDir(func(dir string) error {
		servers := make([]*peer.Peer, len(a.specs))
		var running []*peer.Peer
		for i := range a.specs {
			own := filepath.Join(dir, fmt.Sprint(i))
			if err := os.Mkdir(own, 0o755); err != nil {
				return errors.Join(fmt.Errorf("make a directory for %s: %w", a.specs[i].Name, err), stopAll(running))
			}
			s, err := a.startIn(r, i, cpus, own, startLimit, args...)
			if err != nil {
				r.NoteOnce("%s is left out with %s: it does not start: %s", a.specs[i].Name, peer.Join(args), lastLine(err.Error()))
				continue
			}
			running = append(running, s)
			if willing, err := recordsAOF(s); err != nil {
				return errors.Join(err, stopAll(running))
			} else if willing != (args[1] == "yes") {
				r.NoteOnce("%s is left out with %s: it starts, but INFO says otherwise", s.Name, peer.Join(args))
				continue
			}
			servers[i] = s
		}
		return errors.Join(f(servers), stopAll(running))
	})
}

// recordsAOF tells whether a server says that it has an append-only file.
func recordsAOF(s *peer.Peer) (bool, error) {
	c, err := s.Dial()
	if err != nil {
		return false, err
	}
	defer c.Close()
	info, err := peer.Info(c, "persistence")
	return info["aof_enabled"] == "1", err
}

// round measures one peer once.
func (a *aof) round(ctx context.Context, r *report.Report, s *peer.Peer, policy string, add adder) error {
	syncDisks() // what the others wrote is not for this one to wait for
	for _, depth := range a.pipelines {
		if err := a.closed(ctx, s, depth, add); err != nil {
			return fmt.Errorf("closed loop, pipeline %d: %w", depth, err)
		}
	}
	if policy == "off" || !slices.Contains(strings.Split(a.rewrites, ","), policy) {
		return nil
	}
	if err := a.rewrite(ctx, r, s, add); err != nil {
		return fmt.Errorf("BGREWRITEAOF: %w", err)
	}
	return nil
}

// closed measures throughput, latency and CPU of SET.
func (a *aof) closed(ctx context.Context, s *peer.Peer, depth int, add adder) error {
	limited, cancel := context.WithTimeout(ctx, seconds(a.seconds))
	defer cancel()
	if err := s.MarkCPU(); err != nil {
		return err
	}
	res, err := load.Closed{Addr: s.Addr, Conns: a.clients, Pipeline: depth, Seed: 1,
		Command: load.Overwrite("key:", uint64(a.keys), a.size)}.Run(limited)
	if err := errors.Join(err, ctx.Err()); err != nil {
		return err
	}
	used, err := s.SinceMark()
	if err != nil {
		return err
	}
	under := fmt.Sprintf("SET, pipeline %d", depth)
	add(under+": thousand requests/s", res.PerSecond()/1000)
	add(under+": server CPU per request, µs", used.Seconds()*1e6/float64(max(res.Requests, 1)))
	add.summary(under, res.Batch)
	return nil
}

// rewrite compares the open loop alone with the same beside BGREWRITEAOF.
func (a *aof) rewrite(ctx context.Context, r *report.Report, s *peer.Peer, add adder) error {
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = taskTimeout
	w := watching{task: rewrite, length: seconds(a.seconds), most: a.most, warmUp: warmUp, progress: r.Progress,
		load: load.Open{Addr: s.Addr, Conns: a.conns, Rate: a.rate, Seed: 1, Command: load.Overwrite("key:", uint64(a.keys), a.size)}}
	alone, err := w.alone(ctx)
	if err != nil {
		return fmt.Errorf("idle run: %w", err)
	}
	grown, err := peer.InfoInt(c, "persistence", "aof_current_size")
	if err != nil {
		return err
	}
	during, runs, starts, err := w.beside(ctx, c)
	if err != nil {
		return err
	}
	var reply, fork, length []float64
	for _, x := range runs {
		reply = append(reply, ms(x.reply))
		fork = append(fork, float64(x.forkUsec)/1000)
		length = append(length, (x.to - x.from).Seconds())
	}
	idle, busy := load.Summarize(alone), load.Summarize(during)
	add.perRun("rewrite, start: latest_fork_usec, ms", fork)
	add.perRun("rewrite, start: BGREWRITEAOF to its reply, ms", reply)
	add.perRun(fmt.Sprintf("rewrite, start: worst request within %v of it, ms", startWindow), starts)
	add.perRun("rewrite: length, s", length)
	add.summary("idle", idle)
	add.summary("rewriting", busy)
	add.ratios("rewriting/idle", idle, busy)
	add("client alone: p99.9 of sending late, idle, ms", ms(load.SummarizeLate(alone).P999))
	add("client alone: p99.9 of sending late, rewriting, ms", ms(load.SummarizeLate(during).P999))
	now, err := peer.InfoInt(c, "persistence", "aof_current_size")
	add("aof_current_size before the rewrites, MiB", float64(grown)/mib)
	add("aof_current_size after them, MiB", float64(now)/mib)
	return err
}
