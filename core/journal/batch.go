package journal

// Batch gathers the effects of one Tx. It belongs to whoever uses the Tx, which
// calls End under its locks. A nil Batch records nothing.
type Batch struct {
	j       *Journal
	buf     []byte // the effects as requests, one after the other
	effects []effect
	unit    int
	last    int64
}

// effect is one request in a Batch's buf.
type effect struct {
	db, unit, from, to int
}

// NewBatch returns an empty Batch of j.
func (j *Journal) NewBatch() *Batch { return &Batch{j: j} }

// Recording tells whether anybody wants effects: Add does nothing otherwise.
func (b *Batch) Recording() bool { return b != nil && b.j.recording.Load() }

// Journal is the log that b appends to; nil for a nil Batch.
func (b *Batch) Journal() *Journal {
	if b == nil {
		return nil
	}
	return b.j
}

// Add adds an effect in database db to the unit: a request with its name first.
// It copies args.
func (b *Batch) Add(db int, args ...[]byte) {
	if !b.Recording() {
		return
	}
	from := len(b.buf)
	b.buf = appendRequest(b.buf, args...)
	b.effects = append(b.effects, effect{db, b.unit, from, len(b.buf)})
}

// Deleted adds that a key has expired or was evicted.
func (b *Batch) Deleted(db int, key []byte, evicted bool) {
	if !b.Recording() {
		return
	}
	name, bit := []byte("DEL"), uint32(lazyExpire)
	if evicted {
		bit = lazyEvict
	}
	if b.j.lazy.Load()&bit != 0 {
		name = []byte("UNLINK")
	}
	b.Add(db, name, key)
}

// FieldsDeleted adds that fields of the hash at key have expired.
func (b *Batch) FieldsDeleted(db int, key []byte, fields [][]byte) {
	b.Add(db, append([][]byte{[]byte("HDEL"), key}, fields...)...)
}

// Apart makes each effect of the unit one of its own: they have nothing to do with
// each other.
func (b *Batch) Apart() {
	if b == nil {
		return
	}
	first := len(b.effects)
	for first > 0 && b.effects[first-1].unit == b.unit {
		first--
	}
	for i := range b.effects[first:] {
		b.effects[first+i].unit = b.unit
		b.unit++
	}
}

// EndUnit ends the unit: what is added next is another one.
func (b *Batch) EndUnit() {
	if b != nil {
		b.unit++
	}
}

// End appends what was added to the log. The caller still holds the locks of the
// shards that the effects are about.
func (b *Batch) End() {
	if b == nil || len(b.effects) == 0 {
		return
	}
	b.last = b.j.append(b)
	b.buf, b.effects, b.unit = b.buf[:0], b.effects[:0], 0
	if cap(b.buf) > keepBytes {
		b.buf = nil
	}
	if cap(b.effects) > keepBytes/32 {
		b.effects = nil
	}
}

// Last is the offset behind what End has appended last: what replies that were
// made since then depend on. 0 if it never has.
func (b *Batch) Last() int64 {
	if b == nil {
		return 0
	}
	return b.last
}
