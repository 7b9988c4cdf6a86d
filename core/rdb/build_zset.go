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
	if b.large() && b.expected > int64(b.db.Limits().ZSetMaxListpackEntries) {
		return b.scoredOfMany(member, score)
	}
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

// scoredOfMany is Scored where a filler makes the table, while the order is gathered.
func (b *build) scoredOfMany(member []byte, score float64) error {
	if b.cell == nil {
		b.cell = b.db.New(b.key)
		b.cell.Expected = b.expected
		b.scores = zset.Begin(b.cell)
		b.close = func() { b.scores.Close() }
		b.fill = newFiller(b, b.scores.Table(), zset.AddTo, "zset fields")
	}
	var room [8]byte
	if err := b.fill.put(member, zset.AppendScore(room[:0], score)); err != nil || b.gathered.add(member, score) {
		return err
	}
	if !b.gathered.empty() {
		if err := b.order(); err != nil {
			return err
		}
	}
	b.scores.AddToOrder(member, score)
	return nil
}

// order makes the gathered members the order of the sorted set.
func (b *build) order() error {
	s := &b.gathered
	defer s.clear()
	if err := b.room(len(s.text) + 2*memberOverhead*len(s.at)); err != nil {
		return err
	}
	s.sort()
	if !b.scores.Order(s.each) {
		return b.earlier(ErrDuplicate)
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
