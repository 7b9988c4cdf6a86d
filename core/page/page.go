// Package page is the node heap: one reserved region of memory in which all
// user data lives, cut into nodes that carry the epoch they were born in.
//
// # Words
//
//   - A node is a piece of the region, 256 B to 32 KiB in size classes, or a
//     span of 4 KiB frames above that. A Ref names it: its offset in units of
//     256 B. Nodes hold Refs and bytes, never Go pointers, addresses, or
//     anything else that depends on the process.
//   - The epoch counts pins. A node is born in the epoch in which it is
//     allocated.
//   - A pin holds a version: everything that was reachable when it was taken.
//     It sees nodes born in its epoch or before.
//   - A node is frozen while a live pin may see it, else it is owned and may
//     be changed in place.
//   - Retiring a node takes it out of the current version: an owned one is
//     free at once, a frozen one when the last pin that sees it is gone.
//
// # Invariants
//
//	P1 A frozen node is never written (guard mode makes the write fault).
//	P2 A node is in exactly one state: allocated, or free in its slab.
//	P3 The counts of a slab agree with the slots on its free list.
//	P4 Free runs are never adjacent: neighbours are always joined.
//	P5 An owned node has only owned ancestors. It follows from the order in
//	   which writers take ownership: from the root down. A pin sees both or
//	   neither, because no pin can be taken between the birth of a node and
//	   its being put into its parent.
//	P6 An allocated node is reachable from the current version or from that of
//	   a live pin, and in each from one place at most.
//
// # Layout
//
// Every node starts with a header of 8 bytes; the rest is its owner's.
//
//	offset size
//	0      4    epoch of birth
//	4      1    size class; 255 for a span
//	5      1    kind, the owner's
//	6      2    the owner's
//	8      …    the owner's
//
//	|epoch      |class|kind|owner |payload ------------------------>|
//	 00 01 02 03 04    05   06 07  08 …                       size-1
//
// A node of class 0 (256 B), kind 2, born in epoch 7 starts with the bytes
// 07 00 00 00 00 02 .. .. (integers are little-endian).
//
// # Locks
//
// An Arena is the allocator of one shard; whoever calls its methods holds that
// shard's lock. The Heap's own lock (frames) is taken inside, last of all
// locks. Pins are taken with every shard's lock held.
package page

import (
	"fmt"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/redoubt-kv/redoubt/core/invariant"
)

// Ref names a node: its offset in the region in units of Unit bytes. The zero
// Ref names none (the first frame of the region is never handed out).
type Ref uint32

// Sizes that are frozen: Refs on disk depend on them.
const (
	Unit      = 256      // bytes a Ref counts in
	FrameSize = 4096     // bytes of a frame, the grain of spans and of protection
	MaxNode   = 32 << 10 // largest class, in bytes; above it nodes are spans
	Header    = 8        // bytes of a node's header

	frameShift    = 12
	unitShift     = 8
	unitsPerFrame = FrameSize / Unit
)

// Heap is the region with its frames, epoch and pins.
type Heap struct {
	base     unsafe.Pointer
	reserved int // bytes
	guard    bool

	// epoch is the current one; it changes only with every shard locked.
	epoch uint32
	// frozen is the epoch of the newest live pin, 0 without one: nodes born
	// in it or before are frozen.
	frozen atomic.Uint32
	// pins holds the live pins, oldest first; replaced, never changed.
	pins  atomic.Pointer[[]*Pin]
	pinMu sync.Mutex // serialises changes to pins

	mu     sync.Mutex // guards what follows
	frames frameTable
	arenas []*Arena
	// low is set when the committed free frames fall below what Room keeps;
	// Room then commits more, or refuses.
	low     atomic.Bool
	nframes atomic.Int64 // frames in use, for Committed
}

// Options for New. The zero value reserves what the machine can address.
type Options struct {
	// Reserve is the size of the region in bytes; 0 means as much as a Ref can
	// name, 1 TiB. If the system refuses, New halves it until it is granted,
	// and once more, since the rest of the process needs address space too.
	Reserve int64
	// Arenas is the number of allocators, one a shard.
	Arenas int
	// Guard gives every node its own frames and makes frozen ones read-only,
	// so that a write to a frozen node faults. For tests: it costs 4 KiB a
	// node and system calls.
	Guard bool
	// Huge asks for huge pages where the system has them.
	Huge bool
}

const (
	maxReserve = int64(1) << 40
	minReserve = int64(16) << 20
)

// New reserves a region. The error names what the system said to the smallest
// attempt. Reserved tells how much was granted.
func New(o Options) (*Heap, error) {
	want := o.Reserve
	if want <= 0 || want > maxReserve {
		want = maxReserve
	}
	want = max(want, minReserve)
	h := &Heap{guard: o.Guard, epoch: 1}
	err := h.reserveBytes(want)
	for asked := want; err != nil; err = h.reserveBytes(want) {
		if want /= 2; want < minReserve {
			return nil, fmt.Errorf("reserve %d bytes of address space: %w", asked, err)
		}
		if h.reserveBytes(want) == nil {
			h.Close()
			want = max(want/2, minReserve)
		}
	}
	if o.Huge {
		adviseHuge(h.base, uintptr(h.reserved))
	}
	empty := []*Pin{}
	h.pins.Store(&empty)
	for i := range max(o.Arenas, 1) {
		h.arenas = append(h.arenas, &Arena{heap: h, index: i})
	}
	// Frame 0 is taken so that Ref 0 names nothing; it also proves that
	// memory can be committed at all.
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.takeFrames(1); !ok {
		h.Close()
		return nil, fmt.Errorf("commit the first frames of the region: %w", h.frames.err)
	}
	return h, nil
}

// reserveBytes takes address space for a region of n bytes and its frame table.
func (h *Heap) reserveBytes(n int64) error {
	n &^= 1<<20 - 1
	base, err := reserve(uintptr(n))
	if err != nil {
		return err
	}
	if err := h.frames.init(int(n / FrameSize)); err != nil {
		unreserve(base, uintptr(n))
		return err
	}
	h.base, h.reserved = base, int(n)
	return nil
}

// Close gives the region back. No Ref is valid afterwards.
func (h *Heap) Close() {
	h.frames.close()
	unreserve(h.base, uintptr(h.reserved))
	h.base = nil
}

// Reserved is the size of the region in bytes.
func (h *Heap) Reserved() int64 { return int64(h.reserved) }

// Committed is the bytes of frames that are in use by slabs and spans.
func (h *Heap) Committed() int64 { return h.nframes.Load() * FrameSize }

// Used is the bytes of allocated nodes (including those that only pins see),
// summed over the arenas without a lock.
func (h *Heap) Used() int64 {
	var n int64
	for _, a := range h.arenas {
		n += a.used.Load()
	}
	return n
}

// Arena returns the allocator of shard i.
func (h *Heap) Arena(i int) *Arena { return h.arenas[i] }

// Epoch is the current epoch. Callers hold at least one shard's lock.
func (h *Heap) Epoch() uint32 { return h.epoch }

// Bytes returns n bytes of the node at ref, from its header on. The slice is
// valid while the caller keeps the node from being freed: by its shard's lock
// or by a pin.
func (h *Heap) Bytes(ref Ref, n int) []byte {
	return unsafe.Slice((*byte)(h.addr(ref)), n)
}

// Node returns the whole node at ref; its length is the node's size.
func (h *Heap) Node(ref Ref) []byte {
	p := h.addr(ref)
	if c := *(*uint8)(unsafe.Add(p, 4)); c != spanClass {
		return unsafe.Slice((*byte)(p), int(classSize[c]))
	}
	return unsafe.Slice((*byte)(p), h.frames.runLength(frameOf(ref))*FrameSize)
}

// Size is the size of the node at ref in bytes.
func (h *Heap) Size(ref Ref) int {
	if c := *(*uint8)(unsafe.Add(h.addr(ref), 4)); c != spanClass {
		return int(classSize[c])
	}
	return h.frames.runLength(frameOf(ref)) * FrameSize
}

// At returns the node at ref as a *T. T must hold no pointers and start with
// the node header (8 bytes).
func At[T any](h *Heap, ref Ref) *T { return (*T)(h.addr(ref)) }

// Refs returns n Refs that lie at byte off of the node at ref; off is a
// multiple of 4.
func (h *Heap) Refs(ref Ref, off, n int) []Ref {
	return unsafe.Slice((*Ref)(unsafe.Add(h.addr(ref), off)), n)
}

// Owned tells whether the node at ref may be changed in place: no live pin
// sees it. Callers hold its shard's lock.
func (h *Heap) Owned(ref Ref) bool {
	return *(*uint32)(h.addr(ref)) > h.frozen.Load()
}

// Pinned tells whether any pin is live.
func (h *Heap) Pinned() bool { return h.frozen.Load() != 0 }

func (h *Heap) addr(ref Ref) unsafe.Pointer {
	return unsafe.Add(h.base, uintptr(ref)<<unitShift)
}

func frameOf(ref Ref) uint32 { return uint32(ref) / unitsPerFrame }
func refOf(frame uint32) Ref { return Ref(frame * unitsPerFrame) }

// mangle overwrites a freed node in the invariants build.
func (h *Heap) mangle(ref Ref, size int) {
	if invariant.Enabled {
		b := h.Bytes(ref, size)
		b[0] = invariant.Mangled
		for n := 1; n < size; n *= 2 {
			copy(b[n:], b[:n])
		}
	}
}

// RefAt returns the Ref at byte off of the node at ref; off is a multiple of 4.
func RefAt(h *Heap, ref Ref, off int) *Ref { return (*Ref)(unsafe.Add(h.addr(ref), off)) }

// Words returns the n words of 8 bytes that lie at byte off of the node b, in
// the machine's byte order as Refs are; off is a multiple of 8.
func Words(b []byte, off, n int) []uint64 {
	if n == 0 {
		return nil
	}
	w := b[off : off+8*n]
	return unsafe.Slice((*uint64)(unsafe.Pointer(&w[0])), n)
}
