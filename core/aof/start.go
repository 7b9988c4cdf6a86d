package aof

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// Upgrade moves the single append-only file of a Redis before 7, called name in
// dir's parent, into dir, where it becomes the base, as Redis 7 does: the
// manifest lists it first, then it is moved, so that a start after a crash goes
// on where this one stopped. It does nothing if there is no such file, or dir
// holds an append-only file of its own. It is called before loading, and before
// Open.
func Upgrade(fsys vfs.FS, dir, name string) (moved bool, err error) {
	parent := filepath.Dir(dir)
	old, moveTo := filepath.Join(parent, name), filepath.Join(dir, name)
	if there, err := exists(fsys, old); !there || err != nil {
		return false, err
	}
	m, err := LoadManifest(fsys, dir, name)
	if err != nil {
		return false, err
	}
	if base, _ := m.Base(); !m.Empty() {
		here, err := exists(fsys, moveTo)
		if err != nil || here || base.Name != name || len(m.Live()) > 1 {
			return false, err
		}
	}
	if err := fsys.MkdirAll(dir); err != nil {
		return false, fmt.Errorf("make the AOF directory: %w", err)
	}
	if err := fsys.SyncDir(parent); err != nil {
		return false, fmt.Errorf("make the AOF directory durable: %w", err)
	}
	m = &Manifest{}
	m.AddOldBase(name)
	if err := m.Persist(fsys, dir, name); err != nil {
		return false, fmt.Errorf("persist the AOF manifest: %w", err)
	}
	if err := fsys.Rename(old, moveTo); err != nil {
		return false, fmt.Errorf("move the old AOF file %s into dir %s: %w", name, dir, err)
	}
	for _, d := range []string{dir, parent} { // there before it is no longer here
		if err := fsys.SyncDir(d); err != nil {
			return false, fmt.Errorf("make the move of the old AOF file durable: %w", err)
		}
	}
	return true, nil
}

func exists(fsys vfs.FS, path string) (bool, error) {
	_, err := fsys.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the AOF file: %w", err)
	}
	return true, nil
}

// StartOptions are what Start needs to know of what was loaded.
type StartOptions struct {
	At int64 // the journal's offset: of the first byte that Append will get
	// Last is the name of the last file that was loaded, "" if there was none,
	// and Valid up to where it was: what is behind is cut off.
	Last  string
	Valid int64
	// Base writes a base, which is needed where nothing was loaded, and Preamble
	// tells that it is an RDB file.
	Base     func(io.Writer) error
	Preamble bool
}

// Start turns the Writer on, after the files were loaded: it continues the last
// increment, or makes what is missing. It returns with everything durable. The
// caller has nobody else use the databases.
func (w *Writer) Start(o StartOptions) error {
	w.io.LockLong()
	defer w.io.UnlockLong()
	if w.phase != off {
		return errors.New("the append-only file is on already")
	}
	if err := w.makeDir(); err != nil {
		return err
	}
	w.removeFile(tempBaseName(w.o.Name))
	w.removeFile(tempIncrName(w.o.Name))
	if o.Last != "" {
		if err := w.cutOff(o.Last, o.Valid); err != nil {
			return err
		}
	}
	m := w.manifest.Clone()
	if m.Empty() {
		if err := w.firstBase(m, o); err != nil {
			return err
		}
	}
	t, err := w.lastIncr(m)
	if err != nil {
		return err
	}
	if err := w.begin(m, t, o.At); err != nil {
		t.file.Close()
		return err
	}
	return nil
}

// cutOff makes a file end where what was loaded of it ends, durably: later ones
// follow it.
func (w *Writer) cutOff(name string, valid int64) error {
	file, err := w.o.FS.OpenAppend(w.path(name))
	if err != nil {
		return fmt.Errorf("Can't open the append-only file %s: %w", name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() < valid {
		return errors.Join(err, fmt.Errorf("%s is shorter than what was loaded of it", name))
	}
	if info.Size() > valid {
		if err := file.Truncate(valid); err != nil {
			return fmt.Errorf("cut off the end of %s: %w", name, err)
		}
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync the append-only file %s: %w", name, err)
	}
	return nil
}

// firstBase writes a base and lists it in m.
func (w *Writer) firstBase(m *Manifest, o StartOptions) error {
	temp, base := tempBaseName(w.o.Name), m.AddBase(w.o.Name, o.Preamble).Name
	_, err := w.writeDurably(temp, w.set.Load().IncrementalSync, o.Base)
	if err == nil {
		err = w.rename(temp, base)
	}
	if err != nil {
		w.removeFile(temp)
		return err
	}
	w.o.Notice("Creating AOF base file %s on server start", base)
	return nil
}

// lastIncr opens the last increment of m, and lists and makes it if there is
// none.
func (w *Writer) lastIncr(m *Manifest) (*tail, error) {
	f, ok := m.LastIncr()
	if !ok {
		f = m.AddIncr(w.o.Name)
		t, err := w.openTail(f.Name) // somebody may have left one
		if err == nil {
			w.o.Notice("Creating AOF incr file %s on server start", f.Name)
		}
		return t, err
	}
	file, err := w.o.FS.OpenAppend(w.path(f.Name))
	if err != nil {
		return nil, fmt.Errorf("Can't open the append-only file %s: %w", f.Name, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("size of the append-only file %s: %w", f.Name, err)
	}
	w.o.Notice("Opening AOF incr file %s on server start", f.Name)
	return &tail{name: f.Name, file: file, size: info.Size()}, nil
}

// begin makes everything durable and has t written to.
func (w *Writer) begin(m *Manifest, t *tail, at int64) error {
	if err := t.file.Sync(); err != nil { // also what an earlier process has not synced
		return fmt.Errorf("sync the append-only file %s: %w", t.name, err)
	}
	if err := w.o.FS.SyncDir(w.o.Dir); err != nil {
		return fmt.Errorf("make the names of the AOF files durable: %w", err)
	}
	if m.String() != w.manifest.String() {
		if _, err := w.persist(m); err != nil {
			return err
		}
	}
	t.listed = true
	if err := w.measure(); err != nil {
		return err
	}
	t.synced, t.end, t.bufEnd = t.size, at, at
	w.written.Store(at)
	w.durable.Store(at)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cur, w.target, w.end, w.phase = t, t, at, on
	return nil
}

// measure sums the sizes of the files, and takes the base's for that after the
// last rewrite, which nobody has written down (as Redis does).
func (w *Writer) measure() error {
	var all, base int64
	for _, f := range w.manifest.Live() {
		info, err := w.o.FS.Stat(w.path(f.Name))
		if err != nil {
			return fmt.Errorf("size of the AOF file %s: %w", f.Name, err)
		}
		all += info.Size()
		if f.Type == Base {
			base = info.Size()
		}
	}
	w.size.Store(all)
	w.baseSize.Store(base)
	return nil
}

// Stop writes and syncs what there is and turns the Writer off, when the server
// ends or the append-only file is turned off. The files stay. A rewrite that
// runs is over. An error tells that not everything is on disk.
func (w *Writer) Stop() error {
	w.io.LockLong()
	defer w.io.UnlockLong()
	if w.phase == off {
		return nil
	}
	w.settle()
	w.flush()
	w.syncCurrent()
	var err error
	if w.phase == on {
		err = w.Err()
	}
	if r := w.rewrite; r != nil {
		r.discard(ErrCancelled)
	}
	if w.next != nil { // whose switch could not be completed
		w.abandonNext()
	}
	if w.cur != nil {
		if closeErr := w.cur.file.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("close the append-only file %s: %w", w.cur.name, closeErr)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cur, w.target, w.phase, w.failing, w.stale = nil, nil, off, nil, nil
	return err
}

// Reload makes the files ready to be loaded by the running server (DEBUG
// LOADAOF): it writes what there is and, while off, reads the manifest again.
func (w *Writer) Reload() error {
	w.io.LockLong()
	if w.phase == off {
		m, err := LoadManifest(w.o.FS, w.o.Dir, w.o.Name)
		if err != nil {
			w.io.UnlockLong()
			return err
		}
		w.manifest = m
	} else {
		w.flush()
	}
	err := w.Err()
	w.io.UnlockLong()
	w.DeleteHistory()
	return err
}
