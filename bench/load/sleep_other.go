//go:build !linux

package load

import "time"

// sharpenSleep has nothing to do where sleeps have no adjustable slack.
func sharpenSleep() {}

// sleepUntil returns at t, or at once if t has passed.
func sleepUntil(t time.Time) { time.Sleep(time.Until(t)) }
