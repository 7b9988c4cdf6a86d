package stats

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// TestHistogramOracle: the steps and the percentiles that Redis shows are
// those that a Histogram can show.
func TestHistogramOracle(t *testing.T) {
	oracle := redistest.Start(t, "--enable-debug-command", "yes")
	for _, seconds := range []string{"0.00001", "0.0001", "0.001", "0.003", "0.01", "0.05"} {
		oracle.Must(t, "DEBUG", "SLEEP", seconds)
		oracle.Must(t, "SET", "k", seconds)
	}
	levels := map[int64]bool{}
	for level := int64(1024); level < 1<<31; level *= 2 {
		levels[highest(level)/1000] = true
	}
	reply := oracle.Must(t, "LATENCY", "HISTOGRAM").([]any)
	for i := 1; i < len(reply); i += 2 {
		steps := reply[i].([]any)[3].([]any)
		for j := 0; j < len(steps); j += 2 {
			if usec := steps[j].(int64); !levels[usec] {
				t.Errorf("%v: no step at %d", reply[i-1], usec)
			}
		}
	}
	info := oracle.Must(t, "INFO", "latencystats").(string)
	var p50, p99, p999 float64
	for _, line := range strings.Split(info, "\r\n") {
		_, figures, _ := strings.Cut(line, ":")
		if n, _ := fmt.Sscanf(figures, "p50=%f,p99=%f,p99.9=%f", &p50, &p99, &p999); n != 3 {
			continue
		}
		for _, p := range []float64{p50, p99, p999} {
			if ns := int64(p*1000 + 0.5); highest(ns) != ns {
				t.Errorf("%s: %d ns is no end of a bucket", line, ns)
			}
		}
	}
}

// TestSlowLogOracle compares how arguments are trimmed.
func TestSlowLogOracle(t *testing.T) {
	oracle := redistest.Start(t, "--slowlog-log-slower-than", "0")
	var log SlowLog
	for _, shape := range []struct{ args, size int }{{2, 128}, {2, 129}, {31, 1}, {32, 1}, {33, 1}, {40, 200}} {
		args := []any{"DEL"}
		raw := [][]byte{[]byte("DEL")}
		for len(args) < shape.args {
			args = append(args, strings.Repeat("x", shape.size))
			raw = append(raw, []byte(strings.Repeat("x", shape.size)))
		}
		oracle.Must(t, "SLOWLOG", "RESET")
		oracle.Must(t, args...)
		log.Add(0, time.Millisecond, raw, "", "", 10)
		var want []string
		for _, a := range oracle.Must(t, "SLOWLOG", "GET", "1").([]any)[0].([]any)[3].([]any) {
			want = append(want, a.(string))
		}
		if got := log.Last(1)[0].Args; !slices.Equal(got, want) {
			t.Errorf("%d arguments of %d bytes: got %q, want %q", shape.args, shape.size, got, want)
		}
	}
}

// TestErrorsOracle compares the codes that replies count under.
func TestErrorsOracle(t *testing.T) {
	oracle := redistest.Start(t)
	var e Errors
	oracle.Must(t, "SET", "k", "v")
	oracle.Must(t, "CONFIG", "RESETSTAT")
	for _, cmd := range []string{"nope", "GET", "LPUSH k v", "INCR k", "CONFIG SET hz x", "EVALSHA x 0", "XREADGROUP GROUP g c STREAMS s >"} {
		var args []any
		for _, a := range strings.Fields(cmd) {
			args = append(args, a)
		}
		reply, err := oracle.Do(args...)
		if err != nil {
			t.Fatal(err)
		}
		e.Count("-" + string(reply.(redistest.Error)))
	}
	info := oracle.Must(t, "INFO", "errorstats").(string)
	for _, c := range e.List() {
		if want := fmt.Sprintf("errorstat_%s:count=%d\r\n", c.Code, c.Count); !strings.Contains(info, want) {
			t.Errorf("no %q in %s", want, info)
		}
	}
}
