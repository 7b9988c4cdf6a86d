//go:build linux

package appliance

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/redoubt-kv/redoubt/appliance/network"
)

// resolvConf is where the name servers are written; Go's resolver looks for them
// in /etc, which cannot be written to, and has a link there.
const resolvConf = "/run/resolv.conf"

// startLoopback brings up lo; the kernel gives it its addresses.
func (m *machine) startLoopback() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

// startNetwork brings up the network interfaces. It returns at once: the server
// listens on all addresses before there is one.
func (m *machine) startNetwork() error {
	// An image whose root cannot be written to has the link already.
	if err := os.Symlink(resolvConf, "/etc/resolv.conf"); err != nil && !errors.Is(err, os.ErrExist) {
		m.console.Printf("network: names cannot be looked up: %v", err)
	}
	var err error
	m.network, err = network.Start(network.Options{
		Settings:        m.settings.Network,
		Metadata:        m.outsideNetwork(),
		Image:           m.settings.ImageNetwork,
		DHCPWait:        m.settings.DHCPWait,
		Fallback:        m.settings.FallbackAddress,
		FallbackGateway: m.settings.FallbackGateway,
		ResolvConf:      resolvConf,
		Log:             m.console.Printf,
	})
	if err != nil {
		return err
	}
	// The data disk may know better, later; a DHCP server wants a name now.
	m.id = m.hardwareID()
	m.network.SetIdentity([16]byte{}, m.id.hostname())
	go func() {
		if _, err := m.network.WaitAddress(context.Background()); err == nil {
			m.phases.mark("address")
		}
	}()
	return nil
}

// releaseTime is how long the network may keep the machine from stopping.
const releaseTime = time.Second

// stopNetwork gives leases back before an orderly power-off; a machine that
// reboots wants the same addresses again.
func (m *machine) stopNetwork(release bool) {
	if m.network != nil {
		m.network.Close(release, releaseTime)
	}
}

// networkInfo is INFO's lines about the network.
func (m *machine) networkInfo() string {
	if m.network == nil {
		return ""
	}
	s := m.network.Status()
	text := fmt.Sprintf("appliance_hostname:%s\r\nappliance_interfaces:%d\r\n", s.Hostname, len(s.Interfaces))
	for n, i := range s.Interfaces {
		text += fmt.Sprintf("appliance_net%d:name=%s,mac=%s,up=%d,mtu=%d,source=%s,addresses=%s\r\n", n, i.Name, i.MAC,
			map[bool]int{true: 1}[i.Up], i.MTU, strings.Join(i.Sources, "+"), joinPrefixes(i.Addresses))
	}
	return text
}

func joinPrefixes(prefixes []netip.Prefix) string {
	words := make([]string, len(prefixes))
	for n, p := range prefixes {
		words[n] = p.String()
	}
	return strings.Join(words, "+")
}
