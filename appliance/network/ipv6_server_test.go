//go:build linux

package network

import (
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"golang.org/x/sys/unix"
)

// router advertises on a LAN, several times a second.
func router(l *lan, advertisement []byte) {
	l.t.Helper()
	var conn net.PacketConn
	l.in(func() {
		config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
			return c.Control(func(fd uintptr) {
				for _, err := range []error{
					unix.BindToDevice(int(fd), l.theirs),
					unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, 255),
				} {
					if err != nil {
						l.t.Error(err)
					}
				}
			})
		}}
		var err error
		if conn, err = config.ListenPacket(l.t.Context(), "ip6:ipv6-icmp", "::"); err != nil {
			l.t.Error(err)
		}
	})
	if l.t.Failed() {
		l.t.FailNow()
	}
	done := make(chan struct{})
	l.t.Cleanup(func() { close(done); conn.Close() })
	go func() {
		for {
			// Fails until the other end has its link-local address.
			_, _ = conn.WriteTo(advertisement, &net.IPAddr{IP: net.ParseIP("ff02::1"), Zone: l.theirs})
			select {
			case <-done:
				return
			case <-time.After(200 * time.Millisecond):
			}
		}
	}()
}

// prefixOption is a prefix of 64 bits for addresses (RFC 4861, 4.6.2).
func prefixOption(prefix string) []byte {
	b := append([]byte{3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0}, net.ParseIP(prefix)...)
	return b
}

// dhcp6Server is a DHCPv6 server.
type dhcp6Server struct {
	t    *testing.T
	conn *net.UDPConn

	mu      sync.Mutex
	address string
	valid   time.Duration
	silent  bool
	heard   map[dhcpv6.MessageType]int
	client  dhcpv6.DUID
}

func serveDHCP6(l *lan, address string, valid time.Duration) *dhcp6Server {
	l.t.Helper()
	s := &dhcp6Server{t: l.t, address: address, valid: valid, heard: map[dhcpv6.MessageType]int{}}
	l.in(func() {
		ifi, err := net.InterfaceByName(l.theirs)
		if err != nil {
			l.t.Error(err)
			return
		}
		if s.conn, err = net.ListenMulticastUDP("udp6", ifi, &net.UDPAddr{IP: dhcpv6.AllDHCPRelayAgentsAndServers, Port: 547}); err != nil {
			l.t.Error(err)
		}
	})
	if l.t.Failed() {
		l.t.FailNow()
	}
	l.t.Cleanup(func() { s.conn.Close() })
	go func() {
		buffer := make([]byte, 2000)
		for {
			n, from, err := s.conn.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			m, err := dhcpv6.MessageFromBytes(buffer[:n])
			if err != nil {
				s.t.Errorf("the client sends %x: %v", buffer[:n], err)
				continue
			}
			if answer := s.take(m); answer != nil {
				_, _ = s.conn.WriteTo(answer.ToBytes(), from) // the client may be gone
			}
		}
	}()
	return s
}

func (s *dhcp6Server) take(m *dhcpv6.Message) *dhcpv6.Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard[m.MessageType]++
	s.client = m.Options.ClientID()
	if s.silent {
		return nil
	}
	answer := &dhcpv6.Message{MessageType: dhcpv6.MessageTypeReply, TransactionID: m.TransactionID}
	if m.MessageType == dhcpv6.MessageTypeSolicit {
		answer.MessageType = dhcpv6.MessageTypeAdvertise
	}
	answer.AddOption(dhcpv6.OptClientID(s.client))
	answer.AddOption(dhcpv6.OptServerID(&dhcpv6.DUIDLL{HWType: 1, LinkLayerAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}}))
	answer.AddOption(dhcpv6.OptDNS(net.ParseIP("2001:db8:6::53")))
	if asked := m.Options.OneIANA(); asked != nil {
		given := &dhcpv6.OptIANA{IaId: asked.IaId, T1: s.valid / 2, T2: s.valid * 3 / 4}
		given.Options.Add(&dhcpv6.OptIAAddress{IPv6Addr: net.ParseIP(s.address), PreferredLifetime: s.valid, ValidLifetime: s.valid})
		answer.AddOption(given)
	}
	return answer
}

func (s *dhcp6Server) count(kind dhcpv6.MessageType) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.heard[kind]
}
