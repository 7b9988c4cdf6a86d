// Package admin is the machine's administration over HTTP or HTTPS, on a port of its
// own: a status page, figures for monitoring, snapshots up and down, the log, power
// and updates. docs/admin.md describes it endpoint by endpoint.
//
// # Who may do what
//
//	              /healthz /readyz   page, status, metrics      all else
//	loopback      yes                yes                        yes
//	authorized    yes                yes                        yes
//	others        yes                if Config.Open             no
//
// Authorized is who sends the token or a password (auth.go). Loopback is a connection
// from the machine itself whose Host is an address or "localhost", so that a browser
// that a foreign name has led here is not taken for it.
//
// # What keeps it alive
//
// Figures are sampled once a second by one goroutine (sampler.go); requests are
// answered from the newest sample, so that neither many readers nor a server that is
// busy with a script can hold anything up. Headers, bodies, connections, times and the
// number of transfers that run at one time are bounded (serve.go).
package admin

import (
	"cmp"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/appliance/admin/page"
	"github.com/redoubt-kv/redoubt/core/server"
)

// Config is what the machine's settings say of the endpoint.
type Config struct {
	Listen   string // an address as in ":8080"
	Password string // "" leaves the server's (requirepass)
	Token    string // "" for none
	// Open lets everybody see the page, the status and the metrics.
	Open bool
	// CertFile and KeyFile are PEM files; with them it is HTTPS. They are read again
	// when they change.
	CertFile, KeyFile string
}

// Endpoint is the endpoint of one machine. Its methods may be called by any goroutine.
type Endpoint struct {
	config  Config
	machine Machine
	handle  *server.Handle
	updater Updater // nil: this image has one root
	log     func(format string, args ...any)

	auth      *authority
	sampler   *sampler
	figures   fresh[*figures]
	handler   http.Handler
	transfer  atomic.Pointer[string] // what is being transferred: one snapshot at a time
	followers atomic.Int32           // who reads the log as it comes
	closing   chan struct{}
	closed    sync.Once
	server    *http.Server
}

// New makes the endpoint of a machine whose server is handle. updater may be nil. What
// the operator must know goes to log.
func New(c Config, m Machine, handle *server.Handle, updater Updater, log func(format string, args ...any)) *Endpoint {
	e := &Endpoint{config: c, machine: m, handle: handle, updater: updater, log: log, closing: make(chan struct{})}
	e.auth = newAuthority(c, handle)
	e.sampler = newSampler(m, handle)
	e.figures.make = func() *figures { return readFigures(handle) }
	e.handler = e.routes()
	e.server = e.newServer()
	return e
}

// routes are the endpoint's paths; what each asks of who comes is said here.
func (e *Endpoint) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", e.healthz)
	mux.HandleFunc("GET /readyz", e.readyz)

	mux.Handle("GET /{$}", e.viewer(page.Page()))
	mux.Handle("GET /status.json", e.viewer(http.HandlerFunc(e.status)))
	mux.Handle("GET /history.json", e.viewer(http.HandlerFunc(e.history)))
	mux.Handle("GET /metrics", e.viewer(e.metrics()))

	mux.Handle("GET /snapshot.rdb", e.actor(e.snapshot))
	mux.Handle("PUT /snapshot.rdb", e.actor(e.restore))
	mux.Handle("GET /log", e.actor(e.logTail))
	mux.Handle("GET /update", e.viewer(http.HandlerFunc(e.updateStatus)))
	mux.Handle("PUT /update", e.actor(e.update))
	mux.Handle("POST /rollback", e.actor(e.rollback))
	mux.Handle("POST /reboot", e.actor(e.reboot))
	mux.Handle("POST /poweroff", e.actor(e.powerOff))
	return e.guard(mux)
}

// healthz tells that the machine runs.
func (e *Endpoint) healthz(w http.ResponseWriter, _ *http.Request) { reply(w, http.StatusOK, "ok") }

// readyz tells whether clients from other hosts are served, and if not why.
func (e *Endpoint) readyz(w http.ResponseWriter, _ *http.Request) {
	if why := e.notReady(); why != "" {
		reply(w, http.StatusServiceUnavailable, why)
		return
	}
	reply(w, http.StatusOK, "ready")
}

// notReady is why clients from other hosts are not served; "" if they are.
func (e *Endpoint) notReady() string {
	return cmp.Or(locked(e.machine.About().Locked), e.handle.NotReady())
}

func locked(reason string) string {
	if reason == "" {
		return ""
	}
	return "locked: " + reason
}

// reply is a line of text.
func reply(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text + "\n")) // whoever asked may have gone
}
