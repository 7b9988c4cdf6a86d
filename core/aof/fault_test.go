package aof

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs"
	"github.com/redoubt-kv/redoubt/core/vfs/faultfs"
	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// life is what the sweep fails each step of: two starts with rewrites, turning
// off and on, turns at every moment, and what a server does about errors. It returns false if the
// server would not have started.
func life(r *rig) bool {
	for range 2 {
		if r.start() != nil {
			return false
		}
		r.turn(2)
		r.tick(time.Second)
		r.turn(3)
		r.rewrite(func() {
			r.turn(2)
			r.tick(100 * time.Millisecond)
			r.turn(1)
		})
		r.tick(time.Second)
		r.turn(1)
		r.heal()
		r.turn(1)
		if err := r.rewrite(func() { r.turn(1) }); err != nil {
			r.heal()
		}
		r.add()
		if r.stop() != nil {
			return false
		}
		r.rewrite(nil) // while off
		r.w.TurnOn()
		r.rewrite(func() {
			r.turn(2)
			r.tick(time.Second)
		})
		r.turn(1)
		r.heal()
		r.turn(1)
		if r.stop() != nil {
			return false
		}
		units, err := load(r.disk)
		if err != nil {
			r.t.Fatal(err)
		}
		r.units, r.ends = units, r.ends[:units]
		if r.w.Reload() != nil {
			return false
		}
	}
	return true
}

// heal does what the cron does after errors.
func (r *rig) heal() {
	for range 3 {
		r.tick(time.Second)
		if r.w.NeedsRewrite() {
			r.rewrite(func() { r.turn(1) })
		}
	}
	r.w.DeleteHistory()
}

// sweep fails the operations of life one after the other.
func sweep(t *testing.T, s Settings, persistent, short bool, cause error) {
	step := 1
	if testing.Short() {
		step = 11 // nothing here happens at the same time: the race detector gains little
	}
	for at := 0; ; at += step { // 0: nothing fails
		m := memfs.New()
		fault := faultfs.Fault{At: at, Persistent: persistent, ShortWrite: short, Err: cause}
		var r *rig
		where, steps := "", 0
		fault.Before = func(op string) {
			where = op
			if steps++; r != nil && r.w != nil && worthwhile(op, steps-at) {
				checkCrash(t, r, m, fmt.Sprintf("fault at %d, crash before %s", at, op), uint64(at))
			}
		}
		m.MkdirAll("d")
		m.SyncDir(".")
		f := faultfs.New(m, fault)
		r = &rig{t: t, fs: f, disk: m}
		r.prepare(s)
		lived := r.w != nil && life(r)
		checkCrash(t, r, m, fmt.Sprintf("fault at %d, at the end", at), uint64(at))
		if lived && !persistent {
			if units, err := load(m.CrashClone(nil)); err != nil || units != r.units {
				t.Fatalf("fault at %d: %d units of %d at the end, %v\n%v", at, units, r.units, err, f.Trace())
			}
		}
		if at > 0 && f.Fired() {
			continue
		}
		if !lived || steps < 200 {
			t.Fatalf("a life of %d operations, the last %s: %v\n%q", steps, where, lived, f.Trace())
		}
		if at > 0 {
			return
		}
	}
}

// worthwhile tells whether to look at a crash before op, so many operations
// after the fault: before it all is as without one, and later much is alike.
func worthwhile(op string, after int) bool {
	name, _, _ := strings.Cut(op, " ")
	switch name {
	case "open", "openappend", "read", "readat", "stat", "close": // change nothing
		return false
	}
	return after >= 0 && (after < 25 || after%11 == 0)
}

// checkCrash loads what a crash would leave now.
func checkCrash(t *testing.T, r *rig, m *memfs.FS, when string, seed uint64) {
	t.Helper()
	durable, units := r.durable(), len(r.ends)
	got, err := reload(m.CrashClone(nil))
	if err != nil || got < durable || got > units {
		t.Fatalf("%s: %d units of %d, %d were durable: %v\n%q", when, got, units, durable, err, r.fs.(*faultfs.FS).Trace())
	}
	if got, err = load(m); err != nil || got < durable || got > units {
		t.Fatalf("%s of the process alone: %d units of %d, %d were durable: %v\n%q", when, got, units, durable, err, r.fs.(*faultfs.FS).Trace())
	}
	got, err = loadTorn(m.CrashClone(rand.New(rand.NewPCG(seed, uint64(units)))), true)
	if err != nil || got < durable {
		t.Fatalf("%s that tears: %d units of %d, %d were durable: %v\n%q", when, got, units, durable, err, r.fs.(*faultfs.FS).Trace())
	}
}

// reload is load by the package's own Load.
func reload(fsys vfs.FS) (units int, err error) {
	m, err := LoadManifest(fsys, dir, name)
	if err != nil {
		return 0, err
	}
	_, err = Load(m, LoadOptions{FS: fsys, Dir: dir, Name: name, Truncated: true, Apply: func(_, _ int, argv [][]byte) error {
		if units++; string(argv[1]) != fmt.Sprintf("%08d", units) {
			return fmt.Errorf("%q where %d should be", argv, units)
		}
		return nil
	}})
	return units, err
}

func TestEachOperationFails(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond, Never} {
		for _, c := range []struct {
			name              string
			persistent, short bool
			err               error
		}{
			{"once", false, false, syscall.EIO},
			{"once, half written", false, true, syscall.ENOSPC},
			{"for ever", true, false, syscall.EIO},
		} {
			t.Run(fmt.Sprintf("policy %d, %s", policy, c.name), func(t *testing.T) {
				t.Parallel()
				sweep(t, Settings{Policy: policy}, c.persistent, c.short, c.err)
			})
		}
	}
}
