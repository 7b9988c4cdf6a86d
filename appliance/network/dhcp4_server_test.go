//go:build linux

package network

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// dhcpServer is a DHCPv4 server with the faults that tests want.
type dhcpServer struct {
	t    *testing.T
	conn net.PacketConn
	ip   net.IP

	mu      sync.Mutex
	offers  []string // the addresses to give, one after the other at each DECLINE
	lease   time.Duration
	options []dhcpv4.Option
	silent  bool
	refuse  bool
	heard   []heard4
}

// heard4 is a message from a client.
type heard4 struct {
	kind    dhcpv4.MessageType
	unicast bool // from an address of its own
	msg     *dhcpv4.DHCPv4
}

// serveDHCP starts a server on a LAN.
func serveDHCP(l *lan, ip string, lease time.Duration, offers []string, options ...dhcpv4.Option) *dhcpServer {
	l.t.Helper()
	s := &dhcpServer{t: l.t, ip: ip4(ip), lease: lease, offers: offers, options: options}
	l.in(func() {
		var err error
		if s.conn, err = listenOn(l.theirs, "udp4", "0.0.0.0:67"); err != nil {
			l.t.Error(err)
		}
	})
	if l.t.Failed() {
		l.t.FailNow()
	}
	l.t.Cleanup(func() { s.conn.Close() })
	go s.serve()
	return s
}

func (s *dhcpServer) serve() {
	buffer := make([]byte, 2000)
	for {
		n, from, err := s.conn.ReadFrom(buffer)
		if err != nil {
			return // closed
		}
		m, err := dhcpv4.FromBytes(buffer[:n])
		if err != nil {
			s.t.Errorf("the client sends %x: %v", buffer[:n], err)
			continue
		}
		if answer := s.take(m, from.(*net.UDPAddr)); answer != nil {
			to := &net.UDPAddr{IP: net.IPv4bcast, Port: 68}
			if !m.ClientIPAddr.IsUnspecified() {
				to.IP = m.ClientIPAddr
			}
			_, _ = s.conn.WriteTo(answer.ToBytes(), to) // the client may be gone
		}
	}
}

func (s *dhcpServer) take(m *dhcpv4.DHCPv4, from *net.UDPAddr) *dhcpv4.DHCPv4 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, heard4{m.MessageType(), !from.IP.IsUnspecified(), m})
	kind := dhcpv4.MessageTypeAck
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		kind = dhcpv4.MessageTypeOffer
	case dhcpv4.MessageTypeRequest:
		if s.refuse {
			kind = dhcpv4.MessageTypeNak
		}
	case dhcpv4.MessageTypeDecline:
		s.offers = s.offers[1:]
		return nil
	default:
		return nil
	}
	if s.silent {
		return nil
	}
	modifiers := []dhcpv4.Modifier{
		dhcpv4.WithMessageType(kind), dhcpv4.WithYourIP(ip4(s.offers[0])),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(s.ip)),
		dhcpv4.WithOption(dhcpv4.OptIPAddressLeaseTime(s.lease)),
		dhcpv4.WithOption(dhcpv4.OptSubnetMask(net.CIDRMask(24, 32))),
	}
	for _, o := range s.options {
		modifiers = append(modifiers, dhcpv4.WithOption(o))
	}
	answer, err := dhcpv4.NewReplyFromRequest(m, modifiers...)
	if err != nil {
		s.t.Error(err)
	}
	return answer
}

// set changes the server's behaviour.
func (s *dhcpServer) set(change func(*dhcpServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// count tells how many messages of a kind came since message number from.
func (s *dhcpServer) count(from int, is func(heard4) bool) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.heard[from:] {
		if is(h) {
			n++
		}
	}
	return n
}

func (s *dhcpServer) total() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.heard)
}

func (s *dhcpServer) last(kind dhcpv4.MessageType) *dhcpv4.DHCPv4 {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range slices.Backward(s.heard) {
		if h.kind == kind {
			return h.msg
		}
	}
	return nil
}

func isRenewal(h heard4) bool { return h.kind == dhcpv4.MessageTypeRequest && h.unicast }
func isRebind(h heard4) bool {
	return h.kind == dhcpv4.MessageTypeRequest && !h.unicast && !h.msg.ClientIPAddr.IsUnspecified()
}
func isDecline(h heard4) bool { return h.kind == dhcpv4.MessageTypeDecline }
func isRelease(h heard4) bool { return h.kind == dhcpv4.MessageTypeRelease }
