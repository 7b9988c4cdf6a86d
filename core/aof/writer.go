package aof

import (
	"bytes"
	"errors"
	"io/fs"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// Policy says when what was written is made durable (appendfsync).
type Policy uint8

// The policies.
const (
	// EverySecond syncs in the background, about once a second.
	EverySecond Policy = iota
	// Always syncs before the replies that depend on it.
	Always
	// Never leaves it to the operating system.
	Never
)

// Settings are the directives that may change while the Writer works.
type Settings struct {
	Policy Policy // appendfsync
	// NoSyncOnRewrite leaves syncing to the operating system while Options.Busy
	// says so (no-appendfsync-on-rewrite).
	NoSyncOnRewrite bool
	// Timestamps writes a line with the time before the first unit of each
	// second (aof-timestamp-enabled).
	Timestamps bool
	// IncrementalSync syncs a base while it is written, each 4 MiB
	// (aof-rewrite-incremental-fsync).
	IncrementalSync bool
	// KeepHistory leaves files that a rewrite has replaced where they are
	// (aof-disable-auto-gc).
	KeepHistory bool
}

// Options for Open. All but the functions must be set.
type Options struct {
	FS    vfs.FS
	Dir   string // the directory of the files: appenddirname within dir
	Name  string // appendfilename
	Clock clock.Clock
	// Notice and Warning take lines for the log; nil: there is none.
	Notice, Warning func(format string, args ...any)
	// Busy tells whether a save or a rewrite writes in the background; nil:
	// never. It is called under the file lock.
	Busy func() bool
	// Took is told how long a step has taken in which clients may have waited, by
	// Redis's name for the event of the latency monitor; nil: nobody asks.
	Took func(event string, d time.Duration)
	// Durable is told that more may have become durable; nil: nobody asks. It is
	// called with locks of the Writer held.
	Durable func()
	// Go runs fn in the background; nil: in a goroutine.
	Go func(fn func())
}

// Writer writes the append-only file: it is a sink of the journal. The
// package comment draws its states. Methods may be called by any goroutine;
// none but Append and Rewrite.Cut may be called under shards' locks.
type Writer struct {
	o   Options
	set atomic.Pointer[Settings]

	// Offsets in the journal. Up to written all is in files, up to durable it is
	// on disk, in files that the manifest lists (A2).
	written, durable atomic.Int64

	size, baseSize atomic.Int64 // bytes of all files, now and after the last rewrite
	delayed        atomic.Int64 // writes that did not wait longer for a sync

	mu             sync.Mutex // held for moments, never while waiting for a disk
	phase          phase      // changes under both locks
	target         *tail      // what Append appends to; nil: nothing
	next           *tail      // of a rewrite; changes under both locks
	end            int64      // offset behind the last byte appended
	stampSec       int64      // of the last line with the time
	syncing        bool       // a background sync runs
	syncErr        error      // of a background sync, not yet acted upon
	idle           *sync.Cond // of mu: syncing has become false
	postponed      bool       // a write waits for a sync, since postponedSince
	postponedSince time.Duration
	failing        error    // the last write failed; it is tried again
	stale          error    // why cur cannot be written to; a rewrite is needed
	rewrite        *Rewrite // the one that runs; changes under both locks
	limit          rewriteLimit

	io         fileLock  // held while files are worked on; before mu
	manifest   *Manifest // as it is on disk
	unsure     bool      // another one may be there: persisting it has failed late
	cur        *tail     // the last file that the manifest lists; nil while off
	spare      []byte    // a buffer that is not in use
	lastSync   time.Duration
	lastLook   time.Duration
	lastFailed time.Duration // when an error was last logged
	failedOnce bool
}

// fileLock is a mutex which tells whether somebody holds it, or waits for it, for
// as long as the disk may take.
type fileLock struct {
	sync.Mutex
	long atomic.Int32
}

// LockLong is Lock for those who wait for the disk meanwhile.
func (l *fileLock) LockLong() {
	l.long.Add(1)
	l.Lock()
}

// UnlockLong ends LockLong.
func (l *fileLock) UnlockLong() {
	l.Unlock()
	l.long.Add(-1)
}

// phase is whether there is an append-only file.
type phase uint8

const (
	off     phase = iota
	waiting       // turned on, until a rewrite has made the first base
	on
)

// Open reads the manifest, if there is one, and returns a Writer that is off.
func Open(o Options, s Settings) (*Writer, error) {
	m, err := LoadManifest(o.FS, o.Dir, o.Name)
	if err != nil {
		return nil, err
	}
	for _, log := range []*func(string, ...any){&o.Notice, &o.Warning} {
		if *log == nil {
			*log = func(string, ...any) {}
		}
	}
	if o.Busy == nil {
		o.Busy = func() bool { return false }
	}
	if o.Took == nil {
		o.Took = func(string, time.Duration) {}
	}
	if o.Durable == nil {
		o.Durable = func() {}
	}
	if o.Go == nil {
		o.Go = func(fn func()) { go fn() }
	}
	w := &Writer{o: o, manifest: m}
	w.idle = sync.NewCond(&w.mu)
	w.Configure(s)
	return w, nil
}

// timed tells Took how long fn takes.
func (w *Writer) timed(event string, fn func() error) error {
	start := w.o.Clock.Mono()
	err := fn()
	w.o.Took(event, w.o.Clock.Mono()-start)
	return err
}

// writeEvent is what a write of now is called beside "aof-write".
func (w *Writer) writeEvent() string {
	w.mu.Lock()
	syncing := w.syncing
	w.mu.Unlock()
	switch {
	case syncing:
		return "aof-write-pending-fsync"
	case w.o.Busy():
		return "aof-write-active-child"
	}
	return "aof-write-alone"
}

// Configure changes the settings. What a new policy asks for is done by the
// next Turn or Tick. It takes no lock.
func (w *Writer) Configure(s Settings) { w.set.Store(&s) }

// Append takes the next bytes of the journal, whole units, into memory
// (journal.Sink). The caller holds the journal's mutex.
func (w *Writer) Append(p []byte) {
	if invariant.Enabled {
		invariant.Check(len(p) > 0 && p[0] == '*' && bytes.HasSuffix(p, []byte("\r\n")), "A6", "appended %.60q", p)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.end += int64(len(p))
	t := w.target
	if t == nil {
		return
	}
	if w.set.Load().Timestamps {
		t.buf = w.stamp(t.buf)
	}
	t.buf = append(t.buf, p...)
	t.bufEnd = w.end
}

// stamp appends a line with the time if the second is another than that of the
// last line (Redis: genAofTimestampAnnotationIfNeeded). It stands between
// units (A6).
func (w *Writer) stamp(b []byte) []byte {
	sec := w.o.Clock.NowMs() / 1000
	if sec <= w.stampSec {
		return b
	}
	w.stampSec = sec
	return appendStamp(b, sec)
}

func appendStamp(b []byte, sec int64) []byte {
	b = strconv.AppendInt(append(b, "#TS:"...), sec, 10)
	return append(b, "\r\n"...)
}

// State is what the Writer tells of itself.
type State struct {
	On      bool // turned on, also while Waiting
	Waiting bool // no rewrite has made the first base yet
	Stale   bool // a rewrite is needed before anything can be written
	// Err is why writes must be refused, nil if they need not be.
	Err         error
	Size        int64 // bytes of base and increments
	BaseSize    int64 // Size after the last rewrite or start
	Buffered    int64 // bytes in memory only
	SyncPending bool  // a background sync runs
	Delayed     int64 // writes that were made though a sync still ran after two seconds
	Written     int64 // offset in the journal up to which files hold all
	Durable     int64 // and up to which it is on disk
}

// State returns how things are. It does not wait for a disk.
func (w *Writer) State() State {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := State{
		On: w.phase != off, Waiting: w.phase == waiting, Stale: w.stale != nil, Err: w.err(),
		Size: w.size.Load(), BaseSize: w.baseSize.Load(), SyncPending: w.syncing, Delayed: w.delayed.Load(),
		Written: w.written.Load(), Durable: w.durable.Load(),
	}
	if w.target != nil {
		s.Buffered = int64(len(w.target.buf)) + w.target.leftSize.Load()
	}
	return s
}

// Err is State's Err: why commands that write must be refused (MISCONF).
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err()
}

// err is Err under mu.
func (w *Writer) err() error {
	if w.stale != nil {
		return w.stale
	}
	return w.failing
}

// ErrText is the text of an error of the system as C's strerror words it, as
// far as that differs from Go's only in the first letter; other errors' own.
func ErrText(err error) string {
	var errno syscall.Errno
	switch {
	case errors.Is(err, fs.ErrNotExist): // of any file system
		return "No such file or directory"
	case !errors.As(err, &errno):
		return err.Error()
	}
	text := []byte(errno.Error())
	if len(text) > 0 && text[0] >= 'a' && text[0] <= 'z' {
		text[0] -= 'a' - 'A'
	}
	return string(text)
}
