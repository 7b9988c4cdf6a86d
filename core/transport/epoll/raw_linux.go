package epoll

import (
	"reflect"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The calls here do not tell the Go scheduler that the thread is in the
// kernel, which costs more than such a call does. So none of them may block.
//
// address stands in for unsafe.Pointer, which is left to other packages. What
// it relies on: the memory is on the heap (reflect makes it escape), where Go
// does not move it, and KeepAlive holds it until the call is over.
func address(b []byte) uintptr { return reflect.ValueOf(&b[0]).Pointer() }

// rawRead reads from a non-blocking descriptor; b is not empty.
func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), address(b), uintptr(len(b)))
	runtime.KeepAlive(b)
	return int(n), errno
}

// rawWrite writes to a non-blocking descriptor; b is not empty.
func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), address(b), uintptr(len(b)))
	runtime.KeepAlive(b)
	return int(n), errno
}

// rawPoll is epoll_wait without waiting.
func rawPoll(epfd int, events []unix.EpollEvent) (int, syscall.Errno) {
	at := reflect.ValueOf(&events[0]).Pointer()
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), at, uintptr(len(events)), 0, 0, 0)
	runtime.KeepAlive(events)
	return int(n), errno
}
