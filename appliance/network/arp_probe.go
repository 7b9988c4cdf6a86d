//go:build linux

package network

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/mdlayher/packet"
	"golang.org/x/sys/unix"
)

// A probe asks this often, this far apart, and listens that long after (RFC 5227
// has 3 times 1 to 2 s and then 2 s).
const (
	probeCount = 3
	probeEvery = time.Second
	probeAfter = 2 * time.Second
)

var ethernetBroadcast = &packet.Addr{HardwareAddr: net.HardwareAddr{255, 255, 255, 255, 255, 255}}

// probe looks whether another host has an address that we use already, and tells
// everybody where it is if not.
func (c *dhcp4) probe(ctx context.Context, ip netip.Addr) {
	ifi, err := net.InterfaceByName(c.port.name)
	if err != nil {
		return // the interface is gone
	}
	conn, err := packet.Listen(ifi, packet.Datagram, unix.ETH_P_ARP, nil)
	if err != nil {
		c.port.logf("cannot look for another host with %s: %v", ip, err)
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	for n := range probeCount {
		// A link that is down loses it; the next one may come through.
		_, _ = conn.WriteTo(encodeARP(c.port.mac, netip.IPv4Unspecified(), ip), ethernetBroadcast)
		listen := probeEvery
		if n == probeCount-1 {
			listen = probeAfter
		}
		if c.isClaimed(ctx, conn, ip, time.Now().Add(listen)) {
			select {
			case c.clash <- struct{}{}:
			default:
			}
			return
		}
	}
	_, _ = conn.WriteTo(encodeARP(c.port.mac, ip, ip), ethernetBroadcast)
}

// isClaimed listens for another host with the address.
func (c *dhcp4) isClaimed(ctx context.Context, conn *packet.Conn, ip netip.Addr, until time.Time) bool {
	buffer := make([]byte, 128)
	if err := conn.SetReadDeadline(until); err != nil {
		return false
	}
	for ctx.Err() == nil {
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			return false
		}
		if m, ok := decodeARP(buffer[:n]); ok && m.claims(ip, c.port.mac) {
			return true
		}
	}
	return false
}
