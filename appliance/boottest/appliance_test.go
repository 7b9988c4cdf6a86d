//go:build linux

package boottest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testInit is the program of the machines in this file; see its comment.
const testInit = "./appliance/internal/pinginit"

// TestAppliance takes machines through all the ways they can begin and end.
func TestAppliance(t *testing.T) {
	requireQEMU(t)
	usrImg := buildImage(t, testInit)
	for _, test := range []struct {
		name string
		run  func(*testing.T, string)
	}{
		{"direct boot, directives, data disk, SHUTDOWN", directBoot},
		{"boot from the disk, power button", diskBoot},
		{"Ctrl-Alt-Del reboots, which is no crash", ctrlAltDel},
		{"crashes reboot, up to the limit", crashLoop},
		{"a refused directive halts", refusedDirective},
		{"a disk that is no data disk halts", blankDisk},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, usrImg)
		})
	}
}

func directBoot(t *testing.T, usrImg string) {
	data := filepath.Join(t.TempDir(), "data.img")
	m := start(t, usrImg, "-d", data+":16M", "-e", `maxmemory 100mb`, "-e", `save "60 1"`)
	m.waitPong()
	for name, want := range map[string]string{"maxmemory": "100mb", "dir": "/data", "save": "60 1"} {
		if got, err := m.try("CONFIG GET " + name); err != nil || got != "+"+want {
			t.Errorf("%s is %q, %v; want %q", name, got, err, want)
		}
	}
	if _, err := m.try("SHUTDOWN"); err != nil {
		t.Log(err)
	}
	m.waitOff()
}

func diskBoot(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-b", "disk")
	m.waitPong()
	m.waitLog("no data disk; nothing is saved")
	if got, err := m.try("CONFIG GET dir"); err != nil || got != "+/no-data-disk" {
		t.Errorf("dir is %q, %v", got, err)
	}
	m.pressPowerButton()
	m.waitOff()
	for _, text := range []string{"power button: ending the server", "pinginit: told to end"} {
		if !strings.Contains(m.log(), text) {
			t.Errorf("the console lacks %q", text)
		}
	}
}

func ctrlAltDel(t *testing.T, usrImg string) {
	socket := filepath.Join(t.TempDir(), "qmp")
	m := start(t, usrImg, "--qmp", socket)
	m.waitPong()
	m.qmp(socket, `{"execute":"send-key","arguments":{"keys":[`+
		`{"type":"qcode","data":"ctrl"},{"type":"qcode","data":"alt"},{"type":"qcode","data":"delete"}]}}`)
	m.waitLog("Ctrl-Alt-Del: ending the server")
	m.wait("a second start", func() bool { return strings.Count(m.log(), "server: starting") == 2 })
	if strings.Contains(m.log(), "did not end orderly") {
		t.Error("an orderly reboot counts as a crash")
	}
	m.waitPong()
	m.pressPowerButton()
	m.waitOff()
}

func crashLoop(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-e", "oncrash reboot crash-limit 1 crash-pause 1s")
	m.waitPong()
	_, _ = m.try("CRASH panic") // there is no reply
	m.waitLog("panic: asked for")
	m.waitLog("the last run did not end orderly; 1 in a row")
	m.waitPong()
	_, _ = m.try("CRASH exit") // the reply may come or not
	m.waitLog("SERVER FAILED: exit code 3")
	m.waitLog("2 failures in a row, so no reboot")
	m.waitLog("redoubt: halted")
	m.pressPowerButton()
	m.waitEnd()
}

func refusedDirective(t *testing.T, usrImg string) {
	m := start(t, usrImg, "-e", `oncrash halt --fail "a b"`)
	m.waitLog(`*** FATAL CONFIG ERROR: fail "a b"`)
	m.waitLog("SERVER FAILED: exit code 1")
	m.waitLog("redoubt: halted")
	m.pressPowerButton()
	m.waitEnd()
}

func blankDisk(t *testing.T, usrImg string) {
	blank := filepath.Join(t.TempDir(), "blank.img")
	writeBlank(t, blank)
	m := start(t, usrImg, "-d", blank, "-e", "oncrash halt")
	m.waitLog("BOOT FAILED: mount the data disk: no ext4 file system on vda (blank)")
	m.waitLog("redoubt: halted")
	m.pressPowerButton()
	m.waitEnd()
}

// writeBlank makes a disk of zeros.
func writeBlank(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
}
