// Package vfs is the file system as the persistence code sees it: about ten
// operations, so that tests can put memory (vfs/memfs, which can crash) or
// faults (vfs/faultfs) in the place of the operating system.
//
// Durability follows POSIX: what was written to a file survives a crash only
// after File.Sync, and a created, renamed or removed name only after SyncDir
// of its directory.
package vfs

import (
	"io"
	"io/fs"
)

// FS is a file system. Names are paths as path/filepath handles them. All
// methods may be called from several goroutines. Errors about a name that is
// not there satisfy errors.Is(err, fs.ErrNotExist).
type FS interface {
	// Create makes the named file, or empties the one that is there, for
	// reading and writing.
	Create(name string) (File, error)
	// Open opens the named file for reading.
	Open(name string) (File, error)
	// OpenAppend opens the named file, made when missing, for reading and
	// for writing at its end, wherever that is at each Write.
	OpenAppend(name string) (File, error)
	// Rename gives a file another name, replacing a file of that name in one
	// step: at no time does the new name refer to nothing.
	Rename(oldName, newName string) error
	// Remove removes the named file or empty directory.
	Remove(name string) error
	// Stat describes the named file or directory.
	Stat(name string) (fs.FileInfo, error)
	// ReadDir returns the names in a directory, sorted.
	ReadDir(dir string) ([]string, error)
	// MkdirAll makes a directory and the missing ones above it.
	MkdirAll(dir string) error
	// SyncDir makes the names in a directory durable: creations, renames and
	// removals before it survive a crash. Where the system has no such call
	// (Windows), it does nothing.
	SyncDir(dir string) error
}

// File is an open file. One goroutine uses it at a time, except for ReadAt, and
// that Sync and DataSync may run while it is written to: they then make durable
// at least what was written before they were called.
type File interface {
	io.Reader
	io.ReaderAt
	io.Writer
	io.Closer
	// Sync makes all that was written durable. After an error of Sync it is
	// unknown what is durable, and a second Sync that succeeds proves
	// nothing: the file must be written again.
	Sync() error
	// DataSync is Sync without what is not needed to read the bytes again, such
	// as the time of the last change: fdatasync(2) where there is one. The size
	// is made durable.
	DataSync() error
	// Truncate cuts the file, or extends it with zeros, to size bytes.
	Truncate(size int64) error
	// Stat describes the file.
	Stat() (fs.FileInfo, error)
}
