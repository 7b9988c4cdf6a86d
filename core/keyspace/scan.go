package keyspace

import (
	"cmp"
	"slices"

	"github.com/redoubt-kv/redoubt/core/table"
)

// A cursor is a place in the hash order of the whole store, rounded to its
// first 52 bits, so that clients which keep cursors as floating-point numbers
// keep all of it. A position never changes, so a scan returns each key that is
// there from its start to its end, whatever splits, merges or is swapped under
// it. Keys with the same 52 bits are returned together.
const cursorShift = 64 - 52

// Scan calls fn with keys of db from cursor on until count were looked at and
// returns the next cursor, 0 at the end. Expired keys are looked at but not
// given to fn, which runs under a shard's lock and must copy what it keeps. tx has
// all shards locked or none.
func (tx *Tx) Scan(db int, cursor uint64, count int, fn func(Entry)) uint64 {
	if cursor >= 1<<52 {
		return 0
	}
	for hash := cursor << cursorShift; ; {
		seen := 0
		hash, seen = tx.scanShard(db, hash, count, fn)
		count -= seen
		if hash == 0 || count <= 0 {
			return hash >> cursorShift
		}
	}
}

type scanned struct {
	place uint64 // hash >> cursorShift
	entry table.Entry
}

// scanShard scans within the shard of hash, and returns the hash to go on
// from, 0 at the end of the last shard.
func (tx *Tx) scanShard(db int, hash uint64, count int, fn func(Entry)) (next uint64, seen int) {
	s := tx.s
	sh := s.shards[s.shardOf(hash)]
	if tx.held == 0 {
		s.lockShard(sh, tx)
		defer sh.mu.Unlock()
	}
	t := &sh.tables[db]
	var found []scanned
	for pos := hash << s.shardBits; t.Root != 0; {
		b := t.At(pos)
		found = found[:0]
		b.Each(func(e table.Entry) bool {
			if h := s.hash(e.Key()); h>>cursorShift >= hash>>cursorShift {
				found = append(found, scanned{h >> cursorShift, e})
			}
			return true
		})
		slices.SortFunc(found, func(a, b scanned) int { return cmp.Compare(a.place, b.place) })
		for i, f := range found {
			if seen >= count && f.place != found[i-1].place {
				return f.place << cursorShift, seen
			}
			seen++
			if !tx.expired(f.entry) {
				fn(Entry{Entry: f.entry, space: s.space})
			}
		}
		if b.End == 0 {
			break
		}
		pos = b.End
		hash = uint64(sh.index)<<(64-s.shardBits) | pos>>s.shardBits
		if s.shardBits == 0 {
			hash = pos
		}
		if seen >= count {
			return hash, seen
		}
	}
	if sh.index == len(s.shards)-1 {
		return 0, seen
	}
	return uint64(sh.index+1) << (64 - s.shardBits), seen
}
