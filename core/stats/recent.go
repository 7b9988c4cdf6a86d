package stats

import "time"

const (
	// recentCalls is how many of its last calls a Loop remembers; a power of
	// two.
	recentCalls = 16
	// recentBits are the low bits of an entry, which hold the command's ID; the
	// time above them is exact to 2^16 ns.
	recentBits = 16
)

// recent is a ring of the calls that a loop has begun last, for a report after a
// crash. An entry is one word, so that a reader never sees half of one.
//
//	63                          16 15          0
//	+-----------------------------+-------------+
//	| monotonic time, ns          | command ID  |
//	+-----------------------------+-------------+
type recent struct {
	begun uint64 // calls so far
	ring  [recentCalls]uint64
}

// Recent is a call that a loop has begun.
type Recent struct {
	Command int
	At      time.Duration // on the monotonic clock, exact to 65 µs
}

// Enter notes that a call of a command begins: one plain store, but after Pause.
func (l *Loop) Enter(command int) {
	if l.paused {
		l.paused = false
		l.Mark()
	}
	r := &l.recent
	r.ring[r.begun%recentCalls] = uint64(l.last)&^(1<<recentBits-1) | uint64(command)
	r.begun++
}

// Recent returns the last calls, the newest first. Any goroutine may call it, at
// any time, while the owner goes on: it is for a process that is about to end,
// whose loops may never answer again, and takes what it finds. Hence no race
// detection.
//
//go:norace
func (l *Loop) Recent() (calls []Recent) {
	r := &l.recent
	begun := r.begun
	for i := range min(begun, recentCalls) {
		entry := r.ring[(begun-1-i)%recentCalls]
		calls = append(calls, Recent{Command: int(entry & (1<<recentBits - 1)), At: time.Duration(entry &^ (1<<recentBits - 1))})
	}
	return calls
}
