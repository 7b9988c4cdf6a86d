package workload

import (
	"fmt"
	"slices"
	"time"

	"github.com/redoubt-kv/redoubt/bench/load"
	"github.com/redoubt-kv/redoubt/bench/report"
)

// figures are the results by name, in the order of their first appearance.
type figures struct {
	names []string
	v     map[string][][]float64 // name → peer → round
	peers int
}

func newFigures(peers int) *figures {
	return &figures{v: map[string][][]float64{}, peers: peers}
}

// adder adds one figure of one peer.
type adder func(name string, v float64)

// of returns what adds a figure of peer i.
func (f *figures) of(i int) adder {
	return func(name string, v float64) {
		if f.v[name] == nil {
			f.names = append(f.names, name)
			f.v[name] = make([][]float64, f.peers)
		}
		f.v[name][i] = append(f.v[name][i], v)
	}
}

func (f *figures) table(p *peers, title string) *report.Table {
	t := &report.Table{Title: title, Header: p.compareHeader([]string{"figure"}, "")}
	for _, n := range f.names {
		t.Add(compare([]any{n}, f.v[n], significant)...)
	}
	return t
}

// summary adds the percentiles of latencies.
func (add adder) summary(when string, s load.Summary) {
	add(when+": p50, ms", ms(s.P50))
	add(when+": p99, ms", ms(s.P99))
	add(when+": p99.9, ms", ms(s.P999))
	add(when+": max, ms", ms(s.Max))
}

// ratios adds how much higher the percentiles of b are than those of a.
func (add adder) ratios(name string, a, b load.Summary) {
	for _, p := range []struct {
		name string
		a, b time.Duration
	}{{"p50", a.P50, b.P50}, {"p99", a.P99, b.P99}, {"p99.9", a.P999, b.P999}, {"max", a.Max, b.Max}} {
		if p.a > 0 {
			add(fmt.Sprintf("%s: %s, times", name, p.name), float64(p.b)/float64(p.a))
		}
	}
}

// perRun adds what is typical of the executions of a round and the worst of
// them. The worst of more tends to be worse, so read both.
func (add adder) perRun(name string, v []float64) {
	if len(v) == 0 {
		return
	}
	add(name+", median", report.Median(v))
	add(name+", worst", slices.Max(v))
}

// significant formats with about three significant digits.
func significant(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

const mib = 1 << 20
