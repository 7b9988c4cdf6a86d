// Package faultfs wraps a file system, writes down each operation, and lets
// a chosen one fail: tests of durable code fail its Nth operation for
// N = 1, 2, … until none fails any more.
package faultfs

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// Fault says what goes wrong. The zero Fault is none.
type Fault struct {
	At         int             // the operation that fails, counted from 1; 0: none
	Persistent bool            // every operation from At on fails, not that one alone
	ShortWrite bool            // a failing write writes half of its bytes first
	Err        error           // nil: syscall.EIO; a disk that is full: syscall.ENOSPC
	Before     func(op string) // called before each operation, if not nil
	// Only limits what counts and fails to operations for which it is true, by
	// their line in the trace without "!"; nil: all. A full disk fails no reads.
	Only func(op string) bool
}

// FS passes operations on to another file system. Every method of it and of
// its files counts as one operation, except Stat of an open file.
type FS struct {
	inner vfs.FS

	mu    sync.Mutex
	fault Fault
	count int
	fired bool
	trace []string
}

var _ vfs.FS = (*FS)(nil)

// New wraps inner. The fault is in force at once.
func New(inner vfs.FS, fault Fault) *FS { return &FS{inner: inner, fault: fault} }

// Fired tells whether an operation has failed on purpose.
func (f *FS) Fired() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fired
}

// Clear ends the fault: nothing fails any more.
func (f *FS) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = Fault{}
}

// Trace returns the operations so far, one line each, with the last element
// of the names they were about. Those that failed end in "!".
func (f *FS) Trace() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.trace...)
}

// step counts one operation and returns the error it must fail with, if any.
func (f *FS) step(op, name string, format string, args ...any) error {
	line := op + " " + filepath.Base(name) + fmt.Sprintf(format, args...)
	f.mu.Lock()
	before := f.fault.Before
	f.mu.Unlock()
	if before != nil {
		before(line) // outside the lock: it may look at the file system
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	counts := f.fault.Only == nil || f.fault.Only(line)
	if counts {
		f.count++
	}
	at := f.fault.At
	fails := counts && at > 0 && (f.count == at || f.fault.Persistent && f.count > at)
	if !fails {
		f.trace = append(f.trace, line)
		return nil
	}
	f.fired = true
	f.trace = append(f.trace, line+" !")
	err := f.fault.Err
	if err == nil {
		err = syscall.EIO
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func (f *FS) opened(name string, inner vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &file{File: inner, fs: f, name: name}, nil
}

// Create implements vfs.FS.
func (f *FS) Create(name string) (vfs.File, error) {
	if err := f.step("create", name, ""); err != nil {
		return nil, err
	}
	inner, err := f.inner.Create(name)
	return f.opened(name, inner, err)
}

// Open implements vfs.FS.
func (f *FS) Open(name string) (vfs.File, error) {
	if err := f.step("open", name, ""); err != nil {
		return nil, err
	}
	inner, err := f.inner.Open(name)
	return f.opened(name, inner, err)
}

// OpenAppend implements vfs.FS.
func (f *FS) OpenAppend(name string) (vfs.File, error) {
	if err := f.step("openappend", name, ""); err != nil {
		return nil, err
	}
	inner, err := f.inner.OpenAppend(name)
	return f.opened(name, inner, err)
}

// Rename implements vfs.FS.
func (f *FS) Rename(oldName, newName string) error {
	if err := f.step("rename", oldName, " %s", filepath.Base(newName)); err != nil {
		return err
	}
	return f.inner.Rename(oldName, newName)
}

// Remove implements vfs.FS.
func (f *FS) Remove(name string) error {
	if err := f.step("remove", name, ""); err != nil {
		return err
	}
	return f.inner.Remove(name)
}

// Stat implements vfs.FS.
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	if err := f.step("stat", name, ""); err != nil {
		return nil, err
	}
	return f.inner.Stat(name)
}

// ReadDir implements vfs.FS.
func (f *FS) ReadDir(dir string) ([]string, error) {
	if err := f.step("readdir", dir, ""); err != nil {
		return nil, err
	}
	return f.inner.ReadDir(dir)
}

// MkdirAll implements vfs.FS.
func (f *FS) MkdirAll(dir string) error {
	if err := f.step("mkdirall", dir, ""); err != nil {
		return err
	}
	return f.inner.MkdirAll(dir)
}

// SyncDir implements vfs.FS.
func (f *FS) SyncDir(dir string) error {
	if err := f.step("syncdir", dir, ""); err != nil {
		return err
	}
	return f.inner.SyncDir(dir)
}

type file struct {
	vfs.File
	fs   *FS
	name string
}

func (f *file) Read(p []byte) (int, error) {
	if err := f.fs.step("read", f.name, " %d", len(p)); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

func (f *file) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.step("readat", f.name, " %d %d", off, len(p)); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f *file) Write(p []byte) (int, error) {
	err := f.fs.step("write", f.name, " %d", len(p))
	if err == nil {
		return f.File.Write(p)
	}
	if !f.fs.shortWrite() {
		return 0, err
	}
	n, writeErr := f.File.Write(p[:len(p)/2])
	if writeErr != nil {
		err = writeErr
	}
	return n, err
}

func (f *FS) shortWrite() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fault.ShortWrite
}

func (f *file) Sync() error {
	if err := f.fs.step("sync", f.name, ""); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f *file) DataSync() error {
	if err := f.fs.step("datasync", f.name, ""); err != nil {
		return err
	}
	return f.File.DataSync()
}

func (f *file) Truncate(size int64) error {
	if err := f.fs.step("truncate", f.name, " %d", size); err != nil {
		return err
	}
	return f.File.Truncate(size)
}

// Close closes the file even when it fails, as close(2) does.
func (f *file) Close() error {
	err := f.fs.step("close", f.name, "")
	closeErr := f.File.Close()
	if err == nil {
		err = closeErr
	}
	return err
}
