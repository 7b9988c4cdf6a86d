package rdb

import (
	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/core/value/zset"
)

// zset opens the sorted set, which stays open until the value ends.
func (b *build) zset() {
	if b.cell == nil {
		b.cell = b.db.New(b.key)
		zset.New(b.cell)
		b.scores = zset.Edit(b.cell)
		b.close = func() { b.scores.Close() }
	}
}

func (b *build) Scored(member []byte, score float64) error {
	if b.gathered.add(member, score) {
		return nil
	}
	if !b.gathered.empty() {
		if err := b.spread(); err != nil {
			return err
		}
	}
	if err := b.room(len(member)); err != nil {
		return err
	}
	b.zset()
	if what, _ := b.scores.Add(member, score, zset.OnlyNew); what != zset.Added {
		return ErrDuplicate
	}
	return nil
}

func (b *build) ScoredPack(lp []byte) error {
	if err := b.room(len(lp)); err != nil {
		return err
	}
	if cell := b.db.New(b.key); listpack.Len(lp)/2 <= cell.Limits.ZSetMaxListpackEntries {
		b.cell = cell
		zset.New(cell)
		cell.PutBlob(value.ZSetPack, lp)
		return nil
	}
	b.zset()
	var room [maxInt64Digits]byte
	return eachScored(lp, &room, func(_ int, member []byte, score float64) error {
		b.scores.Append(member, score)
		return nil
	})
}
