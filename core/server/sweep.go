package server

import (
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// sweeper is the background work on the data: expiry, lazy freeing, giving
// memory back. It holds a shard's lock for microseconds at a time.
type sweeper struct {
	s         *Server
	kick      chan struct{}
	noExpire  atomic.Bool // DEBUG SET-ACTIVE-EXPIRE 0
	expireNs  atomic.Int64
	capped    atomic.Int64
	scavenged atomic.Int64
}

func (w *sweeper) init(s *Server) {
	w.s, w.kick = s, make(chan struct{}, 1)
}

// wake has the sweeper look at once.
func (w *sweeper) wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// run sweeps until the server stops.
func (w *sweeper) run() {
	s := w.s
	for !s.stopped.Load() {
		set := s.live.Load()
		select {
		case <-w.kick:
		case <-time.After(time.Second / time.Duration(max(set.Hz, 1))):
		}
		if s.cronOff.Load() {
			continue
		}
		for s.store.CollectGarbage() {
			for s.saver.crowded() && !s.stopped.Load() {
				time.Sleep(time.Millisecond)
			}
			if s.stopped.Load() {
				return
			}
			runtime.Gosched()
		}
		writes, _ := s.clients.Paused()
		if !w.noExpire.Load() && !writes && !s.loading.Load() && s.store.HasExpiring() {
			w.expire(set.Hz, set.ActiveExpireEffort)
		}
		if limited(set) && !writes && !s.loading.Load() {
			s.fits(set, s.clock.NowMs())
		}
		if n := s.store.Heap().Scavenge(64 << 20); n > 0 {
			w.scavenged.Add(n)
		}
	}
}

// expire deletes due keys and fields of hashes for at most the share of the time that Redis allows:
// 25 % and 2 % more for each step of active-expire-effort.
func (w *sweeper) expire(hz, effort int) {
	s := w.s
	start := time.Now()
	share := 25 + 2*(effort-1)
	limit := time.Second * time.Duration(share) / 100 / time.Duration(max(hz, 1))
	defer func() {
		took := time.Since(start)
		w.expireNs.Add(int64(took))
		s.noteLatency("expire-cycle", took)
	}()
	for i := range s.store.Shards() {
		for wrapped := false; !wrapped; {
			if time.Since(start) > limit {
				w.capped.Add(1)
				return
			}
			if s.saver.crowded() {
				return
			}
			_, wrapped = s.store.ExpireStep(i, s.clock.NowMs())
			runtime.Gosched()
		}
		for more := true; more && time.Since(start) <= limit; {
			_, more = s.store.ExpireFieldsStep(i, s.clock.NowMs())
			runtime.Gosched()
		}
	}
}

// purge gives all free memory back to the system (MEMORY PURGE).
func (w *sweeper) purge() {
	for w.s.store.Heap().Scavenge(1<<40) > 0 {
	}
	debug.FreeOSMemory()
}
