package workload

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// settle: memory counts once used_memory has stood still for settleFor, since
// tables are still being moved for a while after a load; settleLimit at most.
const (
	settleFor   = 2 * time.Second
	settlePoll  = 250 * time.Millisecond
	settleLimit = 60 * time.Second
)

// memory compares bytes per key.
type memory struct {
	peers
	serverCPUs string
	keys       int
	values     string
}

func memoryFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	m := &memory{}
	m.peers.flags(fs, 3)
	fs.StringVar(&m.serverCPUs, "server-cpus", "0", "processors for each server, as taskset -c takes them")
	fs.IntVar(&m.keys, "keys", 2_000_000, "keys of 16 bytes")
	fs.StringVar(&m.values, "values", "32", "kinds of values, between commas: a size in bytes, or int for numbers of eight digits")
	return m.run
}

func (m *memory) run(ctx context.Context, r *report.Report) error {
	if m.keys < 1 {
		return fmt.Errorf("-keys must be at least 1, not %d", m.keys)
	}
	if err := m.begin(r, "Memory per key"); err != nil {
		return err
	}
	r.Note("%d keys of 16 bytes; (after the load − empty server) / keys; every figure from a fresh server", m.keys)
	t := &report.Table{Title: "Bytes per key", Header: m.compareHeader([]string{"value", "figure"}, "")}
	for kind := range strings.SplitSeq(m.values, ",") {
		if err := m.kind(ctx, r, t, kind); err != nil {
			return err
		}
	}
	return r.Tables(t)
}

func (m *memory) kind(ctx context.Context, r *report.Report, t *report.Table, kind string) error {
	value, err := load.ParseValue(kind)
	if err != nil {
		return err
	}
	used, rss := make([][]float64, len(m.specs)), make([][]float64, len(m.specs))
	for range m.rounds {
		for i := range m.specs {
			err := m.withPeer(r, i, m.serverCPUs, func(s *peer.Peer) error {
				u, p, err := m.measure(ctx, s, value)
				r.Progress("value %s %s: used_memory %.1f, RSS %.1f bytes/key", kind, s.Name, u, p)
				used[i], rss[i] = append(used[i], u), append(rss[i], p)
				return err
			})
			if err != nil {
				return fmt.Errorf("memory of %s: %w", m.specs[i].Name, err)
			}
		}
	}
	if kind != "int" {
		kind += " B"
	}
	t.Add(compare([]any{kind, "used_memory"}, used, decimals(1))...)
	t.Add(compare([]any{kind, "RSS"}, rss, decimals(1))...)
	return nil
}

// measure loads the keys and returns what they cost, in bytes per key.
func (m *memory) measure(ctx context.Context, s *peer.Peer, value load.Value) (used, rss float64, err error) {
	c, err := s.Dial()
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	u0, m0, err := settled(ctx, s, c)
	if err != nil {
		return 0, 0, err
	}
	if err := load.Fill(ctx, s.Addr, "key:", uint64(m.keys), value); err != nil {
		return 0, 0, err
	}
	u1, m1, err := settled(ctx, s, c)
	if err != nil {
		return 0, 0, err
	}
	if err := wantKeys(c, m.keys); err != nil {
		return 0, 0, err
	}
	n := float64(m.keys)
	return float64(u1-u0) / n, float64(m1.RSS-m0.RSS) / n, nil
}

// wantKeys checks that all keys of a load are there.
func wantKeys(c *load.Conn, keys int) error {
	rep, err := c.Do("DBSIZE")
	if err != nil {
		return err
	}
	if rep.Int != int64(keys) {
		return fmt.Errorf("DBSIZE is %d after loading %d keys", rep.Int, keys)
	}
	return nil
}

// settled waits for used_memory to stand still (to a thousandth) and returns
// it with the memory of the process.
func settled(ctx context.Context, s *peer.Peer, c *load.Conn) (int64, peer.Memory, error) {
	began, since := time.Now(), time.Now()
	var last int64
	for {
		u, err := peer.InfoInt(c, "memory", "used_memory")
		if err != nil {
			return 0, peer.Memory{}, err
		}
		if diff := u - last; diff > last/1000 || -diff > last/1000 {
			last, since = u, time.Now()
		}
		if time.Since(since) >= settleFor || time.Since(began) >= settleLimit {
			mem, err := s.Memory()
			return u, mem, err
		}
		select {
		case <-ctx.Done():
			return 0, peer.Memory{}, ctx.Err()
		case <-time.After(settlePoll):
		}
	}
}
