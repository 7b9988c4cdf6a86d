package aof

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"github.com/redoubt-kv/redoubt/core/vfs"
)

// FileType is what a file of the manifest is for, by the letter that stands
// for it there.
type FileType byte

// The types of files.
const (
	Base    FileType = 'b'
	History FileType = 'h'
	Incr    FileType = 'i'
)

// File is one file that a manifest lists.
type File struct {
	Name string // without directory
	Seq  int64  // number of the base, or of the increment; never 0
	Type FileType
}

// Manifest lists the files of one append-only file. The zero value lists
// none. It is for one goroutine.
type Manifest struct {
	base    *File
	history []File
	incrs   []File // Seq rises

	// The numbers that were given last. The file does not hold them: they are
	// those of the base and of the last increment.
	baseSeq, incrSeq int64
}

// ManifestName returns the name of the manifest; name is appendfilename here
// and below.
func ManifestName(name string) string { return name + ".manifest" }

func tempManifestName(name string) string { return "temp-" + ManifestName(name) }

// BaseName returns the name of the base with the number seq. preamble tells
// whether it is an RDB file.
func BaseName(name string, seq int64, preamble bool) string {
	if preamble {
		return fmt.Sprintf("%s.%d.base.rdb", name, seq)
	}
	return fmt.Sprintf("%s.%d.base.aof", name, seq)
}

// IncrName returns the name of the increment with the number seq.
func IncrName(name string, seq int64) string {
	return fmt.Sprintf("%s.%d.incr.aof", name, seq)
}

// Empty tells that there is nothing to load: neither base nor increment.
func (m *Manifest) Empty() bool { return m.base == nil && len(m.incrs) == 0 }

// Base returns the base. ok is false if there is none.
func (m *Manifest) Base() (f File, ok bool) {
	if m.base == nil {
		return File{}, false
	}
	return *m.base, true
}

// Incrs returns the increments in the order in which they were written. The
// slice is the caller's.
func (m *Manifest) Incrs() []File { return slices.Clone(m.incrs) }

// LastIncr returns the increment that is written to. ok is false if there is
// none.
func (m *Manifest) LastIncr() (f File, ok bool) {
	if len(m.incrs) == 0 {
		return File{}, false
	}
	return m.incrs[len(m.incrs)-1], true
}

// History returns the files that are to be removed. The slice is the
// caller's.
func (m *Manifest) History() []File { return slices.Clone(m.history) }

// Live returns the files that make up the data, in the order of loading.
func (m *Manifest) Live() []File {
	if m.base == nil {
		return m.Incrs()
	}
	return append([]File{*m.base}, m.incrs...)
}

// Clone returns a copy, to be changed and, if all went well, put into the
// place of m.
func (m *Manifest) Clone() *Manifest {
	c := *m
	if m.base != nil {
		base := *m.base
		c.base = &base
	}
	c.history, c.incrs = slices.Clone(m.history), slices.Clone(m.incrs)
	return &c
}

// AddBase lists the next base and returns it; the one before becomes history.
func (m *Manifest) AddBase(name string, preamble bool) File {
	m.retireBase()
	m.baseSeq++
	m.base = &File{Name: BaseName(name, m.baseSeq, preamble), Seq: m.baseSeq, Type: Base}
	return *m.base
}

// AddOldBase lists the single append-only file of a Redis before 7, which has
// the plain name, as the base.
func (m *Manifest) AddOldBase(name string) File {
	m.baseSeq = 1
	m.base = &File{Name: name, Seq: 1, Type: Base}
	return *m.base
}

func (m *Manifest) retireBase() {
	if m.base == nil {
		return
	}
	old := *m.base
	old.Type = History
	m.history = slices.Insert(m.history, 0, old)
	m.base = nil
}

// AddIncr lists the next increment and returns it.
func (m *Manifest) AddIncr(name string) File {
	m.incrSeq++
	m.incrs = append(m.incrs, File{Name: IncrName(name, m.incrSeq), Seq: m.incrSeq, Type: Incr})
	return m.incrs[len(m.incrs)-1]
}

// RetireIncrs makes history of all increments but the last keep ones.
func (m *Manifest) RetireIncrs(keep int) {
	n := max(len(m.incrs)-keep, 0)
	for _, f := range m.incrs[:n] {
		f.Type = History
		m.history = slices.Insert(m.history, 0, f)
	}
	m.incrs = slices.Clone(m.incrs[n:])
}

// DropHistory forgets the files that are to be removed.
func (m *Manifest) DropHistory() { m.history = nil }

// String returns the manifest as it stands in its file: the base first, then
// history, then increments.
func (m *Manifest) String() string {
	var b strings.Builder
	if m.base != nil {
		m.base.format(&b)
	}
	for _, f := range m.history {
		f.format(&b)
	}
	for _, f := range m.incrs {
		f.format(&b)
	}
	return b.String()
}

func (f File) format(b *strings.Builder) {
	fmt.Fprintf(b, "file %s seq %d type %c\n", quoteIfNeeded(f.Name), f.Seq, f.Type)
}

// LoadManifest reads the manifest from dir. If there is none, or no such
// directory, it returns an empty one; that it cannot be read is an error, lest
// a new one be written over it. Errors about what is in it are *ManifestError.
func LoadManifest(fsys vfs.FS, dir, name string) (*Manifest, error) {
	m, err := ReadManifest(fsys, filepath.Join(dir, ManifestName(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return &Manifest{}, nil
	}
	return m, err
}

// ReadManifest reads the manifest at path, which must be there.
func ReadManifest(fsys vfs.FS, path string) (*Manifest, error) {
	file, err := fsys.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open AOF manifest: %w", err)
	}
	defer file.Close()
	m, err := ParseManifest(file)
	if err != nil {
		return nil, fmt.Errorf("AOF manifest %s: %w", path, err)
	}
	return m, nil
}

// Persist writes the manifest to dir: into a temporary file, which when it is
// durable takes the place of the old one in one step. After an error of the
// last step (the directory's sync) the new one is there but may not survive a
// crash; after any other the old one is untouched.
func (m *Manifest) Persist(fsys vfs.FS, dir, name string) error {
	text := m.String()
	if err := readable(text); err != nil {
		return err
	}
	temp, final := filepath.Join(dir, tempManifestName(name)), filepath.Join(dir, ManifestName(name))
	if err := writeDurably(fsys, temp, text); err != nil {
		return err
	}
	if err := fsys.Rename(temp, final); err != nil {
		return fmt.Errorf("give the AOF manifest its name: %w", err)
	}
	if err := fsys.SyncDir(dir); err != nil {
		return fmt.Errorf("make the name of the AOF manifest durable: %w", err)
	}
	return nil
}

// readable refuses what could not be loaded again: a name that is too long,
// numbers that have run out.
func readable(text string) error {
	if text == "" {
		return errors.New("AOF manifest without files: it could not be loaded")
	}
	again, err := ParseManifest(strings.NewReader(text))
	if err != nil {
		return fmt.Errorf("AOF manifest that could not be loaded: %w", err)
	}
	if again.String() != text {
		return errors.New("AOF manifest that would be loaded as another")
	}
	return nil
}

func writeDurably(fsys vfs.FS, path, text string) error {
	file, err := fsys.Create(path)
	if err != nil {
		return fmt.Errorf("create temporary AOF manifest: %w", err)
	}
	_, err = file.Write([]byte(text))
	if err != nil {
		err = fmt.Errorf("write temporary AOF manifest: %w", err)
	} else if err = file.Sync(); err != nil {
		err = fmt.Errorf("sync temporary AOF manifest: %w", err)
	}
	if closeErr := file.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("close temporary AOF manifest: %w", closeErr)
	}
	return err
}

// maxSeq leaves room for the next number.
const maxSeq = math.MaxInt64 - 1
