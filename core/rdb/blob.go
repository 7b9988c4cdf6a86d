package rdb

import (
	"errors"
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/intset"
	"github.com/redoubt-kv/redoubt/core/listpack"
)

// The faults of the formats that only old files hold.
var (
	errZiplist = errors.New("no ziplist")
	errZipmap  = errors.New("no zipmap")
)

// packNames are what Redis calls the packed bytes of a type in its log.
var packNames = map[Type]string{
	TypeHashZipmap: "Zipmap", TypeSetIntset: "Intset", TypeSetListpack: "Set listpack",
	TypeListZiplist: "List ziplist", TypeListQuicklist: "Ziplist", TypeListQuicklist2: "Listpack",
	TypeZSetZiplist: "Zset ziplist", TypeZSetListpack: "Zset listpack",
	TypeHashZiplist: "Hash ziplist", TypeHashListpack: "Hash listpack",
	TypeHashListpackPreGA: "Hash listpack", TypeHashListpackEx: "Hash listpack",
}

// unsound is the error for packed bytes that are not what they should be.
func (r *valueReader) unsound(at int64, t Type) error {
	return r.corrupt(at, "%s integrity check failed", packNames[t])
}

// blob reads a collection that is one string of packed bytes.
func (r *valueReader) blob(t Type, b Builder) error {
	at := r.Offset()
	if t == TypeHashListpackEx { // the due times within are whole
		if _, err := r.need(8, "the earliest due time of a hash"); err != nil {
			return err
		}
	}
	p, err := r.ReadString("packed " + t.String()[len("a "):])
	if err != nil {
		return err
	}
	switch t {
	case TypeHashZipmap:
		return r.zipmap(at, p, b)
	case TypeListZiplist:
		return r.listZiplist(at, p, b)
	case TypeSetIntset:
		if intset.Validate(p, true) != nil || intset.Len(p) == 0 {
			return r.unsound(at, t)
		}
		return b.Intset(p)
	case TypeHashZiplist, TypeZSetZiplist:
		if p, err = r.unpackZiplist(at, t, p); err != nil {
			return err
		}
	default:
		if !soundPack(p) {
			return r.unsound(at, t)
		}
	}
	if listpack.Empty(p) {
		return ErrEmpty
	}
	switch t {
	case TypeSetListpack:
		if !r.tuples(p, 1) {
			return r.unsound(at, t)
		}
		return b.MemberPack(p)
	case TypeHashListpack, TypeHashZiplist:
		if !r.tuples(p, 2) {
			return r.unsound(at, t)
		}
		return b.FieldPack(p)
	case TypeHashListpackEx, TypeHashListpackPreGA:
		return r.expiringPack(at, t, p, b)
	}
	return r.scoredPack(at, t, p, b)
}

func soundPack(p []byte) bool {
	_, err := listpack.Validate(p, true)
	return err == nil
}

// text returns the element at pos as bytes, an integer's digits in buf.
func text(lp []byte, pos int, buf *[20]byte) []byte {
	b, n, isInt := listpack.Get(lp, pos)
	if isInt {
		return strconv.AppendInt(buf[:0], n, 10)
	}
	return b
}

// tuples tells whether lp holds whole tuples of size elements, whose first
// ones are all different.
func (r *valueReader) tuples(lp []byte, size int) bool {
	n := listpack.Len(lp)
	return n%size == 0 && r.seen.distinct(lp, n, size)
}

// distinct tells whether the first ones of the tuples in lp, which has n
// elements, are all different.
func (s *seen) distinct(lp []byte, n, size int) bool {
	s.reset(n / size)
	for i, pos := 0, listpack.First(lp); pos != listpack.None; i, pos = i+1, listpack.Next(lp, pos) {
		if i%size == 0 && !s.add(lp, pos) {
			return false
		}
	}
	return true
}

// unpackZiplist makes a listpack of a ziplist. It is valid until the next.
func (r *valueReader) unpackZiplist(at int64, t Type, z []byte) ([]byte, error) {
	lp := listpack.New(r.packed)
	err := eachZiplist(z, func(element []byte) error {
		if !listpack.SafeToAdd(len(lp), len(element)) {
			return errZiplist
		}
		lp = listpack.Append(lp, element)
		return nil
	})
	if r.packed = lp; cap(lp) > keepBuffer {
		r.packed = nil
	}
	if err != nil {
		return nil, r.unsound(at, t)
	}
	return lp, nil
}

func (r *valueReader) listZiplist(at int64, z []byte, b Builder) error {
	filled := false
	err := eachZiplist(z, func(element []byte) error {
		filled = true
		return b.Element(element)
	})
	switch {
	case errors.Is(err, errZiplist):
		return r.unsound(at, TypeListZiplist)
	case err == nil && !filled:
		return ErrEmpty
	}
	return err
}

func (r *valueReader) zipmap(at int64, z []byte, b Builder) error {
	err := eachZipmap(z, func(field, value []byte) error {
		return r.once(at, b.Field(field, value, 0), "hash fields")
	})
	if errors.Is(err, errZipmap) {
		return r.unsound(at, TypeHashZipmap)
	}
	return err
}

// scoredPack hands over a packed sorted set: as it is when it is in order,
// which Redis does not ask for in files, else member by member.
func (r *valueReader) scoredPack(at int64, t Type, lp []byte, b Builder) error {
	if !r.tuples(lp, 2) {
		return r.unsound(at, t)
	}
	ordered := true
	var last float64
	var lastMember []byte
	var room [maxInt64Digits]byte
	err := eachScored(lp, &room, func(i int, member []byte, score float64) error {
		if math.IsNaN(score) {
			return r.corrupt(at, "Zset listpack with a score that is no number")
		}
		if i > 0 && (score < last || score == last && string(member) < string(lastMember)) {
			ordered = false
		}
		last = score
		lastMember = append(lastMember[:0], member...)
		return nil
	})
	if err != nil {
		return err
	}
	if ordered {
		return b.ScoredPack(lp)
	}
	return eachScored(lp, &room, func(_ int, member []byte, score float64) error {
		return r.once(at, b.Scored(member, score), "zset fields")
	})
}

// eachScored hands the pairs of a listpack to fn; a score that is no number
// is NaN.
func eachScored(lp []byte, buf *[maxInt64Digits]byte, fn func(i int, member []byte, score float64) error) error {
	i := 0
	for pos := listpack.First(lp); pos != listpack.None; i++ {
		member := text(lp, pos, buf)
		pos = listpack.Next(lp, pos)
		digits, n, isInt := listpack.Get(lp, pos)
		score := float64(n)
		if !isInt {
			var ok bool
			if score, ok = parseScore(digits); !ok {
				score = math.NaN()
			}
		}
		if err := fn(i, member, score); err != nil {
			return err
		}
		pos = listpack.Next(lp, pos)
	}
	return nil
}

// expiringPack hands over a packed hash with due times: as it is when it is
// in the order that it must have, else field by field.
func (r *valueReader) expiringPack(at int64, t Type, lp []byte, b Builder) error {
	if !r.tuples(lp, 3) {
		return r.unsound(at, t)
	}
	ordered, last := true, int64(0)
	var bufs [2][20]byte
	err := eachExpiring(lp, &bufs, func(_, _ []byte, due int64) error {
		if due < 0 || due > maxFieldDueMs {
			return r.corrupt(at, "Hash listpack with an invalid due time")
		}
		if due == 0 {
			due = maxFieldDueMs + 1
		}
		ordered = ordered && due >= last
		last = due
		return nil
	})
	if err != nil {
		return err
	}
	if ordered {
		return b.FieldPackEx(lp)
	}
	return eachExpiring(lp, &bufs, func(field, value []byte, due int64) error {
		return r.once(at, b.Field(field, value, due), "hash fields")
	})
}

// eachExpiring hands the triples of a listpack to fn; a due time that is no
// integer is -1.
func eachExpiring(lp []byte, bufs *[2][20]byte, fn func(field, value []byte, due int64) error) error {
	for pos := listpack.First(lp); pos != listpack.None; {
		field := text(lp, pos, &bufs[0])
		pos = listpack.Next(lp, pos)
		value := text(lp, pos, &bufs[1])
		pos = listpack.Next(lp, pos)
		_, due, isInt := listpack.Get(lp, pos)
		if !isInt {
			due = -1
		}
		if err := fn(field, value, due); err != nil {
			return err
		}
		pos = listpack.Next(lp, pos)
	}
	return nil
}
