//go:build linux

package network

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Options is what a Manager needs.
type Options struct {
	Settings Config // the strongest configuration
	Metadata Config // what metadata says already; SetMetadata changes it
	Image    Config // the weakest, below metadata
	// DHCPWait is the time without an answer after which the first interface
	// takes Fallback, if that is an address, until there is one.
	DHCPWait        time.Duration
	Fallback        netip.Prefix
	FallbackGateway netip.Addr // may be the zero value

	ResolvConf  string             // the file for the resolver; its folder must be writable
	SetHostname func(string) error // nil: the kernel's
	// Log takes a line for the console. Any goroutine calls it.
	Log func(format string, args ...any)
}

// Manager keeps the machine's network. Its methods may be called by any
// goroutine.
type Manager struct {
	options Options
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup

	// mu comes before a port's own.
	mu       sync.Mutex
	metadata Config
	identity [16]byte // for DHCPv6
	fallback string   // the host's name when nobody names it
	ports    []*port  // by position; one whose link is gone stays, stopped
	names    names
	changed  chan struct{} // closed, and made anew, at each change
}

// Start brings up the network. It returns at once: addresses come later. What
// of it fails is said to Log; only a kernel that cannot be asked is an error.
func Start(options Options) (*Manager, error) {
	if options.SetHostname == nil {
		options.SetHostname = func(name string) error { return unix.Sethostname([]byte(name)) }
	}
	if err := options.Metadata.Validate(); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	m := &Manager{options: options, metadata: options.Metadata, changed: make(chan struct{})}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list network interfaces: %w", err)
	}
	for _, l := range links {
		m.linkSeen(l)
	}
	if len(m.ports) == 0 {
		options.Log("network: no network interface yet; the server is alone")
	}
	m.refresh()
	m.running.Go(m.watchLinks)
	m.running.Go(m.watchAddresses)
	return m, nil
}

// watchLinks follows the kernel's word of interfaces, for ever.
func (m *Manager) watchLinks() {
	watch(m, func(updates chan netlink.LinkUpdate, done chan struct{}) error {
		return netlink.LinkSubscribeWithOptions(updates, done, netlink.LinkSubscribeOptions{ListExisting: true, ErrorCallback: func(error) {}})
	}, func(u netlink.LinkUpdate) {
		if u.Header.Type == unix.RTM_DELLINK {
			m.linkGone(u.Link)
		} else {
			m.linkSeen(u.Link)
		}
	})
}

// watchAddresses wakes those who wait for an address.
func (m *Manager) watchAddresses() {
	watch(m, func(updates chan netlink.AddrUpdate, done chan struct{}) error {
		return netlink.AddrSubscribeWithOptions(updates, done, netlink.AddrSubscribeOptions{ErrorCallback: func(error) {}})
	}, func(netlink.AddrUpdate) { m.announce() })
}

// watch subscribes and takes in updates until the manager ends; a subscription
// that breaks, as when the kernel had more to say than fits, is made again.
func watch[U any](m *Manager, subscribe func(chan U, chan struct{}) error, take func(U)) {
	for m.ctx.Err() == nil {
		updates, done := make(chan U, 64), make(chan struct{})
		if err := subscribe(updates, done); err != nil {
			m.options.Log("network: cannot watch for changes: %v", err)
		} else {
			takeAll(m.ctx, updates, take)
		}
		close(done)
		// The subscription's goroutine may stand with one more in its hands.
		go func() {
			for range updates {
			}
		}()
		pause(m.ctx, time.Second)
	}
}

func takeAll[U any](ctx context.Context, updates chan U, take func(U)) {
	for {
		select {
		case <-ctx.Done():
			return
		case u, ok := <-updates:
			if !ok {
				return
			}
			take(u)
		}
	}
}

// linkSeen takes note of an interface and of its state.
func (m *Manager) linkSeen(l netlink.Link) {
	if !isEthernet(l) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.ports {
		if !p.gone && p.link.Attrs().Index == l.Attrs().Index {
			p.carrier(l)
			return
		}
	}
	// An interface that comes back has its place again.
	position := slices.IndexFunc(m.ports, func(p *port) bool { return p.gone && slices.Equal(p.mac, l.Attrs().HardwareAddr) })
	if position < 0 {
		position = len(m.ports)
		m.ports = append(m.ports, nil)
	}
	m.ports[position] = newPort(m, position, l)
	m.startPort(m.ports[position])
}

// linkGone stops what an interface that has been taken away had going.
func (m *Manager) linkGone(l netlink.Link) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.ports {
		if p.link.Attrs().Index == l.Attrs().Index {
			p.stop()
			p.gone = true
			go p.forgetAll()
		}
	}
}

// layers are all configurations, the strongest first. The caller holds mu.
func (m *Manager) layers() []Config { return []Config{m.options.Settings, m.metadata, m.options.Image} }

// startPort has a port run as it is configured now. The caller holds mu.
func (m *Manager) startPort(p *port) {
	c := effective(m.layers(), p.position, p.name, p.link.Attrs().HardwareAddr)
	p.start(c)
}

// SetMetadata replaces what metadata wants. Interfaces for which something
// changes begin anew; a lease that one has is given up without telling the
// server, which will offer the same address again.
func (m *Manager) SetMetadata(c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	m.mu.Lock()
	if m.ctx.Err() != nil {
		m.mu.Unlock()
		return m.ctx.Err()
	}
	m.metadata = c
	for _, p := range m.ports {
		if !p.gone {
			m.startPort(p)
		}
	}
	m.mu.Unlock()
	m.refresh()
	return nil
}

// SetIdentity names the machine to those who want to know it again: hostname is
// its name while nobody else names it, id identifies it to DHCPv6, which does
// not ask before.
func (m *Manager) SetIdentity(id [16]byte, hostname string) {
	m.mu.Lock()
	m.identity, m.fallback = id, hostname
	m.mu.Unlock()
	m.refresh()
}

// ownName is the name to give to a DHCP server: not the one that it gave us.
func (m *Manager) ownName() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	own := mergeNames(m.layers(), nil, m.fallback)
	return own.hostname
}

// refresh makes the host's name and the resolver's file what the sources say
// now, and wakes those who wait for a change.
func (m *Manager) refresh() {
	m.mu.Lock()
	defer m.mu.Unlock()
	var grants []grant
	for _, p := range m.ports {
		grants = append(grants, p.grants()...)
	}
	n := mergeNames(m.layers(), grants, m.fallback)
	if !n.equal(&m.names) {
		if err := m.publish(&n); err != nil {
			m.options.Log("network: %v", err)
		}
		m.names = n
	}
	m.wake()
}

// publish tells the kernel and the resolver. The caller holds mu.
func (m *Manager) publish(n *names) error {
	var err error
	if n.hostname != "" && n.hostname != m.names.hostname {
		if e := m.options.SetHostname(n.nodeName()); e != nil {
			err = fmt.Errorf("set the host's name: %w", e)
		}
	}
	if m.options.ResolvConf != "" {
		err = errors.Join(err, writeWhole(m.options.ResolvConf, n.resolvConf()))
	}
	return err
}

// announce wakes those who wait for a change.
func (m *Manager) announce() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wake()
}

func (m *Manager) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// Changed returns a channel that is closed at the next change of addresses,
// names or servers.
func (m *Manager) Changed() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.changed
}

// NTPServers returns the time servers that the settings, the metadata or the
// network name, the first of these that says anything.
func (m *Manager) NTPServers() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.names.ntp
}

// Close ends the work on the network, before a reboot (the addresses are kept)
// or, with release, before a power-off: leases are given back. It takes no longer
// than timeout. Addresses stay on the interfaces.
func (m *Manager) Close(release bool, timeout time.Duration) {
	m.cancel()
	m.mu.Lock()
	ports := slices.Clone(m.ports)
	m.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for _, p := range ports {
			m.mu.Lock()
			running := p.running
			m.mu.Unlock()
			running.Wait()
			if release {
				p.release()
			}
		}
	}()
	select {
	case <-done:
	case <-time.After(timeout):
		m.options.Log("network: not waiting for interfaces any longer")
	}
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
