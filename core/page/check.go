package page

import "fmt"

// Check verifies P2 to P4 for the whole heap and calls visit, if not nil, with
// every allocated node. The error names the invariant. The caller holds every
// shard's lock, and no Scavenge runs.
func (h *Heap) Check(visit func(ref Ref)) error {
	for _, a := range h.arenas {
		a.takeReturned()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	c := checker{heap: h, t: &h.frames, visit: visit}
	for f := uint32(0); f < c.t.top; {
		n, err := c.run(f)
		if err != nil {
			return err
		}
		f += n
	}
	if err := c.bins(); err != nil {
		return err
	}
	if err := c.rooms(); err != nil {
		return err
	}
	if used := h.Used(); used != c.used {
		return fmt.Errorf("P3: the arenas count %d bytes of nodes, there are %d", used, c.used)
	}
	if n := h.nframes.Load(); n != c.frames {
		return fmt.Errorf("P2: %d frames are counted as in use, %d are", n, c.frames)
	}
	return nil
}

// checker adds up what it has seen on its way through the frame table.
type checker struct {
	heap       *Heap
	t          *frameTable
	visit      func(ref Ref)
	free       bool // the run before is free
	runs       int  // free runs
	freeFrames uint32
	listed     int   // slabs that say they are in a list of slabs with room
	used       int64 // bytes of allocated nodes
	frames     int64 // of slabs and spans
}

// run verifies the run at f and returns its length.
func (c *checker) run(f uint32) (uint32, error) {
	r := &c.t.mem[f]
	if r.run == 0 || r.run > c.t.top-f {
		return 0, fmt.Errorf("P2: run %d of state %d has %d frames, the region %d", f, r.state, r.run, c.t.top)
	}
	wasFree := c.free
	c.free = r.state == stateFree
	if !c.free {
		c.frames += int64(r.run)
	}
	switch r.state {
	case stateFree:
		return r.run, c.freeRun(f, wasFree)
	case stateSlab:
		return r.run, c.slab(f)
	case stateSpan:
		if f != 0 {
			c.node(refOf(f))
		}
		if size := c.heap.Size(refOf(f)); size > int(r.run)*FrameSize {
			return 0, fmt.Errorf("P2: node of %d bytes in the %d frames at %d", size, r.run, f)
		}
		return r.run, nil
	}
	return 0, fmt.Errorf("P2: frame %d starts no run: state %d", f, r.state)
}

func (c *checker) node(ref Ref) {
	c.used += int64(c.heap.Size(ref))
	if c.visit != nil {
		c.visit(ref)
	}
}

func (c *checker) freeRun(f uint32, wasFree bool) error {
	r := &c.t.mem[f]
	if wasFree {
		return fmt.Errorf("P4: the free run at %d follows a free run", f)
	}
	if last := &c.t.mem[f+r.run-1]; r.run > 1 && (last.state != stateFree || last.run != f) {
		return fmt.Errorf("P4: the free run at %d of %d frames ends in a frame of state %d that names %d", f, r.run, last.state, last.run)
	}
	c.runs++
	c.freeFrames += r.run
	return nil
}

// slab verifies the counts and the free list of the slab at f.
func (c *checker) slab(f uint32) error {
	r := &c.t.mem[f]
	if int(r.class) >= numClasses || r.run != uint32(slabFrames[r.class]) {
		return fmt.Errorf("P2: slab %d of class %d has %d frames", f, r.class, r.run)
	}
	for i := f + 1; i < f+r.run; i++ {
		if m := &c.t.mem[i]; m.state != stateInside || m.run != f {
			return fmt.Errorf("P2: frame %d of slab %d has state %d and names %d", i, f, m.state, m.run)
		}
	}
	slots := slabSlots(r.class)
	free, err := c.freeSlots(f)
	if err != nil {
		return err
	}
	if int(r.fresh) > slots || int(r.used) != int(r.fresh)-len(free) {
		return fmt.Errorf("P3: slab %d of %d slots: %d used, %d free, %d ever used", f, slots, r.used, len(free), r.fresh)
	}
	if r.listed != (int(r.used) < slots) {
		return fmt.Errorf("P3: slab %d with %d of %d slots used: listed %t", f, r.used, slots, r.listed)
	}
	if r.listed {
		c.listed++
	}
	for i := range uint32(r.fresh) {
		ref := refOf(f) + Ref(i*(classSize[r.class]/Unit))
		if free[i] {
			continue
		}
		if class := c.heap.Bytes(ref, Header)[4]; class != r.class {
			return fmt.Errorf("P2: node %d in a slab of class %d has class %d", ref, r.class, class)
		}
		c.node(ref)
	}
	return nil
}

// freeSlots is the free list of the slab at f.
func (c *checker) freeSlots(f uint32) (map[uint32]bool, error) {
	r := &c.t.mem[f]
	free := map[uint32]bool{}
	for next := uint32(r.free); next != 0; {
		slot := next - 1
		if slot >= uint32(r.fresh) || free[slot] {
			return nil, fmt.Errorf("P3: slot %d is twice, or never used, in the free list of slab %d", slot, f)
		}
		free[slot] = true
		ref := refOf(f) + Ref(slot*(classSize[r.class]/Unit))
		next = uint32(*(*uint16)(c.heap.addr(ref)))
	}
	return free, nil
}

// bins verifies that the bins list every free run once, by its length.
func (c *checker) bins() error {
	n := 0
	for b, f := range c.t.bins {
		if (f != 0) != (c.t.binMap[b/64]>>(b%64)&1 != 0) {
			return fmt.Errorf("P4: the map of bins errs about bin %d", b)
		}
		for prev := uint32(0); f != 0; prev, f = f, c.t.mem[f].next {
			r := &c.t.mem[f]
			if r.state != stateFree || binOf(r.run) != b || r.prev != prev {
				return fmt.Errorf("P4: run %d of state %d and %d frames in bin %d", f, r.state, r.run, b)
			}
			if n++; n > c.runs {
				return fmt.Errorf("P4: the bins list more runs than the %d that are free", c.runs)
			}
		}
	}
	if c.t.free != c.freeFrames {
		return fmt.Errorf("P4: %d free frames are counted, there are %d", c.t.free, c.freeFrames)
	}
	if n != c.runs {
		return fmt.Errorf("P4: %d free runs, %d in bins", c.runs, n)
	}
	return nil
}

// rooms verifies that the arenas list every slab with room once, by its class.
func (c *checker) rooms() error {
	n := 0
	for _, a := range c.heap.arenas {
		for class, f := range a.room {
			empty := uint32(0)
			for prev := uint32(0); f != 0; prev, f = f, c.t.mem[f].next {
				r := &c.t.mem[f]
				if r.state != stateSlab || int(r.class) != class || !r.listed || r.prev != prev {
					return fmt.Errorf("P3: arena %d lists run %d of state %d for class %d", a.index, f, r.state, class)
				}
				if r.used == 0 {
					empty = f
				}
				if n++; n > c.listed {
					return fmt.Errorf("P3: the arenas list more slabs than the %d with room", c.listed)
				}
			}
			if a.empty[class] != empty {
				return fmt.Errorf("P3: arena %d keeps slab %d as empty, %d is", a.index, a.empty[class], empty)
			}
		}
	}
	if n != c.listed {
		return fmt.Errorf("P3: %d slabs have room, %d are in a list", c.listed, n)
	}
	return nil
}

// Audit compares the nodes that the live versions reach with those that are
// allocated (P6). The caller holds every shard's lock.
//
//	a := heap.Audit()
//	visit := a.Version()  // the current version, then those of the pins
//	…                     // each structure calls visit with each of its nodes
//	err := a.Check()
type Audit struct {
	heap *Heap
	seen map[Ref]bool
	err  error
}

// Audit starts an audit.
func (h *Heap) Audit() *Audit { return &Audit{heap: h, seen: map[Ref]bool{}} }

// Version starts a version. All structures of that version call visit with
// every node they reach.
func (a *Audit) Version() (visit func(ref Ref)) {
	mine := map[Ref]bool{}
	return func(ref Ref) {
		if mine[ref] && a.err == nil {
			a.err = fmt.Errorf("P6: node %d is reachable from two places of one version", ref)
		}
		mine[ref], a.seen[ref] = true, true
	}
}

// Check verifies P2 to P4 and P6, after every live version has been visited.
func (a *Audit) Check() error {
	if a.err != nil {
		return a.err
	}
	allocated := map[Ref]bool{}
	if err := a.heap.Check(func(ref Ref) { allocated[ref] = true }); err != nil {
		return err
	}
	for ref := range allocated {
		if !a.seen[ref] {
			return fmt.Errorf("P6: node %d of kind %d is allocated and no version reaches it", ref, a.heap.Node(ref)[5])
		}
	}
	for ref := range a.seen {
		if !allocated[ref] {
			return fmt.Errorf("P6: node %d is free and a version reaches it", ref)
		}
	}
	return nil
}
