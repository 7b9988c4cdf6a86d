package network

import (
	"encoding/binary"
	"net"
	"net/netip"
	"slices"
)

// An ARP packet for IPv4 over Ethernet (RFC 826)
//
//	0   hardware type 1, 16 bits     2   protocol 0x0800, 16 bits
//	4   hardware length 6            5   protocol length 4
//	6   operation: 1 request, 2 reply, 16 bits
//	8   sender's MAC    14  sender's IP    18  target's MAC    24  target's IP
const arpSize = 28

var arpHeader = []byte{0, 1, 8, 0, 6, 4}

// arpMessage is a decoded ARP packet.
type arpMessage struct {
	operation uint16
	senderMAC net.HardwareAddr
	senderIP  netip.Addr
	targetIP  netip.Addr
}

const arpRequest = 1

// encodeARP returns a request of mac for target. A sender of 0.0.0.0 is a probe
// (RFC 5227): it asks whether somebody has target without claiming it; a sender
// that is the target itself announces it.
func encodeARP(mac net.HardwareAddr, sender, target netip.Addr) []byte {
	b := make([]byte, 0, arpSize)
	b = append(b, arpHeader...)
	b = binary.BigEndian.AppendUint16(b, arpRequest)
	b = append(append(b, mac...), sender.AsSlice()...)
	b = append(append(b, make([]byte, 6)...), target.AsSlice()...)
	return b
}

// decodeARP reads a packet; ok is false if it is none of IPv4 over Ethernet.
func decodeARP(b []byte) (m arpMessage, ok bool) {
	if len(b) < arpSize || !slices.Equal(b[:len(arpHeader)], arpHeader) {
		return m, false
	}
	m.operation = binary.BigEndian.Uint16(b[6:])
	m.senderMAC = slices.Clone(b[8:14])
	m.senderIP = netip.AddrFrom4([4]byte(b[14:18]))
	m.targetIP = netip.AddrFrom4([4]byte(b[24:28]))
	return m, true
}

// claims tells whether m shows that another host has, or is about to take, the
// address that mac was given (RFC 5227, 2.1.1).
func (m *arpMessage) claims(ip netip.Addr, mac net.HardwareAddr) bool {
	if slices.Equal(m.senderMAC, mac) {
		return false
	}
	probe := m.operation == arpRequest && m.senderIP.IsUnspecified() && m.targetIP == ip
	return m.senderIP == ip || probe
}
