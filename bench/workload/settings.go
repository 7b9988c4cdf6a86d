package workload

import (
	"flag"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// restCPUs stands for the processors that the servers leave to the client.
const restCPUs = "rest"

// settings is what workloads have in common that run with one processor for
// the servers, then with two.
type settings struct {
	peers
	serverCPUs string // settings between semicolons, as those of clientCPUs
	nice       int    // of the client
}

func (s *settings) flags(fs *flag.FlagSet, rounds int) {
	s.flagsWith(fs, rounds, restCPUs, "processors for the client in each setting of -server-cpus, between semicolons; the last goes for all that follow, empty is any, "+restCPUs+" those which the servers leave, or all if they leave none")
	fs.IntVar(&s.nice, "client-nice", 0, "niceness of the client (the servers have 0): below zero, which takes a privilege, it hardly waits for a processor where it shares them")
	fs.StringVar(&s.serverCPUs, "server-cpus", "0;0,1", "processors for each server, as taskset -c takes them; several settings between semicolons, each with its own tables")
}

// defaultsWithoutAOF fills in default peers that say nothing of the append-only
// file: the workload adds arguments that do.
func (s *settings) defaultsWithoutAOF() {
	if len(s.specs) > 0 {
		return
	}
	for _, d := range [][2]string{{"redis", "redis-server"}, {"redoubt", "build/redoubt-server"}} {
		s.specs = append(s.specs, peer.Spec{Name: d[0], Args: []string{d[1], "--port", "{port}", "--save", "", "--dir", "{dir}"}})
	}
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
	if s.nice != 0 {
		r.Note("the client has niceness %d, the servers 0", s.nice)
	}
	for _, c := range s.each() {
		r.Note("%s", c.title())
		if c.shared() {
			r.Note("shared: the client takes time from the servers, and the latencies hold what the client itself waits for a processor")
		}
	}
	return nil
}

// rest returns the processors of 0 to n-1 that are not in server, all if they
// all are, and "" if server may run anywhere.
func rest(server string, n int) string {
	taken, ok := cpuList(server)
	if !ok {
		return ""
	}
	var all, left []string
	for id := range n {
		all = append(all, strconv.Itoa(id))
		if !taken[id] {
			left = append(left, strconv.Itoa(id))
		}
	}
	if len(left) == 0 {
		left = all
	}
	return strings.Join(left, ",")
}

// setting is where the servers run and where the client does.
type setting struct{ server, client string }

// each returns the settings in their order.
func (s *settings) each() []setting {
	clients := strings.Split(s.clientCPUs, ";")
	var out []setting
	for i, cpus := range strings.Split(s.serverCPUs, ";") {
		client := clients[min(i, len(clients)-1)]
		if client == restCPUs {
			client = rest(cpus, runtime.NumCPU())
		}
		out = append(out, setting{server: cpus, client: client})
	}
	return out
}

// run calls f in each setting, with the client pinned.
func (s *settings) run(f func(setting) error) error {
	for _, c := range s.each() {
		if err := peer.PinSelf(c.client); err != nil {
			return err
		}
		if s.nice != 0 {
			if err := peer.NiceSelf(s.nice); err != nil {
				return err
			}
			s.less = -s.nice
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
		return t + " (shared)"
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
