//go:build linux

package boottest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/image"
	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// bootAll is whether the long tests run too: every profile by every way of booting.
var bootAll = os.Getenv("REDOUBT_BOOT_ALL") != ""

func requireBootAll(t *testing.T) {
	t.Helper()
	if !bootAll {
		t.Skip("one of the long boot tests: make test-boot, or REDOUBT_BOOT_ALL=1")
	}
}

// build builds an image into a folder of its own and returns the path of its disk.
func build(t *testing.T, profile, arch, initPackage string) string {
	t.Helper()
	dependOnSources(t)
	b := image.Builder{
		Profile: filepath.Join(root(), "images", profile),
		Output:  t.TempDir(),
		Root:    root(),
		Init:    initPackage,
		Arch:    arch,
		Report:  io.Discard,
	}
	if err := b.Build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(b.Output, image.DiskFile)
}

const testPassword = "correct horse"

// passwordFile writes the password to a file for run.sh.
func passwordFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(testPassword+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// cli runs redis-cli with the password.
func (m *machine) cli(args ...string) string {
	m.t.Helper()
	return m.redisCLI(append([]string{"--no-auth-warning", "-a", testPassword}, args...)...)
}

// waitServing waits until the machine answers PING, with or without a password.
func (m *machine) waitServing() {
	m.t.Helper()
	m.wait("an answer to PING", func() bool {
		reply, err := m.try("PING")
		return err == nil && (reply == "+PONG" || strings.HasPrefix(reply, "-NOAUTH"))
	})
}

// waitLoaded waits until the machine that has the password has loaded its data.
func (m *machine) waitLoaded() {
	m.t.Helper()
	m.waitServing()
	m.wait("the end of loading", func() bool { return m.cli("ping") == "PONG" })
}

// reboot presses Ctrl-Alt-Del and waits for the next start of the server.
func (m *machine) reboot(socket string) {
	m.t.Helper()
	starts := strings.Count(m.log(), "server: listening")
	m.qmp(socket, `{"execute":"send-key","arguments":{"keys":[`+
		`{"type":"qcode","data":"ctrl"},{"type":"qcode","data":"alt"},{"type":"qcode","data":"delete"}]}}`)
	m.wait("the next start", func() bool { return strings.Count(m.log(), "server: listening") > starts })
	m.waitLoaded()
}

// TestPersistent: from a disk that is larger than the image, by BIOS: the data
// partition grows, the server logs its writes, and they are there after a reboot.
func TestPersistent(t *testing.T) {
	requireQEMU(t)
	persistent(t, build(t, "redis-persistent", "amd64", ""), "bios", 1<<30)
}

func persistent(t *testing.T, usrImg, boot string, size int64, args ...string) {
	t.Helper()
	if err := os.Truncate(usrImg, size); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "qmp")
	args = append([]string{"-b", boot, "--password-file", passwordFile(t)}, args...)
	m := start(t, usrImg, append(args, "--qmp", socket)...)
	m.waitLoaded()
	for name, want := range map[string]string{
		"appendonly": "yes", "appendfsync": "everysec", "protected-mode": "yes", "dir": "/data",
	} {
		if got := m.cli("config", "get", name); got != name+"\n"+want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	m.waitLog("data: the file system grew from 128 to ")
	if got := m.cli("set", "kept", "over a reboot"); got != "OK" {
		t.Errorf("SET says %q", got)
	}
	if boot == "bios" {
		m.reboot(socket)
		if n := strings.Count(m.log(), "the file system grew"); n != 1 {
			t.Errorf("the file system grew %d times", n)
		}
	} else { // not every machine has a keyboard for Ctrl-Alt-Del
		m.shutDown()
		m = start(t, usrImg, args...)
		m.waitLoaded()
	}
	if got := m.cli("get", "kept"); got != "over a reboot" {
		t.Errorf("after the reboot it is %q", got)
	}
	m.shutDown()
}

// shutDown ends the machine by the server's command.
func (m *machine) shutDown() {
	m.t.Helper()
	_, port, _ := strings.Cut(m.address, ":")
	// There is no reply, but a connection that ends.
	_ = exec.Command("redis-cli", "-p", port, "--no-auth-warning", "-a", testPassword, "shutdown").Run()
	m.waitOff()
}

// TestBootMethods boots each profile in each way that TestPersistent, TestAppliance
// and TestRedisMemonly do not.
func TestBootMethods(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	for _, test := range []struct{ profile, arch, boot string }{
		{"redis-memonly", "amd64", "uefi"},
		{"redis-persistent", "amd64", "uefi"},
		{"redis-persistent", "amd64", "direct"},
		{"redis-memonly", "arm64", "uefi"},
		{"redis-memonly", "arm64", "direct"},
		{"redis-persistent", "arm64", "uefi"},
		{"redis-persistent", "arm64", "direct"},
	} {
		t.Run(test.profile+" "+test.arch+" "+test.boot, func(t *testing.T) {
			usrImg := build(t, test.profile, test.arch, "")
			if test.profile == "redis-persistent" {
				persistent(t, usrImg, test.boot, 1<<30, "-A", test.arch)
				return
			}
			m := start(t, usrImg, "-b", test.boot, "-A", test.arch)
			m.waitServing()
			if got := m.redisCLI("set", "key", "value"); got != "OK" {
				t.Errorf("SET says %q", got)
			}
			m.pressPowerButton()
			m.waitOff()
		})
	}
}

// TestGrowLarge: from the image's size to a disk of 200 GiB, in steps, with the plug
// pulled as soon as the last one begins.
func TestGrowLarge(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	usrImg := build(t, "redis-persistent", "amd64", testInit)
	for _, step := range []struct {
		gib int64
		cut bool
	}{{20, false}, {200, true}} {
		if err := os.Truncate(ownDisk(usrImg), step.gib<<30); err != nil {
			t.Fatal(err)
		}
		m := start(t, usrImg, "-b", "bios")
		if step.cut {
			m.waitLog("data: vda5 grows from ")
			m.kill()
			m = start(t, usrImg, "-b", "bios")
		}
		m.waitPong()
		m.waitLog("data: the file system grew from ")
		m.pressPowerButton()
		m.waitOff()
		checkData(t, usrImg, step.gib<<30-1<<30)
	}
}

// checkData lets e2fsck judge the data partition of a machine that has ended in
// order, and which must have a size.
func checkData(t *testing.T, usrImg string, atLeast int64) {
	t.Helper()
	table, _ := openSlots(t, usrImg)
	p, ok := table.Partition(slot.PartData)
	if !ok || p.Size() < atLeast {
		t.Fatalf("the data partition is %+v", p)
	}
	where := fmt.Sprintf("%s?offset=%d", ownDisk(usrImg), p.Offset())
	if out, err := exec.Command("/usr/sbin/e2fsck", "-f", "-n", where).CombinedOutput(); err != nil {
		t.Errorf("e2fsck: %v\n%s", err, out)
	}
}

// disk is a disk in a file.
type disk struct{ *os.File }

// ownDisk returns the disk of an image: run.sh's copy, once it has made one.
func ownDisk(usrImg string) string {
	path := filepath.Join(filepath.Dir(usrImg), "disk.img")
	if _, err := os.Stat(path); err != nil {
		return usrImg
	}
	return path
}

// openSlots opens the boot state of an image's disk.
func openSlots(t *testing.T, usrImg string) (*slot.Table, disk) {
	t.Helper()
	f, err := os.OpenFile(ownDisk(usrImg), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	table, err := slot.Open(disk{f}, info.Size(), slot.NoSlot)
	if err != nil {
		t.Fatal(err)
	}
	return table, disk{f}
}

// armB writes the image's own version to slot b, and arms it.
func armB(t *testing.T, usrImg string) (*slot.Table, disk) {
	t.Helper()
	table, d := openSlots(t, usrImg)
	read := func(name string) *bytes.Reader {
		b, err := os.ReadFile(filepath.Join(filepath.Dir(usrImg), name))
		if err != nil {
			t.Fatal(err)
		}
		return bytes.NewReader(b)
	}
	line, err := table.Cmdline(slot.A)
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ = strings.Cut(line, " root=")
	if err := errors.Join(
		table.WriteKernel(slot.B, read(image.KernelFile)),
		table.SetCmdline(slot.B, line+" panic=1", "2.0"),
		table.WriteRoot(slot.B, read(image.RootFile)),
		table.Arm(slot.B, 2),
	); err != nil {
		t.Fatal(err)
	}
	return table, d
}

// erase overwrites the beginning of something on the disk.
func (d disk) erase(t *testing.T, at int64) {
	t.Helper()
	if _, err := d.WriteAt(make([]byte, 64<<10), at); err != nil {
		t.Fatal(err)
	}
}

// fellBack checks the boot state after slot b had its tries in vain, and the machine
// has given it up.
func fellBack(t *testing.T, usrImg string) {
	t.Helper()
	table, _ := openSlots(t, usrImg)
	s := table.State()
	if s.Active != slot.A || s.Slots[slot.B].Condition != slot.Bad || s.Slots[slot.A].Condition != slot.Good {
		t.Errorf("the boot state is %+v", s)
	}
}

// TestSlots: a slot on trial boots; one that cannot boot has its tries, and then
// the machine is back with the other one.
func TestSlots(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	for _, boot := range []string{"bios", "uefi"} {
		t.Run("good, "+boot, func(t *testing.T) {
			usrImg := build(t, "redis-persistent", "amd64", testInit)
			armB(t, usrImg)
			m := start(t, usrImg, "-b", boot)
			m.waitPong()
			m.waitLog(" in slot b")
			m.pressPowerButton()
			m.waitOff()
			table, _ := openSlots(t, usrImg)
			if b := table.State().Slots[slot.B]; b.Condition == slot.Trial && b.Tries != 1 {
				t.Errorf("after one boot on trial, slot b is %+v", b)
			}
		})
		t.Run("no root, "+boot, func(t *testing.T) {
			usrImg := build(t, "redis-persistent", "amd64", testInit)
			table, d := armB(t, usrImg)
			p, _ := table.Partition(slot.PartRootB)
			d.erase(t, p.Offset())
			m := start(t, usrImg, "-b", boot)
			m.waitPong()
			if n := strings.Count(m.log(), "Unable to mount root fs"); n != 2 {
				t.Errorf("slot b was tried %d times", n)
			}
			m.pressPowerButton()
			m.waitOff()
			fellBack(t, usrImg)
		})
	}
	for boot, complaint := range map[string]string{
		"bios": "no Linux kernel on this disk",
		"uefi": "Failed to execute", // and then startup.nsh
	} {
		t.Run("no kernel, "+boot, func(t *testing.T) {
			usrImg := build(t, "redis-persistent", "amd64", testInit)
			table, d := armB(t, usrImg)
			d.erase(t, int64(table.State().Slots[slot.B].Kernel.LBA)*slot.SectorSize)
			m := start(t, usrImg, "-b", boot)
			m.waitPong()
			if n := strings.Count(m.log(), complaint); n != 2 {
				t.Errorf("slot b was tried %d times", n)
			}
			m.pressPowerButton()
			m.waitOff()
			fellBack(t, usrImg)
		})
	}
}
