package hash

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/table"
	"github.com/redoubt-kv/redoubt/core/value"
)

// Item is a field or a value. It aliases node memory.
type Item struct {
	form form
	b    []byte // the bytes, or the reference to chunks
	n    int64
	heap *page.Heap // of chunks
}

type form uint8

const (
	inBytes form = iota
	asNumber
	inChunks
)

func bytesItem(b []byte) Item { return Item{b: b} }

func packedItem(lp []byte, pos int) Item {
	b, n, isInt := listpack.Get(lp, pos)
	if isInt {
		return Item{form: asNumber, n: n}
	}
	return Item{b: b}
}

// valueOf reads the value of a table's entry.
func valueOf(sp value.Space, e table.Entry) Item {
	kind, b := value.Kind(e.Kind()), e.Value()
	switch kind {
	case value.StringInt:
		n, _ := value.StringOf(sp.Heap, kind, b).Int()
		return Item{form: asNumber, n: n}
	case value.StringChunks:
		return Item{form: inChunks, b: b, heap: sp.Heap}
	}
	return Item{b: value.StringOf(sp.Heap, kind, b).Bytes(nil)}
}

func (it Item) chunks() value.String { return value.StringOf(it.heap, value.StringChunks, it.b) }

// Len is the length in bytes, of a number in decimal.
func (it Item) Len() int {
	switch it.form {
	case asNumber:
		var digits [20]byte
		return len(strconv.AppendInt(digits[:0], it.n, 10))
	case inChunks:
		return int(it.chunks().Len())
	}
	return len(it.b)
}

// AppendTo appends the bytes, of a number in decimal, to dst.
func (it Item) AppendTo(dst []byte) []byte {
	switch it.form {
	case asNumber:
		return strconv.AppendInt(dst, it.n, 10)
	case inChunks:
		return it.chunks().AppendTo(dst)
	}
	return append(dst, it.b...)
}

// Bytes returns the bytes: in nodes where they lie there in one piece, else in
// scratch, which may be reallocated.
func (it Item) Bytes(scratch []byte) []byte {
	if it.form == inBytes {
		return it.b
	}
	return it.AppendTo(scratch[:0])
}

// Whole returns the bytes where they lie in one piece.
func (it *Item) Whole() (b []byte, ok bool) { return it.b, it.form == inBytes }

// Pieces calls fn with the bytes, piece after piece.
func (it Item) Pieces(fn func(p []byte)) {
	if it.form != inChunks {
		var digits [20]byte
		fn(it.Bytes(digits[:]))
		return
	}
	s := it.chunks()
	s.Pieces(0, s.Len(), func(p []byte) bool {
		fn(p)
		return true
	})
}

// Number returns the number that it is stored as, if it is.
func (it Item) Number() (n int64, ok bool) { return it.n, it.form == asNumber }

// Int returns the number that it is the canonical form of, however it is
// stored.
func (it Item) Int() (n int64, ok bool) {
	switch it.form {
	case asNumber:
		return it.n, true
	case inChunks:
		return 0, false
	}
	return value.ParseInt(it.b)
}
