package admin

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
)

// The history: a sample a second for ten minutes.
const (
	sampleEvery = time.Second
	historyLen  = 600
)

// sampleFields name the numbers of a sample, in their order.
var sampleFields = []string{
	"time_ms", "ops_per_s", "hits_per_s", "misses_per_s",
	"p50_us", "p99_us", "p999_us",
	"memory_used", "memory_resident", "keys", "clients",
	"in_bytes_per_s", "out_bytes_per_s", "cpu_percent",
	"save_running", "save_done", "save_total",
	"evicted_per_s", "expired_per_s",
	"reads_per_s", "writes_per_s", "memory_max", "expires", "blocked", "cpu_system_percent",
}

// sample is the server's figures of one second, by sampleFields.
type sample []float64

// interval is the latency of all calls of the newest second, in microseconds.
type interval struct {
	P50  float64 `json:"p50"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
}

// sampler takes samples once a second.
type sampler struct {
	machine Machine
	handle  *server.Handle
	// Only the sampling goroutine uses these: what the sample before was made from.
	before    map[string]float64
	latencies *server.Latencies
	at        time.Time

	mu      sync.Mutex
	ring    []sample // the oldest first
	latency interval
}

func newSampler(m Machine, handle *server.Handle) *sampler {
	return &sampler{machine: m, handle: handle}
}

// run samples until ctx ends. While a script has the data, no samples are taken.
func (s *sampler) run(ctx context.Context) {
	tick := time.NewTicker(sampleEvery)
	defer tick.Stop()
	for {
		s.take()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// take takes one sample. The first only says where to count from.
func (s *sampler) take() {
	now := time.Now()
	figures := numbers(s.handle.Info("stats", "memory", "clients", "cpu", "keyspace"))
	reads, writes := s.handle.Calls()
	figures["reads"], figures["writes"] = float64(reads), float64(writes)
	latencies := s.handle.Latencies()
	since := latencies.Since(s.latencies)
	before, seconds := s.before, now.Sub(s.at).Seconds()
	s.before, s.latencies, s.at = figures, latencies, now
	if before == nil {
		return
	}
	rate := func(name string) float64 { return max(0, figures[name]-before[name]) / max(seconds, 0.001) }
	saving := s.handle.Saving()
	latency := interval{P50: since.Percentile(50), P99: since.Percentile(99), P999: since.Percentile(99.9)}
	one := sample{
		float64(now.UnixMilli()), rate("total_commands_processed"), rate("keyspace_hits"), rate("keyspace_misses"),
		latency.P50, latency.P99, latency.P999,
		figures["used_memory"], figures["used_memory_rss"], figures["keys"], figures["connected_clients"],
		rate("total_net_input_bytes"), rate("total_net_output_bytes"),
		100 * (rate("used_cpu_sys") + rate("used_cpu_user")),
		flag(saving.Running), float64(saving.Done), float64(saving.Total),
		rate("evicted_keys"), rate("expired_keys"),
		rate("reads"), rate("writes"), figures["maxmemory"], figures["expires"], figures["blocked_clients"], 100 * rate("used_cpu_sys"),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ring) == historyLen {
		s.ring = slices.Delete(s.ring, 0, 1)
	}
	s.ring, s.latency = append(s.ring, one), latency
}

// samples are those of the last ten minutes, the oldest first.
func (s *sampler) samples() []sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ring)
}

// lately is the latency of the newest second.
func (s *sampler) lately() interval {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latency
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// numbers are the fields of a text of INFO that are numbers; "keys" and
// "expires" are the sums over the databases.
func numbers(info string) map[string]float64 {
	figures := map[string]float64{}
	eachField(info, func(name, value string) {
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			figures[name] = n
		} else if db, ok := strings.CutPrefix(name, "db"); ok && strings.HasPrefix(value, "keys=") && db != "" {
			for part := range strings.SplitSeq(value, ",") {
				if name, text, _ := strings.Cut(part, "="); name == "keys" || name == "expires" {
					n, _ := strconv.ParseFloat(text, 64) // INFO's own number
					figures[name] += n
				}
			}
		}
	})
	return figures
}

// eachField calls visit with the fields of a text of INFO.
func eachField(info string, visit func(name, value string)) {
	for line := range strings.Lines(info) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if ok && !strings.HasPrefix(name, "#") {
			visit(name, value)
		}
	}
}
