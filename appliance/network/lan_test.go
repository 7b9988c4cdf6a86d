//go:build linux

package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// inNamespace marks the process of the tests that has a network of its own.
const inNamespace = "REDOUBT_TEST_NETWORK"

// TestMain runs the tests in a network namespace of their own, where they may
// configure what they want. Only root can make one.
func TestMain(m *testing.M) {
	if os.Getuid() != 0 || os.Getenv(inNamespace) != "" {
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWUTS}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case err != nil:
		fmt.Fprintf(os.Stderr, "the tests need a network namespace of their own, and root cannot make one here: %v\n", err)
		os.Exit(1)
	}
}

// requireNamespace skips a test of the real network where nobody can run it.
func requireNamespace(t *testing.T) {
	t.Helper()
	if os.Getenv(inNamespace) == "" {
		t.Skip("not root: no network namespace to try this in")
	}
}

// lan is an Ethernet between an interface of ours and one in another namespace,
// where servers of the test are.
type lan struct {
	t        *testing.T
	ours     string // name of our end
	theirs   string
	mac      net.HardwareAddr // of our end
	ns, home netns.NsHandle
}

// newLAN makes one whose other end has addresses.
func newLAN(t *testing.T, number int, addresses ...string) *lan {
	t.Helper()
	requireNamespace(t)
	l := &lan{t: t, ours: fmt.Sprintf("eth%d", number), theirs: fmt.Sprintf("srv%d", number)}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	l.home, err = netns.Get()
	must(err)
	l.ns, err = netns.New() // this thread is in it now
	must(err)
	must(netns.Set(l.home))
	t.Cleanup(func() { l.ns.Close(); l.home.Close() })

	attrs := netlink.NewLinkAttrs()
	attrs.Name = l.ours
	l.mac = net.HardwareAddr{0x52, 0x54, 0, 0, 0, byte(number + 1)}
	attrs.HardwareAddr = l.mac
	pair := &netlink.Veth{LinkAttrs: attrs, PeerName: l.theirs, PeerNamespace: netlink.NsFd(l.ns)}
	must(netlink.LinkAdd(pair))
	t.Cleanup(func() { _ = netlink.LinkDel(pair) }) // a test may have taken it away
	l.in(func() {
		lo, err := netlink.LinkByName("lo")
		must(err)
		must(netlink.LinkSetUp(lo))
		must(os.WriteFile("/proc/sys/net/ipv6/conf/"+l.theirs+"/accept_dad", []byte("0"), 0))
		must(os.WriteFile("/proc/sys/net/ipv6/conf/"+l.theirs+"/accept_ra", []byte("0"), 0))
		link, err := netlink.LinkByName(l.theirs)
		must(err)
		for _, a := range addresses {
			must(netlink.AddrAdd(link, &netlink.Addr{IPNet: ipNet(netip.MustParsePrefix(a)), Flags: unix.IFA_F_NODAD}))
		}
		must(netlink.LinkSetUp(link))
	})
	return l
}

// in runs f in the other namespace. A socket that it opens stays there.
func (l *lan) in(f func()) {
	l.t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked if the way back fails: the thread ends
		if err := netns.Set(l.ns); err != nil {
			done <- err
			return
		}
		defer func() {
			if err := netns.Set(l.home); err == nil {
				runtime.UnlockOSThread()
			}
			close(done)
		}()
		f()
	}()
	if err := <-done; err != nil {
		l.t.Fatal(err)
	}
}

// setUp switches the other end on or off, as a cable.
func (l *lan) setUp(up bool) {
	l.t.Helper()
	l.in(func() {
		link, err := netlink.LinkByName(l.theirs)
		if err == nil && up {
			err = netlink.LinkSetUp(link)
		} else if err == nil {
			err = netlink.LinkSetDown(link)
		}
		if err != nil {
			l.t.Error(err)
		}
	})
}

// testNetwork is a Manager and what it said.
type testNetwork struct {
	*Manager
	t          *testing.T
	resolvConf string

	mu       sync.Mutex
	lines    []string
	hostname string
}

// startNetwork starts a Manager; it ends with the test.
func startNetwork(t *testing.T, options Options) *testNetwork {
	t.Helper()
	n := &testNetwork{t: t, resolvConf: t.TempDir() + "/resolv.conf"}
	options.ResolvConf = n.resolvConf
	if options.DHCPWait == 0 {
		options.DHCPWait = time.Hour
	}
	options.Log = func(format string, args ...any) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.lines = append(n.lines, fmt.Sprintf(format, args...))
	}
	options.SetHostname = func(name string) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.hostname = name
		return nil
	}
	m, err := Start(options)
	if err != nil {
		t.Fatal(err)
	}
	n.Manager = m
	t.Cleanup(func() {
		m.Close(false, 10*time.Second)
		if t.Failed() {
			t.Log("console:\n" + n.console())
		}
	})
	return n
}

func (n *testNetwork) console() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return strings.Join(n.lines, "\n")
}

func (n *testNetwork) name() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.hostname
}

// patience is for a busy machine; nothing depends on it when all is well.
const patience = 2 * time.Minute

// wait waits for a condition.
func (n *testNetwork) wait(what string, ok func() bool) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			n.t.Fatalf("waited %s for %s; status %+v", patience, what, n.Status())
		}
	}
}

// has tells whether an interface has an address.
func (n *testNetwork) has(name, prefix string) bool {
	for _, i := range n.Status().Interfaces {
		for _, a := range i.Addresses {
			if i.Name == name && a.String() == prefix {
				return true
			}
		}
	}
	return false
}

func (n *testNetwork) waitAddress(name, prefix string) {
	n.t.Helper()
	n.wait(prefix+" on "+name, func() bool { return n.has(name, prefix) })
}

// routes are an interface's, as "TO by VIA metric M", without those of the kernel.
func (n *testNetwork) routes(name string) (list []string) {
	n.t.Helper()
	link, err := netlink.LinkByName(name)
	if err != nil {
		n.t.Fatal(err)
	}
	routes, err := netlink.RouteList(link, unix.AF_INET)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, r := range routes {
		if r.Protocol == unix.RTPROT_KERNEL {
			continue
		}
		to := "default"
		if r.Dst != nil && r.Dst.String() != "0.0.0.0/0" {
			to = r.Dst.String()
		}
		list = append(list, fmt.Sprintf("%s by %v metric %d", to, r.Gw, r.Priority))
	}
	return list
}

func (n *testNetwork) hasRoute(name, route string) bool {
	for _, r := range n.routes(name) {
		if r == route {
			return true
		}
	}
	return false
}
