package admin

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/stats"
)

func (f *family) latencyHistory(c *command.Call) {
	samples, _, _ := f.Latency.History(string(c.Args[2]))
	c.Out.Array(len(samples))
	for _, s := range samples {
		c.Out.Array(2)
		c.Out.Int(s.UnixTime)
		c.Out.Int(s.Ms)
	}
}

func (f *family) latencyLatest(c *command.Call) {
	events := f.Latency.Latest()
	c.Out.Array(len(events))
	for _, e := range events {
		c.Out.Array(4)
		c.Out.BulkString(e.Name)
		c.Out.Int(e.Last.UnixTime)
		c.Out.Int(e.Last.Ms)
		c.Out.Int(e.Max)
	}
}

func (f *family) latencyReset(c *command.Call) {
	c.Out.Int(int64(f.Latency.Reset(texts(c.Args[2:])...)))
}

func (f *family) latencyGraph(c *command.Call) {
	event := string(c.Args[2])
	samples, highest, ok := f.Latency.History(event)
	if !ok {
		c.Out.Errorf("ERR No samples available for event '%s'", event)
		return
	}
	c.Out.Verbatim("txt", graph(event, samples, highest, c.Now/1000))
}

const (
	graphColumns = 80
	graphRows    = 4
	graphSteps   = "_o#" // a row's three heights
)

// graph draws samples as columns, oldest first, each over its age, written
// downwards.
func graph(event string, samples []stats.LatencySample, allTimeMs, nowS int64) string {
	low, high := samples[0].Ms, samples[0].Ms
	for _, s := range samples {
		low, high = min(low, s.Ms), max(high, s.Ms)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms (all time high %d ms)\n", event, high, low, allTimeMs)
	b.WriteString(strings.Repeat("-", graphColumns) + "\n")
	for i := 0; i < len(samples); i += graphColumns {
		if i > 0 {
			b.WriteByte('\n')
		}
		part := samples[i:min(i+graphColumns, len(samples))]
		columns(&b, part, low, high)
		ages(&b, part, nowS)
	}
	return b.String()
}

func columns(b *strings.Builder, samples []stats.LatencySample, low, high int64) {
	const steps = int64(len(graphSteps) * graphRows)
	span := max(high-low, 1)
	for row := range int64(graphRows) {
		base := (graphRows - row - 1) * int64(len(graphSteps))
		for _, s := range samples {
			switch step := min((s.Ms-low)*steps/span, steps-1) - base; {
			case step < 0:
				b.WriteByte(' ')
			case step < int64(len(graphSteps)):
				b.WriteByte(graphSteps[step])
			default:
				b.WriteByte('|')
			}
		}
		b.WriteByte('\n')
	}
}

func ages(b *strings.Builder, samples []stats.LatencySample, nowS int64) {
	labels, height := make([]string, len(samples)), 0
	for i, s := range samples {
		labels[i] = age(nowS - s.UnixTime)
		height = max(height, len(labels[i]))
	}
	b.WriteString(strings.Repeat(" ", len(samples)) + "\n")
	for row := range height {
		for _, l := range labels {
			if row < len(l) {
				b.WriteByte(l[row])
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
}

func age(s int64) string {
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm", s/60)
	case s < 24*3600:
		return fmt.Sprintf("%dh", s/3600)
	}
	return fmt.Sprintf("%dd", s/(24*3600))
}

// latencyHistogram replies the distributions of the named commands, each with
// its subcommands, or of all that were called.
func (f *family) latencyHistogram(c *command.Call) {
	mark, n := c.Out.Mark(), 0
	visit := func(r *command.Row) {
		if h := f.Stats.Latency(r.ID); h != nil {
			c.Out.BulkString(r.FullName)
			replyHistogram(c, h)
			n++
		}
	}
	withSubs := func(r *command.Row) {
		visit(r)
		for i := range r.Subcommands {
			visit(&r.Subcommands[i])
		}
	}
	if len(c.Args) == 2 {
		for _, r := range f.Table().All() {
			withSubs(r)
		}
	}
	for _, name := range c.Args[2:] {
		parent, sub, isSub := bytes.Cut(name, []byte("|"))
		r := f.Table().Lookup(parent)
		if r != nil && isSub {
			r = r.Sub(sub)
		}
		if r != nil {
			withSubs(r)
		}
	}
	c.Out.MapAt(mark, n)
}

func replyHistogram(c *command.Call, h *stats.Histogram) {
	c.Out.Map(2)
	c.Out.BulkString("calls")
	c.Out.Int(int64(h.Total()))
	c.Out.BulkString("histogram_usec")
	steps := h.Steps()
	c.Out.Map(len(steps))
	for _, s := range steps {
		c.Out.Int(s.Usec)
		c.Out.Int(int64(s.Count))
	}
}

func (f *family) latencyDoctor(c *command.Call) {
	c.Out.Verbatim("txt", f.latencyReport(c.Now/1000))
}

func (f *family) latencyReport(nowS int64) string {
	events := f.Latency.Latest()
	switch {
	case len(events) == 0 && f.LatencyThreshold() == 0:
		return "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n"
	case len(events) == 0:
		return "Nothing took longer than latency-monitor-threshold so far.\n"
	}
	var b strings.Builder
	b.WriteString("These took longer than latency-monitor-threshold:\n\n")
	for i, e := range events {
		samples, highest, ok := f.Latency.History(e.Name)
		if !ok { // reset since
			continue
		}
		mean, deviation, period := summary(samples, nowS)
		fmt.Fprintf(&b, "%d. %s: %d latency spikes (average %dms, mean deviation %dms, period %.2f sec). Worst all time event %dms.\n",
			i+1, e.Name, len(samples), mean, deviation, period, highest)
		if hint := latencyHint(e.Name); hint != "" {
			b.WriteString("   " + hint + "\n")
		}
	}
	return b.String()
}

func summary(samples []stats.LatencySample, nowS int64) (mean, deviation int64, periodS float64) {
	n := int64(len(samples))
	for _, s := range samples {
		mean += s.Ms
	}
	mean /= n
	for _, s := range samples {
		deviation += max(s.Ms-mean, mean-s.Ms)
	}
	return mean, deviation / n, float64(max(nowS-samples[0].UnixTime, 1)) / float64(n)
}

func latencyHint(event string) string {
	switch event {
	case "command":
		return "SLOWLOG GET shows which commands were slow, if slowlog-log-slower-than is low enough."
	case "fast-command":
		return "Such commands are slow only when the processor is not there for them: see the load of the machine, and of its host."
	case "expire-cycle":
		return "Many keys fell due at once; spread their times, or raise hz."
	case "eviction-cycle", "eviction-del":
		return "maxmemory was passed by far; see large writes and changes of maxmemory."
	}
	return ""
}

func latencyHelp(c *command.Call) {
	c.Help(
		"DOCTOR",
		"    Return a human readable latency analysis report.",
		"GRAPH <event>",
		"    Return an ASCII latency graph for the <event> class.",
		"HISTORY <event>",
		"    Return time-latency samples for the <event> class.",
		"LATEST",
		"    Return the latest latency samples for all events.",
		"RESET [<event> ...]",
		"    Reset latency data of one or more <event> classes.",
		"    (default: reset all data for all event classes)",
		"HISTOGRAM [COMMAND ...]",
		"    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
		"    If no commands are specified then all histograms are replied.",
	)
}
