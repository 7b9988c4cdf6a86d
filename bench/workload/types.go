package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// operation is a command to measure. In it redis-benchmark replaces
// __rand_int__ by a number of twelve digits below -r.
type operation struct {
	name    string
	command string
	// fill appends command i of those that make the data; fills is how many.
	fill  func(dst []byte, i uint64) []byte
	fills uint64
	// heavy divides the number of requests: a reply of hundreds of elements.
	heavy int
}

// The data that operations work on.
const (
	members    = 100_000 // of the large collections
	listLength = 1000
)

// each returns a fill of one command line per number, in which %d and %012d
// stand for the number.
func each(line string) func(dst []byte, i uint64) []byte {
	words := strings.Fields(line)
	return func(dst []byte, i uint64) []byte {
		args := make([]string, len(words))
		for k, w := range words {
			if args[k] = w; strings.Contains(w, "%") {
				args[k] = fmt.Sprintf(w, i)
			}
		}
		return load.AppendCommand(dst, args...)
	}
}

// operations are the commands of redis-benchmark's default set, and others that
// a type is used for.
var operations = []operation{
	{name: "PING", command: "PING"},
	{name: "SET", command: "SET key:__rand_int__ 0123456789abcdef0123456789abcdef"},
	{name: "GET", command: "GET key:__rand_int__"},
	{name: "INCR", command: "INCR counter:__rand_int__"},
	{name: "MSET (10)", command: "MSET" + strings.Repeat(" key:__rand_int__ 0123456789abcdef0123456789abcdef", 10), heavy: 4},
	{name: "LPUSH", command: "LPUSH mylist 0123456789abcdef0123456789abcdef"},
	{name: "RPUSH", command: "RPUSH mylist 0123456789abcdef0123456789abcdef"},
	{name: "LPOP", command: "LPOP mylist"},
	{name: "RPOP", command: "RPOP mylist"},
	{name: "LRANGE_100", command: "LRANGE range 0 99", fill: each("RPUSH range xxxxxxxxxxxxxxxxxxxx%012d"), fills: listLength, heavy: 8},
	{name: "LRANGE_300", command: "LRANGE range 0 299", heavy: 16},
	{name: "LRANGE_600", command: "LRANGE range 0 599", heavy: 32},
	{name: "SADD", command: "SADD myset element:__rand_int__"},
	{name: "SISMEMBER", command: "SISMEMBER myset element:__rand_int__"},
	{name: "SPOP", command: "SPOP myset"},
	{name: "HSET", command: "HSET myhash element:__rand_int__ 0123456789abcdef0123456789abcdef"},
	{name: "HGET", command: "HGET myhash element:__rand_int__"},
	{name: "HINCRBY", command: "HINCRBY counts element:__rand_int__ 1"},
	{name: "HGETALL (50)", command: "HGETALL hash50", fill: each("HSET hash50 field:%d value:%012d"), fills: 50, heavy: 8},
	{name: "ZADD", command: "ZADD myzset __rand_int__ element:__rand_int__"},
	{name: "ZRANK", command: "ZRANK ranks element:__rand_int__", fill: each("ZADD ranks %d element:%012d"), fills: members},
	{name: "ZSCORE", command: "ZSCORE ranks element:__rand_int__"},
	{name: "ZRANGEBYSCORE (10)", command: "ZRANGEBYSCORE ranks __rand_int__ +inf LIMIT 0 10", heavy: 2},
	{name: "ZPOPMIN", command: "ZPOPMIN myzset"},
	{name: "XADD", command: "XADD mystream * field 0123456789abcdef0123456789abcdef"},
	{name: "XRANGE (10)", command: "XRANGE entries __rand_int__-0 + COUNT 10", fill: each("XADD entries * field 0123456789abcdef%012d"), fills: members, heavy: 4},
}

// types compares what the operations of every type cost the server.
type types struct {
	cpu
	only string
}

func typesFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	t := &types{cpu: cpu{pipelines: intList{1, 32}, size: 32}}
	t.peers.flags(fs, 3)
	fs.StringVar(&t.serverCPUs, "server-cpus", "0", "processors for each server, as taskset -c takes them")
	fs.StringVar(&t.only, "only", "", "operations to measure, between commas, as ZADD,LRANGE_100; empty for all")
	fs.Var(&t.pipelines, "pipelines", "depths of pipelining")
	fs.Var(&t.ops, "n", "requests of a run: one number for each depth, or one for all; fewer for replies of many elements")
	fs.IntVar(&t.clients, "clients", 50, "connections")
	fs.IntVar(&t.key, "keys", 100_000, "size of the space of random keys, members and fields")
	return t.run
}

func (t *types) run(ctx context.Context, r *report.Report) error {
	if len(t.ops) == 0 {
		for _, depth := range t.pipelines {
			t.ops = append(t.ops, defaultOps(depth)/2)
		}
	}
	if err := t.check(); err != nil {
		return err
	}
	ops, err := t.chosen()
	if err != nil {
		return err
	}
	if err := t.begin(r, "CPU per operation of every type"); err != nil {
		return err
	}
	r.Note("server on processor %s; CPU is user + system time of all its threads over the run", orAll(t.serverCPUs))
	return t.withPeers(r, t.serverCPUs, func(servers []*peer.Peer) error {
		cost := &report.Table{Title: "Server CPU per operation, µs", Header: t.compareHeader([]string{"operation", "pipeline"}, "")}
		for _, op := range operations {
			if op.fill == nil {
				continue
			}
			for _, s := range servers {
				if err := load.FillWith(ctx, s.Addr, op.fills, op.fill); err != nil {
					return fmt.Errorf("fill %s for %s: %w", s.Name, op.name, err)
				}
			}
		}
		for _, op := range ops {
			for i, depth := range t.pipelines {
				if err := t.operation(ctx, r, servers, op, depth, t.ops[i%len(t.ops)]/max(op.heavy, 1), cost); err != nil {
					return err
				}
			}
		}
		return r.Tables(cost)
	})
}

// chosen are the operations that -only names, in the order of the table.
func (t *types) chosen() ([]operation, error) {
	if t.only == "" {
		return operations, nil
	}
	var out []operation
	for _, op := range operations {
		for name := range strings.SplitSeq(t.only, ",") {
			if short, _, _ := strings.Cut(op.name, " "); strings.EqualFold(short, name) {
				out = append(out, op)
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("-only names none of the operations")
	}
	return out, nil
}

// operation measures one operation at one depth, all rounds.
func (t *types) operation(ctx context.Context, r *report.Report, servers []*peer.Peer, op operation, depth, ops int, cost *report.Table) error {
	micros := make([][]float64, len(servers))
	args := append([]string{"-r", strconv.Itoa(t.key), "-c", strconv.Itoa(t.clients), "-P", strconv.Itoa(depth),
		"-n", strconv.Itoa(ops), "--csv"}, strings.Fields(op.command)...)
	for round := range t.rounds {
		for i, s := range servers {
			m, err := t.measureArgs(ctx, r, s, args, ops)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", op.name, s.Name, err)
			}
			r.Progress("%s -P %d round %d %s: %.3f µs/op, %.0f requests/s", op.name, depth, round+1, s.Name, m.micros, m.perSecond)
			micros[i] = append(micros[i], m.micros)
		}
	}
	cost.Add(compare([]any{op.name, depth}, micros, decimals(3))...)
	return nil
}
