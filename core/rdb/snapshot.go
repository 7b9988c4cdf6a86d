package rdb

import (
	"errors"
	"sync"

	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// Clocks says which access clocks a file holds beside each key.
type Clocks uint8

// The access clocks; Redis writes those that the eviction policy uses.
const (
	NoClocks Clocks = iota
	IdleClocks
	FrequencyClocks
)

// Writing says how a snapshot is written.
type Writing struct {
	Info   Info
	Clocks Clocks
	NowMs  int64 // the wall clock
	// Progress, if not nil, is called after each key, by any of the workers; its
	// error ends the writing.
	Progress func() error
	// Workers is how many goroutines encode; 0 is one, the caller.
	Workers int
	// Worker, if not nil, runs the worker of that number, on its goroutine, by
	// calling work.
	Worker func(number int, work func())
	// Pace, if not nil, is called by each worker before each key and after each
	// block. While it tells them to hurry they do not compress.
	Pace func(number int) (hurry bool)
	// Functions are the sources of the function libraries.
	Functions []string
	// Spill is where files on the side may be made. Without, what is superseded
	// while a large value is written is kept until that ends.
	Spill Spill
}

// WriteSnapshot writes a snapshot by one goroutine, the caller.
func WriteSnapshot(e *Encoder, n *keyspace.Snapshot, s *keyspace.Store, info Info, clocks Clocks, nowMs int64, progress func() error) error {
	w := Writing{Info: info, Clocks: clocks, NowMs: nowMs, Progress: progress}
	return w.Write(e, n, s)
}

// Write writes a snapshot: the fields at the start, the size of each database, and
// every key. Keys of one database need not be in one piece: the walk reads what
// writers supersede when they do. Footer is left to the caller. Block of e's
// options is called by one goroutine at a time.
func (w *Writing) Write(e *Encoder, n *keyspace.Snapshot, s *keyspace.Store) error {
	if n.FieldsExpire() { // which Redis 7.0 cannot have, and must not load in part
		e.header(MaxVersion)
	} else {
		e.Header()
	}
	e.Info(w.Info)
	for _, source := range w.Functions {
		e.Function([]byte(source))
	}
	current := -1
	for db := range s.Databases() {
		if keys, expires := n.Size(db); keys > 0 {
			e.SelectDB(uint64(db))
			e.ResizeDB(uint64(keys), uint64(expires))
			current = db
		}
	}
	if w.Workers == 0 {
		return w.alone(e, n, s, current)
	}
	return w.together(&shared{snapshot: n, spill: w.Spill, stopped: make(chan struct{}), e: e, database: current}, n, s)
}

// alone writes all entries through one Encoder.
func (w *Writing) alone(e *Encoder, n *keyspace.Snapshot, s *keyspace.Store, current int) error {
	return n.Each(func(db int, entry keyspace.Entry) error {
		if db != current {
			e.SelectDB(uint64(db))
			current = db
		}
		w.entry(e, entry, s)
		if w.Progress != nil {
			if err := w.Progress(); err != nil {
				return err
			}
		}
		return e.Err()
	})
}

var errStopped = errors.New("another worker failed")

// together has several goroutines write to one file.
func (w *Writing) together(to *shared, n *keyspace.Snapshot, s *keyspace.Store) error {
	workers := make([]walker, w.Workers)
	var group sync.WaitGroup
	var once sync.Once
	var failure error
	for i := range workers {
		k := &workers[i]
		*k = walker{w: w, to: to, store: s, number: i}
		work := func() {
			if err := k.run(n); err != nil {
				once.Do(func() {
					failure = err
					close(to.stopped)
				})
			}
		}
		group.Go(func() {
			if w.Worker != nil {
				w.Worker(i, work)
			} else {
				work()
			}
		})
	}
	group.Wait()
	for i := range workers {
		for _, l := range workers[i].lanes {
			if failure == nil {
				failure = l.bringIn()
			}
			if err := l.discard(); err != nil {
				failure = errors.Join(failure, err)
			}
		}
	}
	return failure
}

// walker is one of the goroutines that encode.
type walker struct {
	w      *Writing
	to     *shared
	store  *keyspace.Store
	number int
	lanes  []*lane // by level
}

// run writes the worker's share.
func (k *walker) run(n *keyspace.Snapshot) error {
	levels := maxLevels
	if k.to.spill.FS == nil {
		levels = 1
	}
	if err := n.Walk(k.number, k.w.Workers, levels, k.visit); err != nil {
		return err
	}
	for _, l := range k.lanes {
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

// pace tells whether the encoder of a lane is to compress.
func (k *walker) pace() bool {
	hurry := k.w.Pace != nil && k.w.Pace(k.number)
	return k.to.e.opts.Compress && !hurry
}

func (k *walker) visit(level, db int, entry keyspace.Entry) error {
	if k.to.failed() {
		return errStopped
	}
	for level >= len(k.lanes) {
		k.lanes = append(k.lanes, newLane(k, len(k.lanes)))
	}
	l := k.lanes[level]
	l.begin(db, entry)
	l.e.opts.Compress = k.pace()
	k.w.entry(l.e, entry, k.store)
	if k.w.Progress != nil {
		if err := k.w.Progress(); err != nil {
			return err
		}
	}
	return l.end()
}

// entry writes an entry with all that stands before it.
func (w *Writing) entry(e *Encoder, entry keyspace.Entry, s *keyspace.Store) {
	if due := entry.Due(); due != keyspace.NoTTL {
		e.ExpireMs(due)
	}
	switch w.Clocks {
	case IdleClocks:
		e.Idle(uint64(keyspace.IdleMs(entry.Clock(), w.NowMs) / 1000))
	case FrequencyClocks:
		e.Freq(uint8(s.Frequency(entry.Clock(), w.NowMs)))
	}
	e.Type(typeOf(entry))
	e.String(entry.Key())
	e.value(entry)
}
