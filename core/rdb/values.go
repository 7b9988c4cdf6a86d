package rdb

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
)

// maxFieldDueMs is the latest due time of a hash field: Redis keeps 48 bits.
const maxFieldDueMs = 1<<48 - 1

// valueReader reads values of all types.
type valueReader struct {
	reader
	first  []byte // owns the first string of a pair while the second is read
	packed []byte // a listpack made from another format
	seen   seen
	number [32]byte
}

// corrupt is the error for what no writer of RDB files writes.
func (r *valueReader) corrupt(at int64, format string, args ...any) error {
	return r.fail(at, ErrCorrupt, format, args...)
}

// read reads a value of type t into b. The error is ErrEmpty when there is
// nothing in it; all of it is read then.
func (r *valueReader) read(t Type, b Builder) (err error) {
	at := r.Offset()
	switch t {
	case TypeString:
		var v []byte
		if v, err = r.ReadString("a string"); err == nil {
			err = b.String(v)
		}
	case TypeList:
		err = r.each("a list", func() error { return r.element(b) })
	case TypeSet:
		err = r.members("a set", b, r.Offset, func() error { return r.member(b) })
	case TypeZSet, TypeZSet2:
		err = r.members("a sorted set", b, r.Offset, func() error { return r.scored(t, b) })
	case TypeHash:
		err = r.members("a hash", b, r.Offset, func() error { return r.field(b, 0) })
	case TypeHashMetadataPreGA, TypeHashMetadata:
		err = r.expiringHash(t, b)
	case TypeListQuicklist, TypeListQuicklist2:
		err = r.quicklist(t, b)
	case TypeStreamListpacks, TypeStreamListpacks2, TypeStreamListpacks3:
		err = r.stream(t, b)
	case TypeModule, TypeModule2:
		err = r.module(at)
	default:
		err = r.blob(t, b)
	}
	if f, ok := b.(*build); ok && err != nil {
		err = f.earlier(err)
	}
	if err == nil {
		err = r.once(at, b.End(), "zset fields") // others are known before
	}
	if err == nil || err == ErrEmpty {
		return err
	}
	return placed(at, err)
}

// placed gives an error that comes from elsewhere a place in the file.
func placed(at int64, err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{Offset: at, Reason: err.Error(), Err: err}
}

// once makes of a builder's ErrDuplicate what the format calls it.
func (r *valueReader) once(at int64, err error, what string) error {
	if err != nil && errors.Is(err, ErrDuplicate) {
		return r.corrupt(at, "Duplicate %s detected", what)
	}
	return err
}

// members is each for a value whose builder may want to know the length.
func (r *valueReader) members(what string, b Builder, offset func() int64, item func() error) error {
	n, err := r.ReadLength("the length of " + what)
	if err != nil {
		return err
	}
	if e, ok := b.(expecter); ok {
		e.expect(n, offset)
	}
	return times(n, item)
}

// each reads a length and then one item after the other.
func (r *valueReader) each(what string, item func() error) error {
	n, err := r.ReadLength("the length of " + what)
	if err != nil {
		return err
	}
	return times(n, item)
}

func times(n uint64, item func() error) error {
	if n == 0 {
		return ErrEmpty
	}
	for ; n > 0; n-- {
		if err := item(); err != nil {
			return err
		}
	}
	return nil
}

func (r *valueReader) element(b Builder) error {
	v, err := r.ReadString("an element of a list")
	if err != nil {
		return err
	}
	return b.Element(v)
}

func (r *valueReader) member(b Builder) error {
	at := r.Offset()
	v, err := r.ReadString("a member of a set")
	if err != nil {
		return err
	}
	return r.once(at, b.Member(v), "set members")
}

// keep reads a string that must outlive the reading of the next.
func (r *valueReader) keep(what string) ([]byte, error) {
	v, err := r.ReadString(what)
	if err != nil {
		return nil, err
	}
	if cap(r.first) > keepBuffer {
		r.first = nil
	}
	r.first = append(r.first[:0], v...)
	return r.first, nil
}

func (r *valueReader) scored(t Type, b Builder) error {
	at := r.Offset()
	member, err := r.keep("a member of a sorted set")
	if err != nil {
		return err
	}
	score, err := r.score(t)
	if err != nil {
		return err
	}
	if math.IsNaN(score) {
		return r.corrupt(at, "Zset with NAN score detected")
	}
	return r.once(at, b.Scored(member, score), "zset fields")
}

// score reads a double: 8 bytes, or in files before version 8 digits behind
// their number.
func (r *valueReader) score(t Type) (float64, error) {
	if t == TypeZSet2 {
		p, err := r.need(8, "a score")
		if err != nil {
			return 0, err
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(p)), nil
	}
	at := r.Offset()
	n, err := r.byte("a score")
	if err != nil {
		return 0, err
	}
	switch n {
	case 253:
		return math.NaN(), nil
	case 254:
		return math.Inf(1), nil
	case 255:
		return math.Inf(-1), nil
	}
	p, err := r.need(int(n), "a score")
	if err != nil {
		return 0, err
	}
	score, ok := parseScore(p)
	if !ok {
		return 0, r.corrupt(at, "a score that is no number: %s", quoteKey(p))
	}
	return score, nil
}

// parseScore reads a score that is text, as the sorted set will read it.
func parseScore(p []byte) (float64, bool) { return value.ParseBound(p) }

// field reads one field and its value.
func (r *valueReader) field(b Builder, dueMs int64) error {
	at := r.Offset()
	field, err := r.keep("a field of a hash")
	if err != nil {
		return err
	}
	v, err := r.ReadString("a value of a hash")
	if err != nil {
		return err
	}
	return r.once(at, b.Field(field, v, dueMs), "hash fields")
}

// expiringHash reads a hash of Redis 7.4 that has due times: each is 0 for
// never, else counted from one before the earliest, which stands in front.
// Before its general availability they were whole.
func (r *valueReader) expiringHash(t Type, b Builder) error {
	base := uint64(1)
	if t == TypeHashMetadata {
		p, err := r.need(8, "the earliest due time of a hash")
		if err != nil {
			return err
		}
		base = binary.LittleEndian.Uint64(p)
	}
	return r.members("a hash", b, nil, func() error {
		at := r.Offset()
		due, err := r.ReadLength("the due time of a hash field")
		if err != nil {
			return err
		}
		if due != 0 {
			if due--; due > maxFieldDueMs || base > maxFieldDueMs || due+base > maxFieldDueMs || due+base == 0 {
				return r.corrupt(at, "invalid due time of a hash field")
			}
			due += base
		}
		return r.field(b, int64(due))
	})
}

// The kinds of a node of a list.
const (
	nodePlain  = 1 // one long element as it is
	nodePacked = 2 // a listpack
)

// quicklist reads a list that is cut into packed nodes.
func (r *valueReader) quicklist(t Type, b Builder) error {
	filled := false
	err := r.each("a list", func() error {
		kind := uint64(nodePacked)
		at := r.Offset()
		var err error
		if t == TypeListQuicklist2 {
			if kind, err = r.ReadLength("the kind of a list's node"); err != nil {
				return err
			}
			if kind != nodePlain && kind != nodePacked {
				return r.corrupt(at, "Quicklist integrity check failed: node of kind %d", kind)
			}
		}
		node, err := r.ReadString("a node of a list")
		if err != nil {
			return err
		}
		if len(node) == 0 {
			return r.corrupt(at, "Quicklist integrity check failed: node without bytes")
		}
		if kind == nodePlain {
			filled = true
			return b.Element(node)
		}
		if t == TypeListQuicklist {
			if node, err = r.unpackZiplist(at, t, node); err != nil {
				return err
			}
		} else if !soundPack(node) {
			return r.unsound(at, t)
		}
		if listpack.Empty(node) {
			return nil // old bugs left them in files
		}
		filled = true
		return b.Elements(node)
	})
	if err == nil && !filled {
		return ErrEmpty
	}
	return err
}

// module names what it refuses; only the module itself can read its values.
func (r *valueReader) module(at int64) error {
	id, err := r.ReadLength("a module's identifier")
	if err != nil {
		return err
	}
	return r.fail(at, ErrUnsupported, "the RDB file contains module data I can't load: no matching module type '%s'", moduleName(id))
}
