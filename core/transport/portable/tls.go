package portable

import (
	"crypto/tls"
	"fmt"
	"time"

	"github.com/redoubt-kv/redoubt/core/transport"
)

// secure makes a new connection a TLS one. Its handshake, which the reader begins,
// has to be done within the time that the listener gives; a writer that is first
// waits for it, or for that time to pass.
func (c *conn) secure(spec *transport.Listen) {
	limit := spec.HandshakeTimeout
	if limit <= 0 {
		limit = transport.DefaultHandshakeTimeout
	}
	// A connection that takes no deadline is gone, as the handshake will find.
	_ = c.nc.SetDeadline(time.Now().Add(limit))
	c.tls = tls.Server(c.nc, spec.TLS)
	c.nc = c.tls
}

// What connections may do that are refused before their handshake: whoever refuses
// them does not count them any more.
const (
	maxLeaving = 64
	leaveTime  = 2 * time.Second // for the handshake and the reason
)

// takeLeave lets a connection that is refused do its handshake, so that the peer can
// read the reason; if there are too many such, false: it ends without.
func (c *conn) takeLeave() bool {
	s := c.loop.server
	c.leaving = true
	if s.leaving.Add(1) > maxLeaving {
		c.die(nil)
		return false
	}
	_ = c.nc.SetDeadline(time.Now().Add(leaveTime))
	return true
}

// shakeHands does the handshake, for the reader. false: the connection is to end.
func (c *conn) shakeHands() bool {
	err := c.tls.Handshake()
	if err == nil && !c.leaving {
		err = c.nc.SetDeadline(time.Time{})
	}
	if err != nil {
		err = fmt.Errorf("TLS handshake: %w", err)
		c.loop.post(func() {
			if !c.closed.Load() {
				c.die(err)
			}
		})
	}
	return err == nil
}
