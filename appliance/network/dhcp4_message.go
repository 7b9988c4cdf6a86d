package network

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// clientOptions are in all that a DHCP client of ours says: who it is, what it
// wants to know, its name.
func clientOptions(mac net.HardwareAddr, hostname string) []dhcpv4.Modifier {
	options := []dhcpv4.Modifier{
		// Type 1 (Ethernet), then the address: the same after each boot.
		dhcpv4.WithOption(dhcpv4.OptClientIdentifier(append([]byte{1}, mac...))),
		dhcpv4.WithOption(dhcpv4.OptMaxMessageSize(maxDHCPMessage)),
		dhcpv4.WithRequestedOptions(
			dhcpv4.OptionSubnetMask, dhcpv4.OptionRouter, dhcpv4.OptionDomainNameServer,
			dhcpv4.OptionHostName, dhcpv4.OptionDomainName, dhcpv4.OptionInterfaceMTU,
			dhcpv4.OptionNTPServers, dhcpv4.OptionDNSDomainSearchList, dhcpv4.OptionClasslessStaticRoute,
		),
	}
	if hostname != "" {
		options = append(options, dhcpv4.WithOption(dhcpv4.OptHostName(hostname)))
	}
	return options
}

// maxDHCPMessage is the longest message we take.
const maxDHCPMessage = 1500

// ackGrant takes out of a lease what we use. Nothing in it is trusted: it comes
// from the network. What is of no use is left out; only a lease without a usable
// address is an error.
func ackGrant(ack *dhcpv4.DHCPv4) (grant, error) {
	var g grant
	ip, ok := netip.AddrFromSlice(ack.YourIPAddr.To4())
	mask := ack.SubnetMask()
	if mask == nil && ok {
		mask = net.IP(ip.AsSlice()).DefaultMask()
	}
	ones, bits := mask.Size()
	if !ok || !usable(ip) || bits != 32 || ones == 0 {
		return g, fmt.Errorf("the server offers %s with mask %s, which is no address", ack.YourIPAddr, mask)
	}
	g.addresses = []address{{prefix: netip.PrefixFrom(ip, ones)}}
	g.routes = ackRoutes(ack)
	g.dns = addrs4(ack.DNS())
	for _, a := range addrs4(ack.NTPServers()) {
		g.ntp = append(g.ntp, a.String())
	}
	g.search = ackSearch(ack)
	if name := ack.HostName(); name != "" && CheckHostname(name) == nil {
		g.hostname = name
	}
	if mtu := ack.Options.Get(dhcpv4.OptionInterfaceMTU); len(mtu) == 2 {
		g.mtu = leasedMTU(binary.BigEndian.Uint16(mtu))
	}
	return g, nil
}

// leasedMTU is an MTU that DHCP may set: IPv4 wants hosts to take 576 bytes
// (RFC 791), and a server that says less is wrong or ill-meaning.
func leasedMTU(mtu uint16) int {
	if mtu < 576 {
		return 0
	}
	return int(mtu)
}

// ackRoutes are the classless static routes if there are any, and then nothing
// else (RFC 3442), or the first router.
func ackRoutes(ack *dhcpv4.DHCPv4) (routes []Route) {
	for _, r := range ack.ClasslessStaticRoute() {
		if r == nil || r.Dest == nil || len(routes) == maxPerKind {
			continue
		}
		dest, ok := netip.AddrFromSlice(r.Dest.IP.To4())
		ones, bits := r.Dest.Mask.Size()
		via, hasVia := netip.AddrFromSlice(r.Router.To4())
		if !ok || bits != 32 || !hasVia {
			continue
		}
		route := Route{To: netip.PrefixFrom(dest, ones).Masked()}
		switch {
		case usable(via):
			route.Via = via
		case !via.IsUnspecified(): // 0.0.0.0 is "on this link"
			continue
		}
		routes = append(routes, route)
	}
	if len(routes) > 0 {
		return routes
	}
	for _, via := range addrs4(ack.Router()) {
		if usable(via) {
			return []Route{defaultRoute(via)}
		}
	}
	return nil
}

// ackSearch are the search domains, or the host's own domain.
func ackSearch(ack *dhcpv4.DHCPv4) (search []string) {
	if labels := ack.DomainSearch(); labels != nil {
		for _, name := range labels.Labels {
			if checkServerName(name) == nil && len(search) < maxPerKind {
				search = append(search, name)
			}
		}
	}
	if name := ack.DomainName(); len(search) == 0 && name != "" && checkServerName(name) == nil {
		search = []string{name}
	}
	return search
}

// ackTimes are the times of a lease.
func ackTimes(ack *dhcpv4.DHCPv4) leaseTimes {
	return leaseTimes{
		t1:     ack.IPAddressRenewalTime(0),
		t2:     ack.IPAddressRebindingTime(0),
		length: ack.IPAddressLeaseTime(defaultLease),
	}
}

// addrs4 are the valid ones of ips.
func addrs4(ips []net.IP) (addrs []netip.Addr) {
	for _, ip := range ips {
		if a, ok := netip.AddrFromSlice(ip.To4()); ok && usable(a) && len(addrs) < maxPerKind {
			addrs = append(addrs, a)
		}
	}
	return addrs
}

// retransmission is how long to wait for the answer to the n-th sending of a
// message: 1 s, doubled each time up to about a minute, give or take a quarter,
// so that machines that were started together part. random is in [0, 1).
func retransmission(n int, random float64) time.Duration {
	wait := min(time.Second<<min(n, 6), 64*time.Second)
	if n == 0 {
		return wait
	}
	return time.Duration(float64(wait) * (0.75 + random/2))
}
