package rdb

import (
	"fmt"
	"sync"
	"time"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// Several goroutines encode entries of a snapshot, each into lanes of its own,
// whose blocks come into the one file at the ends of entries. A value that is
// longer than a block is written in pieces; meanwhile nobody else's block can go
// into the file:
//
//	lane     |entry|entry|entry| block ▶            |entry| block ▶
//	lane                         |large value ▶ piece ▶ piece ▶ rest| ▶
//	                             └─────── has the file ─────────────┘
//
// A lane whose block is full then waits for the file, unless what writers have
// superseded waits as well, or the one who has the file waits for it: the entries
// that a walk visits within a large value. Then its blocks go to a file on the
// side, of which nothing but the lanes' own goroutine knows, and into the file
// at the end.

// flushAt is from how many bytes on a stream's block is written at the end of an
// entry: most entries fit the rest.
const flushAt = encoderBuffer / 2

// maxLevels is how many entries a walk may visit within each other: the values of
// all but the last are written while the walk goes on.
const maxLevels = 3

// shared is the file that lanes write to.
type shared struct {
	snapshot *keyspace.Snapshot
	spill    Spill
	stopped  chan struct{} // closed when one of the goroutines has failed

	mu       sync.Mutex
	e        *Encoder
	database int
	owner    *lane // it is in the middle of an entry
	spills   int   // files on the side so far
}

// failed tells whether one of the goroutines has.
func (to *shared) failed() bool {
	select {
	case <-to.stopped:
		return true
	default:
		return false
	}
}

// Spill says where files on the side are made while a snapshot is written.
type Spill struct {
	FS   vfs.FS // nil: nowhere
	Path string // of all, without a number behind it
}

// lane is the entries that one goroutine writes, at one level of its walk.
type lane struct {
	to     *shared
	walker *walker
	e      *Encoder // writes to the lane
	entry  keyspace.Entry
	level  int

	open        bool // within an entry
	begun       bool // a part of the entry was written
	first, last int  // databases of the first and last entry in e's buffer; -1 without

	side         vfs.File
	sidePath     string
	sideDatabase int  // selected at the end of side
	aside        bool // the entry that is begun is in side
}

func newLane(k *walker, level int) *lane {
	l := &lane{to: k.to, walker: k, level: level, first: -1, sideDatabase: -1}
	l.e = NewEncoder(l, EncoderOptions{Compress: k.to.e.opts.Compress, Block: l.block})
	return l
}

// begin starts an entry of a database.
func (l *lane) begin(db int, entry keyspace.Entry) {
	if l.first < 0 {
		l.first = db
	} else if l.last != db {
		l.e.SelectDB(uint64(db))
	}
	l.last, l.open, l.entry = db, true, entry
}

// end ends the entry. The block is written if it is nearly full, or has the rest
// of an entry.
func (l *lane) end() error {
	l.open = false
	if l.begun || len(l.e.buf) >= flushAt {
		return l.flush()
	}
	return l.e.Err()
}

// flush writes the block at the end of an entry.
func (l *lane) flush() error {
	err := l.e.Flush()
	if l.begun { // and nothing was left
		l.to.mu.Lock()
		l.ended()
		l.to.mu.Unlock()
	}
	return err
}

// ended gives the file up. The lock of to is held.
func (l *lane) ended() {
	if l.to.owner == l {
		l.to.owner = nil
	}
	l.begun, l.aside, l.first = false, false, -1
}

// block is called by the encoder after each block.
func (l *lane) block() error {
	l.e.opts.Compress = l.walker.pace()
	if l.open {
		return l.entry.Yield(l.level)
	}
	return nil
}

// Write makes lane an io.Writer: it takes a block of the lane's encoder.
func (l *lane) Write(p []byte) (int, error) {
	to := l.to
	to.mu.Lock()
	defer to.mu.Unlock()
	free, err := true, error(nil)
	if !l.begun {
		free, err = l.claim()
	}
	switch {
	case err != nil:
		return 0, err
	case l.aside || !free:
		err = l.writeAside(p)
	default:
		if !l.begun && to.database != l.first {
			to.e.SelectDB(uint64(l.first))
		}
		to.e.raw(p)
		to.database, err = l.last, to.e.Err()
	}
	if l.open {
		l.begun = true
	} else {
		l.ended()
	}
	return len(p), err
}

// claim waits for the file, unless it is better to write aside; it tells whether
// the file is free. The lock of to is held.
func (l *lane) claim() (bool, error) {
	const enough, pause = 1 << 20, 200 * time.Microsecond
	to := l.to
	for to.owner != nil {
		if to.owner.walker == l.walker || to.spill.FS != nil && to.snapshot.Waiting() > enough {
			return false, nil
		}
		to.mu.Unlock()
		time.Sleep(pause)
		to.mu.Lock()
		if to.failed() {
			return false, errStopped
		}
	}
	if l.open {
		to.owner = l
	}
	return true, nil
}

// writeAside writes a block to the file on the side. The lock of to is held.
func (l *lane) writeAside(p []byte) error {
	to := l.to
	if l.side == nil {
		to.spills++
		l.sidePath = fmt.Sprintf("%s.%d", to.spill.Path, to.spills)
		file, err := to.spill.FS.Create(l.sidePath)
		if err != nil {
			return fmt.Errorf("create a file beside the RDB file: %w", err)
		}
		l.side = file
	}
	if !l.begun && l.sideDatabase != l.first {
		if _, err := l.side.Write(appendLength([]byte{opSelectDB}, uint64(l.first))); err != nil {
			return fmt.Errorf("write beside the RDB file: %w", err)
		}
	}
	l.sideDatabase = l.last
	l.aside = l.open
	if _, err := l.side.Write(p); err != nil {
		return fmt.Errorf("write beside the RDB file: %w", err)
	}
	if block := to.e.opts.Block; block != nil {
		return block()
	}
	return nil
}

// bringIn appends what the lane has written aside to the file. All lanes have
// ended.
func (l *lane) bringIn() error {
	if l.side == nil {
		return nil
	}
	info, err := l.side.Stat()
	if err != nil {
		return fmt.Errorf("size of the file beside the RDB file: %w", err)
	}
	block := make([]byte, encoderBuffer)
	for at := int64(0); at < info.Size(); at += int64(len(block)) {
		block = block[:min(int64(len(block)), info.Size()-at)]
		if n, err := l.side.ReadAt(block, at); n < len(block) {
			return fmt.Errorf("read the file beside the RDB file: %w", err)
		}
		if l.to.e.raw(block); l.to.e.Err() != nil {
			return l.to.e.Err()
		}
	}
	return nil
}

// discard closes and removes the file on the side.
func (l *lane) discard() error {
	if l.side == nil {
		return nil
	}
	l.side.Close() // nothing in it is needed
	if err := l.to.spill.FS.Remove(l.sidePath); err != nil {
		return fmt.Errorf("remove the file beside the RDB file: %w", err)
	}
	return nil
}
