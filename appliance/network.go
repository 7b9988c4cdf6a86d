//go:build linux

package appliance

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/vishvananda/netlink"
)

// startLoopback brings up lo; the kernel gives it its addresses.
func (m *machine) startLoopback() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

// startNetwork brings up the first network interface and sees to its address: a
// fixed one now, or DHCP's in the background. IPv6 addresses come from the
// kernel, which listens to the routers.
func (m *machine) startNetwork() error {
	link, err := firstEthernet()
	if err != nil {
		return err
	}
	if link == nil {
		m.console.Printf("network: no network interface; the server is alone")
		return nil
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("bring up %s: %w", link.Attrs().Name, err)
	}
	n := &network{link: link, console: m.console, settings: m.settings}
	if m.settings.Address.IsValid() {
		return n.use(address{prefix: m.settings.Address, gateway: m.settings.Gateway, dns: m.settings.DNS, source: "fixed"})
	}
	go n.runDHCP(context.Background())
	return nil
}

// firstEthernet returns the Ethernet interface with the lowest number, or nil.
func firstEthernet() (netlink.Link, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	var first netlink.Link
	for _, l := range links {
		a := l.Attrs()
		// A "device" is hardware; the kernel may have tunnels of its own.
		if l.Type() != "device" || a.EncapType != "ether" {
			continue
		}
		if first == nil || a.Index < first.Attrs().Index {
			first = l
		}
	}
	return first, nil
}

// address is what an interface is to have.
type address struct {
	prefix  netip.Prefix
	gateway netip.Addr // may be the zero value
	dns     []netip.Addr
	source  string // for the console
}

// network is the state of one interface.
type network struct {
	link     netlink.Link
	console  *Console
	settings *Settings
	current  address
}

// use gives the interface its address, in the place of the one before.
func (n *network) use(a address) error {
	name := n.link.Attrs().Name
	if a.prefix != n.current.prefix && n.current.prefix.IsValid() {
		if err := netlink.AddrDel(n.link, &netlink.Addr{IPNet: ipNet(n.current.prefix)}); err != nil {
			return fmt.Errorf("remove %s from %s: %w", n.current.prefix, name, err)
		}
	}
	if err := netlink.AddrReplace(n.link, &netlink.Addr{IPNet: ipNet(a.prefix)}); err != nil {
		return fmt.Errorf("give %s to %s: %w", a.prefix, name, err)
	}
	if a.gateway.IsValid() {
		route := &netlink.Route{LinkIndex: n.link.Attrs().Index, Gw: a.gateway.AsSlice()}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("route by %s: %w", a.gateway, err)
		}
	}
	if err := writeResolvConf(a.dns); err != nil {
		return err
	}
	changed := a.prefix != n.current.prefix || a.gateway != n.current.gateway
	n.current = a
	if changed {
		n.console.Printf("network: %s is %s by %s (%s)", name, a.prefix, a.gateway, a.source)
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// writeResolvConf tells Go's resolver the name servers.
func writeResolvConf(dns []netip.Addr) error {
	var s strings.Builder
	for _, a := range dns {
		fmt.Fprintf(&s, "nameserver %s\n", a)
	}
	return os.WriteFile("/etc/resolv.conf", []byte(s.String()), 0o644)
}

// runDHCP gets a lease and keeps it, for ever; decide says when to do what.
func (n *network) runDHCP(ctx context.Context) {
	var lease *nclient4.Lease
	started := time.Now()
	state := dhcpState{wait: n.settings.DHCPWait}
	for ctx.Err() == nil {
		step, pause := state.decide(time.Since(started))
		if step == dhcpFallback || step == dhcpExpired {
			lease = nil
			n.useFallback(step)
		}
		if step != dhcpAsk {
			sleep(ctx, pause)
			continue
		}
		next, err := n.ask(ctx, lease, pause)
		now := time.Since(started)
		if err != nil {
			state.failed(now)
			continue
		}
		lease = next
		state.leased(now, lease.ACK.IPAddressLeaseTime(defaultLease))
	}
}

// ask gets a lease, or renews the one there is, and uses it.
func (n *network) ask(ctx context.Context, lease *nclient4.Lease, timeout time.Duration) (*nclient4.Lease, error) {
	client, err := nclient4.New(n.link.Attrs().Name, nclient4.WithTimeout(dhcpTry), nclient4.WithRetry(100))
	if err != nil {
		n.console.Printf("network: DHCP: %v", err)
		sleep(ctx, timeout)
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if lease != nil {
		lease, err = client.Renew(ctx, lease)
	} else {
		lease, err = client.Request(ctx, dhcpv4.WithOption(dhcpv4.OptHostName("redoubt")))
	}
	if err != nil {
		return nil, err
	}
	a, err := leaseAddress(lease.ACK)
	if err == nil {
		err = n.use(a)
	}
	if err != nil {
		n.console.Printf("network: DHCP: %v", err)
	}
	return lease, err
}

// leaseAddress takes out of a lease what we use. Nothing in it is trusted: it
// comes from the network.
func leaseAddress(ack *dhcpv4.DHCPv4) (address, error) {
	a := address{source: "DHCP"}
	ip, ok := netip.AddrFromSlice(ack.YourIPAddr.To4())
	ones, bits := ack.SubnetMask().Size()
	if !ok || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLoopback() || bits != 32 || ones == 0 {
		return a, fmt.Errorf("the server offers %s with mask %s, which is no address", ack.YourIPAddr, ack.SubnetMask())
	}
	a.prefix = netip.PrefixFrom(ip, ones)
	for _, router := range ack.Router() {
		if gw, ok := netip.AddrFromSlice(router.To4()); ok && a.prefix.Contains(gw) {
			a.gateway = gw
			break
		}
	}
	for _, server := range ack.DNS() {
		if d, ok := netip.AddrFromSlice(server.To4()); ok {
			a.dns = append(a.dns, d)
		}
	}
	return a, nil
}

// useFallback gives the interface its address for the time without DHCP.
func (n *network) useFallback(why dhcpStep) {
	n.console.Printf("network: %s", why)
	a := address{prefix: n.settings.FallbackAddress, gateway: n.settings.FallbackGateway, dns: n.settings.DNS, source: "fallback"}
	if !a.prefix.IsValid() {
		return
	}
	if err := n.use(a); err != nil {
		n.console.Printf("network: %v", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
