package tree

import (
	"math/bits"
	"slices"

	"github.com/redoubt-kv/redoubt/core/page"
)

// run is entries in order, of which nodes are built: pieces of nodes and new
// entries between them. The first of a run for an inner node has no key.
type run struct {
	heap   *page.Heap
	kind   uint8
	pieces [3]piece
	n      int // pieces
}

// run starts a run for a node of the kind.
func (t *Tree) run(kind uint8) run { return run{heap: t.heap, kind: kind} }

// piece is entries [from, to) of src, or one new entry.
type piece struct {
	src      node
	from, to int
	entry    *entry
}

func (p *piece) len() int { return p.to - p.from }

// part appends entries [from, to) of src. It returns the longer run, as entry
// does, and changes none in place: what a run refers to can stay on the stack.
func (r run) part(src node, from, to int) run {
	if from < to {
		r.pieces[r.n] = piece{src: src, from: from, to: to}
		r.n++
	}
	return r
}

// entry appends a new entry.
func (r run) entry(e *entry) run {
	r.pieces[r.n] = piece{entry: e, to: 1}
	r.n++
	return r
}

func (r *run) len() (n int) {
	for i := range r.n {
		n += r.pieces[i].len()
	}
	return n
}

// cut parts the run before its entry m.
func (r *run) cut(m int) (left, right run) {
	empty := run{heap: r.heap, kind: r.kind}
	left, right = empty, empty
	for i := range r.n {
		p := r.pieces[i]
		mid := p.from + max(0, min(m, p.len()))
		m -= p.len()
		if p.entry != nil {
			if mid > 0 {
				left = left.entry(p.entry)
			} else {
				right = right.entry(p.entry)
			}
			continue
		}
		left = left.part(p.src, p.from, mid)
		right = right.part(p.src, mid, p.to)
	}
	return left, right
}

// key is the whole key of entry i and its node, if it has one.
func (r *run) key(i int, buf *keyBuf) ([]byte, page.Ref) {
	for k := range r.n {
		p := &r.pieces[k]
		if i >= p.len() {
			i -= p.len()
			continue
		}
		if p.entry != nil {
			return p.entry.key, p.entry.ref
		}
		s := p.src.slot(p.from + i)
		if s&flagExternal != 0 {
			return p.src.externalKey(r.heap, s), p.src.keyNode(s)
		}
		return p.src.key(r.heap, p.from+i, buf), 0
	}
	return nil, 0
}

// keyed is the first entry of the run that has a key in the node.
func (r *run) keyed() int {
	if r.kind == kindInner {
		return 1
	}
	return 0
}

// shape is the prefix for a node of the run, in buf, and the node's size. A
// single key is not made the prefix: the next would not share it.
func (r *run) shape(buf *keyBuf) (prefix []byte, size int) {
	first, last := r.keyed(), r.len()-1
	if first >= last {
		return nil, r.size(0)
	}
	var other keyBuf
	a, _ := r.key(first, buf)
	b, _ := r.key(last, &other)
	n := sharedPrefix(a, b)
	copy(buf[:], a[:n])
	size = r.size(n)
	if p := r.anyPrefix(); size > MaxNode && p < n { // short keys gain nothing
		n, size = p, r.size(p)
	}
	return buf[:n], size
}

// sharedPrefix is the length of the longest prefix that a node may have for a
// and b.
func sharedPrefix(a, b []byte) int {
	return shared(a[:min(len(a), maxInlineKey)], b[:min(len(b), maxInlineKey)])
}

// shared is the length of what a and b both start with.
func shared(a, b []byte) int {
	n, i := min(len(a), len(b)), 0
	for ; i+8 <= n; i += 8 {
		if x := le.Uint64(a[i:]) ^ le.Uint64(b[i:]); x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for ; i < n && a[i] == b[i]; i++ {
	}
	return i
}

// size is the bytes of a node of the run, with a prefix of p bytes.
func (r *run) size(p int) int {
	size := slotsAfter(p) + arrays(r.kind, r.len())
	skip := r.keyed()
	for i := range r.n {
		pc := &r.pieces[i]
		switch from := pc.from + skip; {
		case pc.entry != nil:
			if skip == 0 {
				size += pc.entry.size(p)
			}
		case from == 0 && pc.to == pc.src.count() && pc.src.prefixLen() == p:
			size += len(pc.src) - pc.src.low() - pc.src.dead()
		default:
			for k := from; k < pc.to; k++ {
				size += pc.src.sizeWith(pc.src.slot(k), p)
			}
		}
		skip = 0
	}
	return size
}

// sizeWith is size in a node of prefix length p.
func (b node) sizeWith(s uint64, p int) int {
	size := b.size(s)
	if s&flagExternal != 0 || p == b.prefixLen() {
		return size
	}
	n := int(b[s&offMask])
	return size - inlinePart(n) + inlinePart(n+b.prefixLen()-p)
}

// half is the entry before which a run is cut in two of about the same size.
func (r *run) half() int {
	total, sum, at := 0, 0, 0
	r.eachSize(func(size int) bool { total += size; return true })
	r.eachSize(func(size int) bool {
		if sum+size/2 >= total/2 && at > 0 {
			return false
		}
		sum += size
		at++
		return true
	})
	return min(at, r.len()-1)
}

// eachSize calls fn with the bytes that each entry takes.
func (r *run) eachSize(fn func(size int) bool) {
	fixed := arrays(r.kind, 1)
	for i := range r.n {
		p := &r.pieces[i]
		if p.entry != nil {
			if !fn(fixed + p.entry.size(min(len(p.entry.key), r.anyPrefix()))) {
				return
			}
			continue
		}
		for k := p.from; k < p.to; k++ {
			s := p.src.slot(k)
			size := fixed
			if s&offMask != 0 {
				size += p.src.size(s)
			}
			if !fn(size) {
				return
			}
		}
	}
}

// anyPrefix is the prefix length of the node that the run comes from.
func (r *run) anyPrefix() int {
	i := slices.IndexFunc(r.pieces[:r.n], func(p piece) bool { return p.entry == nil })
	if i < 0 {
		return 0
	}
	return r.pieces[i].src.prefixLen()
}

// build makes a node of the run, whose prefix and size those are.
func (t *Tree) build(r *run, prefix []byte, size int) page.Ref {
	if t.filling && r.kind == kindLeaf {
		size = MaxNode
	}
	ref := t.place.Alloc(size, r.kind)
	b := node(t.heap.Node(ref))
	b.initNode(r.len(), prefix)
	at := 0
	for i := range r.n {
		p := &r.pieces[i]
		from := p.from
		if at < r.keyed() {
			b.setSlot(0, 0)
			b.fillChild(0, p, from)
			at, from = 1, from+1
		}
		if p.entry != nil {
			if from < p.to {
				b.write(at, p.entry)
				b.fillChild(at, p, 0)
				at++
			}
			continue
		}
		b.fill(t.heap, at, p.src, from, p.to)
		for k := from; k < p.to; k++ {
			b.fillChild(at, p, k)
			at++
		}
	}
	return ref
}

// fillChild writes what an inner node holds beside the separator.
func (b node) fillChild(at int, p *piece, k int) {
	switch {
	case !b.inner():
	case p.entry != nil:
		b.setRef(at, p.entry.child)
		b.setEntries(at, p.entry.count)
	default:
		b.setRef(at, p.src.ref(k))
		b.setEntries(at, p.src.entries(k))
	}
}

// fill copies the keys and values of entries [from, to) of src to slot at and
// those after it.
func (b node) fill(h *page.Heap, at int, src node, from, to int) {
	if src.prefixLen() != b.prefixLen() {
		b.recode(h, at, src, from, to)
		return
	}
	low := b.low()
	for i := from; i < to; i++ {
		s := src.slot(i)
		off, size := int(s&offMask), src.size(s)
		low -= size
		copy(b[low:], src[off:off+size])
		b.setSlot(at, s&^offMask|uint64(low))
		at++
	}
	b.setLow(low)
}

// recode is fill where the prefixes differ.
func (b node) recode(h *page.Heap, at int, src node, from, to int) {
	p := b.prefixLen()
	low := b.low()
	var buf keyBuf
	for i := from; i < to; i++ {
		s := src.slot(i)
		off, part, size := int(s&offMask), src.keyPart(s), src.size(s)
		k := src.key(h, i, &buf)[p:]
		value := src[off+part : off+size]
		low -= len(value)
		copy(b[low:], value)
		if s&flagExternal != 0 {
			low -= external
			copy(b[low:], src[off:off+external])
		} else {
			low -= inlinePart(len(k))
			b[low] = uint8(len(k))
			if len(k) > headLen {
				copy(b[low+1:], k[headLen:])
			}
		}
		b.setSlot(at, head(k)|s&(flagValue|flagExternal)|uint64(low))
		at++
	}
	b.setLow(low)
}
