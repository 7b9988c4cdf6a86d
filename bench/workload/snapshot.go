package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// snapshot compares what a background save does to the clients and the memory.
type snapshot struct {
	settings
	datasets
	rate       float64
	conns      int
	stallRate  float64
	stallConns int
	seconds    float64
	maxSaves   int
	closed     load.Closed
}

func snapshotFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	b := &snapshot{}
	b.settings.flags(fs, 3)
	b.datasets.flags(fs)
	fs.Float64Var(&b.rate, "rate", 5000, "random writes per second of the open loop")
	fs.IntVar(&b.conns, "connections", 16, "connections of the open loop")
	fs.Float64Var(&b.stallRate, "stall-rate", 10_000, "writes per second of the open loop that looks for the longest stall")
	fs.IntVar(&b.stallConns, "stall-connections", 8, "its connections")
	fs.Float64Var(&b.seconds, "seconds", 10, "length of an idle run, and of the saves that are compared with it together at least")
	fs.IntVar(&b.maxSaves, "max-saves", 20, "most saves of a run, however short they are")
	fs.IntVar(&b.closed.Conns, "full-connections", 50, "connections of the closed loop (full speed)")
	fs.IntVar(&b.closed.Pipeline, "full-pipeline", 16, "pipelining of the closed loop")
	return b.run
}

func (b *snapshot) run(ctx context.Context, r *report.Report) error {
	if b.maxSaves < 1 || b.conns < 1 || b.stallConns < 1 || b.closed.Conns < 1 || b.closed.Pipeline < 1 || !(b.rate > 0) || !(b.stallRate > 0) || !(b.seconds > 0) {
		return errors.New("-rate, -connections, -stall-rate, -stall-connections, -seconds, -max-saves, -full-connections and -full-pipeline must be above zero")
	}
	sets, err := b.chosen()
	if err != nil {
		return err
	}
	if err := b.begin(r, "BGSAVE under writes"); err != nil {
		return err
	}
	for _, ds := range sets {
		r.Note("%s: %s", ds.name, ds.about)
	}
	r.Note("open loop: %.0f random writes/s on %d connections, latency from the time each was due", b.rate, b.conns)
	r.Note("stall: open loop of %.0f/s on %d connections of one kind of write; its longest wait over all saves of a round", b.stallRate, b.stallConns)
	r.Note("full speed: closed loop, %d connections, pipeline %d", b.closed.Conns, b.closed.Pipeline)
	r.Note("extra memory: largest sum of PSS over the server and its children, every %v, less that before BGSAVE; data: used_memory less that of the empty server", memoryPoll)
	return b.settings.run(func(at setting) error {
		for _, ds := range sets {
			if err := b.dataset(ctx, r, at, ds); err != nil {
				return err
			}
		}
		return nil
	})
}

// dataset runs all rounds with one data set in one setting and writes their
// table.
func (b *snapshot) dataset(ctx context.Context, r *report.Report, at setting, ds dataset) error {
	began := time.Now()
	return b.withPeers(r, at.server, func(servers []*peer.Peer) error {
		data := make([]int64, len(servers))
		for i, s := range servers {
			r.Progress("%s: make %s", s.Name, ds.name)
			if err := reportMissing(r, s, workersDirective); err != nil {
				return err
			}
			var err error
			if data[i], err = fillMeasured(ctx, s, ds); err != nil {
				return err
			}
		}
		before := report.CurrentLoad()
		f := newFigures(len(servers))
		for round := range b.rounds {
			for i, s := range servers {
				r.Progress("%s, %s, round %d, %s", at.title(), ds.name, round+1, s.Name)
				m := &snapshotRound{snapshot: b, r: r, s: s, ds: ds, data: data[i], add: f.of(i)}
				if err := m.run(ctx); err != nil {
					return fmt.Errorf("%s on %s: %w", ds.name, s.Name, err)
				}
			}
		}
		r.Progress("%s took %v", ds.name, time.Since(began).Round(time.Second))
		r.Note("%s, server on %s: processors were %s", ds.name, orAll(at.server), before.Since(report.CurrentLoad()))
		return r.Tables(f.table(&b.peers, ds.name+": "+at.title()))
	})
}

// reportMissing notes in the report that a server has no such directive.
func reportMissing(r *report.Report, s *peer.Peer, name string) error {
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	if _, has, err := directive(c, name); has || err != nil {
		return err
	}
	r.NoteOnce("%s has no directive %s and is measured without", s.Name, name)
	return nil
}

// fillMeasured makes the data and returns how much memory it takes.
func fillMeasured(ctx context.Context, s *peer.Peer, ds dataset) (int64, error) {
	c, err := s.Dial()
	if err != nil {
		return 0, err
	}
	defer c.Close()
	empty, _, err := settled(ctx, s, c)
	if err != nil {
		return 0, err
	}
	if err := ds.fill(ctx, s.Addr); err != nil {
		return 0, err
	}
	full, _, err := settled(ctx, s, c)
	return max(full-empty, 1), err
}

// snapshotRound measures one peer once. Latency and memory have saves of
// their own, since reading a process's memory map holds its lock.
type snapshotRound struct {
	*snapshot
	r    *report.Report
	s    *peer.Peer
	c    *load.Conn
	ds   dataset
	data int64 // bytes
	add  adder
}

func (m *snapshotRound) run(ctx context.Context) error {
	c, err := m.s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	c.Timeout = taskTimeout
	m.c = c
	m.add("data, MiB", float64(m.data)/mib)
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"latency", m.latency},
		{"stalls", m.stalls},
		{"length of a save", m.lengths},
		{"memory under the open loop", m.openMemory},
		{"memory at full speed", m.fullMemory},
	} {
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return nil
}

func (m *snapshotRound) watching(o load.Open) watching {
	o.Addr, o.Seed = m.s.Addr, 1
	return watching{load: o, task: bgsave, length: seconds(m.seconds), most: m.maxSaves, warmUp: warmUp, progress: m.r.Progress}
}

func (m *snapshotRound) openLoop() load.Open {
	return load.Open{Conns: m.conns, Rate: m.rate, Command: m.ds.overwrite}
}

// latency compares the open loop alone with the same beside saves.
func (m *snapshotRound) latency(ctx context.Context) error {
	w := m.watching(m.openLoop())
	alone, err := w.alone(ctx)
	if err != nil {
		return fmt.Errorf("idle run: %w", err)
	}
	during, saves, starts, err := w.beside(ctx, m.c)
	if err != nil {
		return err
	}
	var reply, fork, length []float64
	for _, x := range saves {
		reply = append(reply, ms(x.reply))
		fork = append(fork, float64(x.forkUsec)/1000)
		length = append(length, (x.to - x.from).Seconds())
	}
	idle, saving := load.Summarize(alone), load.Summarize(during)
	m.add.perRun("start: latest_fork_usec, ms", fork)
	m.add.perRun("start: BGSAVE to its reply, ms", reply)
	m.add.perRun(fmt.Sprintf("start: worst request within %v of BGSAVE, ms", startWindow), starts)
	m.add.summary("idle", idle)
	m.add.summary("saving", saving)
	m.add.ratios("saving/idle", idle, saving)
	m.add("client alone: p99.9 of sending late, idle, ms", ms(load.SummarizeLate(alone).P999))
	m.add("client alone: p99.9 of sending late, saving, ms", ms(load.SummarizeLate(during).P999))
	m.add("open loop: length of a save, s", report.Median(length))
	return nil
}

// stalls looks for the longest wait of each kind of write.
func (m *snapshotRound) stalls(ctx context.Context) error {
	for _, kind := range m.ds.writers {
		w := m.watching(load.Open{Conns: m.stallConns, Rate: m.stallRate, Command: kind.command()})
		alone, err := w.alone(ctx)
		if err != nil {
			return fmt.Errorf("%s, idle: %w", kind.name, err)
		}
		during, _, _, err := w.beside(ctx, m.c)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		idle, saving := load.Summarize(alone), load.Summarize(during)
		m.add("stall, "+kind.name+": idle p99.9, ms", ms(idle.P999))
		m.add("stall, "+kind.name+": saving p99.9, ms", ms(saving.P999))
		m.add("stall, "+kind.name+": idle longest, ms", ms(idle.Max))
		m.add("stall, "+kind.name+": saving longest, ms", ms(saving.Max))
		m.add("stall, "+kind.name+": longest less that of idle, ms", ms(saving.Max-idle.Max))
	}
	return nil
}
