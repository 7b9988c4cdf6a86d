package server

import (
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/stats"
)

// figures are what the cron keeps for INFO and for maxmemory.
type figures struct {
	goBytes int64        // what the Go heap takes without clients; set once
	scripts atomic.Int64 // bytes of the texts of scripts and functions
	clients atomic.Int64 // bytes of the clients' buffers and states
	mapped  atomic.Int64 // bytes that Go's runtime holds of the system's memory
	peak    atomic.Int64 // of used memory
	ops     stats.Rate

	overSince  atomic.Int64 // when memory in use was first seen beyond maxmemory, in Unix ns; 0: it is not
	overBefore atomic.Int64 // ns for which it was, until then
	in, out    stats.Rate
}

// usedMemory is the bytes of data, of clients, and of what
// the process takes by itself. It is counted, not read from the Go runtime,
// whose heap contains garbage: that must not evict keys.
func (s *Server) usedMemory() int64 {
	return s.store.UsedMemory() + s.figures.goBytes + s.clients.Weight() + s.figures.scripts.Load() + s.clients.TrackingBytes()
}

// resident is the bytes of memory that the process holds: the data's with its
// free slots, and Go's as of the last cron.
func (s *Server) resident() int64 { return s.store.Heap().Committed() + s.figures.mapped.Load() }

// goMapped is the bytes that Go's runtime holds of the system's memory.
func goMapped() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64())
}

// noteOver notes whether the memory in use is beyond maxmemory, as the cron sees it.
func (f *figures) noteOver(over bool) {
	since, now := f.overSince.Load(), time.Now().UnixNano()
	switch {
	case over && since == 0:
		f.overSince.Store(now)
	case !over && since != 0:
		f.overBefore.Add(now - since)
		f.overSince.Store(0)
	}
}

// overNow is for how many ms memory has been beyond maxmemory, 0 if it is not.
func (f *figures) overNow() int64 {
	since := f.overSince.Load()
	if since == 0 {
		return 0
	}
	return max(0, time.Now().UnixNano()-since) / 1e6
}

// overTotal is for how many ms it has been in all.
func (f *figures) overTotal() int64 { return f.overBefore.Load()/1e6 + f.overNow() }

// startBackground starts the goroutines that work beside the loops.
func (s *Server) startBackground() {
	s.spawn("the sweeper", s.sweep.run)
	s.spawn("the cron", s.cron)
	s.spawn("the AOF ticker", s.aof.tick)
	s.spawn("the watchdog of scripts", func() { s.scripts.Watch(s.stopped.Load) })
}

// cron runs ten times a second.
func (s *Server) cron() {
	for !s.stopped.Load() {
		time.Sleep(cronPeriod)
		s.clock.Sync()
		s.notePeak()
		set := s.live.Load()
		s.figures.noteOver(set.MaxMemory > 0 && s.usedMemory() > memoryLimit(set))
		if set.MaxMemoryResident > 0 {
			s.figures.mapped.Store(goMapped())
		}
		if s.cronOff.Load() {
			continue
		}
		s.stopAsAsked()
		totals := s.stats.Totals()
		now := s.clock.NowMs()
		s.figures.ops.Sample(now, totals[stats.Commands])
		s.figures.in.Sample(now, totals[stats.NetInput])
		s.figures.out.Sample(now, totals[stats.NetOutput])
		s.targets.CloseIdle()
		s.loopCron(int(time.Second / cronPeriod))
		if !s.loading.Load() && !s.ending.running.Load() {
			s.aof.cron()
			s.saver.cron()
		}
	}
}

// measureGo notes what the Go heap and the stacks take at the start.
func (s *Server) measureGo() {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(sample)
	s.figures.goBytes = int64(sample[0].Value.Uint64() + sample[1].Value.Uint64())
}

// notePeak keeps the highest of the memory in use.
func (s *Server) notePeak() {
	f := s.scripts.Figures()
	s.figures.scripts.Store(f.ScriptBytes + f.FunctionBytes)
	s.figures.clients.Store(s.clients.Memory())
	if used := s.usedMemory(); used > s.figures.peak.Load() {
		s.figures.peak.Store(used)
	}
}
