package network

import (
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// set applies lines "name value" to an empty configuration.
func set(t *testing.T, lines ...string) Config {
	t.Helper()
	var c Config
	for _, line := range lines {
		name, value, _ := strings.Cut(line, " ")
		if known, err := c.Set(name, value); !known || err != nil {
			t.Fatalf("%s: known %v, %v", line, known, err)
		}
	}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSettings(t *testing.T) {
	got := set(t, "ip 192.0.2.10/24,2001:db8::10/64", "gateway 192.0.2.1,2001:db8::1", "dns 192.0.2.53", "mtu 1400",
		"net1.ip dhcp", "net1.routes 198.51.100.0/24=10.0.0.1", "52:54:00:AA:bb:01.ip none", "eth7.ipv6 none",
		"hostname a.example.org", "search example.org", "ntp none", "net1.dns 10.0.0.53", "net2.ip 2001:db8:2::1/64")
	a, p := netip.MustParseAddr, netip.MustParsePrefix
	want := Config{
		Hostname: "a.example.org",
		DNS:      []netip.Addr{a("192.0.2.53")},
		Search:   []string{"example.org"},
		NTP:      []string{},
		Interfaces: []Interface{
			{Name: "net0", DHCP4: No, Addresses: []netip.Prefix{p("192.0.2.10/24"), p("2001:db8::10/64")},
				Gateways: []netip.Addr{a("192.0.2.1"), a("2001:db8::1")}, MTU: 1400},
			{Name: "net1", DHCP4: Yes, Routes: []Route{{To: p("198.51.100.0/24"), Via: a("10.0.0.1")}}, DNS: []netip.Addr{a("10.0.0.53")}},
			{MAC: "52:54:00:aa:bb:01", DHCP4: No, RA: No, DHCP6: No},
			{Name: "eth7", RA: No, DHCP6: No},
			{Name: "net2", Addresses: []netip.Prefix{p("2001:db8:2::1/64")}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRefusedSettings(t *testing.T) {
	for _, line := range []string{
		"ip", "ip x", "ip 192.0.2.10", "ip 0.0.0.0/0", "ip 224.0.0.1/4", "ip 127.0.0.1/8", "ip 255.255.255.255/8",
		"gateway x", "routes 1.2.3.0/24", "routes 1.2.3.0/24=::1", "routes 1.2.3.0/24=0.0.0.0", "mtu 67", "mtu 65536", "mtu x",
		"ipv6 yes", "hostname -a", "hostname a_b", "hostname a..b", "dns x", "search a..b", "ntp a/b", "a/b.ip dhcp", ".mtu 1500",
		"gggggggggggggggg.mtu 1500",
	} {
		name, value, _ := strings.Cut(line, " ")
		var c Config
		if known, err := c.Set(name, value); !known || err == nil {
			t.Errorf("%q: known %v, %v", line, known, err)
		}
	}
	for _, name := range []string{"maxmemory", "a.b", "net0", "net0.", "searchx"} {
		var c Config
		if known, _ := c.Set(name, "1"); known {
			t.Errorf("%q is taken for a setting of the network", name)
		}
	}
}

// What each interface is to have when several sources speak.
func TestEffective(t *testing.T) {
	mac, _ := net.ParseMAC("52:54:00:00:00:02")
	settings := set(t, "net1.mtu 1400")
	metadata := set(t, "52-54-00-00-00-02.ip 192.0.2.1/24", "52:54:00:00:00:02.mtu 9000", "net0.ip none")
	got := effective([]Config{settings, metadata}, 1, "eth1", mac)
	if got.MTU != 1400 || got.DHCP4 != No || got.RA != Yes || got.DHCP6 != Default || len(got.Addresses) != 1 {
		t.Errorf("settings over metadata: got %+v", got)
	}
	// Addressing is taken as a whole.
	settings = set(t, "net1.ip dhcp")
	if got = effective([]Config{settings, metadata}, 1, "eth1", mac); got.DHCP4 != Yes || len(got.Addresses) != 0 || got.MTU != 9000 {
		t.Errorf("dhcp over a fixed address: got %+v", got)
	}
	if got = effective(nil, 0, "eth0", mac); got.DHCP4 != Yes || got.RA != Yes || got.DHCP6 != Default {
		t.Errorf("nothing said: got %+v", got)
	}
	static6 := set(t, "eth0.ip 2001:db8::2/64", "eth0.gateway 2001:db8::1")
	if got = effective([]Config{static6}, 0, "eth0", mac); got.DHCP4 != Yes || got.RA != No {
		t.Errorf("a fixed IPv6 address: got %+v", got)
	}
}

func TestValidate(t *testing.T) {
	a, p := netip.MustParseAddr, netip.MustParsePrefix
	for _, bad := range []Config{
		{Hostname: strings.Repeat("a", 64)},
		{Hostname: strings.Repeat("a.", 200)},
		{Search: []string{"a b"}},
		{NTP: []string{"a\nb"}},
		{Interfaces: []Interface{{}}},
		{Interfaces: []Interface{{MAC: "x"}}},
		{Interfaces: make([]Interface, 1000)},
		{Interfaces: []Interface{{Name: "eth0", MTU: 1}}},
		{Interfaces: []Interface{{Name: "eth0", Addresses: []netip.Prefix{{}}}}},
		{Interfaces: []Interface{{Name: "eth0", Addresses: []netip.Prefix{p("0.0.0.0/0")}}}},
		{Interfaces: []Interface{{Name: "eth0", Gateways: []netip.Addr{a("::")}}}},
		{Interfaces: []Interface{{Name: "eth0", Routes: []Route{{To: p("10.0.0.0/8"), Via: a("2001:db8::1")}}}}},
		{Interfaces: []Interface{{Name: "eth0", Routes: []Route{{To: p("10.0.0.0/8"), Metric: -1}}}}},
		{Interfaces: []Interface{{Name: "eth0", Search: []string{"a b"}}}},
	} {
		if err := bad.Validate(); err == nil {
			t.Errorf("accepted %+v", bad)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("net1.ip", "192.0.2.1/24,dhcp")
	f.Add("52:54:00:00:00:02.routes", "10.0.0.0/8=10.0.0.1")
	f.Add("ntp", "none")
	f.Fuzz(func(t *testing.T, name, value string) {
		var c Config
		known, err := c.Set(name, value)
		if known && err == nil {
			if err := c.Validate(); err != nil {
				t.Fatalf("%q %q is accepted and then refused: %v", name, value, err)
			}
		}
	})
}
