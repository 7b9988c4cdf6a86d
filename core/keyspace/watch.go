package keyspace

import "sync/atomic"

// Watch is what one client watches (WATCH): keys of any databases, any change of
// which it is told of. It belongs to one goroutine, but for the mark that it has
// been touched.
type Watch struct {
	touched atomic.Bool
	keys    []*watched
	n       atomic.Int32 // len(keys), for others
}

// watched is one key of a Watch. It belongs to the lock of its shard.
type watched struct {
	*interest
	by *Watch
	// expired says that the key's time had come when it was watched, but it was
	// not deleted yet: that it is deleted then changes nothing.
	expired bool
}

// Watch has w watch a key, whose shard is locked.
func (tx *Tx) Watch(w *Watch, db int, key []byte) {
	sh, t, pos := tx.DB(db).at(key)
	in := sh.interestIn(db, key)
	tx.tended = true
	for _, k := range in.watches {
		if k.by == w {
			return
		}
	}
	e, ok := t.Find(pos, in.bytes)
	k := &watched{in, w, ok && tx.expired(e)}
	in.watches = append(in.watches, k)
	w.keys = append(w.keys, k)
	w.n.Add(1)
}

// Touched tells whether a key was changed after it was watched. Any goroutine.
func (w *Watch) Touched() bool { return w.touched.Load() }

// Len is how many keys are watched. Any goroutine.
func (w *Watch) Len() int { return int(w.n.Load()) }

// Keys calls fn with the keys that are watched.
func (w *Watch) Keys(fn func(key []byte)) {
	for _, k := range w.keys {
		fn(k.bytes)
	}
}

// Stale tells whether a key was changed or has expired after it was watched. All
// of them are locked.
func (w *Watch) Stale(tx *Tx) bool {
	if w.Touched() {
		return true
	}
	for _, k := range w.keys {
		if k.expired {
			continue
		}
		_, t, pos := tx.DB(k.db).at(k.bytes)
		if e, ok := t.Find(pos, k.bytes); ok && tx.expired(e) {
			return true
		}
	}
	return false
}

// Unwatch ends w; all its keys are locked.
func (tx *Tx) Unwatch(w *Watch) {
	for _, k := range w.keys {
		sh, _, _ := tx.DB(k.db).at(k.bytes)
		in := k.interest
		for i, other := range in.watches {
			if other == k {
				last := len(in.watches) - 1
				in.watches[i], in.watches[last] = in.watches[last], nil
				in.watches = in.watches[:last]
				break
			}
		}
		sh.drop(in)
	}
	w.keys = nil
	w.n.Store(0)
	w.touched.Store(false)
}

// UnwatchAlone is Unwatch for a Tx that has nothing locked: it locks the keys'
// shards for a moment.
func (tx *Tx) UnwatchAlone(w *Watch) {
	if w.Len() > 0 {
		tx.lock(w.shards(tx.s))
		tx.Unwatch(w)
		tx.Unlock()
	}
	w.touched.Store(false)
}

// UnwatchLater is UnwatchAlone for a Watch that is not used again: it does not wait
// for a Tx with LockExclusive, which does it at its end.
func (tx *Tx) UnwatchLater(w *Watch) {
	if w.Len() > 0 {
		tx.soon(w.shards(tx.s), func(tx *Tx) { tx.Unwatch(w) })
	}
}

func (w *Watch) shards(s *Store) (set uint64) {
	for _, k := range w.keys {
		set |= 1 << s.shardOf(s.hash(k.bytes))
	}
	return set
}

// touchWatches marks all that watch a key which has changed; there tells whether
// it exists now, be it expired.
func (in *interest) touchWatches(there bool) {
	for _, k := range in.watches {
		if k.expired && !there {
			k.expired = false // it is deleted at last
			continue
		}
		k.by.touched.Store(true)
	}
}

// replaceWatches marks all that watch a key of a database which is replaced: here
// tells whether the key is in the old one, there whether it is in the new one,
// and expired whether its time has come there.
func (in *interest) replaceWatches(here, there, expired bool) {
	if !here && !there {
		return
	}
	for _, k := range in.watches {
		switch {
		case k.expired && !there:
			k.expired = false
		case k.expired && expired: // it stays so
		case !here && expired:
			k.expired = true
		default:
			k.by.touched.Store(true)
		}
	}
}
