//go:build !linux

package server

import "runtime"

// lowerPriority does nothing where threads have no priority of their own.
func lowerPriority() {}

// residentMemory is not known here.
func residentMemory() int64 { return 0 }

// systemMemory is not known here.
func systemMemory() int64 { return 0 }

func systemName() string { return runtime.GOOS + " " + runtime.GOARCH }
