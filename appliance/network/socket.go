//go:build linux

package network

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// listenRaw opens a socket for an interface that has no address yet.
func (c *dhcp4) listenRaw() (net.PacketConn, error) {
	ifi, err := net.InterfaceByName(c.port.name)
	if err != nil {
		return nil, err
	}
	conn, err := packet.Listen(ifi, packet.Datagram, unix.ETH_P_IP, &packet.Config{Filter: dhcpFilter})
	if err != nil {
		return nil, err
	}
	return nclient4.NewBroadcastUDPConn(conn, &net.UDPAddr{Port: dhcpv4.ClientPort}), nil
}

// dhcpFilter has the kernel hand us DHCP's answers only, not each packet of the
// interface: UDP to port 68, unfragmented.
var dhcpFilter = mustAssemble([]bpf.Instruction{
	bpf.LoadAbsolute{Off: 9, Size: 1}, // protocol
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: unix.IPPROTO_UDP, SkipTrue: 6},
	bpf.LoadAbsolute{Off: 6, Size: 2}, // fragment
	bpf.JumpIf{Cond: bpf.JumpBitsSet, Val: 0x1fff, SkipTrue: 4},
	bpf.LoadMemShift{Off: 0},          // X: length of the IPv4 header
	bpf.LoadIndirect{Off: 2, Size: 2}, // UDP's destination
	bpf.JumpIf{Cond: bpf.JumpNotEqual, Val: dhcpv4.ClientPort, SkipTrue: 1},
	bpf.RetConstant{Val: 1 << 16},
	bpf.RetConstant{Val: 0},
})

func mustAssemble(program []bpf.Instruction) []bpf.RawInstruction {
	raw, err := bpf.Assemble(program)
	if err != nil {
		panic(err) // the program is a constant
	}
	return raw
}

// listenUDP opens an ordinary socket on the leased address.
func (c *dhcp4) listenUDP() (net.PacketConn, error) {
	return listenDHCP4(c.port.name, c.lease.ip.Addr())
}

func listenDHCP4(device string, ip netip.Addr) (net.PacketConn, error) {
	return listenOn(device, "udp4", netip.AddrPortFrom(ip, dhcpv4.ClientPort).String())
}

// listenOn opens a UDP socket that talks by one interface only.
func listenOn(device, network, address string) (net.PacketConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		control := c.Control(func(fd uintptr) {
			err = errors.Join(unix.BindToDevice(int(fd), device), unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1))
		})
		return errors.Join(control, err)
	}}
	return config.ListenPacket(context.Background(), network, address)
}

// linkIsDown tells whether an error of a socket is one that goes away when the
// link is up again.
func linkIsDown(err error) bool {
	return errors.Is(err, unix.ENETDOWN) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) ||
		errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EADDRNOTAVAIL)
}
