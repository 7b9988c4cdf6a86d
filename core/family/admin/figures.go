package admin

import (
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// CommandFigures gives Info.Commands: the figures of all commands of the
// table that have any.
func CommandFigures(t *command.Table, s *stats.Stats) []CommandStats {
	var list []CommandStats
	eachRow(t, func(r *command.Row) {
		f := s.Command(r.ID)
		if f.Calls > 0 || f.Rejected > 0 || f.Failed > 0 {
			list = append(list, CommandStats{
				Name: r.FullName, Flags: r.Flags, Calls: int64(f.Calls), TimeUs: int64(f.Usec()),
				Rejected: int64(f.Rejected), Failing: int64(f.Failed),
			})
		}
	})
	return list
}

// CommandLatencies gives Info.Latencies for some percentiles.
func CommandLatencies(t *command.Table, s *stats.Stats, percentiles []float64) []CommandLatency {
	var list []CommandLatency
	eachRow(t, func(r *command.Row) {
		h := s.Latency(r.ID)
		if h == nil {
			return
		}
		l := CommandLatency{Name: r.FullName}
		for _, p := range percentiles {
			l.Percentiles = append(l.Percentiles, Percentile{p, float64(h.Percentile(p)) / 1000})
		}
		list = append(list, l)
	})
	return list
}

func eachRow(t *command.Table, visit func(*command.Row)) {
	for _, r := range t.All() {
		visit(r)
		for i := range r.Subcommands {
			visit(&r.Subcommands[i])
		}
	}
}
