package peer

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
)

func TestSplit(t *testing.T) {
	for in, want := range map[string][]string{
		``:                                 nil,
		`a  b`:                             {"a", "b"},
		`redis-server --save "" --x 'a b'`: {"redis-server", "--save", "", "--x", "a b"},
		`--e="a 'b' c"d`:                   {"--e=a 'b' cd"},
	} {
		got, err := Split(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v, want %q", in, got, err, want)
		}
		if back, err := Split(Join(got)); err != nil || !reflect.DeepEqual(back, want) {
			t.Errorf("%s: joined and split: %q, %v", in, back, err)
		}
	}
	if _, err := Split(`a "b`); err == nil {
		t.Error("an open quote was taken")
	}
}

func TestParseSpec(t *testing.T) {
	s, err := ParseSpec(`r=srv --port {port} --dir {dir} --save ""`)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"srv", "--port", "7", "--dir", "/d", "--save", ""}
	if got := s.With(7, "/d"); s.Name != "r" || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %q", s.Name, got)
	}
	for _, bad := range []string{"", "srv {port}", "=srv {port}", "r=", "r=srv", `r=srv "{port}`} {
		if _, err := ParseSpec(bad); err == nil {
			t.Errorf("peer %q was taken", bad)
		}
	}
}

func TestParseInfo(t *testing.T) {
	text := "# Persistence\r\nloading:0\r\nrdb_last_bgsave_status:ok\r\n\r\n# Odd: heading\r\nexecutable:/a:b\r\nempty:\r\nnoise\r\n"
	want := map[string]string{"loading": "0", "rdb_last_bgsave_status": "ok", "executable": "/a:b", "empty": ""}
	if got := ParseInfo(text); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := ParseInfo(""); len(got) != 0 {
		t.Errorf("nothing gives %v", got)
	}
}

func TestParseStat(t *testing.T) {
	line := "42 (a) b) S 1 42 42 0 -1 4194560 7 0 0 0 123 45 6 7 20 0 4 0 100 1000 50"
	got, err := parseStat(line)
	if want := 1680 * time.Millisecond; err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for _, bad := range []string{"", "42 a S 1", "42 (a) S 1 2", strings.Replace(line, "123", "x", 1), strings.Replace(line, " 45 ", " y ", 1)} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseSchedstat(t *testing.T) {
	if got, err := parseSchedstat("123456 789 10\n"); err != nil || got != 123456 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "1 2", "x 2 3"} {
		if _, err := parseSchedstat(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestParseRollup(t *testing.T) {
	text := "7f00-7fff ---p 00000000 00:00 0 [rollup]\nRss:  2048 kB\nPss:  1024 kB\nPss_Dirty:  7 kB\nShared_Clean: 5 kB\n"
	got, err := parseRollup(text)
	if want := (Memory{RSS: 2 << 20, PSS: 1 << 20}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, bad := range []string{"", "Rss: 1 kB\n", "Rss: x kB\nPss: 1 kB\n"} {
		if _, err := parseRollup(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestBetweenPrefersTheExactCount(t *testing.T) {
	a := cpuSample{threads: map[string]time.Duration{"1": 100}, ticks: 0}
	b := cpuSample{threads: map[string]time.Duration{"1": 100 + 7*time.Millisecond, "2": time.Millisecond}, ticks: clockTick}
	if got := between(a, b); got != 8*time.Millisecond {
		t.Errorf("got %v, want 8ms", got)
	}
	// A thread that did a second of work has ended.
	b.ticks = time.Second
	if got := between(a, b); got != time.Second {
		t.Errorf("with an ended thread: got %v, want 1s", got)
	}
}

// TestAccount starts a redis-server and checks that what it is seen to use is
// plausible: a load costs more than nothing, its memory grows by the data.
func TestAccount(t *testing.T) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("redis-server is not installed")
	}
	spec, err := ParseSpec(`redis=redis-server --port {port} --save "" --dir {dir}`)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(spec, "0", 0, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if v, err := p.Version(); err != nil || !strings.HasPrefix(v, "redis_version ") {
		t.Errorf("version %q, %v", v, err)
	}
	before, err := p.Memory()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.MarkCPU(); err != nil {
		t.Fatal(err)
	}
	const keys, size = 20_000, 500
	if err := load.Fill(t.Context(), p.Addr, "key:", keys, load.FixedValue(size)); err != nil {
		t.Fatal(err)
	}
	used, err := p.SinceMark()
	if err != nil || used < time.Millisecond || used > time.Minute {
		t.Errorf("the load took %v of CPU, %v", used, err)
	}
	after, err := p.Memory()
	if err != nil || after.RSS-before.RSS < keys*size || after.PSS-before.PSS < keys*size {
		t.Errorf("memory %+v before, %+v after, %v", before, after, err)
	}
}

func TestStartSaysWhyNot(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "broken")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho the reason $1\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Start(Spec{Name: "broken", Args: []string{script, "{port}"}}, "", 0, dir)
	if err == nil || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("got %v", err)
	}
	if _, err := Start(Spec{Name: "none", Args: []string{dir + "/none"}}, "", 0, dir); err == nil {
		t.Error("a missing program was started")
	}
}
