package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// rig is a Writer with a stand-in for everything above it: the data are the
// numbers of the units that were appended, so that each state of the files
// should load as 1, 2, … n.
type rig struct {
	t     testing.TB
	fs    vfs.FS
	disk  *memfs.FS // below fs, for loading
	clock *clock.Fake
	w     *Writer

	mu         sync.Mutex // the shards' locks and the journal's
	units      int
	ends       []int64 // the journal's offset behind each unit
	background []func()
	logging    sync.Mutex
	log        []string
}

const dir, name = "d/appendonlydir", "a.aof"

func newRig(t testing.TB, fsys vfs.FS, s Settings) *rig {
	t.Helper()
	if err := errors.Join(fsys.MkdirAll("d"), fsys.SyncDir(".")); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, fs: fsys}
	if err := r.prepare(s); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) prepare(s Settings) error {
	r.clock = clock.NewFake(1_700_000_000_000)
	log := func(format string, args ...any) {
		r.logging.Lock()
		defer r.logging.Unlock()
		r.log = append(r.log, fmt.Sprintf(format, args...))
	}
	w, err := Open(Options{
		FS: r.fs, Dir: dir, Name: name, Clock: r.clock, Notice: log, Warning: log,
		Go: func(fn func()) { r.background = append(r.background, fn) },
	}, s)
	if err != nil {
		return err
	}
	r.w = w
	return nil
}

// start starts the Writer with an empty base.
func (r *rig) start() error {
	return r.w.Start(StartOptions{At: r.end(), Base: r.base, Preamble: true})
}

func (r *rig) end() int64 {
	if len(r.ends) == 0 {
		return 100 // not where files begin
	}
	return r.ends[len(r.ends)-1]
}

func unit(n int) []byte { return fmt.Appendf(nil, "*2\r\n$3\r\nSET\r\n$8\r\n%08d\r\n", n) }

// add appends the next unit.
func (r *rig) add() {
	r.units++
	p := unit(r.units)
	r.ends = append(r.ends, r.end()+int64(len(p)))
	r.w.Append(p)
}

// turn appends n units and says what Turn says of them.
func (r *rig) turn(n int) bool {
	for range n {
		r.add()
	}
	return r.w.Turn(r.end())
}

// base writes the data as they are now.
func (r *rig) base(w io.Writer) error {
	for n := range r.units {
		if _, err := w.Write(unit(n + 1)); err != nil {
			return err
		}
	}
	return nil
}

// runBackground runs what waits to be run in the background.
func (r *rig) runBackground() {
	for len(r.background) > 0 {
		fn := r.background[0]
		r.background = r.background[1:]
		fn()
	}
}

func (r *rig) stop() error {
	r.runBackground()
	return r.w.Stop()
}

func (r *rig) tick(d time.Duration) {
	r.clock.Advance(d)
	r.w.Tick()
	r.runBackground()
}

// rewrite does a whole rewrite, with during between cut and base.
func (r *rig) rewrite(during func()) error {
	re, err := r.w.PrepareSwitch(true)
	if err != nil {
		return err
	}
	units := r.units
	re.Cut(r.end())
	if during != nil {
		during()
	}
	r.runBackground()
	err = re.WriteBase(func(w io.Writer) error {
		part := &rig{units: units}
		return part.base(w)
	})
	if err != nil {
		re.Discard(err)
		return err
	}
	r.runBackground()
	return re.Install()
}

// durable is how many units Turn may have called durable.
func (r *rig) durable() (n int) {
	if r.w == nil {
		return 0
	}
	at := r.w.durable.Load()
	for n < len(r.ends) && r.ends[n] <= at {
		n++
	}
	return n
}

// load reads the files as a start would and returns how many units there are,
// which must be those from 1 on.
func load(fsys vfs.FS) (units int, err error) { return loadTorn(fsys, false) }

// loadTorn is load of files whose end may be garbage if torn is true, as a disk
// can leave it that lost power while it wrote.
func loadTorn(fsys vfs.FS, torn bool) (units int, err error) {
	m, err := LoadManifest(fsys, dir, name)
	if err != nil {
		return 0, err
	}
	files := m.Live()
	for i, f := range files {
		data, err := contentsOf(fsys, dir+"/"+f.Name)
		if err != nil {
			return units, err
		}
		for len(data) > 0 {
			if stamp, rest, ok := bytes.Cut(data, []byte("\r\n")); ok && bytes.HasPrefix(stamp, []byte("#TS:")) {
				data = rest
				continue
			}
			next := unit(units + 1)
			if len(data) < len(next) {
				if i < len(files)-1 {
					return units, fmt.Errorf("%s is cut off and not the last file", f.Name)
				}
				break
			}
			if !bytes.HasPrefix(data, next) && torn && i == len(files)-1 {
				break
			}
			if !bytes.HasPrefix(data, next) {
				return units, fmt.Errorf("%s: %q where unit %d should be", f.Name, data[:len(next)], units+1)
			}
			units++
			data = data[len(next):]
		}
	}
	return units, nil
}

func contentsOf(fsys vfs.FS, path string) ([]byte, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// files returns the names in the directory and the manifest.
func (r *rig) files() string {
	names, err := r.fs.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.t.Fatal(err)
	}
	m, err := LoadManifest(r.fs, dir, name)
	if err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(names, " ") + "\n" + m.String()
}

func (r *rig) wantFiles(want string) {
	r.t.Helper()
	want = strings.ReplaceAll(strings.TrimSpace(want), "\t", "") + "\n"
	if got := r.files(); got != want {
		r.t.Fatalf("files:\n%s\nwant:\n%s", got, want)
	}
}

func (r *rig) wantUnits(fsys vfs.FS, want int) {
	r.t.Helper()
	if got, err := load(fsys); err != nil || got != want {
		r.t.Fatalf("loaded %d units, %v; want %d", got, err, want)
	}
}
