package session

import (
	"fmt"
	"math/bits"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// What clients take of memory together is bounded (maxmemory-clients): above that the
// largest are ended, until it fits again.
//
// A client is weighed at the end of each turn in which something of it has moved, and
// once a second. What is about to be sent then is not weighed, but if that is much, the
// client is weighed again when the next turn begins: with what the socket has not taken.
// The weights stand in classes, each of twice the size of the one before, so that the
// largest are found without looking at all; one that is about to be ended is weighed
// again before.
//
//	M1 total is the sum of weight of all sessions in Clients.
//	M2 a session is in the class of its weight if it is in Clients and may be evicted,
//	   else in none.

// weights are those of a server's clients.
type weights struct {
	// limit is above what clients are evicted; 0: never. Any.
	limit atomic.Int64
	total atomic.Int64

	mu      sync.Mutex
	classes [weightClasses]map[*Session]struct{}
	toldMs  int64 // when it was logged last that nobody is left to be evicted
}

const (
	// lightest is the weight from which on clients are told apart.
	lightest      = 32 << 10
	weightClasses = 20
	// grain is up to how many bytes a weight may be wrong: what is too little to be
	// noted each time.
	grain = 1 << 10
	// leastLimit is the least that clients may take together, whatever is set: enough
	// for one who administers the server.
	leastLimit = 128 << 10
)

// weightClass is the class of a weight.
func weightClass(bytes int64) int {
	return min(bits.Len64(uint64(max(0, bytes))/lightest), weightClasses-1)
}

// overweight tells whether clients are to be evicted: two loads.
func (w *weights) overweight() bool {
	limit := w.limit.Load()
	return limit > 0 && w.total.Load() >= limit
}

// SetMemoryLimit bounds what all clients together may take, in bytes; 0 is no limit.
// Where clients take more already, the largest are ended at once. Any goroutine.
func (cs *Clients) SetMemoryLimit(bytes int64) {
	if bytes > 0 {
		bytes = max(bytes, leastLimit)
	}
	cs.weights.limit.Store(bytes)
	cs.evict(nil, nil)
}

// Weight is about what all clients take together, but for replies of the turn that is
// going on. Any; it takes no lock.
func (cs *Clients) Weight() int64 { return cs.weights.total.Load() }

// Evicted is how many clients were ended for what they took. Any.
func (cs *Clients) Evicted() int64 { return cs.evicted.Load() }

// tooHeavy evicts clients if there is no memory for what s has been sent, and tells
// whether s is among them. Loop, before anything of it is executed.
func (s *Session) tooHeavy() bool {
	w := &s.clients.weights
	limit := w.limit.Load()
	if limit == 0 || w.total.Load()-s.weight.Load()+stateBytes+int64(s.input) < limit {
		return false
	}
	w.set(s, s.memory(s.delivered()))
	s.clients.evict(s.loop, s)
	return s.flags.Load()&flagClosing != 0
}

// ResetEvicted has Evicted begin at 0 (CONFIG RESETSTAT). Any.
func (cs *Clients) ResetEvicted() { cs.evicted.Store(0) }

// weigh notes what s takes now; of one that is being closed all goes with the turn.
// Loop.
func (s *Session) weigh() {
	now := s.memory(s.delivered())
	if s.dropped {
		now = stateBytes
	}
	if was := s.weight.Load(); now-was < grain && was-now < grain {
		return
	}
	s.clients.weights.set(s, now)
}

// delivered is how many bytes of input Data has that the connection does not hold. Loop.
func (s *Session) delivered() int64 {
	return max(0, int64(s.input-s.conn.BufferedInput()))
}

// set changes the weight of s, if it is a client still.
func (w *weights) set(s *Session, bytes int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !s.weighed {
		return
	}
	w.move(s, bytes)
}

// move changes the weight of s. w.mu is held.
func (w *weights) move(s *Session, bytes int64) {
	was := s.weight.Swap(bytes)
	w.total.Add(bytes - was)
	stays := s.flags.Load()&flagNoEvict != 0
	from, to := weightClass(was), weightClass(bytes)
	if from != to || stays {
		delete(w.classes[from], s)
	}
	if stays {
		return
	}
	if w.classes[to] == nil {
		w.classes[to] = map[*Session]struct{}{}
	}
	w.classes[to][s] = struct{}{}
}

// add begins to weigh s.
func (w *weights) add(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.weighed = true
	w.move(s, stateBytes)
}

// remove ends it.
func (w *weights) remove(s *Session) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !s.weighed {
		return
	}
	s.weighed = false
	was := s.weight.Swap(0)
	w.total.Add(-was)
	delete(w.classes[weightClass(was)], s)
}

// largest returns some session of the highest class that has any; nil if there is none.
func (w *weights) largest() *Session {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.classes) - 1; i >= 0; i-- {
		for s := range w.classes[i] {
			return s
		}
	}
	return nil
}

// evict ends the largest clients until all take less than the limit. l is the loop that
// calls, nil if it is none: its own clients it knows better. Of them idle, if it is not
// nil, may be closed though its Data runs: nothing is executed yet. Locks of shards may
// be held.
func (cs *Clients) evict(l *Loop, idle *Session) {
	w := &cs.weights
	for w.overweight() {
		s := w.largest()
		if s == nil {
			cs.cannotEvict()
			return
		}
		now := s.memory(0)
		if s.loop == l {
			now += s.delivered()
		}
		was := s.weight.Load()
		if w.set(s, now); weightClass(now) < weightClass(was) || !w.overweight() {
			continue // it has become lighter meanwhile
		}
		cs.log.note("Evicting client: %s", s.line(nil, false))
		cs.evicted.Add(1)
		if s == idle {
			s.closeNow()
		} else {
			cs.dismiss(s) // when no request of its is executed
		}
	}
}

// cannotEvict logs, now and then, that too much is taken by clients that stay.
func (cs *Clients) cannotEvict() {
	now := cs.clock.NowMs()
	cs.weights.mu.Lock()
	tell := now-cs.weights.toldMs >= time.Second.Milliseconds()
	if tell {
		cs.weights.toldMs = now
	}
	cs.weights.mu.Unlock()
	if tell {
		cs.log.Warning("Over client maxmemory after evicting all evictable clients")
	}
}

// moved has s weighed at the end of the turn. Loop.
func (l *Loop) moved(s *Session) {
	if !s.turned {
		s.turned = true
		l.turned = append(l.turned, s)
	}
}

// EndTurn does what is due after all requests of a turn, before their replies are sent:
// it tells clients of keys that have changed, and ends those for whom there is no
// memory. Loop.
func (l *Loop) EndTurn() {
	l.Broadcast()
	l.Drain()
	l.weigh()
}

// weighSent weighs those to whom much was sent at the end of the last turn, before
// anything else happens. Loop.
func (l *Loop) weighSent() {
	if l.sent {
		l.sent = false
		l.weigh()
	}
}

// weigh weighs those who have moved, and ends those for whom there is no memory.
func (l *Loop) weigh() {
	work := l.turned
	l.turned, l.spare = l.spare[:0], nil
	for _, s := range work {
		unsent := len(*s.out) + s.shared
		s.turned, s.shared = false, 0
		if s.weigh(); unsent >= grain && !s.dropped {
			l.moved(s) // to be weighed with what the socket does not take of it
			l.sent = true
		}
	}
	clear(work)
	l.spare = work[:0]
	if l.clients.weights.overweight() {
		l.clients.evict(l, nil)
	}
}

// WeightReport says how many clients there are of each class that may be evicted, and
// what they take; it is empty if none is to be. Any.
func (cs *Clients) WeightReport() string {
	w := &cs.weights
	if w.limit.Load() == 0 {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var b strings.Builder
	for i, class := range w.classes {
		from, to, sum := int64(lightest)<<max(0, i-1), int64(lightest)<<i-1, int64(0)
		if i == 0 {
			from = 0
		}
		for s := range class {
			sum += s.weight.Load()
		}
		bounds := fmt.Sprintf("bucket %10d - %10d: ", from, to)
		if i == len(w.classes)-1 {
			bounds = fmt.Sprintf("bucket %10d+            : ", from)
		}
		fmt.Fprintf(&b, "%stot-mem: %10d, clients: %d\n", bounds, sum, len(class))
	}
	return b.String()
}
