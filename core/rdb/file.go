package rdb

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// syncEvery is how much SaveFile writes between two syncs of the file when
// asked to, in bytes, so that the last sync does not stall the disk.
const syncEvery = 4 << 20

// TempName returns the name that Redis gives to the file it is writing.
func TempName(pid int) string { return "temp-" + strconv.Itoa(pid) + ".rdb" }

// SaveOptions say where and how SaveFile writes.
type SaveOptions struct {
	Dir      string // an existing directory
	Name     string // of the file, without directory
	TempName string // of the file while it is written, in the same directory
	// IncrementalSync syncs after each 4 MiB (rdb-save-incremental-fsync).
	IncrementalSync bool
	Encoder         EncoderOptions
}

// SaveFile writes an RDB file: write gets an Encoder after nothing was
// written, writes everything from Header on, and leaves Footer to SaveFile.
// The new file takes the place of an old one in one step, when all of it is
// durable; on any error before, the old one is untouched and the temporary
// file removed. An error of the last step (the directory's sync) means that
// the new file is there but may not survive a crash.
func SaveFile(fs vfs.FS, o SaveOptions, write func(*Encoder) error) (err error) {
	temp, final := filepath.Join(o.Dir, o.TempName), filepath.Join(o.Dir, o.Name)
	file, err := fs.Create(temp)
	if err != nil {
		return fmt.Errorf("create temporary RDB file: %w", err)
	}
	if err := writeAndSync(file, o, write); err != nil {
		return discard(fs, temp, err)
	}
	if err := fs.Rename(temp, final); err != nil {
		return discard(fs, temp, fmt.Errorf("give the RDB file its name: %w", err))
	}
	if err := fs.SyncDir(o.Dir); err != nil {
		return fmt.Errorf("make the name of the RDB file durable: %w", err)
	}
	return nil
}

// discard removes the temporary file; that this failed too is part of the error.
func discard(fs vfs.FS, temp string, cause error) error {
	if err := fs.Remove(temp); err != nil {
		return errors.Join(cause, fmt.Errorf("remove temporary RDB file: %w", err))
	}
	return cause
}

func writeAndSync(file vfs.File, o SaveOptions, write func(*Encoder) error) error {
	err := writeAll(file, o, write)
	if err == nil {
		if err = file.Sync(); err != nil {
			err = fmt.Errorf("sync RDB file: %w", err)
		}
	}
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("close RDB file: %w", closeErr)
	}
	return err
}

func writeAll(file vfs.File, o SaveOptions, write func(*Encoder) error) error {
	w := &syncWriter{file: file}
	if o.IncrementalSync {
		w.every = syncEvery
	}
	e := NewEncoder(w, o.Encoder)
	if err := write(e); err != nil {
		return err
	}
	return e.Footer()
}

// syncWriter syncs the file after each so many bytes, never if every is 0.
type syncWriter struct {
	file  vfs.File
	every int
	dirty int
}

func (w *syncWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.dirty += n
	if err == nil && w.every > 0 && w.dirty >= w.every {
		w.dirty = 0
		err = w.file.Sync()
	}
	return n, err
}

// LoadFile decodes the RDB file at path. opts.Size is set from the file. A
// file that is not there gives an error that satisfies
// errors.Is(err, fs.ErrNotExist).
func LoadFile(fs vfs.FS, path string, opts DecoderOptions, v Visitor) error {
	return withFile(fs, path, opts, func(file vfs.File, opts DecoderOptions) error {
		return NewDecoder(file, opts).Decode(v)
	})
}

// withFile opens the file at path for load, whose errors get its name.
func withFile(fs vfs.FS, path string, opts DecoderOptions, load func(vfs.File, DecoderOptions) error) error {
	file, err := fs.Open(path)
	if err != nil {
		return fmt.Errorf("open RDB file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("size of RDB file: %w", err)
	}
	opts.Size = info.Size()
	if err := load(file, opts); err != nil {
		return fmt.Errorf("load %s: %w", path, err)
	}
	return nil
}
