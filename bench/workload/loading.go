package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// loadLimit is the longest that a server may take to load.
const loadLimit = 30 * time.Minute

// defaultMaker makes the files that all servers load.
const defaultMaker = `redis-server --port {port} --save "" --dir {dir}`

// loading compares how long servers take to load the same files.
type loading struct {
	settings
	datasets
	maker   string
	writes  int
	formats string
}

func loadFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	l := &loading{}
	l.settings.flags(fs, 3)
	l.datasets.flags(fs)
	fs.StringVar(&l.maker, "maker", defaultMaker, "the server that makes the files: its command line with {port} and {dir}")
	fs.IntVar(&l.writes, "aof-writes", 3_000_000, "commands in the incremental file of the AOF")
	fs.StringVar(&l.formats, "formats", "rdb,aof", "what to load, between commas")
	return l.run
}

func (l *loading) run(ctx context.Context, r *report.Report) error {
	if l.writes < 1 {
		return errors.New("-aof-writes must be above zero")
	}
	for f := range strings.SplitSeq(l.formats, ",") {
		if f != "rdb" && f != "aof" {
			return fmt.Errorf("-formats %q: there are rdb and aof", f)
		}
	}
	sets, err := l.chosen()
	if err != nil {
		return err
	}
	maker, err := peer.ParseSpec("maker=" + l.maker)
	if err != nil {
		return err
	}
	l.defaultsWithoutAOF()
	if err := l.begin(r, "Loading at the start"); err != nil {
		return err
	}
	r.Note("from the start of the process to the first +PONG that is not -LOADING; files made by %s, copied for each start, in the page cache", peer.Join(maker.Args))
	r.Note("rdb: the data set; aof: the data set as base (RDB) and %d commands of the data set's mixture of writes as incremental file", l.writes)
	for _, ds := range sets {
		r.Note("%s: %s", ds.name, ds.about)
	}
	for _, ds := range sets {
		if err := l.dataset(ctx, r, ds, maker); err != nil {
			return fmt.Errorf("%s: %w", ds.name, err)
		}
	}
	return nil
}

// dataset makes the files of one data set and loads them in all settings.
func (l *loading) dataset(ctx context.Context, r *report.Report, ds dataset, maker peer.Spec) error {
	began := time.Now()
	return l.withDir(func(dir string) error {
		r.Progress("make the files of %s", ds.name)
		files, err := makeFiles(ctx, dir, l.port, maker, ds, l.writes)
		if err != nil {
			return err
		}
		r.Note("%s: dump.rdb has %.1f MiB; the AOF's base has %.1f MiB, its incremental file %.1f MiB", ds.name,
			float64(files.rdbBytes)/mib, float64(files.baseBytes)/mib, float64(files.incrBytes)/mib)
		err = l.settings.run(func(at setting) error { return l.setting(ctx, r, at, ds, files, dir) })
		r.Progress("%s took %v", ds.name, time.Since(began).Round(time.Second))
		return err
	})
}

// setting runs all rounds in one setting and writes their table.
func (l *loading) setting(ctx context.Context, r *report.Report, at setting, ds dataset, files dataFiles, dir string) error {
	before := report.CurrentLoad()
	f := newFigures(len(l.specs))
	for round := range l.rounds {
		for i := range l.specs {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := l.start(r, at, i, dir, "empty", files, f.of(i)); err != nil {
				return err
			}
			for format := range strings.SplitSeq(l.formats, ",") {
				r.Progress("%s, %s, round %d, %s of %s", at.title(), l.specs[i].Name, round+1, format, ds.name)
				if err := l.start(r, at, i, dir, format, files, f.of(i)); err != nil {
					return err
				}
			}
		}
	}
	r.Note("%s, server on %s: processors were %s", ds.name, orAll(at.server), before.Since(report.CurrentLoad()))
	return r.Tables(f.table(&l.peers, ds.name+": "+at.title()))
}

// start starts peer i with the files of format, waits until it has loaded
// them, checks the number of keys, and adds what it took.
func (l *loading) start(r *report.Report, at setting, i int, dir, format string, files dataFiles, add adder) (err error) {
	own, err := os.MkdirTemp(dir, "start-")
	if err != nil {
		return fmt.Errorf("make a directory for %s: %w", l.specs[i].Name, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(own)) }()
	keys, more, err := files.copyTo(own, format)
	if err != nil {
		return err
	}
	s, err := l.startIn(r, i, at.server, own, loadLimit, more...)
	if err != nil {
		return fmt.Errorf("load %s: %w", format, err)
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	cpu, err := s.UsedCPU()
	if err != nil {
		return err
	}
	if err := loaded(s, keys); err != nil {
		return fmt.Errorf("%s after loading %s: %w", s.Name, format, err)
	}
	r.Progress("  %s: %v, %v of CPU", format, s.Ready.Round(time.Millisecond), cpu.Round(time.Millisecond))
	add(format+": start to the first +PONG, s", s.Ready.Seconds())
	add(format+": CPU of the server, s", cpu.Seconds())
	return nil
}

// loaded checks that a server has loaded so many keys.
func loaded(s *peer.Peer, keys int) error {
	c, err := s.Dial()
	if err != nil {
		return err
	}
	defer c.Close()
	switch n, err := peer.InfoInt(c, "persistence", "loading"); {
	case err != nil:
		return err
	case n != 0:
		return errors.New("it answers PING while INFO says loading:1")
	}
	return wantKeys(c, keys)
}
