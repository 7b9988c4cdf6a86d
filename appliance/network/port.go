//go:build linux

package network

import (
	"context"
	"net"
	"reflect"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
)

// port is one Ethernet interface and all that goes on for it.
type port struct {
	manager  *Manager
	position int
	name     string
	mac      net.HardwareAddr
	link     netlink.Link

	// Guarded by the manager's mu.
	config  Interface // what it runs with
	cancel  context.CancelFunc
	gone    bool            // the interface has been taken away
	running *sync.WaitGroup // of this run

	up chan struct{} // holds one when the link has come up; nobody may wait for it

	mu       sync.Mutex
	granted  map[source]grant
	mtu      int
	linkUp   bool
	releases map[source]func() // how to give back what was leased
	expires  map[source]time.Time
}

func newPort(m *Manager, position int, l netlink.Link) *port {
	return &port{
		manager: m, position: position, name: l.Attrs().Name, mac: l.Attrs().HardwareAddr, link: l,
		running: &sync.WaitGroup{}, up: make(chan struct{}, 1),
		granted: map[source]grant{}, releases: map[source]func(){}, expires: map[source]time.Time{},
	}
}

// logf writes a line about the interface.
func (p *port) logf(format string, args ...any) {
	p.manager.options.Log("network: %s "+format, append([]any{p.name}, args...)...)
}

// start runs the port with a configuration, in the place of the one before; the
// same one again changes nothing. The caller holds the manager's mu.
func (p *port) start(c Interface) {
	if p.cancel != nil && sameAddressing(c, p.config) {
		if !reflect.DeepEqual(c, p.config) {
			p.config = c
			p.running.Go(func() { p.configure(&c) })
		}
		return
	}
	p.stop()
	before := p.running
	ctx, cancel := context.WithCancel(p.manager.ctx)
	p.config, p.cancel, p.running = c, cancel, &sync.WaitGroup{}
	p.running.Go(func() {
		before.Wait()
		p.run(ctx, c)
	})
}

// sameAddressing tells whether two configurations differ in such things only as
// can be changed without beginning anew.
func sameAddressing(a, b Interface) bool {
	a.MTU, a.DNS, a.Search = b.MTU, b.DNS, b.Search
	return reflect.DeepEqual(a, b)
}

// configure gives the interface what is fixed.
func (p *port) configure(c *Interface) {
	if err := p.use(fromConfig, fixedGrant(c)); err != nil {
		p.logf("%v", err)
	}
}

// stop ends a run, without waiting for it.
func (p *port) stop() {
	if p.cancel != nil {
		p.cancel()
		p.cancel = nil
	}
}

// run gives the interface what it is to have, until ctx ends.
func (p *port) run(ctx context.Context, c Interface) {
	if err := p.prepareLink(&c); err != nil {
		p.logf("%v", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	// Before the link is up, so that no router's answer is missed.
	if c.RA == Yes || c.DHCP6 == Yes {
		listener, err := listenRA(p.name)
		if err != nil {
			p.logf("%v", err)
		}
		running.Go(func() { p.runIPv6(ctx, &c, listener) })
	} else {
		p.forget(fromRouters, fromDHCP6)
	}
	if err := netlink.LinkSetUp(p.link); err != nil {
		p.logf("does not come up: %v", err)
	}
	p.configure(&c)
	for _, a := range c.Addresses {
		p.logf("is %s (%s)", a, fromConfig)
	}
	if c.DHCP4 == Yes {
		newDHCP4(p).run(ctx)
	} else {
		p.forget(fromDHCP4, fromFallback)
	}
}

// forget takes back what sources that are off now granted before.
func (p *port) forget(sources ...source) {
	for _, from := range sources {
		p.held(from, time.Time{}, nil)
		if err := p.use(from, grant{}); err != nil {
			p.logf("%v", err)
		}
	}
}

// forgetAll takes back everything, when the interface itself is gone.
func (p *port) forgetAll() {
	p.mu.Lock()
	clear(p.granted)
	clear(p.releases)
	clear(p.expires)
	p.mu.Unlock()
	p.manager.refresh()
}

// grants are what sources grant now, in their order.
func (p *port) grants() (all []grant) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, from := range sources {
		if g, ok := p.granted[from]; ok {
			all = append(all, g)
		}
	}
	return all
}

// held takes note of a lease: its end and how to give it back. A nil giveBack
// says that there is none.
func (p *port) held(from source, expires time.Time, giveBack func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if giveBack == nil {
		delete(p.releases, from)
		delete(p.expires, from)
		return
	}
	p.releases[from], p.expires[from] = giveBack, expires
}

// release gives leases back.
func (p *port) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, giveBack := range p.releases {
		giveBack()
	}
	clear(p.releases)
}

// carrier takes note of the link's state; when it has come up again, it may
// lead to another network.
func (p *port) carrier(l netlink.Link) {
	up := l.Attrs().OperState == netlink.OperUp
	p.mu.Lock()
	came := up && !p.linkUp
	p.linkUp = up
	p.mu.Unlock()
	if came {
		select {
		case p.up <- struct{}{}:
		default:
		}
	}
}
