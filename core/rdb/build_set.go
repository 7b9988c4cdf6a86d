package rdb

import (
	"strconv"

	"github.com/redoubt-kv/redoubt/core/intset"
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/set"
)

func (b *build) set() {
	if b.cell == nil {
		b.cell = b.db.New(b.key)
		set.New(b.cell)
	}
}

func (b *build) Member(v []byte) error {
	if b.fill != nil {
		return b.fill.put(v, nil)
	}
	if err := b.room(len(v)); err != nil {
		return err
	}
	if b.cell == nil {
		b.set()
		b.cell.Expected = b.expected
		set.Expect(b.cell, v)
		if b.cell.Kind == value.SetTable && b.large() {
			t := b.cell.OpenTable(0, nil)
			b.close = func() { b.cell.PutTable(0, t) }
			b.fill = newFiller(b, t, set.AddTo, "set members")
			return b.fill.put(v, nil)
		}
	}
	if !set.Add(b.cell, v) {
		return ErrDuplicate
	}
	return nil
}

func (b *build) Intset(is []byte) error {
	if err := b.room(len(is)); err != nil {
		return err
	}
	b.set()
	if n := intset.Len(is); n > b.cell.Limits.SetMaxIntsetEntries {
		for i := range n {
			b.digits = strconv.AppendInt(b.digits[:0], intset.Get(is, i), 10)
			if err := b.Member(b.digits); err != nil {
				return err
			}
		}
		return nil
	}
	b.cell.PutBlob(value.SetInts, is)
	return nil
}

func (b *build) MemberPack(lp []byte) error {
	if err := b.room(len(lp)); err != nil {
		return err
	}
	b.set()
	if listpack.Len(lp) <= b.cell.Limits.SetMaxListpackEntries {
		b.cell.PutBlob(value.SetPack, lp)
		return nil
	}
	for pos := listpack.First(lp); pos != listpack.None; pos = listpack.Next(lp, pos) {
		b.digits = listpack.AppendElem(b.digits[:0], lp, pos)
		if err := b.Member(b.digits); err != nil {
			return err
		}
	}
	return nil
}
