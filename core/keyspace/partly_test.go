package keyspace

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/redoubt-kv/redoubt/core/page"
	"github.com/redoubt-kv/redoubt/core/value/list"
)

// Of a bucket whose values are large only the entry is read early whose value a writer
// changes, and the bucket, which he drops too, is kept to its turn; of one with small
// values all is read.
func TestOneEntryEarly(t *testing.T) {
	for _, large := range []bool{true, false} {
		s := newStore(t, 1, false)
		elements := 1
		if large {
			elements = 300
		}
		const keys = 400
		last, lastPos := []byte(nil), uint64(0)
		change(s, func(tx *Tx) {
			for i := range keys {
				k := key(i)
				c := tx.DB(0).New(k)
				list.New(c)
				for range elements {
					list.Push(c, false, [][]byte{[]byte("an element of some bytes")})
				}
				tx.DB(0).Commit(c)
				if pos := s.position(k); pos >= lastPos {
					last, lastPos = bytes.Clone(k), pos
				}
			}
		})
		n := s.Snapshot(nil)
		var buckets []page.Ref
		at := -1
		err := n.Walk(0, 1, 3, func(_, _ int, e Entry) error {
			if len(buckets) == 0 {
				change(s, func(tx *Tx) {
					c, _ := tx.DB(0).Change(last, Peek)
					list.Set(c, 0, fmt.Append(nil, "another element"))
					tx.DB(0).Commit(c)
				})
			}
			if bytes.Equal(e.Key(), last) {
				at = len(buckets)
			}
			buckets = append(buckets, n.tables[0][0].At(s.position(e.Key())).Ref)
			return nil
		})
		if err != nil || len(buckets) != keys {
			t.Fatalf("%d keys are read: %v", len(buckets), err)
		}
		first := 0 // entries of the bucket that was being read
		for buckets[first] == buckets[0] {
			first++
		}
		if large && (at != first || buckets[at+1] == buckets[at]) {
			t.Errorf("the changed one is read as number %d, behind a bucket of %d, and then others of its bucket", at, first)
		}
		end := first // of the bucket that is read early
		for end < keys && buckets[end] == buckets[first] {
			end++
		}
		if !large && (at < first || at >= end || end == first+1) {
			t.Errorf("the changed one is read as number %d, the early bucket from %d to %d", at, first, end)
		}
		if n.kept.Load() != 0 {
			t.Errorf("%d bytes are kept after the walk", n.kept.Load())
		}
		n.Release()
	}
}
