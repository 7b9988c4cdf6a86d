package metadata

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/redoubt-kv/redoubt/appliance/network"
)

// netParser reads a network-config, version 1 or 2.
type netParser struct {
	c    network.Config
	warn func(format string, args ...any)
	seen int // interfaces that were named neither by MAC nor by a name that counts
}

// ParseNetwork reads the file network-config of NoCloud: version 1 or 2 (netplan's
// notation). What this machine cannot make (bonds, bridges, VLANs) is warned of.
func ParseNetwork(text []byte, warn func(format string, args ...any)) (network.Config, error) {
	p := &netParser{warn: warn}
	if len(text) > MaxMetaData {
		return p.c, fmt.Errorf("%d bytes, more than %d", len(text), MaxMetaData)
	}
	root, err := parseYAML(text)
	if err != nil {
		return p.c, err
	}
	if inner := child(root, "network"); inner != nil {
		root = inner
	}
	if root == nil {
		return p.c, nil
	}
	switch version := child(root, "version"); {
	case version == nil:
		return p.c, fmt.Errorf("line %d: there is no version", root.Line)
	case version.Value == "1":
		err = p.version1(child(root, "config"))
	case version.Value == "2":
		err = eachKey(root, p.version2)
	default:
		return p.c, fmt.Errorf("line %d: version wants 1 or 2", version.Line)
	}
	if err == nil {
		err = p.c.Validate()
	}
	return p.c, err
}

// child returns the value of a key, nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// kernelName is a name that this machine's interfaces may have. Others, as in
// ens3, are given by a service that is not here.
var kernelName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(eth|net)[0-9]{1,3}$`) })

// name returns a name that counts for an interface: other names mean the first,
// second, … interface, in their order.
func (p *netParser) name(name string) string {
	if kernelName().MatchString(name) {
		return name
	}
	p.seen++
	return "net" + strconv.Itoa(p.seen-1)
}

// choice reads a yes or no.
func choice(n *yaml.Node, key string) (network.Choice, error) {
	v, err := yes(n, key)
	if err != nil || !v {
		return network.No, err
	}
	return network.Yes, nil
}

// version2 reads one key of netplan's notation.
func (p *netParser) version2(key string, keyNode, value *yaml.Node) error {
	switch key {
	case "version", "renderer":
		return nil
	case "ethernets":
		return eachKey(value, p.ethernet)
	}
	p.warn("network-config, line %d: %s cannot be made by this machine", keyNode.Line, keyName(key))
	return nil
}

// ethernet reads one interface of netplan's.
func (p *netParser) ethernet(id string, keyNode, value *yaml.Node) error {
	i := network.Interface{DHCP4: network.No}
	name := id
	err := eachKey(value, func(key string, keyNode, value *yaml.Node) (err error) {
		switch key {
		case "match":
			if mac := child(value, "macaddress"); mac != nil {
				i.MAC, err = item(mac, "macaddress")
			} else if other := child(value, "name"); other != nil {
				name, err = item(other, "name")
			}
		case "dhcp4":
			i.DHCP4, err = choice(value, key)
		case "dhcp6":
			i.DHCP6, err = choice(value, key)
		case "accept-ra":
			i.RA, err = choice(value, key)
		case "mtu":
			i.MTU, err = number(value, key)
		case "addresses":
			i.Addresses, err = prefixes(value, key)
		case "gateway4", "gateway6":
			err = addAddress(&i.Gateways, value, key)
		case "routes":
			err = p.routes(&i, value, "to", "via")
		case "nameservers":
			err = nameservers(value, &i.DNS, &i.Search)
		case "set-name", "optional", "critical", "wakeonlan", "dhcp-identifier", "dhcp4-overrides", "dhcp6-overrides", "link-local", "ipv6-privacy":
		default:
			p.warn("network-config, line %d: %s means nothing to this machine", keyNode.Line, keyName(key))
		}
		return err
	})
	if err != nil {
		return err
	}
	if i.MAC == "" {
		i.Name = p.name(name)
	}
	p.c.Interfaces = append(p.c.Interfaces, i)
	return nil
}

func nameservers(n *yaml.Node, dns *[]netip.Addr, search *[]string) error {
	return eachKey(n, func(key string, _, value *yaml.Node) (err error) {
		switch key {
		case "addresses", "address":
			*dns, err = addresses(value, key)
		case "search":
			*search, err = words(value, key)
		}
		return err
	})
}

// parsed reads a list of values, each by parse.
func parsed[T any](n *yaml.Node, key string, parse func(string) (T, error)) ([]T, error) {
	nodes, err := list(n, key)
	if err != nil {
		return nil, err
	}
	var values []T
	for _, n := range nodes {
		v, err := parse(n.Value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %s: %q is no address", n.Line, key, n.Value)
		}
		values = append(values, v)
	}
	return values, nil
}

func addresses(n *yaml.Node, key string) ([]netip.Addr, error) {
	return parsed(n, key, netip.ParseAddr)
}

func prefixes(n *yaml.Node, key string) ([]netip.Prefix, error) {
	return parsed(n, key, netip.ParsePrefix)
}

// addAddress appends the one address that n is.
func addAddress(to *[]netip.Addr, n *yaml.Node, key string) error {
	list, err := addresses(n, key)
	*to = append(*to, list...)
	return err
}

// routes reads a list of routes; a default route is a gateway.
func (p *netParser) routes(i *network.Interface, n *yaml.Node, to, via string) error {
	nodes, err := list(n, "routes")
	if err != nil {
		return err
	}
	for _, n := range nodes {
		r, err := p.route(n, to, via)
		if err != nil {
			return err
		}
		addRoute(i, r)
	}
	return nil
}

// addRoute adds a route to an interface; a default one is a gateway.
func addRoute(i *network.Interface, r network.Route) {
	if r.To.IsValid() && r.To.Bits() == 0 && r.Via.IsValid() {
		i.Gateways = append(i.Gateways, r.Via)
		return
	}
	i.Routes = append(i.Routes, r)
}

// route reads {to, via, metric}, or version 1's {network, netmask, gateway}.
func (p *netParser) route(n *yaml.Node, to, via string) (r network.Route, err error) {
	target, mask := "", ""
	err = eachKey(n, func(key string, _, value *yaml.Node) (err error) {
		switch key {
		case to, "network":
			target, err = item(value, key)
		case "netmask":
			mask, err = item(value, key)
		case via:
			var list []netip.Addr
			if err = addAddress(&list, value, key); len(list) > 0 {
				r.Via = list[0]
			}
		case "metric":
			r.Metric, err = number(value, key)
		}
		return err
	})
	if err == nil {
		if r.To, err = routeTarget(target, mask, r.Via); err != nil {
			err = fmt.Errorf("line %d: routes: %w", n.Line, err)
		}
	}
	return r, err
}

// routeTarget reads the network of a route: "default", with a length, or with a
// mask.
func routeTarget(target, mask string, via netip.Addr) (netip.Prefix, error) {
	if target == "default" {
		return netip.PrefixFrom(netip.IPv4Unspecified(), 0), nil
	}
	if target == "" && via.IsValid() {
		target = "0.0.0.0/0"
	}
	p, err := withMask(target, mask)
	return p.Masked(), err
}

// withMask reads an address with its network's length: in one text, or with a
// mask as in 255.255.255.0, or with a length in its place. Alone it is a host.
func withMask(address, mask string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(address); err == nil {
		return p, nil
	}
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no address", address)
	}
	if mask == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	if bits, err := strconv.Atoi(mask); err == nil && bits >= 0 && bits <= a.BitLen() {
		return netip.PrefixFrom(a, bits), nil
	}
	m, err := netip.ParseAddr(mask)
	if err != nil || m.BitLen() != a.BitLen() {
		return netip.Prefix{}, fmt.Errorf("%q is no network mask", mask)
	}
	bits, ended := 0, false
	for _, b := range m.AsSlice() {
		for bit := 7; bit >= 0; bit-- {
			set := b>>bit&1 == 1
			if set && ended {
				return netip.Prefix{}, fmt.Errorf("%q is no network mask", mask)
			}
			if set {
				bits++
			} else {
				ended = true
			}
		}
	}
	return netip.PrefixFrom(a, bits), nil
}

// version1 reads the list config of version 1.
func (p *netParser) version1(config *yaml.Node) error {
	if config == nil {
		return nil
	}
	nodes, err := list(config, "config")
	if err != nil {
		return err
	}
	for _, n := range nodes {
		kind := child(n, "type")
		if kind == nil {
			return fmt.Errorf("line %d: there is no type", n.Line)
		}
		switch kind.Value {
		case "physical":
			err = p.physical(n)
		case "nameserver":
			err = nameservers(n, &p.c.DNS, &p.c.Search)
		case "route":
			err = p.loneRoute(n)
		case "loopback":
		default:
			p.warn("network-config, line %d: a %s cannot be made by this machine", n.Line, keyName(kind.Value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// loneRoute reads a route that names no interface: the first one gets it.
func (p *netParser) loneRoute(n *yaml.Node) error {
	r, err := p.route(n, "destination", "gateway")
	if err != nil {
		return err
	}
	if len(p.c.Interfaces) == 0 {
		p.c.Interfaces = append(p.c.Interfaces, network.Interface{Name: "net0"})
	}
	addRoute(&p.c.Interfaces[0], r)
	return nil
}

// physical reads an interface of version 1.
func (p *netParser) physical(n *yaml.Node) error {
	i := network.Interface{DHCP4: network.No}
	name := ""
	err := eachKey(n, func(key string, _, value *yaml.Node) (err error) {
		switch key {
		case "name":
			name, err = item(value, key)
		case "mac_address":
			i.MAC, err = item(value, key)
		case "mtu":
			i.MTU, err = number(value, key)
		case "subnets":
			nodes, e := list(value, key)
			for _, n := range nodes {
				if e == nil {
					e = p.subnet(&i, n)
				}
			}
			err = e
		}
		return err
	})
	if err != nil {
		return err
	}
	if i.MAC == "" {
		i.Name = p.name(name)
	}
	p.c.Interfaces = append(p.c.Interfaces, i)
	return nil
}

// subnet reads one of an interface's subnets.
func (p *netParser) subnet(i *network.Interface, n *yaml.Node) error {
	kind, address, mask := "", "", ""
	err := eachKey(n, func(key string, _, value *yaml.Node) (err error) {
		switch key {
		case "type":
			kind, err = item(value, key)
		case "address":
			address, err = item(value, key)
		case "netmask":
			mask, err = item(value, key)
		case "gateway":
			err = addAddress(&i.Gateways, value, key)
		case "dns_nameservers":
			i.DNS, err = addresses(value, key)
		case "dns_search":
			i.Search, err = words(value, key)
		case "routes":
			err = p.routes(i, value, "destination", "gateway")
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := addressing(i, kind, address, mask); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	return nil
}

// addressing applies a subnet's kind, by version 1's or OpenStack's name.
func addressing(i *network.Interface, kind, address, mask string) error {
	switch strings.ReplaceAll(kind, "-", "_") {
	case "dhcp", "dhcp4", "ipv4_dhcp":
		i.DHCP4 = network.Yes
	case "dhcp6", "ipv6_dhcp", "ipv6_dhcpv6_stateful":
		i.RA, i.DHCP6 = network.Yes, network.Yes
	case "ipv6_slaac", "ipv6_dhcpv6_stateless":
		i.RA = network.Yes
	case "static", "static6", "ipv4", "ipv6":
		p, err := withMask(address, mask)
		if err != nil {
			return err
		}
		i.Addresses = append(i.Addresses, p)
	case "manual":
	default:
		return fmt.Errorf("unknown kind of address %q", keyName(kind))
	}
	return nil
}
