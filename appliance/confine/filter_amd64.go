package confine

import "golang.org/x/sys/unix"

const auditArch = unix.AUDIT_ARCH_X86_64

// archRules are those about calls that newer architectures do not have.
var archRules []rule

// archRefused are refused calls that newer architectures do not have.
var archRefused = []uint32{
	unix.SYS_FORK, unix.SYS_VFORK, // as clone without threads
	unix.SYS_MKNOD,
	unix.SYS_IOPL, unix.SYS_IOPERM, unix.SYS_MODIFY_LDT, // the machine's ports and segments
	unix.SYS_USELIB, unix.SYS_CREATE_MODULE, unix.SYS_QUERY_MODULE, unix.SYS_GET_KERNEL_SYMS, unix.SYS__SYSCTL, unix.SYS_SYSFS, unix.SYS_USTAT,
}
