package page

import (
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/redoubt-kv/redoubt/core/invariant"
)

// The frame table has one record for each frame of the region. It is state of
// the process, kept beside the region and not in it, and grows with it.
//
// A run is a row of frames in one state: free, a slab, a span. Its first frame
// carries the record; the last frame of a free run and every frame of a slab
// point back to the first.
type frame struct {
	next, prev uint32 // links: bins of free runs, an arena's slabs with room
	run        uint32 // first frame: length in frames; others: the first frame
	used       uint16 // slab: allocated slots
	free       uint16 // slab: 1 + first slot of its free list, 0 if empty
	fresh      uint16 // slab: slots from here on were never used
	state      uint8
	class      uint8
	arena      uint8 // slab: whose slots they are
	dirty      bool  // free run: some of it may hold memory of the system
	listed     bool  // slab: in its arena's list of slabs with room
}

const (
	stateUnknown = iota // beyond the end, or inside a run
	stateFree
	stateSlab
	stateSpan
	stateInside // a slab's later frames: run is its first
)

const (
	exactBins = 64
	numBins   = exactBins + 32
)

type frameTable struct {
	mem      []frame // all records; committed up to top
	base     unsafe.Pointer
	reserved uintptr
	charged  uintptr         // bytes of mem that are committed
	top      uint32          // frames that are committed in the region
	free     uint32          // frames of the free runs
	bins     [numBins]uint32 // heads of lists of free runs by length; 0 is none
	binMap   [2]uint64
	err      error // what the system said to the last refused commit
}

func (t *frameTable) init(frames int) error {
	t.reserved = uintptr(frames+1) * unsafe.Sizeof(frame{})
	base, err := reserve(t.reserved)
	if err != nil {
		return fmt.Errorf("reserve the frame table for %d frames: %w", frames, err)
	}
	t.base = base
	t.mem = unsafe.Slice((*frame)(base), frames+1)
	return nil
}

func (t *frameTable) close() { unreserve(t.base, t.reserved) }

// runLength is the length in frames of the run that starts at f. It needs no
// lock: a run that is allocated does not change.
func (t *frameTable) runLength(f uint32) int { return int(t.mem[f].run) }

func binOf(n uint32) int {
	if n < exactBins {
		return int(n)
	}
	return exactBins + bits.Len32(n) - bits.Len32(exactBins)
}

func (t *frameTable) link(f uint32) {
	t.free += t.mem[f].run
	b := binOf(t.mem[f].run)
	head := t.bins[b]
	t.mem[f].next, t.mem[f].prev = head, 0
	if head != 0 {
		t.mem[head].prev = f
	}
	t.bins[b] = f
	t.binMap[b/64] |= 1 << (b % 64)
}

func (t *frameTable) unlink(f uint32) {
	r := &t.mem[f]
	t.free -= r.run
	if r.next != 0 {
		t.mem[r.next].prev = r.prev
	}
	if r.prev != 0 {
		t.mem[r.prev].next = r.next
		return
	}
	b := binOf(r.run)
	t.bins[b] = r.next
	if r.next == 0 {
		t.binMap[b/64] &^= 1 << (b % 64)
	}
}

// setFree makes [f, f+n) one free run and lists it.
func (t *frameTable) setFree(f, n uint32, dirty bool) {
	t.mem[f] = frame{run: n, state: stateFree, dirty: dirty}
	if n > 1 {
		t.mem[f+n-1] = frame{run: f, state: stateFree}
	}
	t.link(f)
}

// addFree frees [f, f+n), joined with free neighbours (P4).
func (t *frameTable) addFree(f, n uint32, dirty bool) {
	if end := f + n; end < t.top && t.mem[end].state == stateFree {
		t.unlink(end)
		dirty = dirty || t.mem[end].dirty
		n += t.mem[end].run
		t.mem[end] = frame{}
	}
	if f > 0 && t.mem[f-1].state == stateFree {
		first := f - 1
		// The record of a last frame points at its first; a run of one
		// frame is its own first and holds the length 1.
		if !t.isFirst(first) {
			first = t.mem[first].run
		}
		t.unlink(first)
		dirty = dirty || t.mem[first].dirty
		if first != f-1 {
			t.mem[f-1] = frame{}
		}
		n += f - first
		t.mem[f] = frame{}
		f = first
	}
	t.setFree(f, n, dirty)
}

// isFirst tells whether the free frame f starts its run. A last frame's run
// is the number of an earlier frame whose run reaches exactly to f.
func (t *frameTable) isFirst(f uint32) bool {
	first := t.mem[f].run
	return !(first < f && t.mem[first].state == stateFree && first+t.mem[first].run == f+1)
}

// find returns a free run of at least n frames, 0 if there is none.
func (t *frameTable) find(n uint32) uint32 {
	b := binOf(n)
	if b >= exactBins { // the bin of n may hold shorter runs
		for f := t.bins[b]; f != 0; f = t.mem[f].next {
			if t.mem[f].run >= n {
				return f
			}
		}
		b++
	}
	for w := b / 64; w < len(t.binMap); w++ {
		m := t.binMap[w]
		if w == b/64 {
			m &= ^uint64(0) << (b % 64)
		}
		if m != 0 {
			return t.bins[w*64+bits.TrailingZeros64(m)]
		}
	}
	return 0
}

// grow makes a free run of at least n frames, where there is none, at the end
// of the region.
func (h *Heap) grow(n uint32) bool { return h.commitMore(n - h.frames.tail()) }

// tail is the length of the free run at the end.
func (t *frameTable) tail() uint32 {
	last := t.top - 1
	if t.mem[last].state != stateFree {
		return 0
	}
	if t.isFirst(last) {
		return 1
	}
	return t.top - t.mem[last].run
}

// commitMore commits at least n more frames at the end of the region. It
// commits more than was asked for, in proportion to what there is, to make
// calls rare.
func (h *Heap) commitMore(n uint32) bool {
	t := &h.frames
	limit := uint32(h.reserved / FrameSize)
	if n > limit-t.top {
		t.err = fmt.Errorf("the region of %d bytes is used up", h.reserved)
		return false
	}
	step := min(max(n, 256, min(t.top/8, 1<<14)), limit-t.top)
	if !h.commitFrames(step) {
		if step == n || !h.commitFrames(n) {
			return false
		}
		step = n
	}
	old := t.top
	t.top += step
	t.addFree(old, step, false)
	return true
}

// commitFrames commits step frames from the top on and their records.
func (h *Heap) commitFrames(step uint32) bool {
	t := &h.frames
	if err := commit(unsafe.Add(h.base, uintptr(t.top)<<frameShift), uintptr(step)<<frameShift); err != nil {
		t.err = err
		return false
	}
	need := (uintptr(t.top+step+1)*unsafe.Sizeof(frame{}) + FrameSize - 1) &^ (FrameSize - 1)
	need = min(need, (t.reserved+FrameSize-1)&^(FrameSize-1))
	if need > t.charged {
		if err := commit(unsafe.Add(t.base, t.charged), need-t.charged); err != nil {
			t.err = err
			return false
		}
		t.charged = need
	}
	return true
}

// takeFrames allocates a run of n frames. Callers hold h.mu.
func (h *Heap) takeFrames(n uint32) (uint32, bool) {
	t := &h.frames
	f := t.find(n)
	if f == 0 {
		if t.top == 0 {
			if !h.growFirst(n) {
				return 0, false
			}
			h.nframes.Add(int64(n))
			return 0, true
		}
		if !h.grow(n) {
			return 0, false
		}
		f = t.find(n)
	}
	t.unlink(f)
	have, dirty := t.mem[f].run, t.mem[f].dirty
	t.mem[f+have-1] = frame{}
	t.mem[f] = frame{run: n}
	if have > n {
		t.setFree(f+n, have-n, dirty)
	}
	h.nframes.Add(int64(n))
	if t.free < h.spareFrames() || t.find(spareRun) == 0 {
		h.low.Store(true)
	}
	return f, true
}

// growFirst commits the start of the region and takes its first n frames,
// which are never freed: Ref 0 must name nothing.
func (h *Heap) growFirst(n uint32) bool {
	if !h.commitFrames(n) {
		return false
	}
	h.frames.mem[0] = frame{run: n, state: stateSpan}
	h.frames.top = n
	return true
}

// giveFrames frees the run at f. Callers hold h.mu.
func (h *Heap) giveFrames(f uint32) {
	t := &h.frames
	n := t.mem[f].run
	if invariant.Enabled {
		invariant.Check(t.mem[f].state == stateSlab || t.mem[f].state == stateSpan, "P2",
			"frame %d is freed in state %d", f, t.mem[f].state)
	}
	for i := uint32(0); i < n; i++ {
		t.mem[f+i] = frame{}
	}
	h.nframes.Add(-int64(n))
	t.addFree(f, n, true)
}

// Scavenge gives the memory of free runs of 16 KiB and more back to the system,
// at most limit bytes, and returns how much. Safe at any time, from any
// goroutine; clients wait only for the lock, not for the system calls.
func (h *Heap) Scavenge(limit int64) (freed int64) {
	const grain = 4
	for freed < limit {
		f, n := h.takeDirty(grain)
		if n == 0 {
			break
		}
		size := uintptr(n) << frameShift
		err := decommit(unsafe.Add(h.base, uintptr(f)<<frameShift), size)
		h.mu.Lock()
		h.frames.addFree(f, n, err != nil)
		h.mu.Unlock()
		if err != nil {
			break
		}
		freed += int64(size)
	}
	return freed
}

// takeDirty takes a dirty free run of at least grain frames out of the table.
func (h *Heap) takeDirty(grain uint32) (f, n uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &h.frames
	for b := int(grain); b < numBins; b++ {
		for f := t.bins[b]; f != 0; f = t.mem[f].next {
			if t.mem[f].dirty {
				n := t.mem[f].run
				t.unlink(f)
				t.mem[f+n-1] = frame{}
				t.mem[f] = frame{}
				return f, n
			}
		}
	}
	return 0, 0
}

// spareRun is the length in frames of the run that Room keeps: more than the
// slabs take that a write of a small value may need.
const spareRun = 64

// spareFrames is how many committed frames Room keeps free for what writes
// need beside their values, in all shards together: 8 MiB, less where the
// region is small.
func (h *Heap) spareFrames() uint32 { return uint32(min(2048, h.reserved/FrameSize/16)) }

// Room tells whether n more bytes can be allocated. It tries to commit them,
// so that a refusal of the system is known before a write begins and not in
// the middle of it. After a refusal it stays false until whole slabs and spans
// are free again. Safe from any goroutine.
func (h *Heap) Room(n int64) bool {
	if !h.low.Load() && n < spareRun/2*FrameSize {
		return true
	}
	if n >= int64(h.reserved) {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &h.frames
	frames := uint32((n + FrameSize - 1) / FrameSize)
	if t.find(frames+spareRun) == 0 && !h.grow(frames+spareRun) {
		return false
	}
	if want := frames + h.spareFrames(); t.free < want && !h.commitMore(want-t.free) {
		return false
	}
	h.low.Store(false)
	return true
}
