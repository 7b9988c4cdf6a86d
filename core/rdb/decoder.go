package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Entry is one key of a file. It is valid only until the visitor returns.
type Entry struct {
	DB         uint64
	Type       Type
	Key        []byte
	ExpireAtMs int64 // Unix milliseconds; -1: never. May be in the past
	IdleSec    int64 // LRU: seconds since the last use; -1: not in the file
	Freq       int16 // LFU: counter 0..255; -1: not in the file

	from *valueReader
}

// Read reads the entry's value into b, or past it if b is nil. It is to be
// called once; what a visitor does not read is passed over. The error is
// ErrEmpty if the value is an empty collection.
func (e *Entry) Read(b Builder) error {
	r := e.from
	if r == nil {
		return fmt.Errorf("rdb: the value of key %s is read twice", quoteKey(e.Key))
	}
	e.from = nil
	if b == nil {
		b = drop{}
	}
	err := r.read(e.Type, b)
	if err == nil || err == ErrEmpty {
		return err
	}
	var fault *Error
	if errors.As(err, &fault) {
		fault.Reason = fmt.Sprintf("%s (key %s in database %d)", fault.Reason, quoteKey(e.Key), e.DB)
	}
	return err
}

// skip reads past the value if nobody has read it.
func (e *Entry) skip() error {
	if e.from == nil {
		return nil
	}
	if err := e.Read(nil); err != ErrEmpty {
		return err
	}
	return nil
}

// Visitor receives the records of a file in their order. An error that it
// returns ends the decoding and comes back wrapped with the offset.
type Visitor interface {
	// Aux receives one field about the file; unknown ones are to be ignored.
	// The slices are valid only until it returns.
	Aux(name, value []byte) error
	// SelectDB says that the next entries belong to database db; the visitor
	// knows how many databases there are and refuses what is beyond.
	SelectDB(db uint64) error
	// ResizeDB hints at the number of keys of the selected database and of
	// those with an expiry. Nothing vouches for the numbers: a visitor must
	// bound what it reserves on their word.
	ResizeDB(keys, expires uint64) error
	// Entry receives one key, whose value Entry.Read gives.
	Entry(e *Entry) error
}

// DecoderOptions are what a Decoder needs to be told. The zero value reads
// from a stream of unknown length and verifies the checksum.
type DecoderOptions struct {
	// Size is the length of the input in bytes, 0 if unknown. With it, a
	// string that is declared longer than what is left is refused at once.
	Size int64
	// MaxString is the longest string to load, in bytes; 0 is
	// DefaultMaxString. Longer ones are an error.
	MaxString uint64
	// SkipChecksum leaves the checksum unverified (rdbchecksum no).
	SkipChecksum bool
	// Progress, if not nil, is called after each read from the input with
	// the bytes read so far and Size (-1 if unknown).
	Progress func(done, total int64)
}

// Decoder reads one RDB file. It is for one goroutine and used once.
type Decoder struct {
	valueReader
	opts    DecoderOptions
	version int
	entry   Entry
	key     []byte // owns entry.Key, which must outlive reading the value
	done    bool
	at      int64 // offset of the entry's type
}

// NewDecoder returns a Decoder that reads r in blocks of up to 256 KiB.
func NewDecoder(r io.Reader, opts DecoderOptions) *Decoder {
	d := &Decoder{opts: opts}
	size := int64(decoderBuffer)
	d.total = -1
	if opts.Size > 0 {
		d.total = opts.Size
		size = min(size, max(opts.Size, 512))
	}
	d.src, d.buf = r, make([]byte, size)
	d.maxString = opts.MaxString
	if d.maxString == 0 {
		d.maxString = DefaultMaxString
	}
	d.progress, d.unsummed = opts.Progress, opts.SkipChecksum
	d.resetEntry()
	return d
}

// Version returns the version that the header declares, 0 before Decode.
func (d *Decoder) Version() int { return d.version }

// Buffered returns the bytes that were read from the input past the end of
// the RDB file: in an append only file, its commands start there.
func (d *Decoder) Buffered() []byte { return d.buf[d.pos:d.end] }

// Decode reads the file to its end, which is its footer and not the end of
// the input, and hands each record to v. Errors are *Error or wrap what the
// visitor returned.
func (d *Decoder) Decode(v Visitor) error {
	return d.decode(func() (end bool, err error) { return d.record(v) })
}

// decode is Decode with what reads the next records.
func (d *Decoder) decode(next func() (end bool, err error)) error {
	if d.done {
		return fmt.Errorf("rdb: Decode called twice")
	}
	d.done = true
	if err := d.header(); err != nil {
		return err
	}
	for {
		end, err := next()
		if err != nil {
			return err
		}
		if end {
			return d.footer()
		}
	}
}

func (d *Decoder) header() error {
	p, err := d.need(headerSize, "the header")
	if err != nil {
		return err
	}
	if string(p[:len(magic)]) != magic {
		return d.fail(0, ErrVersion, "wrong signature %q: not an RDB file", p[:len(magic)])
	}
	digits := string(p[len(magic):])
	for _, c := range digits {
		if c < '0' || c > '9' {
			return d.fail(int64(len(magic)), ErrVersion, "can't handle RDB format version %q", digits)
		}
		d.version = d.version*10 + int(c-'0')
	}
	if d.version < 1 || d.version > MaxVersion {
		return d.fail(int64(len(magic)), ErrVersion, "can't handle RDB format version %d (1 to %d are known)", d.version, MaxVersion)
	}
	return nil
}

func (d *Decoder) footer() error {
	if d.version < 5 {
		return nil
	}
	d.sum()
	want, at := d.crc, d.Offset()
	p, err := d.need(checksumSize, "the checksum")
	if err != nil {
		return err
	}
	got := binary.LittleEndian.Uint64(p)
	if d.opts.SkipChecksum || got == 0 || got == want {
		return nil
	}
	return d.fail(at, ErrChecksum, "RDB CRC error: the file says %016x, its bytes give %016x", got, want)
}

// record reads one record and tells whether it was the end of the file.
func (d *Decoder) record(v Visitor) (end bool, err error) {
	at := d.Offset()
	op, err := d.byte("the start of a record")
	if err != nil {
		return false, err
	}
	switch op {
	case opEOF:
		return true, nil
	case opExpireTime, opExpireTimeMs, opFreq, opIdle:
		return false, d.attribute(op)
	case opSelectDB:
		d.entry.DB, err = d.ReadLength("a database number")
		if err == nil {
			err = d.visited(at, v.SelectDB(d.entry.DB))
		}
		return false, err
	case opResizeDB:
		return false, d.resizeDB(at, v)
	case opAux:
		return false, d.aux(at, v)
	case opSlotInfo: // sizes of a cluster slot: hints that nothing here needs
		for range 3 {
			if _, err := d.ReadLength("slot information"); err != nil {
				return false, err
			}
		}
		return false, nil
	case opFunction2, opFunctionPre:
		return false, d.function(at, op, v)
	case opModuleAux:
		return false, d.moduleAux(at)
	}
	return false, d.keyAndValue(at, Type(op), v)
}

// visited wraps an error of the visitor.
func (d *Decoder) visited(at int64, err error) error {
	if err == nil {
		return nil
	}
	return placed(at, err)
}

// attribute reads what an opcode says about the entry that follows.
func (d *Decoder) attribute(op byte) error {
	var p []byte
	var err error
	switch op {
	case opExpireTime:
		if p, err = d.need(4, "an expiry"); err == nil {
			d.entry.ExpireAtMs = int64(int32(binary.LittleEndian.Uint32(p))) * 1000
		}
	case opExpireTimeMs:
		if p, err = d.need(8, "an expiry"); err == nil {
			d.entry.ExpireAtMs = int64(binary.LittleEndian.Uint64(p))
		}
	case opFreq:
		if p, err = d.need(1, "an LFU counter"); err == nil {
			d.entry.Freq = int16(p[0])
		}
	case opIdle:
		at := d.Offset()
		var n uint64
		if n, err = d.ReadLength("an idle time"); err == nil && n > 1<<63-1 {
			err = d.fail(at, ErrCorrupt, "idle time of %d seconds", n)
		}
		d.entry.IdleSec = int64(n)
	}
	return err
}

func (d *Decoder) resizeDB(at int64, v Visitor) error {
	keys, err := d.ReadLength("the number of keys")
	if err != nil {
		return err
	}
	expires, err := d.ReadLength("the number of expiries")
	if err != nil {
		return err
	}
	return d.visited(at, v.ResizeDB(keys, expires))
}

func (d *Decoder) aux(at int64, v Visitor) error {
	name, err := d.ReadString("the name of an AUX field")
	if err != nil {
		return err
	}
	d.key = append(d.key[:0], name...)
	value, err := d.ReadString("the value of an AUX field")
	if err != nil {
		return err
	}
	return d.visited(at, v.Aux(d.key, value))
}

// moduleAux refuses, as Redis does without the module: what the data means,
// and so whether it may be left out, only the module knows.
func (d *Decoder) moduleAux(at int64) error {
	id, err := d.ReadLength("a module's identifier")
	if err != nil {
		return err
	}
	return d.fail(at, ErrUnsupported, "the RDB file contains AUX module data I can't load: no matching module '%s'", moduleName(id))
}

// moduleName unpacks the nine letters of six bits that precede the ten bits
// of a module's encoding version.
func moduleName(id uint64) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var name strings.Builder
	for shift := 58; shift >= 10; shift -= 6 {
		name.WriteByte(letters[id>>shift&63])
	}
	return name.String()
}

func (d *Decoder) resetEntry() {
	d.entry = Entry{DB: d.entry.DB, ExpireAtMs: -1, IdleSec: -1, Freq: -1}
}

func (d *Decoder) keyAndValue(at int64, t Type, v Visitor) error {
	if !t.known() {
		return d.fail(at, ErrCorrupt, "unknown RDB type or opcode %d", byte(t))
	}
	key, err := d.ReadString("a key")
	if err != nil {
		return err
	}
	if cap(d.key) > keepBuffer {
		d.key = nil
	}
	d.key = append(d.key[:0], key...)
	d.entry.Type, d.entry.Key, d.entry.from, d.at = t, d.key, &d.valueReader, at
	if err := d.visit(v); err != nil {
		return err
	}
	d.resetEntry()
	return nil
}

// visit hands the entry over, and reads past its value if the visitor did not
// read it.
func (d *Decoder) visit(v Visitor) error {
	if err := v.Entry(&d.entry); err != nil {
		return d.visited(d.at, err)
	}
	return d.entry.skip()
}

// quoteKey makes a key fit for an error text.
func quoteKey(key []byte) string {
	const most = 128
	if len(key) > most {
		return fmt.Sprintf("%q… (%d bytes)", key[:most], len(key))
	}
	return fmt.Sprintf("%q", key)
}
