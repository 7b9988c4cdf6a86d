//go:build linux

package appliance

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// seedBytes is what the kernel's generator wants to be initialized: 256 bits.
const seedBytes = 32

// gatherEntropy makes sure that random numbers are there before the server asks
// for its hash seed. Usually the CPU's generator or the kernel's thread for
// virtio-rng has done it; if not, this asks the device itself, whose read lets
// the kernel credit what it delivers.
func (m *machine) gatherEntropy() error {
	b := make([]byte, seedBytes)
	_, err := unix.Getrandom(b, unix.GRND_NONBLOCK)
	if !errors.Is(err, unix.EAGAIN) {
		return err
	}
	f, err := os.Open("/dev/hwrng")
	if err != nil {
		m.console.Printf("entropy: no random numbers yet and no virtio-rng device; waiting for the kernel to collect some")
	} else {
		defer f.Close()
		if err := seedFrom(f); err != nil {
			m.console.Printf("entropy: %v", err)
		}
	}
	if _, err := unix.Getrandom(b, 0); err != nil {
		return fmt.Errorf("get random numbers: %w", err)
	}
	return nil
}

// seedFrom mixes random numbers of a device into the kernel's generator.
func seedFrom(f *os.File) error {
	b := make([]byte, seedBytes)
	if _, err := f.Read(b); err != nil {
		return fmt.Errorf("read %s: %w", f.Name(), err)
	}
	if err := os.WriteFile("/dev/urandom", b, 0); err != nil {
		return fmt.Errorf("mix in random numbers: %w", err)
	}
	return nil
}
