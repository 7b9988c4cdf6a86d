package monitoring

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// absent are the names that the exporter gives of redis-server and not of Redoubt.
// docs/monitoring.md has the reasons.
var absent = []string{"redis_cpu_sys_main_thread_seconds_total", "redis_cpu_user_main_thread_seconds_total"}

var metricName = regexp.MustCompile(`(?m)^redis_[a-z0-9_]+`)

// exporter starts prometheus-redis-exporter for a server, and returns what it exports
// after it was asked several times. It fails the test on any error of the exporter.
func exporter(t *testing.T, addr string, args ...string) string {
	t.Helper()
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, "prometheus-redis-exporter", append([]string{
		"-redis.addr", "redis://" + addr, "-web.listen-address", at, "-include-system-metrics",
	}, args...)...)
	var metrics string
	for range 3 {
		metrics = get(t, "http://"+at+"/metrics")
	}
	for _, want := range []string{"\nredis_up 1\n", `redis_exporter_last_scrape_error{err=""} 0`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the exporter does not say %q", want)
		}
	}
	for line := range strings.Lines(p.said(t)) {
		if regexp.MustCompile(`level=(error|warning|fatal)`).MatchString(line) {
			t.Errorf("the exporter says: %s", line)
		}
	}
	return metrics
}

// looksAtKeys are the exporter's options that look at keys and clients one by one.
var looksAtKeys = []string{
	"-export-client-list", "-check-keys", "*", "-count-keys", "*", "-check-streams", "stream", "-check-single-keys", "string,list,set,zset,hash,hll",
}

// exporterNames compares what the exporter finds in Redoubt with what it finds in
// redis-server after the same commands.
func exporterNames(t *testing.T, redoubt string) {
	settings := []string{"--appendonly", "yes", "--maxmemory", "200mb", "--latency-monitor-threshold", "1"}
	oracle := redistest.Start(t, settings...)
	m := startMachine(t, redoubt, settings...)
	use(t, oracle.Client)
	use(t, m.Client)
	names := func(metrics string) []string {
		list := metricName.FindAllString(metrics, -1)
		// A spike of latency is there once something was slow.
		list = slices.DeleteFunc(list, func(name string) bool { return strings.HasPrefix(name, "redis_latency_spike_") })
		slices.Sort(list)
		return slices.Compact(list)
	}
	theirs, ours := names(exporter(t, oracle.Addr, looksAtKeys...)), names(exporter(t, m.addr, looksAtKeys...))
	t.Logf("%d names of redis-server, %d of Redoubt", len(theirs), len(ours))
	if len(theirs) < 100 {
		t.Errorf("redis-server has only the names %q", theirs)
	}
	reasons, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range theirs {
		switch missing, known := !slices.Contains(ours, name), slices.Contains(absent, name); {
		case missing && !known:
			t.Errorf("Redoubt has no %s", name)
		case !missing && known:
			t.Errorf("Redoubt has %s, which is said to be absent", name)
		case missing && !strings.Contains(string(reasons), "`"+name+"`"):
			t.Errorf("docs/monitoring.md has no reason for the absence of %s", name)
		}
	}
	for _, name := range ours {
		if !slices.Contains(theirs, name) {
			t.Logf("Redoubt alone has %s", name)
		}
	}
}

// elsewhere are the names that the exporter gives of Redoubt and the endpoint does
// not, or calls otherwise, beside those of the exporter itself. docs/monitoring.md has
// the reasons.
var elsewhere = []string{
	"redis_aof_current_rewrite_duration_sec", "redis_aof_last_rewrite_duration_sec", "redis_rdb_current_bgsave_duration_sec", "redis_rdb_last_bgsave_duration_sec",
	"redis_config_io_threads", "redis_last_slow_execution_duration_seconds",
	"redis_target_scrape_request_errors_total", "redis_last_key_groups_scrape_duration_milliseconds",
}

// endpointNames compares the endpoint's own names with the exporter's.
func endpointNames(t *testing.T, redoubt string) {
	m := startMachine(t, redoubt, "--appendonly", "yes", "--maxmemory", "200mb", "--latency-monitor-threshold", "1")
	use(t, m.Client)
	own := metricName.FindAllString(get(t, m.admin+"/metrics"), -1)
	theirs := metricName.FindAllString(exporter(t, m.addr), -1)
	slices.Sort(theirs)
	reasons, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Compact(theirs) {
		if slices.Contains(own, name) || strings.HasPrefix(name, "redis_exporter_") || strings.HasPrefix(name, "redis_latency_spike_") {
			continue
		}
		if !slices.Contains(elsewhere, name) {
			t.Errorf("the endpoint has no %s", name)
		} else if !strings.Contains(string(reasons), "`"+name+"`") {
			t.Errorf("docs/monitoring.md has no reason for the absence of %s", name)
		}
	}
}

func exporterWithPassword(t *testing.T, redoubt string) {
	m := startMachine(t, redoubt, "--requirepass", "secret")
	m.Must(t, "auth", "secret")
	use(t, m.Client)
	exporter(t, m.addr, append(looksAtKeys, "-redis.password", "secret")...)
}

// rules are those of a user that may do what the exporter needs, and no more.
// docs/monitoring.md shows them.
const rules = "~* -@all +ping +info +select +config|get +slowlog|len +slowlog|get +latency|latest +latency|histogram +client|setname +client|list " +
	"+scan +type +memory|usage +get +strlen +llen +scard +zcard +hlen +xlen +pfcount +xinfo +eval"

func exporterAsUser(t *testing.T, redoubt string) {
	shown, err := os.ReadFile("../../docs/monitoring.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(strings.Fields(string(shown)), " "), rules) {
		t.Errorf("docs/monitoring.md does not show the rules %q", rules)
	}
	m := startMachine(t, redoubt, "--requirepass", "secret")
	m.Must(t, "auth", "secret")
	use(t, m.Client)
	args := []any{"acl", "setuser", "exporter", "on", ">watching"}
	for _, rule := range strings.Fields(rules) {
		args = append(args, rule)
	}
	m.Must(t, args...)
	exporter(t, m.addr, append(looksAtKeys, "-redis.user", "exporter", "-redis.password", "watching")...)
	if denied := m.Must(t, "acl", "log"); len(denied.([]any)) > 0 {
		t.Errorf("the exporter was refused: %v", denied)
	}
}
