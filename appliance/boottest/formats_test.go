//go:build linux

package boottest

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/image"
)

// buildFormats builds a profile with more formats and returns the folder.
func buildFormats(t *testing.T, profile string, formats ...string) string {
	t.Helper()
	dependOnSources(t)
	b := image.Builder{
		Profile: filepath.Join(root(), "images", profile), Output: t.TempDir(), Root: root(),
		Formats: formats, Report: io.Discard,
	}
	if err := b.Build(); err != nil {
		t.Fatal(err)
	}
	return b.Output
}

// startQEMU starts QEMU itself, for machines that run.sh does not make: those that
// other hypervisors have. %s in an argument is the folder with the formats.
func startQEMU(t *testing.T, dir, nic string, args ...string) *machine {
	t.Helper()
	port := freePort(t)
	m := &machine{t: t, address: fmt.Sprintf("127.0.0.1:%d", port), done: make(chan struct{})}
	command := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-accel", "tcg", "-cpu", "max", "-m", "512M",
		"-netdev", fmt.Sprintf("user,id=net0,hostfwd=tcp:127.0.0.1:%d-:6379", port), "-device", nic + ",netdev=net0,romfile=",
	}
	for _, a := range args {
		command = append(command, strings.ReplaceAll(a, "%s", dir))
	}
	m.cmd = exec.Command("qemu-system-x86_64", command...)
	m.cmd.Stdout, m.cmd.Stderr = m, m
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		m.err = m.cmd.Wait()
		close(m.done)
	}()
	t.Cleanup(m.kill)
	return m
}

// TestLiveCD boots the live image from a CD by BIOS, as the everyday part of
// TestFormats.
func TestLiveCD(t *testing.T) {
	requireQEMU(t)
	m := startQEMU(t, buildFormats(t, "redis-memonly", "iso"), "e1000", "-M", "q35", "-cdrom", "%s/usr.iso")
	m.waitPong()
}

// TestFormats boots each format on the controllers and network cards of the
// hypervisors that it is for.
func TestFormats(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	live := buildFormats(t, "redis-memonly", "iso")
	stored := buildFormats(t, "redis-persistent", "qcow2", "ova", "vhd", "gce")
	unpack(t, filepath.Join(stored, "usr.ova"), "redoubt-disk1.vmdk", filepath.Join(stored, "ova.vmdk"))
	unpack(t, filepath.Join(stored, "disk.raw.tar.gz"), "disk.raw", filepath.Join(stored, "disk.raw"))
	drive := func(format, file string) []string {
		return []string{"-drive", "if=none,id=d,snapshot=on,format=" + format + ",file=%s/" + file}
	}
	for _, test := range []struct {
		name, dir, nic string
		args           []string
	}{
		{"ISO, CD, UEFI", live, "virtio-net-pci", []string{"-M", "q35", "-bios", "/usr/share/ovmf/OVMF.fd", "-cdrom", "%s/usr.iso"}},
		{"ISO, USB stick, BIOS", live, "virtio-net-pci", append(drive("raw", "usr.iso"),
			"-M", "q35", "-device", "qemu-xhci", "-device", "usb-storage,drive=d")},
		{"ISO, USB stick, UEFI", live, "virtio-net-pci", append(drive("raw", "usr.iso"),
			"-M", "q35", "-bios", "/usr/share/ovmf/OVMF.fd", "-device", "qemu-xhci", "-device", "usb-storage,drive=d")},
		{"qcow2, virtio-scsi: Proxmox, OpenStack", stored, "virtio-net-pci", append(drive("qcow2", "usr.qcow2"),
			"-M", "q35", "-device", "virtio-scsi-pci", "-device", "scsi-hd,drive=d")},
		{"ova, SATA and E1000: VMware, VirtualBox", stored, "e1000", append(drive("vmdk", "ova.vmdk"),
			"-M", "q35", "-device", "ide-hd,drive=d,bus=ide.0")},
		{"vhd, IDE: Hyper-V of generation 1", stored, "e1000", append(drive("vpc", "usr.vhd"),
			"-M", "pc", "-device", "ide-hd,drive=d,bus=ide.0")},
		{"gce, NVMe, UEFI", stored, "virtio-net-pci", append(drive("raw", "disk.raw"),
			"-M", "q35", "-bios", "/usr/share/ovmf/OVMF.fd", "-device", "nvme,drive=d,serial=1")},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := startQEMU(t, test.dir, test.nic, test.args...)
			m.waitServed()
			if strings.HasPrefix(test.name, "gce") {
				m.waitLog("data: the file system grew from 128 to ")
			}
		})
	}
}

// waitServed waits until the machine answers anything: with a password not set yet,
// it refuses those from outside.
func (m *machine) waitServed() {
	m.t.Helper()
	m.wait("an answer to PING", func() bool {
		reply, err := m.try("PING")
		return err == nil && (reply == "+PONG" || strings.HasPrefix(reply, "-DENIED"))
	})
}

// unpack writes a file of a tar archive to target.
func unpack(t *testing.T, archive, name, target string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(archive, "gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	files := tar.NewReader(r)
	for {
		h, err := files.Next()
		if err != nil {
			t.Fatalf("%s in %s: %v", name, archive, err)
		}
		if h.Name == name {
			break
		}
	}
	out, err := os.Create(target)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, files)
	if err := errors.Join(err, out.Close()); err != nil {
		t.Fatal(err)
	}
}
