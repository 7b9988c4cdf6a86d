//go:build linux

package network

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// runIPv6 hears what routers say and asks DHCPv6 as they want it, until ctx ends.
// The kernel makes the addresses and routes of advertisements by itself.
//
// Of DHCPv6's two uses, at most one runs: an address (flag M, or a setting), or
// without one (flag O) name servers only. What was begun goes on, as RFC 4862
// wants it, but the first takes the second's place.
func (p *port) runIPv6(ctx context.Context, c *Interface, listener *net.IPConn) {
	var running sync.WaitGroup
	defer running.Wait()
	heard := make(chan advertisement, 4)
	if listener != nil {
		defer context.AfterFunc(ctx, func() { listener.Close() })()
		running.Go(func() { p.hearRouters(listener, heard) })
	}
	only, endStateless := context.WithCancel(ctx)
	defer endStateless()
	stateful, stateless := false, false
	startStateful := func() {
		if stateful {
			return
		}
		endStateless()
		stateful = true
		running.Go(func() { p.runDHCP6(ctx, (*dhcp6).run) })
	}
	if c.DHCP6 == Yes {
		startStateful()
	}
	if c.RA != Yes {
		p.forget(fromRouters)
	}
	var known routerNames
	for {
		var expiry <-chan time.Time
		if d, ok := known.next(time.Now()); ok {
			expiry = time.After(d)
		}
		select {
		case <-ctx.Done():
			return
		case ra := <-heard:
			known.hear(ra, time.Now())
			switch {
			case c.DHCP6 == No:
			case ra.managed:
				startStateful()
			case ra.other && !stateful && !stateless:
				stateless = true
				running.Go(func() { p.runDHCP6(only, (*dhcp6).runStateless) })
			}
		case <-expiry:
		}
		if g, changed := known.grant(time.Now()); changed {
			if err := p.use(fromRouters, g); err != nil {
				p.logf("%v", err)
			}
		}
	}
}

// runDHCP6 waits until the machine's identity is known, and runs a client.
func (p *port) runDHCP6(ctx context.Context, run func(*dhcp6, context.Context)) {
	id, ok := p.manager.waitIdentity(ctx)
	if ok {
		run(newDHCP6(p, duid(id, p.mac)), ctx)
	}
}

// waitIdentity returns the machine's identity once it is known.
func (m *Manager) waitIdentity(ctx context.Context) (id [16]byte, ok bool) {
	for {
		m.mu.Lock()
		id, changed := m.identity, m.changed
		m.mu.Unlock()
		if id != [16]byte{} {
			return id, true
		}
		select {
		case <-ctx.Done():
			return id, false
		case <-changed:
		}
	}
}

// listenRA opens a socket for router advertisements on one interface. A kernel
// without IPv6 has none; that is no error.
func listenRA(device string) (*net.IPConn, error) {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		control := c.Control(func(fd uintptr) {
			err = errors.Join(
				unix.BindToDevice(int(fd), device),
				unix.SetsockoptICMPv6Filter(int(fd), unix.IPPROTO_ICMPV6, unix.ICMPV6_FILTER, onlyRA()),
				unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1),
			)
		})
		return errors.Join(control, err)
	}}
	conn, err := config.ListenPacket(context.Background(), "ip6:ipv6-icmp", "::")
	if errors.Is(err, unix.EAFNOSUPPORT) || errors.Is(err, unix.EADDRNOTAVAIL) {
		return nil, nil
	}
	if err != nil {
		return nil, os.NewSyscallError("listen to routers", err)
	}
	return conn.(*net.IPConn), nil
}

// onlyRA is a filter (RFC 3542, 3.2): a set bit blocks a type.
func onlyRA() *unix.ICMPv6Filter {
	f := &unix.ICMPv6Filter{}
	for n := range f.Data {
		f.Data[n] = ^uint32(0)
	}
	f.Data[raType>>5] &^= 1 << (raType & 31)
	return f
}

// hearRouters passes on advertisements until the listener is closed. Only those
// with hop limit 255 and from a link-local address count: no router has
// forwarded them (RFC 4861, 6.1.2).
func (p *port) hearRouters(listener *net.IPConn, heard chan<- advertisement) {
	buffer, control := make([]byte, 4096), make([]byte, 256)
	for {
		n, cn, _, from, err := listener.ReadMsgIP(buffer, control)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(100 * time.Millisecond) // the link is down, perhaps
			continue
		}
		if !from.IP.IsLinkLocalUnicast() || hopLimit(control[:cn]) != 255 {
			continue
		}
		if ra, ok := decodeRA(buffer[:n]); ok {
			select {
			case heard <- ra:
			default: // routers repeat themselves
			}
		}
	}
}

// hopLimit reads a received message's, -1 if it is not told.
func hopLimit(control []byte) int {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return -1
	}
	for _, m := range messages {
		if m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_HOPLIMIT && len(m.Data) >= 1 {
			return int(m.Data[0])
		}
	}
	return -1
}
