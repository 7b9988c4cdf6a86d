package familytest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/resp"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/types"
)

// own is our side of a pair: an executor over a store with several shards.
type own struct {
	exec   command.Executor
	tx     *keyspace.Tx
	call   command.Call
	out    resp.Writer
	before int64 // changes counted already
	events []string
	silent bool
	ahead  int64 // of the clock, in ms
}

// client is one that may do everything, in database 0.
type client struct{}

func (client) ID() int64           { return 1 }
func (client) SelectedDB() int     { return 0 }
func (client) Select(int)          {}
func (client) Authenticated() bool { return true }
func (client) Unrestricted() bool  { return true }
func (client) User() string        { return "default" }
func (client) Address() string     { return "" }
func (client) Name() string        { return "" }

func (o *own) open(t testing.TB, rows []command.Row) {
	store, err := keyspace.New(keyspace.Options{
		Heap: page.Options{}, Shards: 4, Databases: 16, Seed: 1,
		Now: o.nowMs,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	store.Observe(o)
	table, err := command.NewTable(rows)
	if err != nil {
		t.Fatal(err)
	}
	figures := stats.New(clock.NewReal(), len(table.Rows()))
	o.exec.Table, o.exec.Store, o.exec.Errors = table, store, new(stats.Errors)
	o.exec.Gate = func(*command.Call) string { return "" }
	o.exec.SlowerThan.Store(-1)
	o.tx = store.NewTx()
	o.call = command.Call{Out: &o.out, Tx: o.tx, Client: client{}, Store: store, Loop: figures.NewLoop()}
}

func (o *own) nowMs() int64 { return time.Now().UnixMilli() + o.ahead }

// KeyEvent makes own a keyspace.Observer.
func (o *own) KeyEvent(class keyspace.EventClass, event string, key []byte, _ int) {
	if !o.silent && class != 0 && class&(keyspace.EventNew|keyspace.EventKeyMiss) == 0 {
		o.events = append(o.events, event+" "+string(key))
	}
}

// Deleted makes own a keyspace.Observer.
// locked runs fn with every shard locked.
func (o *own) locked(fn func(db *keyspace.DB)) {
	o.tx.LockAll(o.nowMs())
	defer o.tx.Unlock()
	fn(o.tx.DB(0))
}

func (o *own) run(line [][]byte) {
	o.call.Args, o.call.Now = line, o.nowMs()
	o.call.Loop.Begin()
	o.exec.Execute(&o.call)
	o.call.Loop.Publish()
}

func (o *own) reply() string { s := string(o.out.B); o.out.B = o.out.B[:0]; return s }

// dirty is the changes since the last call.
func (o *own) dirty() int64 {
	n := o.exec.Dirty() - o.before
	o.before += n
	return n
}

func (o *own) takeEvents() string {
	s := strings.Join(o.events, ", ")
	o.events = nil
	return s
}

func (o *own) set(key, val string) {
	o.locked(func(db *keyspace.DB) { db.SetString([]byte(key), []byte(val), keyspace.NoTTL) })
}

func (o *own) state(key string) (s string) {
	o.locked(func(db *keyspace.DB) {
		if e, found := db.Find([]byte(key), keyspace.Peek); found {
			s = fmt.Sprintf("%v %v", types.Encoding(e.Space(), e.Kind(), e.Value()), e.Due())
			if e.Type() == value.TypeString {
				s += fmt.Sprintf(" %q", e.String().AppendTo(nil))
			}
		}
	})
	return s
}
