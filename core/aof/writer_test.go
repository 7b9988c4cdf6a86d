package aof

import (
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

func started(t testing.TB, s Settings) (*rig, *memfs.FS) {
	t.Helper()
	m := memfs.New()
	r := newRig(t, m, s)
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	return r, m
}

func TestFirstStartMakesFiles(t *testing.T) {
	r, m := started(t, Settings{})
	r.wantFiles(`a.aof.1.base.rdb a.aof.1.incr.aof a.aof.manifest
		file a.aof.1.base.rdb seq 1 type b
		file a.aof.1.incr.aof seq 1 type i`)
	r.wantUnits(m.CrashClone(nil), 0)
}

func TestAlwaysIsDurableBeforeReplies(t *testing.T) {
	r, m := started(t, Settings{Policy: Always})
	for n := range 10 {
		if !r.turn(1) {
			t.Fatal("not durable")
		}
		r.wantUnits(m.CrashClone(nil), n+1)
	}
}

func TestRewriteSwitchesAtTheCut(t *testing.T) {
	for _, policy := range []Policy{Always, EverySecond, Never} {
		r, m := started(t, Settings{Policy: policy})
		r.turn(3)
		err := r.rewrite(func() {
			r.turn(2)
			r.tick(100 * time.Millisecond)
		})
		if err != nil {
			t.Fatal(err)
		}
		r.turn(2)
		r.wantFiles(`a.aof.2.base.rdb a.aof.2.incr.aof a.aof.manifest
			file a.aof.2.base.rdb seq 2 type b
			file a.aof.2.incr.aof seq 2 type i`)
		r.wantUnits(m, 7)
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
		r.wantUnits(m.CrashClone(nil), 7)
	}
}
