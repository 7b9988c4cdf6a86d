//go:build linux

package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// isEthernet tells whether a link is one of the machine's network interfaces. A
// "device" is hardware; the kernel may have tunnels of its own. A veth is what
// containers, and our tests, have in its place.
func isEthernet(l netlink.Link) bool {
	return (l.Type() == "device" || l.Type() == "veth") && l.Attrs().EncapType == "ether" && len(l.Attrs().HardwareAddr) == 6
}

// prepareLink sets what must be set before an interface comes up: a setting that
// is not there belongs to a kernel without IPv6.
func (p *port) prepareLink(c *Interface) error {
	ra := "0"
	if c.RA == Yes {
		ra = "1"
	}
	// A default route by routers counts after all that were configured.
	metric := strconv.Itoa(1024 + p.position)
	for _, s := range []struct{ path, value string }{
		{"ipv4/conf/" + p.name + "/promote_secondaries", "1"}, // removing an address leaves the others of its network
		{"ipv4/conf/" + p.name + "/arp_notify", "1"},          // tell switches where we are
		{"ipv4/conf/" + p.name + "/accept_redirects", "0"},    // one yes, here or for all, is enough for the kernel
		{"ipv4/conf/" + p.name + "/send_redirects", "0"},
		{"ipv6/conf/" + p.name + "/accept_redirects", "0"},
		{"ipv6/conf/" + p.name + "/accept_ra", ra},
		{"ipv6/conf/" + p.name + "/autoconf", ra},
		{"ipv6/conf/" + p.name + "/ra_defrtr_metric", metric},
	} {
		err := os.WriteFile("/proc/sys/net/"+s.path, []byte(s.value), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set %s: %w", s.path, err)
		}
	}
	return nil
}

// use has the interface have what a source grants, in the place of what that
// source granted before. It does as much as it can; the error names all that
// failed.
func (p *port) use(from source, g grant) error {
	err := p.apply(from, g)
	p.manager.refresh()
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func (p *port) apply(from source, g grant) (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.granted[from]
	p.granted[from] = g
	fail := func(format string, args ...any) { err = errors.Join(err, fmt.Errorf(format, args...)) }

	for _, r := range old.routes {
		if !slices.Contains(g.routes, r) && !p.granting(func(g *grant) bool { return slices.Contains(g.routes, r) }) {
			// It may be gone with its address or its link.
			_ = netlink.RouteDel(p.route(r, &old))
		}
	}
	for _, a := range old.addresses {
		if !g.has(a.prefix) && !p.granting(func(g *grant) bool { return g.has(a.prefix) }) {
			if err := netlink.AddrDel(p.link, kernelAddress(a)); err != nil && !errors.Is(err, unix.EADDRNOTAVAIL) {
				fail("remove %s: %w", a.prefix, err)
			}
		}
	}
	if g.mtu != 0 && g.mtu != p.mtu && (from == fromConfig || p.granted[fromConfig].mtu == 0) {
		if err := netlink.LinkSetMTU(p.link, g.mtu); err != nil {
			fail("set an MTU of %d: %w", g.mtu, err)
		} else {
			p.mtu = g.mtu
		}
	}
	for _, a := range g.addresses {
		if err := netlink.AddrReplace(p.link, kernelAddress(a)); err != nil {
			fail("take %s: %w", a.prefix, err)
		}
	}
	for _, r := range g.routes {
		if err := netlink.RouteReplace(p.route(r, &g)); err != nil {
			fail("route to %s by %s: %w", r.To, r.Via, err)
		}
	}
	return err
}

// granting tells whether any source's grant is such.
func (p *port) granting(such func(*grant) bool) bool {
	for _, g := range p.granted {
		if such(&g) {
			return true
		}
	}
	return false
}

// route is r in the kernel's words. Interfaces that come first win.
func (p *port) route(r Route, g *grant) *netlink.Route {
	k := &netlink.Route{LinkIndex: p.link.Attrs().Index, Dst: ipNet(r.To), Priority: r.Metric}
	if r.Metric == 0 {
		k.Priority = 100 * (p.position + 1)
	}
	if !r.Via.IsValid() {
		k.Scope = netlink.SCOPE_LINK
		return k
	}
	k.Gw = r.Via.AsSlice()
	if !g.reaches(r.Via) && !r.Via.IsLinkLocalUnicast() {
		k.SetFlag(netlink.FLAG_ONLINK)
	}
	return k
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

func kernelAddress(a address) *netlink.Addr {
	return &netlink.Addr{IPNet: ipNet(a.prefix), PreferedLft: int(a.preferred / time.Second), ValidLft: int(a.valid / time.Second)}
}
