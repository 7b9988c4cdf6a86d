package page

import (
	"sync/atomic"
)

// Pin holds one version of the heap.
//
//	          Heap.Pin                    Release
//	(none) ─────────────▶ live ─────────────────────▶ gone
//	 every shard locked    nodes born ≤ epoch          what only it saw is
//	 epoch++               are frozen                  passed on or freed
type Pin struct {
	heap  *Heap
	epoch uint32
	// Superseded, if set, is asked under the shard's lock what becomes of a
	// node that this pin sees and the current version has just dropped.
	// Set it before any shard is unlocked. It must not allocate or free nodes.
	// Once a newer pin is taken it is asked no more, and nodes wait: what the
	// newer pin keeps for itself would come out of the order in which writers
	// drop nodes, which the hook may rely on.
	Superseded func(shard int, ref Ref, table uint32, pos uint64) Fate
	overtaken  bool // a newer pin was taken; written with every shard locked
	// retired are the nodes that wait for this pin, per shard, under its lock.
	retired [][]retired
	held    atomic.Int64
}

// Fate is what becomes of a superseded node.
type Fate uint8

// The fates of a superseded node.
const (
	Wait  Fate = iota // it waits for Release
	Done              // the pin needs it no more: it is freed unless an older pin sees it
	Taken             // whoever set the hook keeps it and calls Drop when done
)

type retired struct {
	ref   Ref
	birth uint32
	table uint32
	pos   uint64
}

// Pin pins the current version. The caller holds every shard's lock.
func (h *Heap) Pin() *Pin {
	h.pinMu.Lock()
	defer h.pinMu.Unlock()
	p := &Pin{heap: h, epoch: h.epoch, retired: make([][]retired, len(h.arenas))}
	pins := append(append([]*Pin(nil), *h.pins.Load()...), p)
	for _, older := range pins[:len(pins)-1] {
		older.overtaken = true
	}
	h.epoch++
	h.frozen.Store(p.epoch)
	h.pins.Store(&pins)
	if h.guard {
		h.protectFrozen()
	}
	return p
}

// Epoch is the epoch the pin holds.
func (p *Pin) Epoch() uint32 { return p.epoch }

// Held is the bytes of nodes that only pins see and that wait for this one.
func (p *Pin) Held() int64 { return p.held.Load() }

// Heap is the heap the pin is on.
func (p *Pin) Heap() *Heap { return p.heap }

// Release ends the pin; no node may be read through it any more. It locks one
// shard after the other through with (which calls fn under the shard's lock)
// and frees at most a batch of nodes at a time, so that it never holds up
// clients for long. The caller holds no lock.
func (p *Pin) Release(with func(shard int, fn func())) {
	h := p.heap
	p.unlist()
	const batch = 64
	for s := range p.retired {
		for more := true; more; {
			with(s, func() {
				list := p.retired[s]
				n := min(batch, len(list))
				for _, r := range list[len(list)-n:] {
					p.held.Add(-int64(h.Size(r.ref)))
					// A pin whose own Release has been here is not in
					// the list any more: it must be read under the lock.
					h.arenas[s].leave(r, olderThan(*h.pins.Load(), p))
				}
				p.retired[s] = list[:len(list)-n]
				more = len(p.retired[s]) > 0
			})
		}
	}
}

// Drop lets go of a node that Superseded has Taken: it waits for an older pin
// or is freed. table and pos are those Superseded was given. The caller holds
// the shard's lock.
func (p *Pin) Drop(shard int, ref Ref, table uint32, pos uint64) {
	birth := *(*uint32)(p.heap.addr(ref))
	p.heap.arenas[shard].leave(retired{ref, birth, table, pos}, olderThan(*p.heap.pins.Load(), p))
}

// olderThan returns the pins of the list that are older than p.
func olderThan(pins []*Pin, p *Pin) []*Pin {
	for i, q := range pins {
		if q.epoch >= p.epoch {
			return pins[:i]
		}
	}
	return pins
}

// unlist takes p off the list, so that nodes that only it saw become owned
// again.
func (p *Pin) unlist() {
	h := p.heap
	h.pinMu.Lock()
	defer h.pinMu.Unlock()
	var rest []*Pin
	for _, q := range *h.pins.Load() {
		if q != p {
			rest = append(rest, q)
		}
	}
	frozen := uint32(0)
	if len(rest) > 0 {
		frozen = rest[len(rest)-1].epoch
	}
	if h.guard {
		h.unprotect(frozen)
	}
	h.pins.Store(&rest)
	h.frozen.Store(frozen)
}

// protectFrozen makes every committed frame read-only (guard mode); frames of
// new nodes are made writable when they are allocated.
func (h *Heap) protectFrozen() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := protect(h.addr(0), uintptr(h.frames.top)<<frameShift, false); err != nil {
		panic("guard mode: " + err.Error())
	}
}

// unprotect makes nodes born after frozen writable again, and free frames.
func (h *Heap) unprotect(frozen uint32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for f := uint32(0); f < h.frames.top; {
		r := &h.frames.mem[f]
		n := max(r.run, 1)
		if r.state != stateSpan || *(*uint32)(h.addr(refOf(f))) > frozen {
			if err := protect(h.addr(refOf(f)), uintptr(n)<<frameShift, true); err != nil {
				panic("guard mode: " + err.Error())
			}
		}
		f += n
	}
}
