//go:build linux

package boottest

import (
	"os"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// info returns the lines of INFO's section appliance.
func (m *machine) info(password string) map[string]string {
	m.t.Helper()
	c := redis.NewClient(&redis.Options{Addr: m.address, Password: password, ReadTimeout: patience})
	defer c.Close()
	text, err := c.Info(m.t.Context(), "appliance").Result()
	if err != nil {
		m.t.Fatal(err)
	}
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		lines[name] = value
	}
	return lines
}

// TestNetworkAndHardening boots a machine with two interfaces, one by DHCP and one
// fixed, and looks whether it has confined itself and keeps its password.
func TestNetworkAndHardening(t *testing.T) {
	if os.Getenv("REDOUBT_BOOT_ALL") == "" {
		t.Skip("a boot for a long test: set REDOUBT_BOOT_ALL=1, or run make test-boot")
	}
	requireQEMU(t)
	const password = "never-on-a-console"
	m := start(t, buildImage(t, ""), "-n", "user", "-n", "user",
		"-e", "net1.ip 10.9.0.5/24 net1.mtu 1400 hostname two.example.org requirepass "+password)
	m.waitReply("-NOAUTH")
	m.wait("an address by DHCP", func() bool { return strings.Contains(m.info(password)["appliance_net0"], "10.0.2.15/24") })
	m.wait("the last of the hardening", func() bool {
		return m.info(password)["appliance_capabilities"] == "dac_override,fowner,net_admin,net_bind_service,net_raw,sys_admin,sys_boot,sys_resource,sys_time"
	})
	info := m.info(password)
	for name, want := range map[string]string{
		"appliance_hostname": "two.example.org", "appliance_interfaces": "2", "appliance_net1": "mtu=1400,source=fixed",
		"appliance_net0": "source=DHCP", "appliance_seccomp": "yes", "appliance_no_new_privs": "yes", "appliance_root": "read-only",
	} {
		if !strings.Contains(info[name], want) {
			t.Errorf("%s is %q, want %q in it", name, info[name], want)
		}
	}
	if !strings.Contains(info["appliance_net1"], "10.9.0.5/24") || len(info["appliance_machine_id"]) != 32 {
		t.Errorf("got %q, machine id %q", info["appliance_net1"], info["appliance_machine_id"])
	}
	m.pressPowerButton()
	m.waitOff()
	if strings.Contains(m.log(), password) {
		t.Error("the password is on the console")
	}
	if strings.Contains(m.log(), "harden: ") || strings.Contains(m.log(), "confine: ") {
		t.Error("something of the hardening failed; see the console")
	}
}
