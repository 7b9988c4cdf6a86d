package workload

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"flag"
	"fmt"
	"sync"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// script is a Lua script to measure, as clients run them: by EVALSHA.
type script struct {
	name, text string
	args       string // from the number of keys on
	heavy      int    // divides the number of requests
}

// The scripts. The second one takes an item of a reliable queue: from the pending
// list to the list of what is worked on, with the time it was taken at.
var scripts = []script{
	{name: "one GET", text: "return redis.call('GET', KEYS[1])", args: "1 key:__rand_int__"},
	{
		name: "reliable queue", args: "3 pending pending taken __rand_int__", heavy: 2,
		text: "local id = redis.call('LMOVE', KEYS[1], KEYS[2], 'RIGHT', 'LEFT') " +
			"if id then redis.call('ZADD', KEYS[3], ARGV[1], id) end return id",
	},
	{
		name: "100 INCR", args: "1 counter", heavy: 40,
		text: "local n for i = 1, 100 do n = redis.call('INCR', KEYS[1]) end return n",
	},
	{
		name: "100 steps of Lua", args: "0", heavy: 10,
		text: "local s = 0 for i = 1, 100 do if i % 3 == 0 then s = s + i else s = s - 1 end end return s",
	},
}

func (s script) digest() string {
	sum := sha1.Sum([]byte(s.text))
	return hex.EncodeToString(sum[:])
}

// setsPerTransaction is how many SETs a transaction has.
const setsPerTransaction = 10

func scriptsFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	t := &types{cpu: cpu{pipelines: intList{1, 16}, size: 32}}
	t.peers.flags(fs, 3)
	fs.StringVar(&t.serverCPUs, "server-cpus", "0", "processors for each server, as taskset -c takes them")
	fs.Var(&t.pipelines, "pipelines", "depths of pipelining")
	fs.Var(&t.ops, "n", "requests of a run: one number for each depth, or one for all; fewer for scripts that take long")
	fs.IntVar(&t.clients, "clients", 50, "connections")
	fs.IntVar(&t.key, "keys", 100_000, "size of the space of random keys")
	return t.runScripts
}

func (t *types) runScripts(ctx context.Context, r *report.Report) error {
	if len(t.ops) == 0 {
		for _, depth := range t.pipelines {
			t.ops = append(t.ops, defaultOps(depth)/4)
		}
	}
	if err := t.check(); err != nil {
		return err
	}
	if err := t.begin(r, "CPU per script and transaction"); err != nil {
		return err
	}
	r.Note("server on processor %s; CPU is user + system time of all its threads over the run", orAll(t.serverCPUs))
	return t.withPeers(r, t.serverCPUs, func(servers []*peer.Peer) error {
		cost := &report.Table{Title: "Server CPU per script or transaction, µs", Header: t.compareHeader([]string{"script", "pipeline"}, "")}
		for _, s := range servers {
			if err := t.prepare(ctx, s); err != nil {
				return fmt.Errorf("prepare %s: %w", s.Name, err)
			}
		}
		for _, s := range scripts {
			op := operation{name: s.name, command: "EVALSHA " + s.digest() + " " + s.args, heavy: s.heavy}
			for i, depth := range t.pipelines {
				if err := t.operation(ctx, r, servers, op, depth, t.ops[i%len(t.ops)]/max(op.heavy, 1), cost); err != nil {
					return err
				}
			}
		}
		for i, depth := range t.pipelines {
			if err := t.transactions(ctx, r, servers, depth, t.ops[i%len(t.ops)]/setsPerTransaction, cost); err != nil {
				return err
			}
		}
		return r.Tables(cost)
	})
}

// prepare loads the scripts and what they work on.
func (t *types) prepare(ctx context.Context, s *peer.Peer) error {
	if err := load.Fill(ctx, s.Addr, "key:", uint64(t.key), load.FixedValue(t.size)); err != nil {
		return err
	}
	if err := load.FillWith(ctx, s.Addr, listLength, each("RPUSH pending item:%012d")); err != nil {
		return err
	}
	return load.FillWith(ctx, s.Addr, uint64(len(scripts)), func(dst []byte, i uint64) []byte {
		return load.AppendCommand(dst, "SCRIPT", "LOAD", scripts[i].text)
	})
}

// transactions measures MULTI, ten SETs and EXEC.
func (t *types) transactions(ctx context.Context, r *report.Report, servers []*peer.Peer, depth, n int, cost *report.Table) error {
	micros := make([][]float64, len(servers))
	for round := range t.rounds {
		for i, s := range servers {
			if err := s.MarkCPU(); err != nil {
				return err
			}
			if err := t.transact(ctx, s.Addr, depth, n/t.clients); err != nil {
				return fmt.Errorf("transactions on %s: %w", s.Name, err)
			}
			used, err := s.SinceMark()
			if err != nil {
				return err
			}
			m := used.Seconds() * 1e6 / float64(n/t.clients*t.clients)
			r.Progress("MULTI 10 SET EXEC -P %d round %d %s: %.3f µs", depth, round+1, s.Name, m)
			micros[i] = append(micros[i], m)
		}
	}
	cost.Add(compare([]any{"MULTI, 10 SET, EXEC", depth}, micros, decimals(3))...)
	return nil
}

// transact has every client run n transactions, depth of them at a time.
func (t *types) transact(ctx context.Context, addr string, depth, n int) error {
	errs := make(chan error, t.clients)
	var wg sync.WaitGroup
	for client := range t.clients {
		wg.Go(func() {
			if err := t.transactAlone(ctx, addr, client, depth, n); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	return <-errs
}

func (t *types) transactAlone(ctx context.Context, addr string, client, depth, n int) error {
	conn, err := load.Dial(addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	value := load.FixedValue(t.size)
	var buf []byte
	for done := 0; done < n && ctx.Err() == nil; {
		buf = buf[:0]
		batch := min(depth, n-done)
		for range batch {
			buf = load.AppendCommand(buf, "MULTI")
			for i := range setsPerTransaction {
				key := uint64(client*7919+done*setsPerTransaction+i) % uint64(t.key)
				buf = load.AppendCommand(buf, "SET", string(load.AppendKey(nil, "key:", key)), string(value(nil, key)))
			}
			buf = load.AppendCommand(buf, "EXEC")
			done++
		}
		if err := conn.Flush(buf, batch*(setsPerTransaction+2)); err != nil {
			return fmt.Errorf("client %d: %w", client, err)
		}
	}
	return ctx.Err()
}
