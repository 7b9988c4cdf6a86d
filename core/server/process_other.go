//go:build !linux

package server

import (
	"runtime"
	"time"
)

// Priorities of a thread: that of the loops, and one that gives way to them.
const (
	foreground = 0
	background = 19
)

// setPriority does nothing where threads have no priority of their own.
func setPriority(int) {}

// pause has the calling goroutine sleep.
func pause(d time.Duration) { time.Sleep(d) }

// residentMemory is not known here.
func residentMemory() int64 { return 0 }

// systemMemory is not known here.
func systemMemory() int64 { return 0 }

func systemName() string { return runtime.GOOS + " " + runtime.GOARCH }
