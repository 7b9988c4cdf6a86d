package session

import (
	"net"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Log takes what a server logs about clients.
type Log struct {
	// Warning logs an event that an administrator must see. Required.
	Warning func(format string, args ...any)
	// Notice logs what is worth a line in any case; nil logs none of it.
	Notice func(format string, args ...any)
	// Verbose logs what is interesting now and then; nil logs none of it.
	Verbose func(format string, args ...any)
	// IsVerbose tells whether Verbose would log anything now.
	IsVerbose func() bool
}

func (l *Log) verbose() bool { return l.Verbose != nil && (l.IsVerbose == nil || l.IsVerbose()) }

func (l *Log) note(format string, args ...any) {
	if l.Notice != nil {
		l.Notice(format, args...)
	}
}

// Config is what Clients are made from. All is required.
type Config struct {
	Clock clock.Clock
	Users *acl.Users
	Log   Log
	// Table returns the table of commands. It is called while clients are
	// served, and so may be made after the Clients.
	Table  func() *command.Table
	Limits Limits
	// Channels knows what clients subscribe to.
	Channels *pubsub.Registry
	// Locked is the reason for which clients from other hosts are refused, or "".
	Locked string
}

// Clients are the sessions of a server. Any goroutine may call its methods.
type Clients struct {
	clock    clock.Clock
	users    *acl.Users
	log      Log
	table    func() *command.Table
	channels *pubsub.Registry
	locked   string
	limits   atomic.Pointer[Limits]
	paused   atomic.Int32 // a pause; 0 most of the time
	attackMs atomic.Int64 // when HTTP was logged last
	blocked  atomic.Int64 // clients that wait for keys
	timed    atomic.Int64 // those of them with a timer
	trackers *trackers
	weights  weights
	evicted  atomic.Int64
	loops    []*Loop // in order; not changed once there are clients

	mu          sync.Mutex
	lastID      int64
	open        int64 // connections that count for maxclients
	byID        map[int64]*Session
	first, last *Session // by ID, ascending
	pause       pauseState
	recent      [recentSlots]recentPeak
}

// NewClients makes Clients without any client.
func NewClients(c Config) *Clients {
	cs := &Clients{clock: c.Clock, users: c.Users, log: c.Log, table: c.Table, channels: c.Channels, locked: c.Locked, byID: map[int64]*Session{},
		trackers: newTrackers()}
	cs.SetLimits(c.Limits)
	return cs
}

// The replies to connections that are refused.
const (
	tooManyClients = "ERR max number of clients reached"
	protectedMode  = "DENIED Redis is running in protected mode because protected " +
		"mode is enabled and no password is set for the default user. " +
		"In this mode connections are only accepted from the loopback interface. " +
		"If you want to connect from external computers to Redis you " +
		"may adopt one of the following solutions: " +
		"1) Just disable protected mode sending the command " +
		"'CONFIG SET protected-mode no' from the loopback interface " +
		"by connecting to Redis from the same host the server is " +
		"running, however MAKE SURE Redis is not publicly accessible " +
		"from internet if you do so. Use CONFIG REWRITE to make this " +
		"change permanent. " +
		"2) Alternatively you can just disable the protected mode by " +
		"editing the Redis configuration file, and setting the protected " +
		"mode option to 'no', and then restarting the server. " +
		"3) If you started the server manually just for testing, restart " +
		"it with the '--protected-mode no' option. " +
		"4) Setup a an authentication password for the default user. " +
		"NOTE: You only need to do one of the above things in order for " +
		"the server to start accepting connections from the outside."
)

// Open makes the session of a new connection whose replies go to *out. It
// runs on the connection's loop. A client that is refused gets the reason as
// its only reply; the session returned is then no client.
func (cs *Clients) Open(l *Loop, conn Conn, out *[]byte) *Session {
	limits := cs.limits.Load()
	s := &Session{
		clients: cs, loop: l, conn: conn, out: out, fd: conn.FD(),
		remote: conn.RemoteAddr(), local: conn.LocalAddr(), openedMs: cs.clock.NowMs(),
	}
	s.proto.Store(2)
	s.activeS.Store(s.openedMs / 1000)
	s.becomeDefault()
	s.set(flagUnix, conn.Unix())
	switch {
	case !cs.admit(s, int64(limits.MaxClients)):
		s.refuse(tooManyClients)
	case cs.locked != "" && !isLocal(conn):
		cs.remove(s, true)
		s.refuse("DENIED " + cs.locked)
	case limits.Protected && cs.users.Default().Rules().NoPass && !isLocal(conn):
		cs.remove(s, true)
		s.refuse(protectedMode)
	default:
		l.add(s)
		cs.weights.add(s)
		l.stats.Add(stats.Connections, 1)
		if err := conn.SetKeepAlive(limits.KeepAlive); err != nil && cs.log.verbose() {
			cs.log.Verbose("Client %s: %v", s.remote, err)
		}
	}
	return s
}

// refuse sends the reason and ends the connection.
func (s *Session) refuse(reason string) {
	s.refused = true
	s.set(flagClosing, true)
	s.loop.stats.Add(stats.Rejected, 1)
	*s.out = append(append(append(*s.out, '-'), reason...), "\r\n"...)
	s.conn.CloseAfterReply()
}

// isLocal tells whether the peer is on this machine for sure.
func isLocal(conn Conn) bool {
	if conn.Unix() {
		return true
	}
	host, _, err := net.SplitHostPort(conn.RemoteAddr())
	return err == nil && (host == "127.0.0.1" || host == "::1")
}

// admit numbers s and adds it, unless there are too many already.
func (cs *Clients) admit(s *Session, most int64) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open >= most {
		return false
	}
	cs.open++
	cs.lastID++
	s.id = cs.lastID
	cs.byID[s.id] = s
	if s.prev = cs.last; s.prev == nil {
		cs.first = s
	} else {
		s.prev.next = s
	}
	cs.last = s
	return true
}

// remove takes s out, if it is still in. gone says that its connection is.
func (cs *Clients) remove(s *Session, gone bool) {
	cs.weights.remove(s)
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if gone {
		cs.open--
		cs.pause.forget(s)
	}
	if cs.byID[s.id] != s {
		return
	}
	delete(cs.byID, s.id)
	if s.prev == nil {
		cs.first = s.next
	} else {
		s.prev.next = s.next
	}
	if s.next == nil {
		cs.last = s.prev
	} else {
		s.next.prev = s.prev
	}
	s.prev, s.next = nil, nil
	if invariant.Enabled {
		invariant.Check(cs.open >= int64(len(cs.byID)), "S1", "%d connections, %d listed", cs.open, len(cs.byID))
	}
}

// Len is the number of clients.
func (cs *Clients) Len() int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return len(cs.byID)
}

// all returns the clients that fit, by number.
func (cs *Clients) all(f *command.ClientFilter) []*Session {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if f.ID != 0 {
		if s := cs.byID[f.ID]; s != nil && s.fits(f) {
			return []*Session{s}
		}
		return nil
	}
	list := make([]*Session, 0, len(cs.byID))
	for s := cs.first; s != nil; s = s.next {
		if s.fits(f) {
			list = append(list, s)
		}
	}
	return list
}

// fits is any.
func (s *Session) fits(f *command.ClientFilter) bool {
	return (f.ID == 0 || f.ID == s.id) && (f.Class == "" || f.Class == s.Class().String()) &&
		(f.Addr == "" || f.Addr == s.remote) && (f.LocalAddr == "" || f.LocalAddr == s.local) &&
		(f.User == "" || f.User == s.User()) &&
		(f.MinAge == 0 || s.clients.clock.NowMs()/1000-s.openedMs/1000 >= f.MinAge) &&
		(f.Except == 0 || f.Except != s.id)
}

// List appends a line as of CLIENT LIST for each client that fits. me is the
// number of the client that asks and whose loop calls; 0 for none.
func (cs *Clients) List(b []byte, f command.ClientFilter, me int64) []byte {
	for _, s := range cs.all(&f) {
		b = append(s.line(b, s.id == me), '\n')
	}
	return b
}

// Kill ends the connections of all clients that fit and returns how many. They
// are out of List when it returns. me, the client that asks, is not ended
// here: itself tells that it fits.
func (cs *Clients) Kill(f command.ClientFilter, me int64) (killed int, itself bool) {
	for _, s := range cs.all(&f) {
		killed++
		if s.id == me {
			itself = true
			continue
		}
		cs.dismiss(s)
	}
	return killed, itself
}

// Recent returns the most bytes of input and of replies that one client had
// buffered at once in the last seconds.
func (cs *Clients) Recent() (input, output int64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	nowS := cs.clock.NowMs() / 1000
	for i := range cs.recent {
		if r := &cs.recent[i]; nowS-r.second < recentSlots {
			input, output = max(input, r.input), max(output, r.output)
		}
	}
	return input, output
}

// recentSlots is for how many seconds peaks are remembered.
const recentSlots = 8

type recentPeak struct{ second, input, output int64 }

func (cs *Clients) noteRecent(nowMs, input, output int64) {
	if input == 0 && output == 0 {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	second := nowMs / 1000
	r := &cs.recent[second%recentSlots]
	if r.second != second {
		*r = recentPeak{second: second}
	}
	r.input, r.output = max(r.input, input), max(r.output, output)
}

// Memory is about how many bytes the buffers and states of all clients take.
func (cs *Clients) Memory() (sum int64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for s := cs.first; s != nil; s = s.next {
		sum += s.memory(0)
	}
	return sum
}

// validName tells whether CLIENT LIST can show a name: no blanks, nothing but
// printable ASCII.
func validName(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return r < '!' || r > '~' })
}
