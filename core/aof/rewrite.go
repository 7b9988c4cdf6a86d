package aof

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// Errors of rewrites.
var (
	// ErrRewriteRunning is why there cannot be another rewrite now.
	ErrRewriteRunning = errors.New("a rewrite of the append-only file is running")
	// ErrCancelled ends a rewrite that has not failed: nobody wants it any more.
	ErrCancelled = errors.New("the rewrite of the append-only file was cancelled")
)

// Rewrite is one rewrite of the append-only file: the data at one moment, the
// cut, becomes the new base, and what is appended later goes to a new increment.
//
//	PrepareSwitch ─▶ Cut ─▶ WriteBase ─▶ Install
//	       └──────────┴──────────┴─▶ Discard
//
// While the Writer is off there is a new base only. One goroutine uses it, but
// for Cut.
type Rewrite struct {
	w        *Writer
	next     *tail // nil while off
	preamble bool
	written  bool  // the base is in its temporary file
	size     int64 // of the base
	over     bool  // of w's file lock
}

func tempBaseName(name string) string { return "temp-" + name + ".base" }
func tempIncrName(name string) string { return "temp-" + name + ".incr" }

// TurnOn begins an append-only file while the server runs: State says Waiting,
// and NeedsRewrite is true, until a rewrite is installed. Errors of the past are
// forgotten.
func (w *Writer) TurnOn() {
	w.io.LockLong()
	defer w.io.UnlockLong()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phase == off {
		w.phase, w.failing, w.stale = waiting, nil, nil
	}
}

// NeedsRewrite tells that a rewrite must be begun: nothing is kept before it is
// installed.
func (w *Writer) NeedsRewrite() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rewrite == nil && (w.phase == waiting || w.phase == on && w.stale != nil)
}

// PrepareSwitch begins a rewrite: it makes the next increment, empty and not yet
// listed. preamble tells that the base will be an RDB file
// (aof-use-rdb-preamble). It waits for the disk.
func (w *Writer) PrepareSwitch(preamble bool) (*Rewrite, error) {
	w.io.LockLong()
	defer w.io.UnlockLong()
	if w.rewrite != nil {
		return nil, ErrRewriteRunning
	}
	if err := w.makeDir(); err != nil {
		return nil, w.rewriteFailed(err)
	}
	r := &Rewrite{w: w, preamble: preamble}
	if w.phase != off {
		w.look()
		w.flush()
		if err := r.openNext(); err != nil {
			return nil, w.rewriteFailed(err)
		}
	}
	w.setRewrite(r)
	return r, nil
}

// setRewrite notes which rewrite runs, nil for none. The caller holds the file
// lock.
func (w *Writer) setRewrite(r *Rewrite) {
	w.mu.Lock()
	w.rewrite = r
	w.mu.Unlock()
}

// makeDir makes the directory, durably, if it is not there.
func (w *Writer) makeDir() error {
	if err := w.o.FS.MkdirAll(w.o.Dir); err != nil {
		return fmt.Errorf("Can't open or create append-only dir %s: %w", w.o.Dir, err)
	}
	if err := w.o.FS.SyncDir(filepath.Dir(w.o.Dir)); err != nil {
		return fmt.Errorf("make the AOF directory durable: %w", err)
	}
	return nil
}

// openNext makes the next increment. Where there is no file that it can
// continue, it has Redis's temporary name until Install.
func (r *Rewrite) openNext() error {
	w := r.w
	if w.next != nil { // of a rewrite that was discarded
		return fmt.Errorf("the last switch of files is not complete: %w", w.Err())
	}
	detached := w.cur == nil || w.cur.broken != nil
	name := tempIncrName(w.o.Name)
	if !detached {
		name = w.manifest.Clone().AddIncr(w.o.Name).Name
	}
	t, err := w.openTail(name)
	if err != nil {
		return err
	}
	if err := w.o.FS.SyncDir(w.o.Dir); err != nil {
		w.remove(t)
		return fmt.Errorf("make the name of %s durable: %w", name, err)
	}
	t.detached = detached
	w.o.Notice("Creating AOF incr file %s on background rewrite", name)
	w.mu.Lock()
	w.next, r.next = t, t
	w.mu.Unlock()
	return nil
}

// Cut says that all that is appended from now on follows the data as it is now:
// it goes to the next increment. at is the journal's end. The caller holds every
// shard's lock and has the journal begin anew (Attach or Mark). No I/O is done
// here.
func (r *Rewrite) Cut(at int64) {
	w := r.w
	w.mu.Lock()
	t := r.next
	if t == nil || w.next != t {
		w.mu.Unlock()
		return
	}
	w.end = at
	w.target, t.cut, t.bufEnd = t, true, at
	w.mu.Unlock()
	w.o.Go(func() {
		w.io.LockLong()
		defer w.io.UnlockLong()
		w.flush()
	})
}

// completeSwitch makes the next increment the current file: the one before it is
// complete and durable, then the manifest lists the next one, then it is written
// to (A3). An error leaves everything as it is, to be tried again.
func (w *Writer) completeSwitch() error {
	w.settle()
	next := w.next
	if w.cur.broken == nil {
		if err := w.sync(w.cur); err != nil {
			w.goStale(err)
		}
	}
	if next.detached {
		w.drainDetached(next)
		return nil
	}
	if invariant.Enabled {
		w.mu.Lock()
		cur := w.cur
		invariant.Check(cur.synced == cur.size && len(cur.left)+len(cur.buf) == 0, "A3",
			"%s follows %s, which is not complete", next.name, cur.name)
		w.mu.Unlock()
	}
	m := w.manifest.Clone()
	m.AddIncr(w.o.Name)
	listed, err := w.persist(m)
	next.listed = next.listed || listed
	if err != nil {
		return fmt.Errorf("switch to the append-only file %s: %w", next.name, err)
	}
	w.close(w.cur)
	w.setCurrent(next)
	return nil
}

// setCurrent makes the next increment the current one.
func (w *Writer) setCurrent(t *tail) {
	w.mu.Lock()
	w.cur, w.next, t.detached = t, nil, false
	w.mu.Unlock()
}

// close closes a file that is complete or given up.
func (w *Writer) close(t *tail) {
	if t == nil {
		return
	}
	if err := t.file.Close(); err != nil {
		w.o.Warning("Closing the append-only file %s: %v", t.name, err)
	}
}

// drainDetached writes what was appended for a file that the manifest does not
// list. If that fails, so does its rewrite.
func (w *Writer) drainDetached(t *tail) {
	if t.broken != nil {
		return
	}
	if err := w.drain(t); err != nil {
		w.breakOff(t, err)
	}
}

func (w *Writer) breakOff(t *tail, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	t.broken = err
	t.drop()
	if w.target == t {
		w.target = nil
	}
}

// syncEvery is how much WriteBase writes between two syncs with
// IncrementalSync, in bytes (Redis: REDIS_AUTOSYNC_BYTES).
const syncEvery = 4 << 20

// WriteBase makes the new base, of what write writes, in a temporary file. It is
// durable when WriteBase returns. write should write large blocks.
func (r *Rewrite) WriteBase(write func(io.Writer) error) error {
	w := r.w
	size, err := w.writeDurably(tempBaseName(w.o.Name), w.set.Load().IncrementalSync, write)
	if err != nil {
		return err
	}
	r.written, r.size = true, size
	w.o.Notice("Successfully created the temporary AOF base file %s", tempBaseName(w.o.Name))
	return nil
}

// writeDurably writes a new file in the directory and returns its size.
func (w *Writer) writeDurably(name string, incremental bool, write func(io.Writer) error) (size int64, err error) {
	file, err := w.o.FS.Create(w.path(name))
	if err != nil {
		return 0, fmt.Errorf("create the temporary AOF base file: %w", err)
	}
	out := &baseWriter{file: file}
	if incremental {
		out.every = syncEvery
	}
	if err = write(out); err == nil {
		if err = file.Sync(); err != nil {
			err = fmt.Errorf("sync the temporary AOF base file: %w", err)
		}
	}
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("close the temporary AOF base file: %w", closeErr)
	}
	return out.size, err
}

// baseWriter counts, and syncs after each so many bytes, never if every is 0.
type baseWriter struct {
	file         vfs.File
	every, dirty int
	size         int64
}

func (b *baseWriter) Write(p []byte) (int, error) {
	n, err := b.file.Write(p)
	b.size += int64(n)
	b.dirty += n
	if err != nil {
		return n, fmt.Errorf("write the temporary AOF base file: %w", err)
	}
	if b.every > 0 && b.dirty >= b.every {
		b.dirty = 0
		if err := b.file.DataSync(); err != nil {
			return n, fmt.Errorf("sync the temporary AOF base file: %w", err)
		}
	}
	return n, nil
}

// Install puts the new base, and the increment that follows it, into the
// manifest, and removes what they replace. After an error the rewrite is
// discarded. It waits for the disk.
func (r *Rewrite) Install() error {
	w := r.w
	w.io.LockLong()
	err := r.install()
	if err != nil {
		r.discard(err)
	}
	w.io.UnlockLong()
	if err == nil {
		w.DeleteHistory()
	}
	return err
}

func (r *Rewrite) install() error {
	w := r.w
	switch {
	case r.over:
		return ErrCancelled
	case !r.written:
		return errors.New("install a rewrite without a base")
	}
	m, err := r.list()
	if err != nil {
		return err
	}
	listed, err := w.persist(m)
	if err != nil {
		if r.next != nil {
			r.next.listed = r.next.listed || listed
		}
		w.forget(m, listed)
		return err
	}
	r.adopt()
	w.o.Notice("Background AOF rewrite finished successfully")
	return nil
}

// list gives the new files their names and returns the manifest that lists them.
func (r *Rewrite) list() (*Manifest, error) {
	w, t := r.w, r.next
	w.settle()
	w.flush()
	keep := 0
	if t != nil {
		keep = 1
		if err := r.ready(); err != nil {
			return nil, err
		}
	}
	m := w.manifest.Clone()
	base := m.AddBase(w.o.Name, r.preamble).Name
	if err := w.rename(tempBaseName(w.o.Name), base); err != nil {
		return nil, err
	}
	r.written = false // it has another name
	m.RetireIncrs(keepBefore(keep, t))
	if t != nil && t.detached {
		incr := m.AddIncr(w.o.Name).Name
		if incr != t.name {
			if err := w.rename(t.name, incr); err != nil {
				w.removeFile(base)
				return nil, err
			}
			t.name = incr
		}
	}
	if err := w.o.FS.SyncDir(w.o.Dir); err != nil {
		w.removeFile(base)
		return nil, fmt.Errorf("make the names of the AOF files durable: %w", err)
	}
	return m, nil
}

// keepBefore is how many of the increments that are listed now stay: the current
// one, if it is the one that follows the new base.
func keepBefore(keep int, t *tail) int {
	if t != nil && t.detached {
		return 0
	}
	return keep
}

// ready brings the increment that follows the new base up to date, or tells why
// it cannot be used.
func (r *Rewrite) ready() error {
	w, t := r.w, r.next
	switch {
	case t.broken != nil:
		return t.broken
	case t == w.cur:
		return nil
	case !t.cut:
		return errors.New("install a rewrite without a cut")
	case !t.detached:
		return fmt.Errorf("the switch of files is not complete: %w", w.Err())
	}
	return w.sync(t)
}

// persist writes the manifest and makes it the current one. If it fails but may
// be what the next start finds, listed is true: the files that it names are not
// removed before another manifest is durable, and their names not used again
// (A5).
func (w *Writer) persist(m *Manifest) (listed bool, err error) {
	err = m.Persist(w.o.FS, w.o.Dir, w.o.Name)
	if err == nil {
		w.manifest, w.unsure = m, false
		return true, nil
	}
	err = fmt.Errorf("persist the AOF manifest: %w", err)
	found, readErr := LoadManifest(w.o.FS, w.o.Dir, w.o.Name)
	listed = readErr != nil || found.String() != w.manifest.String()
	w.unsure = w.unsure || listed
	return listed, err
}

// forget deals with the files of a manifest that could not be persisted.
func (w *Writer) forget(m *Manifest, listed bool) {
	for _, f := range m.Live() {
		switch {
		case w.manifest.lists(f.Name):
		case listed:
			w.manifest.retire(f)
		default:
			w.removeFile(f.Name)
		}
	}
}

// retire makes history of a file that the manifest does not list, but that
// another one does which may be found on disk.
func (m *Manifest) retire(f File) {
	if f.Type == Incr {
		m.incrSeq = max(m.incrSeq, f.Seq)
	} else {
		m.baseSeq = max(m.baseSeq, f.Seq)
	}
	f.Type = History
	m.history = append(m.history, f)
}

// lists tells whether the manifest knows a file called name.
func (m *Manifest) lists(name string) bool {
	for _, f := range append(m.Live(), m.history...) {
		if f.Name == name {
			return true
		}
	}
	return false
}

// adopt makes the installed files the ones that are worked on.
func (r *Rewrite) adopt() {
	w, t := r.w, r.next
	r.over = true
	w.setRewrite(nil)
	w.AllowRewrite()
	size := r.size
	if t != nil {
		size += t.size
		if t != w.cur {
			w.close(w.cur)
			w.setCurrent(t)
			w.raiseDurable(t.end)
		}
		w.mu.Lock()
		w.phase, w.stale = on, nil
		w.mu.Unlock()
	}
	w.size.Store(size)
	w.baseSize.Store(size)
}

// Discard ends a rewrite that is not to be installed, and removes its files. err
// says why; ErrCancelled is no failure. What was appended since the cut stays in
// the increment, which the manifest lists, unless that needs the base.
func (r *Rewrite) Discard(err error) {
	r.w.io.LockLong()
	defer r.w.io.UnlockLong()
	r.discard(err)
}

func (r *Rewrite) discard(err error) {
	w, t := r.w, r.next
	if r.over {
		return
	}
	r.over = true
	w.setRewrite(nil)
	w.removeFile(tempBaseName(w.o.Name))
	if t != nil && t == w.next && (t.detached || !t.cut) {
		w.abandonNext()
	}
	if errors.Is(err, ErrCancelled) {
		w.o.Notice("Background AOF rewrite cancelled")
		return
	}
	w.rewriteFailed(err)
}

// abandonNext gives up the increment of a rewrite that needs its base, or that
// nothing was appended for.
func (w *Writer) abandonNext() {
	w.mu.Lock()
	t := w.next
	w.next = nil
	t.drop()
	if w.target == t {
		w.target = nil
	}
	w.mu.Unlock()
	if !t.listed {
		w.remove(t)
		return
	}
	w.close(t)
	if seq := w.manifest.incrSeq + 1; t.name == IncrName(w.o.Name, seq) {
		w.manifest.retire(File{Name: t.name, Seq: seq, Type: Incr})
	}
}

// remove closes and removes a file that no manifest lists.
func (w *Writer) remove(t *tail) {
	w.close(t)
	if t.name == tempIncrName(w.o.Name) {
		w.o.Notice("Removing the temp incr aof file %s", t.name)
	}
	w.removeFile(t.name)
}

// removeFile removes a file that is not needed. That it stays does no harm.
func (w *Writer) removeFile(name string) bool {
	err := w.o.FS.Remove(w.path(name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.o.Warning("Cannot remove %s: %v", name, err)
		return false
	}
	return true
}

func (w *Writer) rename(from, to string) error {
	err := w.timed("aof-rename", func() error { return w.o.FS.Rename(w.path(from), w.path(to)) })
	if err != nil {
		w.o.Warning("Error trying to rename the temporary AOF file %s into %s: %v", from, to, err)
		return fmt.Errorf("rename %s to %s: %w", from, to, err)
	}
	w.o.Notice("Successfully renamed the temporary AOF file %s into %s", from, to)
	return nil
}

// DeleteHistory removes what rewrites have replaced, unless KeepHistory is set.
// It is called also when that setting is taken back.
func (w *Writer) DeleteHistory() {
	old := w.removable()
	if len(old) == 0 {
		return
	}
	gone := map[string]bool{}
	if invariant.Enabled {
		for _, f := range w.live() {
			invariant.Check(!slices.ContainsFunc(old, func(h File) bool { return h.Name == f.Name }), "A5", "%s is both needed and history", f.Name)
		}
	}
	for _, f := range old { // without the file lock
		w.o.Notice("Removing the history file %s", f.Name)
		// What is open keeps its blocks until it is closed: freeing those of a
		// large file takes long.
		file, err := w.o.FS.Open(w.path(f.Name))
		gone[f.Name] = w.removeFile(f.Name)
		if err == nil {
			w.o.Go(func() { file.Close() })
		}
	}
	w.io.LockLong()
	defer w.io.UnlockLong()
	m := w.manifest.Clone()
	m.history = slices.DeleteFunc(m.history, func(f File) bool { return gone[f.Name] })
	if _, err := w.persist(m); err != nil {
		w.o.Warning("Cannot take the history files out of the AOF manifest: %v", err)
	}
}

func (w *Writer) live() []File {
	w.io.LockLong()
	defer w.io.UnlockLong()
	return w.manifest.Live()
}

// removable returns the files that no manifest needs which may be on disk (A5).
func (w *Writer) removable() []File {
	w.io.LockLong()
	defer w.io.UnlockLong()
	if w.set.Load().KeepHistory || len(w.manifest.history) == 0 {
		return nil
	}
	if w.unsure {
		if _, err := w.persist(w.manifest.Clone()); err != nil {
			w.o.Warning("Cannot remove history files: %v", err)
			return nil
		}
	}
	return w.manifest.History()
}
