//go:build unix

package server_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSystemd: READY=1 comes when clients are served, STOPPING=1 at the end.
func TestSystemd(t *testing.T) {
	dir := t.TempDir()
	socket := filepath.Join(dir, "notify")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	l.SetReadDeadline(time.Now().Add(30 * time.Second))
	t.Setenv("NOTIFY_SOCKET", socket)
	p := startProcess(t, dir, "", "Ready to accept", "--supervised", "auto", "--daemonize", "yes", "--save", "")
	if info := p.dial().Must(t, "INFO", "server").(string); !strings.Contains(info, "process_supervised:systemd\r\n") {
		t.Errorf("INFO:\n%s", info)
	}
	p.signal(syscall.SIGTERM)
	var heard strings.Builder
	for b := make([]byte, 4096); !strings.Contains(heard.String(), "STOPPING=1\n"); {
		n, err := l.Read(b)
		if err != nil {
			t.Fatalf("%v; heard:\n%s", err, heard.String())
		}
		heard.Write(b[:n])
	}
	if !strings.Contains(heard.String(), "READY=1\n") {
		t.Errorf("heard:\n%s", heard.String())
	}
	p.ends("exit 0")
}

func TestUpstart(t *testing.T) {
	t.Setenv("UPSTART_JOB", "redis")
	p := startProcess(t, t.TempDir(), "", "will stop to signal readiness", "--supervised", "upstart", "--save", "")
	if runtime.GOOS == "linux" {
		p.until("stopped", func() bool {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
			return err == nil && bytes.Contains(stat, []byte(") T "))
		})
	}
	p.signal(syscall.SIGCONT)
	c := p.dial()
	c.Must(t, "PING")
	p.signal(syscall.SIGTERM)
	p.ends("exit 0")
}

func TestNoSupervisor(t *testing.T) {
	p := startProcess(t, t.TempDir(), "", "Ready to accept", "--supervised", "systemd", "--save", "")
	if !strings.Contains(p.log(), "systemd supervision requested, but NOTIFY_SOCKET not found!") {
		t.Error("nothing is said of a supervisor that is not there")
	}
	if info := p.dial().Must(t, "INFO", "server").(string); !strings.Contains(info, "process_supervised:no\r\n") {
		t.Errorf("INFO:\n%s", info)
	}
}
