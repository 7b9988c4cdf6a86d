//go:build linux

package appliance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/slot"
	"github.com/redoubt-kv/redoubt/appliance/update"
	"github.com/redoubt-kv/redoubt/core/server"
)

// releaseFile says what the image is, see image.ReleaseFile.
const releaseFile = "/etc/redoubt-release"

// release is what the image is: the lines of releaseFile.
type release struct{ version, profile, arch, kernel string }

// parseRelease reads lines of NAME=VALUE; what it does not know is for others.
func parseRelease(text string) release {
	r := release{arch: runtime.GOARCH}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch name {
		case "VERSION":
			r.version = value
		case "PROFILE":
			r.profile = value
		case "ARCH":
			r.arch = value
		case "KERNEL":
			r.kernel = value
		}
	}
	return r
}

// openSlots reads which version is on trial, and begins the trial if it is this one.
// A machine that cannot read that has no updates, but serves.
func (m *machine) openSlots() error {
	text, err := os.ReadFile(releaseFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	m.release = parseRelease(string(text))
	if m.settings.Slot == "" {
		return nil
	}
	running, err := slot.ParseName(m.settings.Slot)
	if err != nil {
		return err
	}
	u, err := m.openUpdater(running)
	if err != nil {
		m.console.Printf("update: no updates are possible: %v", err)
		return nil
	}
	m.updater = u
	s := u.Status()
	m.console.Printf("version %s in slot %s (%s)", s.Running, running, s.State)
	if u.OnTrial() {
		// Also of a boot step that hangs, or a server that does not end.
		time.AfterFunc(m.settings.UpdateWait+m.settings.UpdateProbation+stopTime, m.trialOverdue)
	}
	return nil
}

// stopTime is how long a server may take to stop at the end of a trial.
const stopTime = 2 * time.Minute

func (m *machine) openUpdater(running slot.Name) (*update.Updater, error) {
	d, err := openOwnDisk()
	if err != nil {
		return nil, err
	}
	u, err := update.Open(update.Config{
		Disk: d.file, Size: d.size, Running: running,
		Version: m.release.version, Profile: m.release.profile, Arch: m.release.arch, Log: m.console.Printf,
		Forget: func() error { return unix.IoctlSetInt(int(d.file.Fd()), unix.BLKFLSBUF, 0) },
	})
	if err != nil {
		d.file.Close()
	}
	return u, err
}

// onTrial tells whether this version has yet to get through its gate.
func (m *machine) onTrial() bool { return m.updater != nil && m.updater.OnTrial() }

// giveUp ends a trial that has failed before the server could be told to end: the
// next boot is the old version's. It does nothing without a trial.
func (m *machine) giveUp(reason string) bool {
	if !m.onTrial() {
		return false
	}
	if err := m.updater.Fail(reason); err != nil {
		// The boot loader's tries are what is left.
		m.console.Printf("update: %v", err)
	}
	return true
}

// trialOverdue ends a trial that nothing else has ended.
func (m *machine) trialOverdue() {
	if m.giveUp("it did not get through its trial in time") {
		m.halt(Reboot, false)
	}
}

// restoreData puts the checkpoint of the data back, if a rollback wants that.
func (m *machine) restoreData() error {
	if m.updater == nil || m.dataDisk == "" || !m.updater.RestoreWanted() {
		return nil
	}
	if err := m.restoreCheckpoint(); err != nil && !errors.Is(err, update.ErrNoCheckpoint) {
		return err
	}
	return m.updater.Restored()
}

func (m *machine) restoreCheckpoint() error {
	err := update.RestoreCheckpoint(dataDir)
	if err != nil {
		m.console.Printf("update: %v", err)
		return err
	}
	m.console.Printf("update: the data are those of the checkpoint before the update; what they replace is in update/replaced")
	return nil
}

// rescueData is for a server that does not start after a rollback: the version that
// failed may have left data that this one cannot read. It tells whether to try again.
func (m *machine) rescueData() bool {
	if m.updater == nil || m.dataDisk == "" || m.rescued || m.updater.RolledBackFrom() == "" || !update.HasCheckpoint(dataDir) {
		return false
	}
	m.rescued = true
	m.console.Printf("update: the server does not start with the data that version %s left", m.updater.RolledBackFrom())
	return m.restoreCheckpoint() == nil
}

// depart prepares the boot of a version that was received, after the server has
// stopped in order. If the data cannot be kept, this version stays.
func (m *machine) depart() {
	if m.updater == nil || !m.updater.Pending() {
		return
	}
	if m.dataDisk != "" {
		if err := update.MakeCheckpoint(dataDir); err != nil {
			m.console.Printf("update: not booting the new version: %v", err)
			return
		}
	}
	if err := m.updater.Depart(m.addressed()); err != nil {
		m.console.Printf("update: %v", err)
	}
}

// addressed tells whether the machine has an address that other hosts can reach.
func (m *machine) addressed() bool {
	if m.network == nil {
		return false
	}
	for _, i := range m.network.Status().Interfaces {
		for _, a := range i.Addresses {
			if a.Addr().IsGlobalUnicast() {
				return true
			}
		}
	}
	return false
}

// passGate lets this version through its gate, or has the machine reboot to the old
// one, in order: what clients have written is kept.
func (m *machine) passGate() {
	g := update.Gate{Wait: m.settings.UpdateWait, Probation: m.settings.UpdateProbation, Every: time.Second, Checks: []update.Check{
		{Name: "the server", Well: func() error { return m.serverWell(m.handle.Load()) }},
		{Name: "the network", Well: m.networkWell},
		{Name: "the admin endpoint", Well: m.adminWell},
	}}
	err := g.Pass(context.Background())
	if err == nil {
		err = m.updater.Confirm()
	}
	if err != nil && m.giveUp(err.Error()) {
		m.powerEvent(powerEvent{"failed update", Reboot})
	}
}

// pingTime is how long the server may take to answer in the gate.
const pingTime = 5 * time.Second

var (
	errNotReady  = errors.New("it is not ready")
	errNoAddress = errors.New("there is no address, and the version before had one")
)

// serverWell asks the server as a client does.
func (m *machine) serverWell(h *server.Handle) error {
	switch {
	case !h.Ready():
		return errNotReady
	case m.outside.locked() != "":
		return fmt.Errorf("it is locked: %s", m.outside.locked())
	}
	port := h.Port()
	if port == 0 {
		return nil // TLS or a socket: who is listening was looked at when it started
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), pingTime)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(pingTime)); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	reply := make([]byte, 64)
	n, err := conn.Read(reply)
	if err != nil {
		return err
	}
	// Without a password there is no more than a "NOAUTH", which is well, too.
	if got := string(reply[:n]); !strings.HasPrefix(got, "+PONG") && !strings.HasPrefix(got, "-NOAUTH") {
		return fmt.Errorf("it answers %q", strings.TrimSpace(got))
	}
	return nil
}

func (m *machine) networkWell() error {
	if m.updater.Addressed() && !m.addressed() {
		return errNoAddress
	}
	return nil
}

// updateInfo is INFO's lines about the version and its update.
func (m *machine) updateInfo() string {
	text := fmt.Sprintf("appliance_version:%s\r\nappliance_profile:%s\r\nappliance_kernel:%s\r\n", m.release.version, m.release.profile, m.release.kernel)
	if m.updater == nil {
		return text
	}
	s := m.updater.Status()
	return text + fmt.Sprintf("appliance_slot:%s\r\nappliance_update_state:%s\r\nappliance_update_other:%s\r\nappliance_update_reason:%s\r\n",
		m.settings.Slot, s.State, s.Other, strings.Join(strings.Fields(s.Reason), " "))
}
