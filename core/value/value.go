// Package value is the types: how a string, and later a list, a hash and the
// rest, lie in an entry and in nodes. It knows no key names, databases or
// replies; thresholds come in as arguments.
//
// # Layout of strings
//
// A short string is in its entry. A longer one has a node of its own, a long
// one is cut into chunks, so that changing a byte of it copies one chunk and
// never the string.
//
//	kind         the entry's value bytes
//	StringInt    the number, little-endian two's complement, in 1, 2, 4 or 8 bytes
//	StringEmbstr the bytes
//	StringRaw    the bytes
//	StringNode   |Ref 4|length 4|        one node: |header 8|bytes …|
//	StringChunks |Ref 4|0 4|length 8|    the index: |header 8|Ref 4|Ref 4|…
//	                                      each a chunk: |header 8|16,376 bytes|
//
// The number 300 is 2c 01 in an entry of kind StringInt. The first chunk holds
// the bytes [0, 16376), the next those that follow; a Ref of 0 in the index is
// a chunk of zeros. The bytes of the last chunk behind the end are zero.
package value

import (
	"encoding/binary"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
)

// Type is a value's type, as TYPE names it. The numbers are in nodes and so
// frozen.
type Type uint8

// The types.
const (
	TypeString Type = iota
	TypeList
	TypeSet
	TypeZSet
	TypeHash
	TypeStream
)

var typeNames = [...]string{"string", "list", "set", "zset", "hash", "stream"}

// Name is what TYPE replies.
func (t Type) Name() string { return typeNames[t] }

// Kind is a type with its representation: type in the high bits, as it is in
// the entry. The numbers are frozen.
type Kind uint8

// The kinds of strings.
const (
	StringRaw Kind = iota
	StringEmbstr
	StringInt
	StringNode
	StringChunks
)

// The kinds of collections. Of a packed one, in Redis's listpack or intset
// layout, the bytes are in the entry, or in a node of their own: kind|InNode.
const (
	ListPack Kind = 0x10
	ListTree Kind = 0x12

	SetInts   Kind = 0x20 // intset
	SetPack   Kind = 0x22 // listpack
	SetHashed Kind = 0x24 // listpack, shown as the hashtable that Redis 7.0 makes of it
	SetTable  Kind = 0x26

	ZSetPack Kind = 0x30
	ZSetTree Kind = 0x32

	HashPack   Kind = 0x40
	HashPackEx Kind = 0x42 // with a due time for each field
	HashTable  Kind = 0x44

	Stream Kind = 0x50

	InNode Kind = 1
)

// NoDue is the due time of what never expires.
const NoDue = table.NoDue

// Type is the kind's type.
func (k Kind) Type() Type { return Type(k >> 4) }

// Sizes of strings. ChunkSize is frozen.
const (
	// MaxEmbstr is the length up to which OBJECT ENCODING says embstr
	// (Redis: OBJ_ENCODING_EMBSTR_SIZE_LIMIT).
	MaxEmbstr = 44
	// ChunkSize is the bytes of a string in one chunk: a node of 16 KiB.
	ChunkSize = 16<<10 - page.Header
	// maxNode is the longest string that is one node.
	maxNode = page.MaxNode - page.Header

	kindText  = 16 // node kinds: a string
	kindIndex = 17 // the index of a chunked string
	kindChunk = 18
	kindBlob  = 19 // a packed collection
)

var le = binary.LittleEndian

// String reads a string. It aliases node memory.
type String struct {
	heap *page.Heap
	kind Kind
	b    []byte // the entry's value bytes
}

// StringOf reads the value bytes b of an entry of a string kind.
func StringOf(h *page.Heap, kind Kind, b []byte) String { return String{h, kind, b} }

// Len is the length in bytes.
func (s String) Len() int64 {
	switch s.kind {
	case StringInt:
		var buf [20]byte
		return int64(len(strconv.AppendInt(buf[:0], decodeInt(s.b), 10)))
	case StringNode:
		return int64(le.Uint32(s.b[4:]))
	case StringChunks:
		return int64(le.Uint64(s.b[8:]))
	}
	return int64(len(s.b))
}

// Encoding is what OBJECT ENCODING replies.
func (s String) Encoding() string {
	switch s.kind {
	case StringInt:
		return "int"
	case StringEmbstr:
		return "embstr"
	}
	return "raw"
}

// Int returns the value as a number if it is the canonical form of an int64,
// whatever its encoding.
func (s String) Int() (int64, bool) {
	switch s.kind {
	case StringInt:
		return decodeInt(s.b), true
	case StringNode, StringChunks:
		return 0, false
	}
	return ParseInt(s.b)
}

// AppendTo appends the whole value to dst.
func (s String) AppendTo(dst []byte) []byte {
	switch s.kind {
	case StringRaw, StringEmbstr:
		return append(dst, s.b...)
	case StringInt:
		return strconv.AppendInt(dst, decodeInt(s.b), 10)
	}
	return s.AppendRange(dst, 0, s.Len())
}

// Bytes returns the value as one slice: node memory where it is contiguous,
// else a copy in scratch, which may be reallocated.
func (s String) Bytes(scratch []byte) []byte {
	switch s.kind {
	case StringRaw, StringEmbstr:
		return s.b
	case StringNode:
		return s.node()
	}
	return s.AppendTo(scratch[:0])
}

func (s String) node() []byte {
	n := int(le.Uint32(s.b[4:]))
	return s.heap.Bytes(page.Ref(le.Uint32(s.b)), page.Header+n)[page.Header:]
}

// AppendRange appends the bytes [from, to), clipped to the value, to dst.
func (s String) AppendRange(dst []byte, from, to int64) []byte {
	if s.kind != StringChunks && s.kind != StringInt {
		b := s.Bytes(nil)
		from, to = max(from, 0), min(to, int64(len(b)))
		if from >= to {
			return dst
		}
		return append(dst, b[from:to]...)
	}
	s.Pieces(from, to, func(p []byte) bool {
		dst = append(dst, p...)
		return true
	})
	return dst
}

// Pieces calls fn with consecutive pieces of [from, to), clipped to the value,
// until it returns false.
func (s String) Pieces(from, to int64, fn func(p []byte) bool) {
	from, to = max(from, 0), min(to, s.Len())
	if from >= to {
		return
	}
	if s.kind != StringChunks {
		// Only a number needs room to be written out.
		fn(s.Bytes(nil)[from:to])
		return
	}
	for from < to {
		i, off := int(from/ChunkSize), int(from%ChunkSize)
		n := int(min(ChunkSize-int64(off), to-from))
		if !fn(s.chunk(i)[off : off+n]) {
			return
		}
		from += int64(n)
	}
}

var zeros [ChunkSize]byte

// chunk returns the bytes of chunk i.
func (s String) chunk(i int) []byte {
	ref := *page.RefAt(s.heap, page.Ref(le.Uint32(s.b)), page.Header+4*i)
	if ref == 0 {
		return zeros[:]
	}
	return s.heap.Bytes(ref, page.Header+ChunkSize)[page.Header:]
}

// At is byte i, which must be within the value.
func (s String) At(i int64) byte {
	switch s.kind {
	case StringRaw, StringEmbstr:
		return s.b[i]
	case StringNode:
		return s.node()[i]
	case StringChunks:
		return s.chunk(int(i / ChunkSize))[i%ChunkSize]
	}
	var buf [20]byte
	return s.AppendTo(buf[:0])[i]
}

// Memory is the bytes of the nodes that the value has beside its entry.
func (s String) Memory() (n int64) {
	Nodes(s.heap, s.kind, s.b, func(ref page.Ref) { n += int64(s.heap.Size(ref)) })
	return n
}

// Nodes calls fn with every node of a value beside its entry.
func Nodes(h *page.Heap, kind Kind, b []byte, fn func(ref page.Ref)) {
	switch kind {
	case StringNode:
		fn(page.Ref(le.Uint32(b)))
	case StringChunks:
		index := page.Ref(le.Uint32(b))
		for _, ref := range h.Refs(index, page.Header, chunksOf(int64(le.Uint64(b[8:])))) {
			if ref != 0 {
				fn(ref)
			}
		}
		fn(index)
	}
}

func chunksOf(n int64) int { return int((n + ChunkSize - 1) / ChunkSize) }

// decodeInt reads a number of 1, 2, 4 or 8 bytes.
func decodeInt(b []byte) int64 {
	switch len(b) {
	case 1:
		return int64(int8(b[0]))
	case 2:
		return int64(int16(le.Uint16(b)))
	case 4:
		return int64(int32(le.Uint32(b)))
	}
	return int64(le.Uint64(b))
}

// AppendInt appends n in the form of StringInt, in the fewest bytes.
func AppendInt(dst []byte, n int64) []byte {
	switch {
	case n == int64(int8(n)):
		return append(dst, byte(n))
	case n == int64(int16(n)):
		return le.AppendUint16(dst, uint16(n))
	case n == int64(int32(n)):
		return le.AppendUint32(dst, uint32(n))
	}
	return le.AppendUint64(dst, uint64(n))
}

// ParseInt reads the canonical decimal form of an int64: the one that prints
// back to the same bytes (Redis: string2ll).
func ParseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > 20 {
		return 0, false
	}
	digits, neg := b, b[0] == '-'
	if neg {
		digits = b[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && (len(digits) > 1 || neg) {
		return 0, false
	}
	var u uint64
	for _, c := range digits {
		if c -= '0'; c > 9 {
			return 0, false
		} else {
			u = u*10 + uint64(c)
		}
	}
	if neg {
		return -int64(u), u <= 1<<63
	}
	return int64(u), u < 1<<63
}
