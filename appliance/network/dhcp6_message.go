package network

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
)

// duid is the machine's identity for DHCPv6: a DUID-UUID (RFC 6355), or, for
// a machine that has none, one by its MAC address (DUID-LL).
func duid(identity [16]byte, mac net.HardwareAddr) dhcpv6.DUID {
	if identity == [16]byte{} {
		return &dhcpv6.DUIDLL{HWType: 1, LinkLayerAddr: mac}
	}
	return &dhcpv6.DUIDUUID{UUID: identity}
}

// iaid identifies the interface within the machine.
func iaid(mac net.HardwareAddr) [4]byte { return [4]byte(mac[len(mac)-4:]) }

// requested6 is what we ask for besides an address.
func requested6() dhcpv6.Option {
	return dhcpv6.OptRequestedOption(dhcpv6.OptionDNSRecursiveNameServer, dhcpv6.OptionDomainSearchList,
		dhcpv6.OptionNTPServer, dhcpv6.OptionSNTPServerList, dhcpv6.OptionInformationRefreshTime)
}

// message6 makes a message. Those to one server name it; those about addresses
// carry them.
func message6(kind dhcpv6.MessageType, id dhcpv6.DUID, server dhcpv6.DUID, ia *dhcpv6.OptIANA) (*dhcpv6.Message, error) {
	m, err := dhcpv6.NewMessage()
	if err != nil {
		return nil, err
	}
	m.MessageType = kind
	m.AddOption(dhcpv6.OptClientID(id))
	if server != nil {
		m.AddOption(dhcpv6.OptServerID(server))
	}
	m.AddOption(dhcpv6.OptElapsedTime(0))
	if ia != nil {
		m.AddOption(ia)
	}
	if kind != dhcpv6.MessageTypeRelease && kind != dhcpv6.MessageTypeDecline {
		m.AddOption(requested6())
	}
	return m, nil
}

// askedIA is the association we ask for, with the addresses that we have.
func askedIA(mac net.HardwareAddr, have []address) *dhcpv6.OptIANA {
	ia := &dhcpv6.OptIANA{IaId: iaid(mac)}
	for _, a := range have {
		ia.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: a.prefix.Addr().AsSlice()})
	}
	return ia
}

// replyGrant takes out of an answer about addresses what we use. Nothing in it
// is trusted. Without a usable address it is an error.
func replyGrant(m *dhcpv6.Message, mac net.HardwareAddr) (g grant, times leaseTimes, err error) {
	if status := m.Options.Status(); status != nil && status.StatusCode != 0 {
		return g, times, fmt.Errorf("the server says %s", status.StatusCode)
	}
	n := slices.IndexFunc(m.Options.IANA(), func(ia *dhcpv6.OptIANA) bool { return ia.IaId == iaid(mac) })
	if n < 0 {
		return g, times, fmt.Errorf("the server's answer has no addresses")
	}
	ia := m.Options.IANA()[n]
	if status := ia.Options.Status(); status != nil && status.StatusCode != 0 {
		return g, times, fmt.Errorf("the server says %s", status.StatusCode)
	}
	g = informationGrant(m)
	for _, o := range ia.Options.Addresses() {
		a, ok := netip.AddrFromSlice(o.IPv6Addr)
		refused := o.Options.Status() != nil && o.Options.Status().StatusCode != 0
		if !ok || !a.Is6() || !usable(a) || a.IsLinkLocalUnicast() || o.ValidLifetime <= 0 || refused || len(g.addresses) == maxPerKind {
			continue
		}
		valid := min(max(o.ValidLifetime, minLease), longestLease)
		g.addresses = append(g.addresses, address{netip.PrefixFrom(a, 128), min(o.PreferredLifetime, valid), valid})
		if times.length == 0 || valid < times.length {
			times.length = valid
		}
	}
	if len(g.addresses) == 0 {
		return g, times, fmt.Errorf("the server's answer has no usable address")
	}
	times.t1, times.t2 = ia.T1, ia.T2
	return g, times, nil
}

// informationGrant takes out of any answer what is no address.
func informationGrant(m *dhcpv6.Message) (g grant) {
	g.dns = addrs6(m.Options.DNS())
	if labels := m.Options.DomainSearchList(); labels != nil {
		for _, name := range labels.Labels {
			if checkServerName(name) == nil && len(g.search) < maxPerKind {
				g.search = append(g.search, name)
			}
		}
	}
	for _, a := range unique(append(addrs6(m.Options.NTPServers()), addrs6(m.Options.SNTP())...)) {
		g.ntp = append(g.ntp, a.String())
	}
	return g
}

func addrs6(ips []net.IP) (addrs []netip.Addr) {
	for _, ip := range ips {
		if a, ok := netip.AddrFromSlice(ip); ok && a.Is6() && usable(a) && len(addrs) < maxPerKind {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// refreshTime is when to ask anew for what is no address (RFC 8415, 21.23).
func refreshTime(m *dhcpv6.Message) time.Duration {
	return min(max(m.Options.InformationRefreshTime(24*time.Hour), 10*time.Minute), 7*24*time.Hour)
}
