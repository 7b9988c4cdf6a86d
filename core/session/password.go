package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"sync/atomic"
)

// defaultUser is the only user.
const defaultUser = "default"

// Password is that of the default user (requirepass). Any goroutine may use
// it; the zero value requires none. It keeps a digest, never the password.
type Password struct {
	digest atomic.Pointer[[sha256.Size]byte]
}

// Set changes the password; empty is none. Clients that are authenticated stay
// so.
func (p *Password) Set(password string) {
	if password == "" {
		p.digest.Store(nil)
		return
	}
	d := sha256.Sum256([]byte(password))
	p.digest.Store(&d)
}

// Required tells whether there is a password.
func (p *Password) Required() bool { return p.digest.Load() != nil }

// Matches tells whether password is right; any is if none is required. How
// long it takes does not tell how much of it is right.
func (p *Password) Matches(password []byte) bool {
	want := p.digest.Load()
	if want == nil {
		return true
	}
	got := sha256.Sum256(password)
	return subtle.ConstantTimeCompare(got[:], want[:]) == 1
}
