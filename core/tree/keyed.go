// Package tree keeps ordered collections in counted B+trees on the nodes of
// core/page. A Tree orders entries by their keys: it is a sorted set, the
// entries of a stream. It knows neither what a key is nor what a value means.
//
// # Layout
//
// Leaves hold the entries in ascending order (bytes.Compare) of their keys. An
// inner node holds for each child its Ref, the number of entries below it, and,
// for all but the first, a separator: a key that no entry before the child
// reaches, and every entry in the child or after it does.
//
//	                 ┌──────┬──────┬──────┐
//	root ──────────▶ │ 3    │ 2 "c"│ 4 "m"│          inner node
//	                 └──┬───┴──┬───┴──┬───┘
//	           ┌────────┘      │      └─────────┐
//	           ▼               ▼                ▼
//	    a  abc  bee          c  cat      m  moo  sea  zoo   leaves
//
// Separators are as short as their neighbours allow: between "abc" and "bee"
// it is "b". A small tree is one leaf that grows through the size classes to
// MaxNode bytes, then splits. A leaf of a large tree grows the same way, so that
// it wastes less than a class whether or not it is full.
//
// Both kinds of node are slotted pages:
//
//	offset size
//	0      8    node header; bytes 6-7 are count, the number of entries
//	8      2    low: records lie in [low, size)
//	10     2    dead: bytes in there that no record uses
//	12     1    p: length of the prefix that the keys of the node share
//	13     3    zero
//	16     p    prefix, filled up to a multiple of 8: slots start at s
//	s      8n   slots, in order of the keys
//	s+8n   8n   inner nodes only: the number of entries below each child
//	s+16n  4n   inner nodes only: the Ref of each child
//
//	|header|prefix|slots ▶|(counts|refs)|   free   |◀ records|
//	0      16     s                                low       size
//
// A slot is a u64 that can be compared to find a key. Its upper 6 bytes are the
// head: the first bytes of the key behind the prefix, big-endian, zero where the
// key is shorter. Below are 4 bits of flags and 12 of the record's offset.
//
//	63                                16 15  12 11          0
//	|head: k[p] k[p+1] … k[p+5]          |flags|offset       |
//
// Flag 1: the record has a value. Flag 2: the key is in a node of its own. A
// record is
//
//	offset size
//	0      1    length of the key behind the prefix
//	1      …    the key behind prefix and head; nothing if it is shorter
//	…      1-2  with flag 1: length of the value, one byte below 128, else
//	            the upper 7 bits with 0x80, then the lower 8
//	…           with flag 1: the value
//
// and with flag 2 it starts with the Ref of a node that holds the whole key
// after its header and with the key's length (4 B each). The first child of an
// inner node has no separator: its slot is zero and it has no record.
//
// The record of key "user:1001" with value "bar" in a leaf of prefix "us" is
// 07 31 03 62 61 72, and its slot has the head 65 72 3a 31 30 30.
//
// # Invariants
//
//	K1 The keys of a node ascend and share its prefix; heads agree with them.
//	K2 low, dead and count agree with the records.
//	K3 The keys below a child are not less than its separator and less than
//	   that of the next child.
//	K4 The count of a child is the entries below it; that of the tree is those
//	   below the root.
//	K5 Leaves are all of one depth; no node is empty; a root that is an inner
//	   node has two children at least.
//	K6 No node is larger than MaxNode. A key is in a node of its own if and
//	   only if it is longer than 255 bytes.
//
// # Locks and versions
//
// A Tree belongs to the shard that its place names: what changes it is called
// under that shard's lock. A copy of the struct that was made together with a
// pin is a version, and may be read without a lock as long as the pin lives.
// Writers own from the root down (page P5); the owner of the tree has made its
// own entry writable before.
package tree

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/page"
)

// Sizes and kinds that are in nodes and so frozen.
const (
	// MaxNode is the size in bytes at which a node splits.
	MaxNode = 4096
	// MaxValue is the longest value of an entry in bytes: three entries fit
	// any leaf.
	MaxValue = 1088
	// maxInlineKey is the longest key a leaf or an inner node holds itself.
	maxInlineKey = 255

	kindLeaf  = 32
	kindInner = 33
	kindKey   = 34

	offLow    = 8
	offDead   = 10
	offLen    = 12
	offPrefix = 16

	headLen      = 6
	headMask     = ^uint64(0xffff)
	flagValue    = 1 << 12
	flagExternal = 2 << 12
	offMask      = 0xfff
	external     = 8 // bytes of a record that names the key's node
)

// maxLevels bounds the inner nodes above a leaf. A node splits into halves of
// seven children at least, whatever the separators are, so that 20 levels take
// more splits than a machine lives.
const maxLevels = 20

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// Tree is a sorted map of bytes to bytes. The exported fields are its version.
type Tree struct {
	Root  page.Ref // 0 while the tree is empty
	Count int64    // entries

	heap  *page.Heap
	place page.Place
	// filling says that entries come in order, so that leaves are made full
	// size at once.
	filling bool
}

// Open returns the tree of that version, 0 and 0 for an empty one, whose nodes
// belong to place.
func Open(place page.Place, root page.Ref, count int64) Tree {
	return Tree{Root: root, Count: count, heap: place.Heap(), place: place}
}

// OpenRead is Open for a tree that is only read.
func OpenRead(h *page.Heap, root page.Ref, count int64) Tree {
	return Tree{Root: root, Count: count, heap: h}
}

// Get returns the value of key. It aliases node memory: it is valid until the
// next change to the tree, or while the pin of the version lives.
func (t *Tree) Get(key []byte) (value []byte, ok bool) {
	if t.Root == 0 {
		return nil, false
	}
	b := node(t.heap.Node(t.Root))
	for b.inner() {
		b = t.heap.Node(b.ref(b.child(t.heap, key)))
	}
	i, ok := b.search(t.heap, 0, key)
	if !ok {
		return nil, false
	}
	return b.value(i), true
}

// Edit returns the value of key, writable: its bytes may be changed, its length
// not. It is valid until the next change to the tree.
func (t *Tree) Edit(key []byte) (value []byte, ok bool) {
	if t.Root == 0 {
		return nil, false
	}
	var p path
	i, ok := t.find(&p, key)
	if !ok {
		return nil, false
	}
	return t.own(&p).value(i), true
}
