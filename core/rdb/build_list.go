package rdb

import "github.com/redoubt-kv/redoubt/core/value/list"

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
	list.PushPack(b.cell, lp)
	return nil
}

// maxInt64Digits is the most that an integer takes in decimal.
const maxInt64Digits = 20
