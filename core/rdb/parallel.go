package rdb

import (
	"cmp"
	"encoding/binary"
	"math"
	"sync"
	"sync/atomic"
)

// Parallel loading. The goroutine that reads the file checks its sum, finds
// where entries end, and hands them to workers by the shard of their keys. Each
// shard has one worker, so that entries of one key keep their order and no two
// workers meet at a lock.
//
//	file ─▶ reader ─▶ chunk ─▶ worker 0: shards 0, n, 2n …  ─▶ store
//	          │  entries by shard └▶ worker 1: shards 1, n+1 …
//	          │                          │
//	          └◀──────── free chunks ◀───┘
//
// A record that is no entry, an entry of more than maxSkimmed bytes, and what
// is wrong, the reader leaves to the serial way, after the workers have done all
// before it. So memory is bounded, and a file has the same outcome as when it
// is loaded serially: of several errors the first one in the file counts, and
// entries behind it that are loaded already do not matter, since a load that
// fails is the end.
const (
	chunkSize  = 256 << 10
	maxSkimmed = 2 << 20 // bytes of an entry; longer ones are streamed
	// lockBytes is how much of a file is decoded under one lock: clients that
	// ask for figures wait that long.
	lockBytes = 32 << 10
)

// item is an entry in a chunk.
type item struct {
	at, end uint32 // from the type byte on, in buf
	db      uint32
	freq    int16
	expire  int64
	idle    int64
}

// chunk is a piece of the file with the whole entries in it.
type chunk struct {
	buf   []byte
	base  int64    // offset in the file of buf[0]
	items [][]item // by shard
	left  atomic.Int32
}

// crew loads one file. The reader's goroutine calls its methods.
type crew struct {
	d       *Decoder
	l       *loader
	size    int         // of a buffer: chunkSize
	most    int         // maxSkimmed
	key     valueReader // decodes keys
	at      *chunk      // whose buffer is the Decoder's
	free    chan *chunk
	queues  []chan *chunk // by worker
	workers []*worker
	busy    sync.WaitGroup // chunks that workers have
	ended   sync.WaitGroup // workers

	stopped atomic.Bool // nothing more is to be loaded

	// firstBad is the offset of the first entry that is known to be wrong.
	firstBad atomic.Int64
	mu       sync.Mutex
	err      error // of firstBad
}

// loadParallel decodes a file with l.o.Workers workers.
func loadParallel(d *Decoder, l *loader) error {
	c := &crew{d: d, l: l, size: cmp.Or(l.o.chunk, chunkSize), most: cmp.Or(l.o.most, maxSkimmed)}
	c.firstBad.Store(math.MaxInt64)
	if l.o.Workers > 1 {
		l.fillers = l.o.Workers
	}
	c.start(min(l.o.Workers, l.store.Shards()))
	err := d.decode(c.next)
	for _, q := range c.queues {
		close(q)
	}
	c.ended.Wait()
	for _, w := range c.workers {
		l.Loaded.add(w.l.Loaded)
	}
	return err
}

// start makes the workers and as many chunks as keep them busy.
func (c *crew) start(workers int) {
	const ahead = 4 // chunks a worker may have to do: some have more work than others
	chunks := ahead*workers + 1
	c.free = make(chan *chunk, chunks)
	for range chunks {
		c.free <- &chunk{items: make([][]item, c.l.store.Shards())}
	}
	o := c.l.o
	if o.Skipping != nil {
		o.Skipping = func(key []byte) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.l.o.Skipping(key)
		}
	}
	c.key.maxString = c.d.maxString
	for i := range workers {
		w := &worker{crew: c, l: newLoader(c.l.store, o)}
		w.maxString, w.total = c.d.maxString, c.d.total
		q := make(chan *chunk, chunks)
		c.workers, c.queues = append(c.workers, w), append(c.queues, q)
		c.ended.Go(func() {
			if o.Thread != nil {
				o.Thread()
			}
			for ch := range q {
				w.chunk(ch, i, workers)
			}
			if c.firstBad.Load() == math.MaxInt64 && !c.stopped.Load() {
				w.l.fit(i, workers)
			}
		})
	}
	c.at = <-c.free
	c.d.buf = c.d.buf[:min(c.size, len(c.d.buf))]
	c.at.buf = c.d.buf
}

// drain waits until the workers have done what they have, and returns the
// first error in the file.
func (c *crew) drain() error {
	c.busy.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// next hands the entries in the Decoder's buffer to the workers, or else reads
// one record.
func (c *crew) next() (end bool, err error) {
	if c.firstBad.Load() != math.MaxInt64 {
		return false, c.drain()
	}
	if c.l.o.Stop != nil && c.l.o.Stop() {
		c.stopped.Store(true)
		return false, ErrStopped
	}
	found, how := c.skim()
	if found > 0 {
		c.hand(found)
		return false, nil
	}
	if how == cut && c.more() {
		return false, nil
	}
	if err := c.drain(); err != nil {
		return false, err
	}
	end, err = c.d.record(c.l)
	if len(c.d.buf) > keepBuffer { // it was for one long entry
		c.fresh()
	}
	return end, err
}

// skim lists the whole entries in the Decoder's buffer, from its position on. It
// returns the bytes that they take, and why there are no more.
func (c *crew) skim() (n int, how skimmed) {
	d := c.d
	s := skimmer{b: d.buf[:d.end], pos: d.pos, most: c.most}
	it := item{db: uint32(d.entry.DB), freq: d.entry.Freq, expire: d.entry.ExpireAtMs, idle: d.entry.IdleSec}
	for n = d.pos; how == whole; {
		var op byte
		if op, how = s.byte(); how != whole {
			break
		}
		switch op {
		case opExpireTimeMs, opExpireTime, opFreq, opIdle:
			how = s.attribute(op, &it)
			continue
		case opSelectDB:
			if how = c.selectDB(&s, &it); how == whole {
				n = s.pos
			}
			continue
		}
		it.at = uint32(s.pos - 1)
		if how = s.entry(Type(op)); how != whole {
			break
		}
		shard, ok := c.shardOf(s.b[it.at+1 : s.pos])
		if !ok {
			how = odd
			break
		}
		it.end = uint32(s.pos)
		c.at.items[shard] = append(c.at.items[shard], it)
		it = item{db: it.db, freq: -1, expire: -1, idle: -1}
		n = s.pos
	}
	return n - d.pos, how
}

// attribute reads what an opcode says about the entry that follows.
func (s *skimmer) attribute(op byte, it *item) skimmed {
	at := s.pos
	switch op {
	case opExpireTime:
		s.pos += 4
	case opExpireTimeMs:
		s.pos += 8
	case opFreq:
		s.pos++
	case opIdle:
		n, how := s.length()
		if how == whole && n > math.MaxInt64 {
			how = odd
		}
		it.idle = int64(n)
		return how
	}
	if s.pos > len(s.b) {
		return cut
	}
	switch op {
	case opExpireTime:
		it.expire = int64(int32(binary.LittleEndian.Uint32(s.b[at:]))) * 1000
	case opExpireTimeMs:
		it.expire = int64(binary.LittleEndian.Uint64(s.b[at:]))
	case opFreq:
		it.freq = int16(s.b[at])
	}
	return whole
}

// selectDB reads the number of a database. Attributes in front of it are for
// the entry behind, which only the Decoder is to remember that long.
func (c *crew) selectDB(s *skimmer, it *item) skimmed {
	n, how := s.length()
	if how == whole && (n >= uint64(c.l.store.Databases()) || it.expire != -1 || it.idle != -1 || it.freq != -1) {
		return odd
	}
	if how == whole {
		it.db = uint32(n)
		c.d.entry.DB, c.l.db = n, int(n)
	}
	return how
}

// shardOf returns the shard of the key at the start of p.
func (c *crew) shardOf(p []byte) (shard int, ok bool) {
	var key []byte
	if n := int(p[0]); n < len14Bit {
		key = p[1 : 1+n]
	} else {
		c.key.buf, c.key.pos, c.key.end, c.key.total = p, 0, len(p), -1
		var err error
		if key, err = c.key.ReadString("a key"); err != nil {
			return 0, false
		}
	}
	return c.l.store.ShardOf(key), true
}

// hand gives the workers the chunk with the n bytes of entries that skim has
// found, and what follows a buffer of its own.
func (c *crew) hand(n int) {
	d, full := c.d, c.at
	d.pos += n
	d.sum()
	d.resetEntry()
	full.base = d.base
	c.busy.Add(1)
	full.left.Store(int32(len(c.queues)))
	rest := d.buf[d.pos:d.end]
	for _, q := range c.queues {
		q <- full
	}
	c.at = <-c.free // it may be the same one again
	c.replace(rest)
}

// fresh gives the Decoder a buffer of the usual size.
func (c *crew) fresh() {
	d := c.d
	d.sum()
	c.at.buf = nil
	c.replace(d.buf[d.pos:d.end])
}

// replace makes the buffer of c.at, with a copy of rest, the Decoder's. All
// before rest is in the sum.
func (c *crew) replace(rest []byte) {
	d, buf := c.d, c.at.buf
	if size := max(c.size, len(rest)); len(buf) < size || len(buf) > keepBuffer && size == c.size {
		buf = make([]byte, size)
	}
	copy(buf, rest)
	d.base += int64(d.pos)
	d.pos, d.summed, d.end, d.buf = 0, 0, len(rest), buf
	c.at.buf = buf
}

// more reads on, for an entry that the buffer ends within, and tells whether
// there is more.
func (c *crew) more() bool {
	d := c.d
	if d.end-d.pos > c.most {
		return false
	}
	if d.pos > 0 || len(d.buf) == d.end {
		d.sum()
		buf := d.buf
		if d.end-d.pos > len(buf)/2 { // the entry is long
			buf = make([]byte, 2*max(len(buf), c.size/2))
		}
		n := copy(buf, d.buf[d.pos:d.end])
		d.base += int64(d.pos)
		d.pos, d.summed, d.end, d.buf = 0, 0, n, buf
		c.at.buf = buf
	}
	n, err := d.src.Read(d.buf[d.end:])
	d.end += n
	if n > 0 {
		d.report()
	}
	return n > 0 || err == nil
}

// fail notes that the entry at offset at is wrong.
func (c *crew) fail(at int64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at < c.firstBad.Load() {
		c.firstBad.Store(at)
		c.err = err
	}
}
