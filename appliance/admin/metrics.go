package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes is how many scrapes are answered at one time.
const maxScrapes = 4

// metrics answers /metrics, in the format that who asks prefers.
func (e *Endpoint) metrics() http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{e})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{MaxRequestsInFlight: maxScrapes})
}

// collector is the machine and its server as a prometheus.Collector, whose metrics are
// made at each scrape. Their names and labels are those of oliver006/redis_exporter, so
// that its dashboards show this server; what is the machine's begins with redoubt_.
// scraped.go lists the names.
type collector struct{ e *Endpoint }

// Describe implements prometheus.Collector: the metrics are not known before.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	f, _, ok := c.e.figures.get(ctx, sampleEvery*9/10)
	m := emitter{to}
	m.one("redis_up", "Whether the server answers with its figures.", gauge, flag(ok && c.e.handle.NotReady() == ""))
	c.machine(m)
	if !ok {
		return
	}
	for i := range scraped {
		s := &scraped[i]
		if value, there := s.value(f); there {
			m.one(s.name, s.help(), s.kind, value)
		}
	}
	c.instance(m, f)
	c.commands(m, f)
	c.databases(m, f)
	c.errors(m, f)
	c.latency(m)
}

// emitter makes metrics.
type emitter struct{ to chan<- prometheus.Metric }

// one makes one metric; labels are names and values in turns.
func (m emitter) one(name, help string, kind prometheus.ValueType, value float64, labels ...string) {
	var names, values []string
	for i := 0; i+1 < len(labels); i += 2 {
		names, values = append(names, labels[i]), append(values, strings.ToValidUTF8(labels[i+1], "\uFFFD"))
	}
	m.to <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, names, nil), kind, value, values...)
}

// instance is what the server is, as labels.
func (c collector) instance(m emitter, f *figures) {
	var labels []string
	for _, name := range []string{"maxmemory_policy", "os", "process_id", "redis_build_id", "redis_mode", "redis_version", "role", "run_id", "tcp_port"} {
		labels = append(labels, name, f.text(name))
	}
	m.one("redis_instance_info", "What the server is.", gauge, 1, labels...)
}

// commands are the figures of each command. Percentiles are those of all calls, as the
// exporter has them from INFO.
func (c collector) commands(m emitter, f *figures) {
	for i := range f.commands {
		cmd := &f.commands[i]
		if cmd.Calls == 0 && cmd.Rejected == 0 {
			continue
		}
		m.one("redis_commands_total", "Calls of the command.", counter, float64(cmd.Calls), "cmd", cmd.Name)
		m.one("redis_commands_duration_seconds_total", "Time in calls of the command.", counter, float64(cmd.Usec)/1e6, "cmd", cmd.Name)
		m.one("redis_commands_failed_calls_total", "Calls of the command that failed.", counter, float64(cmd.Failed), "cmd", cmd.Name)
		m.one("redis_commands_rejected_calls_total", "Calls of the command that were refused.", counter, float64(cmd.Rejected), "cmd", cmd.Name)
		if cmd.P50 > 0 {
			desc := prometheus.NewDesc("redis_latency_percentiles_usec", "Latency of the command, by percentiles, in microseconds.", []string{"cmd"}, nil)
			m.to <- prometheus.MustNewConstSummary(desc, uint64(cmd.Calls), float64(cmd.Usec),
				map[float64]float64{50: cmd.P50, 99: cmd.P99, 99.9: cmd.P999}, cmd.Name)
		}
	}
}

// databases are the keys of each, also of those without any, as in the exporter.
func (c collector) databases(m emitter, f *figures) {
	for db := range f.databases {
		name := "db" + strconv.Itoa(db)
		var keys, expires, ttl float64
		for field := range strings.SplitSeq(f.text(name), ",") {
			key, value, _ := strings.Cut(field, "=")
			n, _ := strconv.ParseFloat(value, 64) // INFO's own number; 0 without one
			switch key {
			case "keys":
				keys = n
			case "expires":
				expires = n
			case "avg_ttl":
				ttl = n / 1000
			}
		}
		m.one("redis_db_keys", "Keys of the database.", gauge, keys, "db", name)
		m.one("redis_db_keys_expiring", "Keys of the database that expire.", gauge, expires, "db", name)
		if expires > 0 {
			m.one("redis_db_avg_ttl_seconds", "Average time that keys of the database have left.", gauge, ttl, "db", name)
		}
	}
}

// errors counts replies by the code of the error.
func (c collector) errors(m emitter, f *figures) {
	for name := range f.server {
		if code, is := strings.CutPrefix(name, "errorstat_"); is {
			if n, err := strconv.ParseFloat(strings.TrimPrefix(f.text(name), "count="), 64); err == nil {
				m.one("redis_errors_total", "Error replies by their code.", counter, n, "err", code)
			}
		}
	}
}

// latency is that of the last second, of all commands.
func (c collector) latency(m emitter) {
	l := c.e.sampler.lately()
	for _, q := range []struct {
		quantile string
		us       float64
	}{{"0.5", l.P50}, {"0.99", l.P99}, {"0.999", l.P999}} {
		m.one("redoubt_latency_seconds", "Latency of all commands in the last second.", gauge, q.us/1e6, "q", q.quantile)
	}
}

// machine is what the exporter does not know.
func (c collector) machine(m emitter) {
	e, about, saving := c.e, c.e.machine.About(), c.e.handle.Saving()
	m.one("redoubt_build_info", "What the image is.", gauge, 1, "version", about.Version, "profile", about.Profile,
		"arch", about.Arch, "kernel", about.Kernel, "slot", about.Slot)
	m.one("redoubt_ready", "Whether clients from other hosts are served.", gauge, flag(e.notReady() == ""))
	m.one("redoubt_locked", "Whether the machine is locked.", gauge, flag(about.Locked != ""))
	m.one("redoubt_uptime_seconds", "Time since the kernel's start.", gauge, e.machine.Uptime().Seconds())
	m.one("redoubt_crashes_in_a_row", "Runs in a row before this one that ended in a crash.", gauge, float64(about.Crashes))
	for _, p := range e.machine.Phases() {
		m.one("redoubt_boot_phase_seconds", "When a phase of the boot was reached, since the kernel's start.", gauge, p.At.Seconds(), "phase", p.Name)
	}
	if about.ClockKnown {
		m.one("redoubt_clock_offset_seconds", "By how much the clock was off when it was last compared.", gauge, about.ClockOffset.Seconds())
	}
	m.one("redoubt_snapshot_running", "Whether a snapshot is being written.", gauge, flag(saving.Running))
	m.one("redoubt_snapshot_keys", "Keys of the snapshot that is being written.", gauge, float64(saving.Total))
	m.one("redoubt_snapshot_keys_done", "How many of them are written.", gauge, float64(saving.Done))
	m.one("redoubt_transfer_running", "Whether a snapshot, restore or update is being transferred.", gauge, flag(e.transfer.Load() != nil))
	if e.updater != nil {
		u := e.updater.Status()
		m.one("redoubt_update_info", "State of updates.", gauge, 1, "state", u.State, "running", u.Running, "other", u.Other)
	}
}
