package table

import "github.com/redoubt-kv/redoubt/core/page"

// Place is where an entry is looked for: in a table at a position.
type Place struct {
	Table *Table
	At    uint64
}

// WarmPlaces reads what is needed to find the entries at these places, of tables
// with one heap, and returns anything of it. The processor waits for all of them at a
// time, where it would wait for one after the other, and in each for its directory,
// its bucket and its entry, while they are looked up.
func WarmPlaces(places []Place) (any uint8) {
	var refs [warmMost]page.Ref
	var at, rest [warmMost]uint64
	n := 0
	for _, p := range places[:min(len(places), warmMost)] {
		if p.Table.Root != 0 {
			refs[n], at[n], rest[n] = p.Table.Root, p.At, p.At
			n++
		}
	}
	if n == 0 {
		return 0
	}
	h := places[0].Table.heap
	descend(h, refs[:n], rest[:])
	for _, ref := range refs[:n] {
		any += bucket(h.Node(ref))[offTags]
	}
	for i, ref := range refs[:n] {
		any += bucket(h.Node(ref)).like(at[i])
	}
	return any
}

// descend replaces each ref by that of the bucket below it that rest leads to.
func descend(h *page.Heap, refs []page.Ref, rest []uint64) {
	for below := true; below; {
		below = false
		for i, ref := range refs {
			p := page.At[nodeHead](h, ref)
			if p.base() != kindDirectory {
				continue
			}
			slot := int(rest[i] >> (64 - p.owner))
			rest[i] <<= p.owner
			refs[i] = *page.RefAt(h, ref, dirSlots+4*slot)
			below = true
		}
	}
}

// like returns a byte of the first entry in b with the tag of pos; 0 if there is none.
func (b bucket) like(pos uint64) uint8 {
	n, slots := b.count(), b.slots()
	want := uint64(tagOf(pos)) * onesLow
	for i := 0; i < n; i += 8 {
		w := le.Uint64(b[offTags+i:]) ^ want
		if m := (w - onesLow) &^ w & onesHigh; m != 0 {
			if s := i + trailingByte(m); s < n {
				return b[le.Uint16(b[offTags+slots+2*s:])]
			}
		}
	}
	return 0
}
