package admin

import (
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

func runRow(row *command.Row, args [][]byte) string {
	var w resp.Writer
	row.Handler(&command.Call{Args: args, Row: row, Out: &w, Now: 5})
	return string(w.B)
}

// skeleton is INFO without values: headings, blank lines, names of fields. Of
// lists only the heading stays.
func skeleton(info string) string {
	var b strings.Builder
	for _, line := range strings.Split(info, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		switch {
		case strings.HasPrefix(name, "cmdstat_"), strings.HasPrefix(name, "errorstat_"), strings.HasPrefix(name, "latency_percentiles"),
			name == "client_query_buffer_limit_disconnections", name == "client_output_buffer_limit_disconnections",
			name == "redoubt_version", name == "go_version", name == "expired_subkeys", strings.HasPrefix(name, "acl_access_denied_"): // from 7.4 and 7.2
			continue
		}
		b.WriteString(name + "\n")
	}
	return b.String()
}

func TestInfoHasRedisFields(t *testing.T) {
	s := redistest.Start(t)
	info := &Info{Server: Server{ShutdownInMs: -1}, CPU: CPU{HasMainThread: true}}
	for _, args := range []string{
		"", "all", "everything", "default", "server", "SERVER memory", "memory server memory", "keyspace default", "nosuch",
		"nosuch cpu", "commandstats errorstats", "latencystats all", "modules", "module_list", "cluster",
	} {
		var words []any
		want := Section(0)
		for _, w := range strings.Fields(args) {
			words = append(words, w)
			want |= sectionOf([]byte(w))
		}
		if args == "" {
			want = defaultSections
		}
		theirs := skeleton(s.Must(t, append([]any{"INFO"}, words...)...).(string))
		if ours := skeleton(Render(info, want)); ours != theirs {
			t.Errorf("INFO %s:\n%s", args, firstDifference(ours, theirs))
		}
	}
}

func firstDifference(ours, theirs string) string {
	a, b := strings.Split(ours, "\n"), strings.Split(theirs, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return "have " + strings.Join(a[i:min(i+3, len(a))], ", ") + "; want " + strings.Join(b[min(i, len(b)):min(i+3, len(b))], ", ")
		}
	}
	return "missing " + strings.Join(b[len(a):], ", ")
}

func TestInfoValues(t *testing.T) {
	info := &Info{
		Memory:    Memory{Used: 3 << 20, Peak: 4 << 20, Startup: 1 << 20, RSS: 6 << 20, Keys: 2, Max: 1536, Policy: "noeviction"},
		Commands:  []CommandStats{{Name: "config|get", Calls: 3, TimeUs: 10, Rejected: 1, Failing: 2}},
		Errors:    []ErrorStats{{"WRONG:#\n", 4}},
		Latencies: []CommandLatency{{"get", []Percentile{{50, 1.003}, {99.9, 20}}}},
		Keyspace:  []Database{{3, 7, 2, 100}},
		CPU:       CPU{UserUs: 12345678},
	}
	text := Render(info, allSections)
	for _, line := range []string{
		"used_memory_human:3.00M", "used_memory_peak_perc:75.00%", "used_memory_dataset:2097152", "used_memory_dataset_perc:100.00%",
		"mem_fragmentation_ratio:2.00", "maxmemory_human:1.50K", "used_memory_lua_human:0B", "used_cpu_user:12.345678",
		"cmdstat_config|get:calls=3,usec=10,usec_per_call=3.33,rejected_calls=1,failed_calls=2", "errorstat_WRONG___:count=4",
		"latency_percentiles_usec_get:p50=1.003,p99.9=20.000", "db3:keys=7,expires=2,avg_ttl=100",
	} {
		if !strings.Contains(text, "\r\n"+line+"\r\n") {
			t.Errorf("no line %q", line)
		}
	}
}
