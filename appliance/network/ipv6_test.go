//go:build linux

package network

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/vishvananda/netlink"
)

func (n *testNetwork) resolver() string {
	s := n.Status()
	return (&names{dns: s.DNS, search: s.Search}).resolvConf()
}

// A router gives a prefix, a way out, and name servers for a while.
func TestSLAAC(t *testing.T) {
	l := newLAN(t, 0)
	router(l, raBytes(0, prefixOption("2001:db8:1::"), raOption(raDNS, 3600, netip.MustParseAddr("2001:db8:1::53").AsSlice()),
		raOption(raSearch, 3600, []byte("\x07example\x03org\x00"))))
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/24", "ipv6 auto")})
	n.waitAddress("eth0", "2001:db8:1:0:5054:ff:fe00:1/64")
	n.wait("the router's name server", func() bool {
		return n.resolver() == "nameserver 2001:db8:1::53\nsearch example.org\n"
	})
	n.wait("a way out", func() bool {
		routes, err := netlink.RouteGet(netip.MustParseAddr("2001:db8:9::1").AsSlice())
		return err == nil && len(routes) == 1 && routes[0].Gw.IsLinkLocalUnicast()
	})
}

// What says no is obeyed: no address by routers, none by DHCPv6.
func TestNoIPv6(t *testing.T) {
	l := newLAN(t, 0)
	router(l, raBytes(raManaged, prefixOption("2001:db8:1::")))
	server := serveDHCP6(l, "2001:db8:6::50", time.Hour)
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/24", "ipv6 none")})
	n.SetIdentity([16]byte{1}, "redoubt-1")
	n.waitAddress("eth0", "10.1.0.5/24")
	time.Sleep(2 * time.Second) // the router has spoken several times
	for _, a := range n.Status().Interfaces[0].Addresses {
		if a.Addr().Is6() && !a.Addr().IsLinkLocalUnicast() {
			t.Errorf("has %s", a)
		}
	}
	if server.count(dhcpv6.MessageTypeSolicit) > 0 {
		t.Error("DHCPv6 was asked")
	}
}

// A router says that addresses are DHCPv6's: get one, renew it, lose it, and
// give it back. Nothing is asked before the machine knows who it is.
func TestDHCPv6(t *testing.T) {
	l := newLAN(t, 0)
	router(l, raBytes(raManaged))
	server := serveDHCP6(l, "2001:db8:6::50", 8*time.Second)
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/24", "ipv6 auto")})
	n.waitAddress("eth0", "10.1.0.5/24")
	if server.count(dhcpv6.MessageTypeSolicit) > 0 {
		t.Error("asked without an identity")
	}
	n.SetIdentity([16]byte{1, 2, 3}, "redoubt-1")
	n.waitAddress("eth0", "2001:db8:6::50/128")
	n.wait("a renewal", func() bool { return server.count(dhcpv6.MessageTypeRenew) > 0 })
	server.mu.Lock()
	if want := (&dhcpv6.DUIDUUID{UUID: [16]byte{1, 2, 3}}); !want.Equal(server.client) {
		t.Errorf("the client is %s", server.client)
	}
	server.silent = true
	server.mu.Unlock()
	n.wait("rebinding", func() bool { return server.count(dhcpv6.MessageTypeRebind) > 0 })
	n.wait("the end of the address", func() bool { return !n.has("eth0", "2001:db8:6::50/128") })
	server.mu.Lock()
	server.silent, server.valid = false, time.Hour
	server.mu.Unlock()
	n.waitAddress("eth0", "2001:db8:6::50/128")
	if !slices.Contains(n.Status().Interfaces[0].Sources, "DHCPv6") {
		t.Errorf("status %+v", n.Status())
	}
	n.Close(true, patience)
	if server.count(dhcpv6.MessageTypeRelease) != 1 {
		t.Error("the address is not given back")
	}
}

// A router says that only the rest is DHCPv6's.
func TestDHCPv6Stateless(t *testing.T) {
	l := newLAN(t, 0)
	router(l, raBytes(raOther, prefixOption("2001:db8:1::")))
	server := serveDHCP6(l, "2001:db8:6::50", time.Hour)
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/24", "ipv6 auto")})
	n.SetIdentity([16]byte{1}, "redoubt-1")
	n.wait("the name server", func() bool { return strings.Contains(n.resolver(), "2001:db8:6::53") })
	if server.count(dhcpv6.MessageTypeInformationRequest) == 0 || server.count(dhcpv6.MessageTypeSolicit) > 0 {
		t.Errorf("heard %v", server.heard)
	}
}

// An address that another host has is declined.
func TestDHCPv6Duplicate(t *testing.T) {
	l := newLAN(t, 0, "2001:db8:6::50/64")
	router(l, raBytes(raManaged))
	server := serveDHCP6(l, "2001:db8:6::50", time.Hour)
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/24", "ipv6 auto")})
	n.SetIdentity([16]byte{1}, "redoubt-1")
	n.wait("DECLINE", func() bool { return server.count(dhcpv6.MessageTypeDecline) > 0 })
	if n.has("eth0", "2001:db8:6::50/128") {
		t.Error("the duplicate serves")
	}
}
