//go:build linux

package network

import (
	"context"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/vishvananda/netlink"
)

// A lease with everything in it; and what becomes of it at the end.
func TestDHCPLease(t *testing.T) {
	l := newLAN(t, 0, "10.1.0.1/24")
	server := serveDHCP(l, "10.1.0.1", time.Hour, []string{"10.1.0.50"},
		dhcpv4.OptDNS(ip4("10.1.0.53")), dhcpv4.OptDomainName("example.org"), dhcpv4.OptHostName("db1"),
		dhcpv4.OptNTPServers(ip4("10.1.0.4")), dhcpv4.OptRouter(ip4("10.1.0.9")),
		dhcpv4.OptGeneric(dhcpv4.OptionInterfaceMTU, []byte{5, 0x78}),
		dhcpv4.OptClasslessStaticRoute(
			&dhcpv4.Route{Dest: ipNet4("0.0.0.0/0"), Router: ip4("10.1.0.1")},
			&dhcpv4.Route{Dest: ipNet4("192.0.2.0/24"), Router: ip4("10.1.0.2")},
			&dhcpv4.Route{Dest: ipNet4("198.51.100.7/32"), Router: net.IPv4zero}))
	n := startNetwork(t, Options{})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if a, err := n.WaitAddress(ctx); err != nil || a.String() != "10.1.0.50" {
		t.Fatalf("got %s, %v", a, err)
	}
	for _, want := range []string{"default by 10.1.0.1 metric 100", "192.0.2.0/24 by 10.1.0.2 metric 100", "198.51.100.7/32 by <nil> metric 100"} {
		n.wait(want, func() bool { return n.hasRoute("eth0", want) })
	}
	if len(n.routes("eth0")) != 3 {
		t.Errorf("routes %q", n.routes("eth0"))
	}
	n.wait("the host's name", func() bool { return n.name() == "db1" })
	resolv, err := os.ReadFile(n.resolvConf)
	if err != nil || string(resolv) != "nameserver 10.1.0.53\nsearch example.org\n" {
		t.Errorf("resolv.conf: %q, %v", resolv, err)
	}
	s := n.Status()
	if i := s.Interfaces[0]; i.MTU != 1400 || !i.Up || !slices.Contains(i.Sources, "DHCP") || time.Until(i.Expires) < 50*time.Minute {
		t.Errorf("status %+v", i)
	}
	if !slices.Equal(n.NTPServers(), []string{"10.1.0.4"}) {
		t.Errorf("NTP servers %q", n.NTPServers())
	}
	ask := server.last(dhcpv4.MessageTypeDiscover)
	if id := ask.GetOneOption(dhcpv4.OptionClientIdentifier); !slices.Equal(id, append([]byte{1}, l.mac...)) {
		t.Errorf("client identifier %x", id)
	}
	n.Close(true, patience)
	n.wait("the release", func() bool { return server.count(0, isRelease) == 1 })
	if r := server.last(dhcpv4.MessageTypeRelease); r.ClientIPAddr.String() != "10.1.0.50" {
		t.Errorf("released %s", r.ClientIPAddr)
	}
}

// Short leases are renewed by unicast, with the same address all the time; when
// the server goes silent, any server is asked; at the end there is no address
// but the fallback's; and a server that comes back is heard.
func TestDHCPRenewalAndLoss(t *testing.T) {
	l := newLAN(t, 0, "10.1.0.1/24")
	server := serveDHCP(l, "10.1.0.1", 6*time.Second, []string{"10.1.0.50"}, dhcpv4.OptRouter(ip4("10.1.0.1")))
	n := startNetwork(t, Options{Fallback: netip.MustParsePrefix("10.7.0.15/24"), FallbackGateway: netip.MustParseAddr("10.7.0.2")})
	n.waitAddress("eth0", "10.1.0.50/24")
	bound := server.total()
	n.wait("two renewals", func() bool { return server.count(0, isRenewal) >= 2 })
	if server.count(bound, func(h heard4) bool { return h.kind == dhcpv4.MessageTypeDiscover }) > 0 || !n.has("eth0", "10.1.0.50/24") {
		t.Error("the address was lost meanwhile")
	}
	server.set(func(s *dhcpServer) { s.silent = true })
	before := server.total()
	n.wait("rebinding", func() bool { return server.count(before, isRebind) > 0 })
	n.waitAddress("eth0", "10.7.0.15/24")
	n.wait("the end of the lease", func() bool { return !n.has("eth0", "10.1.0.50/24") })
	n.wait("the fallback's route", func() bool { return slices.Equal(n.routes("eth0"), []string{"default by 10.7.0.2 metric 100"}) })
	server.set(func(s *dhcpServer) { s.silent, s.lease = false, time.Hour })
	n.waitAddress("eth0", "10.1.0.50/24")
	n.wait("the end of the fallback", func() bool { return !n.has("eth0", "10.7.0.15/24") })
	if !slices.Equal(n.routes("eth0"), []string{"default by 10.1.0.1 metric 100"}) {
		t.Errorf("routes %q", n.routes("eth0"))
	}
}

// A server that refuses to go on with a lease is obeyed at once.
func TestDHCPRefused(t *testing.T) {
	l := newLAN(t, 0, "10.1.0.1/24")
	server := serveDHCP(l, "10.1.0.1", 6*time.Second, []string{"10.1.0.50"})
	n := startNetwork(t, Options{})
	n.waitAddress("eth0", "10.1.0.50/24")
	server.set(func(s *dhcpServer) { s.refuse = true })
	n.wait("the loss of the address", func() bool { return !n.has("eth0", "10.1.0.50/24") })
	server.set(func(s *dhcpServer) { s.refuse, s.offers = false, []string{"10.1.0.60"} })
	n.waitAddress("eth0", "10.1.0.60/24")
}

// An address that another host has serves for the moment of the probe only.
func TestDHCPDuplicate(t *testing.T) {
	l := newLAN(t, 0, "10.1.0.1/24", "10.1.0.50/24")
	server := serveDHCP(l, "10.1.0.1", time.Hour, []string{"10.1.0.50", "10.1.0.51"})
	n := startNetwork(t, Options{})
	n.wait("DECLINE", func() bool { return server.count(0, isDecline) == 1 })
	n.waitAddress("eth0", "10.1.0.51/24")
	if n.has("eth0", "10.1.0.50/24") {
		t.Error("the duplicate is still there")
	}
	if m := server.last(dhcpv4.MessageTypeDecline); m.RequestedIPAddress().String() != "10.1.0.50" {
		t.Errorf("declined %s", m.RequestedIPAddress())
	}
}

// After the link was away, a lease is checked with whatever server is there.
func TestDHCPLinkAway(t *testing.T) {
	l := newLAN(t, 0, "10.1.0.1/24")
	server := serveDHCP(l, "10.1.0.1", time.Hour, []string{"10.1.0.50"})
	n := startNetwork(t, Options{})
	n.waitAddress("eth0", "10.1.0.50/24")
	n.wait("the link's first word", func() bool { return n.Status().Interfaces[0].Up })
	before := server.total()
	l.setUp(false)
	n.wait("the link to go", func() bool { return !n.Status().Interfaces[0].Up })
	l.setUp(true)
	n.wait("a question about the lease", func() bool { return server.count(before, isRebind) > 0 })
	n.waitAddress("eth0", "10.1.0.50/24")
}

// Nobody answers: the fallback serves, and metadata can be reached on the link.
func TestDHCPNobody(t *testing.T) {
	newLAN(t, 0)
	n := startNetwork(t, Options{DHCPWait: time.Millisecond, Fallback: netip.MustParsePrefix("10.7.0.15/24")})
	n.waitAddress("eth0", "10.7.0.15/24")
	metadata := netip.MustParseAddr("169.254.169.254")
	for range 2 {
		if err := n.Reach(metadata); err != nil {
			t.Fatal(err)
		}
	}
	if routes, err := netlink.RouteGet(metadata.AsSlice()); err != nil || len(routes) != 1 || !routes[0].Src.Equal(ip4("10.7.0.15")) {
		t.Errorf("got %v, %v", routes, err)
	}
	if !strings.Contains(n.console(), "no DHCP server answers") {
		t.Error("the console does not say so")
	}
}
