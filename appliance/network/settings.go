package network

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// The settings of machine.conf that are about the network:
//
//	hostname NAME
//	dns LIST      search LIST      ntp LIST | none
//	ip, gateway, routes, mtu, ipv6           of the first interface
//	WHICH.ip, WHICH.gateway, …               of another: net1.ip, eth1.ip, 52:54:00:12:34:56.ip
//
//	ip       dhcp | none | ADDRESS/LENGTH, several with commas, dhcp among them
//	gateway  ADDRESS, one of either family
//	routes   NETWORK=ROUTER, several with commas
//	mtu      BYTES
//	ipv6     auto | none
//	dns, search   name servers of this interface, after a WHICH only

// Set applies one setting; known is false if there is none of that name.
func (c *Config) Set(name, value string) (known bool, err error) {
	switch name {
	case "hostname":
		if err := CheckHostname(value); err != nil {
			return true, err
		}
		c.Hostname = value
	case "dns":
		c.DNS, err = parseList(value, netip.ParseAddr)
	case "search":
		c.Search, err = parseList(value, parseDomain)
	case "ntp":
		c.NTP, err = parseList(value, parseDomain)
		if c.NTP == nil {
			c.NTP = []string{} // none, which is more than not said
		}
	default:
		return c.setInterface(name, value)
	}
	return true, err
}

// setInterface applies a setting of an interface.
func (c *Config) setInterface(name, value string) (known bool, err error) {
	which, key := "net0", name
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		which, key = name[:dot], name[dot+1:]
	} else if key == "dns" || key == "search" {
		return false, nil
	}
	set, known := interfaceSettings[key]
	if !known {
		return false, nil
	}
	i, err := c.interfaceNamed(which)
	if err != nil {
		return true, err
	}
	return true, set(i, value)
}

// interfaceSettings read the settings of one interface.
var interfaceSettings = map[string]func(i *Interface, value string) error{
	"ip": setAddresses,
	"gateway": func(i *Interface, value string) (err error) {
		i.Gateways, err = parseList(value, netip.ParseAddr)
		return
	},
	"routes": func(i *Interface, value string) (err error) { i.Routes, err = parseList(value, parseRoute); return },
	"mtu":    func(i *Interface, value string) (err error) { i.MTU, err = parseMTU(value); return },
	"ipv6":   setIPv6,
	"dns":    func(i *Interface, value string) (err error) { i.DNS, err = parseList(value, netip.ParseAddr); return },
	"search": func(i *Interface, value string) (err error) { i.Search, err = parseList(value, parseDomain); return },
}

// interfaceNamed returns the interface that a setting's name begins with; it is
// added if the configuration does not have it yet.
func (c *Config) interfaceNamed(which string) (*Interface, error) {
	var want Interface
	if mac, err := net.ParseMAC(which); err == nil {
		want.MAC = mac.String()
	} else if len(which) > 0 && len(which) < 16 && !strings.ContainsFunc(which, func(r rune) bool { return !isNameByte(r) }) {
		want.Name = which
	} else {
		return nil, fmt.Errorf("%q is neither an interface's name nor its MAC address", which)
	}
	for n := range c.Interfaces {
		if c.Interfaces[n].MAC == want.MAC && c.Interfaces[n].Name == want.Name {
			return &c.Interfaces[n], nil
		}
	}
	if len(c.Interfaces) >= maxInterfaces {
		return nil, fmt.Errorf("settings for more than %d interfaces", maxInterfaces)
	}
	c.Interfaces = append(c.Interfaces, want)
	return &c.Interfaces[len(c.Interfaces)-1], nil
}

// setAddresses reads "ip".
func setAddresses(i *Interface, value string) error {
	i.Addresses, i.DHCP4 = nil, No
	if value == "none" {
		i.RA, i.DHCP6 = No, No
		return nil
	}
	for _, word := range listWords(value) {
		if word == "dhcp" {
			i.DHCP4 = Yes
			continue
		}
		p, err := netip.ParsePrefix(word)
		if err != nil || !usable(p.Addr()) || p.Bits() == 0 {
			return fmt.Errorf("want dhcp, none or an address as in 192.0.2.10/24, got %q", word)
		}
		i.Addresses = append(i.Addresses, p)
	}
	if i.DHCP4 == No && len(i.Addresses) == 0 {
		return fmt.Errorf("want dhcp, none or an address as in 192.0.2.10/24, got %q", value)
	}
	if i.DHCP4 == No && !i.Addresses[0].Addr().Is4() && len(i.Addresses) == 1 {
		i.DHCP4 = Default // an IPv6 address says nothing about IPv4
	}
	return nil
}

func setIPv6(i *Interface, value string) error {
	switch value {
	case "auto":
		i.RA, i.DHCP6 = Yes, Default
	case "none":
		i.RA, i.DHCP6 = No, No
	default:
		return fmt.Errorf("want auto or none, got %q", value)
	}
	return nil
}

// listWords splits at commas and blanks; "none" alone is the empty list.
func listWords(value string) []string {
	if value == "none" {
		return nil
	}
	return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
}

// parseList reads a list, each word by parse.
func parseList[T any](value string, parse func(string) (T, error)) ([]T, error) {
	var list []T
	for _, word := range listWords(value) {
		v, err := parse(word)
		if err != nil {
			return nil, err
		}
		if len(list) == maxPerKind {
			return nil, fmt.Errorf("more than %d", maxPerKind)
		}
		list = append(list, v)
	}
	return list, nil
}

func parseDomain(word string) (string, error) { return word, checkServerName(word) }

// parseRoute reads NETWORK=ROUTER.
func parseRoute(word string) (Route, error) {
	to, via, ok := strings.Cut(word, "=")
	network, err := netip.ParsePrefix(to)
	router, err2 := netip.ParseAddr(via)
	if !ok || err != nil || err2 != nil || !usable(router) || network.Addr().Is4() != router.Is4() {
		return Route{}, fmt.Errorf("want a route as in 198.51.100.0/24=192.0.2.1, got %q", word)
	}
	return Route{To: network.Masked(), Via: router}, nil
}

func parseMTU(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < minMTU || n > maxMTU {
		return 0, fmt.Errorf("want %d to %d bytes, got %q", minMTU, maxMTU, value)
	}
	return n, nil
}
