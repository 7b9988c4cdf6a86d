package rdb

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/redoubt-kv/redoubt/core/keyspace"
)

// ErrDump is why RESTORE refuses a payload whose footer is wrong; its text is
// that of Redis, without the "ERR ".
var ErrDump = errors.New("DUMP payload version or checksum are wrong")

const dumpFooter = 2 + checksumSize

// Dumper makes DUMP payloads. It keeps buffers for the next one, and is for
// one goroutine. The zero value is ready.
type Dumper struct{ e Encoder }

// Append appends to dst the payload of an entry's value: type, value, version
// (2 bytes LE) and the CRC of all before it (8 bytes LE).
func (d *Dumper) Append(dst []byte, entry keyspace.Entry, compress bool) []byte {
	return d.payload(dst, compress, func(e *Encoder) int {
		t := typeOf(entry)
		e.Type(t)
		e.value(entry)
		return t.version()
	})
}

// payload appends what write gives, with its footer.
func (d *Dumper) payload(dst []byte, compress bool, write func(*Encoder) (version int)) []byte {
	e := &d.e
	*e = Encoder{buf: dst, opts: EncoderOptions{Compress: compress}, z: e.z, scratch: e.scratch}
	if cap(e.scratch) > keepBuffer {
		e.scratch = nil
	}
	version := write(e)
	out := binary.LittleEndian.AppendUint16(e.buf, uint16(version))
	e.buf = nil
	return binary.LittleEndian.AppendUint64(out, crcUpdate(0, out[len(dst):]))
}

// SavedLength returns how many bytes an entry's value takes in a file, without
// its type.
func SavedLength(entry keyspace.Entry, compress bool) int64 {
	e := Encoder{w: io.Discard, buf: make([]byte, 0, 4<<10), opts: EncoderOptions{Compress: compress}}
	e.value(entry)
	return e.Size()
}

// DecodeDump verifies a DUMP payload and reads its value into b. The error is
// ErrDump if the footer is wrong; it wraps ErrUnsupported if the payload is
// sound but holds what this build cannot load; for any other that is an
// *Error wrapping ErrCorrupt or ErrTruncated, and for ErrEmpty, Redis's reply
// is "ERR Bad data format". Of the options, MaxString and SkipChecksum count.
// Like Redis it does not mind bytes between the value and the footer.
func DecodeDump(payload []byte, o DecoderOptions, b Builder) error {
	body, err := verifyDump(payload, o)
	if err != nil {
		return err
	}
	r := valueReader{reader: dumpReader(body, o)}
	t, err := r.byte("the type")
	if err != nil {
		return err
	}
	if !Type(t).known() {
		return r.fail(0, ErrCorrupt, "unknown RDB type %d", t)
	}
	return r.read(Type(t), b)
}

// verifyDump returns what stands before a payload's footer, or ErrDump if that is
// wrong.
func verifyDump(payload []byte, o DecoderOptions) (body []byte, err error) {
	n := len(payload) - dumpFooter
	if n < 0 {
		return nil, ErrDump
	}
	footer := payload[n:]
	if binary.LittleEndian.Uint16(footer) > MaxVersion ||
		!o.SkipChecksum && binary.LittleEndian.Uint64(footer[2:]) != crcUpdate(0, payload[:n+2]) {
		return nil, ErrDump
	}
	return payload[:n:n], nil
}

// dumpReader reads the body of a payload.
func dumpReader(body []byte, o DecoderOptions) reader {
	if o.MaxString == 0 {
		o.MaxString = DefaultMaxString
	}
	return reader{buf: body, end: len(body), total: int64(len(body)), maxString: o.MaxString}
}
