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

// pubsub compares what PUBLISH costs the server, with the delivery of the messages.
type pubsub struct {
	cpu
	subscribers intList
}

func pubsubFlags(fs *flag.FlagSet) func(context.Context, *report.Report) error {
	p := &pubsub{cpu: cpu{pipelines: intList{1, 16}, size: 32, key: 1}, subscribers: intList{1, 10, 1000}}
	p.peers.flags(fs, 5)
	fs.StringVar(&p.serverCPUs, "server-cpus", "0", "processors for each server, as taskset -c takes them")
	fs.Var(&p.subscribers, "subscribers", "clients that have subscribed to the channel")
	fs.Var(&p.pipelines, "pipelines", "depths of pipelining")
	fs.Var(&p.ops, "n", "messages of a run: one number for each number of subscribers, or one for all (default some seconds' worth)")
	fs.IntVar(&p.clients, "clients", 50, "connections that publish")
	fs.IntVar(&p.size, "size", 32, "bytes of a message")
	return p.run
}

func (p *pubsub) run(ctx context.Context, r *report.Report) error {
	if p.clients < 1 || p.size < 1 {
		return errors.New("-clients and -size must be above zero")
	}
	if len(p.ops) > 1 && len(p.ops) != len(p.subscribers) {
		return fmt.Errorf("-n has %d numbers for %d numbers of subscribers", len(p.ops), len(p.subscribers))
	}
	if err := p.begin(r, "CPU of PUBLISH"); err != nil {
		return err
	}
	r.Note("server on processor %s; CPU is user + system time of all its threads until all subscribers have all messages", orAll(p.serverCPUs))
	return p.withPeers(r, p.serverCPUs, func(servers []*peer.Peer) error {
		cost := &report.Table{Title: "Server CPU per PUBLISH, µs", Header: p.compareHeader([]string{"subscribers", "pipeline"}, "")}
		for i, n := range p.subscribers {
			for _, depth := range p.pipelines {
				if err := p.row(ctx, r, servers, n, depth, p.messages(i, n), cost); err != nil {
					return err
				}
			}
		}
		return r.Tables(cost)
	})
}

// messages is how many are published in a run to n subscribers, the i-th number of
// these.
func (p *pubsub) messages(i, n int) int {
	if len(p.ops) > 0 {
		return p.ops[i%len(p.ops)]
	}
	return max(2000, 400_000/(n+3))
}

// row measures one number of subscribers at one depth, all rounds.
func (p *pubsub) row(ctx context.Context, r *report.Report, servers []*peer.Peer, n, depth, messages int, cost *report.Table) error {
	micros := make([][]float64, len(servers))
	for round := range p.rounds {
		for i, s := range servers {
			used, err := p.publish(ctx, r, s, n, depth, messages)
			if err != nil {
				return fmt.Errorf("%d subscribers of %s: %w", n, s.Name, err)
			}
			r.Progress("%d subscribers -P %d round %d %s: %.2f µs", n, depth, round+1, s.Name, used)
			micros[i] = append(micros[i], used)
		}
	}
	cost.Add(compare([]any{n, depth}, micros, decimals(2))...)
	return nil
}

// publish returns the CPU time that each of the messages has cost, in µs.
func (p *pubsub) publish(ctx context.Context, r *report.Report, s *peer.Peer, n, depth, messages int) (micros float64, err error) {
	const channel = "news"
	payload := strings.Repeat("x", p.size)
	audience, err := load.Subscribe(s.Addr, channel, n)
	if err != nil {
		return 0, err
	}
	defer audience.Close()
	if err := s.MarkCPU(); err != nil {
		return 0, err
	}
	args := []string{"-c", strconv.Itoa(p.clients), "-P", strconv.Itoa(depth), "-n", strconv.Itoa(messages), "--csv",
		"PUBLISH", channel, payload}
	if _, err := redisBenchmark(ctx, r, p.clientCPUs, s.Addr, args); err != nil {
		return 0, err
	}
	each := len(load.AppendCommand(nil, "message", channel, payload))
	// redis-benchmark sends whole pipelines, and so sometimes some more.
	sent := (messages + depth - 1) / depth * depth
	if err := audience.Await(ctx, int64(each)*int64(n)*int64(sent)); err != nil {
		return 0, err
	}
	used, err := s.SinceMark()
	if err != nil {
		return 0, err
	}
	return used.Seconds() * 1e6 / float64(sent), nil
}
