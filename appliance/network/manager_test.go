//go:build linux

package network

import (
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/vishvananda/netlink"
)

// Two interfaces, one by DHCP and one fixed with routes of its own; then
// metadata that names things anew.
func TestTwoInterfaces(t *testing.T) {
	first := newLAN(t, 0, "10.1.0.1/24")
	newLAN(t, 1, "10.2.0.1/24")
	serveDHCP(first, "10.1.0.1", time.Hour, []string{"10.1.0.50"}, dhcpv4.OptRouter(ip4("10.1.0.1")), dhcpv4.OptDNS(ip4("10.1.0.53")))
	n := startNetwork(t, Options{Settings: set(t, "net1.ip 10.2.0.5/24,10.2.0.6/24,2001:db8:2::5/64", "net1.gateway 10.2.0.1",
		"net1.routes 192.0.2.0/24=10.2.0.7", "net1.mtu 1300", "net1.dns 10.2.0.53", "dns 10.9.0.53")})
	n.SetIdentity([16]byte{1}, "redoubt-abc")
	for _, want := range []string{"10.2.0.5/24", "10.2.0.6/24", "2001:db8:2::5/64"} {
		n.waitAddress("eth1", want)
	}
	n.waitAddress("eth0", "10.1.0.50/24")
	// The first interface's way out wins.
	n.wait("routes", func() bool {
		return n.hasRoute("eth0", "default by 10.1.0.1 metric 100") && n.hasRoute("eth1", "default by 10.2.0.1 metric 200") &&
			n.hasRoute("eth1", "192.0.2.0/24 by 10.2.0.7 metric 200")
	})
	if routes, err := netlink.RouteGet(ip4("203.0.113.1")); err != nil || !routes[0].Gw.Equal(ip4("10.1.0.1")) {
		t.Errorf("the way out: %v, %v", routes, err)
	}
	resolv, err := os.ReadFile(n.resolvConf)
	if err != nil || string(resolv) != "nameserver 10.9.0.53\nnameserver 10.1.0.53\nnameserver 10.2.0.53\n" {
		t.Errorf("resolv.conf %q, %v", resolv, err)
	}
	if mtu := n.Status().Interfaces[1].MTU; mtu != 1300 || n.name() != "redoubt-abc" {
		t.Errorf("MTU %d, name %q", mtu, n.name())
	}

	// What the settings say of eth1's addresses stands; its MTU and the first
	// interface are metadata's.
	metadata := set(t, "hostname meta", first.mac.String()+".ip 10.1.0.77/24", "net1.ip none", "net0.mtu 1350", "ntp ntp.example")
	if err := n.SetMetadata(metadata); err != nil {
		t.Fatal(err)
	}
	n.waitAddress("eth0", "10.1.0.77/24")
	n.wait("the end of the lease's address", func() bool { return !n.has("eth0", "10.1.0.50/24") })
	if !n.has("eth1", "10.2.0.5/24") || n.name() != "meta" || !slices.Equal(n.NTPServers(), []string{"ntp.example"}) {
		t.Errorf("status %+v, name %q", n.Status(), n.name())
	}
	n.wait("the MTU", func() bool { return n.Status().Interfaces[0].MTU == 1350 })
	if err := n.SetMetadata(Config{Hostname: "a b"}); err == nil {
		t.Error("a host name with a blank is accepted")
	}
}

// Interfaces come and go; one that comes back has its place and its settings.
func TestHotPlug(t *testing.T) {
	newLAN(t, 0)
	n := startNetwork(t, Options{Settings: set(t, "net0.ip 10.1.0.5/24", "net1.ip 10.2.0.5/24")})
	n.waitAddress("eth0", "10.1.0.5/24")
	late := newLAN(t, 1)
	n.waitAddress("eth1", "10.2.0.5/24")
	link, err := netlink.LinkByName("eth1")
	if err != nil {
		t.Fatal(err)
	}
	if err := netlink.LinkDel(link); err != nil {
		t.Fatal(err)
	}
	n.wait("eth1 to go", func() bool { return !n.has("eth1", "10.2.0.5/24") })
	again := newLAN(t, 1)
	if again.mac.String() != late.mac.String() {
		t.Fatal("another MAC address")
	}
	n.waitAddress("eth1", "10.2.0.5/24")
	if len(n.Status().Interfaces) != 2 {
		t.Errorf("status %+v", n.Status())
	}
}

// A gateway outside of the address's network, as some clouds have it.
func TestGatewayElsewhere(t *testing.T) {
	newLAN(t, 0, "172.31.1.1/32")
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/32", "gateway 172.31.1.1")})
	n.wait("the route", func() bool { return n.hasRoute("eth0", "default by 172.31.1.1 metric 100") })
	if routes, err := netlink.RouteGet(ip4("203.0.113.1")); err != nil || !routes[0].Src.Equal(ip4("10.1.0.5")) {
		t.Errorf("got %v, %v", routes, err)
	}
}

// Closing keeps what serves, and waits for nobody.
func TestClose(t *testing.T) {
	newLAN(t, 0)
	n := startNetwork(t, Options{Settings: set(t, "ip 10.1.0.5/24"), DHCPWait: time.Second, Fallback: netip.MustParsePrefix("10.7.0.1/24")})
	n.waitAddress("eth0", "10.1.0.5/24")
	n.Close(true, patience)
	if !n.has("eth0", "10.1.0.5/24") {
		t.Error("the address is gone")
	}
	if err := n.SetMetadata(Config{}); err == nil {
		t.Error("metadata after the end is accepted")
	}
}
