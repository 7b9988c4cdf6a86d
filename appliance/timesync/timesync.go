//go:build linux

// Package timesync keeps the machine's clock right: by the hypervisor's, where
// there is one, or by NTP servers.
//
// A clock that is wrong at the start is set; later it is brought nearer by making
// it run a little faster or slower, and set only when the same is shown several
// times in a row (type discipline).
package timesync

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Clock is the clock that is kept right.
type Clock interface {
	// Step sets it forward by d.
	Step(d time.Duration) error
	// Slew has it gain d by and by; poll is the time until the next word.
	Slew(d, poll time.Duration) error
}

// Options is what a Syncer needs.
type Options struct {
	Clock   Clock           // nil: the kernel's
	Servers func() []string // NTP servers, names or addresses with or without a port, as of now
	Changed func() <-chan struct{}
	// Log takes a line for the console. Any goroutine calls it.
	Log func(format string, args ...any)

	ptp string // the folder of PTP clocks in sysfs; "" for none, in tests
}

// Syncer keeps one clock. Its methods may be called by any goroutine.
type Syncer struct {
	options    Options
	ptp        *ptpClock // nil: there is none
	discipline discipline
	refused    map[netip.AddrPort]bool // servers that sent a kiss
	port       uint16

	mu     sync.Mutex
	status Status
}

// Status is how the clock is kept.
type Status struct {
	Source  string        // "none", "kvm-ptp", "hyperv-ptp", "ntp"
	Offset  time.Duration // what the clock lacked when it was looked at last
	Servers int           // NTP servers that agreed then
	Steps   int           // how often it was set
	Checked time.Time     // when it was looked at last; zero for never
}

// New returns a Syncer. If the hypervisor has a clock for us, this one is set by
// it before New returns, which takes no time.
func New(options Options) *Syncer {
	if options.Clock == nil {
		options.Clock = kernelClock{}
		options.ptp = "/sys/class/ptp"
	}
	s := &Syncer{options: options, refused: map[netip.AddrPort]bool{}, port: 123, status: Status{Source: "none"}}
	if options.ptp != "" {
		s.ptp = findPTP(options.ptp, "/dev")
	}
	if s.ptp != nil {
		s.roundPTP()
	}
	return s
}

// Status returns how the clock is kept.
func (s *Syncer) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status
}

// Run keeps the clock until ctx ends.
func (s *Syncer) Run(ctx context.Context) {
	poll := startPoll
	var servers []string
	for round := 0; ctx.Err() == nil; round++ {
		changed := s.options.Changed()
		if s.ptp != nil {
			s.roundPTP()
			wait(ctx, ptpPoll, nil)
			continue
		}
		if now := s.options.Servers(); !slices.Equal(now, servers) {
			servers, round, poll = now, 0, startPoll
			clear(s.refused)
		}
		offset, v := s.roundNTP(ctx, servers, poll)
		poll = nextPoll(poll, round, offset, v)
		if len(servers) == 0 {
			poll = maxPoll
		}
		wait(ctx, poll, func() bool {
			select {
			case <-changed:
				changed = s.options.Changed()
				return !slices.Equal(s.options.Servers(), servers)
			default:
				return false
			}
		})
	}
}

// wait waits for d; early, asked each second, may end it.
func wait(ctx context.Context, d time.Duration, early func() bool) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if early != nil && early() {
				return
			}
		}
	}
}

// roundPTP looks at the hypervisor's clock once.
func (s *Syncer) roundPTP() {
	offset, err := s.ptp.offset()
	if err != nil {
		s.options.Log("clock: %s: %v", s.ptp.name, err)
		return
	}
	v := s.discipline.judge(time.Now(), offset, 1, true)
	s.correct(s.ptp.name, offset, v, ptpPoll)
	s.record(s.ptp.name, offset, v, 0)
}

// roundNTP asks all servers once.
func (s *Syncer) roundNTP(ctx context.Context, servers []string, poll time.Duration) (time.Duration, verdict) {
	samples := s.ask(ctx, s.resolve(ctx, servers))
	offset, agreeing, ok := combine(samples)
	if !ok {
		if len(samples) > 0 {
			s.options.Log("clock: the NTP servers contradict each other")
		}
		return 0, doNothing
	}
	v := s.discipline.judge(time.Now(), offset, agreeing, false)
	s.correct("ntp", offset, v, poll)
	s.record("ntp", offset, v, agreeing)
	return offset, v
}

// correct does what was decided.
func (s *Syncer) correct(source string, offset time.Duration, v verdict, poll time.Duration) {
	var err error
	switch v {
	case doSlew:
		err = s.options.Clock.Slew(offset, poll)
	case doStep:
		s.options.Log("clock: set by %s, by %s", offset.Round(time.Millisecond), source)
		err = s.options.Clock.Step(offset)
	default:
		s.options.Log("clock: %s says it is %s off: %s", source, offset.Round(time.Millisecond), v)
	}
	if err != nil {
		s.options.Log("clock: %v", err)
	}
}

func (s *Syncer) record(source string, offset time.Duration, v verdict, servers int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	steps := s.status.Steps
	if v == doStep {
		steps++
	}
	s.status = Status{Source: source, Offset: offset, Servers: servers, Steps: steps, Checked: time.Now()}
}

// Bounds of a round.
const (
	maxServers   = 8
	perName      = 4
	answerTime   = 2 * time.Second
	resolverTime = 5 * time.Second
)

// resolve returns the servers' addresses.
func (s *Syncer) resolve(ctx context.Context, servers []string) (addrs []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, resolverTime)
	defer cancel()
	for _, name := range servers {
		found := s.lookUp(ctx, name)
		for _, a := range found[:min(len(found), perName)] {
			if len(addrs) < maxServers && !s.refused[a] && !slices.Contains(addrs, a) {
				addrs = append(addrs, a)
			}
		}
	}
	return addrs
}

func (s *Syncer) lookUp(ctx context.Context, name string) (addrs []netip.AddrPort) {
	if ap, err := netip.ParseAddrPort(name); err == nil {
		return []netip.AddrPort{ap}
	}
	if a, err := netip.ParseAddr(name); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a, s.port)}
	}
	// A name that cannot be found now may be found in the next round.
	found, _ := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	for _, a := range found {
		addrs = append(addrs, netip.AddrPortFrom(a.Unmap(), s.port))
	}
	return addrs
}

// ask asks all servers at the same time and returns what is of use.
func (s *Syncer) ask(ctx context.Context, servers []netip.AddrPort) (samples []sample) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	results, errs := make([]sample, len(servers)), make([]error, len(servers))
	var asking sync.WaitGroup
	for n, server := range servers {
		asking.Go(func() { results[n], errs[n] = query(ctx, server) })
	}
	asking.Wait()
	for n, err := range errs {
		switch {
		case err == nil:
			samples = append(samples, results[n])
		case errors.Is(err, errKiss):
			s.options.Log("clock: NTP server %s: %v", servers[n], err)
			s.refused[servers[n]] = true
		}
	}
	return samples
}

// query asks one server.
func query(ctx context.Context, server netip.AddrPort) (sample, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "udp", server.String())
	if err != nil {
		return sample{}, err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return sample{}, err
		}
	}
	var nonce [8]byte
	rand.Read(nonce[:])
	n := binary.BigEndian.Uint64(nonce[:])
	sent := time.Now()
	if _, err := conn.Write(request(n)); err != nil {
		return sample{}, err
	}
	buffer := make([]byte, 512)
	for {
		size, err := conn.Read(buffer)
		if err != nil {
			return sample{}, err
		}
		result, err := answer(buffer[:size], n, sent, time.Now())
		if err == nil || size >= packetSize && binary.BigEndian.Uint64(buffer[24:]) == n {
			return result, err
		}
		// Not for us: somebody guesses. The true answer may still come.
	}
}
