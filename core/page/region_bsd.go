//go:build unix && !linux

package page

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

const noReserve = 0

// decommit gives the memory of committed pages back when the system wants it.
func decommit(p unsafe.Pointer, n uintptr) error {
	return unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_FREE)
}

func adviseHuge(unsafe.Pointer, uintptr) {}
