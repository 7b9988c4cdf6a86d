package page

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a machine as the page sees it: its figures are functions of the time, the
// same in every run.
type fake struct {
	*httptest.Server
	began time.Time

	mu     sync.Mutex
	change func(status map[string]any) // of each status, for a test's own state
	down   bool                        // every request is broken off
	quiet  bool                        // it has just been booted, and nobody has come
	done   []string                    // what was asked for beside the page and its data
	closed bool                        // nothing is seen without the secret
	secret string                      // "Basic …" or "Bearer …" for may_act; "" needs none
}

// noon is the time at which the fake machine is opened.
var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func newFake(t testing.TB) *fake {
	f := &fake{began: time.Now()}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// set changes the fake's state under its lock.
func (f *fake) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fake) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string{}, f.done...)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		panic(http.ErrAbortHandler)
	}
	acts := f.secret == "" || r.Header.Get("Authorization") == f.secret
	if f.closed && !acts {
		if r.Header.Get("X-Requested-With") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="redoubt"`)
		}
		http.Error(w, "a password or token is needed", http.StatusUnauthorized)
		return
	}
	now := time.Since(f.began).Seconds()
	switch r.Method + " " + r.URL.Path {
	case "GET /":
		Page().ServeHTTP(w, r)
	case "GET /status.json":
		status := fakeStatus(now)
		if f.quiet {
			status = quietStatus(now)
		}
		status["may_act"] = acts
		if f.change != nil {
			f.change(status)
		}
		if !acts && r.Header.Get("Authorization") != "" {
			http.Error(w, "wrong password or token", http.StatusUnauthorized)
			return
		}
		json.NewEncoder(w).Encode(status)
	case "GET /history.json":
		history := fakeHistory(now)
		if f.quiet {
			history = quietHistory(now)
		}
		json.NewEncoder(w).Encode(history)
	default:
		f.done = append(f.done, r.Method+" "+r.URL.Path)
		if !acts {
			http.Error(w, "a password or token is needed", http.StatusUnauthorized)
			return
		}
		if r.Method == http.MethodPut {
			fmt.Fprintln(w, `{"keys": 41000, "seconds": 1.2}`)
			return
		}
		fmt.Fprintln(w, "done")
	}
}

// wave is a smooth figure with noise on it: about middle, by ± part.
func wave(t, middle, part, seed float64) float64 {
	v := 0.5*math.Sin(t/71+seed) + 0.3*math.Sin(t/17.3+2*seed) + 0.2*math.Sin(t*1.9+3*seed)*math.Sin(t*0.7+seed)
	return middle * (1 + part*v)
}

// total is the sum of a wave's seconds up to t, as a counter has it.
func total(t, middle, part, seed float64) float64 {
	whole, sum := math.Floor(t), 0.0
	for s := -900.0; s < whole; s++ {
		sum += wave(s, middle, part, seed)
	}
	return math.Round(sum + (t-whole)*wave(whole, middle, part, seed))
}

var fakeFields = []string{
	"time_ms", "ops_per_s", "reads_per_s", "writes_per_s", "hits_per_s", "misses_per_s", "p50_us", "p99_us", "p999_us",
	"memory_used", "memory_resident", "keys", "expires", "clients", "blocked",
	"in_bytes_per_s", "out_bytes_per_s", "cpu_percent", "cpu_system_percent", "evicted_per_s", "expired_per_s", "memory_max",
}

func fakeHistory(now float64) map[string]any {
	samples := [][]float64{}
	for t := math.Floor(now) - 600; t < now; t++ {
		reads, writes := wave(t, 31000, 0.5, 1), wave(t, 9000, 0.6, 2)
		samples = append(samples, []float64{
			float64(noon.UnixMilli()) + t*1000, reads + writes + 900, reads, writes, reads * 0.94, reads * 0.06 * wave(t, 1, 0.5, 9),
			wave(t, 9, 0.3, 3), wave(t, 70, 0.8, 4), wave(t, 420, 0.8, 5),
			fakeMemory(t), fakeMemory(t) * 1.12, 1.2e6 + 900*t, 210e3 + 120*t, math.Round(wave(t, 58, 0.2, 6)), 4,
			writes * 130, reads * 310, wave(t, 78, 0.4, 1), wave(t, 41, 0.4, 1), 0, wave(t, 120, 0.7, 8), 1 << 30,
		})
	}
	return map[string]any{"step_ms": 1000, "fields": fakeFields, "samples": samples}
}

func fakeMemory(t float64) float64 { return 610e6 + 300e3*t + wave(t, 9e6, 1, 7) }

func fakeStatus(t float64) map[string]any {
	ms := noon.UnixMilli() + int64(t*1000)
	reads, writes := total(t, 31000, 0.5, 1), total(t, 9000, 0.6, 2)
	command := func(name, kind string, calls, mean, p50, p99, p999 float64) map[string]any {
		return map[string]any{"name": name, "kind": kind, "calls": math.Round(calls), "failed": 0, "usec": math.Round(calls * mean), "p50": p50, "p99": p99, "p999": p999}
	}
	log := []string{}
	for s := math.Floor(t/3)*3 - 180; s <= t; s += 3 {
		at := noon.Add(time.Duration(s) * time.Second).Format("02 Jan 2006 15:04:05.000")
		log = append(log, fmt.Sprintf("1:M %s * DB saved on disk, %d keys", at, 1200000+int(900*s)))
		if int(s)%30 == 0 {
			log = append(log, fmt.Sprintf("1:M %s # Client id=%d closed: output buffer limit reached", at, 4000+int(s)))
		}
	}
	return map[string]any{
		"time_ms": ms, "sampled_ms": ms, "version": "1.4.0", "profile": "redis-persistent", "arch": "amd64", "kernel": "6.18.1",
		"hostname": "cache-7", "addresses": []string{"10.4.0.17", "fd00:4::17"}, "uptime_s": 273200 + int(t),
		"ready": true, "not_ready": "", "locked": "", "slot": "a", "may_act": true, "transfer": "", "log": log[max(0, len(log)-100):],
		"boot": []map[string]any{
			{"name": "init", "ms": 231.0}, {"name": "mount_file_systems", "ms": 238.9}, {"name": "mount_the_data_disk", "ms": 291.3},
			{"name": "read_settings", "ms": 293.0}, {"name": "listening", "ms": 318.7}, {"name": "ready", "ms": 1104.2}, {"name": "address", "ms": 1391.0},
		},
		"server": map[string]any{
			"run_id": "5f3a", "uptime_in_seconds": 273198 + int(t), "total_commands_processed": reads + writes + 900*math.Floor(t+900),
			"keyspace_hits": reads * 0.94, "keyspace_misses": reads * 0.06, "total_net_input_bytes": writes * 130, "total_net_output_bytes": reads * 310,
			"evicted_keys": 0, "expired_keys": total(t, 120, 0.7, 8), "connected_clients": math.Round(wave(t, 58, 0.2, 6)), "blocked_clients": 4,
			"used_cpu_user": total(t, 3700, 0.4, 1) / 1e4, "used_cpu_sys": total(t, 4100, 0.4, 1) / 1e4, "loading": 0,
			"db0": fmt.Sprintf("keys=%d,expires=%d,avg_ttl=81000", 1150000+int(900*t), 200000+int(120*t)), "db1": "keys=50000,expires=10000,avg_ttl=0",
			"rdb_saves": 51, "rdb_last_bgsave_time_sec": 2, "rdb_current_bgsave_time_sec": 1, "rdb_changes_since_last_save": 41337 + int(9000*t)%90000,
			"aof_enabled": 1, "aof_rewrite_in_progress": 0, "aof_last_rewrite_time_sec": 3, "aof_current_size": 734003200 + int(90000*t), "aof_base_size": 398458880,
			"aof_last_write_status": "ok", "aof_last_bgrewrite_status": "ok",
		},
		"commands": []map[string]any{
			command("get", "read", reads*0.7, 1.1, 1.0, 3.2, 21), command("set", "write", writes*0.8, 2.3, 2.1, 6.6, 58),
			command("hgetall", "read", reads*0.2, 4.9, 4.2, 19, 110), command("incr", "write", writes*0.15, 1.4, 1.2, 3.9, 30),
			command("zrange", "read", reads*0.1, 8.2, 6.9, 41, 260), command("expire", "write", writes*0.05, 1.2, 1.1, 3.4, 22),
			command("ping", "", 30*(t+900), 0.4, 0.3, 1.1, 9), command("info", "", 40, 310, 290, 900, 1100), command("config|get", "", 12, 61, 55, 90, 90),
		},
		"latency": map[string]any{"p50": wave(t, 9, 0.3, 3), "p99": wave(t, 70, 0.8, 4), "p999": wave(t, 420, 0.8, 5)},
		"save":    map[string]any{"running": int(t)%60 < 40, "done": 1200000 * (math.Mod(t, 60) + 10) / 50, "total": 1200000, "last_ok": true, "last_s": ms/1000 - 271},
		"memory":  map[string]any{"total": 2061584302, "used": fakeMemory(t), "max": 1 << 30, "resident": fakeMemory(t) * 1.12},
		"update":  map[string]any{"state": "confirmed", "running": "1.4.0", "other": "1.3.2", "reason": ""},
	}
}

// The figures of a machine that nobody uses.

const quietMemory = 1720320

func quietStatus(t float64) map[string]any {
	status := fakeStatus(t)
	server := status["server"].(map[string]any)
	for name := range server {
		if _, number := server[name].(float64); number || strings.HasPrefix(name, "db") {
			delete(server, name)
		}
	}
	for _, name := range []string{"total_commands_processed", "keyspace_hits", "keyspace_misses", "total_net_input_bytes", "total_net_output_bytes",
		"evicted_keys", "expired_keys", "connected_clients", "blocked_clients", "rdb_saves", "rdb_changes_since_last_save", "aof_enabled"} {
		server[name] = 0
	}
	server["uptime_in_seconds"], server["rdb_last_bgsave_time_sec"] = 95+int(t), -1
	server["used_cpu_user"], server["used_cpu_sys"] = 0.2+t/500, 0.1+t/900
	status["uptime_s"], status["commands"], status["latency"] = 96+int(t), []any{}, map[string]any{"p50": 0, "p99": 0, "p999": 0}
	status["save"] = map[string]any{"running": false, "done": 0, "total": 0, "last_ok": true, "last_s": 0}
	status["memory"] = map[string]any{"total": 2061584302, "used": quietMemory, "max": 1 << 30, "resident": 14 << 20}
	status["log"] = []string{"[    0.318] server: ready to accept connections", "[    0.319] metadata: asking http://169.254.169.254", "[   30.322] machine: locked"}
	return status
}

func quietHistory(now float64) map[string]any {
	samples := [][]float64{}
	for t := math.Floor(now) - 95; t < now; t++ {
		one := make([]float64, len(fakeFields))
		one[0], one[slices.Index(fakeFields, "memory_used")] = float64(noon.UnixMilli())+t*1000, quietMemory
		one[slices.Index(fakeFields, "memory_resident")], one[slices.Index(fakeFields, "memory_max")] = 14<<20, 1<<30
		one[slices.Index(fakeFields, "cpu_percent")] = 0.3
		samples = append(samples, one)
	}
	return map[string]any{"step_ms": 1000, "fields": fakeFields, "samples": samples}
}

// States of the machine.

func locked(status map[string]any) {
	status["locked"] = "no settings: the metadata service at 169.254.169.254 does not answer (http 503 after 30 s)"
	status["ready"], status["not_ready"] = false, "locked"
	status["hostname"] = "ip-10-4-0-17"
}

func loading(status map[string]any) {
	status["ready"], status["not_ready"] = false, "the data is being loaded"
	server := status["server"].(map[string]any)
	server["loading"], server["loading_loaded_perc"], server["loading_eta_seconds"], server["loading_total_bytes"] = 1, 43.2, 12, 3435973837
}

func rolledBack(status map[string]any) {
	status["update"] = map[string]any{"state": "rolled back", "running": "1.4.0", "other": "1.5.0-rc1", "reason": "1.5.0-rc1 was not ready within 60 s of its start"}
}
