//go:build linux

package boottest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// adminToken is what checkAdministration sends.
const adminToken = "token-of-the-test"

// withAdmin are the arguments for a machine whose administration is at a port of this
// host, with a token.
func withAdmin(port int, args ...string) []string {
	return append([]string{"-p", fmt.Sprint(port), "-e", "admin-token " + adminToken}, args...)
}

// askAdmin sends a request to a machine's administration, with the token if there is one.
func (m *machine) askAdmin(port int, token, method, path string, body []byte) (code int, reply []byte) {
	m.t.Helper()
	request, err := http.NewRequest(method, fmt.Sprintf("http://127.0.0.1:%d%s", port, path), bytes.NewReader(body))
	if err != nil {
		m.t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Timeout: patience}
	response, err := client.Do(request)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	reply, err = io.ReadAll(response.Body)
	if err != nil {
		m.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response.StatusCode, reply
}

// checkAdministration asks a machine that serves from memory alone, and has keys, for all
// that its administration has, and ends with the keys that there were.
func (m *machine) checkAdministration(port int) {
	m.t.Helper()
	for _, c := range []struct {
		token, method, path string
		code                int
		text                string
	}{
		{"", "GET", "/healthz", 200, "ok\n"},
		{"", "GET", "/readyz", 200, "ready\n"},
		{"", "GET", "/", 200, "<html"},
		{"", "GET", "/metrics", 200, "redis_up 1\n"},
		{"", "GET", "/metrics", 200, `redoubt_boot_phase_seconds{phase="listening"}`},
		{"", "GET", "/snapshot.rdb", 401, ""},
		{"wrong", "GET", "/log", 401, ""},
		{"", "POST", "/poweroff", 401, ""},
		{adminToken, "GET", "/log", 200, "server: listening"},
		{adminToken, "GET", "/update", 501, "one root"},
	} {
		code, reply := m.askAdmin(port, c.token, c.method, c.path, nil)
		if code != c.code || !strings.Contains(string(reply), c.text) {
			m.t.Errorf("%s %s with token %q: %d %.300q, want %d %q", c.method, c.path, c.token, code, reply, c.code, c.text)
		}
	}
	var status struct {
		Profile   string
		Ready     bool
		Addresses []string
		Boot      []struct{ Name string }
		Memory    struct{ Total, Max int64 }
		Server    struct {
			Mode string `json:"redis_mode"`
		}
	}
	if _, text := m.askAdmin(port, "", "GET", "/status.json", nil); json.Unmarshal(text, &status) != nil {
		m.t.Errorf("/status.json: %.300q", text)
	}
	if status.Profile != "redis-memonly" || !status.Ready || len(status.Addresses) == 0 || status.Memory.Max == 0 || status.Server.Mode != "standalone" {
		m.t.Errorf("/status.json: %+v", status)
	}
	for _, phase := range []string{"init", "listening", "ready"} {
		if !slices.ContainsFunc(status.Boot, func(p struct{ Name string }) bool { return p.Name == phase }) {
			m.t.Errorf("/status.json has no phase %s: %+v", phase, status.Boot)
		}
	}
	keys := m.redisCLI("dbsize")
	code, file := m.askAdmin(port, adminToken, "GET", "/snapshot.rdb", nil)
	if code != 200 || !bytes.HasPrefix(file, []byte("REDIS")) {
		m.t.Fatalf("snapshot: %d, %d bytes", code, len(file))
	}
	m.redisCLI("flushall")
	if code, reply := m.askAdmin(port, adminToken, "PUT", "/snapshot.rdb", file[:len(file)/2]); code != 422 {
		m.t.Errorf("half a snapshot: %d %s", code, reply)
	}
	if code, reply := m.askAdmin(port, adminToken, "PUT", "/snapshot.rdb", file); code != 200 {
		m.t.Errorf("restore: %d %s", code, reply)
	}
	if got := m.redisCLI("dbsize"); got != keys {
		m.t.Errorf("%s keys after the restore, %s before", got, keys)
	}
}

// powerOffByAdmin has the administration end the machine.
func (m *machine) powerOffByAdmin(port int) {
	m.t.Helper()
	if code, reply := m.askAdmin(port, adminToken, "POST", "/poweroff", nil); code != 202 {
		m.t.Errorf("power off: %d %s", code, reply)
	}
	m.waitOff()
}
