package settings

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/config"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// hidden directives, which CONFIG GET * does not list.
var hidden = []string{"use-exit-on-panic", "watchdog-period", "rdb-key-save-delay", "key-load-delay",
	"loading-process-events-interval-bytes", "lua-enable-deprecated-api"}

func pairs(t *testing.T, s *redistest.Server, patterns ...string) map[string]string {
	args := []any{"CONFIG", "GET"}
	for _, p := range patterns {
		args = append(args, p)
	}
	return toMap(s.Must(t, args...).([]any))
}

func toMap[T any](list []T) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(list); i += 2 {
		m[any(list[i]).(string)] = any(list[i+1]).(string)
	}
	return m
}

// TestDefaults compares all names and defaults with redis-server's. The
// oracle is told where to listen and that it should not save.
func TestDefaults(t *testing.T) {
	oracle := redistest.Start(t)
	want := pairs(t, oracle, append([]string{"*"}, hidden...)...)
	r, _, _ := NewRegistry()
	got := toMap(r.Get(append([]string{"*"}, hidden...)))
	want["dir"] = currentDir()
	want["bind"] = "* -::*"
	want["port"] = "6379"
	want["save"] = "3600 1 300 100 60 10000"
	for _, d := range ownDirectives(Default()) {
		if _, ok := want[d.Name]; ok {
			t.Errorf("%s is in Redis", d.Name)
		}
		want[d.Name] = got[d.Name]
	}
	for name, value := range want {
		if g, ok := got[name]; !ok || g != value {
			t.Errorf("%s: got %q (%v), want %q", name, g, ok, value)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is not in Redis", name)
		}
	}
	for _, name := range hidden {
		if len(r.Get([]string{name[:len(name)-1] + "*"})) != 0 {
			t.Errorf("%s is not hidden", name)
		}
	}
}

// lenient makes every refused directive effective, so that what Redis
// accepts can be compared for them as well.
func lenient() *config.Registry {
	s := Default()
	table := Directives(s)
	for i := range table {
		table[i].Status = config.Effective
	}
	return config.New(table)
}

// wrongValues are tried on every directive.
var wrongValues = []string{"", " ", "yes", "no", "YES", "maybe", "0", "-1", "+1", "1", "01", "1 ", " 1", "1x", "1.5", "100", "1024",
	"65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296",
	"9223372036854775807", "9223372036854775808", "18446744073709551615", "1k", "1KB", "2mb", "1gb", "1tb", "k", "b", "50%", "-50%",
	"101%", "%", "777", "1000", "8", "0777", "a/b", `a\b`, "a b", "a  b", "save nosave", "nosave now", "default save", "1 2", "1 2 3", "1 2 3 4", "0 0", "-5 5",
	"3600 1 300", "900 1 300 10", "normal 0 0 0", "replica 1mb 2kb 3", "slave 1 1 x", "master 0 0 0", "normal x 0 0", "NORMAL 1 1 -1",
	"0 200 3000", "1 2 x", "50 101", "50 x", "0.1 99.999 100", "1e1", "nan", "inf", "KEA", "AKEmnd", "An", "g$lshzxetdnKEm", "Q",
	"{title}", "{port}", "{nope}", "{", "{{", "{title", "", "allkeys-lru", "LRU", "everysec", "debug", "local0", "relative", "absolute",
	"swapdb", "clients", "optional", "ip", "local", "panic", "upstart", "a_b", strings.Repeat("a", 255), strings.Repeat("a", 256), "\xff"}

// skipSet are directives whose change would move the oracle out of reach or
// takes it long, and those whose apply function can fail for reasons of the
// machine or of its build.
var skipSet = map[string]bool{"port": true, "bind": true, "requirepass": true, "dir": true, "maxclients": true, "tls-port": true,
	"appendonly": true, "proto-max-bulk-len": true, "client-query-buffer-limit": true, "maxmemory-clients": true,
	"oom-score-adj": true, "oom-score-adj-values": true, "activedefrag": true, "maxmemory": true,
	"timeout": true, "repl-backlog-size": true, "watchdog-period": true, "client-output-buffer-limit": false}

// wraps are values past 64 bits: Redis lets them wrap around.
func wraps(value string) bool {
	return value == "9223372036854775808" || value == "18446744073709551615"
}

// TestSetOracle sets every directive to many values and compares the reply,
// and after it what CONFIG GET answers.
func TestSetOracle(t *testing.T) {
	oracle := redistest.Start(t, "--enable-protected-configs", "yes")
	r := lenient()
	if err := r.LoadString("save \"\"\nenable-protected-configs yes\ndir " + oracle.Dir); err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Table() {
		if skipSet[row.Name] || strings.HasPrefix(row.Name, "tls-") || isOwn(row.Name) {
			continue
		}
		compareSets(t, oracle, r, row.Name)
	}
}

// compareSets sends all values in one pipeline, which halves the time.
func compareSets(t *testing.T, oracle *redistest.Server, r *config.Registry, name string) {
	for _, value := range wrongValues {
		if oracle.Send("CONFIG", "SET", name, value) != nil || oracle.Send("CONFIG", "GET", name) != nil {
			t.Fatalf("%s %q: %s", name, value, oracle.Log())
		}
	}
	for _, value := range wrongValues {
		reply, err := oracle.Receive()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, value, err, oracle.Log())
		}
		want, got := "OK", "OK"
		if e, ok := reply.(redistest.Error); ok {
			want = string(e)
		}
		if err := r.Set([]string{name, value}, config.SetOptions{AllowProtected: true}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("CONFIG SET %s %q: got %q, want %q", name, value, got, want)
		}
		reply, err = oracle.Receive()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, value, err, oracle.Log())
		}
		after := reply.([]any)[1].(string)
		if g := r.Get([]string{name})[1]; g != after && !(wraps(value) && got != want) {
			t.Errorf("%s after %q: got %q, want %q", name, value, g, after)
			r.Set([]string{name, after}, config.SetOptions{AllowProtected: true})
		}
	}
}

func isOwn(name string) bool {
	for _, d := range ownDirectives(Default()) {
		if d.Name == name {
			return true
		}
	}
	return false
}

// TestSetForms compares what several arguments at once are answered.
func TestSetForms(t *testing.T) {
	oracle := redistest.Start(t)
	r := lenient()
	for _, args := range [][]string{
		{}, {"hz"}, {"foo", "1"}, {"foo", "1", "hz", "x"}, {"hz", "x", "foo", "1"}, {"hz", "1", "hz", "2"}, {"HZ", "1", "hz", "2"},
		{"lua-time-limit", "1", "busy-reply-threshold", "2"}, {"databases", "3"}, {"DATABASES", "3", "foo", "1"}, {"dbfilename", "x"},
		{"hz", "20", "timeout", "x"}, {"hz", "30", "timeout", "5"}, {"lua-time-limit", "x"}, {"hash-max-ziplist-entries", "-1"},
		{"hz", "40", "databases", "4"}, {"dir", "/"}, {"Timeout", "x"},
	} {
		full := []any{"CONFIG", "SET"}
		for _, a := range args {
			full = append(full, a)
		}
		reply, err := oracle.Do(full...)
		if err != nil {
			t.Fatal(err)
		}
		want, got := "OK", "OK"
		if e, ok := reply.(redistest.Error); ok {
			want = string(e)
		}
		if err := r.Set(args, config.SetOptions{}); err != nil {
			got = err.Error()
		}
		if strings.Contains(want, "wrong number of arguments for 'config|set'") {
			continue // the arity of the command is not the engine's business
		}
		if got != want {
			t.Errorf("CONFIG SET %q: got %q, want %q", args, got, want)
		}
		for _, n := range []string{"hz", "timeout"} {
			if g, w := r.Get([]string{n})[1], pairs(t, oracle, n)[n]; g != w {
				t.Errorf("%s after %q: got %s, want %s", n, args, g, w)
			}
		}
	}
}

// TestStartOracle compares what a broken command line or file makes
// redis-server print, but for the program's name.
func TestStartOracle(t *testing.T) {
	program := redistest.Path(t, "redis-server")
	dir := t.TempDir()
	file := filepath.Join(dir, "redis.conf")
	for _, c := range []struct{ file, args string }{
		{"foo bar", ""}, {"\n# x\n  port  abc ", ""}, {"port", ""}, {"port 1 2", ""}, {"bind \"a", ""}, {"bind 'a'b", ""},
		{"save 1", ""}, {"maxmemory 1tb", ""}, {"maxmemory-policy lru", ""}, {"rename-command foo", ""}, {"include", ""},
		{"user", ""}, {"x.y", ""}, {"dir /nonexistent", ""}, {"dbfilename a/b", ""}, {"logfile /nonexistent/log", ""},
		{"client-output-buffer-limit normal 1", ""}, {"shutdown-on-sigint save nosave", ""}, {"oom-score-adj-values 1 2", ""},
		{"port 6379", "--port abc"}, {"port 6379\n", "--port --hz"}, {"hz 1", "--foo"}, {"unixsocketperm 999", ""},
		{"latency-tracking-info-percentiles 101", ""}, {"replicaof a", ""}, {"replicaof a b", ""}, {"yes-appendonly yes", ""},
		{"include " + dir + "/missing", ""}, {"loglevel loud", ""}, {"\"port\" \"\\x41\"", ""},
	} {
		if err := os.WriteFile(file, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{file}, strings.Fields(c.args)...)
		cmd := exec.Command(program, args...)
		cmd.Dir = dir
		var errOut, out bytes.Buffer
		cmd.Stderr, cmd.Stdout = &errOut, &out
		if cmd.Run() == nil {
			t.Fatalf("redis-server accepts %q", c.file)
		}
		want := strings.Replace(errOut.String(), "(Redis 7.0.15)", "(Redoubt 1)", 1)
		if want == "" { // the log says it, after the time
			_, want, _ = strings.Cut(out.String(), "# Fatal")
			want = "Fatal" + want
		}
		s := Default()
		s.Dir = dir
		table := Directives(s)
		for i := range table {
			table[i].Status = config.Effective
		}
		r := config.New(table)
		r.Check(s.checkLogFile)
		for _, st := range refusedStatements() {
			r.Handle(st)
		}
		var got bytes.Buffer
		if err := r.Load(config.ParseCommandLine(args), nil); err != nil {
			config.Report(&got, "Redoubt 1", err)
		}
		if got.String() != want {
			t.Errorf("%q %s:\ngot:  %s\nwant: %s", c.file, c.args, got.String(), want)
		}
	}
}
