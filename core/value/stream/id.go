package stream

import (
	"encoding/binary"
	"math"
	"strconv"
)

// ID names an entry: a time in ms and a number among the entries of that ms.
type ID struct{ Ms, Seq uint64 }

// MaxID is the greatest ID.
var MaxID = ID{math.MaxUint64, math.MaxUint64}

// idSize is the bytes of an ID in nodes.
const idSize = 16

// Compare is negative, zero or positive as id is less than, equal to or
// greater than o.
func (id ID) Compare(o ID) int {
	switch {
	case id.Ms < o.Ms, id.Ms == o.Ms && id.Seq < o.Seq:
		return -1
	case id == o:
		return 0
	}
	return 1
}

// Less tells whether id is less than o.
func (id ID) Less(o ID) bool { return id.Ms < o.Ms || id.Ms == o.Ms && id.Seq < o.Seq }

// IsZero tells whether id is 0-0, which no entry has.
func (id ID) IsZero() bool { return id == ID{} }

// Next is the ID behind id; ok is false, and the result 0-0, if id is MaxID.
func (id ID) Next() (next ID, ok bool) {
	if id.Seq < math.MaxUint64 {
		return ID{id.Ms, id.Seq + 1}, true
	}
	if id.Ms < math.MaxUint64 {
		return ID{id.Ms + 1, 0}, true
	}
	return ID{}, false
}

// Prev is the ID before id; ok is false, and the result MaxID, if id is 0-0.
func (id ID) Prev() (prev ID, ok bool) {
	if id.Seq > 0 {
		return ID{id.Ms, id.Seq - 1}, true
	}
	if id.Ms > 0 {
		return ID{id.Ms - 1, math.MaxUint64}, true
	}
	return MaxID, false
}

// AppendTo appends id as clients see it, "ms-seq".
func (id ID) AppendTo(b []byte) []byte {
	b = strconv.AppendUint(b, id.Ms, 10)
	b = append(b, '-')
	return strconv.AppendUint(b, id.Seq, 10)
}

// Key is id as a key of trees: big-endian, so that the order of bytes is that
// of IDs.
func (id ID) Key() (k [idSize]byte) {
	binary.BigEndian.PutUint64(k[:], id.Ms)
	binary.BigEndian.PutUint64(k[8:], id.Seq)
	return k
}

// IDOf reads what Key wrote.
func IDOf(k []byte) ID {
	return ID{binary.BigEndian.Uint64(k), binary.BigEndian.Uint64(k[8:])}
}
