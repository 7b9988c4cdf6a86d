package admin

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// What everybody may reach, what those who look may, and what those who act.
var (
	publicPaths = []string{"GET /healthz", "GET /readyz"}
	viewPaths   = []string{"GET /", "GET /status.json", "GET /history.json", "GET /metrics", "GET /update"}
	actPaths    = []string{"GET /log", "PUT /snapshot.rdb", "PUT /update", "POST /rollback"}
)

func TestWhoMayWhat(t *testing.T) {
	r := newRig(t, Config{}, nil, "--requirepass", "server-secret")
	if err := r.client.SendBytes([]byte("AUTH server-secret\r\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.client.Receive(); err != nil {
		t.Fatal(err)
	}
	const yes, no, forbidden = 200, http.StatusUnauthorized, http.StatusForbidden
	for _, c := range []struct {
		name      string
		config    Config
		by        who
		view, act int
	}{
		{"loopback", Config{}, fromHere, yes, yes},
		{"rebound", Config{}, rebound, no, no},
		{"rebound, open", Config{Open: true}, rebound, yes, no},
		{"afar", Config{}, fromAfar, no, no},
		{"afar by IPv6", Config{}, fromAfar6, no, no},
		{"open", Config{Open: true}, fromAfar, yes, no},
		{"requirepass", Config{}, password("server-secret"), yes, yes},
		{"wrong password", Config{}, password("wrong"), no, no},
		{"wrong password, open", Config{Open: true}, password("wrong"), no, no},
		{"empty password", Config{}, password(""), no, no},
		{"admin-password", Config{Password: "admin-secret"}, password("admin-secret"), yes, yes},
		{"requirepass beside admin-password", Config{Password: "admin-secret"}, password("server-secret"), no, no},
		{"token", Config{Token: "some-token"}, token("some-token"), yes, yes},
		{"wrong token", Config{Token: "some-token"}, token("some-tokeN"), no, no},
		{"token where there is none", Config{}, token(""), no, no},
		{"password as token", Config{Password: "admin-secret"}, token("admin-secret"), no, no},
	} {
		r.e = New(c.config, r.machine, r.handle, nil, t.Logf)
		for paths, want := range map[*[]string]int{&publicPaths: yes, &viewPaths: c.view, &actPaths: c.act} {
			for _, p := range *paths {
				method, path, _ := strings.Cut(p, " ")
				got := r.ask(c.by, method, path, strings.NewReader("x")).Code
				refused := got == no || got == forbidden || got == http.StatusTooManyRequests
				if (want == yes) == refused {
					t.Errorf("%s: %s: %d", c.name, p, got)
				}
				r.e.auth.failures = newFailures()
			}
		}
	}
	r.e = New(Config{}, r.machine, r.handle, nil, t.Logf)
	r.client.Must(t, "CONFIG", "SET", "requirepass", "other-secret")
	if got := r.ask(password("server-secret"), "GET", "/log", nil).Code; got != no {
		t.Errorf("with the password of before: %d", got)
	}
	if got := r.ask(password("other-secret"), "GET", "/log", nil).Code; got != yes {
		t.Errorf("with the new password: %d", got)
	}
	r.client.Must(t, "CONFIG", "SET", "requirepass", "")
	for _, by := range []who{fromAfar, password(""), password("other-secret")} {
		if w := r.ask(by, "GET", "/log", nil); w.Code != forbidden || !strings.Contains(w.Body.String(), "has no password") {
			t.Errorf("without any password: %d %s", w.Code, w.Body)
		}
	}
}

// Who guesses is not heard for a while, also not with the right password; others are.
func TestFailuresAreLimited(t *testing.T) {
	r := newRig(t, Config{Password: "admin-secret"}, nil)
	for i := range failureBurst {
		if got := r.ask(password("wrong"), "GET", "/log", nil).Code; got != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", i, got)
		}
	}
	// The bucket empties by ten a second: a machine that takes 100 ms for the next
	// request has room for one more.
	limited := false
	for range 3 * failureBurst {
		w := r.ask(password("wrong"), "GET", "/log", nil)
		limited = limited || w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != ""
	}
	if !limited {
		t.Error("guesses are not limited")
	}
	other := who(func(q *http.Request) { password("admin-secret")(q); q.RemoteAddr = "192.0.2.10:9" })
	if got := r.ask(other, "GET", "/log", nil).Code; got != http.StatusOK {
		t.Errorf("another address: %d", got)
	}
}

// Addresses of one IPv6 network count as one, and those beyond what is remembered as one.
func TestFailuresAreBounded(t *testing.T) {
	f := newFailures()
	now := time.Now()
	a, b := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
	if f.of(a, now) != f.of(b, now) || f.of(a, now) == f.of(netip.MustParseAddr("2001:db8:0:1::1"), now) {
		t.Error("IPv6 addresses do not count by their network")
	}
	for i := range 2 * mostFailing {
		f.of(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), now).level = 5
	}
	if len(f.by) > mostFailing {
		t.Errorf("%d addresses are remembered", len(f.by))
	}
	f.of(netip.MustParseAddr("192.0.2.1"), now.Add(time.Minute))
	if len(f.by) != 1 {
		t.Errorf("%d addresses after a minute", len(f.by))
	}
}

// A page of another site cannot act by the browser of somebody who may.
func TestCrossOriginWritesAreRefused(t *testing.T) {
	r := newRig(t, Config{Password: "admin-secret"}, nil)
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "https://evil.example"}} {
		by := who(func(q *http.Request) { password("admin-secret")(q); q.Header.Set(header[0], header[1]) })
		for _, p := range []string{"POST /poweroff", "POST /reboot", "PUT /snapshot.rdb", "PUT /update", "POST /rollback"} {
			method, path, _ := strings.Cut(p, " ")
			if got := r.ask(by, method, path, nil).Code; got != http.StatusForbidden {
				t.Errorf("%s with %s: %d", p, header[0], got)
			}
		}
	}
	if r.machine.wasAsked("poweroff") || r.machine.wasAsked("reboot") {
		t.Error("the machine was asked to end")
	}
}

func TestPowerAnswersFirst(t *testing.T) {
	r := newRig(t, Config{Password: "admin-secret"}, nil)
	for path, asked := range map[string]string{"/reboot": "reboot", "/poweroff": "poweroff"} {
		if got := r.ask(fromAfar, "POST", path, nil).Code; got != http.StatusUnauthorized {
			t.Errorf("%s without a password: %d", path, got)
		}
		if got := r.ask(fromHere, "GET", path, nil).Code; got != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, got)
		}
		if got := r.ask(password("admin-secret"), "POST", path, nil).Code; got != http.StatusAccepted {
			t.Errorf("%s: %d", path, got)
		}
		r.eventually(asked, func() bool { return r.machine.wasAsked(asked) })
	}
}
