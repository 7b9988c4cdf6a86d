//go:build linux

package network

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// dhcp4 is the DHCPv4 client of one interface (RFC 2131).
type dhcp4 struct {
	port    *port
	started time.Time
	state   leaseState
	lease   *lease4
	asked   int           // messages without an answer, for the time to the next
	clash   chan struct{} // holds one when somebody else has our address
}

// lease4 is a lease that we hold.
type lease4 struct {
	ack    *dhcpv4.DHCPv4
	server netip.Addr
	ip     netip.Prefix
}

// errRefused is a server's NAK: the lease is not ours.
var errRefused = errors.New("the server refuses the lease")

// clashPause is how long a client must leave a network alone on which another
// host had the address (RFC 2131, 3.1.5).
const clashPause = 10 * time.Second

func newDHCP4(p *port) *dhcp4 {
	c := &dhcp4{port: p, started: time.Now(), clash: make(chan struct{}, 1)}
	c.state.wait = p.manager.options.DHCPWait
	if p.position > 0 || !p.manager.options.Fallback.IsValid() {
		c.state.wait = longestLease
	}
	return c
}

func (c *dhcp4) now() time.Duration { return time.Since(c.started) }

// run gets a lease and keeps it, until ctx ends; leaseState says when to do what.
func (c *dhcp4) run(ctx context.Context) {
	for ctx.Err() == nil {
		step, pause := c.state.decide(c.now())
		switch step {
		case stepFallback:
			c.port.logf("asks in vain: %s", step)
			c.useFallback()
		case stepExpired:
			c.port.logf("%s", step)
			c.drop()
			c.useFallback()
		case stepSleep:
			c.sleep(ctx, pause)
		case stepAsk:
			c.acquire(ctx, pause)
		case stepRenew, stepRebind:
			c.keep(ctx, step, pause)
		}
	}
	if c.port.manager.ctx.Err() == nil {
		c.drop() // configured anew; the end of the machine keeps its addresses
	}
}

// sleep waits for d; the link that comes up and a clash of addresses end it.
func (c *dhcp4) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-c.port.up:
		c.state.doubt(c.now())
	case <-c.clash:
		c.decline(ctx)
	}
}

// acquire asks for a lease, until there is one or limit is over; 0 is no limit.
func (c *dhcp4) acquire(ctx context.Context, limit time.Duration) {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	conn, err := c.listenRaw()
	if err != nil {
		c.port.logf("cannot ask DHCP: %v", err)
		pause(ctx, retransmission(c.next(), rand.Float64()))
		return
	}
	defer conn.Close()
	for ctx.Err() == nil {
		offer, err := c.discover(ctx, conn)
		if err != nil {
			return
		}
		ack, err := c.request(ctx, conn, offer)
		if err == nil {
			err = c.bind(ctx, ack)
		}
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			c.port.logf("gets no lease: %v", err)
		}
		pause(ctx, time.Second)
	}
}

// next counts a message.
func (c *dhcp4) next() int {
	c.asked++
	return c.asked - 1
}

// discover asks until a server offers an address.
func (c *dhcp4) discover(ctx context.Context, conn net.PacketConn) (*dhcpv4.DHCPv4, error) {
	msg, err := dhcpv4.NewDiscovery(c.port.mac, c.options()...)
	if err != nil {
		return nil, err
	}
	return c.exchange(ctx, conn, broadcast4, msg, -1, func(m *dhcpv4.DHCPv4) bool {
		_, err := ackGrant(m)
		return m.MessageType() == dhcpv4.MessageTypeOffer && err == nil && m.ServerIdentifier() != nil
	})
}

// requestTries is how often a REQUEST is sent before the offer is given up.
const requestTries = 4

// request takes an offer.
func (c *dhcp4) request(ctx context.Context, conn net.PacketConn, offer *dhcpv4.DHCPv4) (*dhcpv4.DHCPv4, error) {
	msg, err := dhcpv4.NewRequestFromOffer(offer, c.options()...)
	if err != nil {
		return nil, err
	}
	c.asked = 0
	return c.answer(c.exchange(ctx, conn, broadcast4, msg, requestTries, func(m *dhcpv4.DHCPv4) bool {
		return isAnswer(m) && m.ServerIdentifier().Equal(offer.ServerIdentifier())
	}))
}

// isAnswer tells whether m is an ACK or a NAK.
func isAnswer(m *dhcpv4.DHCPv4) bool {
	return m.MessageType() == dhcpv4.MessageTypeAck || m.MessageType() == dhcpv4.MessageTypeNak
}

// answer turns a NAK into an error.
func (c *dhcp4) answer(m *dhcpv4.DHCPv4, err error) (*dhcpv4.DHCPv4, error) {
	if err == nil && m.MessageType() == dhcpv4.MessageTypeNak {
		return nil, errRefused
	}
	return m, err
}

// keep asks for more time for the lease: renewing asks the server that gave it,
// by an ordinary socket; rebinding asks all.
func (c *dhcp4) keep(ctx context.Context, step leaseStep, limit time.Duration) {
	attempt, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, to, err := c.listenRaw, broadcast4, error(nil)
	if step == stepRenew {
		conn, to = c.listenUDP, &net.UDPAddr{IP: c.lease.server.AsSlice(), Port: dhcpv4.ServerPort}
	}
	ack, err := c.renew(attempt, conn, to)
	switch {
	case err == nil:
		err = c.bind(ctx, ack)
	case errors.Is(err, errRefused):
		c.state.lost(c.now())
	}
	if err != nil && ctx.Err() == nil {
		c.state.failed(c.now(), step)
		if step == stepRebind {
			c.port.logf("%s: %v", step, err)
		}
	}
}

// keepTries is how often one attempt to keep a lease sends its message.
const keepTries = 2

func (c *dhcp4) renew(ctx context.Context, listen func() (net.PacketConn, error), to *net.UDPAddr) (*dhcpv4.DHCPv4, error) {
	conn, err := listen()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	msg, err := dhcpv4.NewRenewFromAck(c.lease.ack, c.options()...)
	if err != nil {
		return nil, err
	}
	c.asked = 0
	return c.answer(c.exchange(ctx, conn, to, msg, keepTries, isAnswer))
}

// bind takes a lease into use.
func (c *dhcp4) bind(ctx context.Context, ack *dhcpv4.DHCPv4) error {
	g, err := ackGrant(ack)
	if err != nil {
		return err
	}
	server, ok := netip.AddrFromSlice(ack.ServerIdentifier().To4())
	if !ok && c.lease == nil {
		return fmt.Errorf("the server does not say who it is")
	} else if !ok {
		server = c.lease.server
	}
	fresh := c.lease == nil || c.lease.ip != g.addresses[0].prefix
	if err := c.port.use(fromDHCP4, g); err != nil {
		c.port.logf("%v", err)
	}
	if err := c.port.use(fromFallback, grant{}); err != nil {
		c.port.logf("%v", err)
	}
	times := ackTimes(ack).sane()
	c.lease, c.asked = &lease4{ack: ack, server: server, ip: g.addresses[0].prefix}, 0
	c.state.leased(c.now(), times)
	c.port.held(fromDHCP4, time.Now().Add(times.length), c.giveBack(c.lease))
	if fresh {
		c.port.logf("is %s (%s from %s, for %s)", c.lease.ip, fromDHCP4, server, times.length)
		// The address serves at once; whether somebody else has it too is found
		// out meanwhile.
		go c.probe(ctx, c.lease.ip.Addr())
	}
	return nil
}

// drop stops using the lease.
func (c *dhcp4) drop() {
	c.lease = nil
	c.port.held(fromDHCP4, time.Time{}, nil)
	if err := c.port.use(fromDHCP4, grant{}); err != nil {
		c.port.logf("%v", err)
	}
}

// useFallback gives the first interface its address for the time without DHCP.
func (c *dhcp4) useFallback() {
	o := c.port.manager.options
	if c.port.position > 0 || !o.Fallback.IsValid() {
		return
	}
	g := grant{addresses: []address{{prefix: o.Fallback}}}
	if o.FallbackGateway.IsValid() {
		g.routes = []Route{defaultRoute(o.FallbackGateway)}
	}
	c.port.logf("is %s (%s)", o.Fallback, fromFallback)
	if err := c.port.use(fromFallback, g); err != nil {
		c.port.logf("%v", err)
	}
}

// decline tells the server that somebody else has the address, and gives it up.
func (c *dhcp4) decline(ctx context.Context) {
	if c.lease == nil {
		return
	}
	lease := c.lease
	c.port.logf("another host has %s; declining it", lease.ip.Addr())
	c.drop()
	c.state.gone()
	msg, err := dhcpv4.New(
		dhcpv4.WithMessageType(dhcpv4.MessageTypeDecline), dhcpv4.WithHwAddr(c.port.mac),
		dhcpv4.WithOption(dhcpv4.OptRequestedIPAddress(lease.ip.Addr().AsSlice())),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(lease.server.AsSlice())),
		dhcpv4.WithOption(dhcpv4.OptClientIdentifier(append([]byte{1}, c.port.mac...))),
	)
	if err == nil {
		err = c.send(c.listenRaw, broadcast4, msg)
	}
	if err != nil {
		c.port.logf("cannot decline: %v", err)
	}
	pause(ctx, clashPause)
}

// giveBack returns what releases a lease.
func (c *dhcp4) giveBack(lease *lease4) func() {
	return func() {
		msg, err := dhcpv4.NewReleaseFromACK(lease.ack, dhcpv4.WithOption(dhcpv4.OptClientIdentifier(append([]byte{1}, c.port.mac...))))
		if err == nil {
			err = c.send(func() (net.PacketConn, error) { return listenDHCP4(c.port.name, lease.ip.Addr()) },
				&net.UDPAddr{IP: lease.server.AsSlice(), Port: dhcpv4.ServerPort}, msg)
		}
		if err != nil {
			c.port.logf("cannot give back its lease: %v", err)
		}
	}
}

// send sends a message that has no answer.
func (c *dhcp4) send(listen func() (net.PacketConn, error), to *net.UDPAddr, msg *dhcpv4.DHCPv4) error {
	conn, err := listen()
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = conn.WriteTo(msg.ToBytes(), to)
	return err
}

func (c *dhcp4) options() []dhcpv4.Modifier {
	return clientOptions(c.port.mac, c.port.manager.ownName())
}

var broadcast4 = &net.UDPAddr{IP: net.IPv4bcast, Port: dhcpv4.ServerPort}

// errNoAnswer ends an exchange whose tries are used up.
var errNoAnswer = errors.New("no answer")

// exchange sends msg, again and again, until accept takes an answer to it, tries
// are used up (-1: no limit) or ctx ends.
func (c *dhcp4) exchange(ctx context.Context, conn net.PacketConn, to *net.UDPAddr, msg *dhcpv4.DHCPv4, tries int,
	accept func(*dhcpv4.DHCPv4) bool) (*dhcpv4.DHCPv4, error) {
	wake := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })
	defer wake()
	for try := 0; try != tries; try++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := conn.WriteTo(msg.ToBytes(), to); err != nil && !linkIsDown(err) {
			return nil, err
		}
		until := time.Now().Add(retransmission(c.next(), rand.Float64()))
		answer, err := c.receive(ctx, conn, until, func(m *dhcpv4.DHCPv4) bool {
			return m.TransactionID == msg.TransactionID && m.OpCode == dhcpv4.OpcodeBootReply &&
				m.ClientHWAddr.String() == c.port.mac.String() && accept(m)
		})
		if answer != nil || err != nil {
			return answer, err
		}
	}
	return nil, errNoAnswer
}

// linkIsDown tells whether an error of a socket is one that goes away when the
// link is up again.
func linkIsDown(err error) bool {
	return errors.Is(err, unix.ENETDOWN) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.EHOSTUNREACH) ||
		errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.EADDRNOTAVAIL)
}

// receive takes messages until accept likes one; after until it returns nil. The
// link that comes up ends the wait: then asking at once is worth it.
func (c *dhcp4) receive(ctx context.Context, conn net.PacketConn, until time.Time, accept func(*dhcpv4.DHCPv4) bool) (*dhcpv4.DHCPv4, error) {
	buffer := make([]byte, maxDHCPMessage)
	for time.Now().Before(until) && ctx.Err() == nil {
		if c.cameUp() {
			return nil, nil
		}
		// Short enough to hear of the link soon.
		if err := conn.SetReadDeadline(earlier(until, time.Now().Add(250*time.Millisecond))); err != nil {
			return nil, err
		}
		n, _, err := conn.ReadFrom(buffer)
		if isTimeout(err) || err != nil && linkIsDown(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m, err := dhcpv4.FromBytes(buffer[:n]); err == nil && accept(m) {
			return m, nil
		}
	}
	return nil, ctx.Err()
}

func (c *dhcp4) cameUp() bool {
	select {
	case <-c.port.up:
		c.asked = 0
		return true
	default:
		return false
	}
}

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
