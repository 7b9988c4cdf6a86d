//go:build linux

package confine

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The filter is a program of classic BPF (Documentation/userspace-api/
// seccomp_filter.rst) that the kernel runs before each system call, on
//
//	0   number of the call, 32 bits      4   architecture, 32 bits
//	8   instruction pointer, 64 bits     16  six arguments of 64 bits
//
// It goes through these blocks, each of which ends the matter or goes on:
//
//	another architecture's calls (32-bit, x32)      refuse
//	a call with a rule about its arguments          by the rule
//	a call of the refused ones                      refuse
//	any other                                       allow
//
// Refused is EPERM; the kernel logs it where it has an audit log. The list is of
// what is refused, not of what is allowed: a call that Go's runtime begins to use
// must not stop a machine, and what a server has no use for is known.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16

	allow  = unix.SECCOMP_RET_ALLOW
	refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	// absent is for clone3: who is told that it does not exist uses clone, whose
	// flags can be looked at.
	absent = unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)
)

// rule is one about a call's argument; its low 32 bits are compared.
type rule struct {
	call     uint32
	argument int
	// One of the two:
	oneOf []uint32 // allowed values
	mask  uint32   // bits, of which
	want  uint32   // exactly these must be set
}

// remountReadOnly are the only flags with which mount may be called: the data disk
// at the machine's end, when somebody still has a file open.
const remountReadOnly = unix.MS_REMOUNT | unix.MS_RDONLY | unix.MS_NODEV | unix.MS_NOSUID | unix.MS_NOEXEC

// rules hold on all architectures.
var rules = []rule{
	// Threads, but no other process.
	{call: unix.SYS_CLONE, argument: 0, mask: unix.CLONE_THREAD, want: unix.CLONE_THREAD},
	// No memory becomes executable: there is no code but the program's.
	{call: unix.SYS_MMAP, argument: 2, mask: unix.PROT_EXEC},
	{call: unix.SYS_MPROTECT, argument: 2, mask: unix.PROT_EXEC},
	{call: unix.SYS_PKEY_MPROTECT, argument: 2, mask: unix.PROT_EXEC},
	{call: unix.SYS_SHMAT, argument: 2, mask: 0o100000}, // SHM_EXEC
	{call: unix.SYS_MOUNT, argument: 3, oneOf: []uint32{remountReadOnly}},
	// No kexec, no suspend; the rest of reboot is the machine's end.
	{call: unix.SYS_REBOOT, argument: 2, oneOf: []uint32{unix.LINUX_REBOOT_CMD_POWER_OFF, unix.LINUX_REBOOT_CMD_RESTART}},
	// The protocols that the machine speaks; not those, rarely used and rarely
	// looked at, in which faults of the kernel are found.
	{call: unix.SYS_SOCKET, argument: 0, oneOf: []uint32{unix.AF_UNIX, unix.AF_INET, unix.AF_INET6, unix.AF_NETLINK, unix.AF_PACKET}},
	// Nothing may be typed for somebody at the console.
	{call: unix.SYS_IOCTL, argument: 1, mask: 0xffffffff, want: unix.TIOCSTI},
}

// refused are calls that the server never makes, on all architectures.
var refused = []uint32{
	// Other programs.
	unix.SYS_EXECVE, unix.SYS_EXECVEAT,
	// Other processes: looking into them, taking over their files.
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KCMP, unix.SYS_PIDFD_GETFD, unix.SYS_PROCESS_MADVISE,
	// Code in the kernel.
	unix.SYS_INIT_MODULE, unix.SYS_FINIT_MODULE, unix.SYS_DELETE_MODULE, unix.SYS_BPF, unix.SYS_KEXEC_LOAD, unix.SYS_KEXEC_FILE_LOAD,
	unix.SYS_PERF_EVENT_OPEN,
	// What faults of the kernel are used with.
	unix.SYS_USERFAULTFD, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	// Other views of the machine; other file systems.
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_PIVOT_ROOT, unix.SYS_CHROOT, unix.SYS_PERSONALITY,
	unix.SYS_FSOPEN, unix.SYS_FSCONFIG, unix.SYS_FSMOUNT, unix.SYS_FSPICK, unix.SYS_MOVE_MOUNT, unix.SYS_OPEN_TREE, unix.SYS_MOUNT_SETATTR,
	unix.SYS_SWAPON, unix.SYS_SWAPOFF, unix.SYS_QUOTACTL, unix.SYS_QUOTACTL_FD, unix.SYS_ACCT,
	unix.SYS_FANOTIFY_INIT, unix.SYS_FANOTIFY_MARK, unix.SYS_OPEN_BY_HANDLE_AT, unix.SYS_NAME_TO_HANDLE_AT,
	// Devices and, with them, the memory of the machine.
	unix.SYS_MKNODAT,
	// Other users; there is one.
	unix.SYS_SETUID, unix.SYS_SETGID, unix.SYS_SETREUID, unix.SYS_SETREGID, unix.SYS_SETRESUID, unix.SYS_SETRESGID,
	unix.SYS_SETFSUID, unix.SYS_SETFSGID, unix.SYS_SETGROUPS,
	// The kernel's log, in which the command line is.
	unix.SYS_SYSLOG,
	// Clocks are set by clock_settime and adjtimex.
	unix.SYS_SETTIMEOFDAY, unix.SYS_SETDOMAINNAME, unix.SYS_VHANGUP, unix.SYS_LOOKUP_DCOOKIE, unix.SYS_NFSSERVCTL,
	unix.SYS_REMAP_FILE_PAGES, unix.SYS_MEMFD_SECRET, unix.SYS_SECCOMP,
	// Old System V memory and queues.
	unix.SYS_SHMGET, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
}

// assemble returns the filter's program for one architecture.
func assemble(arch uint32, rules []rule, refused []uint32) []unix.SockFilter {
	p := []unix.SockFilter{
		load(offsetArch),
		jump(unix.BPF_JEQ, arch, 1, 0),
		ret(refuse),
		load(offsetNumber),
	}
	if arch == unix.AUDIT_ARCH_X86_64 {
		p = append(p, jump(unix.BPF_JSET, 0x40000000, 0, 1), ret(refuse)) // x32
	}
	p = append(p, jump(unix.BPF_JEQ, unix.SYS_CLONE3, 0, 1), ret(absent))
	for _, r := range rules {
		p = append(p, r.assemble()...)
	}
	calls := slices.Clone(refused)
	slices.Sort(calls)
	p = append(p, search(slices.Compact(calls))...)
	return p
}

// assemble returns a rule's block: what is not its call goes on behind it.
func (r rule) assemble() []unix.SockFilter {
	var body []unix.SockFilter
	switch {
	case r.call == unix.SYS_IOCTL: // all but one value
		body = []unix.SockFilter{jump(unix.BPF_JEQ, r.want, 0, 1), ret(refuse), ret(allow)}
	case r.oneOf != nil:
		for _, v := range r.oneOf {
			body = append(body, jump(unix.BPF_JEQ, v, 0, 1), ret(allow))
		}
		body = append(body, ret(refuse))
	default:
		body = []unix.SockFilter{
			{Code: unix.BPF_ALU | unix.BPF_AND | unix.BPF_K, K: r.mask},
			jump(unix.BPF_JEQ, r.want, 0, 1), ret(allow), ret(refuse),
		}
	}
	block := []unix.SockFilter{jump(unix.BPF_JEQ, r.call, 0, uint8(1+len(body))), load(offsetArgs + 8*uint32(r.argument))}
	return append(block, body...)
}

// search returns a binary search, so that a call that is allowed costs few steps:
// it ends with refuse for a number in sorted and with allow for any other.
func search(sorted []uint32) []unix.SockFilter {
	if len(sorted) <= 3 {
		var p []unix.SockFilter
		for _, n := range sorted {
			p = append(p, jump(unix.BPF_JEQ, n, 0, 1), ret(refuse))
		}
		return append(p, ret(allow))
	}
	middle := len(sorted) / 2
	below, above := search(sorted[:middle]), search(sorted[middle:])
	return slices.Concat([]unix.SockFilter{jump(unix.BPF_JGE, sorted[middle], uint8(len(below)), 0)}, below, above)
}

func load(offset uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offset}
}

func ret(what uint32) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: what}
}

// jump goes on by that many instructions when the comparison holds, or does not.
func jump(comparison uint16, value uint32, holds, holdsNot uint8) unix.SockFilter {
	return unix.SockFilter{Code: unix.BPF_JMP | comparison | unix.BPF_K, K: value, Jt: holds, Jf: holdsNot}
}

// installFilter gives up new privileges, which a filter demands, and installs it on
// all threads.
func installFilter() error {
	program := assemble(auditArch, slices.Concat(rules, archRules), slices.Concat(refused, archRefused))
	if err := allThreads(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	prog := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	var errno unix.Errno
	// A kernel without an audit log may not know the flag that has it used.
	for _, flags := range []uintptr{unix.SECCOMP_FILTER_FLAG_TSYNC | unix.SECCOMP_FILTER_FLAG_LOG, unix.SECCOMP_FILTER_FLAG_TSYNC} {
		_, _, errno = unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, flags, uintptr(unsafe.Pointer(&prog)))
		if errno != unix.EINVAL {
			break
		}
	}
	if errno != 0 {
		return fmt.Errorf("install the filter of system calls: %w", errno)
	}
	return nil
}
