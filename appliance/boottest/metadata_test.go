//go:build linux

package boottest

import (
	"context"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/redoubt-kv/redoubt/appliance/metadata/fakeimds"
)

// hardPassword has everything that a notation could get wrong.
const hardPassword = `p "w' \x41 $é#`

// seedFolder makes a folder for run.sh's -s.
func seedFolder(t *testing.T, userData string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"user-data": userData, "meta-data": "instance-id: i-seed\nlocal-hostname: seeded\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withPassword returns a go-redis client that logs in.
func (m *machine) withPassword(password string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: m.address, Password: password, ReadTimeout: patience, WriteTimeout: patience})
	m.t.Cleanup(func() { c.Close() })
	return c
}

// waitReply waits until the machine answers PING with a reply that begins so.
func (m *machine) waitReply(begin string) string {
	m.t.Helper()
	var reply string
	m.wait("the reply "+begin, func() bool {
		var err error
		reply, err = m.try("PING")
		return err == nil && strings.HasPrefix(reply, begin)
	})
	return reply
}

// pipeTo names, in the environment, the address that this program is to be a pipe to:
// QEMU runs it for each connection of a machine to a metadata service.
const pipeTo = "REDOUBT_TEST_PIPE_TO"

func TestMain(m *testing.M) {
	if address := os.Getenv(pipeTo); address != "" {
		os.Exit(pipe(address))
	}
	os.Exit(m.Run())
}

// pipe copies standard input to a connection, and what comes back to standard output.
func pipe(address string) int {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 1
	}
	go func() { _, _ = io.Copy(conn, os.Stdin) }()
	if _, err := io.Copy(os.Stdout, conn); err != nil {
		return 1
	}
	return 0
}

// firmware is what QEMU's firmware says of a machine in each cloud.
var firmware = map[string]string{
	"EC2":       "type=1,manufacturer=Amazon EC2",
	"GCE":       "type=1,product=Google Compute Engine",
	"Azure":     "type=3,asset=7783-7084-3265-9085-8269-3286-77",
	"OpenStack": "type=1,product=OpenStack Nova",
}

// cloudNet is a network of QEMU's in which both addresses of metadata services are.
const cloudNet = "net=160.0.0.0/4,host=160.0.0.2,dns=160.0.0.3,dhcpstart=160.0.0.15"

// inCloud starts a machine that has a cloud's firmware, and the cloud's service on its
// network.
func inCloud(t *testing.T, usrImg string, service *fakeimds.Service, args ...string) *machine {
	t.Helper()
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	forward := ""
	for _, address := range []string{"169.254.169.254", "168.63.129.16"} {
		forward += ",guestfwd=tcp:" + address + ":80-cmd:" + self
	}
	script := "#!/bin/sh\nfor a do shift\n" +
		"case $a in user,id=net0*) a=\"$a," + cloudNet + forward + "\" ;; esac\nset -- \"$@\" \"$a\"\ndone\n" +
		pipeTo + "=" + server.Listener.Addr().String() + " exec qemu-system-x86_64 \"$@\" -smbios '" + firmware[service.Kind] + "'\n"
	return startIn(t, script, usrImg, args...)
}

// startIn is start with a script in the place of QEMU.
func startIn(t *testing.T, script, usrImg string, args ...string) *machine {
	t.Helper()
	path := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("REDOUBT_QEMU", path)
	return start(t, usrImg, args...)
}

// TestMetadata gives a machine its configuration by a disk.
func TestMetadata(t *testing.T) {
	requireQEMU(t)
	noCloudDisk(t, buildImage(t, ""))
}

// TestMetadataAll goes through the other sources, and what can be wrong with them.
func TestMetadataAll(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	usrImg := buildImage(t, "")
	for _, test := range []struct {
		name string
		run  func(*testing.T, string)
	}{
		{"malformed user data lock", malformed},
		{"what the server does not start with locks", unstartable},
		{"a CD-ROM drive", cdrom},
		{"EC2, first not there", lateEC2},
		{"GCE", func(t *testing.T, usrImg string) { inTime(t, usrImg, "GCE") }},
		{"Azure", azure},
		{"OpenStack", func(t *testing.T, usrImg string) { inTime(t, usrImg, "OpenStack") }},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, usrImg) })
	}
}

// malformed: the machine is there, and says to everybody which line is wrong.
func malformed(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-s", seedFolder(t, "#redoubt\nrequirepass hunter2\nmaxmemory lots\n"))
	const want = "this machine's user data (NoCloud on vda) cannot be used: line 3: maxmemory: argument must be a memory value"
	if got := m.waitReply("-DENIED"); got != "-DENIED "+want {
		t.Errorf("got %q", got)
	}
	m.waitLog("LOCKED: " + want)
	if strings.Contains(m.log(), "hunter2") {
		t.Error("the console shows the password")
	}
	m.pressPowerButton()
	m.waitOff()
}

// unstartable: what no check finds beforehand.
func unstartable(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-s", seedFolder(t, "bind 192.0.2.77\n"))
	m.waitReply("-DENIED this machine's user data (NoCloud on vda) cannot be used: the server does not start with it")
	m.pressPowerButton()
	m.waitOff()
}

// cdrom: the disk is in a SATA drive, as hypervisors attach it.
func cdrom(t *testing.T, usrImg string) {
	script := "#!/bin/sh\nfor a do shift\ncase $a in virtio-blk-pci,drive=seed*) a=ide-cd,drive=seed ;; esac\nset -- \"$@\" \"$a\"\ndone\nexec qemu-system-x86_64 \"$@\"\n"
	m := startIn(t, script, usrImg, "-s", seedFolder(t, "requirepass x\n"))
	m.waitReply("-NOAUTH")
	m.waitLog("metadata: NoCloud on sr0")
	m.pressPowerButton()
	m.waitOff()
}

// lateEC2: the machine is locked until the service answers, and then serves, with its
// data disk.
func lateEC2(t *testing.T, usrImg string) {
	service := &fakeimds.Service{Machine: fakeimds.Machine{Kind: "EC2", InstanceID: "i-ec2", Hostname: "ip-10-0-0-1",
		UserData: "#redoubt\nrequirepass " + quotedPassword + "\nmaxmemory-policy noeviction\n"}}
	service.Down.Store(true)
	m := inCloud(t, usrImg, service, "-e", "metadata-wait 1s", "-d", filepath.Join(t.TempDir(), "data.img")+":16M")
	m.waitReply("-DENIED this machine's metadata (EC2) did not come within 1s")
	service.Down.Store(false)
	m.waitReply("-NOAUTH")
	if got := config(t, m.withPassword(hardPassword), "dir"); got != "/data" {
		t.Errorf("dir is %q", got)
	}
	m.checkCloud(service)
}

// quotedPassword is hardPassword in redis.conf.
var quotedPassword = `"p \"w' \\x41 $é#"`

// checkCloud logs in, and looks at what the machine has taken over.
func (m *machine) checkCloud(service *fakeimds.Service) {
	m.t.Helper()
	c := m.withPassword(hardPassword)
	info, err := c.Info(context.Background(), "appliance").Result()
	if err != nil {
		m.t.Fatal(err)
	}
	for _, want := range []string{"appliance_metadata:" + service.Kind, "appliance_instance_id:" + service.InstanceID, "appliance_locked:\r\n"} {
		if !strings.Contains(info, want) {
			m.t.Errorf("INFO lacks %q:\n%s", want, info)
		}
	}
	if got := config(m.t, c, "maxmemory-policy"); got != "noeviction" {
		m.t.Errorf("maxmemory-policy is %q", got)
	}
	m.pressPowerButton()
	m.waitOff()
}

// inTime: a service that is there.
func inTime(t *testing.T, usrImg, kind string) {
	service := &fakeimds.Service{Machine: fakeimds.Machine{Kind: kind, InstanceID: "4711", Hostname: "box",
		UserData: "#cloud-config\nredoubt:\n  config: |\n    requirepass " + quotedPassword + "\n    maxmemory-policy noeviction\n"}}
	m := inCloud(t, usrImg, service, "-e", "metadata-wait 3m")
	m.waitReply("-NOAUTH")
	m.checkCloud(service)
}

// azure hears that the machine is ready.
func azure(t *testing.T, usrImg string) {
	service := &fakeimds.Service{Machine: fakeimds.Machine{Kind: "Azure", InstanceID: "4711", Hostname: "box",
		UserData: "requirepass " + quotedPassword + "\nmaxmemory-policy noeviction\n"}}
	m := inCloud(t, usrImg, service, "-e", "metadata-wait 3m")
	m.wait("the report", func() bool { return len(service.Reports()) > 0 })
	if !strings.Contains(service.Reports()[0], "<State>Ready</State>") {
		t.Errorf("reported: %s", service.Reports()[0])
	}
	m.checkCloud(service)
}

// noCloudDisk: the password of a #cloud-config, a file, a setting of the machine.
func noCloudDisk(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-s", seedFolder(t, `#cloud-config
write_files:
  - path: /run/redoubt/users.acl
    permissions: '0600'
    content: |
      user default on nopass ~* +@all
redoubt:
  password: `+"'"+strings.ReplaceAll(hardPassword, "'", "''")+"'"+`
  users:
    - alice on >wonderland ~* +@all
  settings:
    maxmemory-share: 0.5
  config: |
    maxmemory-policy noeviction
packages: [htop]
`))
	m.waitReply("-NOAUTH")
	ctx, c := context.Background(), m.withPassword(hardPassword)
	if err := c.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := config(t, c, "maxmemory-policy"); got != "noeviction" {
		t.Errorf("maxmemory-policy is %q", got)
	}
	if who, err := c.Do(ctx, "AUTH", "alice", "wonderland").Text(); err != nil || who != "OK" {
		t.Errorf("alice: %q, %v", who, err)
	}
	info := c.Info(ctx, "appliance").Val()
	for _, want := range []string{"appliance_metadata:NoCloud\r\n", "appliance_instance_id:i-seed\r\n", "appliance_locked:\r\n"} {
		if !strings.Contains(info, want) {
			t.Errorf("INFO lacks %q:\n%s", want, info)
		}
	}
	m.waitLog("metadata: line 15: packages means nothing to this machine")
	for _, secret := range []string{"wonderland", hardPassword, hardPassword[:4]} {
		if strings.Contains(m.log(), secret) {
			t.Errorf("the console shows %q", secret)
		}
	}
	m.pressPowerButton()
	m.waitOff()
}
