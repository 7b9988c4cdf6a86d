package value

import (
	"math"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// Space is what reading a value needs beside its bytes.
type Space struct {
	Heap *page.Heap
	// Hash gives the position of a field or member in the table of its value.
	Hash func(b []byte) uint64
}

// Limits are the thresholds between representations, as Redis's directives
// of these names. They are not changed once they are in use.
type Limits struct {
	HashMaxListpackEntries, HashMaxListpackValue int
	SetMaxIntsetEntries                          int
	SetMaxListpackEntries, SetMaxListpackValue   int
	ZSetMaxListpackEntries, ZSetMaxListpackValue int
	ListMaxListpackSize, ListCompressDepth       int
	// ListPackedThreshold is the length from which an element of a list is never
	// packed with others (DEBUG QUICKLIST-PACKED-THRESHOLD); 0 is the default.
	ListPackedThreshold                      int
	StreamNodeMaxBytes, StreamNodeMaxEntries int
}

// DefaultLimits are those of Redis 7.0's redis.conf.
func DefaultLimits() *Limits {
	return &Limits{
		HashMaxListpackEntries: 512, HashMaxListpackValue: 64,
		SetMaxIntsetEntries: 512, SetMaxListpackEntries: 0, SetMaxListpackValue: 64,
		ZSetMaxListpackEntries: 128, ZSetMaxListpackValue: 64,
		ListMaxListpackSize: -2, ListCompressDepth: 0,
		StreamNodeMaxBytes: 4096, StreamNodeMaxEntries: 100,
	}
}

// Cell is the value of one entry while a command changes it. The bucket of its
// entry, and all above, is owned, so that nodes of the value may be owned and
// retired (P5). Nodes are allocated, owned and retired through Where.
type Cell struct {
	Space
	Where
	Limits *Limits
	// Expected is how many members or fields a new value will have, 0 if that
	// is not known: a hint for its table.
	Expected int64
	Kind     Kind
	// B are the value's bytes: in the entry, where they may be changed in
	// place as long as their number stays, or those of the last Set.
	B []byte

	// Changed tells that Set was called: B is not what the entry holds.
	Changed bool
	// Fresh tells that the key is new, or replaces whatever it held.
	Fresh bool

	bytes []byte // owns B after Set
	blob  []byte // what EditBlob gave out, unless it was a node

	table table.Table // what OpenTable gave out
}

// Reset makes c the value b of kind, as it is in its entry.
func (c *Cell) Reset(kind Kind, b []byte) {
	c.Kind, c.B, c.Changed, c.Fresh, c.Expected = kind, b, false, false, 0
	const keep = 64 << 10
	if cap(c.blob) > keep {
		c.blob = nil
	}
}

// Set replaces kind and bytes. b is copied; it has at most table.MaxValue bytes
// and may alias the bytes that c had.
func (c *Cell) Set(kind Kind, b []byte) {
	if c.Changed && len(b) > 0 && len(c.bytes) > 0 && &b[0] == &c.bytes[0] {
		c.bytes = c.bytes[:len(b)]
	} else {
		c.bytes = append(c.bytes[:0], b...)
	}
	c.Kind, c.B, c.Changed = kind, c.bytes, true
}

// MaxInlineBlob is the length in bytes up to which a packed collection lies in
// its entry. Longer ones would be copied within the bucket too often.
const MaxInlineBlob = 512

// The bytes of a blob in a node: |Ref 4|length 4|, and the node |header 8|bytes …|.
const nodeBlobSize = 8

// BlobOf returns the bytes of a packed collection. They alias node memory.
func BlobOf(sp Space, kind Kind, b []byte) []byte {
	if kind&InNode == 0 {
		return b
	}
	n := page.Header + int(le.Uint32(b[4:]))
	return sp.Heap.Bytes(page.Ref(le.Uint32(b)), n)[page.Header:n:n]
}

// Blob returns the bytes of the packed collection, read only.
func (c *Cell) Blob() []byte { return BlobOf(c.Space, c.Kind, c.B) }

// EditBlob returns the bytes of the packed collection to be changed, with room
// for at least grow more behind them: those in its node, which is owned, or a
// copy. The value is not whole again until PutBlob has got the result.
func (c *Cell) EditBlob(grow int) []byte {
	if c.Kind&InNode == 0 {
		if need := len(c.B) + grow; cap(c.blob) < need {
			c.blob = make([]byte, 0, max(need, 2*MaxInlineBlob))
		}
		c.blob = append(c.blob[:0], c.B...)
		return c.blob
	}
	ref, n := page.Ref(le.Uint32(c.B)), int(le.Uint32(c.B[4:]))
	if need := page.Header + n + grow; need > c.Space.Heap.Size(ref) {
		bigger := c.Alloc(blobRoom(need), kindBlob)
		copy(c.Space.Heap.Bytes(bigger, page.Header+n)[page.Header:], c.Space.Heap.Bytes(ref, page.Header+n)[page.Header:])
		c.Retire(ref)
		ref = bigger
	} else {
		ref = c.Own(ref)
	}
	le.PutUint32(c.B, uint32(ref))
	node := c.Space.Heap.Node(ref)
	return node[page.Header : page.Header+n]
}

// blobRoom is the size of a node for need bytes: more than that for a large
// one, which would be copied often where it grows.
func blobRoom(need int) int {
	if need > 4<<10 {
		return need + need/8
	}
	return need
}

// PutBlob makes the packed bytes b the value, of kind or kind|InNode. b is what
// EditBlob gave, after changes that append would make, or any other bytes that
// are not in nodes of this value.
func (c *Cell) PutBlob(kind Kind, b []byte) {
	if invariant.Enabled {
		invariant.Check(kind&InNode == 0, "kind", "blob of kind %#x", uint8(kind))
	}
	if c.Kind&InNode == 0 || c.Kind.Type() != kind.Type() {
		c.storeBlob(kind, b)
		return
	}
	ref := page.Ref(le.Uint32(c.B))
	size := c.Space.Heap.Size(ref)
	inPlace := len(b) > 0 && &b[0] == &c.Space.Heap.Bytes(ref, page.Header+1)[page.Header]
	switch {
	case inPlace && len(b) > MaxInlineBlob/2 && page.ClassSize(page.Header+len(b)) >= size/2:
		le.PutUint32(c.B[4:], uint32(len(b)))
		if c.Kind != kind|InNode {
			c.Set(kind|InNode, c.B)
		}
	default: // it moves, or has become much smaller than its node
		c.storeBlob(kind, b)
		c.Retire(ref)
	}
}

// storeBlob stores b in the entry or a new node.
func (c *Cell) storeBlob(kind Kind, b []byte) {
	if len(b) <= MaxInlineBlob {
		c.Set(kind, b)
		return
	}
	ref := c.Alloc(page.Header+len(b), kindBlob)
	copy(c.Space.Heap.Bytes(ref, page.Header+len(b))[page.Header:], b)
	var v [nodeBlobSize]byte
	le.PutUint32(v[:], uint32(ref))
	le.PutUint32(v[4:], uint32(len(b)))
	c.Set(kind|InNode, v[:])
}

// DropBlob retires the node of the packed bytes, if they are in one: the value
// is about to get another representation.
func (c *Cell) DropBlob() {
	if c.Kind&InNode != 0 {
		c.Retire(page.Ref(le.Uint32(c.B)))
	}
}

// BlobNode is the node of packed bytes, 0 if they are in the entry.
func BlobNode(kind Kind, b []byte) page.Ref {
	if kind&InNode == 0 {
		return 0
	}
	return page.Ref(le.Uint32(b))
}

// TableSize is the bytes of a table's version: |root 4|0 4|count 8|dues 8|.
const TableSize = 24

// Table returns the table whose version is at byte off of B, to be changed.
func (c *Cell) Table(off int, release func(t *table.Table, pos uint64, e table.Entry)) table.Table {
	return *c.OpenTable(off, release)
}

// OpenTable is Table without an allocation: the table is the cell's, until the
// next OpenTable.
func (c *Cell) OpenTable(off int, release func(t *table.Table, pos uint64, e table.Entry)) *table.Table {
	b := c.B[off : off+TableSize]
	c.table.Open(c.Where, c.Hash, release, page.Ref(le.Uint32(b)), int64(le.Uint64(b[8:])), int64(le.Uint64(b[16:])))
	c.table.Expected = c.Expected
	return &c.table
}

// FitTable has the table at byte off of B, for whose entries there was an expectation,
// take no more memory than it needs: all are there.
func (c *Cell) FitTable(off int) {
	if c.Expected > 0 {
		t := c.OpenTable(off, nil)
		t.Fit(0, math.MaxInt)
		c.PutTable(off, t)
	}
}

// PutTable stores the version of t at byte off of B, in place.
func (c *Cell) PutTable(off int, t *table.Table) { PutTable(c.B[off:], t) }

// PutTable stores the version of t in b.
func PutTable(b []byte, t *table.Table) {
	le.PutUint32(b, uint32(t.Root))
	le.PutUint32(b[4:], 0)
	le.PutUint64(b[8:], uint64(t.Count))
	le.PutUint64(b[16:], uint64(t.Dues))
}

// TableAt returns the table whose version is in b, for reading.
func TableAt(sp Space, b []byte) table.Table {
	return table.NestedAt(sp.Heap, page.Ref(le.Uint32(b)), int64(le.Uint64(b[8:])), int64(le.Uint64(b[16:])))
}

// Freer retires the nodes of a value that no entry names any more, step by
// step, under the lock of the shard where it was dropped.
type Freer interface {
	// Step retires about n nodes and tells whether all are.
	Step(n int) (done bool)
}
