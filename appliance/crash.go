//go:build linux

package appliance

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// After a crash the machine must not depend on the crashed program, and there is
// no other one. So the rule is armed beforehand, in two places:
//
//   - The kernel's panic timeout. When PID 1 dies (a Go panic on any goroutine, a
//     fault, the out-of-memory killer), the kernel panics; then it reboots after
//     the pause, or stays halted with the reason on the console.
//   - A mark in the CMOS memory of the real-time clock, which a reset keeps and a
//     power cycle of a virtual machine does not. It is set at boot, holds how
//     many runs in a row have crashed, and is removed by an orderly stop. A boot
//     that finds it knows that the last run crashed.
//
// The mark, in the offsets of /dev/nvram (CMOS address minus 14); firmware uses
// the addresses up to 0x5f
//
//	0x6a  'R' 'B'   0x6c  crashes in a row   0x6d  its complement
const (
	markDevice = "/dev/nvram"
	markOffset = 0x6a
	markSize   = 4
)

// healthyAfter is how long a run must last to count as no crash loop.
const healthyAfter = 10 * time.Minute

// armCrashRule tells the kernel what to do if PID 1 dies, and looks whether the
// last run died: then it counts, pauses, and stops a crash loop.
func (m *machine) armCrashRule() error {
	if err := m.setPanicTimeout(); err != nil {
		return err
	}
	// The whole story on the console: all goroutines.
	debug.SetTraceback("all")
	crashed, crashes, err := readMark()
	if err != nil {
		m.console.Printf("crash rule: no memory for the number of crashes (%v); reboots are not limited", err)
		return nil
	}
	if crashed {
		m.crashes = min(crashes+1, 255)
		if err := m.judgeCrash(); err != nil {
			return err
		}
	}
	return writeMark(m.crashes)
}

// setPanicTimeout tells the kernel what to do if PID 1 dies.
func (m *machine) setPanicTimeout() error {
	timeout := 0                                   // halt
	if m.settings.OnCrash != Halt || m.onTrial() { // on trial, the boot loader has the last word
		timeout = max(1, int(m.settings.CrashPause/time.Second))
	}
	return os.WriteFile("/proc/sys/kernel/panic", []byte(strconv.Itoa(timeout)), 0)
}

// errEnough is a boot that must not be: the last run crashed, and the settings
// say to stop.
var errEnough = errors.New("not starting again")

// judgeCrash decides whether to start after a crash.
func (m *machine) judgeCrash() error {
	m.console.Printf("crash rule: the last run did not end orderly; %d in a row", m.crashes)
	if m.settings.OnCrash != Reboot {
		return fmt.Errorf("%w: oncrash is %s", errEnough, m.settings.OnCrash)
	}
	if m.settings.CrashLimit > 0 && m.crashes > m.settings.CrashLimit {
		return fmt.Errorf("%w: crash-limit is %d", errEnough, m.settings.CrashLimit)
	}
	return nil
}

// forgetCrashes starts the count anew.
func (m *machine) forgetCrashes() {
	m.crashes = 0
	if err := writeMark(0); err != nil {
		m.console.Printf("crash rule: %v", err)
	}
}

// encodeMark and decodeMark are the mark's layout.
func encodeMark(crashes int) []byte {
	return []byte{'R', 'B', byte(crashes), ^byte(crashes)}
}

func decodeMark(b []byte) (crashes int, ok bool) {
	if len(b) != markSize || b[0] != 'R' || b[1] != 'B' || b[2] != ^b[3] {
		return 0, false
	}
	return int(b[2]), true
}

// nvramSetChecksum is NVRAM_SETCKS. The driver refuses to read and write while
// the BIOS's checksum over its own settings is wrong, as it is under QEMU.
const nvramSetChecksum = 'p'<<8 | 0x41

func openMark() (*os.File, error) {
	f, err := os.OpenFile(markDevice, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.IoctlSetInt(int(f.Fd()), nvramSetChecksum, 0); err != nil {
		f.Close()
		return nil, fmt.Errorf("set the checksum of %s: %w", markDevice, err)
	}
	return f, nil
}

// readMark reads the mark; crashed is whether there was one.
func readMark() (crashed bool, crashes int, err error) {
	f, err := openMark()
	if err != nil {
		return false, 0, err
	}
	defer f.Close()
	b := make([]byte, markSize)
	if _, err := f.ReadAt(b, markOffset); err != nil {
		return false, 0, fmt.Errorf("read the crash mark: %w", err)
	}
	crashes, crashed = decodeMark(b)
	return crashed, crashes, nil
}

func writeMark(crashes int) error { return writeMarkBytes(encodeMark(crashes)) }

// clearMark is the last thing of an orderly stop.
func clearMark() error { return writeMarkBytes(make([]byte, markSize)) }

func writeMarkBytes(b []byte) error {
	f, err := openMark()
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteAt(b, markOffset); err != nil {
		return fmt.Errorf("write the crash mark: %w", err)
	}
	return nil
}
