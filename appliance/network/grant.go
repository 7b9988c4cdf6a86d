package network

import (
	"net/netip"
	"slices"
	"time"
)

// source is who gave an interface something. Its text is for the console.
type source string

const (
	fromConfig   source = "fixed"
	fromDHCP4    source = "DHCP"
	fromFallback source = "fallback"
	fromRouters  source = "routers"
	fromDHCP6    source = "DHCPv6"
)

// sources are all, in the order in which their name servers are asked.
var sources = []source{fromConfig, fromDHCP4, fromDHCP6, fromRouters, fromFallback}

// grant is what one source gave one interface. A source that has nothing left to
// give, as DHCP after the end of a lease, has the zero grant.
type grant struct {
	addresses []address
	routes    []Route
	mtu       int
	dns       []netip.Addr
	search    []string
	ntp       []string
	hostname  string
}

// address is an address of an interface. The kernel removes it by itself when
// valid is over; 0 keeps it.
type address struct {
	prefix           netip.Prefix
	preferred, valid time.Duration
}

// has tells whether g gives that address, whatever its lifetime.
func (g *grant) has(p netip.Prefix) bool {
	return slices.ContainsFunc(g.addresses, func(a address) bool { return a.prefix == p })
}

// empty tells whether g grants nothing.
func (g *grant) empty() bool {
	return len(g.addresses)+len(g.routes)+len(g.dns)+len(g.search)+len(g.ntp) == 0 && g.mtu == 0 && g.hostname == ""
}

// reaches tells whether a router can be talked to with g's addresses and routes
// alone; if not, the kernel must be told that it is on the link.
func (g *grant) reaches(router netip.Addr) bool {
	return slices.ContainsFunc(g.addresses, func(a address) bool { return a.prefix.Contains(router) }) ||
		slices.ContainsFunc(g.routes, func(r Route) bool { return !r.Via.IsValid() && r.To.Contains(router) })
}

// defaultRoute is the way to everything by a router.
func defaultRoute(via netip.Addr) Route {
	if via.Is4() {
		return Route{To: netip.PrefixFrom(netip.IPv4Unspecified(), 0), Via: via}
	}
	return Route{To: netip.PrefixFrom(netip.IPv6Unspecified(), 0), Via: via}
}

// fixedGrant is what a configuration gives its interface.
func fixedGrant(c *Interface) grant {
	g := grant{mtu: c.MTU, dns: c.DNS, search: c.Search}
	for _, p := range c.Addresses {
		g.addresses = append(g.addresses, address{prefix: p})
	}
	for _, is4 := range []bool{true, false} {
		if n := slices.IndexFunc(c.Gateways, func(a netip.Addr) bool { return a.Is4() == is4 }); n >= 0 {
			g.routes = append(g.routes, defaultRoute(c.Gateways[n]))
		}
	}
	g.routes = append(g.routes, c.Routes...)
	return g
}
