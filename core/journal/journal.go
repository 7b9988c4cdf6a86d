// Package journal is the one ordered log of effects: what has to be done again,
// in this order, to come from one state of the databases to a later one. The
// append-only file and replicas are made of it.
//
// # Words
//
// An effect is a command that leads to the same change whenever and wherever it
// is run: an absolute time for a relative one, the members that a random command
// has chosen. A unit is what one request, or one transaction, has done; it is
// replayed as a whole. A sink takes the log's bytes.
//
// # Layout
//
// The log is a stream of requests as clients send them (RESP arrays of bulk
// strings). A unit of several effects is enclosed by MULTI and EXEC; SELECT
// comes before an effect in another database than the last one (before the MULTI
// of a unit that begins with it), and first of all where a sink begins. Redis 7.0
// writes its append-only file and its replication stream alike
// (propagatePendingCommands, feedAppendOnlyFile).
//
//	*2 SELECT 0 | *3 SET k v | *1 MULTI | *3 SADD s a | *2 SELECT 1 | *2 DEL k | *1 EXEC | …
//	`--- unit of one effect ---'`--------------- unit of two effects ----------------'
//
// Worked example, SET k v in database 0 of a log that just begins:
//
//	2a 32 0d 0a 24 36 0d 0a 53 45 4c 45 43 54 0d 0a 24 31 0d 0a 30 0d 0a   *2 $6 SELECT $1 0
//	2a 33 0d 0a 24 33 0d 0a 53 45 54 0d 0a 24 31 0d 0a 6b 0d 0a 24 31 0d 0a 76 0d 0a
//	                                                                       *3 $3 SET $1 k $1 v
//
// # Order
//
// A Batch gathers the effects of one Tx and appends them before the Tx lets its
// shards go. So effects on one key are in the order in which they happened, and
// whoever holds every shard's lock (a snapshot's cut) knows that the log up to
// End is just what led to the data as it is.
//
// Lock order: shards, then the journal's mutex, then what a sink locks in Append.
package journal

import (
	"strconv"
	"sync"
	"sync/atomic"
)

// Sink takes the log's bytes.
type Sink interface {
	// Append gets the next bytes of the log, one or several whole units. It
	// copies them. It runs under the journal's mutex and shards' locks, and must
	// not wait for a disk or a network.
	Append(p []byte)
}

// Journal is the log. Its methods may be called by any goroutine, under the
// locks that they name.
type Journal struct {
	recording atomic.Bool
	end       atomic.Int64
	lazy      atomic.Uint32 // lazyExpire, lazyEvict

	mu    sync.Mutex
	sinks []Sink
	db    int    // of the last effect; none: the next one is preceded by SELECT
	out   []byte // units being put together
}

const none = -1

// Bits of Journal.lazy.
const (
	lazyExpire = 1 << iota
	lazyEvict
)

// New returns a log that nobody listens to.
func New() *Journal { return &Journal{db: none} }

// Recording tells whether there is a sink. It changes only while every shard is
// locked.
func (j *Journal) Recording() bool { return j != nil && j.recording.Load() }

// End is the offset behind the last byte of the log, counted since it was made.
// Offsets grow only while there is a sink.
func (j *Journal) End() int64 { return j.end.Load() }

// Attach has s get all bytes from now on and returns the offset of the first one.
// The caller holds every shard's lock.
func (j *Journal) Attach(s Sink) (at int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.sinks = append(j.sinks, s)
	j.db = none
	j.recording.Store(true)
	return j.end.Load()
}

// Detach ends Attach. The caller holds every shard's lock.
func (j *Journal) Detach(s Sink) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, other := range j.sinks {
		if other == s {
			j.sinks = append(j.sinks[:i:i], j.sinks[i+1:]...)
			break
		}
	}
	j.recording.Store(len(j.sinks) > 0)
}

// Mark has the next effect be preceded by SELECT: a new file begins with it. The
// caller holds every shard's lock.
func (j *Journal) Mark() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.db = none
}

// SetLazy says that keys which have expired, or were evicted, are recorded as
// UNLINK instead of DEL (lazyfree-lazy-expire, lazyfree-lazy-eviction).
func (j *Journal) SetLazy(expired, evicted bool) {
	bits := uint32(0)
	if expired {
		bits |= lazyExpire
	}
	if evicted {
		bits |= lazyEvict
	}
	j.lazy.Store(bits)
}

// append adds the units of a batch and returns the offset behind them.
func (j *Journal) append(b *Batch) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.sinks) == 0 {
		return j.end.Load()
	}
	bytes := b.buf
	if len(b.effects) != 1 || b.effects[0].db != j.db {
		bytes = j.compose(b)
	}
	for _, s := range j.sinks {
		s.Append(bytes)
	}
	if cap(j.out) > keepBytes {
		j.out = nil
	}
	return j.end.Add(int64(len(bytes)))
}

// keepBytes is up to what size buffers are kept for the next use.
const keepBytes = 64 << 10

// compose puts the units together, with SELECT, MULTI and EXEC.
func (j *Journal) compose(b *Batch) []byte {
	j.out = j.out[:0]
	for i := 0; i < len(b.effects); {
		end := i + 1
		for end < len(b.effects) && b.effects[end].unit == b.effects[i].unit {
			end++
		}
		several := end-i > 1
		if several {
			j.selectDB(b.effects[i].db)
			j.out = append(j.out, "*1\r\n$5\r\nMULTI\r\n"...)
		}
		for ; i < end; i++ {
			e := b.effects[i]
			j.selectDB(e.db)
			j.out = append(j.out, b.buf[e.from:e.to]...)
		}
		if several {
			j.out = append(j.out, "*1\r\n$4\r\nEXEC\r\n"...)
		}
	}
	return j.out
}

// selectDB has what is put together next be about database db.
func (j *Journal) selectDB(db int) {
	if db != j.db {
		j.out = appendSelect(j.out, db)
		j.db = db
	}
}

func appendSelect(b []byte, db int) []byte {
	var digits [8]byte
	return appendRequest(b, []byte("SELECT"), strconv.AppendInt(digits[:0], int64(db), 10))
}

// appendRequest appends a request as a RESP array of bulk strings.
func appendRequest(b []byte, args ...[]byte) []byte {
	b = appendCount(b, '*', len(args))
	for _, a := range args {
		b = appendCount(b, '$', len(a))
		b = append(b, a...)
		b = append(b, '\r', '\n')
	}
	return b
}

func appendCount(b []byte, kind byte, n int) []byte {
	if b = append(b, kind); n < 10 {
		return append(b, byte('0'+n), '\r', '\n')
	}
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, '\r', '\n')
}
