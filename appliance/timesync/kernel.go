//go:build linux

package timesync

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// kernelClock is the system's clock.
type kernelClock struct{}

// Step sets the clock. What the kernel was still slewing is forgotten.
func (kernelClock) Step(d time.Duration) error {
	stop := &unix.Timex{Modes: unix.ADJ_OFFSET | unix.ADJ_STATUS, Status: unix.STA_PLL}
	if _, err := unix.Adjtimex(stop); err != nil {
		return fmt.Errorf("stop slewing: %w", err)
	}
	now := unix.NsecToTimespec(time.Now().Add(d).UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	return nil
}

// Slew hands the offset to the kernel's phase-locked loop, which also learns how
// fast the machine's oscillator runs (adjtimex(2)). Its time constant is the
// binary logarithm of the time between two rounds, less 4, as ntpd has it.
func (kernelClock) Slew(d, poll time.Duration) error {
	constant := bits.Len64(uint64(poll/time.Second)) - 1 - 4
	t := &unix.Timex{
		Modes:    unix.ADJ_OFFSET | unix.ADJ_NANO | unix.ADJ_STATUS | unix.ADJ_TIMECONST | unix.ADJ_MAXERROR | unix.ADJ_ESTERROR,
		Offset:   int64(d),
		Status:   unix.STA_PLL,
		Constant: int64(min(max(constant, 0), 10)),
		Maxerror: int64(d.Abs() / time.Microsecond),
		Esterror: int64(d.Abs() / time.Microsecond),
	}
	if _, err := unix.Adjtimex(t); err != nil {
		return fmt.Errorf("slew the clock: %w", err)
	}
	return nil
}

// ptpClock is a hypervisor's clock.
type ptpClock struct {
	name   string
	device *os.File
}

// ptpNames are the hypervisors' clocks by their driver's name for them. Other PTP
// clocks are a network card's, which nobody may have set.
var ptpNames = map[string]string{"KVM virtual PTP": "kvm-ptp", "hyperv": "hyperv-ptp"}

// findPTP returns the hypervisor's clock, nil if there is none.
func findPTP(class, dev string) *ptpClock {
	names, err := filepath.Glob(filepath.Join(class, "ptp*", "clock_name"))
	if err != nil {
		return nil
	}
	for _, path := range names {
		text, err := os.ReadFile(path)
		name := ptpNames[strings.TrimSpace(string(text))]
		if err != nil || name == "" {
			continue
		}
		device, err := os.Open(filepath.Join(dev, filepath.Base(filepath.Dir(path))))
		if err == nil {
			return &ptpClock{name, device}
		}
	}
	return nil
}

// offset is what our clock lacks: the best of some comparisons, the one between
// whose two looks at our clock the least time went by.
func (p *ptpClock) offset() (time.Duration, error) {
	// FD_TO_CLOCKID of Linux's include/linux/posix-timers_types.h
	clock := int32(^int(p.device.Fd())<<3 | 3)
	var best, least time.Duration
	for try := range 5 {
		before := time.Now()
		var theirs unix.Timespec
		if err := unix.ClockGettime(clock, &theirs); err != nil {
			return 0, os.NewSyscallError("clock_gettime", err)
		}
		took := time.Since(before)
		if try == 0 || took < least {
			least, best = took, time.Unix(theirs.Unix()).Sub(before.Add(took/2).Round(0))
		}
	}
	if least > time.Second {
		return 0, errors.New("a look at the clock takes too long")
	}
	return best, nil
}
