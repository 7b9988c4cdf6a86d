package aof

import (
	"fmt"
	"io"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// keepBuffer is up to what size a buffer is kept for the next writes, in bytes.
const keepBuffer = 1 << 20

// tail is an increment that is written to.
//
//	buf ──take──▶ left ──put──▶ file ──sync──▶ durable
//
// Fields are guarded by the Writer's file lock, but where it says mu.
type tail struct {
	name string
	file vfs.File
	size int64 // bytes of the file: whole units (A1)
	end  int64 // offset in the journal behind them

	left     []byte // taken from buf, not yet in the file
	leftEnd  int64
	leftSize atomic.Int64 // len(left), for State

	buf    []byte // mu: appended, not yet taken
	bufEnd int64  // mu: offset behind it
	synced int64  // mu: size up to which the file is durable

	// detached tells that the manifest is to list the file only together with
	// the base that belongs to it: what came before it is not in files. Both
	// locks.
	detached bool
	cut      bool  // mu: appended bytes belong to it, no longer to the file before
	listed   bool  // the manifest on disk may list it
	broken   error // why it can no longer be written to
}

// openTail opens the increment called name, emptied if it is there.
func (w *Writer) openTail(name string) (*tail, error) {
	file, err := w.o.FS.OpenAppend(w.path(name))
	if err != nil {
		return nil, fmt.Errorf("open the append-only file %s: %w", name, err)
	}
	t := &tail{name: name, file: file}
	info, err := file.Stat()
	if err == nil && info.Size() > 0 {
		err = file.Truncate(0)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("empty the append-only file %s: %w", name, err)
	}
	return t, nil
}

func (w *Writer) path(name string) string { return filepath.Join(w.o.Dir, name) }

// errCut is an error of a write whose first bytes could not be cut off again.
type errCut struct{ error }

func (e errCut) Unwrap() error { return e.error }

// put writes left to the file: all of it, or nothing, or the error is an
// errCut.
func (t *tail) put() error {
	if len(t.left) > 0 {
		n, err := t.file.Write(t.left)
		if err == nil && n < len(t.left) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return t.undo(err)
		}
		t.size += int64(n)
	}
	t.end = t.leftEnd
	if invariant.Enabled {
		t.check()
	}
	return nil
}

// check verifies that the file has what it should have, of its units.
func (t *tail) check() {
	info, err := t.file.Stat()
	invariant.Check(err != nil || info.Size() <= t.size, "A1", "%s has %d bytes, not %d", t.name, info.Size(), t.size)
	invariant.Check(t.broken == nil, "A4", "%s is written to after %v", t.name, t.broken)
}

// undo cuts off what a failed write has left in the file (A1).
func (t *tail) undo(err error) error {
	err = fmt.Errorf("write the append-only file %s: %w", t.name, err)
	if info, statErr := t.file.Stat(); statErr == nil && info.Size() == t.size {
		return err
	}
	if cutErr := t.file.Truncate(t.size); cutErr != nil {
		return errCut{fmt.Errorf("%w (and cut off what was written of it: %v)", err, cutErr)}
	}
	return err
}

// drain writes what was appended for t: what an error left behind, then what
// came since. Each is one write. The caller holds the file lock.
func (w *Writer) drain(t *tail) error {
	if err := w.putLeft(t); err != nil {
		return err
	}
	w.mu.Lock()
	t.left, t.buf, w.spare = t.buf, w.spare, nil
	t.leftEnd = t.bufEnd
	t.leftSize.Store(int64(len(t.left)))
	w.mu.Unlock()
	return w.putLeft(t)
}

func (w *Writer) putLeft(t *tail) error {
	before, start := t.size, w.o.Clock.Mono()
	if err := t.put(); err != nil {
		return err
	}
	if took := w.o.Clock.Mono() - start; took >= time.Millisecond { // the least that is of interest
		w.o.Took("aof-write", took)
		w.o.Took(w.writeEvent(), took)
	}
	if !t.detached {
		w.size.Add(t.size - before)
	}
	t.leftSize.Store(0)
	if cap(t.left) <= keepBuffer && cap(t.left) > cap(w.spare) {
		w.spare = t.left[:0]
	}
	t.left = nil
	raise(&w.written, t.end)
	return nil
}

// sync makes the whole file durable.
func (w *Writer) sync(t *tail) error {
	w.mu.Lock()
	clean := t.synced == t.size
	w.mu.Unlock()
	if !clean {
		if err := w.timed("aof-fsync-always", t.file.DataSync); err != nil {
			return fmt.Errorf("sync the append-only file %s: %w", t.name, err)
		}
	}
	w.mu.Lock()
	t.synced = t.size
	w.mu.Unlock()
	if t == w.cur {
		if invariant.Enabled {
			invariant.Check(t.end <= w.written.Load(), "A2", "durable up to %d, written up to %d", t.end, w.written.Load())
		}
		w.raiseDurable(t.end)
	}
	return nil
}

// drop forgets what was appended for t and not written. The caller holds both
// locks.
func (t *tail) drop() {
	t.left, t.buf = nil, nil
	t.leftSize.Store(0)
}

// raiseDurable notes that all up to offset n is durable.
func (w *Writer) raiseDurable(n int64) {
	raise(&w.durable, n)
	w.o.Durable()
}

// raise sets v to n unless it is more already.
func raise(v *atomic.Int64, n int64) {
	for old := v.Load(); n > old && !v.CompareAndSwap(old, n); old = v.Load() {
	}
}
