package update

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A checkpoint is the data as they were when the server had stopped.
//
//	DIR/…                       the server's files
//	DIR/update/checkpoint/      the checkpoint: files as in DIR, and sizes.json
//	DIR/update/replaced/        what a restored checkpoint replaced
//	DIR/update/restoring        there while one is being restored: "moving", then
//	                            "copying"
//
// The server replaces its files as a whole, but appends to one kind, and may cut that
// one's end off: the increments of the append-only file. So the others are kept by a
// second name, which takes no room and no time, and increments are copied; if there is
// no room for that, they have a second name and their length, and a version that does
// more than append to them would spoil the checkpoint.
const (
	updateDir     = "update"
	checkpointDir = "checkpoint"
	replacedDir   = "replaced"
	restoringFile = "restoring"
	sizesFile     = "sizes.json"

	moving  = "moving"
	copying = "copying"
)

// reserved are the names in the data folder that are no data of the server's.
var reserved = []string{updateDir, "identity", "lost+found"}

// ErrNoCheckpoint is a restore where there is nothing to restore.
var ErrNoCheckpoint = errors.New("there is no checkpoint of the data")

// MakeCheckpoint keeps the data of dir as they are, in the place of the checkpoint
// before. No server runs on dir.
func MakeCheckpoint(dir string) error {
	base := filepath.Join(dir, updateDir)
	target, building := filepath.Join(base, checkpointDir), filepath.Join(base, checkpointDir+".new")
	for _, old := range []string{building, filepath.Join(base, replacedDir)} {
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("make a checkpoint of the data: %w", err)
		}
	}
	sizes, err := keep(dir, building)
	if err == nil {
		err = writeSizes(building, sizes)
	}
	if err == nil {
		err = syncTree(building)
	}
	if err == nil {
		err = os.RemoveAll(target)
	}
	if err == nil {
		err = os.Rename(building, target)
	}
	if err == nil {
		err = syncDir(base)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("make a checkpoint of the data: %w", err), os.RemoveAll(building))
	}
	return err
}

// keep gives every file of the server's in dir a second name, or a copy, in to, and
// returns their lengths in bytes.
func keep(dir, to string) (map[string]int64, error) {
	sizes := map[string]int64{}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return nil, err
	}
	return sizes, eachFile(dir, func(name string, d fs.DirEntry) error {
		from, at := filepath.Join(dir, name), filepath.Join(to, name)
		if d.IsDir() {
			return os.Mkdir(at, 0o700)
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		sizes[name] = info.Size()
		if isIncrement(name) {
			err := copyFile(from, at, info.Size())
			if err == nil || !isFull(err) {
				return err
			}
			if err := os.Remove(at); err != nil {
				return err
			}
		}
		return os.Link(from, at)
	})
}

// eachFile calls do for each folder and regular file of the server's in dir, with its
// path relative to that.
func eachFile(dir string, do func(name string, d fs.DirEntry) error) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case slices.Contains(reserved, name):
			return fs.SkipDir
		case !d.IsDir() && !d.Type().IsRegular():
			return nil // a socket
		}
		return do(name, d)
	})
}

// isIncrement tells whether the server appends to a file.
func isIncrement(name string) bool {
	return strings.Contains(filepath.Base(name), ".incr.") || strings.HasSuffix(name, ".aof") && !strings.Contains(name, ".base.")
}

// copyFile copies the first size bytes, and has them on the disk when it returns.
func copyFile(from, to string, size int64) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, size))
	if err == nil && n < size {
		err = fmt.Errorf("%s has %d bytes, want %d", from, n, size)
	}
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

func writeSizes(dir string, sizes map[string]int64) error {
	text, err := json.Marshal(sizes)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, sizesFile), text)
}

// writeFile writes a small file, and has it on the disk when it returns.
func writeFile(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// HasCheckpoint tells whether there is one in dir.
func HasCheckpoint(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, updateDir, checkpointDir, sizesFile))
	return err == nil
}

// RestoreCheckpoint puts the checkpoint in the place of the data of dir, which it moves
// to update/replaced. No server runs on dir. Cut off at any point, it is done right by
// calling it again.
func RestoreCheckpoint(dir string) error {
	if err := restore(dir); err != nil {
		return fmt.Errorf("restore the checkpoint of the data: %w", err)
	}
	return nil
}

func restore(dir string) error {
	base := filepath.Join(dir, updateDir)
	text, err := os.ReadFile(filepath.Join(base, checkpointDir, sizesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoCheckpoint
	}
	sizes := map[string]int64{}
	if err == nil {
		err = json.Unmarshal(text, &sizes)
	}
	if err != nil {
		return err
	}
	marker, replaced := filepath.Join(base, restoringFile), filepath.Join(base, replacedDir)
	state, err := os.ReadFile(marker)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(state) == 0 {
		if err := errors.Join(os.RemoveAll(replaced), os.Mkdir(replaced, 0o700), mark(marker, moving)); err != nil {
			return err
		}
	}
	if string(state) != copying {
		if err := moveData(dir, replaced); err != nil {
			return err
		}
		if err := mark(marker, copying); err != nil {
			return err
		}
	}
	if err := bringBack(dir, filepath.Join(base, checkpointDir), sizes); err != nil {
		return err
	}
	return errors.Join(os.Remove(marker), syncDir(base))
}

// mark writes the marker: whole, or not at all.
func mark(path, state string) error {
	if err := writeFile(path+".new", []byte(state)); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// topLevel are the names of the server's files in dir itself.
func topLevel(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		if !slices.Contains(reserved, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, err
}

func moveData(dir, to string) error {
	names, err := topLevel(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return errors.Join(syncDir(to), syncDir(dir))
}

// bringBack fills dir from the checkpoint, from the beginning.
func bringBack(dir, checkpoint string, sizes map[string]int64) error {
	names, err := topLevel(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	err = eachFile(checkpoint, func(name string, d fs.DirEntry) error {
		from, to := filepath.Join(checkpoint, name), filepath.Join(dir, name)
		switch size, known := sizes[name]; {
		case d.IsDir():
			return os.Mkdir(to, 0o755)
		case !known: // sizes.json
			return nil
		case isIncrement(name):
			return copyFile(from, to, size)
		}
		return os.Link(from, to)
	})
	if err != nil {
		return err
	}
	return syncTree(dir)
}

// syncTree has the names in dir and all folders below on the disk when it returns.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return syncDir(path)
	})
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
