package page

// Place says where in the data a node hangs: in the arena of its shard, the
// table with this number, at this hash position. Writers allocate, own and
// retire the nodes of one value through one Place, under its shard's lock.
type Place struct {
	Arena *Arena
	Table uint32
	Pos   uint64
	// Dropped is the epoch in which what is freed here left the current version;
	// 0 is now. Pins that were taken since do not see it (Arena.RetireDropped).
	Dropped uint32
}

// Epoch is Dropped, or the current one. Callers hold the shard's lock.
func (p Place) Epoch() uint32 {
	if p.Dropped != 0 {
		return p.Dropped
	}
	return p.Arena.heap.epoch
}

// Heap is the heap of its nodes.
func (p Place) Heap() *Heap { return p.Arena.heap }

// Alloc is Arena.Alloc.
func (p Place) Alloc(size int, kind uint8) Ref { return p.Arena.Alloc(size, kind) }

// Own is Arena.Own for a node that hangs here.
func (p Place) Own(ref Ref) Ref {
	if p.Arena.heap.Owned(ref) {
		return ref
	}
	return p.Arena.Own(ref, p.Table, p.Pos)
}

// Retire is Arena.Retire for a node that hangs here.
func (p Place) Retire(ref Ref) { p.Arena.Retire(ref, p.Table, p.Pos) }

// RetireDropped is Arena.RetireDropped for a node that hung here.
func (p Place) RetireDropped(ref Ref, epoch uint32) {
	p.Arena.RetireDropped(ref, p.Table, p.Pos, epoch)
}
