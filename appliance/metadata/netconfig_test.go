package metadata

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/network"
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }

func TestNetworkConfig(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want network.Config
	}{
		"nothing": {"", network.Config{}},
		"v2": {`network:
  version: 2
  ethernets:
    id0:
      match: {macaddress: "52:54:00:12:34:56"}
      set-name: eth0
      dhcp4: false
      addresses: [192.0.2.10/24, "2001:db8::10/64"]
      gateway4: 192.0.2.1
      gateway6: "2001:db8::1"
      mtu: 9000
      nameservers: {search: [example.org], addresses: [192.0.2.53]}
      routes:
      - {to: 198.51.100.0/24, via: 192.0.2.2, metric: 100}
    ens3: {dhcp4: true, dhcp6: true}
    eth5: {accept-ra: false, routes: [{to: default, via: 10.0.0.1}]}
`, network.Config{Interfaces: []network.Interface{
			{MAC: "52:54:00:12:34:56", DHCP4: network.No, Addresses: []netip.Prefix{prefix("192.0.2.10/24"), prefix("2001:db8::10/64")},
				Gateways: []netip.Addr{addr("192.0.2.1"), addr("2001:db8::1")}, MTU: 9000, DNS: []netip.Addr{addr("192.0.2.53")}, Search: []string{"example.org"},
				Routes: []network.Route{{To: prefix("198.51.100.0/24"), Via: addr("192.0.2.2"), Metric: 100}}},
			{Name: "net0", DHCP4: network.Yes, DHCP6: network.Yes},
			{Name: "eth5", DHCP4: network.No, RA: network.No, Gateways: []netip.Addr{addr("10.0.0.1")}},
		}}},
		"v1": {`version: 1
config:
- type: physical
  name: interface0
  mac_address: "52:54:00:12:34:00"
  mtu: 1400
  subnets:
  - {type: static, address: 192.168.23.14/27, gateway: 192.168.23.1, dns_nameservers: [192.168.23.2], dns_search: [exemplary.maas]}
  - {type: static, address: 10.184.225.122, netmask: 255.255.255.252, routes: [{gateway: 10.184.225.121, netmask: 255.240.0.0, network: 10.176.0.0}]}
- {type: physical, name: eth1, subnets: [{type: dhcp4}, {type: dhcp6}]}
- {type: nameserver, address: [8.8.8.8], search: [a.b]}
- {type: route, destination: 10.0.0.0/8, gateway: 192.168.23.9, metric: 3}
`, network.Config{DNS: []netip.Addr{addr("8.8.8.8")}, Search: []string{"a.b"}, Interfaces: []network.Interface{
			{MAC: "52:54:00:12:34:00", DHCP4: network.No, MTU: 1400, Addresses: []netip.Prefix{prefix("192.168.23.14/27"), prefix("10.184.225.122/30")},
				Gateways: []netip.Addr{addr("192.168.23.1")}, DNS: []netip.Addr{addr("192.168.23.2")}, Search: []string{"exemplary.maas"},
				Routes: []network.Route{{To: prefix("10.176.0.0/12"), Via: addr("10.184.225.121")}, {To: prefix("10.0.0.0/8"), Via: addr("192.168.23.9"), Metric: 3}}},
			{Name: "eth1", DHCP4: network.Yes, RA: network.Yes, DHCP6: network.Yes},
		}}},
	} {
		got, err := ParseNetwork([]byte(test.in), func(format string, args ...any) { t.Errorf(name+": "+format, args...) })
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %v\ngot  %+v\nwant %+v", name, err, got, test.want)
		}
	}
}

func TestNetworkConfigErrors(t *testing.T) {
	for in, want := range map[string]string{
		"a: b": "line 1: there is no version", "version: 3": "version wants 1 or 2", "version: 2\nethernets: [x]": "line 2: want a map",
		"version: 2\nethernets: {eth0: {addresses: [x]}}":                                                            "line 2: addresses: \"x\" is no address",
		"version: 2\nethernets: {eth0: {mtu: big}}":                                                                  "line 2: mtu wants a number",
		"version: 2\nethernets: {eth0: {mtu: 1}}":                                                                    "MTU 1",
		"version: 2\nethernets: {eth0: {dhcp4: maybe}}":                                                              "line 2: dhcp4 wants true or false",
		"version: 2\nethernets: {eth0: {routes: [{to: x, via: 10.0.0.1}]}}":                                          "routes: \"x\" is no address",
		"version: 1\nconfig: [{name: eth0}]":                                                                         "line 2: there is no type",
		"version: 1\nconfig: [{type: physical, subnets: [{type: carrier}]}]":                                         "unknown kind of address",
		"version: 1\nconfig: [{type: physical, subnets: [{type: static}]}]":                                          "\"\" is no address",
		"version: 1\nconfig: [{type: physical, subnets: [{type: static, address: 10.0.0.1, netmask: 255.0.255.0}]}]": "is no network mask",
		strings.Repeat("#", MaxMetaData+1):                                                                           "more than",
	} {
		if _, err := ParseNetwork([]byte(in), ignore); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", in, err, want)
		}
	}
	var warnings []string
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	for _, in := range []string{"version: 2\nbonds: {}", "version: 1\nconfig: [{type: bond}]", "version: 2\nethernets: {eth0: {colour: red}}"} {
		if _, err := ParseNetwork([]byte(in), warn); err != nil {
			t.Errorf("%q: %v", in, err)
		}
	}
	if len(warnings) != 3 {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestOpenStackNetwork(t *testing.T) {
	const in = `{"links": [
		{"id": "tap1", "type": "ovs", "ethernet_mac_address": "fa:16:3e:00:00:01", "mtu": 1450, "vif_id": "x"},
		{"id": "tap2", "type": "bridge", "ethernet_mac_address": "fa:16:3e:00:00:02", "mtu": null},
		{"id": "bond0", "type": "bond"}],
	"networks": [
		{"id": "network0", "link": "tap1", "type": "ipv4", "ip_address": "10.0.0.5", "netmask": "255.255.255.0",
		 "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.0.0.1"}, {"network": "10.9.0.0", "netmask": "255.255.0.0", "gateway": "10.0.0.2"}],
		 "services": [{"type": "dns", "address": "10.0.0.53"}]},
		{"id": "network1", "link": "tap2", "type": "ipv4_dhcp"},
		{"id": "network2", "link": "tap2", "type": "ipv6_slaac"}],
	"services": [{"type": "dns", "address": "8.8.8.8"}]}`
	got, err := parseOpenStackNetwork([]byte(in), ignore)
	want := network.Config{DNS: []netip.Addr{addr("8.8.8.8")}, Interfaces: []network.Interface{
		{MAC: "fa:16:3e:00:00:01", DHCP4: network.No, MTU: 1450, Addresses: []netip.Prefix{prefix("10.0.0.5/24")}, Gateways: []netip.Addr{addr("10.0.0.1")},
			Routes: []network.Route{{To: prefix("10.9.0.0/16"), Via: addr("10.0.0.2")}}, DNS: []netip.Addr{addr("10.0.0.53")}},
		{MAC: "fa:16:3e:00:00:02", DHCP4: network.Yes, RA: network.Yes},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\ngot  %+v\nwant %+v", err, got, want)
	}
	for _, bad := range []string{"[]", `{"links":[{"id":"a","type":"phy","ethernet_mac_address":"x"}]}`,
		`{"links":[{"id":"a","ethernet_mac_address":"fa:16:3e:00:00:01"}],"networks":[{"link":"a","type":"ipv4","ip_address":"x"}]}`} {
		if _, err := parseOpenStackNetwork([]byte(bad), ignore); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
}

// FuzzNetwork: what is accepted is valid.
func FuzzNetwork(f *testing.F) {
	f.Add([]byte("version: 2\nethernets: {eth0: {dhcp4: true, addresses: [10.0.0.1/8], routes: [{to: default, via: 10.0.0.2}]}}"))
	f.Add([]byte("version: 1\nconfig: [{type: physical, name: a, subnets: [{type: static, address: 10.0.0.1, netmask: 255.0.0.0}]}]"))
	f.Add([]byte(`{"links":[{"id":"a","ethernet_mac_address":"fa:16:3e:00:00:01"}],"networks":[{"link":"a","type":"ipv4","ip_address":"10.0.0.1"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, parse := range []func([]byte, func(string, ...any)) (network.Config, error){ParseNetwork, parseOpenStackNetwork} {
			if c, err := parse(text, ignore); err == nil {
				if err := c.Validate(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
