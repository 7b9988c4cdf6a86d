package load

import (
	"syscall"
	"time"
)

// prSetTimerslack is PR_SET_TIMERSLACK of prctl(2).
const prSetTimerslack = 29

// sharpenSleep takes the 50 µs of slack off the sleeps of the calling thread.
// Without the right to do so the sleeps stay as they were, only less sharp.
func sharpenSleep() {
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerslack, 1, 0)
}

// sleepUntil returns at t, or at once if t has passed.
func sleepUntil(t time.Time) {
	for {
		d := time.Until(t)
		if d <= 0 {
			return
		}
		ts := syscall.NsecToTimespec(int64(d))
		// Interrupted (EINTR) or not: the loop looks at the clock again.
		_ = syscall.Nanosleep(&ts, nil)
	}
}
