package server

import (
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/stats"
)

// figures are what the cron keeps for INFO and for maxmemory.
type figures struct {
	goMemory atomic.Int64 // bytes of the Go heap in use
	peak     atomic.Int64 // of used memory
	ops      stats.Rate
	in, out  stats.Rate
}

// usedMemory is the bytes of data and of the process's own structures; of the
// latter as of the last cron.
func (s *Server) usedMemory() int64 {
	return s.store.UsedMemory() + s.figures.goMemory.Load()
}

// startBackground starts the goroutines that work beside the loops.
func (s *Server) startBackground() {
	go s.sweep.run()
	go s.cron()
}

// cron runs ten times a second.
func (s *Server) cron() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	for tick := 0; !s.stopped.Load(); tick++ {
		time.Sleep(cronPeriod)
		s.clock.Sync()
		metrics.Read(sample)
		s.figures.goMemory.Store(int64(sample[0].Value.Uint64() + sample[1].Value.Uint64()))
		if used := s.usedMemory(); used > s.figures.peak.Load() {
			s.figures.peak.Store(used)
		}
		if s.cronOff.Load() {
			continue
		}
		totals := s.stats.Totals()
		now := s.clock.NowMs()
		s.figures.ops.Sample(now, totals[stats.Commands])
		s.figures.in.Sample(now, totals[stats.NetInput])
		s.figures.out.Sample(now, totals[stats.NetOutput])
		s.loopCron(int(time.Second / cronPeriod))
		if !s.loading.Load() {
			s.saver.cron()
		}
	}
}

func (s *Server) sampleMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	s.figures.goMemory.Store(int64(sample[0].Value.Uint64() + sample[1].Value.Uint64()))
	s.figures.peak.Store(s.usedMemory())
}
