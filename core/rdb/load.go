package rdb

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// LoadOptions say how a file's keys go into a store.
type LoadOptions struct {
	NowMs int64 // the wall clock
	// DropExpired leaves out keys that were due before NowMs.
	DropExpired bool
	// Merge lets keys of the file replace keys that are there; without it
	// such a key is an error.
	Merge bool
	// Tx, if set, has every shard locked; else shards are locked for a few
	// keys at a time.
	Tx *keyspace.Tx
	// Workers is how many goroutines decode beside the one that reads. With 0,
	// and where Tx, Merge or Delay is set, the reading one does everything.
	Workers int
	// Thread, if set, is called at the start of each worker's goroutine.
	Thread func()
	// Delay, if set, is slept after each key (key-load-delay, for tests).
	Delay func() time.Duration
	// Stop, if set, is asked now and then whether to give up, with ErrStopped,
	// by the goroutine that reads.
	Stop func() bool
	// Aux, if set, is told of the fields about the file.
	Aux func(name, value []byte)
	// Function, if set, is given the source of each function library, which is valid
	// only meanwhile, by the goroutine that reads; its error ends the load. Without,
	// a file with libraries is refused.
	Function func(source []byte) error
	// chunk, of at least 512, most and many are chunkSize, maxSkimmed and
	// manyMembers in tests.
	chunk, most, many int
	// Skipping, if set, is told of the key of each empty collection, which is
	// left out; by one goroutine at a time.
	Skipping func(key []byte)
}

// ErrStopped is why a load ended that LoadOptions.Stop has stopped.
var ErrStopped = errors.New("loading was stopped")

// Loaded is what a load did.
type Loaded struct {
	Keys, Expired int64
	Empty         int64 // keys with empty collections, left out
	// Consumed is the length of the RDB file in bytes, its footer included. In
	// an append only file that starts with one, commands follow.
	Consumed int64
	// Rest is what was read from the input behind that.
	Rest []byte
}

func (n *Loaded) add(m Loaded) {
	n.Keys += m.Keys
	n.Expired += m.Expired
	n.Empty += m.Empty
}

// Load reads an RDB file from r, to its footer and not to the end of r, into
// store. Errors are *Error or wrap one, and name the first record that is at
// fault; what comes before it may have been loaded, and some of what comes
// behind it. No lock is held where o.Tx is nil.
func Load(r io.Reader, store *keyspace.Store, d DecoderOptions, o LoadOptions) (Loaded, error) {
	dec, l := NewDecoder(r, d), newLoader(store, o)
	var err error
	if o.Workers > 0 && o.Tx == nil && !o.Merge && o.Delay == nil {
		err = loadParallel(dec, l)
	} else if err = dec.Decode(l); err == nil {
		l.fit(0, 1)
	}
	l.tx.ExpectNothing()
	l.Consumed, l.Rest = dec.Offset(), dec.Buffered()
	return l.Loaded, err
}

// fit gives back, of every step-th shard from first on, what was expected in vain.
func (l *loader) fit(first, step int) {
	for shard := first; shard < l.store.Shards(); shard += step {
		l.tx.Fit(shard)
	}
}

// NewLoader returns a Visitor that fills store, as the serial Load does.
func NewLoader(store *keyspace.Store, o LoadOptions) (Visitor, *Loaded) {
	l := newLoader(store, o)
	return l, &l.Loaded
}

// LoadPath is Load of the file at path, which errors name; d.Size is set from
// the file. A file that is not there gives an error that satisfies
// errors.Is(err, fs.ErrNotExist).
func LoadPath(fs vfs.FS, path string, store *keyspace.Store, d DecoderOptions, o LoadOptions) (n Loaded, err error) {
	err = withFile(fs, path, d, func(file vfs.File, d DecoderOptions) error {
		n, err = Load(file, store, d, o)
		return err
	})
	return n, err
}

// loader puts a file's entries into a store.
type loader struct {
	store *keyspace.Store
	tx    *keyspace.Tx
	o     LoadOptions
	db    int   // selected
	value build // of the entry at hand
	// fillers is how many goroutines may fill a large value, beside the one that
	// reads: no other loads meanwhile.
	fillers int
	Loaded
}

func newLoader(store *keyspace.Store, o LoadOptions) *loader {
	l := &loader{store: store, tx: o.Tx, o: o}
	if l.tx == nil {
		l.tx = store.NewTx()
	}
	l.value.many, l.value.thread = int64(o.many), o.Thread
	return l
}

// Aux implements Visitor.
func (l *loader) Aux(name, value []byte) error {
	if l.o.Aux != nil {
		l.o.Aux(name, value)
	}
	return nil
}

// Function implements FunctionVisitor.
func (l *loader) Function(source []byte) error {
	if l.o.Function == nil {
		return fmt.Errorf("%w: function libraries are not loaded here", ErrUnsupported)
	}
	return l.o.Function(source)
}

// SelectDB implements Visitor.
func (l *loader) SelectDB(db uint64) error {
	if db >= uint64(l.store.Databases()) {
		return fmt.Errorf("database %d: there are only %d databases (see the directive databases)", db, l.store.Databases())
	}
	l.db = int(db)
	return nil
}

// ResizeDB implements Visitor.
func (l *loader) ResizeDB(keys, _ uint64) error {
	l.tx.Expect(l.db, int64(min(keys, maxExpected)))
	return nil
}

// maxExpected is more keys than any store can have.
const maxExpected = 1 << 40

// Entry implements Visitor: the serial way.
func (l *loader) Entry(e *Entry) error {
	if l.o.Stop != nil && l.o.Stop() {
		return ErrStopped
	}
	if l.o.Tx == nil {
		l.value.arenas = l.tx.LockKeyAnd(e.Key, l.fillers, l.o.NowMs)
		defer l.tx.Unlock()
	}
	if err := l.put(e); err != nil {
		return err
	}
	if l.o.Delay != nil {
		time.Sleep(l.o.Delay())
	}
	return nil
}

// put stores one entry, whose shard is locked.
func (l *loader) put(e *Entry) error {
	due := keyspace.NoTTL
	if e.ExpireAtMs >= 0 {
		due = e.ExpireAtMs
		if l.o.DropExpired && due <= l.o.NowMs {
			l.Expired++
			return nil
		}
	}
	l.tx.ForgetKey() // e.Key lies where the one before it lay
	db := l.tx.DB(int(e.DB))
	there := (e.Type != TypeString || l.o.Merge) && db.Exists(e.Key) // add tells of a string
	if there && !l.o.Merge {
		return errTwice(e.Key)
	}
	l.value.start(db, e.Key)
	if err := e.Read(&l.value); err != nil {
		l.value.Drop()
		if err == ErrEmpty {
			l.Empty++
			if l.o.Skipping != nil {
				l.o.Skipping(e.Key)
			}
			err = nil
		}
		return err
	}
	if there {
		db.Delete(e.Key)
	}
	if !l.value.add(due, l.clock(e)) {
		return errTwice(e.Key)
	}
	l.Keys++
	return nil
}

// errTwice is why a file is refused that has key twice.
func errTwice(key []byte) error { return fmt.Errorf("key %s is there twice", quoteKey(key)) }

// clock is the access clock of an entry.
func (l *loader) clock(e *Entry) uint32 {
	switch lfu := l.store.LFU(); {
	case lfu && e.Freq >= 0:
		return keyspace.ClockOfFrequency(uint8(e.Freq), l.o.NowMs)
	case !lfu && e.IdleSec >= 0:
		return keyspace.ClockOfIdle(e.IdleSec*1000, l.o.NowMs)
	}
	return l.store.NewClock(l.o.NowMs)
}
