// Package migration has MIGRATE, which moves keys to another server.
//
// # How a key moves
//
// Redis serves nobody while it talks to the target. Here the client of MIGRATE waits
// and its loop goes on:
//
//	under the keys' locks    dump the values; hold the keys back; watch them
//	without locks            connect, AUTH, SELECT, RESTORE …, read the replies
//	under the keys' locks    delete what was acknowledged; let the keys go
//
// As in Redis nobody sees a key in between: requests that name it wait (command:
// Call.Hold), and are then executed on what is there. A key that was changed
// nevertheless, by somebody who did not name it, is sent again, with REPLACE and under
// its lock, before it is deleted. With COPY nothing is deleted, and nothing held back:
// the copy is of the moment when MIGRATE began.
//
// In transactions and scripts, which are atomic with what they run, MIGRATE keeps
// their locks until it is done.
package migration

import (
	"context"
	"net"
	"sync"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
)

// Options is what the family asks of the server.
type Options struct {
	// Targets are the connections that are kept.
	Targets *Targets
	// Compress tells whether payloads are compressed (rdbcompression).
	Compress func() bool
	// Go runs fn in the background.
	Go func(fn func())
}

// Dial connects to the address of a target, in any way. The context bounds the time.
type Dial func(ctx context.Context, address string) (net.Conn, error)

type family struct {
	Options
	dumpers sync.Pool
}

// Commands returns the rows of the family.
func Commands(o Options) []command.Row {
	f := &family{Options: o}
	f.dumpers.New = func() any { return new(rdb.Dumper) }
	return []command.Row{{
		Name: "migrate", Arity: -6, Flags: command.Write | command.MovableKeys, ACL: []string{"keyspace", "dangerous"},
		Tips: []string{"nondeterministic_output"},
		Keys: []command.KeySpec{
			{Flags: keyFlags, Index: 3, Step: 1},
			{Flags: append(keyFlags[:3:3], "incomplete"), Keyword: "KEYS", From: -2, LastKey: -1, Step: 1},
		},
		FindKeys: findKeys,
		Group:    "generic", Docs: migrateDocs,
		Handler: f.migrate,
	}}
}

var keyFlags = []string{"RW", "access", "delete"}

func (f *family) migrate(c *command.Call) {
	r, ok := parse(c)
	if !ok {
		return
	}
	items := f.collect(c, &r)
	if len(items) == 0 {
		c.Out.Simple("NOKEY")
		return
	}
	m := &move{f: f, request: r, items: items}
	if !c.CanWait() {
		text := m.transfer(items)
		m.settle(c, text)
		return
	}
	if !r.copies {
		m.hold(c)
	}
	waiting := c.Await(command.Block{Works: true})
	f.Go(func() { m.run(waiting) })
}

// collect dumps the values of the keys that exist.
func (f *family) collect(c *command.Call, r *request) (items []*item) {
	for _, at := range r.keys {
		if e, found := c.DB.Find(c.Args[at], keyspace.ForRead); found {
			items = append(items, &item{at: at, key: append([]byte(nil), c.Args[at]...), payload: f.dump(e), due: e.Due()})
		}
	}
	return items
}

func (f *family) dump(e keyspace.Entry) []byte {
	d := f.dumpers.Get().(*rdb.Dumper)
	defer f.dumpers.Put(d)
	return d.Append(nil, e, f.Compress())
}

// move is one call of MIGRATE at work.
type move struct {
	f *family
	request
	items   []*item
	release func() // what hold has begun; nil: nothing is held
}

// item is a key that is on its way.
type item struct {
	at      int // in the arguments
	key     []byte
	payload []byte
	due     int64 // keyspace.NoTTL: never
	watch   keyspace.Watch
	acked   bool // the target has it
}

// hold keeps the keys, which are locked, as they are.
func (m *move) hold(c *command.Call) {
	keys := make([][]byte, len(m.items))
	for i, it := range m.items {
		keys[i] = it.key
		c.Tx.Watch(&it.watch, c.DB.Index(), it.key)
	}
	m.release = c.Hold(keys)
}

// run moves the keys while the client waits.
func (m *move) run(waiting *command.Blocked) {
	text := m.transfer(m.items)
	waiting.Finish(func(c *command.Call) {
		if m.release != nil {
			at := make([]int, len(m.items))
			for i, it := range m.items {
				at[i] = it.at
			}
			c.LockArgs(at)
			text = m.sendChanged(c, text)
			defer m.release()
		}
		m.settle(c, text)
	})
}

// sendChanged sends what has changed since it was dumped again, under the locks that
// are held, and returns what MIGRATE replies: text, if all is well.
func (m *move) sendChanged(c *command.Call, text string) string {
	var again []*item
	for _, it := range m.items {
		changed := it.watch.Stale(c.Tx)
		c.Tx.Unwatch(&it.watch)
		if !changed || !it.acked {
			continue
		}
		it.acked = false
		if e, found := c.DB.Find(it.key, keyspace.Peek); found {
			it.payload, it.due = m.f.dump(e), e.Due()
			again = append(again, it)
		}
	}
	if len(again) == 0 {
		return text
	}
	m.replaces = true
	if failed := m.transfer(again); text == "" {
		text = failed
	}
	return text
}

// settle deletes, and records as deleted, what the target has, and replies.
func (m *move) settle(c *command.Call, text string) {
	deleted := [][]byte{[]byte("DEL")}
	for _, it := range m.items {
		if it.acked && !m.copies && c.DB.Delete(it.key) {
			c.Changed(keyspace.EventGeneric, "del", it.key, 1)
			deleted = append(deleted, it.key)
		}
	}
	if len(deleted) > 1 {
		c.RecordAs(deleted...)
	}
	if text != "" {
		c.Out.Error(text)
		return
	}
	c.Out.OK()
}
