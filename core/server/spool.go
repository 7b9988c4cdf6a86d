package server

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// spool keeps an uploaded file until it is loaded.
type spool interface {
	io.Writer
	Size() int64
	// Reader reads it from the start.
	Reader() io.Reader
	Close()
}

// Bounds of what is received.
const (
	receiveBlock = 256 << 10
	// leastFree bytes of the disk are left to the server's own files.
	leastFree = 32 << 20
	// mostInMemory bytes are kept where the folder takes no files and no limit of
	// memory is known.
	mostInMemory = 256 << 20
)

// receive reads r to its end and keeps it: in the folder of the data or, where that
// takes no files, in memory.
func (s *Server) receive(ctx context.Context, r io.Reader, size int64) (spool, error) {
	to, err := s.newSpool(size)
	if err != nil {
		return nil, err
	}
	block := make([]byte, receiveBlock)
	for {
		n, err := fill(r, block)
		if n > 0 {
			if _, err := to.Write(block[:n]); err != nil {
				to.Close()
				return nil, err
			}
		}
		if err == io.EOF && size >= 0 && to.Size() != size {
			err = io.ErrUnexpectedEOF
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		switch {
		case err == io.EOF:
			return to, nil
		case err != nil:
			to.Close()
			return nil, fmt.Errorf("receive the file, after %d bytes: %w", to.Size(), err)
		}
	}
}

// fill reads until block is full or r fails.
func fill(r io.Reader, block []byte) (n int, err error) {
	for n < len(block) && err == nil {
		var more int
		more, err = r.Read(block[n:])
		n += more
	}
	return n, err
}

func (s *Server) newSpool(size int64) (spool, error) {
	set := s.live.Load()
	path := filepath.Join(set.Dir, fmt.Sprintf("temp-%d-upload.rdb", os.Getpid()))
	file, err := s.fs.Create(path)
	if err != nil {
		return s.newMemorySpool(size)
	}
	d := &diskSpool{fs: s.fs, file: file, path: path, dir: set.Dir}
	if err := d.room(max(size, 0)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// diskSpool keeps it in a file.
type diskSpool struct {
	fs        vfs.FS
	file      vfs.File
	path, dir string
	size      int64
}

// room is an error if n more bytes would fill the disk.
func (d *diskSpool) room(n int64) error {
	if free, ok := diskFree(d.dir); ok && free-n < leastFree {
		return fmt.Errorf("%w: the disk of %s has %d bytes free, of which %d are left alone", ErrNoSpace, d.dir, free, leastFree)
	}
	return nil
}

// Write appends to the file.
func (d *diskSpool) Write(p []byte) (int, error) {
	if d.size%(16<<20) < int64(len(p)) {
		if err := d.room(int64(len(p))); err != nil {
			return 0, err
		}
	}
	n, err := d.file.Write(p)
	d.size += int64(n)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return n, err
}

func (d *diskSpool) Size() int64       { return d.size }
func (d *diskSpool) Reader() io.Reader { return io.NewSectionReader(d.file, 0, math.MaxInt64) }

// Close removes the file.
func (d *diskSpool) Close() {
	d.file.Close()          // nothing in it is needed any more
	_ = d.fs.Remove(d.path) // the next upload replaces it
}

// memorySpool keeps it in memory.
type memorySpool struct {
	blocks [][]byte
	size   int64
	most   int64
}

func (s *Server) newMemorySpool(size int64) (spool, error) {
	m := &memorySpool{most: mostInMemory}
	if most := s.mostResident(); most > 0 {
		const spare = 4 << 20
		m.most = max(most-s.resident()-spare, 0)
	}
	if size > m.most {
		return nil, m.full(size)
	}
	return m, nil
}

func (m *memorySpool) full(size int64) error {
	return fmt.Errorf("%w: there is no disk, and memory has room for %d bytes, not for %d", ErrNoSpace, m.most, size)
}

// Write appends a copy of p.
func (m *memorySpool) Write(p []byte) (int, error) {
	if m.size+int64(len(p)) > m.most {
		return 0, m.full(m.size + int64(len(p)))
	}
	m.blocks = append(m.blocks, bytes.Clone(p))
	m.size += int64(len(p))
	return len(p), nil
}

func (m *memorySpool) Size() int64 { return m.size }

func (m *memorySpool) Reader() io.Reader {
	readers := make([]io.Reader, len(m.blocks))
	for i, b := range m.blocks {
		readers[i] = bytes.NewReader(b)
	}
	return io.MultiReader(readers...)
}

// Close lets the memory go.
func (m *memorySpool) Close() { m.blocks = nil }
