package page

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/redoubt-kv/redoubt/core/invariant"
)

// Arena allocates the nodes of one shard. Its methods are called with that
// shard's lock held; only Used is free of it.
//
// A node may be freed by another shard than the one that allocated it, since a
// value keeps its nodes when its key is renamed. Its slot then waits in the list
// of its own arena, which takes it back when it next allocates.
type Arena struct {
	heap  *Heap
	index int
	used  atomic.Int64 // bytes allocated less bytes freed here; of sense only in sum
	// room lists, per class, the slabs with a free slot: heads, 0 is none.
	room [numClasses]uint32
	// empty holds, per class, one slab without allocated slots, kept so that
	// a node that comes and goes does not take and give a slab each time.
	empty [numClasses]uint32

	returning atomic.Bool // returned is not empty
	returnMu  sync.Mutex
	returned  []Ref // slots that other shards have freed

	_ [64]byte // arenas of different shards share no cache line
}

// Heap is the heap the arena allocates from.
func (a *Arena) Heap() *Heap { return a.heap }

// Index is the arena's number, that of its shard.
func (a *Arena) Index() int { return a.index }

// Alloc returns a node of at least size bytes, header included, born now. Its
// header is set, with the given kind and zero for the owner's bytes; the rest
// holds anything. It panics with *NoMemory if the system gives no more.
func (a *Arena) Alloc(size int, kind uint8) Ref {
	if a.returning.Load() {
		a.takeReturned()
	}
	h := a.heap
	var ref Ref
	class := uint8(spanClass)
	size = max(size, Header)
	if size <= MaxNode {
		class = classOf[(size+Unit-1)/Unit]
	}
	switch {
	case class == spanClass || h.guard:
		frames := uint32((size + FrameSize - 1) / FrameSize)
		ref = a.allocSpan(frames)
	default:
		ref = a.allocSlot(class)
	}
	p := h.addr(ref)
	*(*uint32)(p) = h.epoch
	*(*uint32)(unsafe.Add(p, 4)) = uint32(class) | uint32(kind)<<8
	a.used.Add(int64(h.Size(ref)))
	return ref
}

// NoMemory is what Alloc panics with. Callers avoid it with Heap.Room.
type NoMemory struct{ Err error }

// Error says what the system said.
func (e *NoMemory) Error() string { return "node heap: out of memory: " + e.Err.Error() }

func (a *Arena) allocSpan(frames uint32) Ref {
	h := a.heap
	h.mu.Lock()
	defer h.mu.Unlock()
	f, ok := h.takeFrames(frames)
	if !ok {
		panic(&NoMemory{h.frames.err})
	}
	h.frames.mem[f].state = stateSpan
	if h.guard {
		h.setWritable(refOf(f), int(frames)*FrameSize)
	}
	return refOf(f)
}

// setWritable lifts guard mode's protection of a node that is new or free.
func (h *Heap) setWritable(ref Ref, size int) {
	size = (size + FrameSize - 1) &^ (FrameSize - 1)
	if err := protect(h.addr(ref), uintptr(size), true); err != nil {
		panic(fmt.Sprintf("guard mode: make a node writable: %v", err))
	}
}

// allocSlot takes a slot of a slab: the last freed one first, since it is the
// likeliest to be in cache.
//
// A free slot's first two bytes hold 1 + the next free slot.
func (a *Arena) allocSlot(class uint8) Ref {
	f := a.room[class]
	if f == 0 {
		f = a.newSlab(class)
	}
	h := a.heap
	r := &h.frames.mem[f]
	var slot uint32
	if r.free != 0 {
		slot = uint32(r.free - 1)
	} else {
		slot = uint32(r.fresh)
		r.fresh++
	}
	ref := refOf(f) + Ref(slot*(classSize[class]/Unit))
	if r.free != 0 {
		r.free = *(*uint16)(h.addr(ref))
	}
	if r.used == 0 {
		a.empty[class] = 0
	}
	r.used++
	if r.free == 0 && int(r.fresh) == slabSlots(class) {
		a.delist(f, class)
	}
	return ref
}

func slabSlots(class uint8) int {
	return int(slabFrames[class]) * FrameSize / int(classSize[class])
}

// newSlab takes frames for a slab of class and lists it.
func (a *Arena) newSlab(class uint8) uint32 {
	h := a.heap
	n := uint32(slabFrames[class])
	h.mu.Lock()
	defer h.mu.Unlock()
	f, ok := h.takeFrames(n)
	if !ok {
		panic(&NoMemory{h.frames.err})
	}
	h.frames.mem[f] = frame{run: n, state: stateSlab, class: class, arena: uint8(a.index)}
	for i := uint32(1); i < n; i++ {
		h.frames.mem[f+i] = frame{run: f, state: stateInside}
	}
	a.enlist(f, class)
	a.empty[class] = f
	return f
}

func (a *Arena) enlist(f uint32, class uint8) {
	mem := a.heap.frames.mem
	head := a.room[class]
	mem[f].next, mem[f].prev, mem[f].listed = head, 0, true
	if head != 0 {
		mem[head].prev = f
	}
	a.room[class] = f
}

func (a *Arena) delist(f uint32, class uint8) {
	mem := a.heap.frames.mem
	r := &mem[f]
	if r.next != 0 {
		mem[r.next].prev = r.prev
	}
	if r.prev != 0 {
		mem[r.prev].next = r.next
	} else {
		a.room[class] = r.next
	}
	r.listed = false
}

// free returns a node's memory, to another arena if that is where it is from.
func (a *Arena) free(ref Ref) {
	h := a.heap
	size := h.Size(ref)
	a.used.Add(-int64(size))
	if h.guard { // it may still be read-only
		h.setWritable(ref, size)
	}
	h.mangle(ref, size)
	f := frameOf(ref)
	if h.frames.mem[f].state == stateInside {
		f = h.frames.mem[f].run
	}
	r := &h.frames.mem[f]
	if r.state == stateSpan {
		h.mu.Lock()
		h.giveFrames(f)
		h.mu.Unlock()
		return
	}
	if invariant.Enabled {
		invariant.Check(r.state == stateSlab, "P2", "ref %d is freed in a run of state %d", ref, r.state)
	}
	if int(r.arena) != a.index {
		h.arenas[r.arena].giveBack(ref)
		return
	}
	a.freeSlot(ref, f)
}

// giveBack is called by other shards.
func (a *Arena) giveBack(ref Ref) {
	a.returnMu.Lock()
	a.returned = append(a.returned, ref)
	a.returning.Store(true)
	a.returnMu.Unlock()
}

// takeReturned frees the slots that other shards gave back.
func (a *Arena) takeReturned() {
	a.returnMu.Lock()
	list := a.returned
	a.returned = nil
	a.returning.Store(false)
	a.returnMu.Unlock()
	for _, ref := range list {
		f := frameOf(ref)
		if mem := a.heap.frames.mem; mem[f].state == stateInside {
			f = mem[f].run
		}
		a.freeSlot(ref, f)
	}
}

// freeSlot frees a slot of the arena's own slab at frame f.
func (a *Arena) freeSlot(ref Ref, f uint32) {
	h := a.heap
	r := &h.frames.mem[f]
	class := r.class
	if invariant.Enabled {
		invariant.Check(r.used > 0, "P3", "slab %d has no node to free", f)
	}
	slot := uint32(ref-refOf(f)) / (classSize[class] / Unit)
	*(*uint16)(h.addr(ref)) = r.free
	r.free = uint16(slot + 1)
	r.used--
	if !r.listed {
		a.enlist(f, class)
	}
	if r.used == 0 {
		a.slabEmpty(f, class)
	}
}

// slabEmpty keeps f as the class's empty slab, or gives it back if there is
// one already.
func (a *Arena) slabEmpty(f uint32, class uint8) {
	if a.empty[class] == 0 {
		a.empty[class] = f
		return
	}
	a.delist(f, class)
	a.heap.mu.Lock()
	a.heap.giveFrames(f)
	a.heap.mu.Unlock()
}

// Trim gives the empty slabs that Arena keeps back to the heap.
func (a *Arena) Trim() {
	a.takeReturned()
	for class := range a.empty {
		if f := a.empty[class]; f != 0 {
			a.empty[class] = 0
			a.delist(f, uint8(class))
			a.heap.mu.Lock()
			a.heap.giveFrames(f)
			a.heap.mu.Unlock()
		}
	}
}

// Own makes the node at ref writable: it returns ref itself if it is owned,
// else a copy born now, and retires the old node (table and pos as in Retire).
// The caller puts the new Ref into the parent, which it owns already (P5).
func (a *Arena) Own(ref Ref, table uint32, pos uint64) Ref {
	h := a.heap
	if h.Owned(ref) {
		return ref
	}
	old := h.Node(ref)
	n := a.Alloc(len(old), old[5])
	copy(h.Bytes(n, len(old))[6:], old[6:])
	a.Retire(ref, table, pos)
	return n
}

// Retire takes the node at ref out of the current version: it is freed now, or
// when the last pin that sees it lets it go. table and pos say where the node
// was, for the pin's Superseded hook: the number of its table and the first
// hash position it covers.
func (a *Arena) Retire(ref Ref, table uint32, pos uint64) {
	a.RetireDropped(ref, table, pos, a.heap.epoch)
}

// RetireDropped is Retire for a node that left the current version in an
// earlier epoch: pins that were taken in that epoch or later do not see it.
func (a *Arena) RetireDropped(ref Ref, table uint32, pos uint64, epoch uint32) {
	birth := *(*uint32)(a.heap.addr(ref))
	if birth > a.heap.frozen.Load() {
		a.free(ref)
		return
	}
	pins := *a.heap.pins.Load()
	for len(pins) > 0 && pins[len(pins)-1].epoch >= epoch {
		pins = pins[:len(pins)-1]
	}
	a.leave(retired{ref, birth, table, pos}, pins)
}

// leave hands the node to the newest of these pins that sees it, or frees it.
func (a *Arena) leave(r retired, pins []*Pin) {
	for i := len(pins) - 1; i >= 0; i-- {
		p := pins[i]
		if p.epoch < r.birth {
			break
		}
		fate := Wait
		if p.Superseded != nil && !p.overtaken {
			fate = p.Superseded(a.index, r.ref, r.table, r.pos)
		}
		switch fate {
		case Done:
			continue
		case Taken:
			return
		}
		p.retired[a.index] = append(p.retired[a.index], r)
		p.held.Add(int64(a.heap.Size(r.ref)))
		return
	}
	a.free(r.ref)
}
