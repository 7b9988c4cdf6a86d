// Package stream is the value of type stream: entries under ascending IDs, and
// consumer groups that know what they have read and what is not acknowledged.
//
// # Layout
//
// The bytes in the entry are a header of fixed size, which is changed in place;
// integers are little-endian, an ID is |ms 8|seq 8|.
//
//	offset size
//	0      8    length, the number of entries
//	8      16   last ID
//	24     16   ID of the first entry, 0-0 in an empty stream
//	40     16   greatest ID that was deleted
//	56     8    number of entries ever added
//	64     16   tree of packs, but the last: |root 4|0 4|count 8|
//	80     16   tree of groups
//	96     16   ID of the last pack
//	112    4    Ref of the last pack, 0 if there is none
//	116    4    number of nodes of Redis's radix tree of the packs, less one
//
// Entries are in packs, the listpacks of Redis's streams, so that RDB files hold
// them as they are. A pack is a node, |header 8|listpack …|, and has an ID, that
// of its first entry; the tree maps it (16 bytes, big-endian) to the node's Ref.
// The last pack is not in the tree: XADD finds it in the header and appends in
// place.
//
//	header ──▶ tree ──▶ pack 1-0 ──▶ 1-0 1-5 2-0
//	  │            └──▶ pack 3-7 ──▶ 3-7 4-0
//	  └───────────────▶ pack 9-0 ──▶ 9-0 9-1          the last
//
// The listpack starts with the master entry, which has the fields of the first
// entry; then come the entries, which have their fields only if they differ:
//
//	|live|deleted|n|field 1|…|field n|0|
//	|flags|ms|seq|value 1|…|value n|count|                  flag 2: same fields
//	|flags|ms|seq|n|field 1|value 1|…|field n|value n|count|
//
// live and deleted count the entries; ms and seq are differences to the ID of
// the pack; count is the number of elements before it, to walk backwards. Flag 1
// says that the entry is deleted.
//
// The pack with the ID 1-1 and one entry of that ID, field f, value v, is
//
//	1d 00 00 00 0a 00  01 01 00 01 01 01 81 66 02 00 01  02 01 00 01 00 01 81 76 02 04 01  ff
//	29 bytes     10    live 1  0   n 1   "f"      0      flags ms    seq   "v"      count  end
//
// The tree of groups maps a name to a record:
//
//	offset size
//	0      16   last delivered ID
//	16     8    number of entries read, -1 if it is not known
//	24     16   tree of what is pending: ID ▶ |consumer 4|time 8|deliveries 8|
//	40     16   tree of the same by consumer: |consumer 4|ID 16| ▶ nothing
//	56     16   tree of consumers: name ▶ |consumer 4|seen 8|
//	72     16   tree of their names: |consumer 4|name| ▶ nothing
//
// A consumer has a number in its group, which stands for its name; in keys it is
// big-endian. Times are in ms since 1970.
//
// # Invariants
//
//	S1 Entries ascend, within and between packs. Length is the sum of live.
//	S2 There is a last pack unless there is no pack at all.
//	S3 live, deleted and the fields of a pack agree with its entries.
//	S4 What is pending has a consumer, and the two trees of it have the same IDs.
//	S5 The two trees of consumers agree.
//	S6 The number of nodes of the radix tree is that of the packs there are.
package stream

import (
	"encoding/binary"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/tree"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Offsets in the header, which are frozen.
const (
	offLength  = 0
	offLast    = 8
	offFirst   = 24
	offDeleted = 40
	offAdded   = 56
	offPacks   = 64
	offGroups  = 80
	offTailID  = 96
	offTail    = 112
	offRax     = 116

	headerSize = 120

	kindPack = 48 // node kind: a pack
)

var le = binary.LittleEndian

// Stream reads a stream. It aliases node memory.
type Stream struct {
	heap *page.Heap
	b    []byte
}

// Of reads the value bytes b of an entry of kind value.Stream.
func Of(sp value.Space, _ value.Kind, b []byte) Stream { return Stream{sp.Heap, b} }

// Len is the number of entries.
func (s Stream) Len() int64 { return int64(le.Uint64(s.b[offLength:])) }

// LastID is the greatest ID that was added or set.
func (s Stream) LastID() ID { return getID(s.b[offLast:]) }

// FirstID is the ID of the first entry, 0-0 in an empty stream.
func (s Stream) FirstID() ID { return getID(s.b[offFirst:]) }

// MaxDeletedID is the greatest ID that was deleted by its ID.
func (s Stream) MaxDeletedID() ID { return getID(s.b[offDeleted:]) }

// Added is the number of entries ever added.
func (s Stream) Added() int64 { return int64(le.Uint64(s.b[offAdded:])) }

// Packs is the number of packs.
func (s Stream) Packs() int64 {
	n := s.packs().Count
	if s.tail() != 0 {
		n++
	}
	return n
}

// Groups is the number of consumer groups.
func (s Stream) Groups() int64 { return s.groups().Count }

func (s Stream) packs() tree.Tree  { return readTree(s.heap, s.b[offPacks:]) }
func (s Stream) groups() tree.Tree { return readTree(s.heap, s.b[offGroups:]) }
func (s Stream) tail() page.Ref    { return page.Ref(le.Uint32(s.b[offTail:])) }
func (s Stream) tailID() ID        { return getID(s.b[offTailID:]) }

func getID(b []byte) ID { return ID{le.Uint64(b), le.Uint64(b[8:])} }

func putID(b []byte, id ID) {
	le.PutUint64(b, id.Ms)
	le.PutUint64(b[8:], id.Seq)
}

// readTree is the tree whose version |root 4|0 4|count 8| is in b, for reading.
func readTree(h *page.Heap, b []byte) tree.Tree {
	return tree.OpenRead(h, page.Ref(le.Uint32(b)), int64(le.Uint64(b[8:])))
}

// openTree is readTree for changes.
func openTree(w value.Where, b []byte) tree.Tree {
	return tree.Open(w, page.Ref(le.Uint32(b)), int64(le.Uint64(b[8:])))
}

// putTree stores the version of t in b.
func putTree(b []byte, t *tree.Tree) {
	le.PutUint32(b, uint32(t.Root))
	le.PutUint32(b[4:], 0)
	le.PutUint64(b[8:], uint64(t.Count))
}
