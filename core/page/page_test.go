package page

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
)

func newHeap(t testing.TB, o Options) *Heap {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func unlocked(_ int, fn func()) { fn() }

// faults tells whether fn touches memory that it must not.
func faults(fn func()) (fault bool) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			_, fault = r.(interface{ Addr() uintptr })
		}
	}()
	fn()
	return false
}

func TestGuardFaults(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve, Guard: true})
	a := h.Arena(0)
	ref, big := a.Alloc(300, 1), a.Alloc(100000, 1)
	write := func(ref Ref, at int) func() { return func() { h.Node(ref)[at] = 1 } }
	if faults(write(ref, 299)) || faults(write(big, 99999)) {
		t.Fatal("P1: a write to an owned node faults")
	}
	p := h.Pin()
	if !faults(write(ref, 8)) || !faults(write(big, 8)) || !faults(write(big, 99999)) {
		t.Fatal("P1: a write to a frozen node does not fault")
	}
	own := a.Own(ref, 0, 0)
	if own == ref || faults(write(own, 8)) || !faults(write(ref, 8)) {
		t.Fatal("P1: Own gave no node of its own")
	}
	p.Release(unlocked)
	if faults(write(big, 8)) || faults(write(own, 8)) {
		t.Fatal("P1: a write after the release faults")
	}
}

// exhaust allocates until the heap refuses, asking Room first if asked to.
func exhaust(h *Heap, size int, room bool) (refs []Ref, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(*NoMemory)
		}
	}()
	for !room || h.Room(int64(size)) {
		refs = append(refs, h.Arena(0).Alloc(size, 0))
	}
	return refs, nil
}

func TestNoMemory(t *testing.T) {
	for _, size := range []int{256, 5000, 100000} {
		h := newHeap(t, Options{Reserve: minReserve})
		refs, err := exhaust(h, size, false)
		var none *NoMemory
		if !errors.As(err, &none) || !strings.Contains(err.Error(), "used up") {
			t.Fatalf("size %d: %v", size, err)
		}
		if got := int64(len(refs)) * int64(ClassSize(size)); got < h.Reserved()*9/10 {
			t.Errorf("size %d: only %d bytes of %d could be used", size, got, h.Reserved())
		}
		if err := h.Check(nil); err != nil {
			t.Fatal(err)
		}
		if h.Room(1) {
			t.Error("Room in a full heap")
		}
		for _, r := range refs {
			h.Arena(0).Retire(r, 0, 0)
		}
		if h.Used() != 0 || !h.Room(1) || !h.Room(h.Reserved()/2) || h.Room(h.Reserved()) {
			t.Errorf("size %d: no room when all is freed, or too much", size)
		}
		// A large node must find room where small ones were.
		h.Arena(0).Alloc(int(h.Reserved()*3/4), 0)
	}
}

// TestRoom: who asks first never meets NoMemory.
func TestRoom(t *testing.T) {
	for _, size := range []int{256, 5000, 100000, 3 << 20} {
		h := newHeap(t, Options{Reserve: 64 << 20})
		refs, err := exhaust(h, size, true)
		if err != nil {
			t.Fatalf("size %d: %v after %d nodes though Room said yes", size, err, len(refs))
		}
		if h.Used() < h.Reserved()*3/4 {
			t.Errorf("size %d: Room says no at %d bytes of %d", size, h.Used(), h.Reserved())
		}
		// A write may need more than its value.
		for range 16 {
			h.Arena(0).Alloc(4096, 0)
		}
		for _, r := range refs {
			h.Arena(0).Retire(r, 0, 0)
		}
		if !h.Room(int64(size)) {
			t.Errorf("size %d: no room when all is freed", size)
		}
	}
}

// TestLargestNode: frames that are free at the end count when the region grows.
func TestLargestNode(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve})
	a := h.Arena(0)
	a.Retire(a.Alloc(6<<20, 0), 0, 0)
	a.Alloc(15<<20, 0)
	if err := h.Check(nil); err != nil {
		t.Fatal(err)
	}
}

func TestSuperseded(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve, Arenas: 2})
	a := h.Arena(1)
	var refs []Ref
	for range 4 {
		refs = append(refs, a.Alloc(256, 7))
	}
	old, young := h.Pin(), h.Pin()
	type call struct {
		pin   string
		shard int
		ref   Ref
		table uint32
		pos   uint64
	}
	var calls []call
	fates := map[Ref]Fate{refs[0]: Wait, refs[1]: Done, refs[2]: Taken}
	hook := func(name string, fates map[Ref]Fate) func(int, Ref, uint32, uint64) Fate {
		return func(shard int, ref Ref, table uint32, pos uint64) Fate {
			calls = append(calls, call{name, shard, ref, table, pos})
			return fates[ref]
		}
	}
	young.Superseded = hook("young", fates)
	old.Superseded = hook("old", map[Ref]Fate{refs[1]: Done}) // never asked: it is overtaken
	for i, r := range refs[:3] {
		a.Retire(r, 5, uint64(i)<<60)
	}
	want := []call{
		{"young", 1, refs[0], 5, 0},
		{"young", 1, refs[1], 5, 1 << 60},
		{"young", 1, refs[2], 5, 2 << 60},
	}
	if !slices.Equal(calls, want) {
		t.Fatalf("calls %v", calls)
	}
	if h.Used() != 4*256 || young.Held() != 256 || old.Held() != 256 {
		t.Fatalf("used %d, held %d and %d", h.Used(), young.Held(), old.Held())
	}
	calls = nil
	young.Drop(1, refs[2], 5, 2<<60)
	young.Release(unlocked)
	if len(calls) > 0 || old.Held() != 3*256 || h.Used() != 4*256 {
		t.Fatalf("calls %v; old holds %d of %d", calls, old.Held(), h.Used())
	}
	old.Release(unlocked)
	if h.Used() != 256 {
		t.Fatalf("%d used at the end", h.Used())
	}
}

// TestRetireDropped: pins from the epoch on in which a node was dropped do not
// see it.
func TestRetireDropped(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve})
	a := h.Arena(0)
	first, second := a.Alloc(256, 0), a.Alloc(256, 0)
	dropped := h.Epoch()
	p := h.Pin()
	a.RetireDropped(first, 0, 0, dropped)
	if h.Used() != 256 || p.Held() != 0 {
		t.Errorf("a node dropped before the pin: %d used, %d held", h.Used(), p.Held())
	}
	a.RetireDropped(second, 0, 0, h.Epoch())
	if h.Used() != 256 || p.Held() != 256 {
		t.Errorf("a node dropped after the pin: %d used, %d held", h.Used(), p.Held())
	}
	p.Release(unlocked)
	if h.Used() != 0 {
		t.Errorf("%d used at the end", h.Used())
	}
}

// TestReleaseBeside releases an older pin in the midst of the release of a
// younger one: what the younger passes on must not get lost.
func TestReleaseBeside(t *testing.T) {
	h := newHeap(t, Options{Reserve: minReserve, Arenas: 2})
	a := h.Arena(1)
	ref := a.Alloc(256, 0)
	old, young := h.Pin(), h.Pin()
	a.Retire(ref, 0, 0)
	young.Release(func(shard int, fn func()) {
		if shard == 0 {
			old.Release(unlocked)
		}
		fn()
	})
	if h.Used() != 0 {
		t.Fatalf("%d bytes are lost", h.Used())
	}
}

// TestParallel: two shards write, a third goroutine takes pins, reads them
// without a lock and releases them in any order.
func TestParallel(t *testing.T) {
	h := newHeap(t, Options{Reserve: 256 << 20, Arenas: 2})
	var locks [2]sync.Mutex
	var cells [2][32]Ref
	with := func(s int, fn func()) {
		locks[s].Lock()
		defer locks[s].Unlock()
		fn()
	}
	var writers sync.WaitGroup
	stop := make(chan struct{})
	for s := range locks {
		writers.Add(1)
		go func() {
			defer writers.Done()
			r := rand.New(rand.NewPCG(1, uint64(s)))
			for n := byte(1); ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				with(s, func() { write(h.Arena(s), &cells[s][r.IntN(32)], r, n) })
			}
		}()
	}
	r := rand.New(rand.NewPCG(2, 2))
	for round := range 6 {
		pinsAtOnce(t, h, &locks, &cells, with, r)
		if round%8 == 0 {
			h.Scavenge(1 << 20)
		}
	}
	close(stop)
	writers.Wait()
	for s := range cells {
		for _, ref := range cells[s] {
			if ref != 0 {
				h.Arena(s).Retire(ref, 0, 0)
			}
		}
	}
	if err := h.Check(nil); err != nil || h.Used() != 0 {
		t.Fatal(err, h.Used())
	}
}

// write replaces or overwrites a node: all its bytes from 8 on are the same.
func write(a *Arena, ref *Ref, r *rand.Rand, n byte) {
	if *ref != 0 && r.IntN(4) == 0 {
		a.Retire(*ref, 0, 0)
		*ref = 0
	}
	if *ref == 0 {
		*ref = a.Alloc(8+r.IntN(12000), 0)
	}
	*ref = a.Own(*ref, 0, 0)
	b := a.Heap().Node(*ref)[Header:]
	b[0] = n
	for i := 1; i < len(b); i *= 2 {
		copy(b[i:], b[:i])
	}
}

// pinsAtOnce takes three pins and reads and releases each in its own goroutine.
func pinsAtOnce(t *testing.T, h *Heap, locks *[2]sync.Mutex, cells *[2][32]Ref, with func(int, func()), r *rand.Rand) {
	var readers sync.WaitGroup
	for range 3 {
		locks[0].Lock()
		locks[1].Lock()
		pin, seen := h.Pin(), *cells
		locks[1].Unlock()
		locks[0].Unlock()
		passes := 1 + r.IntN(3)
		readers.Add(1)
		go func() {
			defer readers.Done()
			for range passes {
				for _, refs := range seen {
					for _, ref := range refs {
						uniform(t, h, ref)
					}
				}
			}
			pin.Release(with)
		}()
	}
	readers.Wait()
}

func uniform(t *testing.T, h *Heap, ref Ref) {
	if ref == 0 {
		return
	}
	b := h.Node(ref)[Header:]
	if bytes.Count(b, b[:1]) != len(b) {
		t.Errorf("node %d was written while it was pinned", ref)
	}
}

// TestCanaries plants one fault of each kind and has Check find it.
func TestCanaries(t *testing.T) {
	for _, c := range []struct {
		number string
		plant  func(h *Heap, refs []Ref)
	}{
		{"P2", func(h *Heap, refs []Ref) { h.Bytes(refs[0], 8)[4]++ }},
		{"P2", func(h *Heap, refs []Ref) { h.frames.mem[frameOf(refs[0])+1].state = stateFree }},
		{"P2", func(h *Heap, refs []Ref) { h.nframes.Add(1) }},
		{"P3", func(h *Heap, refs []Ref) { h.frames.mem[frameOf(refs[0])].used-- }},
		{"P3", func(h *Heap, refs []Ref) { h.Arena(0).used.Add(256) }},
		{"P3", func(h *Heap, refs []Ref) { *(*uint16)(h.addr(refs[1])) = 2 }}, // its free list is a ring
		{"P3", func(h *Heap, refs []Ref) { h.Arena(0).room[2] = 0 }},
		{"P4", func(h *Heap, refs []Ref) {
			f := h.frames.find(2)
			n := h.frames.mem[f].run
			h.frames.unlink(f)
			h.frames.setFree(f, 1, false)
			h.frames.setFree(f+1, n-1, false)
		}},
		{"P4", func(h *Heap, refs []Ref) { h.frames.unlink(h.frames.find(2)) }},
		{"P6", func(h *Heap, refs []Ref) { h.Arena(0).Alloc(256, 0) }},
		{"P6", func(h *Heap, refs []Ref) { h.Arena(0).Retire(refs[0], 0, 0) }},
	} {
		h := newHeap(t, Options{Reserve: minReserve})
		refs := []Ref{h.Arena(0).Alloc(768, 0), h.Arena(0).Alloc(768, 0), h.Arena(0).Alloc(100000, 0)} // slabs of three frames
		h.Arena(0).Retire(refs[1], 0, 0)
		audit := func() error {
			a := h.Audit()
			visit := a.Version()
			visit(refs[0])
			visit(refs[2])
			return a.Check()
		}
		if err := audit(); err != nil {
			t.Fatal(err)
		}
		c.plant(h, refs)
		if err := audit(); err == nil || !strings.HasPrefix(err.Error(), c.number+":") {
			t.Errorf("planted a fault against %s, found: %v", c.number, err)
		}
	}
	h := newHeap(t, Options{Reserve: minReserve})
	a := h.Audit()
	visit, ref := a.Version(), h.Arena(0).Alloc(256, 0)
	visit(ref)
	visit(ref)
	if err := a.Check(); err == nil || !strings.HasPrefix(err.Error(), "P6:") {
		t.Errorf("a node in two places, found: %v", err)
	}
}
