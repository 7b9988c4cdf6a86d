// Package network brings up a machine's Ethernet interfaces and keeps them up:
// fixed addresses, DHCPv4, router advertisements and DHCPv6, routes, name
// servers, the host's name.
//
// What to do is a Config. There are several, one above the other: what the
// machine has been told when it was started, below it what a cloud's metadata
// says, below it what the image says, below it the default, which is to ask on
// every interface (DHCPv4, and IPv6 as the routers say). What the network answers
// (name servers, routes, the host's name) comes last.
package network

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Config is what one source wants of the network. The zero value wants nothing
// in particular.
type Config struct {
	Hostname   string       // "" for none; may be a full domain name
	Interfaces []Interface  // what is not named here gets the default
	DNS        []netip.Addr // name servers, before those that the network names
	Search     []string     // search domains, likewise
	NTP        []string     // time servers, names or addresses, in the place of others; nil: no opinion, empty: none
}

// Choice is a yes, a no, or no opinion.
type Choice uint8

// The choices.
const (
	Default Choice = iota
	Yes
	No
)

// Interface is what one source wants of one Ethernet interface.
//
// The addressing (everything from DHCP4 to Routes) is taken as a whole: a source
// that says anything about it replaces what the ones below it say.
type Interface struct {
	// MAC, as in "52:54:00:12:34:56" in any notation that net.ParseMAC reads,
	// picks the interface. Without one, Name does: "net0" is the machine's first
	// Ethernet interface, "net1" the second; any other is the kernel's own name.
	// An interface that is not there is no error.
	MAC  string
	Name string

	DHCP4 Choice // Default: yes, unless Addresses has an IPv4 address
	RA    Choice // listen to routers: SLAAC, routes. Default: yes, unless Gateways has an IPv6 address
	DHCP6 Choice // Default: as the routers say (their flags M and O); Yes asks for an address without them

	Addresses []netip.Prefix // fixed, of either family, with the length of their network
	Gateways  []netip.Addr   // default routers, at most one of either family counts
	Routes    []Route

	MTU    int // bytes; 0 takes what DHCP says, or leaves it
	DNS    []netip.Addr
	Search []string
}

// Route is one way to a network.
type Route struct {
	To     netip.Prefix
	Via    netip.Addr // the router; the zero value: it is on this link
	Metric int        // the lower wins; 0 for the interface's own
}

// addressing tells whether i says anything about addresses and routes.
func (i *Interface) addressing() bool {
	return i.DHCP4 != Default || i.RA != Default || i.DHCP6 != Default ||
		len(i.Addresses) > 0 || len(i.Gateways) > 0 || len(i.Routes) > 0
}

// matches tells whether i means the interface of that position, name and address.
func (i *Interface) matches(position int, name string, mac net.HardwareAddr) bool {
	if i.MAC != "" {
		want, err := net.ParseMAC(i.MAC)
		return err == nil && slices.Equal(want, mac)
	}
	return i.Name == positionName(position) || i.Name == name
}

// positionName is the name by position: net0, net1, …
func positionName(position int) string { return "net" + strconv.Itoa(position) }

// under returns i with what is missing in it taken from lower, field by field,
// but the addressing as a whole.
func (i Interface) under(lower Interface) Interface {
	if !i.addressing() {
		i.DHCP4, i.RA, i.DHCP6 = lower.DHCP4, lower.RA, lower.DHCP6
		i.Addresses, i.Gateways, i.Routes = lower.Addresses, lower.Gateways, lower.Routes
	}
	if i.MTU == 0 {
		i.MTU = lower.MTU
	}
	if len(i.DNS) == 0 {
		i.DNS = lower.DNS
	}
	if len(i.Search) == 0 {
		i.Search = lower.Search
	}
	return i
}

// effective returns what all sources, the strongest first, want of one
// interface, with the defaults decided.
func effective(layers []Config, position int, name string, mac net.HardwareAddr) Interface {
	var e Interface
	for _, layer := range layers {
		for _, i := range layer.Interfaces {
			if i.matches(position, name, mac) {
				e = e.under(i)
			}
		}
	}
	decide(&e.DHCP4, !slices.ContainsFunc(e.Addresses, func(p netip.Prefix) bool { return p.Addr().Is4() }))
	decide(&e.RA, !slices.ContainsFunc(e.Gateways, netip.Addr.Is6))
	e.MAC, e.Name = mac.String(), name
	return e
}

func decide(c *Choice, yes bool) {
	switch {
	case *c != Default:
	case yes:
		*c = Yes
	default:
		*c = No
	}
}

// Limits of a configuration: what a source may ask for. They are far above what
// is of use, and keep a mistake in metadata from filling the kernel's tables.
const (
	maxInterfaces = 64
	maxPerKind    = 256 // addresses, routes, name servers … of one interface
	minMTU        = 68  // RFC 791
	maxMTU        = 65535
	maxHostname   = 253
)

// Validate tells what in a configuration cannot be done, naming it. A source
// that reads its configuration from elsewhere calls it before handing it on.
func (c *Config) Validate() error {
	if c.Hostname != "" {
		if err := CheckHostname(c.Hostname); err != nil {
			return err
		}
	}
	if len(c.Interfaces) > maxInterfaces || len(c.DNS) > maxPerKind || len(c.Search) > maxPerKind || len(c.NTP) > maxPerKind {
		return fmt.Errorf("network: more than %d interfaces, or more than %d servers", maxInterfaces, maxPerKind)
	}
	for _, domain := range slices.Concat(c.Search, c.NTP) {
		if err := checkServerName(domain); err != nil {
			return err
		}
	}
	for n := range c.Interfaces {
		if err := c.Interfaces[n].validate(); err != nil {
			return fmt.Errorf("network interface %s: %w", c.Interfaces[n].label(n), err)
		}
	}
	return nil
}

// label names an interface of a configuration in an error.
func (i *Interface) label(n int) string {
	switch {
	case i.MAC != "":
		return i.MAC
	case i.Name != "":
		return i.Name
	}
	return "number " + strconv.Itoa(n+1)
}

func (i *Interface) validate() error {
	if i.MAC != "" {
		if _, err := net.ParseMAC(i.MAC); err != nil {
			return err
		}
	} else if i.Name == "" {
		return fmt.Errorf("has neither a name nor a MAC address")
	}
	if len(i.Addresses) > maxPerKind || len(i.Routes) > maxPerKind || len(i.Gateways) > maxPerKind ||
		len(i.DNS) > maxPerKind || len(i.Search) > maxPerKind {
		return fmt.Errorf("more than %d addresses, routes or servers", maxPerKind)
	}
	for _, p := range i.Addresses {
		if !usable(p.Addr()) || p.Bits() <= 0 {
			return fmt.Errorf("%s is no address for an interface", p)
		}
	}
	for _, g := range i.Gateways {
		if !usable(g) {
			return fmt.Errorf("%s is no address for a gateway", g)
		}
	}
	for _, r := range i.Routes {
		if !r.To.IsValid() || r.Via.IsValid() && (!usable(r.Via) || r.Via.Is4() != r.To.Addr().Is4()) {
			return fmt.Errorf("no route: %s by %s", r.To, r.Via)
		}
		if r.Metric < 0 {
			return fmt.Errorf("route to %s: metric %d", r.To, r.Metric)
		}
	}
	for _, domain := range i.Search {
		if err := checkServerName(domain); err != nil {
			return err
		}
	}
	if i.MTU != 0 && (i.MTU < minMTU || i.MTU > maxMTU) {
		return fmt.Errorf("MTU %d is not in %d to %d", i.MTU, minMTU, maxMTU)
	}
	return nil
}

// usable tells whether an address may be a host's own.
func usable(a netip.Addr) bool {
	return a.IsValid() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLoopback() && !a.Is4In6() &&
		a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// CheckHostname tells whether name can be a host's name (RFC 1123), with or
// without a domain.
func CheckHostname(name string) error {
	if len(name) > maxHostname {
		return fmt.Errorf("host name of %d bytes; the longest has %d", len(name), maxHostname)
	}
	for _, label := range strings.Split(name, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !isNameByte(r) || r == '_' }) {
			return fmt.Errorf("%q is no host name", name)
		}
	}
	return nil
}

// checkServerName is laxer: also an address, an underscore, a final dot.
func checkServerName(name string) error {
	if _, err := netip.ParseAddr(name); err == nil {
		return nil
	}
	if name == "" || len(name) > maxHostname || strings.Contains(name, "..") ||
		strings.ContainsFunc(name, func(r rune) bool { return !isNameByte(r) && r != '.' }) {
		return fmt.Errorf("%q is no domain name", name)
	}
	return nil
}

func isNameByte(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}
