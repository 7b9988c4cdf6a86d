// Package table is an extendible hash table of byte entries on the nodes of
// core/page. It is the keyspace; later also large hashes, sets, and the
// member→score half of sorted sets. It knows neither what a value is nor what
// time it is.
//
// # Layout
//
// The position of a key is its 64-bit hash. A sparse radix directory on the
// leading bits leads to buckets; a bucket holds the keys whose first depth bits
// are its prefix, and 2^n neighbouring slots of a directory may name it.
//
//	               directory, 2^bits slots of 4 B
//	root ──▶ |hdr|bits| 0 | 0 | 1 | 2 | 2 | 2 | 2 | 3 |
//	                    └─┬─┘   │   └──────┬──────┘   └─▶ directory …
//	                   bucket bucket    bucket
//	                   depth 2 depth 3  depth 1
//
// A full bucket grows through the size classes to MaxBucket bytes, then splits
// in two of the next depth; where all slots of its directory name it alone, the
// directory doubles, and at maxBits a new directory is put below. Before, with
// a full bucket b of depth 2 in a directory of 4 slots, and after:
//
//	|a|a|b|c|                    |a|a|a|a|b0|b1|c|c|
//
// A bucket is a slotted page:
//
//	offset size
//	0      8    node header; bytes 6-7 are count, the number of entries
//	8      8    due: no entry is due before this time (ms), maxDue without any
//	16     4    next: overflow bucket, only where depth is maxDepth
//	20     2    low: entries lie in [low, size)
//	22     2    dead: bytes in [low, size) that no entry uses
//	24     2    slots: room in the two arrays, a multiple of 8
//	26     1    depth
//	27     5    zero
//	32     n    tags, one byte a slot: bits 8-15 of the position
//	32+n   2n   offsets of the entries, one u16 a slot
//
//	|header|tags ▶|offsets ▶|      free      |◀ entries|
//	0      32     32+n      32+3n            low       size
//
// An entry:
//
//	offset size
//	0      1    flags: 1 has a due time, 2 its key is in a node of its own
//	1      1    kind, the owner's
//	2      3    access clock, the owner's
//	5      1    length of the key in the entry
//	6      2    length of the value
//	8      8    due time in ms, if flag 1
//	…           key; with flag 2: Ref and length (4 B each) of a node that
//	            holds it after its header
//	…           value
//
// The key "foo" with the value "bar", kind 1, without a due time is
// 00 01 00 00 00 03 03 00 66 6f 6f 62 61 72.
//
// # Invariants
//
//	T1 An entry is in the bucket that its hash leads to.
//	T2 low, dead, slots and count agree with the entries.
//	T3 No entry is due before the due time of its bucket.
//	T4 Count and Dues of the table are the sums over its buckets.
//	T5 The slots that name a bucket are exactly those of its prefix.
//	T6 No bucket is larger than MaxBucket; only one of maxDepth has an
//	   overflow bucket.
//
// # Locks
//
// A Table belongs to a shard: its methods are called under that shard's lock.
// A copy of the Table struct that was made together with a pin is a version of
// it, and may be read without a lock as long as the pin lives.
package table

import (
	"encoding/binary"
	"math"

	"github.com/redoubt-kv/redoubt/core/page"
)

// Sizes and kinds that are in nodes and so frozen.
const (
	// MaxBucket is the size in bytes at which a bucket splits: large enough
	// that headers and slack are small, small enough that a copy of one is
	// not noticed.
	MaxBucket = 4096
	// MaxValue is the longest value an entry holds, in bytes.
	MaxValue = 1024
	// maxInlineKey is the longest key an entry holds itself.
	maxInlineKey = 255

	kindDirectory = 1
	kindBucket    = 2
	kindKey       = 3
	nestedBit     = 64 // in the kinds of nodes of a nested table

	maxBits  = 8  // of a directory
	minBits  = 5  // a directory of 32 slots fits the smallest class
	maxDepth = 44 // of a bucket; SCAN's cursors of 52 bits are finer, tags are of the bits below 16

	offDue   = 8
	offNext  = 16
	offLow   = 20
	offDead  = 22
	offSlots = 24
	offDepth = 26
	offTags  = 32

	dirSlots = 8 // offset of a directory's slots; bits are in byte 6

	flagDue         = 1
	flagExternalKey = 2

	maxDue = math.MaxInt64
)

var le = binary.LittleEndian

// Due times that are no times.
const (
	NoDue   int64 = -1 // the entry never expires
	KeepDue int64 = -2 // Set: the entry keeps the one it has
)

// Table is one table. The exported fields are its version.
type Table struct {
	Root  page.Ref // 0 while the table is empty
	Count int64    // entries
	Dues  int64    // entries with a due time
	// Expected is how many entries the table will have, where that is known:
	// then buckets are made about as large as they will be, and split into as
	// many as they will be, which spares most of the copying while it fills; Fit
	// belongs behind it. It is no part of the version.
	Expected int64

	arena   *page.Arena
	heap    *page.Heap
	hash    func(key []byte) uint64
	id      uint32
	release func(t *Table, pos uint64, e Entry)
	// A table within a value: nested is nestedBit, and at the position of the
	// value's key, where pins are told that its nodes were.
	nested uint8
	at     uint64
	// dropped is that of the place (page.Place) of what is being freed.
	dropped uint32
}

// New returns an empty table in arena. hash gives a key's position; id names
// the table to pins (page.Pin.Superseded); release, if not nil, is told of
// entries that are overwritten or deleted, while they are still readable, so
// that the nodes they refer to can be retired.
func New(arena *page.Arena, id uint32, hash func(key []byte) uint64, release func(t *Table, pos uint64, e Entry)) Table {
	return Table{arena: arena, heap: arena.Heap(), hash: hash, id: id, release: release}
}

// Nested returns an empty table that is part of the value at place. The kinds of
// its nodes differ from those of a database's, whose walks they are no part of.
func Nested(place page.Place, hash func(key []byte) uint64, release func(t *Table, pos uint64, e Entry)) Table {
	t := New(place.Arena, place.Table, hash, release)
	t.nested, t.at, t.dropped = nestedBit, place.Pos, place.Dropped
	return t
}

// Open makes t a version of a nested table, to be changed; else it is as Nested.
func (t *Table) Open(place page.Place, hash func([]byte) uint64, release func(t *Table, pos uint64, e Entry), root page.Ref, count, dues int64) {
	t.Root, t.Count, t.Dues, t.Expected = root, count, dues, 0
	t.arena, t.heap, t.id, t.at, t.nested = place.Arena, place.Heap(), place.Table, place.Pos, nestedBit
	t.hash, t.release, t.dropped = hash, release, place.Dropped
}

// NestedAt returns a version of a nested table for reading.
func NestedAt(h *page.Heap, root page.Ref, count, dues int64) Table {
	return Table{Root: root, Count: count, Dues: dues, heap: h, nested: nestedBit}
}

// Place is where a nested table's nodes belong.
func (t *Table) Place() page.Place { return t.PlaceOf(t.at) }

// PlaceOf is where the nodes belong of the value of the key at pos.
func (t *Table) PlaceOf(pos uint64) page.Place {
	return page.Place{Arena: t.arena, Table: t.id, Pos: pos, Dropped: t.dropped}
}

// Arena is the allocator of the table's nodes.
func (t *Table) Arena() *page.Arena { return t.arena }

// ID is the number given to New.
func (t *Table) ID() uint32 { return t.id }

// Entry reads one entry. It aliases node memory: it is valid until the next
// change to its table, or while the pin it was found through lives.
type Entry struct {
	heap *page.Heap
	b    []byte   // from the entry's first byte on
	node page.Ref // the bucket
}

// Kind is the owner's byte.
func (e Entry) Kind() uint8 { return e.b[1] }

// Clock is the access clock, 24 bits.
func (e Entry) Clock() uint32 { return uint32(e.b[2]) | uint32(e.b[3])<<8 | uint32(e.b[4])<<16 }

// Due is the due time in ms, or NoDue.
func (e Entry) Due() int64 {
	if e.b[0]&flagDue == 0 {
		return NoDue
	}
	return int64(le.Uint64(e.b[8:]))
}

func (e Entry) keyOffset() int { return 8 + int(e.b[0]&flagDue)*8 }

// Key is the key.
func (e Entry) Key() []byte {
	o := e.keyOffset()
	k := e.b[o : o+int(e.b[5])]
	if e.b[0]&flagExternalKey != 0 {
		return externalKey(e.heap, k)
	}
	return k
}

// keyNode is the node that holds the key, 0 if the entry does.
func (e Entry) keyNode() page.Ref {
	if e.b[0]&flagExternalKey == 0 {
		return 0
	}
	return page.Ref(le.Uint32(e.b[e.keyOffset():]))
}

func externalKey(h *page.Heap, k []byte) []byte {
	return h.Bytes(page.Ref(le.Uint32(k)), page.Header+int(le.Uint32(k[4:])))[page.Header:]
}

// Value is the value.
func (e Entry) Value() []byte {
	o := e.keyOffset() + int(e.b[5])
	return e.b[o : o+int(le.Uint16(e.b[6:])) : o+int(le.Uint16(e.b[6:]))]
}

func (e Entry) size() int { return e.keyOffset() + int(e.b[5]) + int(le.Uint16(e.b[6:])) }

// bucket is a bucket's node.
type bucket []byte

func (b bucket) count() int     { return int(le.Uint16(b[6:])) }
func (b bucket) setCount(n int) { le.PutUint16(b[6:], uint16(n)) }
func (b bucket) due() int64     { return int64(le.Uint64(b[offDue:])) }
func (b bucket) setDue(d int64) { le.PutUint64(b[offDue:], uint64(d)) }
func (b bucket) next() page.Ref { return page.Ref(le.Uint32(b[offNext:])) }
func (b bucket) setNext(r page.Ref) {
	le.PutUint32(b[offNext:], uint32(r))
}
func (b bucket) low() int      { return int(le.Uint16(b[offLow:])) }
func (b bucket) dead() int     { return int(le.Uint16(b[offDead:])) }
func (b bucket) slots() int    { return int(le.Uint16(b[offSlots:])) }
func (b bucket) depth() int    { return int(b[offDepth]) }
func (b bucket) setLow(n int)  { le.PutUint16(b[offLow:], uint16(n)) }
func (b bucket) setDead(n int) { le.PutUint16(b[offDead:], uint16(n)) }

// offset is where the entry of slot i is.
func (b bucket) offset(i int) int {
	return int(le.Uint16(b[offTags+b.slots()+2*i:]))
}

func (b bucket) setOffset(i, off int) {
	le.PutUint16(b[offTags+b.slots()+2*i:], uint16(off))
}

func (b bucket) entry(h *page.Heap, i int) Entry { return Entry{heap: h, b: b[b.offset(i):]} }

// free is the bytes between the arrays and the entries.
func (b bucket) free() int { return b.low() - offTags - 3*b.slots() }

// live is the bytes that a rebuilt bucket of n slots would take.
func (b bucket) live(slots int) int {
	return offTags + 3*slots + len(b) - b.low() - b.dead()
}

// initBucket writes the header of an empty bucket into a new node.
func initBucket(b bucket, slots, depth int) {
	b.setCount(0)
	b.setDue(maxDue)
	b.setNext(0)
	b.setLow(len(b))
	b.setDead(0)
	le.PutUint16(b[offSlots:], uint16(slots))
	le.PutUint16(b[offDepth:], uint16(depth))
	le.PutUint32(b[28:], 0)
}

// base is the kind without the mark of a nested table.
func (h *nodeHead) base() uint8 { return h.kind &^ nestedBit }

// tagOf is the byte of a position that search compares first. Bits 0-7 are
// left out: of a position within a shard they are not random.
func tagOf(pos uint64) uint8 { return uint8(pos >> 8) }

const (
	onesLow  = 0x0101010101010101
	onesHigh = 0x8080808080808080
)

// leaf walks to the bucket at position pos of the version at root.
func (t *Table) leaf(pos uint64) page.Ref {
	ref := t.Root
	for {
		p := page.At[nodeHead](t.heap, ref)
		if p.base() != kindDirectory {
			return ref
		}
		slot := int(pos >> (64 - p.owner))
		pos <<= p.owner
		ref = *page.RefAt(t.heap, ref, dirSlots+4*slot)
	}
}

type nodeHead struct {
	epoch       uint32
	class, kind uint8
	owner       uint8 // of a directory: its bits
	_           uint8
}

// search looks for key in the one bucket b.
func (t *Table) search(b bucket, pos uint64, key []byte) int {
	n := b.count()
	slots := b.slots()
	tags := b[offTags : offTags+slots]
	want := uint64(tagOf(pos)) * onesLow
	for i := 0; i < n; i += 8 {
		w := le.Uint64(tags[i:]) ^ want
		m := (w - onesLow) &^ w & onesHigh
		for m != 0 {
			s := i + trailingByte(m)
			if s >= n {
				break
			}
			m &= m - 1
			e := b[le.Uint16(b[offTags+slots+2*s:]):]
			if keyEqual(t.heap, e, key) {
				return s
			}
		}
	}
	return -1
}

func keyEqual(h *page.Heap, e, key []byte) bool {
	o := 8 + int(e[0]&flagDue)*8
	k := e[o : o+int(e[5])]
	if e[0]&flagExternalKey != 0 {
		if int(le.Uint32(k[4:])) != len(key) {
			return false
		}
		k = externalKey(h, k)
	}
	return string(k) == string(key)
}

// Find returns the entry of key at position pos.
func (t *Table) Find(pos uint64, key []byte) (Entry, bool) {
	if t.Root == 0 {
		return Entry{}, false
	}
	for ref := t.leaf(pos); ref != 0; {
		b := bucket(t.heap.Node(ref))
		if s := t.search(b, pos, key); s >= 0 {
			return Entry{t.heap, b[b.offset(s):], ref}, true
		}
		ref = b.next()
	}
	return Entry{}, false
}

// SetClock stores the access clock of e, which Find returned, where that costs
// no copy: not while a pin sees its bucket, as Redis does not while it saves.
func (t *Table) SetClock(e Entry, clock uint32) {
	if e.Clock() != clock && t.heap.Owned(e.node) {
		putClock(e.b, clock)
	}
}

func putClock(e []byte, clock uint32) {
	e[2], e[3], e[4] = byte(clock), byte(clock>>8), byte(clock>>16)
}
