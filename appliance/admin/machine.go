package admin

import (
	"context"
	"io"
	"time"
)

// About is what a machine is. Fields that are not known are empty.
type About struct {
	Version, Profile, Arch, Kernel string // of the image
	Hostname                       string
	Addresses                      []string
	Slot                           string // "a" or "b"; "" where there is one root
	// Locked is why clients from other hosts are refused; "" if they are not.
	Locked string
	// Crashes is how many runs in a row before this one ended in a crash.
	Crashes int
	// ClockOffset is by how much the machine's clock was off when it was last
	// compared; ClockKnown tells whether it was.
	ClockOffset time.Duration
	ClockKnown  bool
}

// Phase is a moment of the boot.
type Phase struct {
	Name string
	At   time.Duration // since the kernel's start
}

// Machine is what the endpoint needs of the machine. Its methods may be called by any
// goroutine, and do not wait.
type Machine interface {
	About() About
	Uptime() time.Duration
	Phases() []Phase
	Log() *Log
	// Reboot and PowerOff have the machine end in order: the server saves as
	// SHUTDOWN does. by says who asked, for the log.
	Reboot(by string)
	PowerOff(by string)
}

// UpdateStatus is the state of updates.
type UpdateStatus struct {
	State   string `json:"state"`   // as package update names them: "idle", "written", …
	Running string `json:"running"` // version
	Other   string `json:"other"`   // version in the other slot; "" if there is none
	Reason  string `json:"reason"`  // why the last update was refused or rolled back; "" if it was not
}

// Updater receives updates of the image. Its methods may be called by any goroutine.
type Updater interface {
	Status() UpdateStatus
	// Receive reads an update to its end, checks it and writes it to the other slot.
	// The machine does not reboot by that.
	Receive(ctx context.Context, image io.Reader) error
	// Rollback has the next boot be that of the other slot, with the data of the
	// checkpoint if data is set. The machine does not reboot by that.
	Rollback(data bool) error
}
