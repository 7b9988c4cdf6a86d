//go:build linux

package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// WaitAddress waits until the machine has an address with which it can be
// reached from other hosts, and returns it. The error is that of ctx.
func (m *Manager) WaitAddress(ctx context.Context) (netip.Addr, error) {
	for {
		changed := m.Changed()
		for _, i := range m.Status().Interfaces {
			for _, a := range i.Addresses {
				if !a.Addr().IsLinkLocalUnicast() {
					return a.Addr(), nil
				}
			}
		}
		select {
		case <-ctx.Done():
			return netip.Addr{}, ctx.Err()
		case <-changed:
		}
	}
}

// FirstMAC returns the first interface's address, "" without one.
func (m *Manager) FirstMAC() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ports) == 0 {
		return ""
	}
	return m.ports[0].mac.String()
}

// Reach sees to it that there is some way to addr, such as a cloud's metadata
// server at 169.254.169.254: if no route leads there, it is taken to be on the
// first interface's link.
func (m *Manager) Reach(addr netip.Addr) error {
	_, err := netlink.RouteGet(addr.AsSlice())
	if err == nil {
		return nil
	}
	if !errors.Is(err, unix.ENETUNREACH) && !errors.Is(err, unix.EHOSTUNREACH) {
		return fmt.Errorf("look for a route to %s: %w", addr, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ports) == 0 {
		return fmt.Errorf("no route to %s: there is no network interface", addr)
	}
	route := &netlink.Route{LinkIndex: m.ports[0].link.Attrs().Index, Dst: ipNet(netip.PrefixFrom(addr, addr.BitLen())), Scope: netlink.SCOPE_LINK}
	if err := netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("take %s to be on the link of %s: %w", addr, m.ports[0].name, err)
	}
	return nil
}

// Status is the network as it is now.
type Status struct {
	Hostname   string
	Interfaces []InterfaceStatus
	DNS        []netip.Addr
	Search     []string
	NTP        []string
}

// InterfaceStatus is the state of one interface.
type InterfaceStatus struct {
	Name, MAC string
	Up        bool // the link carries
	MTU       int
	Addresses []netip.Prefix // also link-local ones; not those that are being tried or are taken
	Sources   []string       // who gave something: "fixed", "DHCP", "fallback", "routers", "DHCPv6"
	Expires   time.Time      // the first end of a lease; zero without one
}

// Status asks the kernel for the addresses, so it also knows those that routers
// gave.
func (m *Manager) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Status{Hostname: m.names.hostname, DNS: m.names.dns, Search: m.names.search, NTP: m.names.ntp}
	for _, p := range m.ports {
		s.Interfaces = append(s.Interfaces, p.status())
	}
	return s
}

func (p *port) status() InterfaceStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := InterfaceStatus{Name: p.name, MAC: p.mac.String()}
	if link, err := netlink.LinkByIndex(p.link.Attrs().Index); err == nil {
		s.MTU, s.Up = link.Attrs().MTU, link.Attrs().OperState == netlink.OperUp
	}
	addrs, err := netlink.AddrList(p.link, unix.AF_UNSPEC)
	for _, a := range addrs {
		ip, ok := netip.AddrFromSlice(a.IP)
		ones, _ := a.Mask.Size()
		if err == nil && ok && a.Flags&(unix.IFA_F_TENTATIVE|unix.IFA_F_DADFAILED) == 0 {
			s.Addresses = append(s.Addresses, netip.PrefixFrom(ip.Unmap(), ones))
		}
	}
	for _, from := range sources {
		if g, ok := p.granted[from]; ok && !g.empty() {
			s.Sources = append(s.Sources, string(from))
		}
		if e, ok := p.expires[from]; ok && (s.Expires.IsZero() || e.Before(s.Expires)) {
			s.Expires = e
		}
	}
	return s
}
