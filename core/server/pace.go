package server

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/server/settings"
)

// How a background save and clients make room for each other goes by how much waits
// to be saved, of what may:
//
//	below 1/128   workers give way to all other threads
//	above 1/32    they have the loops' priority
//	above 1/8     they do not compress
//	above 1/2     freeing in the background and expiry pause
//	above 3/4     writes wait, up to 25 µs each: little for those that come at a
//	              pace, much for those that come as fast as they are answered
//
// and above 3/4 of the whole budget writes wait up to a millisecond each.

// allowance is what should wait for the snapshot n at most: together with what it
// keeps until its turn a fourteenth of the data, but not much less than
// snapshot-memory-budget, which nothing may exceed.
func (v *saver) allowance(n *keyspace.Snapshot) int64 {
	const least = 24 << 20
	all := min(v.s.live.Load().SnapshotMemoryBudget, max(least, n.Data()/14))
	n.KeepAtMost(all / 3)
	return max(all-n.Kept(), all/2)
}

// snapshotWorkers is how many goroutines encode a snapshot: half as many as there
// are processors, so that clients have the others.
func snapshotWorkers(asked int) int {
	if asked > 0 {
		return asked
	}
	return min(max(1, runtime.NumCPU()/2), settings.MaxSnapshotWorkers)
}

// giveWay is by how much nicer the workers' threads are than others: as nice as can be.
const giveWay = 19

// thread is that of a worker. Who gives way to all may not run for long, so that
// writers raise its priority when they need it; they wait for nothing here.
type thread struct {
	raised atomic.Bool
	mu     sync.Mutex // writers try it only
	id     int        // 0: none
	usual  int        // nice value of the process
}

// start notes the calling thread, and has it give way.
func (t *thread) start() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.id, t.usual = threadID(), priority()
	t.raised.Store(false)
	setPriority(t.id, t.usual+giveWay)
}

// end forgets the thread, which is about to end.
func (t *thread) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.id = 0
}

// raise gives the thread the loops' priority, if it has not.
func (t *thread) raise() {
	if t.raised.Load() || !t.mu.TryLock() {
		return
	}
	defer t.mu.Unlock()
	if t.id != 0 && t.raised.CompareAndSwap(false, true) {
		setPriority(t.id, t.usual)
	}
}

// lower has the thread, the calling one, give way again.
func (t *thread) lower() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.raised.CompareAndSwap(true, false) {
		setPriority(t.id, t.usual+giveWay)
	}
}

// work runs one of the goroutines that encode a snapshot in the background.
func (v *saver) work(worker int, work func()) {
	runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
	t := &v.threads[worker]
	t.start()
	defer t.end()
	v.s.around("a snapshot worker", -1, work)
}

// pace is called by a worker between keys and blocks. It tells whether to hurry.
func (v *saver) pace(worker int, n *keyspace.Snapshot) (hurry bool) {
	waiting, most := n.Waiting(), v.allowance(n)
	if t := &v.threads[worker]; waiting > most/32 {
		t.raise()
	} else if waiting < most/128 && t.raised.Load() {
		t.lower()
	}
	return waiting > most/8
}

// throttle makes a write wait, the longer the more there is to be saved of what
// writers have superseded, so that clients come to the pace of a background save
// without a jolt. Waits too short to be slept are saved up.
func (v *saver) throttle() {
	const least, longest = 50 * time.Microsecond, time.Millisecond
	n := v.current.Load()
	if n == nil {
		return
	}
	waiting, most := n.Waiting(), v.allowance(n)
	if waiting > most/32 {
		for i := range v.workers.Load() {
			v.threads[i].raise()
		}
	}
	if waiting <= most*3/4 {
		return
	}
	short := wait(waiting, most, max(v.s.live.Load().SnapshotMemoryBudget-n.Kept(), most))
	if due := v.owed.Add(int64(short)); due >= int64(least) && v.owed.CompareAndSwap(due, 0) {
		pause(min(time.Duration(due), longest))
	}
}

// wait is how long a write waits while so much does, of what should and what may.
func wait(waiting, most, budget int64) time.Duration {
	const gentle, longest = 25 * time.Microsecond, time.Millisecond
	over := func(limit int64) float64 {
		return max(0, min(1, float64(waiting-limit*3/4)/float64(limit/4)))
	}
	hard := over(budget)
	return time.Duration(over(most)*float64(gentle) + hard*hard*float64(longest))
}

// crowded tells whether background work is to leave the data alone for now, since
// what it drops would have to wait for a background save.
func (v *saver) crowded() bool {
	n := v.current.Load()
	return n != nil && n.Waiting() > v.allowance(n)/2
}
