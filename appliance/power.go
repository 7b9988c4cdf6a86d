//go:build linux

package appliance

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// powerEvent is something outside of the server that wants the machine to stop.
type powerEvent struct {
	name string
	then Action
}

// watchPower listens for the power button and for Ctrl-Alt-Del, and takes in
// orphaned children, as PID 1 must.
func (m *machine) watchPower() error {
	// Ctrl-Alt-Del becomes SIGINT to PID 1, rather than a reset.
	if err := unix.Reboot(unix.LINUX_REBOOT_CMD_CAD_OFF); err != nil {
		return fmt.Errorf("take over Ctrl-Alt-Del: %w", err)
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGPWR, unix.SIGCHLD)
	go m.takeSignals(signals)
	devices, err := filepath.Glob("/dev/input/event*")
	if err != nil {
		return err
	}
	buttons := 0
	for _, d := range devices {
		f, err := os.Open(d)
		if err != nil {
			return err
		}
		if !hasPowerKey(f) {
			f.Close()
			continue
		}
		buttons++
		go m.readKeys(f)
	}
	if buttons == 0 {
		m.console.Printf("power: this machine has no power button; SHUTDOWN stops it")
	}
	return nil
}

func (m *machine) takeSignals(signals <-chan os.Signal) {
	for s := range signals {
		switch s {
		case unix.SIGCHLD:
			reap()
		case unix.SIGINT:
			m.powerEvent(powerEvent{"Ctrl-Alt-Del", Reboot})
		default:
			m.powerEvent(powerEvent{s.String(), PowerOff})
		}
	}
}

// powerEvent passes an event on; when nobody takes them, later ones say nothing
// new.
func (m *machine) powerEvent(e powerEvent) {
	select {
	case m.power <- e:
	default:
	}
}

// reap takes in every child that has ended.
func reap() {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil)
		if pid <= 0 && !errors.Is(err, unix.EINTR) {
			return
		}
	}
}

// An input event as /dev/input/eventN gives it on 64-bit Linux
// (include/uapi/linux/input.h)
//
//	0   time, two 64-bit numbers
//	16  type, 16 bits     18  code, 16 bits     20  value, 32 bits
const (
	inputEventSize = 24
	evKey          = 1
	keyPower       = 116
	keyPressed     = 1
)

// isPowerPress tells whether an input event is the power button going down.
func isPowerPress(event []byte) bool {
	return binary.LittleEndian.Uint16(event[16:]) == evKey &&
		binary.LittleEndian.Uint16(event[18:]) == keyPower &&
		binary.LittleEndian.Uint32(event[20:]) == keyPressed
}

// readKeys reports presses until the device is gone.
func (m *machine) readKeys(f *os.File) {
	defer f.Close()
	event := make([]byte, inputEventSize)
	for {
		n, err := f.Read(event)
		if err != nil {
			m.console.Printf("power: %v", err)
			return
		}
		if n == inputEventSize && isPowerPress(event) {
			m.powerEvent(powerEvent{"power button", PowerOff})
		}
	}
}

// hasPowerKey reads the device's keys from sysfs: hexadecimal words of 64 bits,
// the highest first.
func hasPowerKey(f *os.File) bool {
	text, err := os.ReadFile(filepath.Join("/sys/class/input", filepath.Base(f.Name()), "device/capabilities/key"))
	return err == nil && keyInBitmap(string(text), keyPower)
}

// stop ends the machine after a run of the server.
func (m *machine) stop(e ending) {
	switch {
	case e.panicked != nil:
		m.console.Printf("SERVER CRASHED: %v", e.panicked)
		m.stopFailed(fmt.Sprintf("its server crashed: %v", e.panicked))
	case e.code != 0:
		m.console.Printf("SERVER FAILED: exit code %d; its reason is above", e.code)
		m.stopFailed(fmt.Sprintf("its server ended with code %d; the console said why", e.code))
	case e.then == Reboot:
		if !e.forced {
			m.depart()
		}
		m.halt(Reboot, true)
	default:
		m.halt(PowerOff, true)
	}
}

// stopFailed ends the machine as oncrash says, counting the failure. A version on
// trial goes back to the one before instead.
func (m *machine) stopFailed(reason string) {
	if m.giveUp(reason) {
		m.halt(Reboot, true)
	}
	action := m.settings.OnCrash
	limit := m.settings.CrashLimit
	if action == Reboot && limit > 0 && m.crashes >= limit {
		m.console.Printf("crash rule: %d failures in a row, so no reboot", m.crashes+1)
		action = Halt
	}
	if action == Reboot {
		m.console.Printf("reboot in %s (redoubt.oncrash=halt to stay)", m.settings.CrashPause)
		time.Sleep(m.settings.CrashPause)
	}
	m.halt(action, false)
}

// halt syncs, unmounts and stops the machine. It does not return.
func (m *machine) halt(action Action, orderly bool) {
	m.stopNetwork(orderly && action == PowerOff)
	unix.Sync()
	if m.dataDisk != "" {
		if err := unmountData(); err != nil {
			m.console.Printf("unmount %s: %v", dataDir, err)
		}
	}
	if orderly {
		if err := clearMark(); err != nil && !errors.Is(err, os.ErrNotExist) {
			m.console.Printf("crash rule: %v", err)
		}
	}
	m.console.Printf("%s", map[Action]string{PowerOff: "power off", Reboot: "reboot", Halt: "halted"}[action])
	m.console.Flush(flushTime)
	if action == Halt {
		// The kernel's own halt would stop the CPUs and with them the console
		// of some hypervisors; waiting keeps the text readable and the power
		// button working.
		m.waitHalted()
		action = PowerOff
	}
	command := unix.LINUX_REBOOT_CMD_POWER_OFF
	if action == Reboot {
		command = unix.LINUX_REBOOT_CMD_RESTART
	}
	err := unix.Reboot(command)
	m.console.Printf("%s: %v", action, err)
	m.console.Flush(flushTime)
	select {} // nothing is left to try
}

// waitHalted waits for the power button.
func (m *machine) waitHalted() {
	for range m.power {
		return
	}
}

// unmountData unmounts the data disk; if something still has a file open, it at
// least makes it read-only, which writes everything out.
func unmountData() error {
	err := unix.Unmount(dataDir, 0)
	if errors.Is(err, syscall.EBUSY) {
		err = unix.Mount("", dataDir, "", unix.MS_REMOUNT|unix.MS_RDONLY|confined, "")
	}
	return err
}

// uptime returns the time since the kernel started.
func uptime() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}
