//go:build linux

package appliance

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redoubt-kv/redoubt/appliance/admin"
	"github.com/redoubt-kv/redoubt/core/server"
)

// releaseFile says what the image is, in lines NAME=VALUE (appliance/image).
const releaseFile = "/etc/redoubt-release"

// administration is the machine as its endpoint knows it, while one run of the server
// lasts.
type administration struct {
	m      *machine
	about  admin.About // what does not change
	ending chan struct{}
}

// startAdmin serves the administration of a server that listens. It returns at once.
// What goes wrong is on the console: a machine without administration is still one
// that serves.
func (m *machine) startAdmin(h *server.Handle) {
	a := &administration{m: m, about: about(), ending: make(chan struct{})}
	a.about.Locked, a.about.Crashes, a.about.Slot = m.outside.locked, m.crashes, m.settings.Slot
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

// about reads what the image says of itself; what it does not say stays empty.
func about() admin.About {
	a, built := admin.About{Arch: runtime.GOARCH}, ""
	text, _ := os.ReadFile(releaseFile) // an image may have none
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), "=")
		switch name {
		case "VERSION":
			a.Version = value
		case "PROFILE":
			a.Profile = value
		case "KERNEL":
			built = " (" + value + ")"
		}
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		a.Kernel = unix.ByteSliceToString(u.Release[:]) + built
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
func (m *machine) adminUpdater() admin.Updater { return nil }
