package stream

import (
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// freer retires the nodes of a stream that is dropped, in the order: the last
// pack, the others, the groups.
type freer struct {
	w     value.Where
	epoch uint32
	steps []*tree.Freer // the next one is the last
	left  int           // nodes that this step may still retire
}

// Freer returns what retires the nodes of a stream that is being dropped, nil
// if it has none.
func Freer(w value.Where, sp value.Space, kind value.Kind, b []byte) value.Freer {
	s := Of(sp, kind, b)
	packs, groups := openTree(w, b[offPacks:]), openTree(w, b[offGroups:])
	if s.tail() == 0 && groups.Count == 0 {
		return nil
	}
	f := &freer{w: w, epoch: w.Epoch()}
	f.steps = append(f.steps, groups.Detach(f.group), packs.Detach(f.pack))
	if ref := s.tail(); ref != 0 {
		w.Retire(ref)
	}
	return f
}

func (f *freer) pack(val []byte) {
	f.w.RetireDropped(page.Ref(le.Uint32(val)), f.epoch)
	f.left--
}

// group makes the trees of a group's record the next to be freed.
func (f *freer) group(rec []byte) {
	trees := groupTrees(f.w, rec)
	for i := range trees {
		f.steps = append(f.steps, trees[i].Detach(nil))
	}
}

// Step retires about n nodes and tells whether all are.
func (f *freer) Step(n int) (done bool) {
	for f.left = n; len(f.steps) > 0 && f.left > 0; f.left-- {
		// One node at a time: a step may put others before itself.
		last := len(f.steps) - 1
		if f.steps[last].Step(1) {
			f.steps = append(f.steps[:last], f.steps[last+1:]...)
		}
	}
	return len(f.steps) == 0
}

// Copy makes the new cell c a copy of a stream with all its groups.
func Copy(c *value.Cell, sp value.Space, kind value.Kind, b []byte) {
	s := Of(sp, kind, b)
	packs, groups, ref := s.packs(), s.groups(), s.tail()
	var header [headerSize]byte
	copy(header[:], b)
	var val [4]byte
	ours := packs.Copy(c.Where, func(b []byte) []byte {
		le.PutUint32(val[:], uint32(copyPack(c.Where, sp.Heap, page.Ref(le.Uint32(b)))))
		return val[:]
	})
	putTree(header[offPacks:], &ours)
	var rec [groupSize]byte
	ours = groups.Copy(c.Where, func(b []byte) []byte {
		copy(rec[:], b)
		copyGroup(c.Where, sp.Heap, rec[:])
		return rec[:]
	})
	putTree(header[offGroups:], &ours)
	if ref != 0 {
		le.PutUint32(header[offTail:], uint32(copyPack(c.Where, sp.Heap, ref)))
	}
	c.Set(value.Stream, header[:])
}

func copyPack(w value.Where, h *page.Heap, ref page.Ref) page.Ref {
	lp := pack(h, ref)
	ours := w.Alloc(page.Header+len(lp), kindPack)
	copy(h.Node(ours)[page.Header:], lp)
	return ours
}

// copyGroup puts copies of its trees into a group's record.
func copyGroup(w value.Where, h *page.Heap, rec []byte) {
	for _, off := range [...]int{offPending, offOwned, offConsumers, offNames} {
		theirs := readTree(h, rec[off:])
		ours := theirs.Copy(w, nil)
		putTree(rec[off:], &ours)
	}
}

// Nodes calls fn with every node of a stream.
func Nodes(sp value.Space, kind value.Kind, b []byte, fn func(ref page.Ref)) {
	s := Of(sp, kind, b)
	if ref := s.tail(); ref != 0 {
		fn(ref)
	}
	packs, groups := s.packs(), s.groups()
	packs.Nodes(fn)
	for c := packs.First(); c.Valid(); c.Next() {
		fn(page.Ref(le.Uint32(c.Value())))
	}
	groups.Nodes(fn)
	for c := groups.First(); c.Valid(); c.Next() {
		for _, off := range [...]int{offPending, offOwned, offConsumers, offNames} {
			t := readTree(sp.Heap, c.Value()[off:])
			t.Nodes(fn)
		}
	}
}

// Encoding is what OBJECT ENCODING replies.
func Encoding(value.Space, value.Kind, []byte) string { return "stream" }
