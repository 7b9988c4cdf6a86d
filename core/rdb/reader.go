package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/redoubt-kv/redoubt/core/lzf"
)

const (
	decoderBuffer = 256 << 10
	growStep      = 1 << 20 // long strings grow by this and double, as data arrives
	keepBuffer    = 1 << 20 // larger buffers are dropped after use

	// DefaultMaxString is the longest string that a Decoder loads unless
	// told otherwise, in bytes.
	DefaultMaxString = 4<<30 - 1
)

// reader reads the items that records are made of, counts the offset and
// extends the checksum. Its errors are *Error.
//
//	buf  |  done, summed  |  done  |  read ahead  |  free  |
//	     0                summed   pos            end      len
type reader struct {
	src       io.Reader
	buf       []byte
	pos, end  int
	summed    int   // buf[:summed] is in crc already
	base      int64 // offset in the file of buf[0]
	crc       uint64
	unsummed  bool  // crc is not wanted
	total     int64 // size of the file, -1 if unknown
	maxString uint64
	progress  func(done, total int64)
	long      [2][]byte // for strings that do not fit into buf, and LZF
	digits    [maxIntDigits]byte
}

// Offset returns how many bytes of the file were consumed.
func (r *reader) Offset() int64 { return r.base + int64(r.pos) }

func (r *reader) fail(at int64, cause error, format string, args ...any) error {
	return &Error{Offset: at, Reason: fmt.Sprintf(format, args...), Err: cause}
}

func (r *reader) sum() {
	if r.unsummed {
		return
	}
	r.crc = crcUpdate(r.crc, r.buf[r.summed:r.pos])
	r.summed = r.pos
}

// short turns the end of the input in the middle of something into an error.
func (r *reader) short(at int64, err error, what string) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return r.fail(at, ErrTruncated, "short read in %s", what)
	}
	return r.fail(at, err, "read failed in %s: %v", what, err)
}

// need returns the next n bytes (at most len(buf)) and consumes them. They
// are valid until the next call.
func (r *reader) need(n int, what string) ([]byte, error) {
	if r.end-r.pos < n {
		if err := r.fill(n, what); err != nil {
			return nil, err
		}
	}
	p := r.buf[r.pos : r.pos+n]
	r.pos += n
	return p, nil
}

func (r *reader) fill(n int, what string) error {
	at := r.Offset()
	if r.src == nil { // the whole input is in buf, and belongs to the caller
		return r.short(at, io.EOF, what)
	}
	r.sum()
	r.base += int64(r.pos)
	r.end = copy(r.buf, r.buf[r.pos:r.end])
	r.pos, r.summed = 0, 0
	got, err := io.ReadAtLeast(r.src, r.buf[r.end:], n-r.end)
	r.end += got
	if err != nil {
		return r.short(at, err, what)
	}
	r.report()
	return nil
}

func (r *reader) report() {
	if r.progress != nil {
		r.progress(r.base+int64(r.end), r.total)
	}
}

func (r *reader) byte(what string) (byte, error) {
	p, err := r.need(1, what)
	if err != nil {
		return 0, err
	}
	return p[0], nil
}

// ReadLength reads an encoded length.
func (r *reader) ReadLength(what string) (uint64, error) {
	at := r.Offset()
	n, special, err := r.lengthOrEncoding(what)
	if err == nil && special {
		err = r.fail(at, ErrCorrupt, "encoding byte 0x%x where %s should have a length", n, what)
	}
	return n, err
}

// lengthOrEncoding reads a length, or the byte that says how a string is
// encoded (special).
func (r *reader) lengthOrEncoding(what string) (n uint64, special bool, err error) {
	at := r.Offset()
	first, err := r.byte(what)
	if err != nil {
		return 0, false, err
	}
	var p []byte
	switch {
	case first >= encoded:
		return uint64(first), true, nil
	case first < len14Bit:
		return uint64(first), false, nil
	case first < len32Bit:
		if p, err = r.need(1, what); err == nil {
			n = uint64(first&0x3f)<<8 | uint64(p[0])
		}
	case first == len32Bit:
		if p, err = r.need(4, what); err == nil {
			n = uint64(binary.BigEndian.Uint32(p))
		}
	case first == len64Bit:
		if p, err = r.need(8, what); err == nil {
			n = binary.BigEndian.Uint64(p)
		}
	default:
		err = r.fail(at, ErrCorrupt, "unknown length encoding 0x%x of %s", first, what)
	}
	return n, false, err
}

// ReadString reads a string in any encoding. what names it in errors. The
// bytes are valid until the next call of a method of the reader.
func (r *reader) ReadString(what string) ([]byte, error) {
	at := r.Offset()
	n, special, err := r.lengthOrEncoding(what)
	if err != nil {
		return nil, err
	}
	if !special {
		return r.bytes(0, n, what)
	}
	switch n {
	case encInt8, encInt16, encInt32:
		return r.integer(byte(n), what)
	case encLZF:
		return r.compressed(at, what)
	}
	return nil, r.fail(at, ErrCorrupt, "unknown string encoding 0x%x of %s", n, what)
}

func (r *reader) integer(enc byte, what string) ([]byte, error) {
	p, err := r.need(1<<(enc&3), what)
	if err != nil {
		return nil, err
	}
	var v int64
	switch enc {
	case encInt8:
		v = int64(int8(p[0]))
	case encInt16:
		v = int64(int16(binary.LittleEndian.Uint16(p)))
	default:
		v = int64(int32(binary.LittleEndian.Uint32(p)))
	}
	return strconv.AppendInt(r.digits[:0], v, 10), nil
}

func (r *reader) compressed(at int64, what string) ([]byte, error) {
	packed, err := r.ReadLength("a compressed length")
	if err != nil {
		return nil, err
	}
	size, err := r.ReadLength("the length of a compressed string")
	if err != nil {
		return nil, err
	}
	if err := r.allowed(at, size, what); err != nil {
		return nil, err
	}
	if size/lzf.MaxExpansion > packed {
		return nil, r.fail(at, ErrCorrupt, "%s of %d bytes cannot come from %d compressed bytes", what, size, packed)
	}
	src, err := r.bytes(0, packed, what)
	if err != nil {
		return nil, err
	}
	dst := r.longBuffer(1, int(size))[:size]
	if err := lzf.Decompress(dst, src); err != nil {
		return nil, r.fail(at, ErrCorrupt, "invalid LZF compressed %s: %v", what, err)
	}
	return dst, nil
}

// allowed checks a declared length before anything is done with it.
func (r *reader) allowed(at int64, n uint64, what string) error {
	if n > r.maxString || n > math.MaxInt {
		return r.fail(at, ErrCorrupt, "%s of %d bytes is longer than the limit of %d", what, n, r.maxString)
	}
	return nil
}

// bytes reads n raw bytes: in place if the buffer can hold them, else into
// the long buffer given, which grows as they arrive and not by what is
// declared, unless the file is known to be that long.
func (r *reader) bytes(which int, n uint64, what string) ([]byte, error) {
	at := r.Offset()
	if err := r.allowed(at, n, what); err != nil {
		return nil, err
	}
	if left := r.total - at; r.total >= 0 && n > uint64(max(left, 0)) {
		return nil, r.fail(at, ErrTruncated, "short read in %s of %d bytes: the file has %d more", what, n, max(left, 0))
	}
	if n <= uint64(r.end-r.pos) || n <= uint64(len(r.buf))/2 {
		p, err := r.need(int(n), what)
		if err != nil {
			tellLength(err, what, n)
		}
		return p, err
	}
	return r.longBytes(which, int(n), what)
}

// tellLength says in the error of a short read how much was to be read.
func tellLength(err error, what string, n uint64) {
	var e *Error
	if errors.As(err, &e) && e.Err == ErrTruncated {
		e.Reason = fmt.Sprintf("short read in %s of %d bytes", what, n)
	}
}

// longBuffer returns one of the two long buffers, empty, with room for n.
func (r *reader) longBuffer(which, n int) []byte {
	if b := r.long[which]; cap(b) >= n && (cap(b) <= keepBuffer || n > keepBuffer) {
		return b[:0]
	}
	r.long[which] = make([]byte, 0, n)
	return r.long[which]
}

func (r *reader) longBytes(which, n int, what string) ([]byte, error) {
	at := r.Offset()
	first := n
	if r.total < 0 {
		first = min(n, growStep)
	}
	b := r.longBuffer(which, first)
	have := min(n, r.end-r.pos)
	b = append(b, r.buf[r.pos:r.pos+have]...)
	r.pos += have
	r.sum()
	for len(b) < n {
		if len(b) == cap(b) {
			b = append(make([]byte, 0, min(n, 2*cap(b))), b...)
		}
		got, err := r.direct(b[len(b):min(n, cap(b), len(b)+growStep)])
		b = b[:len(b)+got]
		if err != nil {
			return nil, r.short(at, err, fmt.Sprintf("%s of %d bytes", what, n))
		}
	}
	r.long[which] = b
	return b, nil
}

// direct reads past the buffer, all of which is consumed.
func (r *reader) direct(p []byte) (int, error) {
	if r.src == nil {
		return 0, io.EOF
	}
	got, err := io.ReadFull(r.src, p)
	if !r.unsummed {
		r.crc = crcUpdate(r.crc, p[:got])
	}
	r.base += int64(got)
	r.report()
	return got, err
}
