package familytest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// own is our side of a pair: a store with several shards, and handlers called
// with the shards locked.
type own struct {
	store   *keyspace.Store
	tx      *keyspace.Tx
	out     resp.Writer
	changes int64
	events  []string
}

func (o *own) open(t testing.TB) {
	store, err := keyspace.New(keyspace.Options{
		Heap: page.Options{}, Shards: 4, Databases: 1, Seed: 1,
		Now: func() int64 { return time.Now().UnixMilli() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	store.Observe(o)
	o.store, o.tx = store, store.NewTx()
}

// KeyEvent makes own a keyspace.Observer.
func (o *own) KeyEvent(class keyspace.EventClass, event string, key []byte, _ int) {
	if class != 0 && class&(keyspace.EventNew|keyspace.EventKeyMiss) == 0 {
		o.events = append(o.events, event+" "+string(key))
	}
}

// Deleted makes own a keyspace.Observer.
func (o *own) Deleted([]byte, int) {}

// locked runs fn with every shard locked.
func (o *own) locked(fn func(db *keyspace.DB)) {
	o.tx.LockAll(time.Now().UnixMilli())
	defer o.tx.Unlock()
	fn(o.tx.DB(0))
}

func (o *own) run(row *command.Row, line [][]byte) {
	if n := row.Arity; n > 0 && len(line) != n || len(line) < -n {
		o.out.Errorf("ERR wrong number of arguments for '%s' command", row.Name)
		return
	}
	o.locked(func(db *keyspace.DB) {
		c := command.Call{Args: line, Row: row, Out: &o.out, Tx: o.tx, DB: db, Now: o.tx.Now(), Store: o.store}
		row.Handler(&c)
		o.changes = c.Dirty()
	})
}

func (o *own) reply() string { s := string(o.out.B); o.out.B = o.out.B[:0]; return s }
func (o *own) dirty() int64  { n := o.changes; o.changes = 0; return n }

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
			s = fmt.Sprintf("%v %v %q", e.String().Encoding(), e.Due(), e.String().AppendTo(nil))
		}
	})
	return s
}
