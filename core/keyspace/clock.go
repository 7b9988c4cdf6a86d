package keyspace

import "math/rand/v2"

// The access clock of an entry has 24 bits. For LRU they are seconds, modulo
// 2^24; for LFU 16 bits of minutes, when the counter was last decremented, and
// the counter, which grows with the logarithm of the accesses (Redis: evict.c).
const (
	clockMask  = 1<<24 - 1
	lfuInitial = 5
)

// SetClockPolicy chooses what access clocks mean, with the parameters
// lfu-log-factor and lfu-decay-time (minutes). Clocks that were stored under
// the other policy are misread until they are touched, as in Redis.
func (s *Store) SetClockPolicy(lfu bool, logFactor, decayMinutes int64) {
	s.lfuLog.Store(logFactor)
	s.lfuDecay.Store(decayMinutes)
	s.lfu.Store(lfu)
}

// LFU tells whether access clocks are LFU's.
func (s *Store) LFU() bool { return s.lfu.Load() }

// NewClock is the access clock of a key that is created at nowMs.
func (s *Store) NewClock(nowMs int64) uint32 { return s.newClock(nowMs) }

// newClock is the clock of a key that is created now.
func (s *Store) newClock(nowMs int64) uint32 {
	if s.lfu.Load() {
		return lfuMinutes(nowMs)<<8 | lfuInitial
	}
	return lruClock(nowMs)
}

// touched is the clock after an access.
func (s *Store) touched(clock uint32, nowMs int64) uint32 {
	if !s.lfu.Load() {
		return lruClock(nowMs)
	}
	counter := s.frequency(clock, nowMs)
	if counter < 255 {
		base := max(float64(counter)-lfuInitial, 0)
		if rand.Float64() < 1/(base*float64(s.lfuLog.Load())+1) {
			counter++
		}
	}
	return lfuMinutes(nowMs)<<8 | counter
}

func lruClock(nowMs int64) uint32 { return uint32(nowMs/1000) & clockMask }

func lfuMinutes(nowMs int64) uint32 { return uint32(nowMs/60000) & 0xffff }

// IdleMs is for how long an entry with this LRU clock was not accessed, in ms
// to the second.
func IdleMs(clock uint32, nowMs int64) int64 {
	return int64((lruClock(nowMs)-clock)&clockMask) * 1000
}

// Frequency is the LFU counter of an entry with this clock as it is now, after
// the decay since it was last touched.
func (s *Store) Frequency(clock uint32, nowMs int64) uint32 { return s.frequency(clock, nowMs) }

func (s *Store) frequency(clock uint32, nowMs int64) uint32 {
	counter, decay := clock&0xff, s.lfuDecay.Load()
	if decay == 0 {
		return counter
	}
	periods := uint32(int64((lfuMinutes(nowMs)-clock>>8)&0xffff) / decay)
	return counter - min(periods, counter)
}

// ClockOfIdle is the LRU clock of an entry that was idle for idleMs (RESTORE
// IDLETIME, RDB files).
func ClockOfIdle(idleMs, nowMs int64) uint32 { return lruClock(max(nowMs-idleMs, 0)) }

// ClockOfFrequency is the LFU clock of an entry with this counter.
func ClockOfFrequency(freq uint8, nowMs int64) uint32 { return lfuMinutes(nowMs)<<8 | uint32(freq) }
