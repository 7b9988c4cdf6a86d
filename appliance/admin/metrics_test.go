package admin

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// renamed are the exporter's names that promtool finds fault with, and what they are
// here; "" is what only the exporter can know, or what Redis alone has.
var renamed = map[string]string{
	"redis_aof_current_rewrite_duration_sec":             "redis_aof_current_rewrite_duration_seconds",
	"redis_aof_last_rewrite_duration_sec":                "redis_aof_last_rewrite_duration_seconds",
	"redis_rdb_current_bgsave_duration_sec":              "redis_rdb_current_bgsave_duration_seconds",
	"redis_rdb_last_bgsave_duration_sec":                 "redis_rdb_last_bgsave_duration_seconds",
	"redis_config_io_threads":                            "",
	"redis_last_key_groups_scrape_duration_milliseconds": "",
	"redis_last_slow_execution_duration_seconds":         "",
	"redis_target_scrape_request_errors_total":           "",
	"redis_cpu_sys_main_thread_seconds_total":            "",
	"redis_cpu_user_main_thread_seconds_total":           "",
}

var seriesName = regexp.MustCompile(`(?m)^(redis_\w+)(?:\{([^}]*)\})? `)
var labelName = regexp.MustCompile(`(\w+)="`)

// series are the names of a scrape, each with the names of its labels.
func series(scrape []byte) map[string][]string {
	all := map[string][]string{}
	for _, m := range seriesName.FindAllSubmatch(scrape, -1) {
		var labels []string
		for _, l := range labelName.FindAllSubmatch(m[2], -1) {
			labels = append(labels, string(l[1]))
		}
		slices.Sort(labels)
		all[string(m[1])] = labels
	}
	return all
}

// The names and labels are those of testdata/exporter.txt, in which are those that
// Debian's prometheus-redis-exporter has for redis-server. With REDOUBT_MONITORING=1
// (make monitoring) the exporter itself is asked, of redis-server and of this server, and
// promtool has to find nothing wrong.
func TestMetricsAreTheExporters(t *testing.T) {
	r := newRig(t, Config{}, nil, "--appendonly", "yes").serve()
	use := func(c *redistest.Client) {
		c.Must(t, "SET", "a", "b", "EX", "1000")
		c.Must(t, "GET", "none")
		c.Do("NOSUCHCOMMAND")
	}
	use(r.client)
	ours := r.get("/metrics")
	have := series(ours)
	recorded, err := os.ReadFile(filepath.Join("testdata", "exporter.txt"))
	if err != nil {
		t.Fatal(err)
	}
	want := series(recorded)
	compare := func(of string, names map[string][]string) {
		for name, labels := range names {
			if other, is := renamed[name]; is {
				if name = other; name == "" {
					continue
				}
			}
			if got, there := have[name]; !there {
				t.Errorf("%s: %s is missing", of, name)
			} else if !slices.Equal(got, labels) && name != "redis_instance_info" {
				t.Errorf("%s: %s has the labels %v, want %v", of, name, got, labels)
			}
		}
	}
	compare("testdata", want)
	for _, name := range []string{"redoubt_build_info", "redoubt_ready", "redoubt_boot_phase_seconds", "redoubt_uptime_seconds", "redoubt_snapshot_keys_done", "redoubt_latency_seconds"} {
		if !bytes.Contains(ours, []byte("\n"+name)) {
			t.Errorf("%s is missing", name)
		}
	}
	if os.Getenv("REDOUBT_MONITORING") != "1" {
		return
	}
	check := exec.Command(redistest.Path(t, "promtool"), "check", "metrics")
	check.Stdin = bytes.NewReader(ours)
	if text, err := check.CombinedOutput(); err != nil || len(text) > 0 {
		t.Errorf("promtool: %v: %s", err, text)
	}
	exporter := redistest.Path(t, "prometheus-redis-exporter")
	oracle := redistest.Start(t, "--appendonly", "yes")
	use(redistest.MustDial(t, oracle.Addr))
	for server, addr := range map[string]string{"redis-server": oracle.Addr, "Redoubt": at(r.port)} {
		names := series(scrape(t, exporter, addr))
		for name := range names {
			if strings.HasPrefix(name, "redis_exporter_") {
				delete(names, name)
			} else if _, there := want[name]; !there {
				t.Errorf("%s: testdata/exporter.txt has no %s", server, name)
			}
		}
		compare(server, names)
	}
}

// scrape is what the exporter says of a server.
func scrape(t *testing.T, exporter, addr string) []byte {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exporter, "-redis.addr", "redis://"+addr, "-web.listen-address", at(port))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		if strings.Contains(log.String(), "level=error") || strings.Contains(log.String(), "level=warn") {
			t.Errorf("the exporter complains of %s: %s", addr, &log)
		}
	}()
	var body bytes.Buffer
	for range 400 {
		response, err := http.Get("http://" + at(port) + "/metrics")
		if err == nil {
			defer response.Body.Close()
			if _, err := body.ReadFrom(response.Body); err != nil {
				t.Fatal(err)
			}
			return body.Bytes()
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the exporter does not listen: %s", &log)
	return nil
}

// A locked machine and one that loads are told apart from one that serves.
func TestMetricsOfALockedMachine(t *testing.T) {
	r := newRig(t, Config{}, nil)
	r.machine.about.Locked = "no user data"
	text := r.ask(fromHere, "GET", "/metrics", nil).Body.String()
	for _, want := range []string{"redoubt_locked 1", "redoubt_ready 0", "redis_up 1", `redoubt_boot_phase_seconds{phase="listening"} 1.5`, `slot="a"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
}
