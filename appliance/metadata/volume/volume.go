// Package volume reads small files from disks that somebody else has made: FAT
// and ISO 9660 (plain, Joliet, Rock Ridge) and UDF, as hypervisors and clouds hand
// them to a machine with its configuration. It needs no file system of the
// kernel's. Nothing on such a disk is trusted: every length is bounded before
// memory is taken, and every chain that could run in a circle is counted.
//
// Names are compared without regard to case; folders are separated by slashes.
package volume

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits of what is looked at on a disk.
const (
	maxDirectory = 1 << 20 // bytes of one folder
	maxEntries   = 16384   // of one folder
	maxDepth     = 8       // folders in a path
)

// ErrUnknown is a disk with another file system, or with none.
var ErrUnknown = errors.New("neither FAT nor ISO 9660 nor UDF")

// ErrNotFound is a file that is not there.
var ErrNotFound = errors.New("no such file")

// Volume is a file system. It is for one goroutine.
type Volume struct {
	Label string // without blanks at its end
	Kind  string // "FAT12", "FAT16", "FAT32", "ISO 9660" or "UDF"

	disk io.ReaderAt
	root entry
	fs   layout
}

// entry is a file or a folder: where it is, by the layout's own reckoning.
type entry struct {
	name   string
	folder bool
	start  uint32 // first cluster, or block
	size   uint32 // bytes; 0 for FAT's folders
}

// layout is one kind of file system.
type layout interface {
	// list calls found for each entry of a folder until it returns false.
	list(folder entry, found func(entry) bool) error
	// read returns a file's contents, whose size the caller has bounded.
	read(file entry) ([]byte, error)
}

// Open looks at what is on disk.
func Open(disk io.ReaderAt) (*Volume, error) {
	for _, open := range []func(io.ReaderAt) (*Volume, error){openISO, openUDF, openFAT} {
		v, err := open(disk)
		if err == nil {
			v.disk = disk
			v.Label = strings.TrimRight(v.Label, " \x00")
			return v, nil
		}
		if !errors.Is(err, ErrUnknown) {
			return nil, err
		}
	}
	return nil, ErrUnknown
}

// ReadFile returns the contents of a file of at most limit bytes; its error wraps
// ErrNotFound if the file is not there.
func (v *Volume) ReadFile(path string, limit int) ([]byte, error) {
	parts := strings.Split(path, "/")
	if len(parts) > maxDepth {
		return nil, fmt.Errorf("%s: more than %d folders", path, maxDepth)
	}
	at := v.root
	for n, part := range parts {
		next, err := v.find(at, part)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if last := n == len(parts)-1; next.folder == last {
			return nil, fmt.Errorf("%s: %w", path, ErrNotFound)
		}
		at = next
	}
	if int64(at.size) > int64(limit) {
		return nil, fmt.Errorf("%s: %d bytes, more than %d", path, at.size, limit)
	}
	content, err := v.fs.read(at)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return content, nil
}

// find returns the entry of that name in a folder.
func (v *Volume) find(folder entry, name string) (entry, error) {
	var hit entry
	err := v.fs.list(folder, func(e entry) bool {
		if !strings.EqualFold(e.name, name) {
			return true
		}
		hit = e
		return false
	})
	if err == nil && hit.name == "" {
		err = ErrNotFound
	}
	return hit, err
}

// readAt reads n bytes at an offset.
func readAt(disk io.ReaderAt, offset int64, n int) ([]byte, error) {
	b := make([]byte, n)
	if got, err := disk.ReadAt(b, offset); got < n {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read %d bytes at %d: %w", n, offset, err)
	}
	return b, nil
}
