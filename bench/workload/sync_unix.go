//go:build unix

package workload

import "syscall"

// syncDisks returns when all that has been written so far is on the disks.
func syncDisks() { syscall.Sync() }
