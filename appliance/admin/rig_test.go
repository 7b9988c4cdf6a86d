package admin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/server"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// rig is an endpoint with a machine that is the test, and a server in it.
type rig struct {
	t       *testing.T
	machine *fakeMachine
	handle  *server.Handle
	client  *redistest.Client
	e       *Endpoint
	port    int
	address string // where it serves, once it does
}

// fakeMachine records what it is asked to do.
type fakeMachine struct {
	log *Log

	mu    sync.Mutex
	about About
	asked []string
}

func (m *fakeMachine) About() About {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.about
}
func (m *fakeMachine) Uptime() time.Duration { return 90 * time.Second }
func (m *fakeMachine) Phases() []Phase       { return []Phase{{"listening", 1500 * time.Millisecond}} }
func (m *fakeMachine) Log() *Log             { return m.log }
func (m *fakeMachine) Reboot(by string)      { m.note("reboot " + by) }
func (m *fakeMachine) PowerOff(by string)    { m.note("poweroff " + by) }

func (m *fakeMachine) note(what string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, what)
}

func (m *fakeMachine) wasAsked(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, a := range m.asked {
		if strings.HasPrefix(a, what) {
			return true
		}
	}
	return false
}

// newRig runs a server with these arguments, and makes its endpoint.
func newRig(t *testing.T, c Config, updater Updater, args ...string) *rig {
	t.Helper()
	port, err := redistest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, port: port, machine: &fakeMachine{log: NewLog(64 << 10), about: About{Version: "1.2", Profile: "test", Slot: "a", Addresses: []string{"192.0.2.1/24"}}}}
	ctx, cancel := context.WithCancel(context.Background())
	started, ended := make(chan *server.Handle, 1), make(chan struct{})
	args = append([]string{"--port", fmt.Sprint(port), "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--loops", "1", "--enable-debug-command", "yes"}, args...)
	go func() {
		defer close(ended)
		server.RunEmbedded(ctx, args, strings.NewReader(""), r.machine.log, r.machine.log, server.Embedding{Reserve: 32 << 30, Started: func(h *server.Handle) { started <- h }})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	select {
	case r.handle = <-started:
	case <-ended:
		text, _ := r.machine.log.Tail(1 << 20)
		t.Fatalf("the server ended: %s", text)
	}
	r.eventually("ready", r.handle.Ready)
	r.client = redistest.MustDial(t, at(port))
	r.e = New(c, r.machine, r.handle, updater, func(format string, args ...any) { fmt.Fprintf(r.machine.log, format+"\n", args...) })
	return r
}

// serve has the endpoint listen.
func (r *rig) serve() *rig {
	r.t.Helper()
	r.e.config.Listen = "127.0.0.1:0"
	l, err := r.e.Listen()
	if err != nil {
		r.t.Fatal(err)
	}
	r.address = l.Addr().String()
	ended := make(chan error, 1)
	go func() { ended <- r.e.Serve(l) }()
	r.t.Cleanup(func() {
		r.e.Close()
		if err := <-ended; err != nil {
			r.t.Error(err)
		}
	})
	return r
}

func (r *rig) eventually(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("not reached: %s", what)
		}
	}
}

// who sends a request.
type who func(*http.Request)

var (
	fromHere = who(func(r *http.Request) { r.RemoteAddr, r.Host = "127.0.0.1:9", "127.0.0.1:8080" })
	// A browser that a foreign name has led here.
	rebound   = who(func(r *http.Request) { r.RemoteAddr, r.Host = "127.0.0.1:9", "evil.example:8080" })
	fromAfar  = who(func(r *http.Request) { r.RemoteAddr, r.Host = "192.0.2.9:9", "machine:8080" })
	fromAfar6 = who(func(r *http.Request) { r.RemoteAddr, r.Host = "[2001:db8::1:2]:9", "machine:8080" })
)

func password(p string) who {
	return func(r *http.Request) { fromAfar(r); r.SetBasicAuth("anybody", p) }
}

func token(t string) who {
	return func(r *http.Request) { fromAfar(r); r.Header.Set("Authorization", "bearer "+t) }
}

// ask sends a request to the endpoint's handler.
func (r *rig) ask(by who, method, path string, body io.Reader) *httptest.ResponseRecorder {
	r.t.Helper()
	request := httptest.NewRequest(method, path, body)
	by(request)
	w := httptest.NewRecorder()
	r.e.handler.ServeHTTP(w, request)
	return w
}

// do sends a request over the network; it may last as long as the test.
func (r *rig) do(method, path string, body io.Reader, header ...string) *http.Response {
	r.t.Helper()
	request, err := http.NewRequest(method, "http://"+r.address+path, body)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { response.Body.Close() })
	return response
}

// get is the body of a path, over the network.
func (r *rig) get(path string) []byte {
	r.t.Helper()
	response := r.do("GET", path, nil)
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		r.t.Fatalf("GET %s: %s, %v: %s", path, response.Status, err, bytes.TrimSpace(body))
	}
	return body
}

func (r *rig) dial() net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", r.address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return c
}

// at is a port of this host.
func at(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
