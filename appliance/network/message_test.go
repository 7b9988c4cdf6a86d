//go:build linux

package network

import (
	"encoding/binary"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/insomniacslk/dhcp/rfc1035label"
)

var testMAC = net.HardwareAddr{0x52, 0x54, 0, 0, 0, 1}

func ack(ip string, options ...dhcpv4.Option) *dhcpv4.DHCPv4 {
	m := &dhcpv4.DHCPv4{YourIPAddr: net.ParseIP(ip), Options: dhcpv4.Options{}}
	for _, o := range options {
		m.UpdateOption(o)
	}
	return m
}

func ip4(s string) net.IP { return net.ParseIP(s).To4() }

func ipNet4(s string) *net.IPNet {
	_, n, err := net.ParseCIDR(s)
	if err != nil {
		panic(err)
	}
	return n
}

// Everything that a lease can tell.
func TestAckGrant(t *testing.T) {
	mask := dhcpv4.OptSubnetMask(net.CIDRMask(24, 32))
	g, err := ackGrant(ack("10.0.2.15", mask,
		dhcpv4.OptRouter(ip4("10.0.2.2")),
		dhcpv4.OptDNS(ip4("10.0.2.3"), ip4("0.0.0.0")),
		dhcpv4.OptNTPServers(ip4("10.0.2.4")),
		dhcpv4.OptHostName("db1"), dhcpv4.OptDomainName("example.org"),
		dhcpv4.OptGeneric(dhcpv4.OptionInterfaceMTU, []byte{5, 0x78})))
	want := grant{
		addresses: []address{{prefix: netip.MustParsePrefix("10.0.2.15/24")}},
		routes:    []Route{defaultRoute(netip.MustParseAddr("10.0.2.2"))},
		dns:       []netip.Addr{netip.MustParseAddr("10.0.2.3")},
		ntp:       []string{"10.0.2.4"}, hostname: "db1", search: []string{"example.org"}, mtu: 1400,
	}
	if err != nil || !reflect.DeepEqual(g, want) {
		t.Errorf("got %+v, %v", g, err)
	}
	// Classless routes take the router's place; search domains the domain's.
	g, err = ackGrant(ack("10.0.2.15", dhcpv4.OptSubnetMask(net.CIDRMask(32, 32)),
		dhcpv4.OptRouter(ip4("10.0.2.9")), dhcpv4.OptDomainName("example.org"),
		dhcpv4.OptDomainSearch(&rfc1035label.Labels{Labels: []string{"a.example", "b.example"}}),
		dhcpv4.OptClasslessStaticRoute(
			&dhcpv4.Route{Dest: ipNet4("10.0.2.1/32"), Router: net.IPv4zero},
			&dhcpv4.Route{Dest: ipNet4("0.0.0.0/0"), Router: ip4("10.0.2.1")},
			&dhcpv4.Route{Dest: ipNet4("10.9.0.0/16"), Router: ip4("224.0.0.1")})))
	wantRoutes := []Route{{To: netip.MustParsePrefix("10.0.2.1/32")}, defaultRoute(netip.MustParseAddr("10.0.2.1"))}
	if err != nil || !reflect.DeepEqual(g.routes, wantRoutes) || strings.Join(g.search, " ") != "a.example b.example" {
		t.Errorf("got %+v, %v", g, err)
	}
	if g, err = ackGrant(ack("192.168.1.5")); err != nil || g.addresses[0].prefix.Bits() != 24 {
		t.Errorf("without a mask: got %+v, %v", g, err)
	}
	g, err = ackGrant(ack("10.0.2.15", mask, dhcpv4.OptHostName("-x y"), dhcpv4.OptDomainName("a\nb"),
		dhcpv4.OptGeneric(dhcpv4.OptionInterfaceMTU, []byte{0, 68})))
	if err != nil || g.hostname != "" || g.search != nil || g.mtu != 0 {
		t.Errorf("what must not be taken: got %+v, %v", g, err)
	}
	for _, bad := range []*dhcpv4.DHCPv4{
		ack("0.0.0.0", mask), ack("127.0.0.1", mask), ack("224.0.0.5", mask), ack("255.255.255.255", mask),
		ack("10.0.2.15", dhcpv4.OptSubnetMask(net.IPMask{255, 0, 255, 0})), ack("10.0.2.15", dhcpv4.OptSubnetMask(net.CIDRMask(0, 32))),
	} {
		if g, err := ackGrant(bad); err == nil {
			t.Errorf("accepted %+v", g)
		}
	}
}

func reply6(ia *dhcpv6.OptIANA, options ...dhcpv6.Option) *dhcpv6.Message {
	m := &dhcpv6.Message{MessageType: dhcpv6.MessageTypeReply}
	if ia != nil {
		m.AddOption(ia)
	}
	for _, o := range options {
		m.AddOption(o)
	}
	return m
}

func ia(id [4]byte, addrs ...dhcpv6.Option) *dhcpv6.OptIANA {
	ia := &dhcpv6.OptIANA{IaId: id, T1: 10 * time.Second, T2: 20 * time.Second}
	for _, a := range addrs {
		ia.Options.Add(a)
	}
	return ia
}

func TestReplyGrant(t *testing.T) {
	addr := func(ip string, valid time.Duration) *dhcpv6.OptIAAddress {
		return &dhcpv6.OptIAAddress{IPv6Addr: net.ParseIP(ip), PreferredLifetime: valid, ValidLifetime: valid}
	}
	g, times, err := replyGrant(reply6(ia(iaid(testMAC), addr("2001:db8::5", time.Hour), addr("fe80::1", time.Hour), addr("2001:db8::6", 0)),
		dhcpv6.OptDNS(net.ParseIP("2001:db8::53")), dhcpv6.OptDomainSearchList(&rfc1035label.Labels{Labels: []string{"example.org"}})), testMAC)
	if err != nil || len(g.addresses) != 1 || g.addresses[0].prefix.String() != "2001:db8::5/128" || g.addresses[0].valid != time.Hour ||
		times != (leaseTimes{10 * time.Second, 20 * time.Second, time.Hour}) || len(g.dns) != 1 || g.search[0] != "example.org" {
		t.Errorf("got %+v %+v, %v", g, times, err)
	}
	noAddrs := &dhcpv6.OptStatusCode{StatusCode: 2}
	refused := ia(iaid(testMAC), addr("2001:db8::5", time.Hour))
	refused.Options.Add(noAddrs)
	for name, bad := range map[string]*dhcpv6.Message{
		"nothing": reply6(nil), "another's": reply6(ia([4]byte{9, 9, 9, 9}, addr("2001:db8::5", time.Hour))),
		"no address": reply6(ia(iaid(testMAC))), "refused": reply6(refused),
		"failed": reply6(ia(iaid(testMAC), addr("2001:db8::5", time.Hour)), noAddrs),
		"IPv4":   reply6(ia(iaid(testMAC), addr("10.0.0.1", time.Hour))),
	} {
		if g, _, err := replyGrant(bad, testMAC); err == nil {
			t.Errorf("%s: accepted %+v", name, g)
		}
	}
}

// raBytes makes an advertisement with options.
func raBytes(flags byte, options ...[]byte) []byte {
	b := []byte{raType, 0, 0, 0, 64, flags, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0}
	for _, o := range options {
		b = append(b, o...)
	}
	return b
}

// raOption makes an option that has a lifetime.
func raOption(kind byte, lifetime uint32, payload []byte) []byte {
	for len(payload)%8 != 0 {
		payload = append(payload, 0)
	}
	b := []byte{kind, byte(1 + len(payload)/8), 0, 0}
	return append(binary.BigEndian.AppendUint32(b, lifetime), payload...)
}

func TestDecodeRA(t *testing.T) {
	server := netip.MustParseAddr("2001:db8::53")
	ra, ok := decodeRA(raBytes(raManaged|raOther,
		[]byte{1, 1, 0, 0, 0, 0, 0, 0}, // the router's MAC, which we do not use
		raOption(raDNS, 60, server.AsSlice()), raOption(raSearch, 30, []byte("\x07example\x03org\x00\x01a\x00"))))
	want := advertisement{managed: true, other: true, dns: []timedAddr{{server, time.Minute}},
		search: []timedName{{"example.org", 30 * time.Second}, {"a", 30 * time.Second}}}
	if !ok || !reflect.DeepEqual(ra, want) {
		t.Errorf("got %+v, %v", ra, ok)
	}
	for _, bad := range [][]byte{nil, raBytes(0)[:15], append([]byte{133}, raBytes(0)[1:]...), raBytes(0, []byte{1}),
		raBytes(0, []byte{25, 0, 0, 0, 0, 0, 0, 0}), raBytes(0, []byte{25, 2, 0, 0, 0, 0, 0, 0})} {
		if _, ok := decodeRA(bad); ok {
			t.Errorf("accepted %x", bad)
		}
	}
	for _, names := range []string{"\x40a\x00", "\x05a", "\x03a\nb\x00", "\xc0\x0c"} {
		if ra, ok := decodeRA(raBytes(0, raOption(raSearch, 1, []byte(names)))); !ok || len(ra.search) != 0 {
			t.Errorf("%q: got %+v, %v", names, ra, ok)
		}
	}
}

// Name servers that routers name are gone when their time is over.
func TestRouterNames(t *testing.T) {
	a, now := netip.MustParseAddr("2001:db8::1"), time.Unix(1000, 0)
	var r routerNames
	r.hear(advertisement{dns: []timedAddr{{a, time.Minute}}, search: []timedName{{"x", time.Hour}}}, now)
	if g, changed := r.grant(now); !changed || len(g.dns) != 1 || len(g.search) != 1 {
		t.Errorf("got %+v, %v", g, changed)
	}
	if in, ok := r.next(now); !ok || in != time.Minute {
		t.Errorf("next in %s, %v", in, ok)
	}
	if g, changed := r.grant(now.Add(time.Minute)); !changed || len(g.dns) != 0 || len(g.search) != 1 {
		t.Errorf("a minute later: %+v, %v", g, changed)
	}
	r.hear(advertisement{search: []timedName{{"x", 0}}}, now)
	if g, changed := r.grant(now); !changed || !g.empty() {
		t.Errorf("taken back: %+v, %v", g, changed)
	}
	for n := range 1000 {
		r.hear(advertisement{search: []timedName{{strings.Repeat("a", n%60+1) + ".b", time.Hour}}}, now)
	}
	if g, _ := r.grant(now); len(g.search) > maxRouterNames {
		t.Errorf("keeps %d names", len(g.search))
	}
}

func TestARP(t *testing.T) {
	ip, other := netip.MustParseAddr("10.0.0.5"), net.HardwareAddr{2, 0, 0, 0, 0, 2}
	decode := func(b []byte) arpMessage {
		m, ok := decodeARP(b)
		if !ok {
			t.Fatalf("cannot decode %x", b)
		}
		return m
	}
	reply := encodeARP(other, ip, netip.MustParseAddr("10.0.0.9"))
	reply[7] = 2
	for _, test := range []struct {
		name string
		m    arpMessage
		want bool
	}{
		{"our own probe", decode(encodeARP(testMAC, netip.IPv4Unspecified(), ip)), false},
		{"our own announcement", decode(encodeARP(testMAC, ip, ip)), false},
		{"another's reply", decode(reply), true},
		{"another's announcement", decode(encodeARP(other, ip, ip)), true},
		{"another's probe", decode(encodeARP(other, netip.IPv4Unspecified(), ip)), true},
		{"a question for it", decode(encodeARP(other, netip.MustParseAddr("10.0.0.9"), ip)), false},
	} {
		if got := test.m.claims(ip, testMAC); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	for _, bad := range [][]byte{nil, make([]byte, 28), encodeARP(other, ip, ip)[:27]} {
		if _, ok := decodeARP(bad); ok {
			t.Errorf("accepted %x", bad)
		}
	}
}

func TestMergeNames(t *testing.T) {
	a := netip.MustParseAddr
	n := mergeNames([]Config{{DNS: []netip.Addr{a("1.1.1.1")}}, {Hostname: "meta", NTP: []string{"ntp.meta"}, Search: []string{"m"}}},
		[]grant{{hostname: "dhcp", dns: []netip.Addr{a("1.1.1.1"), a("fe80::1%eth0")}, ntp: []string{"10.0.0.1"}, search: []string{"d", "m"}}}, "redoubt-1")
	want := "nameserver 1.1.1.1\nnameserver fe80::1%eth0\nsearch m d\n"
	if n.hostname != "meta" || strings.Join(n.ntp, ",") != "ntp.meta" || n.resolvConf() != want {
		t.Errorf("got %+v, %q", n, n.resolvConf())
	}
	if n = mergeNames([]Config{{NTP: []string{}}}, []grant{{hostname: "dhcp", ntp: []string{"10.0.0.1"}}}, "f"); n.hostname != "dhcp" || len(n.ntp) != 0 {
		t.Errorf("got %+v", n)
	}
	if n = mergeNames(nil, nil, "f"); n.hostname != "f" {
		t.Errorf("got %+v", n)
	}
	n.hostname = strings.Repeat("a", 60) + ".example.org"
	if got := n.nodeName(); got != strings.Repeat("a", 60) {
		t.Errorf("got %q", got)
	}
}

// What decodes packets must take anything.
func FuzzDecode(f *testing.F) {
	m, err := dhcpv4.NewReplyFromRequest(&dhcpv4.DHCPv4{}, dhcpv4.WithYourIP(ip4("10.0.0.1")),
		dhcpv4.WithOption(dhcpv4.OptClasslessStaticRoute(&dhcpv4.Route{Dest: ipNet4("10.0.0.0/8"), Router: ip4("10.0.0.2")})),
		dhcpv4.WithOption(dhcpv4.OptDomainSearch(&rfc1035label.Labels{Labels: []string{"a.b"}})))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.ToBytes())
	f.Add(reply6(ia(iaid(testMAC), &dhcpv6.OptIAAddress{IPv6Addr: net.ParseIP("2001:db8::1"), ValidLifetime: time.Hour}),
		dhcpv6.OptDNS(net.ParseIP("2001:db8::53"))).ToBytes())
	f.Add(raBytes(raOther, raOption(raDNS, 1, make([]byte, 16)), raOption(raSearch, 1, []byte("\x01a\x00"))))
	f.Add(encodeARP(testMAC, netip.IPv4Unspecified(), netip.MustParseAddr("10.0.0.1")))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := dhcpv4.FromBytes(b); err == nil {
			if g, err := ackGrant(m); err == nil {
				checkGrant(t, g)
				ackTimes(m).sane()
			}
		}
		if m, err := dhcpv6.MessageFromBytes(b); err == nil {
			refreshTime(m)
			checkGrant(t, informationGrant(m))
			if g, _, err := replyGrant(m, testMAC); err == nil {
				checkGrant(t, g)
			}
		}
		var r routerNames
		if ra, ok := decodeRA(b); ok {
			r.hear(ra, time.Unix(0, 0))
			g, _ := r.grant(time.Unix(0, 0))
			checkGrant(t, g)
		}
		if m, ok := decodeARP(b); ok {
			m.claims(netip.IPv4Unspecified(), testMAC)
		}
		hopLimit(b)
	})
}

// checkGrant holds a grant to what a configuration has to be.
func checkGrant(t *testing.T, g grant) {
	t.Helper()
	c := Config{Hostname: g.hostname, DNS: g.dns, Search: g.search, NTP: g.ntp, Interfaces: []Interface{{Name: "x", Routes: g.routes, MTU: g.mtu}}}
	for _, a := range g.addresses {
		c.Interfaces[0].Addresses = append(c.Interfaces[0].Addresses, a.prefix)
	}
	if err := c.Validate(); err != nil {
		t.Fatalf("%+v: %v", g, err)
	}
}
