package workload

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// cpu compares what an operation costs the server.
type cpu struct {
	peers
	serverCPUs         string
	tests              string
	pipelines, ops     intList
	clients, size, key int
}

func cpuFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	c := &cpu{pipelines: intList{1, 16, 64}}
	c.peers.flags(fs, 5)
	fs.StringVar(&c.serverCPUs, "server-cpus", "0", "processors for each server, as taskset -c takes them")
	fs.StringVar(&c.tests, "tests", "set,get", "tests of redis-benchmark (its -t), between commas")
	fs.Var(&c.pipelines, "pipelines", "depths of pipelining")
	fs.Var(&c.ops, "n", "requests of a run: one number for each depth, or one for all (default some seconds' worth)")
	fs.IntVar(&c.clients, "clients", 50, "connections")
	fs.IntVar(&c.size, "size", 32, "bytes of a value")
	fs.IntVar(&c.key, "keys", 1_000_000, "size of the key space, loaded before the runs")
	return c.run
}

func (c *cpu) run(ctx context.Context, r *report.Report) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.begin(r, "CPU per operation"); err != nil {
		return err
	}
	r.Note("server on processor %s; CPU is user + system time of all its threads over the run", orAll(c.serverCPUs))
	return c.withPeers(r, c.serverCPUs, func(servers []*peer.Peer) error {
		for _, s := range servers {
			r.Progress("%s: load %d keys", s.Name, c.key)
			if err := load.Fill(ctx, s.Addr, "key:", uint64(c.key), load.FixedValue(c.size)); err != nil {
				return err
			}
		}
		cost := &report.Table{Title: "Server CPU per operation, µs", Header: c.compareHeader([]string{"test", "pipeline"}, "")}
		rate := &report.Table{Title: "Throughput, thousand requests/s", Header: c.compareHeader([]string{"test", "pipeline"}, "")}
		for i, depth := range c.pipelines {
			for test := range strings.SplitSeq(c.tests, ",") {
				if err := c.row(ctx, r, servers, test, depth, c.ops[i%len(c.ops)], cost, rate); err != nil {
					return err
				}
			}
		}
		return r.Tables(cost, rate)
	})
}

// check refuses flags that make no sense and fills in the lengths of the runs.
func (c *cpu) check() error {
	if c.clients < 1 || c.size < 1 || c.key < 1 {
		return errors.New("-clients, -size and -keys must be above zero")
	}
	if len(c.ops) == 0 {
		for _, depth := range c.pipelines {
			c.ops = append(c.ops, defaultOps(depth))
		}
	}
	if len(c.ops) != 1 && len(c.ops) != len(c.pipelines) {
		return fmt.Errorf("-n has %d numbers for %d depths of pipelining", len(c.ops), len(c.pipelines))
	}
	return nil
}

// defaultOps is about three seconds' worth of requests for a server that does
// a hundred thousand a second, and ten times that with deep pipelining.
func defaultOps(depth int) int {
	switch {
	case depth < 4:
		return 300_000
	case depth < 32:
		return 2_000_000
	}
	return 4_000_000
}

// row measures one test at one depth, all rounds, and adds it to both tables.
func (c *cpu) row(ctx context.Context, r *report.Report, servers []*peer.Peer, test string, depth, ops int, cost, rate *report.Table) error {
	micros, kops := make([][]float64, len(servers)), make([][]float64, len(servers))
	for round := range c.rounds {
		for i, s := range servers {
			m, err := c.measure(ctx, r, s, test, depth, ops)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", test, s.Name, err)
			}
			r.Progress("%s -P %d round %d %s: %.3f µs/op, %.0f requests/s", test, depth, round+1, s.Name, m.micros, m.perSecond)
			micros[i] = append(micros[i], m.micros)
			kops[i] = append(kops[i], m.perSecond/1000)
		}
	}
	head := []any{strings.ToUpper(test), depth}
	cost.Add(compare(head[:2:2], micros, decimals(3))...)
	rate.Add(compare(head[:2:2], kops, decimals(1))...)
	return nil
}

// measurement is one run: server CPU per request, and the client's rate.
type measurement struct{ micros, perSecond float64 }

func (c *cpu) measure(ctx context.Context, r *report.Report, s *peer.Peer, test string, depth, ops int) (measurement, error) {
	args := []string{"-t", test, "-d", strconv.Itoa(c.size), "-r", strconv.Itoa(c.key),
		"-c", strconv.Itoa(c.clients), "-P", strconv.Itoa(depth), "-n", strconv.Itoa(ops), "--csv"}
	return c.measureArgs(ctx, r, s, args, ops)
}

// measureArgs runs redis-benchmark with args, ops requests a test.
func (c *cpu) measureArgs(ctx context.Context, r *report.Report, s *peer.Peer, args []string, ops int) (measurement, error) {
	if err := s.MarkCPU(); err != nil {
		return measurement{}, err
	}
	results, err := redisBenchmark(ctx, r, c.clientCPUs, s.Addr, args)
	if err != nil {
		return measurement{}, err
	}
	used, err := s.SinceMark()
	if err != nil {
		return measurement{}, err
	}
	var seconds float64
	for _, b := range results {
		seconds += float64(ops) / b.perSecond
	}
	total := float64(ops * len(results))
	return measurement{micros: used.Seconds() * 1e6 / total, perSecond: total / seconds}, nil
}

// benchResult is one line of redis-benchmark's CSV.
type benchResult struct {
	test      string
	perSecond float64
	p50, p99  float64 // ms
}

// redisBenchmark runs redis-benchmark to its end. An error reply or a lost
// connection makes it fail.
func redisBenchmark(ctx context.Context, r *report.Report, cpus, addr string, args []string) ([]benchResult, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", addr, err)
	}
	var pin []string
	if cpus != "" {
		pin = []string{"taskset", "-c", cpus}
	}
	line := append(pin[:len(pin):len(pin)], "redis-benchmark")
	r.Command(peer.Join(append(line[:len(line):len(line)], args...)) + "   # with -h HOST -p PORT")
	line = append(append(line, "-h", host, "-p", port), args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", peer.Join(line), err, lastLine(stderr.String()+stdout.String()))
	}
	out, err := parseBenchmark(stdout.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", peer.Join(line), err)
	}
	return out, nil
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// parseBenchmark reads the CSV of redis-benchmark 7: a header, then one line
// per test.
func parseBenchmark(text string) ([]benchResult, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("output of redis-benchmark: %w", err)
	}
	if len(rows) < 2 {
		return nil, errors.New("redis-benchmark gave no result: no such test?")
	}
	col := map[string]int{}
	for i, name := range rows[0] {
		col[name] = i
	}
	var out []benchResult
	for _, row := range rows[1:] {
		b := benchResult{test: row[0]}
		for name, to := range map[string]*float64{"rps": &b.perSecond, "p50_latency_ms": &b.p50, "p99_latency_ms": &b.p99} {
			i, ok := col[name]
			if !ok {
				return nil, fmt.Errorf("redis-benchmark's CSV has no column %s: is it older than 6.2?", name)
			}
			if *to, err = strconv.ParseFloat(row[i], 64); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", name, row[0], err)
			}
		}
		if b.perSecond <= 0 {
			return nil, fmt.Errorf("%s: rate %v", b.test, b.perSecond)
		}
		out = append(out, b)
	}
	return out, nil
}
