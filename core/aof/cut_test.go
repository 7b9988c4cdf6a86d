package aof

import (
	"testing"

	"github.com/redoubt-kv/redoubt/core/vfs/memfs"
)

// TestCutDuringWrite: a unit that is appended, and a cut that is made, while the
// increment before the cut is being written: the unit is in that increment.
func TestCutDuringWrite(t *testing.T) {
	var pass func()
	disk := memfs.New()
	r := newRig(t, slowFS{disk, func() {
		if once := pass; once != nil {
			pass = nil
			once()
		}
	}}, Settings{Policy: Always})
	if err := r.start(); err != nil {
		t.Fatal(err)
	}
	rewrite, err := r.w.PrepareSwitch(true)
	if err != nil {
		t.Fatal(err)
	}
	pass = func() {
		r.add()
		rewrite.Cut(r.end())
	}
	if !r.turn(1) || !r.w.Turn(r.end()) {
		t.Fatal("not durable")
	}
	r.runBackground()
	if !r.turn(1) {
		t.Fatal("not durable behind the cut")
	}
	r.wantUnits(disk, 3)
	rewrite.Discard(ErrCancelled)
}
