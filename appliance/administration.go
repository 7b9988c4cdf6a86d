//go:build linux

package appliance

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/admin"
	"github.com/redoubt-kv/redoubt/appliance/update"
	"github.com/redoubt-kv/redoubt/core/server"
)

// administration is the machine as its endpoint knows it, while one run of the server
// lasts.
type administration struct {
	m      *machine
	about  admin.About // what does not change
	ending chan struct{}
	// listening is set while the endpoint takes connections.
	listening atomic.Bool
}

// startAdmin serves the administration of a server that listens. It returns at once.
// What goes wrong is on the console: a machine without administration is still one
// that serves.
func (m *machine) startAdmin(h *server.Handle) {
	a := &administration{m: m, about: m.about(), ending: make(chan struct{})}
	a.about.Locked, a.about.Crashes, a.about.Slot = m.outside.locked(), m.crashes, m.settings.Slot
	m.admin.Store(a)
	config := m.settings.Admin
	if config.Listen == "" {
		return
	}
	go a.serve(admin.New(config, a, h, m.adminUpdater(), m.console.Printf))
}

// stopAdmin ends the administration with the server's run.
func (m *machine) stopAdmin() {
	if a := m.admin.Swap(nil); a != nil {
		close(a.ending)
	}
}

// serve listens and serves until the server's run ends.
func (a *administration) serve(e *admin.Endpoint) {
	l, err := e.Listen()
	for try := 0; err != nil && try < listenTries; try++ { // the run before may still hold it
		select {
		case <-a.ending:
			return
		case <-time.After(time.Second):
		}
		l, err = e.Listen()
	}
	if err != nil {
		a.m.console.Printf("admin: %v", err)
		return
	}
	a.m.phases.mark("admin")
	a.listening.Store(true)
	defer a.listening.Store(false)
	go func() {
		<-a.ending
		_ = e.Close() // who is still connected is cut off
	}()
	if err := e.Serve(l); err != nil {
		a.m.console.Printf("admin: %v", err)
	}
}

// listenTries is how often, once a second, listening is tried again.
const listenTries = 5

// adminInfo is INFO's line.
func (m *machine) adminInfo() string {
	listen := m.settings.Admin.Listen
	if listen == "" {
		listen = "none"
	}
	return fmt.Sprintf("appliance_admin_listen:%s\r\n", listen)
}

// about is what the image says of itself, and the kernel.
func (m *machine) about() admin.About {
	a := admin.About{Version: m.release.version, Profile: m.release.profile, Arch: m.release.arch}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		a.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	if m.release.kernel != "" {
		a.Kernel += " (" + m.release.kernel + ")"
	}
	return a
}

// About implements admin.Machine.
func (a *administration) About() admin.About {
	about := a.about
	if a.m.network != nil {
		s := a.m.network.Status()
		about.Hostname = s.Hostname
		for _, i := range s.Interfaces {
			for _, p := range i.Addresses {
				about.Addresses = append(about.Addresses, p.String())
			}
		}
	}
	return about
}

// Uptime implements admin.Machine.
func (a *administration) Uptime() time.Duration { return uptime() }

// Phases implements admin.Machine.
func (a *administration) Phases() (list []admin.Phase) {
	for _, p := range a.m.phases.list() {
		list = append(list, admin.Phase(p))
	}
	return list
}

// Log implements admin.Machine.
func (a *administration) Log() *admin.Log { return a.m.console.Log() }

// Reboot implements admin.Machine.
func (a *administration) Reboot(by string) { a.m.powerEvent(powerEvent{by, Reboot}) }

// PowerOff implements admin.Machine.
func (a *administration) PowerOff(by string) { a.m.powerEvent(powerEvent{by, PowerOff}) }

// adminUpdater is what takes updates; nil where the image has one root.
func (m *machine) adminUpdater() admin.Updater {
	if m.updater == nil {
		return nil
	}
	return slotUpdater{m.updater}
}

// slotUpdater is an update.Updater as the endpoint knows it.
type slotUpdater struct{ *update.Updater }

// Status implements admin.Updater.
func (u slotUpdater) Status() admin.UpdateStatus { return admin.UpdateStatus(u.Updater.Status()) }

// adminWell asks the endpoint, if there is one, whether it answers.
func (m *machine) adminWell() error {
	a := m.admin.Load()
	if a == nil || m.settings.Admin.Listen == "" {
		return nil
	}
	if !a.listening.Load() {
		return errors.New("it does not listen")
	}
	return nil
}
