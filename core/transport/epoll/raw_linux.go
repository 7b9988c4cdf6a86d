package epoll

import (
	"reflect"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// The calls here do not tell the Go scheduler that the thread is in the
// kernel, which costs more than such a call does. So none of them may block, but
// for the nap of a loop.
//
// address stands in for unsafe.Pointer, which is left to other packages. What
// it relies on: the memory is on the heap (reflect makes it escape), where Go
// does not move it, and KeepAlive holds it until the call is over.
func address(b []byte) uintptr { return reflect.ValueOf(&b[0]).Pointer() }

// rawRead reads from a non-blocking socket; b is not empty. It calls recvfrom,
// which does less than read: no checks and notifications meant for files.
func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), address(b), uintptr(len(b)), 0, 0, 0)
	runtime.KeepAlive(b)
	return int(n), errno
}

// rawWrite writes to a non-blocking socket; b is not empty.
func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), address(b), uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	runtime.KeepAlive(b)
	return int(n), errno
}

// rawPoll is epoll_wait for at most ms milliseconds.
func rawPoll(epfd int, events []unix.EpollEvent, ms int) (int, syscall.Errno) {
	at := reflect.ValueOf(&events[0]).Pointer()
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epfd), at, uintptr(len(events)), uintptr(ms), 0, 0)
	runtime.KeepAlive(events)
	return int(n), errno
}
