package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/redoubt-kv/redoubt/core/server"
)

// authority knows who may do what.
type authority struct {
	password, token *[sha256.Size]byte // digests; nil: there is none
	open            bool
	handle          *server.Handle
	failures        *failures
}

func newAuthority(c Config, handle *server.Handle) *authority {
	return &authority{
		password: digestOf(c.Password), token: digestOf(c.Token), open: c.Open,
		handle: handle, failures: newFailures(),
	}
}

// digestOf is nil for an empty secret.
func digestOf(secret string) *[sha256.Size]byte {
	if secret == "" {
		return nil
	}
	d := sha256.Sum256([]byte(secret))
	return &d
}

// same takes the same time whatever is right of the secret.
func same(d *[sha256.Size]byte, secret string) bool {
	got := sha256.Sum256([]byte(secret))
	return d != nil && subtle.ConstantTimeCompare(got[:], d[:]) == 1
}

// hasSecret tells whether anybody from another host can be authorized.
func (a *authority) hasSecret() bool {
	return a.password != nil || a.token != nil || a.handle.PasswordNeeded()
}

// verdict is what a request may do.
type verdict uint8

const (
	nobody  verdict = iota // has sent nothing
	wrong                  // has sent a wrong secret
	limited                // has sent too many wrong ones to be heard
	trusted                // by a secret, or from the machine itself
)

// judge says who sent a request.
func (a *authority) judge(r *http.Request) verdict {
	from := remote(r)
	if local(r, from) {
		return trusted
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return nobody
	}
	if !a.failures.may(from) {
		return limited
	}
	if a.accepts(r, header) {
		return trusted
	}
	a.failures.note(from)
	return wrong
}

// accepts tells whether the header has the token, or the password whatever the user's
// name. Where there is no admin-password, the server's holds as it is now.
func (a *authority) accepts(r *http.Request, header string) bool {
	if scheme, token, ok := strings.Cut(header, " "); ok && strings.EqualFold(scheme, "Bearer") {
		return same(a.token, strings.TrimSpace(token))
	}
	_, password, ok := r.BasicAuth()
	if !ok {
		return false
	}
	if a.password != nil {
		return same(a.password, password)
	}
	return a.handle.PasswordAccepted(password)
}

// remote is the address that a request comes from.
func remote(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap().WithZone("")
}

// local tells whether a request comes from the machine itself, and knows it: a browser
// whose page was loaded under another name, which leads here, does not.
func local(r *http.Request, from netip.Addr) bool {
	if !from.IsLoopback() {
		return false
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// viewer lets those see what is behind it who may look.
func (e *Endpoint) viewer(next http.Handler) http.Handler { return e.allow(e.config.Open, next) }

// actor lets those use what is behind it who may act.
func (e *Endpoint) actor(next http.HandlerFunc) http.Handler { return e.allow(false, next) }

// allow lets those pass who are trusted, and anybody if open is set. Who sends a wrong
// secret is told so even where none is needed.
func (e *Endpoint) allow(open bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch v := e.auth.judge(r); {
		case v == trusted || v == nobody && open:
			next.ServeHTTP(w, r)
		case v == limited:
			w.Header().Set("Retry-After", "1")
			reply(w, http.StatusTooManyRequests, "too many wrong passwords from this address; wait a second")
		case !e.auth.hasSecret():
			reply(w, http.StatusForbidden, "the machine has no password: set admin-password, admin-token or requirepass to use this from another host")
		default:
			if r.Header.Get("X-Requested-With") == "" { // the page asks by itself
				w.Header().Set("WWW-Authenticate", `Basic realm="redoubt", charset="UTF-8"`)
			}
			reply(w, http.StatusUnauthorized, map[verdict]string{nobody: "a password or token is needed", wrong: "wrong password or token"}[v])
		}
	})
}
