package familytest

import (
	"fmt"
	"testing"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/journal"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
)

// Peer is a server without connections: commands over a store, clients that may
// wait, and the log of effects. It is used by one goroutine.
type Peer struct {
	// Store is the data.
	Store *keyspace.Store
	// Table are the commands.
	Table *command.Table
	// Log is every byte of the journal since the start.
	Log Tape
	// Journal is the journal that Log listens to.
	Journal *journal.Journal

	t       testing.TB
	exec    command.Executor
	figures *stats.Stats
	now     func() int64
	clients []*PeerClient
}

// Tape is a journal.Sink that keeps everything.
type Tape struct{ Bytes []byte }

// Append makes Tape a journal.Sink.
func (t *Tape) Append(p []byte) { t.Bytes = append(t.Bytes, p...) }

// PeerOptions are for NewPeer.
type PeerOptions struct {
	Shards int
	// Seed is that of the hash.
	Seed uint64
	// Now is the clock, in ms.
	Now func() int64
	// Rows are the commands, given the table that they will be in and the peer's
	// journal.
	Rows func(table func() *command.Table, j *journal.Journal) [][]command.Row
	// Observer is told of events; nil: nobody is.
	Observer keyspace.Observer
}

// NewPeer makes a Peer with an empty store; it is closed when the test ends.
func NewPeer(t testing.TB, o PeerOptions) *Peer {
	t.Helper()
	p := &Peer{t: t, now: o.Now, Journal: journal.New()}
	store, err := keyspace.New(keyspace.Options{Heap: page.Options{}, Shards: o.Shards, Databases: 16, Seed: o.Seed, Now: o.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	if p.Table, err = command.NewTable(o.Rows(func() *command.Table { return p.Table }, p.Journal)...); err != nil {
		t.Fatal(err)
	}
	p.Store, p.figures = store, stats.New(clock.NewReal(), len(p.Table.Rows()))
	store.Record(func() keyspace.Log { return p.Journal.NewBatch() })
	store.OnReady(p.exec.ServeReady)
	if o.Observer != nil {
		store.Observe(o.Observer)
	}
	p.exec.Table, p.exec.Store, p.exec.Errors, p.exec.Stats = p.Table, store, new(stats.Errors), p.figures
	p.exec.Gate = func(*command.Call) string { return "" }
	p.exec.SlowerThan.Store(-1)
	p.Locked(func(*keyspace.Tx) { p.Journal.Attach(&p.Log) })
	return p
}

// Locked runs fn with every shard locked.
func (p *Peer) Locked(fn func(tx *keyspace.Tx)) {
	tx := p.Store.NewTx()
	tx.LockAll(p.now())
	defer tx.Unlock()
	fn(tx)
}

// Sweep removes all keys and fields whose time has come, as the background does.
func (p *Peer) Sweep() {
	for i := range p.Store.Shards() {
		for {
			if n, wrapped := p.Store.ExpireStep(i, p.now()); wrapped && n == 0 {
				break
			}
		}
		for more := true; more; {
			_, more = p.Store.ExpireFieldsStep(i, p.now())
		}
	}
}

// Client connects one more client.
func (p *Peer) Client() *PeerClient {
	c := &PeerClient{p: p, id: int64(len(p.clients) + 1)}
	c.call = command.Call{
		Out: &c.out, Tx: p.Store.NewTx(), Client: c, Store: p.Store, Loop: p.figures.NewLoop(),
	}
	p.clients = append(p.clients, c)
	return c
}

// PeerClient is a client of a Peer: a command.Blocker.
type PeerClient struct {
	p     *Peer
	id    int64
	db    int
	call  command.Call
	out   resp.Writer
	wait  *command.Blocked
	reply []byte // that has ended the wait
}

// ID is the client's number.
func (c *PeerClient) ID() int64 { return c.id }

// SelectedDB is the client's database.
func (c *PeerClient) SelectedDB() int { return c.db }

// Select changes it.
func (c *PeerClient) Select(db int) { c.db = db }

// Authenticated is true.
func (c *PeerClient) Authenticated() bool { return true }

// Unrestricted is true.
func (c *PeerClient) Unrestricted() bool { return true }

// User is the default one.
func (c *PeerClient) User() string { return "default" }

// Address is none.
func (c *PeerClient) Address() string { return "" }

// Name is none.
func (c *PeerClient) Name() string { return "" }

// NoTouch is false.
func (c *PeerClient) NoTouch() bool { return false }

// Unblocked takes the reply that ends the wait.
func (c *PeerClient) Unblocked(_ *command.Blocked, reply []byte) { c.reply = reply }

// Call is the client's call, for what is set beside the arguments.
func (c *PeerClient) Call() *command.Call { return &c.call }

// Do runs a command and returns its reply, "" if the client has to wait.
func (c *PeerClient) Do(args ...string) string {
	line := make([][]byte, len(args))
	for i, a := range args {
		line[i] = []byte(a)
	}
	return c.Run(line)
}

// Run is Do.
func (c *PeerClient) Run(args [][]byte) string {
	if c.wait != nil {
		c.p.t.Fatalf("client %d waits and cannot run %.100q", c.id, args)
	}
	c.call.Args, c.call.Now, c.reply = args, c.p.now(), nil
	c.call.Loop.Begin()
	c.p.exec.Execute(&c.call)
	c.call.Loop.Publish()
	c.wait, c.call.Blocked = c.call.Blocked, nil
	reply := string(c.out.B)
	c.out.B = c.out.B[:0]
	c.p.leave()
	return reply
}

// RunQuietly is Run without the reply, and without what that allocates.
func (c *PeerClient) RunQuietly(args [][]byte) {
	c.call.Args, c.call.Now = args, c.p.now()
	c.call.Loop.Begin()
	c.p.exec.Execute(&c.call)
	c.call.Loop.Publish()
	c.out.B = c.out.B[:0]
}

// leave takes clients whose wait is over out of the queues.
func (p *Peer) leave() {
	for _, c := range p.clients {
		if c.wait != nil && c.reply != nil {
			c.wait.Leave(c.call.Tx)
			c.wait = nil
		}
	}
}

// Waits tells whether the client waits.
func (c *PeerClient) Waits() bool { return c.wait != nil }

// Reply is what the client was told when its wait ended, once; "" if it was not.
func (c *PeerClient) Reply() string {
	reply := string(c.reply)
	c.reply = nil
	return reply
}

// Expire ends the client's wait as its timeout does.
func (c *PeerClient) Expire() {
	if c.wait != nil {
		c.reply = c.wait.Expire()
		c.p.leave()
	}
}

// Replay repeats the effects of a log, as a server does that starts.
func (p *Peer) Replay(log []byte) {
	p.t.Helper()
	p.Store.SetExpiry(false)
	defer p.Store.SetExpiry(true)
	r, db := p.exec.NewReplayer(nil), 0
	defer r.Release()
	for i, args := range Requests(p.t, log) {
		switch name := string(args[0]); name {
		case "MULTI", "EXEC":
		case "SELECT":
			fmt.Sscan(string(args[1]), &db)
		default:
			if err := r.Apply(db, args, p.now()); err != nil {
				p.t.Fatalf("request %d of the log, %s: %v", i, short(args), err)
			}
		}
	}
}

// Requests cuts a log into its requests.
func Requests(t testing.TB, log []byte) (list [][][]byte) {
	t.Helper()
	var scan scanner
	scan.b = log
	for len(scan.b) > 0 {
		n, ok := scan.count('*')
		if !ok {
			t.Fatalf("no request in the log at %.60q", scan.b)
		}
		args := make([][]byte, n)
		for i := range args {
			if args[i], ok = scan.bulk(); !ok {
				t.Fatalf("no argument in the log at %.60q", scan.b)
			}
		}
		list = append(list, args)
	}
	return list
}

// scanner reads RESP arrays of bulk strings.
type scanner struct{ b []byte }

func (s *scanner) count(kind byte) (n int, ok bool) {
	if len(s.b) == 0 || s.b[0] != kind {
		return 0, false
	}
	for i := 1; i+1 < len(s.b); i++ {
		if s.b[i] == '\r' {
			_, err := fmt.Sscan(string(s.b[1:i]), &n)
			s.b = s.b[i+2:]
			return n, err == nil
		}
	}
	return 0, false
}

func (s *scanner) bulk() (b []byte, ok bool) {
	n, ok := s.count('$')
	if !ok || n < 0 || len(s.b) < n+2 {
		return nil, false
	}
	b, s.b = s.b[:n], s.b[n+2:]
	return b, true
}
