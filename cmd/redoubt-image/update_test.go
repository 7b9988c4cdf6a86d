package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/appliance/slot"
)

// fakeMachine answers as a machine's administration does: after an update it gives the
// statuses in turn, and the last one for ever.
type fakeMachine struct {
	t        *testing.T
	mu       sync.Mutex
	statuses []updateStatus
	received int64
	rebooted string // the query of what had it reboot
}

func (m *fakeMachine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, password, _ := r.BasicAuth(); password != "secret" {
		http.Error(w, "a password or token is needed", http.StatusUnauthorized)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET /update":
		s := m.statuses[0]
		if len(m.statuses) > 1 && m.rebooted != "" {
			m.statuses = m.statuses[1:]
			s = m.statuses[0]
		}
		if s.State == "away" {
			panic(http.ErrAbortHandler)
		}
		if err := json.NewEncoder(w).Encode(s); err != nil {
			m.t.Error(err)
		}
	case "PUT /update", "POST /rollback":
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil {
			m.t.Error(err)
		}
		m.received, m.rebooted = n, r.URL.Path+"?"+r.URL.RawQuery
		w.WriteHeader(http.StatusAccepted)
	default:
		m.t.Errorf("asked for %s %s", r.Method, r.URL)
	}
}

// updateFile is an update with nothing but a manifest.
func updateFile(t *testing.T, version string) string {
	t.Helper()
	text, err := json.Marshal(slot.Manifest{Format: slot.UpdateFormat, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: slot.ManifestName, Size: int64(len(text)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return write(t, "update.tar", b.String())
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestUpdateMachine(t *testing.T) {
	old := updateStatus{State: "idle", Running: "1.0"}
	for name, c := range map[string]struct {
		then []updateStatus
		want string // of the error; "" for none
	}{
		"kept": {[]updateStatus{{State: "written", Running: "1.0"}, {State: "away"}, {State: "trial", Running: "2.0"}, {State: "confirmed", Running: "2.0"}}, ""},
		"taken back": {[]updateStatus{{State: "away"}, {State: "trial", Running: "2.0"}, {State: "away"},
			{State: "rolled back", Running: "1.0", Reason: "version 2.0: no network"}}, "went back to 1.0: version 2.0: no network"},
		"not booted": {[]updateStatus{{State: "away"}, {State: "away"}, {State: "away"}, {State: "written", Running: "1.0", Reason: "disk full"}}, "did not boot the update"},
		"never back": {[]updateStatus{{State: "away"}}, "is not back"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &fakeMachine{t: t, statuses: append([]updateStatus{old}, c.then...)}
			server := httptest.NewServer(m)
			defer server.Close()
			var out bytes.Buffer
			wait := "1m"
			if name == "never back" {
				wait = "2s"
			}
			err := run([]string{"update", "-file", updateFile(t, "2.0"), "-password-file", write(t, "password", "secret\n"), "-wait", wait, server.URL}, &out, &out)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q\n%s", err, c.want, &out)
			}
			if m.received == 0 || m.rebooted != "/update?reboot=1" {
				t.Errorf("received %d bytes, rebooted by %q", m.received, m.rebooted)
			}
		})
	}
}

func TestRollbackMachine(t *testing.T) {
	m := &fakeMachine{t: t, statuses: []updateStatus{{State: "confirmed", Running: "2.0", Other: "1.0"}, {State: "away"}, {State: "rolled back", Running: "1.0"}}}
	server := httptest.NewServer(m)
	defer server.Close()
	var out bytes.Buffer
	if err := run([]string{"rollback", "-data", "-password-file", write(t, "password", "secret"), server.URL}, &out, &out); err != nil {
		t.Fatal(err)
	}
	if m.rebooted != "/rollback?data=1" || !strings.Contains(out.String(), "runs 1.0") {
		t.Errorf("rebooted by %q: %s", m.rebooted, &out)
	}
}

// What is wrong is said before anything is sent.
func TestUpdateErrors(t *testing.T) {
	m := &fakeMachine{t: t, statuses: []updateStatus{{State: "idle", Running: "1.0"}}}
	server := httptest.NewServer(m)
	defer server.Close()
	good, empty := updateFile(t, "2.0"), write(t, "empty", "")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"update"}, "wants one HOST"},
		{[]string{"update", "-file", good, "ftp://host"}, "is no machine"},
		{[]string{"update", "-file", empty, server.URL}, "it is no update"},
		{[]string{"update", "-file", "/nonexistent", server.URL}, "no such file"},
		{[]string{"update", "-file", good, "-password-file", empty, server.URL}, "is empty"},
		{[]string{"update", "-file", good, "-ca", empty, server.URL}, "holds no certificate"},
		{[]string{"update", "-file", good, server.URL}, "a password or token is needed (401)"},
		{[]string{"rollback"}, "wants one HOST"},
	} {
		err := run(c.args, io.Discard, io.Discard)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.args, err, c.want)
		}
	}
	if m.received != 0 {
		t.Error("something was sent")
	}
}

func TestAdminURL(t *testing.T) {
	for host, want := range map[string]string{
		"db1": "http://db1:8080", "192.0.2.1:99": "http://192.0.2.1:99", "::1": "http://[::1]:8080", "https://db1:8443": "https://db1:8443",
		"https://db1/": "https://db1/", "http://db1/path": "", "": "", "ftp://db1": "",
	} {
		got, err := adminURL(host)
		if err != nil && want != "" || err == nil && fmt.Sprint(got) != want {
			t.Errorf("%q: %v, %v", host, got, err)
		}
	}
}
