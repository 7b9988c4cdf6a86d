package command

import (
	"slices"
	"sync"
	"sync/atomic"
)

// moving are the keys that are on their way to another server (MIGRATE). Redis
// serves nobody meanwhile. Here only who names one of them waits: its request is
// executed when the key has arrived, or has not.
//
//	request ──▶ lock ──▶ key is moving? ── no ──▶ handler
//	               ▲            │ yes
//	               └── Retry ◀──┘ unlock, Postponed
//
// Keys become moving, and are looked for, under their shards' locks, so that no
// call that names them comes in between. Those that a call touches without naming
// them (a client's wait that BLMOVE's source ends, a script's undeclared keys, DEBUG
// RELOAD) are not held up: who moves keys watches them as well.
type moving struct {
	count atomic.Int32 // of keys; to be asked without mu

	mu   sync.Mutex       // taken under shards' locks; none is taken under it
	keys map[string][]int // the databases in which a key is moving
	held []Postponer
}

// Postponer is a Client whose request can be executed later.
type Postponer interface {
	Client
	// Postponed says that the request which is being executed has not been, and is to
	// be executed again after Retry.
	Postponed()
	// Retry may come before the call returns. Any goroutine.
	Retry()
}

// Hold has requests that name these keys, which are locked, wait until release is
// called, by any goroutine, once.
func (c *Call) Hold(keys [][]byte) (release func()) {
	m, db := &c.x.moving, c.DB.Index()
	names := make([]string, len(keys))
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys == nil {
		m.keys = map[string][]int{}
	}
	for i, key := range keys {
		names[i] = string(key)
		m.keys[names[i]] = append(m.keys[names[i]], db)
	}
	m.count.Add(int32(len(keys)))
	return func() { m.release(names, db) }
}

func (m *moving) release(names []string, db int) {
	m.mu.Lock()
	for _, name := range names {
		dbs := m.keys[name]
		if i := slices.Index(dbs, db); i >= 0 {
			dbs = slices.Delete(dbs, i, i+1)
		}
		if m.keys[name] = dbs; len(dbs) == 0 {
			delete(m.keys, name)
		}
	}
	m.count.Add(-int32(len(names)))
	held := m.held
	m.held = nil
	m.mu.Unlock()
	for _, client := range held { // who names a key that is still moving comes back
		client.Retry()
	}
}

// postpone has the call's client wait if the call, whose keys are locked, names a
// key that is moving, and tells whether it does.
func (m *moving) postpone(c *Call, row *Row) bool {
	client, ok := c.Client.(Postponer)
	if !ok {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.keys) == 0 || !m.concerns(c, row) {
		return false
	}
	client.Postponed()
	m.held = append(m.held, client)
	return true
}

func (m *moving) concerns(c *Call, row *Row) bool {
	if row.Flags&RunsQueue == 0 {
		return m.named(c, row, c.Args, c.DB.Index())
	}
	return c.InMulti() && !c.Transaction.failed && slices.ContainsFunc(c.Transaction.queue.requests, func(q queued) bool {
		return m.named(c, q.row, q.args, anyDB) // the queue may select one
	})
}

const anyDB = -1

// named tells whether a request names a key that is moving, or changes keys without
// naming them.
func (m *moving) named(c *Call, row *Row, args [][]byte, db int) bool {
	if row.Flags&WholeKeyspace != 0 && len(row.Keys) == 0 {
		return row.Flags&Write != 0
	}
	keys, err := row.KeyPositions(args, c.keys[:0])
	c.keys = keys
	return err == nil && slices.ContainsFunc(keys, func(i int) bool {
		dbs, found := m.keys[string(args[i])]
		return found && (db == anyDB || slices.Contains(dbs, db))
	})
}
