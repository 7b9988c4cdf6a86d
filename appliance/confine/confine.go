//go:build linux

// Package confine takes away from the process, before it serves anybody, what the
// server never needs: capabilities, system calls, memory that is executable. It is
// for the one process of a machine, which is root; who finds a way to make it do
// something else shall find little that it can do.
//
// There is no way back, and no thread is left out: Go's runtime changes the
// credentials of all its threads (syscall.AllThreadsSyscall), the kernel installs
// the filter on all (SECCOMP_FILTER_FLAG_TSYNC), and a new thread inherits both.
// The program must have been built without cgo.
package confine

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Apply confines the process, but for what Finish does: it leaves one capability
// more, setpcap, with which capabilities can only be given up here. The error names
// all that could not be done; the rest has been done.
func Apply() error {
	return errors.Join(keepCapabilities(keptBits()|1<<unix.CAP_SETPCAP), installFilter())
}

// Finish drops from the bounding set what a program that is executed could get
// again; the filter lets none be executed, so this is a second lock, and may come
// when the machine is up: it has each thread do some forty system calls.
func Finish() error {
	return errors.Join(dropBounding(), keepCapabilities(keptBits()))
}

// capability is one that is kept, and what for.
type capability struct {
	number int
	reason string
}

// kept are the capabilities that the machine needs while it runs and to stop.
var kept = []capability{
	{unix.CAP_NET_ADMIN, "addresses and routes change with leases"},
	{unix.CAP_NET_RAW, "DHCP before there is an address, ARP, router advertisements"},
	{unix.CAP_NET_BIND_SERVICE, "the client ports of DHCP, 68 and 546"},
	{unix.CAP_SYS_TIME, "NTP"},
	{unix.CAP_SYS_BOOT, "power-off and reboot"},
	{unix.CAP_SYS_ADMIN, "unmount the data disk at the end; a host name from DHCP; clear the crash mark (NVRAM). The filter refuses most else it is good for"},
	{unix.CAP_SYS_RESOURCE, "the data disk's file system grows while the server is there already"},
	{unix.CAP_DAC_OVERRIDE, "a data disk that comes from another redis-server has files of another user"},
	{unix.CAP_FOWNER, "the same: their modes"},
}

// names are all capabilities, by number (linux/capability.h).
var names = strings.Fields(`chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap
	linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio
	sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod
	lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read
	perfmon bpf checkpoint_restore`)

// secureBits take from root what is special about it, and from everybody the
// means to change that: no capabilities by a program's file or by user 0, none
// kept over a change of user, no ambient ones.
const secureBits = 1<<0 | 1<<1 | // SECBIT_NOROOT and its lock
	1<<2 | 1<<3 | // SECBIT_NO_SETUID_FIXUP and its lock
	1<<5 | // SECBIT_KEEP_CAPS_LOCKED
	1<<6 | 1<<7 // SECBIT_NO_CAP_AMBIENT_RAISE and its lock

func keptBits() (bits uint64) {
	for _, c := range kept {
		bits |= 1 << c.number
	}
	return bits
}

// dropBounding leaves the kept capabilities in the bounding set of all threads, and
// locks how capabilities are had.
func dropBounding() error {
	for c := range 64 {
		if keptBits()&(1<<c) != 0 {
			continue
		}
		err := allThreads(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, uintptr(c), 0)
		if errors.Is(err, unix.EINVAL) {
			break // the kernel knows none from here on
		}
		if err != nil {
			return fmt.Errorf("drop capability %s from the bounding set: %w", name(c), err)
		}
	}
	if err := allThreads(unix.SYS_PRCTL, unix.PR_SET_SECUREBITS, secureBits, 0); err != nil {
		return fmt.Errorf("set the secure bits: %w", err)
	}
	return nil
}

// keepCapabilities gives up all capabilities but some, in all threads. What of those
// the process does not have it does not get.
func keepCapabilities(keep uint64) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var had [2]unix.CapUserData
	if err := unix.Capget(&header, &had[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	low, high := uint32(keep)&had[0].Permitted, uint32(keep>>32)&had[1].Permitted
	data := [2]unix.CapUserData{{Effective: low, Permitted: low}, {Effective: high, Permitted: high}}
	if err := allThreads(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// allThreads has each thread of the process do a system call. Pointers among the
// arguments are kept alive and in place.
//
//go:uintptrescapes
func allThreads(call, a, b, c uintptr) error {
	if _, _, errno := syscall.AllThreadsSyscall6(call, a, b, c, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

func name(capability int) string {
	if capability < len(names) {
		return names[capability]
	}
	return strconv.Itoa(capability)
}

// State is how the process is confined, as the kernel tells it.
type State struct {
	Capabilities []string // that it has or could get
	Filter       bool     // a seccomp filter is installed
	NoNewPrivs   bool
}

// Read asks the kernel about all threads: what any of them may do, and what holds
// for every one.
func Read() (State, error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return State{}, err
	}
	s := State{Filter: true, NoNewPrivs: true}
	for _, t := range threads {
		text, err := os.ReadFile("/proc/self/task/" + t.Name() + "/status")
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // it has ended
		}
		if err != nil {
			return State{}, err
		}
		s.add(string(text))
	}
	return s, nil
}

// add takes in a thread's status, lines "Name:\tvalue" (proc_pid_status(5)).
func (s *State) add(status string) {
	for line := range strings.Lines(status) {
		field, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		switch field {
		case "CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb":
			bits, err := strconv.ParseUint(value, 16, 64)
			for c := 0; err == nil && c < 64; c++ {
				if bits&(1<<c) != 0 && !slices.Contains(s.Capabilities, name(c)) {
					s.Capabilities = append(s.Capabilities, name(c))
				}
			}
		case "Seccomp":
			s.Filter = s.Filter && value == "2"
		case "NoNewPrivs":
			s.NoNewPrivs = s.NoNewPrivs && value == "1"
		}
	}
	slices.Sort(s.Capabilities)
}
