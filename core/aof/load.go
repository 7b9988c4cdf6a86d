package aof

import (
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"time"

	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// LoadOptions say what Load reads, and who takes in what it finds. FS, Dir,
// Name, RDB and Apply are needed.
type LoadOptions struct {
	FS   vfs.FS
	Dir  string // the directory of the files (appenddirname under dir)
	Name string // appendfilename

	// Truncated lets the last file end in the middle of a command or
	// transaction, which is then cut off (aof-load-truncated).
	Truncated bool
	// Databases is how many there are; 0: as many as the files name.
	Databases int
	// MaxBulk is the longest argument in bytes, 0 for DefaultMaxBulk.
	MaxBulk int64

	// RDB loads an RDB file from the start of file, which has size bytes, and
	// returns the offset behind its end: commands may follow. path is for its
	// errors. It calls progress as it goes on, with the bytes it has read, and
	// ends with the error that progress may return, or with rdb.ErrStopped.
	RDB func(file vfs.File, path string, size int64, progress func(done int64) error) (end int64, err error)
	// Apply applies one command, whose bytes are valid only during the call.
	// SELECT, MULTI and EXEC do not come here. lane tells which goroutine
	// calls: those of the numbers 1 to Lanes may call at the same time, with
	// commands for which Plan gave a shard; 0 calls alone. The error
	// ends the loading; ErrUnknownCommand has a text of its own.
	Apply func(lane, db int, argv [][]byte) error

	// Lanes is on how many goroutines commands are applied, with Plan; below
	// 2 there are none beside the caller's.
	Lanes int
	// Plan returns the shard that a command looks at and changes, from 0. ok
	// is false if there are several, or anything else is touched, or the
	// command is unknown: it is then applied when all before it are, and
	// before any after it.
	Plan func(db int, argv [][]byte) (shard int, ok bool)

	// Progress, if not nil, is called as reading goes on, with bytes of all
	// files. Its error ends the loading and is returned.
	Progress func(done, total int64) error
	// File, if not nil, is called with the name of each file before it is read.
	File func(name string)
	// Notice and Warning, if not nil, receive lines for the log.
	Notice, Warning func(format string, args ...any)
}

func (o *LoadOptions) notice(format string, args ...any) {
	if o.Notice != nil {
		o.Notice(format, args...)
	}
}

func (o *LoadOptions) warning(format string, args ...any) {
	if o.Warning != nil {
		o.Warning(format, args...)
	}
}

// LoadState is what Load found.
type LoadState uint8

// The outcomes of Load, its errors aside.
const (
	NoFiles LoadState = iota // the manifest lists nothing to load
	NoData                   // the files are all empty
	Whole                    // everything was loaded
	Cut                      // the end of the last file was cut off
)

// Loaded describes what Load has loaded.
type Loaded struct {
	State    LoadState
	Size     int64 // of all files, in bytes, without what was cut off
	BaseSize int64 // of the base
	LastSize int64 // of the last file, where the next command goes
	Commands int64 // that were applied
}

// errShort: a file ended too early, and that is allowed.
var errShort = errors.New("file ends too early")

// Load loads the files that m lists, in their order. Only the last one may end
// too early, and only with Truncated; its tail is then cut off, durably, so
// that commands can be added. Load has logged an error, in the words of Redis,
// when it returns it: its text is the last line.
func Load(m *Manifest, o LoadOptions) (Loaded, error) {
	files := m.Live()
	if len(files) == 0 {
		return Loaded{State: NoFiles}, nil
	}
	l := &loader{o: &o, replay: replay{o: &o}}
	for _, f := range files {
		size, err := l.sizeOf(f)
		if err != nil {
			return Loaded{}, err
		}
		l.total += size
	}
	if l.total == 0 {
		return Loaded{State: NoData}, nil
	}
	if o.Lanes > 1 && o.Plan != nil {
		l.replay.lanes = newLanes(o.Lanes, o.applyNamed)
		defer l.replay.lanes.stop()
	}
	l.result.State = Whole
	for i, f := range files {
		if err := l.file(f, i == len(files)-1); err != nil {
			for stop := new(stopped); errors.As(err, &stop); {
				err = stop.err
			}
			return Loaded{}, err
		}
	}
	l.result.Commands = l.replay.applied
	return l.result, nil
}

type loader struct {
	o      *LoadOptions
	replay replay
	total  int64 // bytes of all files
	before int64 // bytes of the files before the current one
	result Loaded
}

// failure is an error that has been logged.
type failure struct {
	text  string
	cause error
}

func (e *failure) Error() string { return e.text }

func (e *failure) Unwrap() error { return e.cause }

// fail logs what went wrong and makes it an error.
func (l *loader) fail(cause error, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	l.o.warning("%s", text)
	return &failure{text: text, cause: cause}
}

func (l *loader) path(f File) string { return filepath.Join(l.o.Dir, f.Name) }

func (l *loader) sizeOf(f File) (int64, error) {
	info, err := l.o.FS.Stat(l.path(f))
	if err != nil {
		return 0, l.fail(err, "Unable to obtain the AOF file %s length. stat: %s", f.Name, ErrText(err))
	}
	return info.Size(), nil
}

// file loads one file.
func (l *loader) file(f File, last bool) error {
	if l.o.File != nil {
		l.o.File(f.Name)
	}
	start := time.Now()
	file, err := l.o.FS.Open(l.path(f))
	if err != nil {
		return l.fail(err, "Fatal error: can't open the append log file %s for reading: %s", f.Name, ErrText(err))
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return l.fail(err, "Fatal error: can't open the append log file %s for reading: %s", f.Name, ErrText(err))
	}
	size := info.Size()
	end := size
	if size > 0 {
		if end, err = l.contents(f, file, size, last); err != nil {
			return err
		}
		l.loaded(f, time.Since(start))
	}
	l.before += size
	l.result.Size += end
	l.result.LastSize = end
	if f.Type == Base {
		l.result.BaseSize = end
	}
	return l.progress(0)
}

func (l *loader) loaded(f File, took time.Duration) {
	kind := "incr"
	if f.Type == Base {
		kind = "base"
	}
	l.o.notice("DB loaded from %s file %s: %.3f seconds", kind, f.Name, took.Seconds())
}

func (l *loader) progress(done int64) error {
	if l.o.Progress == nil {
		return nil
	}
	if err := l.o.Progress(min(l.before+done, l.total), l.total); err != nil {
		return &stopped{err}
	}
	return nil
}

// stopped is an error of Progress: nothing is wrong with the files.
type stopped struct{ err error }

func (e *stopped) Error() string { return e.err.Error() }

func (e *stopped) Unwrap() error { return e.err }

// contents loads a file that is not empty and returns its size, which is less
// than before if something was cut off.
func (l *loader) contents(f File, file vfs.File, size int64, last bool) (int64, error) {
	from, err := l.preamble(f, file, size)
	if err != nil {
		return 0, err
	}
	r := NewReader(io.NewSectionReader(file, from, math.MaxInt64-from), ReaderOptions{
		Offset: from, Size: size, MaxBulk: l.o.MaxBulk, Progress: l.progress,
	})
	err = l.replay.file(r)
	open := l.replay.queueing
	if err == nil && !open {
		return size, nil
	}
	if open {
		l.replay.queue.clear()
	}
	if err = l.outcome(f, err, open, last); err != errShort {
		return 0, err
	}
	return l.replay.sound, l.cut(f, last)
}

// preamble loads the RDB part of a base, if it has one, and returns where its
// commands start.
func (l *loader) preamble(f File, file vfs.File, size int64) (int64, error) {
	var magic [5]byte
	n, err := file.ReadAt(magic[:], 0)
	if n < len(magic) && !errors.Is(err, io.EOF) {
		return 0, l.fail(err, "Unrecoverable error reading the append only file %s: %s", f.Name, ErrText(err))
	}
	if string(magic[:n]) != "REDIS" || f.Type != Base {
		return 0, nil
	}
	old := f.Name == l.o.Name
	kind := "RDB base file"
	if old {
		kind = "RDB preamble of the AOF file"
		l.o.notice("Reading RDB preamble from AOF file...")
	} else {
		l.o.notice("Reading RDB base file on AOF loading...")
	}
	end, err := l.o.RDB(file, l.path(f), size, l.progress)
	if errors.As(err, new(*stopped)) || errors.Is(err, rdb.ErrStopped) {
		return 0, &stopped{err}
	}
	if err != nil {
		l.o.warning("%v", err)
		return 0, l.fail(err, "Error reading the %s %s, AOF loading aborted", kind, f.Name)
	}
	if old {
		l.o.notice("Reading the remaining AOF tail...")
	}
	return end, nil
}

// outcome logs why a file was not read to its end. It returns errShort if the
// file may end where it does.
func (l *loader) outcome(f File, err error, open, last bool) error {
	var read *ReadError
	var applied *applyError
	var stop *stopped
	switch {
	case errors.As(err, &stop):
		return stop
	case errors.As(err, &applied):
		return l.notApplied(f, applied)
	case errors.Is(err, ErrFormat):
		l.o.warning("AOF file %s is not sound %v", f.Name, err)
		return l.fail(err, "Bad file format reading the append only file %s: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>", f.Name)
	case err != nil && !errors.Is(err, ErrTruncated):
		return l.fail(err, "Unrecoverable error reading the append only file %s: %s", f.Name, ErrText(err))
	case !open && errors.As(err, &read) && read.Annotation:
		return errShort
	}
	return l.endsEarly(f, err, open, last)
}

func (l *loader) notApplied(f File, err *applyError) error {
	if errors.Is(err, ErrUnknownCommand) {
		return l.fail(err, "Unknown command '%s' reading the append only file %s", err.name, f.Name)
	}
	return l.fail(err, "Error applying the append only file %s: %v", f.Name, err)
}

// endsEarly deals with a file that ends within a command or a transaction.
func (l *loader) endsEarly(f File, err error, open, last bool) error {
	if open {
		l.o.warning("Revert incomplete MULTI/EXEC transaction in AOF file %s", f.Name)
	}
	if err == nil {
		err = &ReadError{Offset: l.replay.sound, Reason: "the file ends in a transaction", Err: ErrTruncated}
	}
	if !l.o.Truncated {
		return l.unexpectedEnd(f, err)
	}
	l.o.warning("!!! Warning: short read while loading the AOF file %s!!!", f.Name)
	if !last {
		return l.fail(err, "Fatal error: the truncated file is not the last file")
	}
	l.o.warning("!!! Truncating the AOF %s at offset %d !!!", f.Name, l.replay.sound)
	l.result.State = Cut
	return errShort
}

func (l *loader) unexpectedEnd(f File, cause error) error {
	return l.fail(cause, "Unexpected end of file reading the append only file %s. You can: "+
		"1) Make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. "+
		"2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.", f.Name)
}

// cut cuts off what does not count at the end of the last file. In another one
// that can only be part of an annotation, after which nothing is written.
func (l *loader) cut(f File, last bool) error {
	if !last {
		return nil
	}
	if err := truncate(l.o.FS, l.path(f), l.replay.sound); err != nil {
		l.o.warning("Error truncating the AOF file %s: %s", f.Name, ErrText(err))
		return l.unexpectedEnd(f, err)
	}
	if l.result.State == Cut {
		l.o.warning("AOF %s loaded anyway because aof-load-truncated is enabled", f.Name)
	}
	return nil
}

// truncate cuts a file to size bytes, durably.
func truncate(fsys vfs.FS, path string, size int64) error {
	file, err := fsys.OpenAppend(path)
	if err != nil {
		return err
	}
	if err = file.Truncate(size); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
