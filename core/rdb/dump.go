package rdb

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/redoubt-kv/redoubt/core/lzf"
)

// ErrDump is why RESTORE refuses a payload whose footer is wrong; its text is
// that of Redis, without the "ERR ".
var ErrDump = errors.New("DUMP payload version or checksum are wrong")

const dumpFooter = 2 + checksumSize

// AppendDump appends the DUMP payload of a string to dst: type, value,
// version (2 bytes LE) and the CRC of all before it (8 bytes LE). With a nil
// z the value is not compressed; else z must not be in use elsewhere.
func AppendDump(dst, value []byte, z *lzf.Encoder) []byte {
	start := len(dst)
	dst = append(dst, byte(TypeString))
	dst = appendString(dst, value, z)
	dst = binary.LittleEndian.AppendUint16(dst, Version)
	return binary.LittleEndian.AppendUint64(dst, crcUpdate(0, dst[start:]))
}

// appendString appends what Encoder.String writes.
func appendString(dst, s []byte, z *lzf.Encoder) []byte {
	if len(s) <= maxIntDigits {
		if v, ok := parseInt32(s); ok {
			return appendInt(dst, v)
		}
	}
	if z != nil && len(s) > minCompress && len(s) <= maxCompress {
		if with, ok := appendLZF(dst, s, z); ok {
			return with
		}
	}
	return append(appendLength(dst, uint64(len(s))), s...)
}

// appendLZF compresses s into the free end of dst, behind room for the
// header, whose length depends on the outcome, and then closes the gap.
func appendLZF(dst, s []byte, z *lzf.Encoder) ([]byte, bool) {
	at := len(dst) + maxLZFHeader
	dst = slices.Grow(dst, maxLZFHeader+len(s))
	packed := dst[at : at+len(s)-minSaving]
	n := z.Compress(packed, s)
	if n == 0 {
		return dst, false
	}
	return append(appendLZFHeader(dst, n, len(s)), packed[:n]...), true
}

// DecodeDump verifies a DUMP payload and reads its value into b. The error is
// ErrDump if the footer is wrong; it wraps ErrUnsupported if the payload is
// sound but holds what this build cannot load; for any other that is an
// *Error wrapping ErrCorrupt or ErrTruncated, and for ErrEmpty, Redis's reply
// is "ERR Bad data format". Of the options, MaxString and SkipChecksum count.
// Like Redis it does not mind bytes between the value and the footer.
func DecodeDump(payload []byte, o DecoderOptions, b Builder) error {
	body := len(payload) - dumpFooter
	if body < 0 {
		return ErrDump
	}
	footer := payload[body:]
	if binary.LittleEndian.Uint16(footer) > MaxVersion ||
		!o.SkipChecksum && binary.LittleEndian.Uint64(footer[2:]) != crcUpdate(0, payload[:body+2]) {
		return ErrDump
	}
	if o.MaxString == 0 {
		o.MaxString = DefaultMaxString
	}
	r := valueReader{reader: reader{buf: payload[:body:body], end: body, total: int64(body), maxString: o.MaxString}}
	t, err := r.byte("the type")
	if err != nil {
		return err
	}
	if !Type(t).known() {
		return r.fail(0, ErrCorrupt, "unknown RDB type %d", t)
	}
	return r.read(Type(t), b)
}
