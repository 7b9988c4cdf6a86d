package workload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
)

const (
	memoryPoll = 50 * time.Millisecond // between two looks at the memory
	// workersDirective sets how many workers write a snapshot, where a server has
	// more than one.
	workersDirective = "snapshot-workers"
)

// lengths takes the time of a save without load: with one worker, then with as
// many as the server takes by itself. A server without the directive has one.
func (m *snapshotRound) lengths(ctx context.Context) error {
	own, has, err := directive(m.c, workersDirective)
	if err != nil {
		return err
	}
	for _, x := range []struct{ workers, name string }{{"1", "one worker"}, {own, "workers by default"}} {
		if has {
			if _, err := m.c.Do("CONFIG", "SET", workersDirective, x.workers); err != nil {
				return err
			}
		}
		from := time.Now()
		if _, err := bgsave.run(ctx, m.c, quietPoll); err != nil {
			return err
		}
		m.add("no load: length of a save, "+x.name+", s", time.Since(from).Seconds())
	}
	if st, err := os.Stat(filepath.Join(m.s.Dir, "dump.rdb")); err == nil {
		m.add("size of the file, MiB", float64(st.Size())/mib)
	}
	return nil
}

// directive returns the value of a directive, false if the server has no such.
func directive(c *load.Conn, name string) (string, bool, error) {
	rep, err := c.Do("CONFIG", "GET", name)
	if err != nil || len(rep.Array) < 2 {
		return "", false, err
	}
	return rep.Array[1].Str, true, nil
}

// openMemory is one save under the open loop with the memory watched.
func (m *snapshotRound) openMemory(ctx context.Context) error {
	o := m.openLoop()
	o.Addr, o.Seed = m.s.Addr, 1
	run, err := o.Start()
	if err != nil {
		return err
	}
	_, err = m.watched(ctx, "open loop")
	_, stopErr := run.Stop()
	return errors.Join(err, stopErr)
}

// fullMemory is the same at full speed.
func (m *snapshotRound) fullMemory(ctx context.Context) error {
	full := m.closed
	full.Addr, full.Seed, full.Command = m.s.Addr, 2, m.ds.overwrite
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
	length, err := m.watched(ctx, "full speed")
	cancel()
	o := <-done
	if err := errors.Join(err, o.err); err != nil {
		return err
	}
	m.add("full speed: length of a save, s", length.Seconds())
	m.add("full speed: thousand writes/s, save included", o.res.PerSecond()/1000)
	m.add("full speed: p99.9 of a batch, ms", ms(o.res.Batch.P999))
	m.add("full speed: longest batch, ms", ms(o.res.Batch.Max))
	return nil
}

// watched runs one save under the load that is on, adds the extra memory, and
// returns the length of the save.
func (m *snapshotRound) watched(ctx context.Context, under string) (time.Duration, error) {
	if err := sleep(ctx, warmUp); err != nil {
		return 0, err
	}
	before, err := m.s.Memory()
	if err != nil {
		return 0, err
	}
	wctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := m.s.WatchMemory(wctx, memoryPoll)
	from := time.Now()
	_, err = bgsave.run(ctx, m.c, taskPoll)
	length := time.Since(from)
	cancel()
	peak, n, watchErr := w.Peak()
	if err := errors.Join(err, watchErr); err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fmt.Errorf("the memory of %s was never read", m.s.Name)
	}
	extra := float64(peak.PSS - before.PSS)
	m.add(under+": memory before, MiB", float64(before.PSS)/mib)
	m.add(under+": extra memory, MiB", extra/mib)
	m.add(under+": extra memory, % of the data", 100*extra/float64(m.data))
	cow, err := peer.InfoInt(m.c, "persistence", "rdb_last_cow_size")
	m.add(under+": rdb_last_cow_size, MiB", float64(cow)/mib)
	return length, err
}
