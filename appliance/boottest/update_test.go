//go:build linux

package boottest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/image"
)

// buildVersion builds redis-persistent as a version, with more on its kernel's command
// line, and returns the folder of the results.
func buildVersion(t *testing.T, version, cmdline string) string {
	t.Helper()
	dependOnSources(t)
	// The folder's name is the profile's.
	profile := filepath.Join(t.TempDir(), "redis-persistent")
	if err := os.CopyFS(profile, os.DirFS(filepath.Join(root(), "images", "redis-persistent"))); err != nil {
		t.Fatal(err)
	}
	for name, more := range map[string]string{"profile": "cmdline " + cmdline, "machine.conf": "update-probation 2s"} {
		path := filepath.Join(profile, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, fmt.Appendf(text, "\n%s\n", strings.TrimSpace(more)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := image.Builder{Profile: profile, Output: t.TempDir(), Root: root(), Version: version, Report: io.Discard}
	if err := b.Build(); err != nil {
		t.Fatal(err)
	}
	return b.Output
}

// redoubtImage runs cmd/redoubt-image on a machine and returns what it says.
func redoubtImage(t *testing.T, port int, args ...string) (string, error) {
	t.Helper()
	args = append(append([]string{"run", "./cmd/redoubt-image"}, args...), "-password-file", passwordFile(t), fmt.Sprintf("127.0.0.1:%d", port))
	cmd := exec.Command("go", args...)
	cmd.Dir = root()
	out, err := cmd.CombinedOutput()
	t.Logf("redoubt-image: %s", out)
	return string(out), err
}

// TestUpdate takes a machine through a good update, two bad ones that it undoes by
// itself, and a rollback with the data of before.
func TestUpdate(t *testing.T) {
	requireBootAll(t)
	requireQEMU(t)
	first := buildVersion(t, "1.0", "quiet")
	second := filepath.Join(buildVersion(t, "2.0", "quiet"), image.UpdateFile)
	refused := filepath.Join(buildVersion(t, "3.0", "redoubt.no-such-directive=1"), image.UpdateFile)
	panics := filepath.Join(buildVersion(t, "4.0", "init=/nothing panic=1"), image.UpdateFile)

	for _, boot := range []string{"bios", "uefi"} {
		t.Run(boot, func(t *testing.T) {
			port := freePort(t)
			m := start(t, filepath.Join(first, image.DiskFile), "-b", boot, "--fresh", "-p", fmt.Sprint(port), "--password-file", passwordFile(t))
			m.waitServing()
			m.set("before", "1")

			if out, err := redoubtImage(t, port, "update", "-file", second); err != nil || !strings.Contains(out, "runs 2.0, and keeps it") {
				t.Fatalf("the update: %v\n%s", err, out)
			}
			m.expectVersion("2.0", "b", "confirmed")
			m.expectValue("before", "1")
			m.set("during", "2")

			for version, update := range map[string]string{"3.0": refused, "4.0": panics} {
				out, err := redoubtImage(t, port, "update", "-file", update)
				want := map[string]string{"3.0": "its server ended with code 1", "4.0": "it did not come up in 2 boots"}[version]
				if err == nil || !strings.Contains(out, "went back to 2.0") || !strings.Contains(out, want) {
					t.Fatalf("the update to %s: %v\n%s", version, err, out)
				}
				m.expectVersion("2.0", "b", "rolled back")
				m.expectValue("during", "2")
			}

			// The way back to a version that works, with the data of before.
			if out, err := redoubtImage(t, port, "update", "-file", filepath.Join(first, image.UpdateFile)); err != nil {
				t.Fatalf("the update to 1.0: %v\n%s", err, out)
			}
			m.set("during", "3")
			if out, err := redoubtImage(t, port, "rollback", "-data"); err != nil {
				t.Fatalf("the rollback: %v\n%s", err, out)
			}
			m.waitServing()
			m.expectVersion("2.0", "b", "rolled back")
			m.expectValue("during", "2")
			m.shutDown()
		})
	}
}

func (m *machine) set(key, value string) {
	m.t.Helper()
	if got := m.cli("set", key, value); got != "OK" {
		m.t.Fatalf("SET says %q", got)
	}
}

func (m *machine) expectValue(key, want string) {
	m.t.Helper()
	if got := m.cli("get", key); got != want {
		m.t.Errorf("%s is %q, want %q", key, got, want)
	}
}

// expectVersion looks at what INFO says of the machine's version.
func (m *machine) expectVersion(version, slot, state string) {
	m.t.Helper()
	m.waitServing()
	info := m.info(testPassword)
	if info["appliance_version"] != version || info["appliance_slot"] != slot || info["appliance_update_state"] != state {
		m.t.Errorf("version %q in slot %q, %q; want %q in %q, %q", info["appliance_version"], info["appliance_slot"], info["appliance_update_state"], version, slot, state)
	}
}
