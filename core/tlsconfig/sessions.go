package tlsconfig

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"time"
)

// sessionMark stands in a session's Extra before the time of its ticket, in
// seconds since 1970 and 8 bytes, big end first.
var sessionMark = []byte("redoubt session ")

// limitSessions has tickets hold for a time. Go keeps no sessions, but gives each
// client its own, encrypted, to bring along.
func limitSessions(c *tls.Config, timeout time.Duration, now func() time.Time) {
	if now == nil {
		now = time.Now
	}
	c.WrapSession = func(cs tls.ConnectionState, ss *tls.SessionState) ([]byte, error) {
		stamp := binary.BigEndian.AppendUint64(bytes.Clone(sessionMark), uint64(now().Unix()))
		ss.Extra = append(ss.Extra, stamp)
		return c.EncryptTicket(cs, ss)
	}
	c.UnwrapSession = func(identity []byte, cs tls.ConnectionState) (*tls.SessionState, error) {
		ss, err := c.DecryptTicket(identity, cs)
		if err != nil || ss == nil {
			return nil, err
		}
		age := now().Unix() - began(ss.Extra)
		if age < 0 || age >= int64(timeout/time.Second) {
			return nil, nil // a full handshake follows
		}
		return ss, nil
	}
}

// began is the latest time in a session's Extra, 0 if it has none.
func began(extra [][]byte) (unix int64) {
	for _, e := range extra {
		if rest, ok := bytes.CutPrefix(e, sessionMark); ok && len(rest) == 8 {
			unix = max(unix, int64(binary.BigEndian.Uint64(rest)))
		}
	}
	return unix
}
