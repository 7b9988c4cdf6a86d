package page

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

func reserve(n uintptr) (unsafe.Pointer, error) {
	p, err := windows.VirtualAlloc(0, n, windows.MEM_RESERVE, windows.PAGE_NOACCESS)
	if err != nil {
		return nil, err
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&p)), nil
}

func unreserve(p unsafe.Pointer, _ uintptr) {
	_ = windows.VirtualFree(uintptr(p), 0, windows.MEM_RELEASE)
}

func commit(p unsafe.Pointer, n uintptr) error {
	_, err := windows.VirtualAlloc(uintptr(p), n, windows.MEM_COMMIT, windows.PAGE_READWRITE)
	return err
}

// decommit resets the pages: their contents may be dropped, and they stay
// committed, so that they can be used again without a call.
func decommit(p unsafe.Pointer, n uintptr) error {
	_, err := windows.VirtualAlloc(uintptr(p), n, windows.MEM_RESET, windows.PAGE_READWRITE)
	return err
}

func protect(p unsafe.Pointer, n uintptr, writable bool) error {
	prot := uint32(windows.PAGE_READONLY)
	if writable {
		prot = windows.PAGE_READWRITE
	}
	var old uint32
	return windows.VirtualProtect(uintptr(p), n, prot, &old)
}

func adviseHuge(unsafe.Pointer, uintptr) {}
