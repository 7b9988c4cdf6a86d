//go:build linux

package timesync

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// fakeClock is a clock that is off by some time, beside the true one.
type fakeClock struct {
	mu           sync.Mutex
	steps, slews []time.Duration
}

func (c *fakeClock) Step(d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps = append(c.steps, d)
	return nil
}

func (c *fakeClock) Slew(d, _ time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slews = append(c.slews, d)
	return nil
}

// ntpServer answers with a clock that is off by what offset says, or spoils its
// answers.
func ntpServer(t *testing.T, offset time.Duration, spoil func([]byte)) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buffer := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return // closed
			}
			if n != packetSize {
				t.Errorf("a request of %d bytes", n)
				continue
			}
			nonce := timeBits(buffer[40:])
			b := reply(nonce, time.Now().Add(offset))
			if spoil != nil {
				spoil(b)
			}
			wrong := reply(nonce+1, time.Now().Add(-time.Hour)) // somebody who guesses
			_, _ = conn.WriteTo(wrong, from)
			_, _ = conn.WriteTo(b, from)
		}
	}()
	return conn.LocalAddr().String()
}

func timeBits(b []byte) (v uint64) {
	for _, x := range b[:8] {
		v = v<<8 | uint64(x)
	}
	return v
}

func newSyncer(t *testing.T, clock Clock) *Syncer {
	return New(Options{Clock: clock, Log: func(format string, args ...any) { t.Log(fmt.Sprintf(format, args...)) }})
}

// A clock is set at the start, by the majority of those servers that are to be
// believed.
func TestNTPAtStart(t *testing.T) {
	clock := &fakeClock{}
	s := newSyncer(t, clock)
	servers := []string{
		ntpServer(t, time.Hour, nil), ntpServer(t, time.Hour, nil), ntpServer(t, time.Hour, nil), ntpServer(t, -9*time.Hour, nil),
		ntpServer(t, 0, func(b []byte) { b[0] |= leapUnknown << 6 }),
		ntpServer(t, 0, func(b []byte) { b[1] = 0; copy(b[12:], "DENY") }),
		"127.0.0.1:1", "no such name",
	}
	if _, v := s.roundNTP(t.Context(), servers, startPoll); v != doStep || len(clock.steps) != 1 || (clock.steps[0]-time.Hour).Abs() > time.Minute {
		t.Fatalf("got %q, steps %v", v, clock.steps)
	}
	status := s.Status()
	if status.Source != "ntp" || status.Servers != 3 || status.Steps != 1 || status.Checked.IsZero() {
		t.Errorf("status %+v", status)
	}
	if len(s.refused) != 1 {
		t.Errorf("the server that refuses is asked again: %v", s.refused)
	}
	if _, v := s.roundNTP(t.Context(), []string{ntpServer(t, -time.Hour, nil)}, startPoll); v != doRefuse {
		t.Errorf("one wild answer: %q", v)
	}
	if _, v := s.roundNTP(t.Context(), []string{ntpServer(t, 100*time.Millisecond, nil)}, startPoll); v != doSlew || len(clock.slews) != 1 {
		t.Errorf("a small offset: %q, slews %v", v, clock.slews)
	}
	if _, v := s.roundNTP(t.Context(), []string{"127.0.0.1:1"}, startPoll); v != doNothing {
		t.Errorf("nobody there: %q", v)
	}
}

// Servers that become known later are asked at once.
func TestRunHearsOfServers(t *testing.T) {
	clock := &fakeClock{}
	var mu sync.Mutex
	var servers []string
	changed := make(chan struct{})
	s := New(Options{Clock: clock, Log: func(string, ...any) {},
		Servers: func() []string { mu.Lock(); defer mu.Unlock(); return servers },
		Changed: func() <-chan struct{} { mu.Lock(); defer mu.Unlock(); return changed }})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	mu.Lock()
	servers = []string{ntpServer(t, time.Hour, nil)}
	close(changed)
	changed = make(chan struct{})
	mu.Unlock()
	for deadline := time.Now().Add(time.Minute); s.Status().Steps == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the clock is not set")
		}
	}
	cancel()
	<-done
}

// Of the PTP clocks, only a hypervisor's counts.
func TestFindPTP(t *testing.T) {
	dir := t.TempDir()
	clock := func(n int, name string) {
		t.Helper()
		folder := filepath.Join(dir, "class", fmt.Sprintf("ptp%d", n))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		for path, text := range map[string]string{filepath.Join(folder, "clock_name"): name + "\n", filepath.Join(dir, fmt.Sprintf("ptp%d", n)): ""} {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	clock(0, "ena-ptp")
	if p := findPTP(filepath.Join(dir, "class"), dir); p != nil {
		t.Errorf("took %s", p.name)
	}
	clock(1, "KVM virtual PTP")
	p := findPTP(filepath.Join(dir, "class"), dir)
	if p == nil || p.name != "kvm-ptp" || filepath.Base(p.device.Name()) != "ptp1" {
		t.Fatalf("got %+v", p)
	}
	if _, err := p.offset(); err == nil {
		t.Error("a file is a clock")
	}
}
