// Package workload holds the benchmarks themselves, one file each. A workload
// has flags, runs against servers that speak RESP, and writes a report.
package workload

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// A Workload is one subcommand.
type Workload struct {
	Name  string
	Short string // one line for the list of subcommands
	// Flags defines the workload's flags and returns what runs it once they
	// have been parsed.
	Flags func(*flag.FlagSet) func(context.Context, *report.Report) error
}

// All returns the workloads in the order of the README.
func All() []Workload {
	return []Workload{
		{"cpu", "server CPU per operation and throughput, with redis-benchmark", cpuFlags},
		{"types", "server CPU per operation of every type's commands, with redis-benchmark", typesFlags},
		{"scripts", "server CPU per Lua script and per transaction", scriptsFlags},
		{"pubsub", "server CPU per PUBLISH to few and many subscribers, with redis-benchmark", pubsubFlags},
		{"memory", "bytes per key", memoryFlags},
		{"elements", "bytes per element of collections, large and small", elementsFlags},
		{"snapshot", "latency, start pause, stalls, extra memory and length of BGSAVE under writes", snapshotFlags},
		{"aof", "throughput, latency and CPU of SET at each appendfsync, and beside BGREWRITEAOF", aofFlags},
		{"load", "time to load an RDB file and an AOF", loadFlags},
		{"guest", "redis-benchmark, a load and a checked BGSAVE against a running machine", guestFlags},
		{"boot", "time from starting a machine to +PONG", bootFlags},
	}
}

// The peers of a comparison unless -peer says otherwise. The first is the
// base of the ratios.
var defaultPeers = []string{
	`redis=redis-server --port {port} --save "" --appendonly no --dir {dir}`,
	`redoubt=build/redoubt-server --port {port} --save "" --dir {dir}`,
}

// startLimit is the time for a server without data to answer PING.
const startLimit = 30 * time.Second

// peers is what the workloads that start servers themselves have in common.
type peers struct {
	specs      []peer.Spec
	clientCPUs string
	port       int
	dir        string
	rounds     int
	less       int // added to the niceness that the servers have from the client
}

func (p *peers) flags(fs *flag.FlagSet, rounds int) {
	p.flagsWith(fs, rounds, "1", "processors for the client, as taskset -c takes them; empty for all")
}

func (p *peers) flagsWith(fs *flag.FlagSet, rounds int, clientCPUs, clientUsage string) {
	fs.Func("peer", "name=command line of a server, with {port} and {dir}; give it once per server, the base first (default redis-server and build/redoubt-server)", func(s string) error {
		spec, err := peer.ParseSpec(s)
		p.specs = append(p.specs, spec)
		return err
	})
	fs.StringVar(&p.clientCPUs, "client-cpus", clientCPUs, clientUsage)
	fs.IntVar(&p.port, "port", 0, "first port for the servers, counted up per server; 0 takes free ones")
	fs.StringVar(&p.dir, "dir", "", "where the servers' files go, in a directory that is removed at the end (default the system's)")
	fs.IntVar(&p.rounds, "rounds", rounds, "interleaved rounds")
}

// begin pins the client, fills in the default peers and writes the head of
// the report.
func (p *peers) begin(r *report.Report, title string) error {
	if err := p.check(); err != nil {
		return err
	}
	if err := peer.PinSelf(p.clientCPUs); err != nil {
		return err
	}
	if err := r.Begin(title); err != nil {
		return err
	}
	r.Note("client on processor %s, %d interleaved rounds, medians (lowest–highest)", orAll(p.clientCPUs), p.rounds)
	return nil
}

// check fills in the default peers.
func (p *peers) check() error {
	if len(p.specs) == 0 {
		for _, s := range defaultPeers {
			spec, err := peer.ParseSpec(s)
			if err != nil {
				return err
			}
			p.specs = append(p.specs, spec)
		}
	}
	if p.rounds < 1 {
		return fmt.Errorf("-rounds must be at least 1, not %d", p.rounds)
	}
	return nil
}

func orAll(cpus string) string {
	if cpus == "" {
		return "any"
	}
	return cpus
}

// withPeers starts all peers on cpus, hands them to f, and stops them.
func (p *peers) withPeers(r *report.Report, cpus string, f func([]*peer.Peer) error) error {
	return p.withDir(func(dir string) error {
		var running []*peer.Peer
		for i := range p.specs {
			s, err := p.start(r, i, cpus, dir)
			if err != nil {
				return errors.Join(err, stopAll(running))
			}
			running = append(running, s)
		}
		return errors.Join(f(running), stopAll(running))
	})
}

// withPeer starts one peer alone, hands it to f, and stops it.
func (p *peers) withPeer(r *report.Report, i int, cpus string, f func(*peer.Peer) error) error {
	return p.withDir(func(dir string) error {
		s, err := p.start(r, i, cpus, dir)
		if err != nil {
			return err
		}
		return errors.Join(f(s), s.Stop())
	})
}

func stopAll(running []*peer.Peer) error {
	var errs []error
	for _, s := range running {
		errs = append(errs, s.Stop())
	}
	return errors.Join(errs...)
}

// withDir makes a directory for the servers' files and removes it after f.
func (p *peers) withDir(f func(dir string) error) error {
	dir, err := os.MkdirTemp(p.dir, "redoubt-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the servers' files: %w", err)
	}
	return errors.Join(f(dir), os.RemoveAll(dir))
}

// start starts peer i with its files under dir and reports its version and
// command.
func (p *peers) start(r *report.Report, i int, cpus, dir string) (*peer.Peer, error) {
	own := filepath.Join(dir, strconv.Itoa(i))
	if err := os.Mkdir(own, 0o755); err != nil {
		return nil, fmt.Errorf("make a directory for %s: %w", p.specs[i].Name, err)
	}
	return p.startIn(r, i, cpus, own, startLimit)
}

// startIn starts peer i in dir with more arguments than its own; it may take
// limit to answer PING.
func (p *peers) startIn(r *report.Report, i int, cpus, dir string, limit time.Duration, more ...string) (*peer.Peer, error) {
	port := 0
	if p.port != 0 {
		port = p.port + i
	}
	spec := p.specs[i]
	spec.Args = append(spec.Args[:len(spec.Args):len(spec.Args)], more...)
	if p.less != 0 {
		spec.Args = append([]string{"nice", "-n", strconv.Itoa(p.less)}, spec.Args...)
	}
	s, err := peer.StartWithin(limit, spec, cpus, port, dir)
	if err != nil {
		return nil, err
	}
	version, err := s.Version()
	if err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	shown := append([]string{"taskset", "-c", cpus}, spec.Args...)
	if cpus == "" {
		shown = spec.Args
	}
	r.Command(fmt.Sprintf("%s   # %s, %s", peer.Join(shown), s.Name, version))
	return s, nil
}

// intList is a flag of numbers above zero between commas.
type intList []int

func (l *intList) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*l)), " ", ","), "[]")
}

func (l *intList) Set(s string) error {
	*l = nil
	for w := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(w))
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not a number above zero", w)
		}
		*l = append(*l, n)
	}
	return nil
}

// spread formats the median of the rounds and, in brackets, their ends.
func spread(v []float64, format func(float64) string) string {
	if len(v) == 0 {
		return "–"
	}
	if len(v) == 1 {
		return format(v[0])
	}
	lo, hi := v[0], v[0]
	for _, x := range v {
		lo, hi = min(lo, x), max(hi, x)
	}
	return fmt.Sprintf("%s (%s–%s)", format(report.Median(v)), format(lo), format(hi))
}

// compare fills the cells of one row: each peer's figure, then the ratio of
// each further peer to the first.
func compare(head []any, perPeer [][]float64, format func(float64) string) []any {
	row := head
	for _, v := range perPeer {
		row = append(row, spread(v, format))
	}
	for _, v := range perPeer[1:] {
		row = append(row, report.Ratio(perPeer[0], v))
	}
	return row
}

// compareHeader is the header that fits compare.
func (p *peers) compareHeader(head []string, unit string) []string {
	h := head
	for _, s := range p.specs {
		h = append(h, strings.TrimSpace(s.Name+" "+unit))
	}
	for _, s := range p.specs[1:] {
		h = append(h, s.Name+"/"+p.specs[0].Name)
	}
	return h
}

func decimals(n int) func(float64) string {
	return func(v float64) string { return strconv.FormatFloat(v, 'f', n, 64) }
}
