//go:build unix

package page

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve takes address space without memory: PROT_NONE pages count neither
// against overcommit nor against the resident set.
func reserve(n uintptr) (unsafe.Pointer, error) {
	return unix.MmapPtr(-1, 0, nil, n, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON|noReserve)
}

func unreserve(p unsafe.Pointer, n uintptr) { _ = unix.MunmapPtr(p, n) }

// commit makes pages readable and writable; the system charges them now.
func commit(p unsafe.Pointer, n uintptr) error {
	return unix.Mprotect(unsafe.Slice((*byte)(p), n), unix.PROT_READ|unix.PROT_WRITE)
}

// protect switches committed pages between read-only and writable.
func protect(p unsafe.Pointer, n uintptr, writable bool) error {
	prot := unix.PROT_READ
	if writable {
		prot |= unix.PROT_WRITE
	}
	return unix.Mprotect(unsafe.Slice((*byte)(p), n), prot)
}
