package rdb

// worker decodes the entries of some shards.
type worker struct {
	valueReader
	crew  *crew
	l     *loader
	entry Entry
	key   []byte // owns entry.Key
}

// chunk decodes the entries of the worker's shards in ch; the last worker that
// has done so frees it.
func (w *worker) chunk(ch *chunk, first, step int) {
	w.buf, w.base = ch.buf, ch.base
	for shard := first; shard < len(ch.items); shard += step {
		for items := ch.items[shard]; len(items) > 0; {
			items = items[w.some(items, shard):]
		}
		ch.items[shard] = ch.items[shard][:0]
	}
	w.buf = nil
	if ch.left.Add(-1) == 0 {
		w.crew.free <- ch
		w.crew.busy.Done()
	}
}

// some decodes items of one shard, as many as may be under one lock, and
// returns how many.
func (w *worker) some(items []item, shard int) (n int) {
	if w.crew.stopped.Load() {
		return len(items)
	}
	w.l.tx.LockShards(1<<shard, w.l.o.NowMs)
	defer w.l.tx.Unlock()
	for bytes, warm := 0, 0; n < len(items) && bytes < lockBytes; n++ {
		if n == warm {
			warm += w.warm(items[n:])
		}
		it := &items[n]
		at := w.base + int64(it.at)
		if at > w.crew.firstBad.Load() {
			return len(items)
		}
		if err := w.load(it); err != nil {
			w.crew.fail(at, placed(at, err))
		}
		bytes += int(it.end - it.at)
	}
	return n
}

// warmed is how many keys are looked for at a time.
const warmed = 16

// warm has the places of the next keys fetched that lie plainly in the file. It
// returns after how many items to call it again.
func (w *worker) warm(items []item) int {
	items = items[:min(warmed, len(items))]
	var room [warmed][]byte
	keys := room[:0]
	for i := range items {
		it := &items[i]
		if n := uint32(w.buf[it.at+1]); n < len14Bit && it.db == items[0].db {
			keys = append(keys, w.buf[it.at+2:it.at+2+n])
		}
	}
	w.l.tx.DB(int(items[0].db)).Warm(keys)
	return len(items)
}

// load decodes one entry.
func (w *worker) load(it *item) error {
	w.pos, w.end = int(it.at)+1, int(it.end)
	key, err := w.ReadString("a key")
	if err != nil {
		return err
	}
	if cap(w.key) > keepBuffer {
		w.key = nil
	}
	w.key = append(w.key[:0], key...)
	w.entry = Entry{DB: uint64(it.db), Type: Type(w.buf[it.at]), Key: w.key,
		ExpireAtMs: it.expire, IdleSec: it.idle, Freq: it.freq, from: &w.valueReader}
	if err := w.l.put(&w.entry); err != nil {
		return err
	}
	return w.entry.skip()
}
