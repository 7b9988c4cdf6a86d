package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/script"
)

// Why a restore is refused. The data is what it was.
var (
	// ErrBadFile is wrapped by errors about the file itself, with the offset.
	ErrBadFile = errors.New("not a sound RDB file")
	// ErrNoMemory says that the data would not fit in memory.
	ErrNoMemory = errors.New("the data does not fit in memory")
	// ErrNoSpace says that the file could not be kept while it is checked.
	ErrNoSpace = errors.New("no room to keep the file while it is checked")
	// ErrRestoring says that another restore is under way.
	ErrRestoring = errors.New("another restore is under way")
)

// Restored is what a restore did.
type Restored struct {
	Keys, Expired, Functions int64 // of the file
	Bytes                    int64 // of the file
	Replaced                 int64 // keys that there were
	Took                     time.Duration
}

// restoring is the state of a restore.
//
//	        receive        check                swap
//	idle ──────────▶ spooled ──────▶ sound ──────────────▶ idle
//	  ▲                 │              │   clients: LOADING
//	  └─────────────────┴──────────────┘
//	     refused: the data is untouched
//
// The file is kept whole, on disk or in memory (spool.go), and read twice: once to
// check all of it in depth and to measure what it will take, once to load it. While it
// is loaded the restore owns the store, and clients are told LOADING as at the start.
// What there was is kept aside until the new data is loaded and the files are written,
// and put back if that fails; only where memory is too small for both is it dropped
// before, when nothing but a lack of memory can go wrong any more.
//
// Files: an RDB file is written if there are save points, and the append-only file
// gets the new data as its base, before the first client is served again. So a crash
// finds the old data or the new, whole.
type restoring struct {
	busy chan struct{} // has one element while a restore is under way
	swap chan struct{} // likewise while it exchanges the data
}

func (r *restoring) init() { r.busy, r.swap = make(chan struct{}, 1), make(chan struct{}, 1) }

// Restore replaces all data, functions included, by that of the RDB file that r gives to
// its end. size is its length in bytes, or -1. On an error the data is what it was,
// unless it says otherwise. ctx may end it until the exchange begins.
func (h *Handle) Restore(ctx context.Context, r io.Reader, size int64) (Restored, error) {
	s := h.s
	select {
	case s.restoring.busy <- struct{}{}:
		defer func() { <-s.restoring.busy }()
	default:
		return Restored{}, ErrRestoring
	}
	if s.stopped.Load() || s.ending.running.Load() {
		return Restored{}, ErrStopping
	}
	if s.loading.Load() {
		return Restored{}, ErrLoading
	}
	start := time.Now()
	done, err := s.restore(ctx, r, size)
	done.Took = time.Since(start)
	if err != nil {
		s.log.warning("The data was not restored: %v", err)
		return done, err
	}
	s.log.notice("The data was restored from a file of %d bytes: %d keys, which replace %d, in %.3f seconds",
		done.Bytes, done.Keys, done.Replaced, done.Took.Seconds())
	return done, nil
}

func (s *Server) restore(ctx context.Context, r io.Reader, size int64) (Restored, error) {
	file, err := s.receive(ctx, r, size)
	if err != nil {
		return Restored{}, err
	}
	defer file.Close()
	sound, err := s.checkUpload(ctx, file)
	done := Restored{Bytes: file.Size()}
	if err != nil {
		return done, err
	}
	result := make(chan error, 1)
	s.spawn("a restore", func() { result <- s.exchange(ctx, file, sound, &done) })
	return done, <-result
}

// soundFile is what the check of a file has found out.
type soundFile struct {
	needed    int64 // bytes of nodes that its data will take, at most
	libraries *script.Libraries
	functions int64
}

// checkUpload reads the whole file as a load would, into a store of its own that is
// emptied again and again.
func (s *Server) checkUpload(ctx context.Context, file spool) (*soundFile, error) {
	limit := s.dataLimit()
	store, err := keyspace.New(keyspace.Options{
		Heap:   page.Options{Reserve: limit},
		Shards: 1, Databases: s.store.Databases(), Seed: 1, Now: s.clock.NowMs,
	})
	if err != nil {
		return nil, fmt.Errorf("room for checking the file: %w", err)
	}
	defer store.Close()
	tx := store.NewTx()
	tx.LockAll(s.clock.NowMs())
	defer tx.Unlock()
	sound := &soundFile{libraries: script.NoLibraries()}
	d, o := s.saver.loadOptions(rdb.LoadOptions{NowMs: s.clock.NowMs(), DropExpired: true, Tx: tx})
	d.Size = file.Size()
	o.Aux, o.Skipping, o.Delay = nil, nil, nil
	o.Stop = func() bool { return ctx.Err() != nil || s.stopped.Load() }
	o.Function = func(source []byte) error {
		libraries, _, text := s.scripts.Compile(sound.libraries, source, false, script.LoadTime)
		if text != "" {
			return fmt.Errorf("Failed loading library, %s", text)
		}
		sound.libraries = libraries
		sound.functions++
		return nil
	}
	loader, _ := rdb.NewLoader(store, o)
	m := &measuring{Visitor: loader, store: store, tx: tx, sound: sound, limit: limit}
	decoder := rdb.NewDecoder(file.Reader(), d)
	err = decoder.Decode(m)
	m.sum()
	switch {
	case errors.Is(err, rdb.ErrStopped):
		return nil, context.Cause(ctx)
	case errors.Is(err, rdb.ErrMemory) || errors.Is(err, ErrNoMemory) || err == nil && sound.needed > limit:
		return nil, fmt.Errorf("%w: more than %d bytes, of which there may be %d", ErrNoMemory, sound.needed, limit)
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrBadFile, err)
	case decoder.Offset() != file.Size():
		return nil, fmt.Errorf("%w: its end is at offset %d, and %d bytes follow", ErrBadFile, decoder.Offset(), file.Size()-decoder.Offset())
	}
	return sound, nil
}

// measuring is the Visitor of a check: it adds up what the keys take.
type measuring struct {
	rdb.Visitor
	store *keyspace.Store
	tx    *keyspace.Tx
	sound *soundFile
	limit int64
}

// checkedAtOnce is how many bytes of keys a check keeps before it forgets them.
const checkedAtOnce = 4 << 20

// Entry implements rdb.Visitor.
func (m *measuring) Entry(e *rdb.Entry) error {
	if err := m.Visitor.Entry(e); err != nil {
		return err
	}
	if m.store.UsedMemory() >= checkedAtOnce {
		m.sum()
	}
	if m.sound.needed > m.limit {
		return ErrNoMemory
	}
	return nil
}

// ResizeDB implements rdb.Visitor: no room is made for what will not be kept.
func (m *measuring) ResizeDB(_, _ uint64) error { return nil }

// Function implements rdb.FunctionVisitor.
func (m *measuring) Function(source []byte) error {
	return m.Visitor.(rdb.FunctionVisitor).Function(source)
}

// sum counts what the keys take, and forgets them.
func (m *measuring) sum() {
	m.sound.needed += m.store.UsedMemory()
	m.tx.Flush(-1, false)
}

// dataLimit is how many bytes of nodes there may be.
func (s *Server) dataLimit() int64 {
	set := s.live.Load()
	limit := s.store.Heap().Reserved()
	if set.MaxMemory > 0 {
		limit = min(limit, memoryLimit(set)-(s.usedMemory()-s.store.UsedMemory()))
	}
	if most := s.mostResident(); most > 0 {
		limit = min(limit, most-(s.resident()-s.store.Heap().Committed()))
	}
	return max(limit, 0)
}

// mostResident is how many bytes the process may hold: maxmemory-resident, or nine
// tenths of the machine's memory; 0 if neither is known.
func (s *Server) mostResident() int64 {
	if set := s.live.Load(); set.MaxMemoryResident > 0 {
		return int64(min(set.MaxMemoryResident, 1<<62))
	}
	return systemMemory() / 10 * 9
}

// both tells whether memory holds the data that there is and needed bytes more.
func (s *Server) both(needed int64) bool {
	needed += needed/8 + 4<<20
	most := s.mostResident()
	return (most == 0 || s.resident()+needed <= most) && s.store.Heap().Room(needed)
}
