package rdb

import (
	"errors"

	"github.com/redoubt-kv/redoubt/core/value/stream"
)

// Builder takes in one value from a file or a payload, piece by piece, in the
// order of the file: either String, or calls of the methods of one type,
// then End. Slices are valid only during the call. Packed bytes were checked
// in depth: the listpack or intset is sound, not empty, and without
// duplicates. The first error ends the decoding; End is not called then, and
// what was built is the builder's to throw away.
type Builder interface {
	// String receives a string, which is the whole value.
	String(v []byte) error

	// Element appends to a list.
	Element(v []byte) error
	// Elements appends to a list the elements of a listpack.
	Elements(lp []byte) error

	// Member adds to a set; ErrDuplicate says that it was there.
	Member(v []byte) error
	// Intset and MemberPack receive a whole set: an intset, a listpack.
	Intset(is []byte) error
	MemberPack(lp []byte) error

	// Scored adds to a sorted set; the score is a number. ErrDuplicate says
	// that the member was there.
	Scored(member []byte, score float64) error
	// ScoredPack receives a whole sorted set, in order: a listpack of
	// members and scores in turns.
	ScoredPack(lp []byte) error

	// Field adds to a hash a field that expires at dueMs (Unix milliseconds),
	// 0: never. ErrDuplicate says that it was there.
	Field(field, value []byte, dueMs int64) error
	// FieldPack receives a whole hash: a listpack of fields and values in
	// turns.
	FieldPack(lp []byte) error
	// FieldPackEx receives a whole hash: a listpack of fields, values and due
	// times (0: never) in turns, in the order of the due times, those that
	// never expire last.
	FieldPackEx(lp []byte) error

	// Stream begins a stream, whose parts the StreamBuilder receives.
	Stream() (StreamBuilder, error)

	// End says that the value is complete. It is not called for an empty
	// collection.
	End() error
}

// expecter is a Builder that wants to know beforehand how many members or
// fields a value has, as the file says: nothing vouches for the number. Where
// offset is not nil the members follow one another in the file, and it tells how
// far that is read.
type expecter interface {
	expect(n uint64, offset func() int64)
}

// ErrEmpty is why a collection without elements is no value: RESTORE refuses
// it, in a file it is left out. Old bugs of Redis left some in files.
var ErrEmpty = errors.New("empty collection")

// ErrDuplicate is what a Builder returns for an element that it has already.
var ErrDuplicate = errors.New("duplicate element")

// drop is the Builder of a value that nobody wants.
type drop struct{}

func (drop) String([]byte) error              { return nil }
func (drop) Element([]byte) error             { return nil }
func (drop) Elements([]byte) error            { return nil }
func (drop) Member([]byte) error              { return nil }
func (drop) Intset([]byte) error              { return nil }
func (drop) MemberPack([]byte) error          { return nil }
func (drop) Scored([]byte, float64) error     { return nil }
func (drop) ScoredPack([]byte) error          { return nil }
func (drop) Field(_, _ []byte, _ int64) error { return nil }
func (drop) FieldPack([]byte) error           { return nil }
func (drop) FieldPackEx([]byte) error         { return nil }
func (drop) Stream() (StreamBuilder, error)   { return dropStream{}, nil }
func (drop) End() error                       { return nil }

// dropStream is the StreamBuilder of a stream that nobody wants.
type dropStream struct{}

func (dropStream) Pack(stream.ID, []byte) error               { return nil }
func (dropStream) SetMeta(stream.Meta, bool) error            { return nil }
func (dropStream) Group([]byte, stream.ID, int64, bool) error { return nil }
func (dropStream) Pending(stream.ID, int64, uint64) error     { return nil }
func (dropStream) Consumer([]byte, int64) error               { return nil }
func (dropStream) Owned(stream.ID) error                      { return nil }
func (dropStream) EndGroup() error                            { return nil }
