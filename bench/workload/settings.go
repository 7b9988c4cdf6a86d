package workload

import (
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// settings is what workloads have in common that run with one processor for
// the servers, then with two.
type settings struct {
	peers
	serverCPUs string // settings between semicolons, as those of clientCPUs
}

func (s *settings) flags(fs *flag.FlagSet, rounds int) {
	s.flagsWith(fs, rounds, "1;0,1", "processors for the client in each setting of -server-cpus, between semicolons; the last goes for all that follow, empty is any")
	fs.StringVar(&s.serverCPUs, "server-cpus", "0;0,1", "processors for each server, as taskset -c takes them; several settings between semicolons, each with its own tables")
}

// begin writes the head of the report.
func (s *settings) begin(r *report.Report, title string) error {
	if err := s.check(); err != nil {
		return err
	}
	if err := r.Begin(title); err != nil {
		return err
	}
	r.Note("%d interleaved rounds, medians (lowest–highest)", s.rounds)
	for _, c := range s.each() {
		r.Note("%s", c.title())
	}
	return nil
}

// setting is where the servers run and where the client does.
type setting struct{ server, client string }

// each returns the settings in their order.
func (s *settings) each() []setting {
	clients := strings.Split(s.clientCPUs, ";")
	var out []setting
	for i, cpus := range strings.Split(s.serverCPUs, ";") {
		out = append(out, setting{server: cpus, client: clients[min(i, len(clients)-1)]})
	}
	return out
}

// run calls f in each setting, with the client pinned.
func (s *settings) run(f func(setting) error) error {
	for _, c := range s.each() {
		if err := peer.PinSelf(c.client); err != nil {
			return err
		}
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}

// title says who runs where.
func (c setting) title() string {
	t := fmt.Sprintf("server on processor %s, client on %s", orAll(c.server), orAll(c.client))
	if c.shared() {
		return t + ": they share, so the latencies hold what the client itself waits for a processor"
	}
	return t
}

// shared tells whether the client takes time from the servers.
func (c setting) shared() bool {
	server, ok1 := cpuList(c.server)
	client, ok2 := cpuList(c.client)
	if !ok1 || !ok2 {
		return true // one of them may run anywhere
	}
	for id := range server {
		if client[id] {
			return true
		}
	}
	return false
}

// cpuList reads a list as "0,2-4"; false if it is not one (as the empty one).
func cpuList(s string) (map[int]bool, bool) {
	ids := map[int]bool{}
	for part := range strings.SplitSeq(s, ",") {
		first, last, isRange := strings.Cut(part, "-")
		lo, err := strconv.Atoi(strings.TrimSpace(first))
		hi := lo
		if err == nil && isRange {
			hi, err = strconv.Atoi(strings.TrimSpace(last))
		}
		if err != nil || lo < 0 || hi < lo || hi > 1<<12 {
			return nil, false
		}
		for id := lo; id <= hi; id++ {
			ids[id] = true
		}
	}
	return ids, true
}
