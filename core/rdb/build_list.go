package rdb

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

func (b *build) list() {
	if b.cell == nil {
		b.cell = b.db.New(b.key)
		list.New(b.cell)
	}
}

func (b *build) Element(v []byte) error {
	if err := b.room(len(v)); err != nil {
		return err
	}
	b.list()
	b.elems = append(b.elems[:0], v)
	list.Push(b.cell, false, b.elems)
	return nil
}

func (b *build) Elements(lp []byte) error {
	if err := b.room(len(lp)); err != nil {
		return err
	}
	b.list()
	elems, digits := b.elems[:0], b.digits[:0]
	for pos := listpack.First(lp); pos != listpack.None; pos = listpack.Next(lp, pos) {
		elem, n, isInt := listpack.Get(lp, pos)
		if isInt {
			if cap(digits)-len(digits) < maxInt64Digits {
				digits = make([]byte, 0, 4<<10) // the old one stays with the elements in it
			}
			start := len(digits)
			digits = strconv.AppendInt(digits, n, 10)
			elem = digits[start:]
		}
		elems = append(elems, elem)
	}
	list.Push(b.cell, false, elems)
	b.elems, b.digits = elems, digits
	return nil
}

// maxInt64Digits is the most that an integer takes in decimal.
const maxInt64Digits = 20
