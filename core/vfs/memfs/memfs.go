// Package memfs is a file system in memory that knows which of its contents
// would survive a crash, for tests of durability.
//
// Each file keeps its bytes as they are and as they were at its last Sync;
// each directory keeps its names as they are, as they were at its last
// SyncDir, and the changes between, in order. CrashClone builds what a
// machine could find after losing power: at the least the synced state, and
// more or less of what was not synced.
package memfs

import (
	"io"
	"io/fs"
	"path/filepath"
	"sort"
	"sync"
	"syscall"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// FS is a file system in memory, with the root directory and nothing else at
// first. Relative names are relative to the root.
type FS struct {
	mu   sync.Mutex // guards all nodes
	root *node
}

var _ vfs.FS = (*FS)(nil)

// node is a file (names == nil) or a directory.
type node struct {
	data   []byte // the file's bytes
	synced []byte // the file's bytes at its last Sync; never written in place

	names   map[string]*node // of a directory
	durable map[string]*node // names at the last SyncDir
	pending []change         // since the last SyncDir
}

// change is one step between two states of a directory: it is in force
// wholly or not at all after a crash, as a journal makes it.
type change struct {
	set map[string]*node // a nil node removes the name
}

// New returns an empty file system.
func New() *FS { return &FS{root: newDir()} }

func newDir() *node {
	return &node{names: map[string]*node{}, durable: map[string]*node{}}
}

func (n *node) isDir() bool { return n.names != nil }

// change applies c to the directory and remembers it until SyncDir.
func (n *node) change(set map[string]*node) {
	n.pending = append(n.pending, change{set: set})
	apply(n.names, set)
}

func apply(names, set map[string]*node) {
	for name, to := range set {
		if to == nil {
			delete(names, name)
		} else {
			names[name] = to
		}
	}
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// split cuts a name into the elements from the root on.
func split(name string) []string {
	var parts []string
	for name = filepath.Clean(string(filepath.Separator) + name); ; {
		dir, base := filepath.Split(name)
		if base == "" {
			break
		}
		parts = append([]string{base}, parts...)
		name = filepath.Clean(dir)
	}
	return parts
}

// walk returns the node of a name.
func (f *FS) walk(parts []string) (*node, error) {
	n := f.root
	for _, p := range parts {
		if !n.isDir() {
			return nil, syscall.ENOTDIR
		}
		next := n.names[p]
		if next == nil {
			return nil, fs.ErrNotExist
		}
		n = next
	}
	return n, nil
}

// parent returns the directory that holds, or would hold, a name.
func (f *FS) parent(name string) (dir *node, base string, err error) {
	parts := split(name)
	if len(parts) == 0 {
		return nil, "", syscall.EISDIR
	}
	last := len(parts) - 1
	dir, err = f.walk(parts[:last])
	if err == nil && !dir.isDir() {
		err = syscall.ENOTDIR
	}
	return dir, parts[last], err
}

// Create implements vfs.FS.
func (f *FS) Create(name string) (vfs.File, error) { return f.open("create", name, true, true, false) }

// Open implements vfs.FS.
func (f *FS) Open(name string) (vfs.File, error) { return f.open("open", name, false, false, false) }

// OpenAppend implements vfs.FS.
func (f *FS) OpenAppend(name string) (vfs.File, error) {
	return f.open("open", name, true, false, true)
}

func (f *FS) open(op, name string, create, truncate, appends bool) (vfs.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir, base, err := f.parent(name)
	if err != nil {
		return nil, pathError(op, name, err)
	}
	n := dir.names[base]
	switch {
	case n == nil && !create:
		return nil, pathError(op, name, fs.ErrNotExist)
	case n == nil:
		n = &node{}
		dir.change(map[string]*node{base: n})
	case n.isDir():
		return nil, pathError(op, name, syscall.EISDIR)
	case truncate:
		n.data = nil
	}
	return &file{fs: f, node: n, name: name, writable: create, appends: appends}, nil
}

// Rename implements vfs.FS. Within a directory it is one step; between two,
// the name may after a crash be in either, in both or in none, so that code
// which relies on more is found out.
func (f *FS) Rename(oldName, newName string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, oldBase, err := f.parent(oldName)
	if err != nil {
		return pathError("rename", oldName, err)
	}
	to, newBase, err := f.parent(newName)
	if err != nil {
		return pathError("rename", newName, err)
	}
	n := from.names[oldBase]
	if n == nil {
		return pathError("rename", oldName, fs.ErrNotExist)
	}
	if old := to.names[newBase]; old == n {
		return nil
	} else if old != nil && (old.isDir() || n.isDir()) {
		return pathError("rename", newName, fs.ErrExist)
	}
	if from == to {
		from.change(map[string]*node{oldBase: nil, newBase: n})
		return nil
	}
	to.change(map[string]*node{newBase: n})
	from.change(map[string]*node{oldBase: nil})
	return nil
}

// Remove implements vfs.FS.
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	dir, base, err := f.parent(name)
	if err != nil {
		return pathError("remove", name, err)
	}
	n := dir.names[base]
	if n == nil {
		return pathError("remove", name, fs.ErrNotExist)
	}
	if n.isDir() && len(n.names) > 0 {
		return pathError("remove", name, syscall.ENOTEMPTY)
	}
	dir.change(map[string]*node{base: nil})
	return nil
}

// Stat implements vfs.FS.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.walk(split(name))
	if err != nil {
		return nil, pathError("stat", name, err)
	}
	return info{name: filepath.Base(name), size: int64(len(n.data)), dir: n.isDir()}, nil
}

// ReadDir implements vfs.FS.
func (f *FS) ReadDir(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.walk(split(dir))
	if err == nil && !n.isDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return nil, pathError("readdir", dir, err)
	}
	names := make([]string, 0, len(n.names))
	for name := range n.names {
		names = append(names, name)
	}
	sort.Strings(names)
	return names, nil
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.root
	for _, p := range split(dir) {
		next := n.names[p]
		if next == nil {
			next = newDir()
			n.change(map[string]*node{p: next})
		}
		if !next.isDir() {
			return pathError("mkdir", dir, syscall.ENOTDIR)
		}
		n = next
	}
	return nil
}

// SyncDir implements vfs.FS.
func (f *FS) SyncDir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.walk(split(dir))
	if err == nil && !n.isDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return pathError("syncdir", dir, err)
	}
	for _, c := range n.pending {
		apply(n.durable, c.set)
	}
	n.pending = nil
	return nil
}

// info describes a file. Times are zero: this file system has no clock.
type info struct {
	name string
	size int64
	dir  bool
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.size }
func (i info) ModTime() time.Time { return time.Time{} }
func (i info) IsDir() bool        { return i.dir }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}

// file is one opening of a node.
type file struct {
	fs       *FS
	node     *node
	name     string
	pos      int64
	writable bool
	appends  bool
	closed   bool
}

func (f *file) check(op string, write bool) error {
	switch {
	case f.closed:
		return pathError(op, f.name, fs.ErrClosed)
	case write && !f.writable:
		return pathError(op, f.name, syscall.EBADF)
	}
	return nil
}

func (f *file) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.pos)
	f.pos += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("read", false); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, pathError("read", f.name, syscall.EINVAL)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if off >= int64(len(f.node.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.node.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *file) Write(p []byte) (int, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("write", true); err != nil {
		return 0, err
	}
	if f.appends {
		f.pos = int64(len(f.node.data))
	}
	f.node.resize(max(int64(len(f.node.data)), f.pos+int64(len(p))))
	copy(f.node.data[f.pos:], p)
	f.pos += int64(len(p))
	return len(p), nil
}

// resize cuts or extends with zeros.
func (n *node) resize(size int64) {
	if size <= int64(len(n.data)) {
		n.data = n.data[:size]
		return
	}
	n.data = append(n.data, make([]byte, size-int64(len(n.data)))...)
}

func (f *file) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("truncate", true); err != nil {
		return err
	}
	if size < 0 {
		return pathError("truncate", f.name, syscall.EINVAL)
	}
	f.node.resize(size)
	return nil
}

func (f *file) Sync() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("sync", false); err != nil {
		return err
	}
	f.node.synced = append([]byte(nil), f.node.data...)
	return nil
}

// DataSync is Sync: there is nothing but data and size.
func (f *file) DataSync() error { return f.Sync() }

func (f *file) Stat() (fs.FileInfo, error) {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("stat", false); err != nil {
		return nil, err
	}
	return info{name: filepath.Base(f.name), size: int64(len(f.node.data))}, nil
}

func (f *file) Close() error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	if err := f.check("close", false); err != nil {
		return err
	}
	f.closed = true
	return nil
}
