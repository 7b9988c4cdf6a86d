package rdb

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/hash"
)

// hash opens the hash, which stays open until the value ends. Fields that have
// expired are loaded too: the cycle that removes them also tells of it.
func (b *build) hash() {
	if b.cell == nil {
		b.cell = b.db.New(b.key)
		b.cell.Expected = b.expected
		hash.New(b.cell)
		b.fields = hash.Edit(b.cell, hash.AnyTime, 0)
		b.fields.Expect()
		b.close = b.fields.Close
		if t := b.fields.Table(); t != nil && b.large() {
			b.fill = newFiller(b, t, hash.AddTo, "hash fields")
		}
	}
}

func (b *build) Field(field, v []byte, dueMs int64) error {
	if b.fill != nil {
		return b.fill.put(field, v)
	}
	if err := b.room(len(field) + len(v)); err != nil {
		return err
	}
	b.hash()
	if b.fill != nil {
		return b.fill.put(field, v)
	}
	if !b.fields.Set(field, v, hash.NoDue) {
		return ErrDuplicate
	}
	if dueMs != 0 {
		b.fields.SetDue(field, dueMs)
	}
	return nil
}

func (b *build) FieldPack(lp []byte) error {
	if b.pack(value.HashPack, lp, 2) {
		return b.room(len(lp))
	}
	var bufs [2][maxInt64Digits]byte
	for pos := listpack.First(lp); pos != listpack.None; pos = listpack.Next(lp, pos) {
		field := text(lp, pos, &bufs[0])
		pos = listpack.Next(lp, pos)
		if err := b.Field(field, text(lp, pos, &bufs[1]), 0); err != nil {
			return err
		}
	}
	return nil
}

func (b *build) FieldPackEx(lp []byte) error {
	if b.pack(value.HashPackEx, lp, 3) {
		return b.room(len(lp))
	}
	var bufs [2][maxInt64Digits]byte
	return eachExpiring(lp, &bufs, b.Field)
}

// pack makes lp the hash if there are few enough fields, of width elements.
func (b *build) pack(kind value.Kind, lp []byte, width int) bool {
	cell := b.db.New(b.key)
	if listpack.Len(lp)/width > cell.Limits.HashMaxListpackEntries {
		return false
	}
	b.cell = cell
	hash.New(cell)
	cell.PutBlob(kind, lp)
	return true
}
