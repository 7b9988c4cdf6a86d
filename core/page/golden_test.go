package page

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// golden compares got with the file of that name in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -rewrite regenerates it); got:\n%s", path, got)
	}
}

// dumpFrames draws the frame table, one run a line.
func dumpFrames(h *Heap) string {
	var s strings.Builder
	for f := uint32(0); f < h.frames.top; f += max(h.frames.mem[f].run, 1) {
		r := h.frames.mem[f]
		switch r.state {
		case stateFree:
			fmt.Fprintf(&s, "%4d +%-4d free dirty=%t\n", f, r.run, r.dirty)
		case stateSlab:
			fmt.Fprintf(&s, "%4d +%-4d slab of %d B: %d of %d used, next fresh %d, first free %d, listed=%t\n",
				f, r.run, classSize[r.class], r.used, slabSlots(r.class), r.fresh, int(r.free)-1, r.listed)
		case stateSpan:
			fmt.Fprintf(&s, "%4d +%-4d span\n", f, r.run)
		default:
			fmt.Fprintf(&s, "%4d +%-4d state %d\n", f, r.run, r.state)
		}
	}
	return s.String()
}

// TestStates draws the allocator after each step of a short life.
func TestStates(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve})
	a := h.Arena(0)
	refs := map[string]Ref{}
	var s strings.Builder
	var pin *Pin
	for _, step := range []struct {
		op   string
		node string
		size int
	}{
		{"new", "", 0},
		{"alloc", "a", 256}, {"alloc", "b", 256}, {"alloc", "c", 100000}, {"alloc", "d", 40000},
		{"retire", "a", 0}, {"retire", "c", 0},
		{"alloc", "e", 33000}, {"scavenge", "", 0},
		{"pin", "", 0}, {"own", "b", 0}, {"retire", "d", 0}, {"release", "", 0},
		{"retire", "b", 0}, {"retire", "e", 0}, {"trim", "", 0},
	} {
		switch step.op {
		case "alloc":
			refs[step.node] = a.Alloc(step.size, 0)
		case "retire":
			a.Retire(refs[step.node], 0, 0)
		case "own":
			refs[step.node] = a.Own(refs[step.node], 0, 0)
		case "pin":
			pin = h.Pin()
		case "release":
			pin.Release(func(_ int, fn func()) { fn() })
		case "scavenge":
			h.Scavenge(1 << 30)
		case "trim":
			a.Trim()
		}
		fmt.Fprintf(&s, "%s %s", step.op, step.node)
		if step.size > 0 {
			fmt.Fprintf(&s, " %d", step.size)
		}
		fmt.Fprintf(&s, ": %d bytes in %d committed\n%s\n", h.Used(), h.Committed(), dumpFrames(h))
		if err := h.Check(nil); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "states.txt", s.String())
}

// TestClasses freezes the numbers that are in node headers.
func TestClasses(t *testing.T) {
	var s strings.Builder
	s.WriteString("class size frames slots\n")
	for c := range numClasses {
		fmt.Fprintf(&s, "%5d %5d %6d %5d\n", c, classSize[c], slabFrames[c], slabSlots(uint8(c)))
	}
	golden(t, "classes.txt", s.String())
	for n := range MaxNode + 2*FrameSize {
		size := ClassSize(n)
		if size < n || n <= MaxNode && n > 0 && SmallerClass(size) >= n || size-n >= FrameSize && n <= 4*FrameSize {
			t.Fatalf("%d bytes get %d, the class below is %d", n, size, SmallerClass(size))
		}
	}
}

func TestFrozen(t *testing.T) {
	if Unit != 256 || FrameSize != 4096 || MaxNode != 32768 || Header != 8 || spanClass != 255 {
		t.Error("Refs and headers in files depend on these numbers")
	}
}

// TestLayoutExample makes the node that the package comment shows in hex.
func TestLayoutExample(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve})
	for range 6 {
		h.Pin().Release(func(_ int, fn func()) { fn() })
	}
	ref := h.Arena(0).Alloc(256, 2)
	hex := fmt.Sprintf("% x .. ..", h.Bytes(ref, 6))
	source, err := os.ReadFile("page.go")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(source), hex) {
		t.Errorf("the package comment does not show %s", hex)
	}
}
