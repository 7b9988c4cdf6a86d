package table

import (
	"fmt"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
)

// Check verifies the invariants of the whole table and calls visit with every
// node it is made of. The error names the invariant.
func (t *Table) Check(visit func(ref page.Ref)) error {
	var count, dues int64
	if t.Root != 0 {
		if err := t.checkNode(t.Root, 0, 0, &count, &dues, visit); err != nil {
			return err
		}
	}
	if count != t.Count || dues != t.Dues {
		return fmt.Errorf("T4: %d entries and %d with a due time, counted %d and %d", t.Count, t.Dues, count, dues)
	}
	return nil
}

func (t *Table) checkNode(ref page.Ref, pos uint64, depth int, count, dues *int64, visit func(page.Ref)) error {
	visit(ref)
	head := page.At[nodeHead](t.heap, ref)
	if head.base() == kindBucket {
		return t.checkChain(ref, pos, depth, count, dues, visit)
	}
	if head.base() != kindDirectory {
		return fmt.Errorf("T5: node %d has kind %d", ref, head.kind)
	}
	k := int(head.owner)
	for slot := 0; slot < 1<<k; {
		child := *page.RefAt(t.heap, ref, dirSlots+4*slot)
		c := page.At[nodeHead](t.heap, child)
		if t.heap.Owned(child) && !t.heap.Owned(ref) {
			return fmt.Errorf("page P5: node %d is owned, the directory %d above it is frozen", child, ref)
		}
		n, d := 1, depth+k
		if c.base() == kindBucket {
			d = int(t.heap.Bytes(child, offTags)[offDepth])
			if d < depth {
				return fmt.Errorf("T5: bucket %d of depth %d below depth %d", child, d, depth)
			}
			_, n = span(slot, k, depth, d)
		}
		if err := t.checkOwner(ref, child); err != nil {
			return err
		}
		for i := range n {
			if slot%n != 0 || *page.RefAt(t.heap, ref, dirSlots+4*(slot+i)) != child {
				return fmt.Errorf("T5: slot %d of directory %d does not name bucket %d", slot+i, ref, child)
			}
		}
		if slot+n < 1<<k && *page.RefAt(t.heap, ref, dirSlots+4*(slot+n)) == child {
			return fmt.Errorf("T5: slot %d of directory %d names node %d, whose prefix ends before", slot+n, ref, child)
		}
		at := pos | uint64(slot)<<(64-k)>>depth
		if err := t.checkNode(child, at, d, count, dues, visit); err != nil {
			return err
		}
		slot += n
	}
	return nil
}

// checkOwner verifies P5 for a node and what it names.
func (t *Table) checkOwner(parent, child page.Ref) error {
	if t.heap.Owned(child) && !t.heap.Owned(parent) {
		return fmt.Errorf("P5: node %d is owned, node %d that names it is frozen", child, parent)
	}
	return nil
}

func (t *Table) checkChain(ref page.Ref, pos uint64, depth int, count, dues *int64, visit func(page.Ref)) error {
	for first := true; ref != 0; first = false {
		if !first {
			visit(ref)
		}
		b := bucket(t.heap.Node(ref))
		if err := t.checkBucket(b, pos, depth, dues, visit); err != nil {
			return fmt.Errorf("bucket %d: %w", ref, err)
		}
		*count += int64(b.count())
		if b.next() != 0 {
			if depth != maxDepth {
				return fmt.Errorf("T6: bucket %d of depth %d has an overflow bucket", ref, depth)
			}
			if err := t.checkOwner(ref, b.next()); err != nil {
				return err
			}
		}
		ref = b.next()
	}
	return nil
}

// checkBucket verifies T1 to T3 in one node.
func (t *Table) checkBucket(b bucket, pos uint64, depth int, dues *int64, visit func(page.Ref)) error {
	if b.depth() != depth {
		return fmt.Errorf("T5: depth %d where %d leads to it", b.depth(), depth)
	}
	if b.count() > b.slots() || b.free() < 0 {
		return fmt.Errorf("T2: %d entries in %d slots, %d bytes free", b.count(), b.slots(), b.free())
	}
	if len(b) > MaxBucket {
		return fmt.Errorf("T6: a bucket of %d bytes", len(b))
	}
	total := 0
	for i := range b.count() {
		e := b.entry(t.heap, i)
		if b.offset(i) < b.low() {
			return fmt.Errorf("T2: entry at %d below low %d", b.offset(i), b.low())
		}
		total += e.size()
		h := t.hash(e.Key())
		if prefix(h, depth) != prefix(pos, depth) || tagOf(h) != b[offTags+i] {
			return fmt.Errorf("T1: key %q of hash %#x at position %#x, depth %d", e.Key(), h, pos, depth)
		}
		if e.Due() != NoDue {
			*dues++
			if e.Due() < b.due() {
				return fmt.Errorf("T3: key %q is due at %d, its bucket at %d", e.Key(), e.Due(), b.due())
			}
		}
		if key := e.keyNode(); key != 0 && visit != nil {
			visit(key)
		}
	}
	if total != len(b)-b.low()-b.dead() {
		return fmt.Errorf("T2: entries of %d bytes in %d-%d with %d dead", total, b.low(), len(b), b.dead())
	}
	return nil
}

// Nodes calls visit with every node that is still to be retired.
func (f *Freer) Nodes(visit func(ref page.Ref)) {
	if f.done {
		return
	}
	for _, dir := range f.dirs {
		visit(dir)
	}
	for rest := (Freer{t: f.t, pos: f.pos}); ; {
		rest.dirs = nil
		rest.noteDirectories()
		for _, dir := range rest.dirs {
			visit(dir)
		}
		b := f.t.At(rest.pos)
		for n, ok := b, true; ok; n, ok = n.Next() {
			visit(n.Ref)
		}
		b.Each(func(e Entry) bool {
			if key := e.keyNode(); key != 0 {
				visit(key)
			}
			return true
		})
		if rest.pos = b.End; b.End == 0 {
			return
		}
	}
}

// checkBucketAt is the check after each change in the invariants build.
func (t *Table) checkBucketAt(pos uint64) {
	if t.Root == 0 {
		return
	}
	var dues int64
	for ref := t.leaf(pos); ref != 0; {
		b := bucket(t.heap.Node(ref))
		err := t.checkBucket(b, pos, b.depth(), &dues, nil)
		invariant.Check(err == nil, "T1-T3, T6", "%v", err)
		invariant.Check(t.heap.Owned(ref), "P1", "changed bucket %d is frozen", ref)
		ref = b.next()
		if ref != 0 && !t.heap.Owned(ref) {
			return // the rest of a chain may not have been touched
		}
	}
}
