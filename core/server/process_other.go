//go:build !linux

package server

import (
	"runtime"
	"time"
)

// priority is not known where threads have none of their own.
func priority() int { return 0 }

// threadID is 1 for each thread there.
func threadID() int { return 1 }

// setPriority does nothing there.
func setPriority(_, _ int) {}

// pause has the calling goroutine sleep.
func pause(d time.Duration) { time.Sleep(d) }

// residentMemory is not known here.
func residentMemory() int64 { return 0 }

// systemMemory is not known here.
func systemMemory() int64 { return 0 }

func systemName() string { return runtime.GOOS + " " + runtime.GOARCH }

// diskFree is not known here.
func diskFree(string) (bytes int64, ok bool) { return 0, false }
