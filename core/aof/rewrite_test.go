package aof

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

var rewriteGolden = flag.Bool("rewrite", false, "write the golden files anew")

// The order of operations on files, of which each has its reason, is kept in a
// file: a change of it is seen.
func TestOrderOfOperations(t *testing.T) {
	r, f, _ := traced(t, Settings{Policy: Always})
	var out strings.Builder
	seen := 0
	note := func(what string) {
		fmt.Fprintf(&out, "# %s\n", what)
		trace := f.Trace()
		for _, line := range trace[seen:] {
			fmt.Fprintln(&out, line)
		}
		seen = len(trace)
	}
	note("first start")
	r.turn(2)
	note("a turn")
	re, _ := r.w.PrepareSwitch(true)
	note("PrepareSwitch")
	r.add()
	units := r.units
	re.Cut(r.end())
	r.add()
	note("Cut")
	r.turn(0)
	note("the turn behind it")
	re.WriteBase((&rig{units: units}).base)
	note("WriteBase")
	re.Install()
	note("Install")
	r.add()
	r.w.Stop()
	note("Stop")
	r.w.TurnOn()
	re, _ = r.w.PrepareSwitch(false)
	re.Cut(r.end())
	r.turn(1)
	re.WriteBase((&rig{units: r.units - 1}).base)
	note("turned on: until the base is written")
	re.Install()
	note("turned on: Install")
	golden := filepath.Join("testdata", "operations.txt")
	if *rewriteGolden {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || out.String() != string(want) {
		t.Fatalf("%v; operations are now:\n%s", err, out.String())
	}
}

// While the file is off a rewrite makes a base alone; turned on later, the
// increments begin anew behind it.
func TestRewriteWhileOff(t *testing.T) {
	r, m := started(t, Settings{})
	r.turn(2)
	r.stop()
	if err := r.rewrite(nil); err != nil {
		t.Fatal(err)
	}
	r.wantFiles(`a.aof.2.base.rdb a.aof.manifest
		file a.aof.2.base.rdb seq 2 type b`)
	if err := r.w.Reload(); err != nil {
		t.Fatal(err)
	}
	r.w.TurnOn()
	if st := r.w.State(); !st.On || !st.Waiting || !r.w.NeedsRewrite() {
		t.Fatalf("%+v", st)
	}
	err := r.rewrite(func() {
		r.turn(3)
		r.wantUnits(m, 2) // the file has its temporary name
		r.wantFiles(`a.aof.2.base.rdb a.aof.manifest temp-a.aof.incr
			file a.aof.2.base.rdb seq 2 type b`)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.wantFiles(`a.aof.1.incr.aof a.aof.3.base.rdb a.aof.manifest
		file a.aof.3.base.rdb seq 3 type b
		file a.aof.1.incr.aof seq 1 type i`)
	r.wantUnits(m.CrashClone(nil), 5)
}

// Each rewrite that fails leaves one more increment, as with Redis.
func TestFailedRewrites(t *testing.T) {
	r, m := started(t, Settings{Policy: Always})
	for range 3 {
		re, err := r.w.PrepareSwitch(true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.w.PrepareSwitch(true); err != ErrRewriteRunning {
			t.Fatal(err)
		}
		re.Cut(r.end())
		r.turn(1)
		r.runBackground()
		cause := re.WriteBase(func(w io.Writer) error { w.Write(unit(1)); return io.ErrShortWrite })
		if cause != io.ErrShortWrite {
			t.Fatal(cause)
		}
		re.Discard(cause)
		re.Discard(cause) // once more does nothing
	}
	r.wantFiles(`a.aof.1.base.rdb a.aof.1.incr.aof a.aof.2.incr.aof a.aof.3.incr.aof a.aof.4.incr.aof a.aof.manifest
		file a.aof.1.base.rdb seq 1 type b
		file a.aof.1.incr.aof seq 1 type i
		file a.aof.2.incr.aof seq 2 type i
		file a.aof.3.incr.aof seq 3 type i
		file a.aof.4.incr.aof seq 4 type i`)
	r.wantUnits(m, 3)
	if !r.w.RewriteLimited() || r.w.RewriteFailures() != 3 {
		t.Fatal("three failures in a row do not limit rewrites")
	}
	r.clock.Advance(time.Minute)
	if r.w.RewriteLimited() {
		t.Fatal("limited for longer than a minute")
	}
	if err := r.rewrite(nil); err != nil || r.w.RewriteFailures() != 0 {
		t.Fatal(err, r.w.RewriteFailures())
	}
	r.wantFiles(`a.aof.2.base.rdb a.aof.5.incr.aof a.aof.manifest
		file a.aof.2.base.rdb seq 2 type b
		file a.aof.5.incr.aof seq 5 type i`)
}

// A rewrite that is cancelled before its cut leaves nothing; one of a file that
// is only being turned on, neither.
func TestCancelledRewrites(t *testing.T) {
	r, m := started(t, Settings{})
	re, _ := r.w.PrepareSwitch(true)
	re.Discard(ErrCancelled)
	r.wantFiles(`a.aof.1.base.rdb a.aof.1.incr.aof a.aof.manifest
		file a.aof.1.base.rdb seq 1 type b
		file a.aof.1.incr.aof seq 1 type i`)
	r.turn(1)
	r.stop()
	r.w.TurnOn()
	re, _ = r.w.PrepareSwitch(true)
	re.Cut(r.end())
	r.turn(1)
	r.runBackground()
	re.WriteBase(r.base)
	re.Discard(ErrCancelled)
	if r.w.RewriteFailures() != 0 || !r.w.NeedsRewrite() {
		t.Fatal("a cancelled rewrite counts as failed, or nobody makes another")
	}
	if err := re.Install(); err != ErrCancelled {
		t.Fatal(err)
	}
	removed := 0
	for _, line := range r.log {
		if strings.HasPrefix(line, "Removing the temp incr aof file") {
			removed++
		}
	}
	r.wantUnits(m, 1)
	r.wantFiles(`a.aof.1.base.rdb a.aof.1.incr.aof a.aof.manifest
		file a.aof.1.base.rdb seq 1 type b
		file a.aof.1.incr.aof seq 1 type i`)
	if removed != 1 {
		t.Fatalf("%q", r.log)
	}
	re, _ = r.w.PrepareSwitch(true)
	re.Cut(r.end())
	r.w.Stop() // while it runs
	if err := re.Install(); err != ErrCancelled {
		t.Fatal(err)
	}
	r.wantUnits(m, 1)
}

func TestHistoryIsKeptIfWanted(t *testing.T) {
	r, m := started(t, Settings{KeepHistory: true})
	r.rewrite(nil)
	r.rewrite(nil)
	r.wantFiles(`a.aof.1.base.rdb a.aof.1.incr.aof a.aof.2.base.rdb a.aof.2.incr.aof a.aof.3.base.rdb a.aof.3.incr.aof a.aof.manifest
		file a.aof.3.base.rdb seq 3 type b
		file a.aof.2.incr.aof seq 2 type h
		file a.aof.2.base.rdb seq 2 type h
		file a.aof.1.incr.aof seq 1 type h
		file a.aof.1.base.rdb seq 1 type h
		file a.aof.3.incr.aof seq 3 type i`)
	m.Remove(dir + "/a.aof.1.base.rdb") // somebody was faster
	r.w.Configure(Settings{})
	r.w.DeleteHistory()
	r.wantFiles(`a.aof.3.base.rdb a.aof.3.incr.aof a.aof.manifest
		file a.aof.3.base.rdb seq 3 type b
		file a.aof.3.incr.aof seq 3 type i`)
}

func TestIncrementalSync(t *testing.T) {
	for incremental, want := range map[bool]int{true: 3, false: 0} {
		r, f, _ := traced(t, Settings{Policy: Never, IncrementalSync: incremental})
		re, _ := r.w.PrepareSwitch(true)
		err := re.WriteBase(func(w io.Writer) error {
			for range 13 {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return err
				}
			}
			return nil
		})
		if got := count(f, "datasync"); err != nil || got != want {
			t.Fatalf("incremental %v: %d syncs, %v", incremental, got, err)
		}
	}
}

func TestSizes(t *testing.T) {
	r, _ := started(t, Settings{Policy: Always})
	r.turn(10)
	if st := r.w.State(); st.Size != 270 || st.BaseSize != 0 {
		t.Fatalf("%+v", st)
	}
	r.rewrite(func() { r.turn(1) })
	if st := r.w.State(); st.Size != 11*27 || st.BaseSize != 11*27 {
		t.Fatalf("%+v", st)
	}
	r.turn(1)
	r.stop()
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	if st := r.w.State(); st.Size != 12*27 || st.BaseSize != 10*27 {
		t.Fatalf("%+v", st)
	}
}

// While nothing can be written, rewrites are tried again soon.
func TestStaleFilesDoNotWaitLong(t *testing.T) {
	r, m := started(t, Settings{})
	m.Remove(dir + "/a.aof.manifest")
	r.tick(time.Second)
	for range 5 {
		if r.w.RewriteLimited() {
			t.Fatal("limited")
		}
		re, err := r.w.PrepareSwitch(true)
		if err != nil {
			t.Fatal(err)
		}
		re.Discard(io.ErrShortWrite)
		r.clock.Advance(9 * time.Second)
		if !r.w.RewriteLimited() {
			t.Fatal("tried again after 9 s")
		}
		r.clock.Advance(time.Second)
	}
}

func TestLimitDoubles(t *testing.T) {
	l := rewriteLimit{failures: limitAfter}
	now := time.Hour
	for _, want := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		if limited, started := l.limited(now); !limited || !started || l.delay != time.Duration(want)*time.Minute {
			t.Fatalf("%v %v %v, want %d minutes", limited, started, l.delay, want)
		}
		now += l.delay - 1
		if limited, started := l.limited(now); !limited || started {
			t.Fatal("ended early")
		}
		now++
		if limited, _ := l.limited(now); limited {
			t.Fatal("did not end")
		}
	}
}

// A start continues the last increment behind what was loaded of it, and
// removes what an interrupted rewrite left.
func TestStartCutsOffWhatWasNotLoaded(t *testing.T) {
	r, m := started(t, Settings{Policy: Always})
	r.turn(3)
	r.stop()
	last := dir + "/a.aof.1.incr.aof"
	f, _ := m.OpenAppend(last)
	f.Write([]byte("*1\r\n$5\r\nMULTI\r\n"))
	f.Close()
	for _, left := range []string{"temp-a.aof.base", "temp-a.aof.incr", "a.aof.2.incr.aof"} {
		f, _ := m.Create(dir + "/" + left)
		f.Write(unit(9))
		f.Close()
	}
	err := r.w.Start(StartOptions{At: r.end(), Last: "a.aof.1.incr.aof", Valid: 81, Base: r.base})
	if err != nil {
		t.Fatal(err)
	}
	r.turn(1)
	r.wantUnits(m.CrashClone(nil), 4)
	if err := r.rewrite(func() { r.turn(1) }); err != nil {
		t.Fatal(err)
	}
	r.wantFiles(`a.aof.2.base.rdb a.aof.2.incr.aof a.aof.manifest
		file a.aof.2.base.rdb seq 2 type b
		file a.aof.2.incr.aof seq 2 type i`)
	r.wantUnits(m, 5)
	r.stop()
	if err := r.w.Start(StartOptions{Last: "a.aof.2.incr.aof", Valid: 1 << 20}); err == nil {
		t.Fatal("a file is shorter than what was loaded of it")
	}
}

// The file of a Redis before 7 becomes the base; each operation fails once, and
// the next start goes on.
func TestUpgrade(t *testing.T) {
	for at := 0; ; at++ {
		m := memfs.New()
		m.MkdirAll("d")
		m.SyncDir(".")
		f, _ := m.Create("d/" + name)
		f.Write(append(unit(1), unit(2)...))
		f.Sync()
		f.Close()
		m.SyncDir("d")
		faulty := faultfs.New(m, faultfs.Fault{At: at, Err: syscall.EIO})
		moved, err := Upgrade(faulty, dir, name)
		if (err != nil) != faulty.Fired() || err == nil && !moved {
			t.Fatal(moved, err)
		}
		if after := m.CrashClone(nil); err != nil {
			if _, err := Upgrade(after, dir, name); err != nil {
				t.Fatalf("fault at %d, after a crash: %v", at, err)
			}
			(&rig{t: t}).wantUnits(after, 2)
		}
		if _, err := Upgrade(m, dir, name); err != nil {
			t.Fatalf("fault at %d, again: %v", at, err)
		}
		r := &rig{t: t, fs: m}
		r.wantUnits(m, 2)
		r.wantFiles(`a.aof a.aof.manifest
			file a.aof seq 1 type b`)
		if at > 0 && !faulty.Fired() {
			break
		}
	}
}

func TestUpgradeOnlyWhereRedisDoes(t *testing.T) {
	r, m := started(t, Settings{Policy: Always})
	r.turn(1)
	put := func(path string) {
		f, err := m.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(unit(7))
		f.Close()
	}
	put("d/" + name)
	if moved, err := Upgrade(m, dir, name); moved || err != nil {
		t.Fatal(moved, err)
	}
	r.wantUnits(m, 1)
	m = memfs.New()
	if moved, err := Upgrade(m, dir, name); moved || err != nil {
		t.Fatal("nothing to upgrade:", moved, err)
	}
}

func TestErrText(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ENOSPC:                   "No space left on device",
		fmt.Errorf("a: %w", syscall.EIO): "Input/output error",
		errors.New("other"):              "other",
	} {
		if got := ErrText(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
