//go:build linux

package network

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv6"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// dhcp6 is the DHCPv6 client of one interface (RFC 8415). It asks for one
// address, or, stateless, for name servers only.
type dhcp6 struct {
	port    *port
	id      dhcpv6.DUID
	started time.Time
	state   leaseState
	server  dhcpv6.DUID // that gave the lease
	have    []address
	asked   int
}

func newDHCP6(p *port, id dhcpv6.DUID) *dhcp6 {
	c := &dhcp6{port: p, id: id, started: time.Now()}
	c.state.fellBack = true // there is no fallback
	return c
}

func (c *dhcp6) now() time.Duration { return time.Since(c.started) }

// run gets an address and keeps it, until ctx ends.
func (c *dhcp6) run(ctx context.Context) {
	for ctx.Err() == nil {
		step, limit := c.state.decide(c.now())
		switch step {
		case stepExpired:
			c.port.logf("DHCPv6: %s", step)
			c.drop()
		case stepSleep:
			pause(ctx, limit)
		case stepAsk:
			if err := c.acquire(ctx); err != nil && ctx.Err() == nil {
				c.port.logf("gets no address by DHCPv6: %v", err)
				pause(ctx, retransmission(c.next(), rand.Float64()))
			}
		case stepRenew, stepRebind:
			c.keep(ctx, step, limit)
		}
	}
	if c.port.manager.ctx.Err() == nil {
		c.drop() // configured anew; the end of the machine keeps its addresses
	}
}

func (c *dhcp6) next() int {
	c.asked++
	return c.asked - 1
}

// acquire finds a server and takes the address that it offers.
func (c *dhcp6) acquire(ctx context.Context) error {
	msg, err := message6(dhcpv6.MessageTypeSolicit, c.id, nil, askedIA(c.port.mac, nil))
	if err != nil {
		return err
	}
	offer, err := c.exchange(ctx, msg, -1, func(m *dhcpv6.Message) bool {
		_, _, err := replyGrant(m, c.port.mac)
		return m.MessageType == dhcpv6.MessageTypeAdvertise && m.Options.ServerID() != nil && err == nil
	})
	if err != nil {
		return err
	}
	g, _, err := replyGrant(offer, c.port.mac)
	if err != nil {
		return err
	}
	msg, err = message6(dhcpv6.MessageTypeRequest, c.id, offer.Options.ServerID(), askedIA(c.port.mac, g.addresses))
	if err != nil {
		return err
	}
	c.asked = 0
	reply, err := c.exchange(ctx, msg, requestTries, isReply)
	if err != nil {
		return err
	}
	return c.bind(ctx, reply)
}

func isReply(m *dhcpv6.Message) bool { return m.MessageType == dhcpv6.MessageTypeReply }

// keep asks the server (renewing) or any (rebinding) for more time.
func (c *dhcp6) keep(ctx context.Context, step leaseStep, limit time.Duration) {
	attempt, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	kind, server := dhcpv6.MessageTypeRenew, c.server
	if step == stepRebind {
		kind, server = dhcpv6.MessageTypeRebind, nil
	}
	msg, err := message6(kind, c.id, server, askedIA(c.port.mac, c.have))
	var reply *dhcpv6.Message
	if err == nil {
		c.asked = 0
		reply, err = c.exchange(attempt, msg, keepTries, isReply)
	}
	if err == nil {
		err = c.bind(ctx, reply)
	}
	if err != nil && ctx.Err() == nil {
		c.state.failed(c.now(), step)
		if step == stepRebind {
			c.port.logf("DHCPv6: %s: %v", step, err)
		}
	}
}

// bind takes a lease into use.
func (c *dhcp6) bind(ctx context.Context, reply *dhcpv6.Message) error {
	g, times, err := replyGrant(reply, c.port.mac)
	if err != nil {
		return err
	}
	if reply.Options.ServerID() == nil {
		return errors.New("the server does not say who it is")
	}
	fresh := len(c.have) == 0 || c.have[0].prefix != g.addresses[0].prefix
	if err := c.port.use(fromDHCP6, g); err != nil {
		c.port.logf("%v", err)
	}
	times = times.sane()
	c.server, c.have, c.asked = reply.Options.ServerID(), g.addresses, 0
	c.state.leased(c.now(), times)
	c.port.held(fromDHCP6, time.Now().Add(times.length), func() { c.tell(context.Background(), dhcpv6.MessageTypeRelease) })
	if fresh {
		c.port.logf("is %s (%s, for %s)", g.addresses[0].prefix.Addr(), fromDHCP6, times.length)
		c.checkDuplicate(ctx)
	}
	return nil
}

// checkDuplicate waits for the kernel's detection of duplicate addresses, and
// declines an address that another host has.
func (c *dhcp6) checkDuplicate(ctx context.Context) {
	pause(ctx, 3*time.Second)
	known, err := netlink.AddrList(c.port.link, unix.AF_INET6)
	if err != nil || ctx.Err() != nil {
		return
	}
	ours := c.have[0].prefix.Addr()
	// The kernel removes an address that has an end; one without stays, marked.
	if slices.ContainsFunc(known, func(k netlink.Addr) bool {
		return k.IP.Equal(ours.AsSlice()) && k.Flags&unix.IFA_F_DADFAILED == 0
	}) {
		return
	}
	c.port.logf("another host has %s; declining it", ours)
	c.tell(ctx, dhcpv6.MessageTypeDecline)
	c.drop()
	c.state.gone()
	pause(ctx, clashPause)
}

// tell sends the server a word about our addresses; its answer changes nothing.
func (c *dhcp6) tell(ctx context.Context, kind dhcpv6.MessageType) {
	msg, err := message6(kind, c.id, c.server, askedIA(c.port.mac, c.have))
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		c.asked = 0
		_, err = c.exchange(ctx, msg, 1, isReply)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errNoAnswer) {
		c.port.logf("DHCPv6: %v", err)
	}
}

// drop stops using the lease.
func (c *dhcp6) drop() {
	c.have, c.server = nil, nil
	c.port.held(fromDHCP6, time.Time{}, nil)
	if err := c.port.use(fromDHCP6, grant{}); err != nil {
		c.port.logf("%v", err)
	}
}

// runStateless asks for name servers and the like, again when their time is over.
func (c *dhcp6) runStateless(ctx context.Context) {
	for ctx.Err() == nil {
		msg, err := message6(dhcpv6.MessageTypeInformationRequest, c.id, nil, nil)
		var reply *dhcpv6.Message
		if err == nil {
			reply, err = c.exchange(ctx, msg, -1, isReply)
		}
		if err != nil {
			if ctx.Err() == nil {
				c.port.logf("DHCPv6: %v", err)
			}
			pause(ctx, time.Minute)
			continue
		}
		if err := c.port.use(fromDHCP6, informationGrant(reply)); err != nil {
			c.port.logf("%v", err)
		}
		c.asked = 0
		pause(ctx, refreshTime(reply))
	}
}

// exchange sends msg, again and again, until accept takes an answer to it, tries
// are used up (-1: no limit) or ctx ends.
func (c *dhcp6) exchange(ctx context.Context, msg *dhcpv6.Message, tries int, accept func(*dhcpv6.Message) bool) (*dhcpv6.Message, error) {
	conn, err := listenOn(c.port.name, "udp6", "[::]:546")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	servers := &net.UDPAddr{IP: dhcpv6.AllDHCPRelayAgentsAndServers, Port: dhcpv6.DefaultServerPort, Zone: c.port.name}
	for try := 0; try != tries; try++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if _, err := conn.WriteTo(msg.ToBytes(), servers); err != nil && !linkIsDown(err) {
			return nil, err
		}
		until := time.Now().Add(retransmission(c.next(), rand.Float64()))
		answer, err := receive6(ctx, conn, until, func(m *dhcpv6.Message) bool {
			id := m.Options.ClientID()
			return m.TransactionID == msg.TransactionID && id != nil && id.Equal(c.id) && accept(m)
		})
		if answer != nil || err != nil {
			return answer, err
		}
	}
	return nil, errNoAnswer
}

// receive6 takes messages until accept likes one; after until it returns nil.
func receive6(ctx context.Context, conn net.PacketConn, until time.Time, accept func(*dhcpv6.Message) bool) (*dhcpv6.Message, error) {
	buffer := make([]byte, maxDHCPMessage)
	if err := conn.SetReadDeadline(until); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		n, _, err := conn.ReadFrom(buffer)
		if isTimeout(err) {
			return nil, ctx.Err()
		}
		if err != nil && !linkIsDown(err) {
			return nil, err
		}
		if m, err := dhcpv6.MessageFromBytes(buffer[:n]); err == nil && accept(m) {
			return m, nil
		}
	}
	return nil, ctx.Err()
}
