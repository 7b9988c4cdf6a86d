package monitoring

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// promtool checks the names, types and helps of the endpoint's metrics.
func promtool(t *testing.T, redoubt string) {
	m := startMachine(t, redoubt, "--appendonly", "yes", "--maxmemory", "200mb")
	use(t, m.Client)
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(get(t, m.admin+"/metrics"))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

// queries are of the kind that dashboards made for redis_exporter ask. Each must have
// an answer for a server that is in use.
var queries = []string{
	`redis_up`,
	`redis_instance_info`,
	`max(max_over_time(redis_uptime_in_seconds[1m]))`,
	`sum(redis_connected_clients)`,
	`redis_blocked_clients`,
	`100 * redis_memory_used_bytes / redis_memory_max_bytes`,
	`redis_memory_used_rss_bytes`,
	`sum(rate(redis_commands_processed_total[30s])) > 0`,
	`irate(redis_keyspace_hits_total[30s]) + irate(redis_keyspace_misses_total[30s])`,
	`sum(rate(redis_net_input_bytes_total[30s])) > 0`,
	`sum(rate(redis_net_output_bytes_total[30s])) > 0`,
	`sum by (db) (redis_db_keys) > 0`,
	`sum(redis_db_keys) - sum(redis_db_keys_expiring)`,
	`sum by (db) (redis_db_keys_expiring)`,
	`redis_db_avg_ttl_seconds`,
	`sum(rate(redis_expired_keys_total[30s]))`,
	`sum(rate(redis_evicted_keys_total[30s]))`,
	`topk(5, irate(redis_commands_total[30s])) > 0`,
	`sum by (cmd) (rate(redis_commands_duration_seconds_total[30s])) / sum by (cmd) (rate(redis_commands_total[30s]))`,
	`sum(rate(redis_connections_received_total[30s]))`,
	`redis_rdb_changes_since_last_save`,
	`time() - redis_rdb_last_save_timestamp_seconds`,
	`redis_rdb_last_bgsave_status == 1`,
	`redis_aof_enabled == 1`,
	`rate(redis_cpu_user_seconds_total[30s]) + rate(redis_cpu_sys_seconds_total[30s])`,
	`redis_config_maxclients`,
	`redis_mem_fragmentation_ratio`,
	`redis_slowlog_length`,
}

// prometheus has a real one scrape the endpoint, and asks it.
func prometheus(t *testing.T, redoubt string) {
	m := startMachine(t, redoubt, "--appendonly", "yes", "--maxmemory", "200mb")
	use(t, m.Client)
	dir, at := t.TempDir(), fmt.Sprintf("127.0.0.1:%d", freePort(t))
	config := fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: redoubt\n  static_configs: [{targets: [%q]}]\n",
		strings.TrimPrefix(m.admin, "http://"))
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "prometheus", "--config.file", file, "--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", at)
	get(t, "http://"+at+"/-/ready")
	for deadline := time.Now().Add(patience); ; time.Sleep(500 * time.Millisecond) {
		m.Must(t, "set", "string", "value") // rates are not 0
		m.Must(t, "get", "string")
		if got := query(t, at, `count_over_time(up{job="redoubt"}[1m]) > 6 and up{job="redoubt"} == 1`); len(got) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the target is not up: %s", get(t, "http://"+at+"/api/v1/targets"))
		}
	}
	for _, q := range append(queries, dashboard(t)...) {
		if answer := query(t, at, q); len(answer) == 0 {
			t.Errorf("%s: no answer", q)
		}
	}
	if answer := query(t, at, "redis_no_such_name"); len(answer) != 0 {
		t.Errorf("a name that is not there has the answer %s", answer)
	}
	var missing struct {
		Data []struct{ Metric, Help string }
	}
	if err := json.Unmarshal([]byte(get(t, "http://"+at+"/api/v1/targets/metadata")), &missing); err != nil {
		t.Fatal(err)
	}
	for _, one := range missing.Data {
		if one.Help == "" {
			t.Errorf("%s has no help", one.Metric)
		}
	}
}

// dashboard is what docs/grafana.json asks.
func dashboard(t *testing.T) (expressions []string) {
	text, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	variables := strings.NewReplacer("$job", ".*", "$instance", ".*", "$__rate_interval", "30s")
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			expressions = append(expressions, variables.Replace(target.Expr))
		}
	}
	if len(expressions) < 20 {
		t.Fatalf("the dashboard asks only %q", expressions)
	}
	return expressions
}

// query is the answer to a PromQL expression.
func query(t *testing.T, at, expression string) []json.RawMessage {
	t.Helper()
	r, err := http.PostForm("http://"+at+"/api/v1/query", url.Values{"query": {expression}})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct{ Result []json.RawMessage }
	}
	if err := json.NewDecoder(r.Body).Decode(&answer); err != nil || answer.Status != "success" {
		t.Fatalf("%s: %v %s", expression, err, answer.Error)
	}
	return answer.Data.Result
}
