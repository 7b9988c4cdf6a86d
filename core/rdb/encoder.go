package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/lzf"
)

const encoderBuffer = 256 << 10

// EncoderOptions are the choices of redis.conf that change what is written.
type EncoderOptions struct {
	Compress bool // rdbcompression: LZF for strings above 20 bytes
	Checksum bool // rdbchecksum: without it the footer holds zero
	// Block, if not nil, is called after each block that is written, also in
	// the middle of a value. Its error ends the writing.
	Block func() error
}

// Encoder writes one RDB file. The first error sticks: later calls do
// nothing, and Footer or Flush return it. The caller keeps the order of the
// package's Layout; for an entry: ExpireMs, Idle or Freq if any, Type, String
// for the key, the value. It is for one goroutine.
type Encoder struct {
	w        io.Writer // nil: everything stays in buf, which grows
	buf      []byte    // bytes not yet written; the capacity is fixed
	flushed  int64
	crc      uint64 // of the flushed bytes
	opts     EncoderOptions
	z        *lzf.Encoder         // made at the first string to compress
	scratch  []byte               // compressed form of one string
	awaiting uint64               // bytes still due after BeginString
	digits   [maxInt64Digits]byte // of an integer that is an element
	id       [16]byte             // of a stream's node
	err      error
}

// NewEncoder returns an Encoder that writes to w in blocks of 256 KiB.
func NewEncoder(w io.Writer, opts EncoderOptions) *Encoder {
	return &Encoder{w: w, buf: make([]byte, 0, encoderBuffer), opts: opts}
}

// Err returns the first error, if there was one.
func (e *Encoder) Err() error { return e.err }

// Size returns the number of bytes written so far, including buffered ones.
func (e *Encoder) Size() int64 { return e.flushed + int64(len(e.buf)) }

func (e *Encoder) fail(err error) {
	if e.err == nil {
		e.err = err
		e.buf = e.buf[:0]
	}
}

// Flush hands all buffered bytes to the writer.
func (e *Encoder) Flush() error {
	if e.err == nil && len(e.buf) > 0 && e.w != nil {
		block := e.buf
		e.buf = e.buf[:0]
		e.write(block)
	}
	return e.err
}

func (e *Encoder) write(p []byte) {
	if e.opts.Checksum {
		e.crc = crcUpdate(e.crc, p)
	}
	n, err := e.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		e.fail(fmt.Errorf("write RDB at offset %d: %w", e.flushed, err))
		return
	}
	e.flushed += int64(n)
	if e.opts.Block != nil {
		if err := e.opts.Block(); err != nil {
			e.fail(err)
		}
	}
}

// room makes sure that n bytes (far fewer than the buffer) fit, and tells
// whether the caller may append them.
func (e *Encoder) room(n int) bool {
	if e.err == nil && e.awaiting != 0 {
		e.fail(fmt.Errorf("write RDB: %d bytes of a string are missing", e.awaiting))
	}
	if e.err == nil && cap(e.buf)-len(e.buf) < n {
		if e.w == nil {
			e.buf = slices.Grow(e.buf, n)
		}
		e.Flush()
	}
	return e.err == nil
}

// raw appends p, past the buffer when it is larger than what is free there.
func (e *Encoder) raw(p []byte) {
	if e.err != nil {
		return
	}
	if len(p) <= cap(e.buf)-len(e.buf) || e.w == nil {
		e.buf = append(e.buf, p...)
		return
	}
	if e.Flush() != nil {
		return
	}
	if len(p) < cap(e.buf)/2 {
		e.buf = append(e.buf, p...)
		return
	}
	for len(p) > 0 && e.err == nil { // in blocks, for the sake of incremental fsync
		n := min(len(p), cap(e.buf))
		e.write(p[:n])
		p = p[n:]
	}
}

// Header writes the signature and Version.
func (e *Encoder) Header() { e.header(Version) }

func (e *Encoder) header(version int) {
	if e.room(headerSize) {
		e.buf = fmt.Appendf(e.buf, "%s%04d", magic, version)
	}
}

// Aux writes one field about the file. Readers skip fields they do not know.
func (e *Encoder) Aux(name, value string) {
	e.op(opAux)
	e.String([]byte(name))
	e.String([]byte(value))
}

// Info is what the fields at the start of a file tell.
type Info struct {
	RedisVersion   string // redis-ver, the version that is reported to clients
	RedoubtVersion string // redoubt-ver
	CreatedUnix    int64  // ctime, seconds
	UsedMemory     int64  // used-mem, bytes
	AOFBase        bool   // aof-base: the file is the base of an append only file
}

// Info writes the fields that Redis writes at the start of each file, in its
// order, and redoubt-ver after them.
func (e *Encoder) Info(i Info) {
	base := "0"
	if i.AOFBase {
		base = "1"
	}
	e.Aux("redis-ver", i.RedisVersion)
	e.Aux("redis-bits", strconv.Itoa(strconv.IntSize))
	e.Aux("ctime", strconv.FormatInt(i.CreatedUnix, 10))
	e.Aux("used-mem", strconv.FormatInt(i.UsedMemory, 10))
	e.Aux("aof-base", base)
	e.Aux("redoubt-ver", i.RedoubtVersion)
}

func (e *Encoder) op(op byte) {
	if e.room(1) {
		e.buf = append(e.buf, op)
	}
}

// SelectDB says that the entries which follow belong to database db.
func (e *Encoder) SelectDB(db uint64) {
	e.op(opSelectDB)
	e.Length(db)
}

// ResizeDB hints how many keys the selected database has, and how many of
// them expire.
func (e *Encoder) ResizeDB(keys, expires uint64) {
	e.op(opResizeDB)
	e.Length(keys)
	e.Length(expires)
}

// ExpireMs says when the next entry expires, in Unix milliseconds.
func (e *Encoder) ExpireMs(at int64) {
	if e.room(9) {
		e.buf = append(e.buf, opExpireTimeMs)
		e.buf = binary.LittleEndian.AppendUint64(e.buf, uint64(at))
	}
}

// Idle says for how many seconds the next entry was not used.
func (e *Encoder) Idle(seconds uint64) {
	e.op(opIdle)
	e.Length(seconds)
}

// Freq says the LFU counter of the next entry.
func (e *Encoder) Freq(counter uint8) {
	if e.room(2) {
		e.buf = append(e.buf, opFreq, counter)
	}
}

// Type starts an entry; its key (String) and its value follow.
func (e *Encoder) Type(t Type) { e.op(byte(t)) }

// StringEntry writes an entry whose value is a string.
func (e *Encoder) StringEntry(key, value []byte) {
	e.Type(TypeString)
	e.String(key)
	e.String(value)
}

// Length writes an encoded length.
func (e *Encoder) Length(n uint64) {
	if e.room(9) {
		e.buf = appendLength(e.buf, n)
	}
}

// String writes s the way Redis does: as an integer when it is the decimal
// form of one of 32 bits, compressed when that saves four bytes or more, or
// as it is.
func (e *Encoder) String(s []byte) {
	if !e.room(9) {
		return
	}
	if len(s) <= maxIntDigits {
		if v, ok := parseInt32(s); ok {
			e.buf = appendInt(e.buf, v)
			return
		}
	}
	if e.opts.Compress && len(s) > minCompress && e.compressed(s) {
		return
	}
	e.buf = appendLength(e.buf, uint64(len(s)))
	e.raw(s)
}

func (e *Encoder) compressed(s []byte) bool {
	if e.z == nil {
		e.z = new(lzf.Encoder)
	}
	var packed []byte
	if packed, e.scratch = compress(e.z, e.scratch, s); packed == nil || !e.room(maxLZFHeader) {
		return packed != nil // an error is no reason to write the string again
	}
	e.buf = appendLZFHeader(e.buf, len(packed), len(s))
	e.raw(packed)
	return true
}

// BeginString starts a string of size bytes that is too long to have in one
// piece: calls of Piece with these bytes must follow. It is not compressed.
func (e *Encoder) BeginString(size uint64) {
	e.Length(size)
	if e.err == nil {
		e.awaiting = size
	}
}

// Piece writes the next bytes of the string that BeginString started.
func (e *Encoder) Piece(p []byte) {
	if uint64(len(p)) > e.awaiting && e.err == nil {
		e.fail(fmt.Errorf("write RDB: piece of %d bytes where %d are missing", len(p), e.awaiting))
	}
	if e.err == nil {
		e.awaiting -= uint64(len(p))
		e.raw(p)
	}
}

// Footer writes the end of the file and the checksum, and flushes.
func (e *Encoder) Footer() error {
	if !e.room(1 + checksumSize) {
		return e.err
	}
	e.buf = append(e.buf, opEOF)
	if e.opts.Checksum { // the checksum does not cover itself
		e.crc = crcUpdate(e.crc, e.buf)
		e.opts.Checksum = false
	}
	e.buf = binary.LittleEndian.AppendUint64(e.buf, e.crc)
	if err := e.Flush(); err != nil {
		return err
	}
	e.err = errAfterFooter
	return nil
}

var errAfterFooter = errors.New("write RDB: the file has its footer already")

func appendLength(dst []byte, n uint64) []byte {
	switch {
	case n < 1<<6:
		return append(dst, len6Bit|byte(n))
	case n < 1<<14:
		return append(dst, len14Bit|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(dst, len32Bit), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, len64Bit), n)
}

func appendInt(dst []byte, v int32) []byte {
	switch {
	case v >= math.MinInt8 && v <= math.MaxInt8:
		return append(dst, encInt8, byte(v))
	case v >= math.MinInt16 && v <= math.MaxInt16:
		return binary.LittleEndian.AppendUint16(append(dst, encInt16), uint16(v))
	}
	return binary.LittleEndian.AppendUint32(append(dst, encInt32), uint32(v))
}

func appendLZFHeader(dst []byte, packed, original int) []byte {
	dst = appendLength(append(dst, encLZF), uint64(packed))
	return appendLength(dst, uint64(original))
}

// compress returns the LZF form of s, or nil when it does not save
// minSaving bytes, and the buffer it is in, to be passed again.
func compress(z *lzf.Encoder, scratch, s []byte) (packed, buffer []byte) {
	if len(s) > maxCompress {
		return nil, scratch
	}
	if cap(scratch) < len(s) {
		scratch = make([]byte, max(len(s), 4<<10))
	}
	n := z.Compress(scratch[:len(s)-minSaving], s)
	if n == 0 {
		return nil, scratch
	}
	return scratch[:n], scratch
}

// parseInt32 accepts exactly the strings that printing an int32 gives: no
// plus sign, no leading zeros, no "-0".
func parseInt32(s []byte) (int32, bool) {
	digits := s
	negative := len(s) > 0 && s[0] == '-'
	if negative {
		digits = s[1:]
	}
	if len(digits) == 0 || len(digits) > 10 {
		return 0, false
	}
	if digits[0] == '0' {
		return 0, len(s) == 1
	}
	var v int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	if negative {
		v = -v
	}
	return int32(v), v >= math.MinInt32 && v <= math.MaxInt32
}
