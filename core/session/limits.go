package session

import (
	"fmt"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/stats"
)

// Limits bound what clients may do. A value in use is never changed.
type Limits struct {
	// MaxClients is how many there may be (maxclients).
	MaxClients int
	// Protected refuses clients from other machines while the default user needs
	// no password (protected-mode).
	Protected bool
	// QueryBuffer is how many bytes of input may wait (client-query-buffer-limit).
	QueryBuffer int64
	// MaxBulk is the longest argument in bytes (proto-max-bulk-len).
	MaxBulk int64
	// Output bounds the replies that wait for a client, by its class
	// (client-output-buffer-limit).
	Output [Classes]OutputLimit
	// Timeout is after how many seconds without input a client is
	// disconnected (timeout); 0: never.
	Timeout int64
	// KeepAlive is after how many seconds of silence TCP probes a new client
	// (tcp-keepalive); 0: never.
	KeepAlive int
}

// OutputLimit ends a client at HardBytes, and above SoftBytes for longer than
// SoftSeconds. Zero bytes are no limit.
type OutputLimit struct {
	HardBytes, SoftBytes, SoftSeconds int64
}

// Class is what a client is, as far as its limits are concerned.
type Class uint8

// The classes. A monitor is a normal client.
const (
	Normal Class = iota
	Replica
	PubSub
	Classes // how many there are
)

// String is the class's name in CLIENT LIST's TYPE filter.
func (c Class) String() string { return [...]string{"normal", "replica", "pubsub"}[c] }

// Class is the client's: PubSub while it is subscribed to anything. Any.
func (s *Session) Class() Class {
	if s.flags.Load()&flagSubscribed != 0 {
		return PubSub
	}
	return Normal
}

func (s *Session) outputLimit(limits *Limits) *OutputLimit { return &limits.Output[s.Class()] }

// SetLimits changes the limits of all clients, KeepAlive for new ones. Any.
func (cs *Clients) SetLimits(l Limits) { cs.limits.Store(&l) }

const (
	// freeOutput is how many bytes of replies are not counted against any
	// limit (Redis: the buffer that every client has).
	freeOutput = 16 << 10
	// unauthOutput is the limit beyond them before authentication.
	unauthOutput = 1 << 10
)

// pending is how many bytes of replies wait for the client, between calls of
// Data. Loop.
func (s *Session) pending() int64 { return s.conn.Pending() + int64(len(*s.out)) }

// outputFits checks the replies that wait while Data runs.
func (s *Session) outputFits(limits *Limits) bool {
	l := s.outputLimit(limits)
	if l.HardBytes == 0 && l.SoftBytes == 0 && s.authenticated || s.dropped {
		return true
	}
	waiting := s.conn.Pending() + int64(len(s.loop.w.B))
	return s.checkOutput(limits, waiting, s.clients.clock.NowMs(), "scheduled to be closed ASAP")
}

// outputRoom is how long the replies of a turn may become before outputFits ends
// the client for the hard limit; 0: as long as they like.
func (s *Session) outputRoom(limits *Limits) int64 {
	hard := s.outputLimit(limits).HardBytes
	if hard == 0 {
		return 0
	}
	return max(1, freeOutput+hard-s.conn.Pending())
}

// checkOutput ends the client if waiting bytes of replies are too many, and
// returns whether they are not.
func (s *Session) checkOutput(limits *Limits, waiting, nowMs int64, how string) bool {
	used := max(0, waiting-freeOutput)
	if used == 0 || s.dropped {
		s.softSinceMs = 0
		return true
	}
	if !s.outputExceeds(s.outputLimit(limits), used, nowMs) {
		return true
	}
	s.overflown(how)
	return false
}

// overflown ends the client for its output limit.
func (s *Session) overflown(how string) {
	s.loop.stats.Add(stats.OutputLimit, 1)
	s.clients.log.Warning("Client %s %s for overcoming of output buffer limits.", s.line(nil, s.input > 0), how)
	s.closeNow()
}

func (s *Session) outputExceeds(l *OutputLimit, used, nowMs int64) bool {
	if used > unauthOutput && !s.Authenticated() || l.HardBytes > 0 && used >= l.HardBytes {
		return true
	}
	if l.SoftBytes == 0 || used < l.SoftBytes {
		s.softSinceMs = 0
		return false
	}
	if s.softSinceMs == 0 {
		s.softSinceMs = nowMs
	}
	return nowMs/1000-s.softSinceMs/1000 > l.SoftSeconds
}

// queryTooLong ends the client for sending more than may wait.
func (s *Session) queryTooLong(in []byte) {
	s.loop.stats.Add(stats.QueryLimit, 1)
	s.clients.log.Warning("Closing client that reached max query buffer length: %s (qbuf initial bytes: %s)",
		s.line(nil, true), strconv.Quote(string(in[:min(64, len(in))])))
	s.closeNow()
}

// sampleBytes is how much of a broken request is logged.
const sampleBytes = 128

// sample renders the input at a protocol error for the log.
func sample(in []byte) string {
	if len(in) <= sampleBytes {
		return fmt.Sprintf("Query buffer during protocol error: %q", in)
	}
	const half = sampleBytes / 2
	return fmt.Sprintf("Query buffer during protocol error: %q (... more %d bytes ...) %q",
		in[:half], len(in)-sampleBytes, in[len(in)-half:])
}
