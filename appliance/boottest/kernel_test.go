//go:build linux

package boottest

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/image"
)

// minimalImage builds redis-memonly with the minimal kernel. The everyday test
// takes a kernel that has been built, and compiles none.
func minimalImage(t *testing.T) string {
	t.Helper()
	requireQEMU(t)
	dependOnSources(t)
	if bootAll {
		if out, err := exec.Command(filepath.Join(root(), "scripts", "kernel"), "amd64").CombinedOutput(); err != nil {
			t.Fatalf("scripts/kernel: %v\n%s", err, out)
		}
	} else if _, err := os.Stat(filepath.Join(root(), "build", "kernel", "amd64", "vmlinux")); err != nil {
		t.Skip("there is no minimal kernel; scripts/kernel builds one, and so does REDOUBT_BOOT_ALL=1")
	}
	b := image.Builder{
		Profile: filepath.Join(root(), "images", "redis-memonly"), Output: t.TempDir(), Root: root(),
		Kernel: image.KernelMinimal, Report: io.Discard,
	}
	if err := b.Build(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(b.Output, image.DiskFile)
}

// TestMinimalKernel boots the minimal kernel on the machine without PCI, in the
// little memory that it needs, with a data disk; the power button ends it. With
// REDOUBT_BOOT_ALL=1 by the other ways too.
func TestMinimalKernel(t *testing.T) {
	usrImg := minimalImage(t)
	data := filepath.Join(t.TempDir(), "data.img")
	m := start(t, usrImg, "-b", "microvm", "-m", "72M", "-d", data+":32M")
	m.waitPong()
	ctx, c := context.Background(), m.client()
	if err := c.Set(ctx, "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := config(t, c, "dir"); got != "/data" {
		t.Errorf("dir is %q", got)
	}
	m.pressPowerButton()
	m.waitLog("power button: ending the server")
	m.waitOff()
	if !bootAll {
		return
	}
	for _, boot := range []string{"direct", "bios"} {
		m := start(t, usrImg, "-b", boot, "-m", "80M", "-d", data)
		m.waitPong()
		if got := m.redisCLI("get", "key"); got != "value" {
			t.Errorf("%s: the key saved at the power button is %q", boot, got)
		}
		m.pressPowerButton()
		m.waitOff()
	}
}
