package tree

import (
	"bytes"
	"math/bits"

	"github.com/redoubt-kv/redoubt/core/page"
)

// node is a leaf or an inner node.
type node []byte

func (b node) inner() bool    { return b[5] == kindInner }
func (b node) count() int     { return int(le.Uint16(b[6:])) }
func (b node) setCount(n int) { le.PutUint16(b[6:], uint16(n)) }
func (b node) low() int       { return int(le.Uint16(b[offLow:])) }
func (b node) setLow(n int)   { le.PutUint16(b[offLow:], uint16(n)) }
func (b node) dead() int      { return int(le.Uint16(b[offDead:])) }
func (b node) setDead(n int)  { le.PutUint16(b[offDead:], uint16(n)) }
func (b node) prefixLen() int { return int(b[offLen]) }
func (b node) prefix() []byte { return b[offPrefix : offPrefix+int(b[offLen])] }

// slots is where the slots start.
func (b node) slots() int { return slotsAfter(b.prefixLen()) }

// slotsAfter is where the slots start behind a prefix of p bytes.
func slotsAfter(p int) int { return offPrefix + (p+7)&^7 }

// slot is slot i. Slots are written and read as words alone.
func (b node) slot(i int) uint64       { return page.Words(b, b.slots()+8*i, 1)[0] }
func (b node) setSlot(i int, s uint64) { page.Words(b, b.slots()+8*i, 1)[0] = s }

// entries is the number of entries below child i of an inner node.
func (b node) entries(i int) int64 {
	return int64(le.Uint64(b[b.slots()+8*(b.count()+i):]))
}

func (b node) setEntries(i int, n int64) {
	le.PutUint64(b[b.slots()+8*(b.count()+i):], uint64(n))
}

// ref is child i of an inner node.
func (b node) ref(i int) page.Ref {
	return page.Ref(le.Uint32(b[b.slots()+16*b.count()+4*i:]))
}

func (b node) setRef(i int, ref page.Ref) {
	le.PutUint32(b[b.slots()+16*b.count()+4*i:], uint32(ref))
}

// arrays is the bytes that the arrays of n entries take in a node of the kind.
func arrays(kind uint8, n int) int {
	if kind == kindInner {
		return 20 * n
	}
	return 8 * n
}

// free is the bytes between the arrays and the records.
func (b node) free() int { return b.low() - b.slots() - arrays(b[5], b.count()) }

// live is the bytes that the node would take without dead and free ones.
func (b node) live() int {
	return b.slots() + arrays(b[5], b.count()) + len(b) - b.low() - b.dead()
}

// total is the number of entries in or below the node.
func (b node) total() (n int64) {
	if !b.inner() {
		return int64(b.count())
	}
	for i := range b.count() {
		n += b.entries(i)
	}
	return n
}

// initNode writes the header of a new node without records.
func (b node) initNode(count int, prefix []byte) {
	b.setCount(count)
	b.setLow(len(b))
	b.setDead(0)
	le.PutUint32(b[offLen:], uint32(len(prefix)))
	copy(b[offPrefix:], prefix)
}

// head is the part of a slot that compares: the first bytes of k.
func head(k []byte) uint64 {
	if len(k) >= 8 {
		return be.Uint64(k) & headMask
	}
	var b [8]byte
	copy(b[:headLen], k)
	return be.Uint64(b[:])
}

// keyNode is the node of the key of slot s, which has flagExternal.
func (b node) keyNode(s uint64) page.Ref {
	return page.Ref(le.Uint32(b[s&offMask:]))
}

// keyBuf has room for an inline key, and the 8 bytes that a head is written as.
type keyBuf [maxInlineKey + 9]byte

// key is the whole key of entry i, in buf or in its own node.
func (b node) key(h *page.Heap, i int, buf *keyBuf) []byte {
	s := b.slot(i)
	if s&flagExternal != 0 {
		return b.externalKey(h, s)
	}
	copy(buf[:], b.prefix())
	return b.finishKey(s, buf)
}

// finishKey is key where buf holds the prefix already.
func (b node) finishKey(s uint64, buf *keyBuf) []byte {
	p := b.prefixLen()
	r := b[s&offMask:]
	n := int(r[0])
	be.PutUint64(buf[p:], s)
	if n > headLen {
		copy(buf[p+headLen:], r[1:1+n-headLen])
	}
	return buf[:p+n]
}

func (b node) externalKey(h *page.Heap, s uint64) []byte {
	r := b[s&offMask:]
	return keyBytes(h, page.Ref(le.Uint32(r)), int(le.Uint32(r[4:])))
}

func keyBytes(h *page.Heap, ref page.Ref, n int) []byte {
	return h.Bytes(ref, page.Header+n)[page.Header:]
}

// keyPart is the bytes that the key of slot s takes in its record.
func (b node) keyPart(s uint64) int {
	if s&flagExternal != 0 {
		return external
	}
	return inlinePart(int(b[s&offMask]))
}

// inlinePart is the bytes in a record of a key with n bytes behind the prefix.
func inlinePart(n int) int { return 1 + max(n-headLen, 0) }

// valuePart is the bytes that a value of n bytes takes in a record.
func valuePart(n int) int {
	switch {
	case n == 0:
		return 0
	case n < 128:
		return 1 + n
	}
	return 2 + n
}

// value is the value of entry i.
func (b node) value(i int) []byte {
	s := b.slot(i)
	if s&flagValue == 0 {
		return nil
	}
	r := b[int(s&offMask)+b.keyPart(s):]
	n, from := int(r[0]), 1
	if n >= 128 {
		n, from = (n&127)<<8|int(r[1]), 2
	}
	return r[from : from+n : from+n]
}

// size is the bytes of the record of slot s.
func (b node) size(s uint64) int {
	n := b.keyPart(s)
	if s&flagValue == 0 {
		return n
	}
	r := b[int(s&offMask)+n:]
	v := int(r[0])
	if v >= 128 {
		v = (v&127)<<8 | int(r[1])
	}
	return n + valuePart(v)
}

// search returns the first entry from lo on whose key is not less than key, and
// whether it is key. Inner nodes are searched from 1 on.
func (b node) search(h *page.Heap, lo int, key []byte) (i int, found bool) {
	n := b.count()
	if p := b.prefixLen(); p > 0 {
		prefix := b[offPrefix : offPrefix+p]
		if len(key) < p || string(key[:p]) != string(prefix) {
			if bytes.Compare(key, prefix) < 0 {
				return lo, false
			}
			return n, false
		}
		key = key[p:]
	}
	want := head(key)
	i = b.lower(lo, n, want)
	if i == n || b.slot(i)&headMask != want {
		return i, false
	}
	return b.among(h, i, want, key)
}

// lower returns the first slot in [lo, n) that is not less than want.
func (b node) lower(lo, n int, want uint64) int {
	return lo + lowerBound(page.Words(b, b.slots()+8*lo, n-lo), want)
}

// lowerBound is the number of words in s that are less than want. No branch
// depends on them: it would be mispredicted every other time.
//
//go:noinline
func lowerBound(s []uint64, want uint64) int {
	if len(s) == 0 {
		return 0
	}
	at, n := 0, len(s)
	for n > 1 {
		half := n >> 1
		_, less := bits.Sub64(s[at+half-1], want, 0)
		at += half & -int(less)
		n -= half
	}
	_, less := bits.Sub64(s[at], want, 0)
	return at + int(less)
}

// among finishes search in the entries from i on whose head is want.
func (b node) among(h *page.Heap, i int, want uint64, key []byte) (int, bool) {
	c := b.compare(h, i, key)
	if c <= 0 {
		return i, c == 0
	}
	// Most often there is no other; where there are many, keys are alike.
	lo := i + 1
	hi := b.lower(lo, b.count(), want+1<<16)
	if want == headMask {
		hi = b.count()
	}
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		c := b.compare(h, mid, key)
		if c == 0 {
			return mid, true
		}
		if c > 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, false
}

// compare orders key, without the prefix, and entry i, whose head is the same.
func (b node) compare(h *page.Heap, i int, key []byte) int {
	s := b.slot(i)
	var rest []byte
	var n int
	if s&flagExternal != 0 {
		k := b.externalKey(h, s)[b.prefixLen():]
		n = len(k)
		rest = k[min(headLen, n):]
	} else {
		r := b[s&offMask:]
		n = int(r[0])
		rest = r[1:inlinePart(n)]
	}
	if c := bytes.Compare(key[min(headLen, len(key)):], rest); c != 0 {
		return c
	}
	return len(key) - n
}

// child returns the child of an inner node under which key belongs.
func (b node) child(h *page.Heap, key []byte) int {
	i, found := b.search(h, 1, key)
	if !found {
		i--
	}
	return i
}

// entry is a new entry: of a leaf, or of an inner node, where its key is the
// separator of child.
type entry struct {
	key   []byte   // whole
	ref   page.Ref // the node of a key that is longer than maxInlineKey
	value []byte
	child page.Ref
	count int64 // entries below child
}

// size is the bytes of the entry's record in a node of prefix length p.
func (e *entry) size(p int) int {
	if e.ref != 0 {
		return external + valuePart(len(e.value))
	}
	return inlinePart(len(e.key)-p) + valuePart(len(e.value))
}

// fits tells whether the leaf has room for e, prefix and all.
func (b node) fits(e *entry) bool {
	p := b.prefixLen()
	return b.free() >= 8+e.size(p) && len(e.key) >= p && string(e.key[:p]) == string(b.prefix())
}

// insert makes e the i-th entry of the leaf, which has room.
func (b node) insert(i int, e *entry) {
	n, at := b.count(), b.slots()
	copy(b[at+8*(i+1):at+8*(n+1)], b[at+8*i:at+8*n])
	b.setCount(n + 1)
	b.write(i, e)
}

// write writes slot i and the record of e below the others.
func (b node) write(i int, e *entry) {
	p := b.prefixLen()
	off := b.low() - e.size(p)
	b.setLow(off)
	r := b[off:]
	k := e.key[p:]
	s := head(k) | uint64(off)
	n := external
	if e.ref != 0 {
		s |= flagExternal
		le.PutUint32(r, uint32(e.ref))
		le.PutUint32(r[4:], uint32(len(e.key)))
	} else {
		r[0] = uint8(len(k))
		n = inlinePart(len(k))
		if len(k) > headLen {
			copy(r[1:], k[headLen:])
		}
	}
	if v := len(e.value); v > 0 {
		s |= flagValue
		if v < 128 {
			r[n] = uint8(v)
			n++
		} else {
			r[n], r[n+1] = uint8(v>>8)|128, uint8(v)
			n += 2
		}
		copy(r[n:], e.value)
	}
	b.setSlot(i, s)
}

// bury gives up the record of slot s.
func (b node) bury(s uint64) {
	off, size := int(s&offMask), b.size(s)
	if off == b.low() {
		b.setLow(off + size)
	} else {
		b.setDead(b.dead() + size)
	}
}

// remove takes entries [i, j) out of the leaf.
func (b node) remove(i, j int) {
	n := b.count()
	for k := i; k < j; k++ {
		b.bury(b.slot(k))
	}
	at := b.slots()
	copy(b[at+8*i:], b[at+8*j:at+8*n])
	b.setCount(n - (j - i))
}
