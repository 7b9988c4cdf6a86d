//go:build linux

package appliance

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/confine"
)

// hardeningSettings are values below /proc/sys that a machine for one program can
// be strict with. A kernel that does not have one does not have what it restricts.
var hardeningSettings = []kernelSetting{
	{"kernel/kptr_restrict", "2", "no addresses of the kernel for anybody"},
	{"kernel/dmesg_restrict", "1", "the kernel's log has its command line in it"},
	{"kernel/sysrq", "0", "no commands to the kernel over the console, with a break or without"},
	{"kernel/unprivileged_bpf_disabled", "1", "nobody loads BPF programs"},
	{"kernel/perf_event_paranoid", "3", "nobody measures the kernel"},
	{"kernel/kexec_load_disabled", "1", "no other kernel"},
	{"kernel/modules_disabled", "1", "no modules; none is in the image"},
	{"kernel/randomize_va_space", "2", "addresses are random"},
	{"kernel/core_pattern", "\n", "memory never goes to a disk as a core file"},
	{"fs/suid_dumpable", "0", "the same"},
	{"fs/protected_symlinks", "1", "links in /tmp lead nobody astray"},
	{"fs/protected_hardlinks", "1", "the same"},
	{"fs/protected_fifos", "2", "the same"},
	{"fs/protected_regular", "2", "the same"},
	{"vm/unprivileged_userfaultfd", "0", "a means of exploits"},
	{"dev/tty/ldisc_autoload", "0", "old terminal protocols are not loaded"},
	{"net/core/bpf_jit_harden", "2", "constants in filters are blinded"},
	{"net/ipv4/tcp_syncookies", "1", "floods of connections"},
	{"net/ipv4/tcp_rfc1337", "1", "late resets do not end new connections"},
	{"net/ipv4/icmp_echo_ignore_broadcasts", "1", "no amplifier"},
	{"net/ipv4/icmp_ignore_bogus_error_responses", "1", "no log lines by strangers"},
	{"net/ipv4/ip_forward", "0", "no router"},
	{"net/ipv4/conf/all/rp_filter", "2", "packets from addresses that have no route back; loose, for several interfaces"},
	{"net/ipv4/conf/default/rp_filter", "2", "the same"},
	{"net/ipv4/conf/all/accept_redirects", "0", "nobody on the link changes routes"},
	{"net/ipv4/conf/default/accept_redirects", "0", "the same"},
	{"net/ipv4/conf/all/secure_redirects", "0", "the same"},
	{"net/ipv4/conf/default/secure_redirects", "0", "the same"},
	{"net/ipv4/conf/all/send_redirects", "0", "no router"},
	{"net/ipv4/conf/default/send_redirects", "0", "no router"},
	{"net/ipv4/conf/all/accept_source_route", "0", "senders do not choose the way"},
	{"net/ipv4/conf/default/accept_source_route", "0", "the same"},
	{"net/ipv4/conf/all/log_martians", "0", "no log lines by strangers"},
	{"net/ipv6/conf/all/accept_redirects", "0", "nobody on the link changes routes"},
	{"net/ipv6/conf/default/accept_redirects", "0", "the same"},
	{"net/ipv6/conf/all/accept_source_route", "0", "senders do not choose the way"},
	{"net/ipv6/conf/all/forwarding", "0", "no router"},
}

// restrictProcess sets the process's limits, has the console take no input, and
// hides the kernel's command line from who reads files of the process.
func (m *machine) restrictProcess() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("no core files: %w", err)
	}
	// What the capability for it, which goes, would allow: rings of io_uring.
	if err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}); err != nil {
		return fmt.Errorf("raise the limit of locked memory: %w", err)
	}
	if err := os.Chmod("/proc/cmdline", 0o400); err != nil {
		return err
	}
	return closeInput()
}

// closeInput has nothing read what somebody types at the console: the program's
// input is empty.
func closeInput() error {
	null, err := os.Open("/dev/null")
	if err != nil {
		return err
	}
	defer null.Close()
	if err := unix.Dup3(int(null.Fd()), 0, 0); err != nil {
		return fmt.Errorf("close the console's input: %w", err)
	}
	return nil
}

// sealed are what nothing writes to once the machine runs: the root, whether it is
// in memory or on a disk, and sysfs.
var sealed = []string{"/", "/sys"}

// confineProcess is the last step of a boot: after it the process can only serve.
func (m *machine) confineProcess() error {
	if !m.settings.Confine {
		m.console.Printf("confine: off (confine no)")
		return nil
	}
	for _, path := range sealed {
		// Of this mount; the file system itself may be shared with the kernel.
		if err := unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|confined, ""); err != nil {
			return fmt.Errorf("make %s read-only: %w", path, err)
		}
	}
	if err := confine.Apply(); err != nil {
		return fmt.Errorf("%w; redoubt.confine=no on the kernel's command line boots without", err)
	}
	m.confined.Store(true)
	return nil
}

// finishHardening does what takes time and can wait until the machine is up.
func (m *machine) finishHardening() {
	for _, s := range hardeningSettings {
		err := os.WriteFile("/proc/sys/"+s.path, []byte(s.value), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			m.console.Printf("harden: set %s (%s): %v", s.path, s.reason, err)
		}
	}
	if m.confined.Load() {
		if err := confine.Finish(); err != nil {
			m.console.Printf("confine: %v", err)
		}
	}
}

// confineInfo is INFO's lines, by what the kernel says of all threads.
func (m *machine) confineInfo() string {
	state, err := confine.Read()
	if err != nil {
		return ""
	}
	root := "writable"
	var fs unix.Statfs_t
	if unix.Statfs("/", &fs) == nil && fs.Flags&unix.ST_RDONLY != 0 {
		root = "read-only"
	}
	return fmt.Sprintf("appliance_seccomp:%s\r\nappliance_capabilities:%s\r\nappliance_no_new_privs:%s\r\nappliance_root:%s\r\n",
		yesNo[state.Filter], strings.Join(state.Capabilities, ","), yesNo[state.NoNewPrivs], root)
}

var yesNo = map[bool]string{true: "yes", false: "no"}
