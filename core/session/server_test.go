package session_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/acl"
	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/connection"
	"github.com/redoubt-kv/redoubt/core/family/transactions"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/pubsub"
	"github.com/redoubt-kv/redoubt/core/session"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/core/transport"
	"github.com/redoubt-kv/redoubt/core/transport/portable"
)

// core is a server without sockets: clients, commands, data.
type core struct {
	t       testing.TB
	clock   clock.Clock
	users   *acl.Users
	limits  session.Limits
	clients *session.Clients
	store   *keyspace.Store
	exec    *command.Executor
	stats   *stats.Stats
	verbose bool

	mu  sync.Mutex
	log []string
}

var defaultLimits = session.Limits{MaxClients: 10000, Protected: true, QueryBuffer: 1 << 30, MaxBulk: 512 << 20, KeepAlive: 300}

func newCore(t testing.TB, limits session.Limits) *core {
	t.Helper()
	return newCoreAt(t, limits, clock.NewReal())
}

func newCoreAt(t testing.TB, limits session.Limits, c clock.Clock) *core {
	t.Helper()
	k := &core{t: t, clock: c, limits: limits}
	var err error
	k.store, err = keyspace.New(keyspace.Options{Heap: page.Options{Reserve: 64 << 20}, Shards: 4, Databases: 16, Now: k.clock.NowMs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.store.Close)
	var table *command.Table
	k.users = acl.New(acl.Options{Table: func() *command.Table { return table }, Warn: k.logf, Notice: k.logf, LogLen: func() int64 { return 128 }})
	k.clients = session.NewClients(session.Config{
		Clock: k.clock, Users: k.users, Limits: limits, Channels: pubsub.NewRegistry(), Table: func() *command.Table { return table },
		Log: session.Log{Warning: k.logf, Verbose: k.logf, IsVerbose: func() bool { return k.verbose }},
	})
	table, err = command.NewTable(connection.Commands(connection.Server{Clients: k.clients, Version: "7.4.0"}), dataRows(), waitRows(), transactions.Commands())
	if err != nil {
		t.Fatal(err)
	}
	k.stats = stats.New(k.clock, len(table.Rows()))
	k.exec = &command.Executor{
		Table: table, Store: k.store, Stats: k.stats, Gate: func(*command.Call) string { return "" }, Errors: &stats.Errors{}, Permit: k.users.Permit,
	}
	k.exec.SlowerThan.Store(-1)
	k.store.OnReady(k.exec.ServeReady)
	return k
}

func (k *core) newLoop() *session.Loop {
	return k.clients.NewLoop(k.exec, k.store.NewTx(), k.stats.NewLoop())
}

func (k *core) logf(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.log = append(k.log, fmt.Sprintf(format, args...))
}

// dataRows are a few commands with keys.
func dataRows() []command.Row {
	key := func(flag string) []command.KeySpec {
		return []command.KeySpec{{Flags: []string{flag}, Index: 1, Step: 1}}
	}
	return []command.Row{
		{Name: "set", Arity: 3, Flags: command.Write | command.DenyOOM, Keys: key("OW"), Handler: func(c *command.Call) {
			c.DB.SetString(c.Args[1], c.Args[2], keyspace.NoTTL)
			c.Changed(keyspace.EventString, "set", c.Args[1], 1)
			c.Out.OK()
		}},
		{Name: "get", Arity: 2, Flags: command.ReadOnly, Keys: key("RO"), Handler: func(c *command.Call) {
			e, found := c.DB.Find(c.Args[1], keyspace.ForRead)
			if !found {
				c.Out.Null()
				return
			}
			s := e.String()
			c.Out.BulkHeader(int(s.Len()))
			c.Out.B = s.AppendTo(c.Out.B)
			c.Out.CRLF()
		}},
		// fill KEY replies a million lines of ten bytes, but not to a client that
		// will not get them, and sets the key to how many it did.
		{Name: "fill", Arity: 2, Flags: command.Write, Keys: key("OW"), Handler: func(c *command.Call) {
			lines := 0
			for ; lines < 1_000_000 && !c.Out.Full(); lines++ {
				c.Out.Simple("7 bytes")
			}
			c.DB.SetString(c.Args[1], strconv.AppendInt(nil, int64(lines), 10), keyspace.NoTTL)
			c.Changed(keyspace.EventString, "set", c.Args[1], 1)
		}},
	}
}

// conn is a connection in memory, driven by the test's goroutine, which is its
// loop.
type conn struct {
	out       []byte
	pending   int64
	remote    string
	unix      bool
	closed    bool
	finishing bool
	held      bool
	again     bool
	posts     []func()
	mu        sync.Mutex
	keepAlive int
	clients   *session.Clients
}

// unlocked fails if the clients are locked, by whoever called the conn.
func (c *conn) unlocked() {
	done := make(chan struct{})
	go func() {
		c.clients.Len()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		panic("S4: Clients.mu is held while a Conn's method runs")
	}
}

func (c *conn) Close()           { c.unlocked(); c.closed = true }
func (c *conn) CloseAfterReply() { c.unlocked(); c.finishing = true }
func (c *conn) Flush()           {}
func (c *conn) Share(b []byte) int64 {
	c.out = append(c.out, b...)
	return c.pending + int64(len(c.out))
}
func (c *conn) Again()                   { c.again = true }
func (c *conn) Hold()                    { c.unlocked(); c.held = true }
func (c *conn) Resume()                  { c.Post(func() { c.held = false }) }
func (c *conn) Pending() int64           { return c.pending }
func (c *conn) BufferedInput() int       { return 0 }
func (c *conn) InputRoom() int           { return 0 }
func (c *conn) RemoteAddr() string       { return c.remote }
func (c *conn) LocalAddr() string        { return "127.0.0.1:6379" }
func (c *conn) Unix() bool               { return c.unix }
func (c *conn) FD() int                  { return 7 }
func (c *conn) SetKeepAlive(n int) error { c.keepAlive = n; return nil }
func (c *conn) Timeout(d time.Duration, fn func()) (stop func()) {
	t := time.AfterFunc(d, func() { c.Post(fn) })
	return func() { t.Stop() }
}
func (c *conn) Post(fn func()) bool {
	c.unlocked()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posts = append(c.posts, fn)
	return true
}

func (c *conn) runPosts() {
	c.mu.Lock()
	list := c.posts
	c.posts = nil
	c.mu.Unlock()
	for _, fn := range list {
		fn()
	}
}

// client is a session over a conn.
type client struct {
	*conn
	s    *session.Session
	loop *session.Loop
	left []byte
}

func (k *core) connect(l *session.Loop) *client { return k.connectFrom(l, "127.0.0.1:5555") }

func (k *core) connectFrom(l *session.Loop, remote string) *client {
	c := &client{conn: &conn{remote: remote, clients: k.clients}, loop: l}
	c.s = k.clients.Open(l, c.conn, &c.conn.out)
	return c
}

// send delivers input and returns the replies.
func (c *client) send(in string) string {
	c.left = append(c.left, in...)
	for again := true; again && !c.held && !c.closed; again = c.again {
		c.again = false
		c.left = c.left[c.s.Data(c.left):]
	}
	reply := string(c.out)
	c.out = c.out[:0]
	return reply
}

// listen serves k over a real transport on 127.0.0.1.
func (k *core) listen(newServer func(transport.Config) (transport.Server, error), loops int) (addr string) {
	k.t.Helper()
	var states []*session.Loop
	for range loops {
		states = append(states, k.newLoop())
	}
	srv, err := newServer(transport.Config{Loops: loops, Accept: func(c *transport.Conn) transport.Handler {
		return k.clients.Open(states[c.LoopIndex()], c, &c.Out)
	}})
	if err != nil {
		k.t.Fatal(err)
	}
	ln, err := srv.Listen(transport.Listen{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		k.t.Fatal(err)
	}
	var tick func(loop int)
	tick = func(loop int) {
		states[loop].Cron(10)
		srv.After(loop, 100*time.Millisecond, func() { tick(loop) })
	}
	for i := range loops {
		srv.Post(i, func() { tick(i) })
	}
	done := make(chan error)
	go func() { done <- srv.Serve() }()
	k.t.Cleanup(func() {
		srv.Close()
		if err := <-done; err != nil {
			k.t.Error(err)
		}
	})
	return ln.Addr().String()
}

func newPortable(c transport.Config) (transport.Server, error) { return portable.New(c) }

var (
	_ session.Conn      = (*transport.Conn)(nil)
	_ transport.Handler = (*session.Session)(nil)
	_ transport.Needer  = (*session.Session)(nil)
	_ connection.Client = (*session.Session)(nil)
	_ session.Executor  = (*command.Executor)(nil)
)
