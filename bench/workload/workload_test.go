package workload

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/bench/peer"
	"github.com/redoubt-kv/redoubt/bench/report"
)

func TestParseBenchmark(t *testing.T) {
	text := `"test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","p99_latency_ms","max_latency_ms"
"SET","1000.50","1","1","0.287","1","0.487","1"
"MSET (10 keys)","7.00","1","1","2.0","1","3.0","1"
`
	got, err := parseBenchmark(text)
	if err != nil || len(got) != 2 || got[0] != (benchResult{"SET", 1000.5, 0.287, 0.487}) || got[1].test != "MSET (10 keys)" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{"", "\"test\",\"rps\"\n", "\"SET\",\"1\"\n\"GET\",\"1\"\n",
		strings.Replace(text, "1000.50", "x", 1), strings.Replace(text, "7.00", "0.00", 1)} {
		if _, err := parseBenchmark(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// cutAt returns the pairs as they are once rounds 1 to m are in.
func cutAt(m int64, pairs int) []int64 {
	v := make([]int64, pairs)
	for r := int64(1); r <= m; r++ {
		v[r%int64(pairs)] = r
	}
	return v
}

func TestCheckCutTakesEveryPrefix(t *testing.T) {
	for m := range int64(40) {
		v := cutAt(m, 7)
		if got, err := checkCut(v, cutAt(m, 7), 0, 99); err != nil || got != m {
			t.Errorf("prefix of %d rounds: %d, %v", m, got, err)
		}
	}
}

func TestCheckCutFindsFaults(t *testing.T) {
	fault := func(name string, m, lo, hi int64, f func(a, b []int64)) {
		a, b := cutAt(m, 7), cutAt(m, 7)
		f(a, b)
		if last, err := checkCut(a, b, lo, hi); err == nil {
			t.Errorf("%s: taken as a cut at %d", name, last)
		}
	}
	fault("half an MSET", 20, 0, 99, func(a, _ []int64) { a[3]++ })
	fault("a lost round", 20, 0, 99, func(a, b []int64) { a[19%7], b[19%7] = 12, 12 })
	fault("a round from after the cut", 20, 0, 99, func(a, b []int64) { a[22%7], b[22%7] = 22, 22 })
	fault("a lost first round", 3, 0, 99, func(a, b []int64) { a[1], b[1] = 0, 0 })
	fault("an answered round is missing", 20, 21, 99, func(_, _ []int64) {})
	fault("a round that had not been sent", 20, 0, 19, func(_, _ []int64) {})
}

func TestIntList(t *testing.T) {
	var l intList
	if err := l.Set("1, 16,64"); err != nil || l.String() != "1,16,64" {
		t.Errorf("%v, %v", l, err)
	}
	for _, bad := range []string{"", "0", "1,,2", "x"} {
		if err := l.Set(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, c := range [][]string{
		{"cpu", "-keys", "0"}, {"cpu", "-clients", "-1"}, {"cpu", "-pipelines", "1,2", "-n", "1,2,3"},
		{"cpu", "-client-cpus", "", "-rounds", "0"}, {"memory", "-keys", "0"}, {"snapshot", "-seconds", "0"},
		{"snapshot", "-rate", "NaN"}, {"snapshot", "-data", "strings,x"}, {"snapshot", "-collections", "4"}, {"aof", "-policies", "x"}, {"aof", "-rewrite", "x"}, {"aof", "-seconds", "0"}, {"load", "-aof-writes", "0"}, {"load", "-formats", "rdb,x"}, {"load", "-maker", "x"}, {"guest", "-steps", "dance"}, {"guest", "-keys", "0"}, {"boot", "-n", "0"},
		{"boot", "-command", "'"},
	} {
		if _, err := runWorkload(t, c[0], c[1:]...); err == nil {
			t.Errorf("%q was taken", c)
		}
	}
}

// runWorkload runs a workload as the command does.
func runWorkload(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	for _, w := range All() {
		if w.Name == name {
			fs := flag.NewFlagSet(name, flag.ContinueOnError)
			var out, log bytes.Buffer
			do := w.Flags(fs)
			if err := fs.Parse(args); err != nil {
				t.Fatal(err)
			}
			err := do(t.Context(), &report.Report{Out: &out, Log: &log})
			return out.String(), err
		}
	}
	t.Fatalf("no workload %s", name)
	return "", nil
}

const redisPeer = `redis-server --port {port} --save "" --dir {dir}`

func needRedis(t *testing.T) {
	t.Helper()
	for _, p := range []string{"redis-server", "redis-benchmark"} {
		if _, err := exec.LookPath(p); err != nil && os.Getenv("CI") != "" {
			t.Fatalf("%s is not installed", p)
		} else if err != nil {
			t.Skipf("%s is not installed", p)
		}
	}
}

// TestComparisonsRun runs comparisons small, on redis-server, and looks for
// the figures, not at them.
func TestComparisonsRun(t *testing.T) {
	t.Parallel()
	needRedis(t)
	const redis = "one=" + redisPeer
	for _, c := range []struct {
		name string
		args []string
		want []string
	}{
		{"cpu", []string{"-keys", "1000", "-n", "2000", "-pipelines", "4", "-tests", "set,incr", "-peer", redis, "-peer", "two=" + redisPeer},
			[]string{"| SET ", "| INCR ", "two/one"}},
		{"pubsub", []string{"-server-cpus", "", "-n", "101", "-subscribers", "1,3", "-pipelines", "2", "-peer", redis},
			[]string{"### Server CPU per PUBLISH", "| 1 ", "| 3 "}},
		{"snapshot", []string{"-server-cpus", "0", "-keys", "2000", "-collections", "100", "-huge", "500", "-rate", "500", "-stall-rate", "500",
			"-seconds", "0.1", "-max-saves", "1", "-full-connections", "2", "-peer", redis},
			[]string{"### strings: server on processor 0, client on any (shared)", "### collections: ", "### huge: ", "saving: p99.9, ms", "saving/idle: p99.9, times",
				"start: latest_fork_usec, ms, worst", "full speed: extra memory, % of the data", "workers by default, s",
				"stall, LSET in the lists of 250, in turn: longest less", "stall, ZADD of a random member of the huge sorted set: saving longest"}},
		{"load", []string{"-server-cpus", "0", "-keys", "2000", "-collections", "100", "-huge", "500", "-aof-writes", "3000", "-peer", redis},
			[]string{"### collections: ", "empty: start to the first +PONG, s", "rdb: start to the first", "aof: CPU of the server, s"}},
		{"aof", []string{"-server-cpus", "0", "-keys", "1000", "-seconds", "0.1", "-clients", "3", "-rate", "500", "-max-rewrites", "1", "-peer", redis, "-peer", "none=sh -c 'exit 3' {port}"},
			[]string{"### appendfsync off: ", "### appendfsync always: ", "disk: ", "SET, pipeline 16: server CPU per request, µs", "rewriting: p99.9, ms", "rewrite: length, s, worst",
				"none is left out with --appendonly yes --appendfsync always"}},
	} {
		out, err := runWorkload(t, c.name, append(c.args, "-client-cpus", "", "-rounds", "1")...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, w := range c.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is missing in\n%s", c.name, w, out)
			}
		}
	}
}

// TestMemoryOfRedis compares with what is known of redis-server 7.0: a little
// over a hundred bytes for such a key, and no less than what was stored.
func TestMemoryOfRedis(t *testing.T) {
	t.Parallel()
	needRedis(t)
	out, err := runWorkload(t, "memory", "-client-cpus", "", "-rounds", "1", "-keys", "50000", "-peer", "one="+redisPeer)
	if err != nil {
		t.Fatal(err)
	}
	var perKey float64
	for line := range strings.Lines(out) {
		if f := strings.Split(line, "|"); len(f) > 3 && strings.TrimSpace(f[2]) == "used_memory" {
			_, _ = fmt.Sscan(f[3], &perKey)
		}
	}
	if perKey < 48 || perKey > 300 {
		t.Errorf("%v bytes per key in\n%s", perKey, out)
	}
}

func startRedis(t *testing.T) *peer.Peer {
	t.Helper()
	needRedis(t)
	spec, err := peer.ParseSpec("redis=" + redisPeer)
	if err != nil {
		t.Fatal(err)
	}
	p, err := peer.Start(spec, "", 0, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop() })
	return p
}

func TestGuestAgainstRedis(t *testing.T) {
	t.Parallel()
	p := startRedis(t)
	out, err := runWorkload(t, "guest", "-addr", p.Addr, "-n", "1000", "-keys", "3000", "-fetch", "cp "+p.Dir+"/dump.rdb {out}")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"| MSET (10 keys) ", "yes, values at the cut", "| loaded keys found with their values "} {
		if !strings.Contains(out, w) {
			t.Errorf("%q is missing in\n%s", w, out)
		}
	}
}

// TestGuestFindsAnOldFile gives the check a file from before the save.
func TestGuestFindsAnOldFile(t *testing.T) {
	t.Parallel()
	p := startRedis(t)
	c, err := p.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Do("SAVE"); err != nil {
		t.Fatal(err)
	}
	old := t.TempDir() + "/old.rdb"
	b, err := os.ReadFile(p.Dir + "/dump.rdb")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, b, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = runWorkload(t, "guest", "-addr", p.Addr, "-steps", "save", "-fetch-wait", "0s", "-fetch", "cp "+old+" {out}")
	if err == nil || !strings.Contains(err.Error(), "not there yet") {
		t.Errorf("got %v", err)
	}
}

func TestBoot(t *testing.T) {
	t.Parallel()
	needRedis(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	out, err := runWorkload(t, "boot", "-n", "2", "-addr", "127.0.0.1:"+port,
		"-command", "sh -c 'sleep 0.1; exec redis-server --port "+port+` --save ""'`)
	if err != nil || !strings.Contains(out, "| start to +PONG |") {
		t.Errorf("%v\n%s", err, out)
	}
	_, err = runWorkload(t, "boot", "-n", "1", "-addr", "127.0.0.1:"+port, "-command", "sh -c 'echo the reason; exit 3'")
	if err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("a machine that does not boot: %v", err)
	}
}
