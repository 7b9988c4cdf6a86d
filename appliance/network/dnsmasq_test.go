//go:build linux

package network

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A server that others wrote, for all three protocols at the same time.
func TestDnsmasq(t *testing.T) {
	requireNamespace(t)
	program, err := exec.LookPath("dnsmasq")
	if err != nil {
		t.Skip("there is no dnsmasq; as root on Debian: apt install dnsmasq-base")
	}
	l := newLAN(t, 0, "10.1.0.1/24", "2001:db8:1::1/64")
	var server *exec.Cmd
	l.in(func() {
		// The program is in the namespace of the thread that starts it.
		server = exec.Command(program, "--no-daemon", "--conf-file=/dev/null", "--port=0", "--bind-interfaces", "--interface="+l.theirs,
			"--leasefile-ro", "--pid-file="+filepath.Join(t.TempDir(), "pid"), "--user=root",
			"--dhcp-range=10.1.0.50,10.1.0.50,255.255.255.0,2m", "--dhcp-option=option:mtu,1400", "--dhcp-option=option:ntp-server,10.1.0.4",
			"--dhcp-option=option:classless-static-route,0.0.0.0/0,10.1.0.1,192.0.2.0/24,10.1.0.2", "--domain=example.org",
			"--enable-ra", "--dhcp-range=2001:db8:1::50,2001:db8:1::50,64,2m", "--dhcp-option=option6:dns-server,[2001:db8:1::53]")
		if err := server.Start(); err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(unix.SIGKILL) // it may have ended
		_ = server.Wait()                       // by the signal
	})
	n := startNetwork(t, Options{})
	n.SetIdentity([16]byte{7}, "redoubt-7")
	n.waitAddress("eth0", "10.1.0.50/24")
	n.waitAddress("eth0", "2001:db8:1::50/128")
	n.wait("routes", func() bool {
		return n.hasRoute("eth0", "default by 10.1.0.1 metric 100") && n.hasRoute("eth0", "192.0.2.0/24 by 10.1.0.2 metric 100")
	})
	n.wait("name servers", func() bool {
		return strings.Contains(n.resolver(), "nameserver 2001:db8:1::53") && strings.Contains(n.resolver(), "search example.org")
	})
	if s := n.Status(); s.Interfaces[0].MTU != 1400 || len(s.NTP) != 1 {
		t.Errorf("status %+v", s)
	}
}
