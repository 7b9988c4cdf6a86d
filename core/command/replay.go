package command

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/resp"
)

// Replayer repeats effects that a journal has recorded. Several may work at the
// same time; one is for one goroutine. Nobody gates, counts or records what they
// do, replies go nowhere, and expiry is off meanwhile (Store.SetExpiry).
type Replayer struct {
	x    *Executor
	call Call
	out  resp.Writer
	keys []int
	row  *Row
	db   int
	held bool // every shard is locked, and stays so
}

// ErrUnknown is why a request that names no command is not replayed.
var ErrUnknown = errors.New("unknown command")

// NewReplayer returns one for x; Release ends it. tx is nil, or has every shard
// locked.
func (x *Executor) NewReplayer(tx *keyspace.Tx) *Replayer {
	r := &Replayer{x: x, held: tx != nil}
	if tx == nil {
		tx = x.Store.NewTx()
	}
	r.call = Call{Out: &r.out, Tx: tx, Store: x.Store, Client: (*replayClient)(r), Nested: true, x: x, replays: true}
	r.call.Loop = x.Stats.Acquire()
	r.call.Loop.Begin()
	return r
}

// Release gives back what r has borrowed.
func (r *Replayer) Release() { r.x.Stats.Release(r.call.Loop) }

// Apply runs one request in database db at the time nowMs. That it fails as a
// command may is no error: it did so when it was recorded. An error says that
// there is no such command, or that it cannot have been recorded like this.
func (r *Replayer) Apply(db int, args [][]byte, nowMs int64) error {
	row, err := r.lookup(args)
	if err != nil {
		return err
	}
	if db < 0 || db >= r.x.Store.Databases() {
		return fmt.Errorf("database %d: there are %d (see the directive databases)", db, r.x.Store.Databases())
	}
	c := &r.call
	r.db, c.Args, c.Row, c.Now = db, args, row, nowMs
	if r.held {
		c.Tx.ForgetKey() // args lie where others lay
		c.DB = c.Tx.DB(db)
		row.Handler(c)
	} else {
		r.x.lock(c, row)
		row.Handler(c)
		c.Tx.Unlock()
	}
	c.dirty, c.rec, c.Blocked, c.ClientChanged, c.Transaction = 0, recording{}, nil, false, nil
	r.out.B = r.out.B[:0]
	if cap(r.out.B) > 64<<10 {
		r.out.B = nil
	}
	return nil
}

func (r *Replayer) lookup(args [][]byte) (*Row, error) {
	r.call.Args, r.call.Row = args, r.row
	row, refusal := r.row, ""
	if row == nil || row.Parent != nil || !EqualFold(args[0], row.Name) {
		// A file of Redis's has the names that clients use.
		if row = r.x.Table.Original(args[0]); row == nil {
			row = r.x.Table.Lookup(args[0])
		}
	}
	if row != nil {
		row, refusal = row.subcommand(&r.call)
	}
	if row == nil || refusal != "" {
		return nil, fmt.Errorf("%w '%s'", ErrUnknown, resp.ErrorText(args[0], 128))
	}
	r.row = row
	if n := len(args); row.Arity > 0 && n != row.Arity || n < -row.Arity || row.Handler == nil {
		return nil, fmt.Errorf("wrong number of arguments for '%s' command", row.FullName)
	}
	return row, nil
}

// Shard is the only shard that a request works on; ok is false if there are
// several, or if they cannot be told: it is not to be run beside others.
func (r *Replayer) Shard(args [][]byte) (shard int, ok bool) {
	row, err := r.lookup(args)
	if err != nil {
		return 0, false
	}
	tx := r.call.Tx
	if row.onlyKey > 0 && row.onlyKey < len(args) {
		return bits.TrailingZeros64(tx.Shard(args[row.onlyKey])), true
	}
	if row.Flags&WholeKeyspace != 0 || len(row.Keys) == 0 {
		return 0, false
	}
	keys, err := row.KeyPositions(args, r.keys[:0])
	r.keys = keys
	set := uint64(0)
	for _, i := range keys {
		set |= tx.Shard(args[i])
	}
	return bits.TrailingZeros64(set), err == nil && bits.OnesCount64(set) == 1
}

// replayClient is who repeats.
type replayClient Replayer

func (r *replayClient) ID() int64           { return 0 }
func (r *replayClient) SelectedDB() int     { return r.db }
func (r *replayClient) Select(db int)       { r.db = db }
func (r *replayClient) Authenticated() bool { return true }
func (r *replayClient) Unrestricted() bool  { return true }
func (r *replayClient) User() string        { return "" }
func (r *replayClient) Address() string     { return "" }
func (r *replayClient) Name() string        { return "" }
