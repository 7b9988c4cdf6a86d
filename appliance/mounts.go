//go:build linux

package appliance

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// mount is one file system of the machine.
type mount struct {
	source, target, fstype string
	flags                  uintptr
	options                string
}

// confined holds for everything but devices: no device nodes, no programs.
const confined = unix.MS_NODEV | unix.MS_NOSUID | unix.MS_NOEXEC

var earlyMounts = []mount{
	{"proc", "/proc", "proc", confined, ""},
	{"sysfs", "/sys", "sysfs", confined, ""},
	{"devtmpfs", "/dev", "devtmpfs", unix.MS_NOSUID | unix.MS_NOEXEC, "mode=0755"},
	{"tmpfs", "/tmp", "tmpfs", confined, "mode=1777,size=16m"},
	// What changes while the machine runs, of a root that may be read-only, and the
	// files of user data: certificates, keys.
	{"tmpfs", "/run", "tmpfs", confined, "mode=0755,size=16m"},
	// Where the server's files would go without a data disk: nowhere. A save
	// fails with "Read-only file system", and the folder's name says why.
	{"tmpfs", noDataDir, "tmpfs", confined | unix.MS_RDONLY, "mode=0555,size=4k"},
}

const (
	dataDir   = "/data"
	noDataDir = "/no-data-disk"
)

// mountEarly mounts what every machine has.
func (m *machine) mountEarly() error {
	for _, mt := range earlyMounts {
		if err := mt.mount(); err != nil {
			return err
		}
	}
	return nil
}

func (mt mount) mount() error {
	if err := os.MkdirAll(mt.target, 0o755); err != nil {
		return fmt.Errorf("mount %s: %w", mt.target, err)
	}
	err := unix.Mount(mt.source, mt.target, mt.fstype, mt.flags, mt.options)
	if errors.Is(err, unix.EBUSY) && mt.fstype == "devtmpfs" {
		// The kernel has mounted it already, with a root that is not an initramfs.
		err = unix.Mount("", mt.target, "", unix.MS_REMOUNT|mt.flags, mt.options)
	}
	if err != nil {
		return fmt.Errorf("mount %s on %s as %s: %w", mt.source, mt.target, mt.fstype, err)
	}
	return nil
}

// kernelSetting is a value below /proc/sys.
type kernelSetting struct{ path, value, reason string }

var kernelSettings = []kernelSetting{
	{"vm/overcommit_memory", "1", "the server reserves a large region and uses it by and by"},
	{"net/core/somaxconn", "4096", "tcp-backlog is cut to this"},
	{"net/ipv4/tcp_max_syn_backlog", "4096", "bursts of new connections"},
	{"kernel/panic_on_oops", "1", "a damaged kernel must not serve data"},
}

// maxFiles is the limit on open files: clients, with room to spare.
const maxFiles = 1 << 20

// tuneKernel raises the limits a server needs raised.
func (m *machine) tuneKernel() error {
	for _, s := range kernelSettings {
		if err := os.WriteFile("/proc/sys/"+s.path, []byte(s.value), 0); err != nil {
			return fmt.Errorf("set %s (%s): %w", s.path, s.reason, err)
		}
	}
	limit := &unix.Rlimit{Cur: maxFiles, Max: maxFiles}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, limit); err != nil {
		return fmt.Errorf("raise the limit of open files: %w", err)
	}
	return nil
}
