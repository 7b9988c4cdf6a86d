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

// DecodeDump verifies a DUMP payload and returns its value, which may share
// memory with the payload. The error is ErrDump if the footer is wrong; it
// wraps ErrUnsupported if the payload is sound but holds no string; for any
// other, Redis's reply is "ERR Bad data format". maxString (0:
// DefaultMaxString) bounds the value's length in bytes. Like Redis it does
// not mind bytes between the value and the footer.
func DecodeDump(payload []byte, maxString uint64) ([]byte, error) {
	body := len(payload) - dumpFooter
	if body < 0 {
		return nil, ErrDump
	}
	footer := payload[body:]
	if binary.LittleEndian.Uint16(footer) > MaxVersion ||
		binary.LittleEndian.Uint64(footer[2:]) != crcUpdate(0, payload[:body+2]) {
		return nil, ErrDump
	}
	if maxString == 0 {
		maxString = DefaultMaxString
	}
	r := reader{buf: payload[:body:body], end: body, total: int64(body), maxString: maxString}
	t, err := r.byte("the type")
	if err != nil {
		return nil, err
	}
	if !Type(t).known() {
		return nil, r.fail(0, ErrCorrupt, "unknown RDB type %d", t)
	}
	if Type(t) != TypeString {
		return nil, r.fail(0, ErrUnsupported, "the payload holds %v; this build loads strings only", Type(t))
	}
	return r.ReadString("a string")
}
