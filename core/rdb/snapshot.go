package rdb

import "github.com/redoubt-kv/redoubt/core/keyspace"

// Clocks says which access clocks a file holds beside each key.
type Clocks uint8

// The access clocks; Redis writes those that the eviction policy uses.
const (
	NoClocks Clocks = iota
	IdleClocks
	FrequencyClocks
)

// WriteSnapshot writes a snapshot: the fields at the start, the size of each
// database, and every key. Keys of one database need not be in one piece: the
// walk reads what writers supersede when they do. progress, if not nil, is
// called after each key; its error ends the writing.
func WriteSnapshot(e *Encoder, n *keyspace.Snapshot, s *keyspace.Store, info Info, clocks Clocks, nowMs int64, progress func() error) error {
	if n.FieldsExpire() { // which Redis 7.0 cannot have, and must not load in part
		e.header(MaxVersion)
	} else {
		e.Header()
	}
	e.Info(info)
	current := -1
	for db := range s.Databases() {
		if keys, expires := n.Size(db); keys > 0 {
			e.SelectDB(uint64(db))
			e.ResizeDB(uint64(keys), uint64(expires))
			current = db
		}
	}
	return n.Each(func(db int, entry keyspace.Entry) error {
		if db != current {
			e.SelectDB(uint64(db))
			current = db
		}
		writeEntry(e, entry, s, clocks, nowMs)
		if progress != nil {
			if err := progress(); err != nil {
				return err
			}
		}
		return e.Err()
	})
}

func writeEntry(e *Encoder, entry keyspace.Entry, s *keyspace.Store, clocks Clocks, nowMs int64) {
	if due := entry.Due(); due != keyspace.NoTTL {
		e.ExpireMs(due)
	}
	switch clocks {
	case IdleClocks:
		e.Idle(uint64(keyspace.IdleMs(entry.Clock(), nowMs) / 1000))
	case FrequencyClocks:
		e.Freq(uint8(s.Frequency(entry.Clock(), nowMs)))
	}
	e.Type(typeOf(entry))
	e.String(entry.Key())
	e.value(entry)
}
