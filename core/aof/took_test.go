package aof

import (
	"slices"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// slowFS lets time pass at each write to an increment, each of its syncs, and each
// rename.
type slowFS struct {
	vfs.FS
	pass func()
}

type slowFile struct {
	vfs.File
	pass func()
}

func (f slowFS) OpenAppend(name string) (vfs.File, error) {
	file, err := f.FS.OpenAppend(name)
	return slowFile{file, f.pass}, err
}

func (f slowFS) Rename(from, to string) error {
	f.pass()
	return f.FS.Rename(from, to)
}

func (f slowFile) Write(p []byte) (int, error) {
	f.pass()
	return f.File.Write(p)
}

func (f slowFile) DataSync() error {
	f.pass()
	return f.File.DataSync()
}

// TestTook: the latency monitor hears of slow steps, by Redis's names.
func TestTook(t *testing.T) {
	var r *rig
	slow := slowFS{memfs.New(), func() {
		if r != nil {
			r.clock.Advance(5 * time.Millisecond)
		}
	}}
	made := newRig(t, slow, Settings{Policy: Always})
	r = made
	var events []string
	r.w.o.Took = func(event string, d time.Duration) {
		if d != 5*time.Millisecond {
			t.Errorf("%s took %v", event, d)
		}
		events = append(events, event)
	}
	r.w.o.Busy = func() bool { return true }
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	events = events[:0]
	if !r.turn(1) {
		t.Fatal("not durable")
	}
	if want := []string{"aof-write", "aof-write-active-child", "aof-fsync-always"}; !slices.Equal(events, want) {
		t.Errorf("%q; want %q", events, want)
	}
	r.w.o.Busy = func() bool { return false }
	events = events[:0]
	r.turn(1)
	if !slices.Contains(events, "aof-write-alone") {
		t.Errorf("%q", events)
	}
	events = events[:0]
	if err := r.w.rename(name+".1.incr.aof", "other"); err != nil || !slices.Equal(events, []string{"aof-rename"}) {
		t.Errorf("%v, %q", err, events)
	}
}
