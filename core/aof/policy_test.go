package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// traced returns a started rig whose operations on files can be looked at and
// failed.
func traced(t *testing.T, s Settings) (*rig, *faultfs.FS, *memfs.FS) {
	t.Helper()
	m := memfs.New()
	f := faultfs.New(m, faultfs.Fault{})
	r := newRig(t, f, s)
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	return r, f, m
}

func count(f *faultfs.FS, op string) (n int) {
	for _, line := range f.Trace() {
		if strings.HasPrefix(line, op+" ") {
			n++
		}
	}
	return n
}

func TestEverySecondSyncsInTheBackground(t *testing.T) {
	r, f, m := traced(t, Settings{Policy: EverySecond})
	r.clock.Advance(time.Second)
	r.turn(1)
	r.wantUnits(m, 1) // in the kernel
	r.wantUnits(m.CrashClone(nil), 0)
	if len(r.background) != 1 || count(f, "datasync") != 0 {
		t.Fatalf("%d in the background, %d syncs", len(r.background), count(f, "datasync"))
	}
	r.runBackground()
	r.wantUnits(m.CrashClone(nil), 1)
	r.tick(100 * time.Millisecond)
	r.turn(1)
	if r.tick(time.Second); count(f, "datasync") != 2 {
		t.Fatalf("%d syncs in two seconds", count(f, "datasync"))
	}
	r.tick(time.Second)
	if count(f, "datasync") != 2 {
		t.Fatal("synced without need")
	}
}

// While a background sync runs, writes wait for two seconds and no longer.
func TestTwoSecondRule(t *testing.T) {
	r, f, m := traced(t, Settings{Policy: EverySecond})
	r.clock.Advance(time.Second)
	r.turn(1) // its sync is not run yet
	before := count(f, "write")
	for range 20 {
		r.turn(1)
		r.clock.Advance(99 * time.Millisecond)
		r.w.Tick()
	}
	st := r.w.State()
	if count(f, "write") != before || st.Delayed != 0 || !st.SyncPending || st.Buffered != 20*27 {
		t.Fatalf("after 1.98 s: %d writes, %+v", count(f, "write")-before, st)
	}
	r.clock.Advance(100 * time.Millisecond)
	r.turn(1)
	if st = r.w.State(); count(f, "write") != before+1 || st.Delayed != 1 || st.Buffered != 0 {
		t.Fatalf("after 2 s: %d writes, %+v", count(f, "write")-before, st)
	}
	r.wantUnits(m, 22)
	r.runBackground()
	if r.tick(2 * time.Second); r.durable() != 22 {
		t.Fatalf("%d durable", r.durable())
	}
}

func TestNeverDoesNotSync(t *testing.T) {
	r, f, _ := traced(t, Settings{Policy: Never})
	for range 5 {
		r.turn(1)
		r.tick(time.Second)
	}
	if count(f, "datasync") != 0 {
		t.Fatal("synced")
	}
}

func TestPolicyChangesWhileRunning(t *testing.T) {
	r, _, m := traced(t, Settings{Policy: Never})
	r.turn(2)
	r.w.Configure(Settings{Policy: Always})
	r.tick(100 * time.Millisecond)
	r.wantUnits(m.CrashClone(nil), 2)
	r.w.Configure(Settings{Policy: EverySecond})
	r.turn(1)
	r.w.Configure(Settings{Policy: Always})
	if !r.turn(0) {
		t.Fatal("not durable")
	}
	r.wantUnits(m.CrashClone(nil), 3)
}

func TestNoSyncOnRewrite(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond} {
		r, f, _ := traced(t, Settings{Policy: policy, NoSyncOnRewrite: true})
		busy := true
		r.w.o.Busy = func() bool { return busy }
		if !r.turn(1) {
			t.Fatal("Turn waits for a sync that is not wanted")
		}
		if r.tick(time.Second); count(f, "datasync") != 0 {
			t.Fatal("synced")
		}
		busy = false
		if r.tick(time.Second); count(f, "datasync") != 1 {
			t.Fatal("not synced afterwards")
		}
	}
}

// One write and one sync are enough for what several turns have appended.
func TestOneWriteForAll(t *testing.T) {
	r, f, _ := traced(t, Settings{Policy: Always})
	writes, syncs := count(f, "write"), count(f, "datasync")
	for range 1000 {
		r.add()
	}
	if !r.turn(0) || count(f, "write") != writes+1 || count(f, "datasync") != syncs+1 {
		t.Fatalf("%d writes, %d syncs", count(f, "write")-writes, count(f, "datasync")-syncs)
	}
}

func TestTimestamps(t *testing.T) {
	r, m := started(t, Settings{Policy: Always, Timestamps: true})
	r.turn(2)
	r.clock.Advance(1500 * time.Millisecond)
	r.turn(1)
	r.clock.Jump(-time.Hour) // no time goes back in the file
	r.turn(1)
	got, err := contentsOf(m, dir+"/a.aof.1.incr.aof")
	want := fmt.Sprintf("#TS:1700000000\r\n%s%s#TS:1700000001\r\n%s%s", unit(1), unit(2), unit(3), unit(4))
	if err != nil || string(got) != want {
		t.Fatalf("%q", got)
	}
	r.wantUnits(m, 4)
}

// A write that fails is tried again; what it left in the file is cut off.
func TestWriteErrors(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond} {
		m := memfs.New()
		f := faultfs.New(m, faultfs.Fault{})
		r := newRig(t, f, Settings{Policy: policy})
		r.start()
		at := len(f.Trace()) + 1
		m = memfs.New()
		f = faultfs.New(m, faultfs.Fault{At: at, ShortWrite: true, Err: syscall.ENOSPC})
		r = newRig(t, f, Settings{Policy: policy})
		r.start()
		if ok := r.turn(3); ok != (policy != Always) {
			t.Fatalf("policy %d: Turn says %v", policy, ok)
		}
		st := r.w.State()
		if !errors.Is(st.Err, syscall.ENOSPC) || ErrText(st.Err) != "No space left on device" || st.Stale || st.Buffered != 3*27 {
			t.Fatalf("%+v", st)
		}
		r.wantUnits(m, 0)
		if info, _ := m.Stat(dir + "/a.aof.1.incr.aof"); info.Size() != 0 {
			t.Fatalf("%d bytes are left", info.Size())
		}
		if r.turn(1); r.w.Err() == nil {
			t.Fatal("a loop tried again")
		}
		r.tick(100 * time.Millisecond)
		if r.w.Err() != nil || !r.turn(0) {
			t.Fatalf("not healed: %v", r.w.Err())
		}
		r.wantUnits(m, 4)
	}
}

// After a failed sync the file is cut back, and only a rewrite helps.
func TestSyncErrors(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond} {
		r, m := started(t, Settings{Policy: policy})
		r.turn(2)
		r.tick(time.Second)
		r.tick(time.Second)
		var failing bool
		r.w.cur.file = syncFails{r.w.cur.file, &failing}
		failing = true
		ok := r.turn(1)
		r.tick(time.Second)
		r.tick(time.Second)
		failing = false
		r.tick(time.Second)
		if st := r.w.State(); ok != (policy != Always) || !st.Stale || !errors.Is(st.Err, syscall.EIO) || !r.w.NeedsRewrite() {
			t.Fatalf("policy %d: Turn says %v, %+v", policy, ok, st)
		}
		r.wantUnits(m, 2)
		if ok := r.turn(1); ok != (policy != Always) {
			t.Fatalf("policy %d: Turn says %v while stale", policy, ok)
		}
		if err := r.rewrite(func() { r.turn(1) }); err != nil {
			t.Fatal(err)
		}
		if r.w.Err() != nil || r.w.NeedsRewrite() || !r.turn(1) {
			t.Fatalf("not healed: %v", r.w.Err())
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		r.wantUnits(m.CrashClone(nil), 6)
	}
}

func TestVanishedFilesAreNoticed(t *testing.T) {
	for _, gone := range []string{"a.aof.1.incr.aof", "a.aof.1.base.rdb", "a.aof.manifest"} {
		r, m := started(t, Settings{})
		r.turn(1)
		if err := m.Remove(dir + "/" + gone); err != nil {
			t.Fatal(err)
		}
		r.tick(500 * time.Millisecond)
		r.tick(500 * time.Millisecond)
		if st := r.w.State(); !st.Stale || !errors.Is(st.Err, fs.ErrNotExist) {
			t.Fatalf("%s is gone: %+v", gone, st)
		}
		if err := r.rewrite(nil); err != nil {
			t.Fatal(err)
		}
		r.wantUnits(m, 1)
	}
}

// A directory that is removed as a whole is made again by the rewrite.
func TestVanishedDirectory(t *testing.T) {
	r, m := started(t, Settings{Policy: Always})
	r.turn(2)
	names, _ := m.ReadDir(dir)
	for _, n := range names {
		m.Remove(dir + "/" + n)
	}
	m.Remove(dir)
	r.tick(time.Second)
	if r.turn(1) {
		t.Fatal("what was written to no file is called durable")
	}
	if err := r.rewrite(nil); err != nil {
		t.Fatal(err)
	}
	if !r.turn(1) {
		t.Fatal("not durable")
	}
	r.wantUnits(m.CrashClone(nil), 4)
}

// file is vfs.File, to be embedded.
type file = vfs.File

// syncFails is a file whose syncs fail when that is wanted.
type syncFails struct {
	file
	failing *bool
}

func (s syncFails) DataSync() error {
	if *s.failing {
		return syscall.EIO
	}
	return s.file.DataSync()
}

// Loops append and wait for durability at the same time, while rewrites run.
func TestManyLoops(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond} {
		m := memfs.New()
		r := newRig(t, m, Settings{Policy: policy})
		r.w.o.Go = func(fn func()) { go fn() }
		if err := r.start(); err != nil {
			t.Fatal(err)
		}
		var loops, cron sync.WaitGroup
		end := make(chan struct{})
		cron.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
					r.clock.Advance(10 * time.Millisecond)
					r.w.Tick()
					r.w.State()
				}
			}
		})
		for range 4 {
			loops.Go(func() {
				for range 200 {
					r.mu.Lock()
					r.add()
					at := r.end()
					r.mu.Unlock()
					if !r.w.Turn(at) || policy == Always && r.w.durable.Load() < at {
						t.Error("not durable")
					}
				}
			})
		}
		for range 5 {
			r.locked()
		}
		loops.Wait()
		close(end)
		cron.Wait()
		if err := r.w.Stop(); err != nil {
			t.Fatal(err)
		}
		r.wantUnits(m.CrashClone(nil), 800)
	}
}

// locked is a rewrite whose cut is under the lock of those who append.
func (r *rig) locked() {
	re, err := r.w.PrepareSwitch(true)
	if err != nil {
		r.t.Error(err)
		return
	}
	r.mu.Lock()
	part := &rig{units: r.units}
	re.Cut(r.end())
	r.mu.Unlock()
	if err := re.WriteBase(part.base); err != nil {
		r.t.Error(err)
	}
	if err := re.Install(); err != nil {
		r.t.Error(err)
	}
}

func TestLargeBuffersAreNotKept(t *testing.T) {
	r, _ := started(t, Settings{Policy: Always})
	big := bytes.Repeat([]byte("x"), 4<<20)
	r.w.Append(fmt.Appendf(nil, "*1\r\n$%d\r\n%s\r\n", len(big), big))
	r.w.Tick()
	if cap(r.w.spare) > keepBuffer || cap(r.w.cur.buf) > keepBuffer || r.w.cur.left != nil {
		t.Fatal("a buffer of 4 MiB is kept")
	}
}
