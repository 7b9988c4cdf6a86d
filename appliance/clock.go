//go:build linux

package appliance

import (
	"context"
	"fmt"
	"time"

	"github.com/redoubt-kv/redoubt/appliance/timesync"
)

// startClock sets the clock by the hypervisor's, before data are loaded whose
// keys may have expired, or has NTP set it when there is a network; it does not
// wait for that.
func (m *machine) startClock() error {
	m.clock = timesync.New(timesync.Options{Servers: m.network.NTPServers, Changed: m.network.Changed, Log: m.console.Printf})
	if now := time.Now(); now.Year() < 2020 {
		m.console.Printf("clock: it is %s, so this machine has no real-time clock; expiry times that clients give as dates will be wrong until NTP sets it",
			now.UTC().Format(time.DateOnly))
	}
	go m.clock.Run(context.Background())
	return nil
}

// clockInfo is INFO's lines about the clock.
func (m *machine) clockInfo() string {
	if m.clock == nil {
		return ""
	}
	s := m.clock.Status()
	return fmt.Sprintf("appliance_clock_source:%s\r\nappliance_clock_offset_ms:%.3f\r\nappliance_clock_steps:%d\r\n",
		s.Source, float64(s.Offset)/float64(time.Millisecond), s.Steps)
}
