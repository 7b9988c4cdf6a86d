package uring

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Ring is a batch of operations and what does them. It belongs to the thread that has
// called Enable; New and Close may be called by others.
type Ring struct {
	fd      int
	rings   []byte // both, as mapped
	slots   []byte // entries, as mapped
	entries []entry
	done    []completion
	sqHead  *uint32
	sqTail  *uint32
	cqHead  *uint32
	cqTail  *uint32
	sqMask  uint32
	cqMask  uint32
	tail    uint32 // of the entries that are noted
	files   int    // places in the table of files
	file    int32  // for Register
	ops     []operation
	enter   func(fd, n, wait int) (int, syscall.Errno) // rawEnter; tests replace it
}

// operation is one that was noted since the last Do, and its result.
type operation struct {
	fd    int
	b     []byte
	recv  bool
	n     int
	errno syscall.Errno
}

// New makes a Ring for up to n operations at a time, and a table of files with that many
// places. An error says why the system does not let it.
func New(n, files int) (*Ring, error) {
	r := &Ring{fd: -1, enter: rawEnter}
	if err := r.open(n); err != nil {
		r.Close()
		return nil, err
	}
	table := filesTable{count: uint32(files), flags: filesSparse}
	if errno := register(r.fd, opFiles2, unsafe.Pointer(&table), unsafe.Sizeof(table)); errno == 0 {
		r.files = files
	} // else there is none: RLIMIT_NOFILE may be lower
	r.ops = make([]operation, 0, len(r.entries))
	return r, nil
}

// open makes the ring and maps it.
func (r *Ring) open(n int) error {
	p := setup{flags: setupClamp | setupDisabled | setupSubmitAll | setupSingleIssuer | setupDeferTaskrun}
	fd, _, errno := syscall.Syscall(sysSetup, uintptr(n), uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return fmt.Errorf("io_uring_setup: %w", errno)
	}
	r.fd = int(fd)
	unix.CloseOnExec(r.fd)
	if p.features&featSingleMmap == 0 {
		return errors.New("io_uring: no single mapping")
	}
	size := max(p.cq.entriesAt+p.cqEntries*uint32(unsafe.Sizeof(completion{})), p.sq.array+4*p.sqEntries)
	var err error
	const protection, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	if r.rings, err = unix.Mmap(r.fd, offsetRings, int(size), protection, flags); err != nil {
		return fmt.Errorf("map the rings of io_uring: %w", err)
	}
	if r.slots, err = unix.Mmap(r.fd, offsetEntries, int(p.sqEntries)*int(unsafe.Sizeof(entry{})), protection, flags); err != nil {
		return fmt.Errorf("map the entries of io_uring: %w", err)
	}
	at := func(offset uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.rings[offset])) }
	r.sqHead, r.sqTail, r.sqMask = at(p.sq.head), at(p.sq.tail), p.sqEntries-1
	r.cqHead, r.cqTail, r.cqMask = at(p.cq.head), at(p.cq.tail), p.cqEntries-1
	r.entries = unsafe.Slice((*entry)(unsafe.Pointer(&r.slots[0])), p.sqEntries)
	r.done = unsafe.Slice((*completion)(unsafe.Pointer(&r.rings[p.cq.entriesAt])), p.cqEntries)
	for i := range p.sqEntries {
		*at(p.sq.array + 4*i) = i // the i-th to be done is the i-th entry, for good
	}
	return nil
}

// Enable makes the thread that calls, which has to be locked, the Ring's.
func (r *Ring) Enable() error {
	if errno := register(r.fd, opEnableRings, nil, 0); errno != 0 {
		return fmt.Errorf("enable io_uring: %w", errno)
	}
	return nil
}

// Close gives everything back. It may be called more than once.
func (r *Ring) Close() {
	if r.rings != nil {
		unix.Munmap(r.rings)
	}
	if r.slots != nil {
		unix.Munmap(r.slots)
	}
	if r.fd >= 0 {
		unix.Close(r.fd)
	}
	r.rings, r.slots, r.entries, r.done, r.fd = nil, nil, nil, nil, -1
}

// Full tells whether Do has to come before another operation.
func (r *Ring) Full() bool { return len(r.ops) == cap(r.ops) }

// Noted is how many operations there are since the last Clear.
func (r *Ring) Noted() int { return len(r.ops) }

// Send notes that b, which is not empty, is to be sent on socket fd; place is that of
// the socket in the table of files, or negative. b may not be changed before Do.
func (r *Ring) Send(fd, place int, b []byte) { r.note(opSend, fd, place, b) }

// Recv notes that b, which is not empty, is to be read into from socket fd.
func (r *Ring) Recv(fd, place int, b []byte) { r.note(opRecv, fd, place, b) }

func (r *Ring) note(opcode uint8, fd, place int, b []byte) {
	e := &r.entries[r.tail&r.sqMask]
	*e = entry{opcode: opcode, fd: int32(fd), address: uint64(uintptr(unsafe.Pointer(&b[0]))),
		length: uint32(min(len(b), 1<<30)), opFlags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL, user: uint64(len(r.ops))}
	if place >= 0 {
		e.fd, e.flags = int32(place), fixedFile
	}
	r.tail++
	r.ops = append(r.ops, operation{fd: fd, b: b, recv: opcode == opRecv})
}

// Do does what was noted. Results are valid until Clear.
func (r *Ring) Do() {
	if len(r.ops) == 0 {
		return
	}
	atomic.StoreUint32(r.sqTail, r.tail)
	taken := 0
	for taken < len(r.ops) {
		n, errno := r.enter(r.fd, len(r.ops)-taken, 0)
		if errno == unix.EINTR {
			continue
		}
		if errno != 0 || n <= 0 {
			break
		}
		taken += n
	}
	for done := r.collect(); done < taken; done += r.collect() {
		r.enter(r.fd, 0, 1) // a kernel that defers what may not block; the buffers are lent
	}
	r.tail -= uint32(len(r.ops) - taken)
	atomic.StoreUint32(r.sqTail, r.tail)
	for i := taken; i < len(r.ops); i++ { // U2
		r.ops[i].plain()
	}
}

// collect takes the completions and returns how many there were.
func (r *Ring) collect() (n int) {
	head := *r.cqHead
	for tail := atomic.LoadUint32(r.cqTail); head != tail; head++ {
		c := &r.done[head&r.cqMask]
		op := &r.ops[c.user]
		if c.result >= 0 {
			op.n = int(c.result)
		} else {
			op.errno = syscall.Errno(-c.result)
		}
		n++
	}
	atomic.StoreUint32(r.cqHead, head)
	return n
}

// Result is what the i-th operation noted has answered.
func (r *Ring) Result(i int) (n int, errno syscall.Errno) { return r.ops[i].n, r.ops[i].errno }

// Clear forgets the operations.
func (r *Ring) Clear() {
	clear(r.ops)
	r.ops = r.ops[:0]
}

// Register puts socket fd into the table of files, or takes what is there out if fd is
// -1. It tells whether it could.
func (r *Ring) Register(place, fd int) bool {
	if place >= r.files {
		return false
	}
	r.file = int32(fd) // on the heap, where Go does not move it
	u := filesUpdate{at: uint32(place), fds: uint64(uintptr(unsafe.Pointer(&r.file)))}
	return register(r.fd, opUpdateFiles, unsafe.Pointer(&u), 1) == 0
}

// plain does the operation without the ring.
func (op *operation) plain() {
	call := uintptr(unix.SYS_SENDTO)
	if op.recv {
		call = unix.SYS_RECVFROM
	}
	n, _, errno := syscall.RawSyscall6(call, uintptr(op.fd), uintptr(unsafe.Pointer(&op.b[0])), uintptr(len(op.b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	if op.errno = errno; errno == 0 {
		op.n = int(n)
	}
}

// rawEnter submits n entries and waits for as many completions as wait says. It does not
// tell Go's scheduler that the thread is in the kernel: nothing there takes long.
func rawEnter(fd, n, wait int) (int, syscall.Errno) {
	flags := uintptr(0)
	if wait > 0 {
		flags = enterGetEvents
	}
	got, _, errno := syscall.RawSyscall6(sysEnter, uintptr(fd), uintptr(n), uintptr(wait), flags, 0, 0)
	return int(got), errno
}

func register(fd int, op uintptr, what unsafe.Pointer, n uintptr) syscall.Errno {
	_, _, errno := syscall.Syscall6(sysRegister, uintptr(fd), op, uintptr(what), n, 0, 0)
	return errno
}
