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
)

// own is our side of a pair: a store of a few shards with one client.
type own struct {
	store   *keyspace.Store
	tx      *keyspace.Tx
	out     resp.Writer
	events  []string
	exec    command.Executor
	call    command.Call
	counted int64 // of the executor's changes
}

func (o *own) open(t testing.TB, rows []command.Row) {
	store, err := keyspace.New(keyspace.Options{
		Heap: page.Options{Reserve: 4 << 30}, Shards: 4, Databases: 16, Seed: 1,
		Now: func() int64 { return time.Now().UnixMilli() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	store.Observe(o)
	o.store, o.tx = store, store.NewTx()
	table, err := command.NewTable(rows)
	if err != nil {
		t.Fatal(err)
	}
	o.exec.Table, o.exec.Store, o.exec.Errors = table, store, &stats.Errors{}
	o.exec.Gate = func(*command.Call) string { return "" }
	o.exec.SlowerThan.Store(-1)
	loop := stats.New(clock.NewReal(), len(table.Rows())).NewLoop()
	o.call = command.Call{Out: &o.out, Tx: o.tx, Client: o, Store: store, Loop: loop}
}

// KeyEvent implements keyspace.Observer, with the classes of KEA.
func (o *own) KeyEvent(class keyspace.EventClass, event string, key []byte, _ int) {
	if class != keyspace.EventNew && class != keyspace.EventKeyMiss {
		o.events = append(o.events, fmt.Sprintf("%s %s", event, key))
	}
}

// Deleted implements keyspace.Observer.
func (o *own) Deleted([]byte, int) {}

// ID implements command.Client.
func (o *own) ID() int64 { return 1 }

// SelectedDB implements command.Client: it is always the first.
func (o *own) SelectedDB() int { return 0 }

// Select implements command.Client.
func (o *own) Select(int) {}

// Authenticated implements command.Client.
func (o *own) Authenticated() bool { return true }

// Address implements command.Client.
func (o *own) Address() string { return "127.0.0.1:1" }

// Name implements command.Client.
func (o *own) Name() string { return "" }

func (o *own) run(line [][]byte) {
	o.call.Args, o.call.Now = line, time.Now().UnixMilli()
	o.call.Loop.Begin()
	o.exec.Execute(&o.call)
	o.call.Loop.Publish()
}

func (o *own) reply() string { s := string(o.out.B); o.out.B = o.out.B[:0]; return s }
func (o *own) dirty() int64 {
	n := o.exec.Dirty() - o.counted
	o.counted += n
	return n
}
func (o *own) takeEvents() string {
	s := strings.Join(o.events, ", ")
	o.events = nil
	return s
}

func (o *own) state(key string) string {
	o.tx.LockKey([]byte(key), time.Now().UnixMilli())
	defer o.tx.Unlock()
	e, found := o.tx.DB(0).Find([]byte(key), keyspace.Peek)
	if !found {
		return ""
	}
	return fmt.Sprintf("%v %v %q", e.String().Encoding(), e.Due(), e.String().AppendTo(nil))
}

func (o *own) set(key, val string) {
	o.tx.LockKey([]byte(key), time.Now().UnixMilli())
	defer o.tx.Unlock()
	o.tx.DB(0).SetString([]byte(key), []byte(val), keyspace.NoTTL)
}
