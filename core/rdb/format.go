package rdb

import (
	"errors"
	"fmt"
)

// Version is the version that the Encoder writes: that of Redis 7.0, so that
// it and all later ones load the file. See Versions for when it is MaxVersion.
const Version = 10

// MaxVersion is the latest version that the Decoder reads: that of Redis 7.4.
const MaxVersion = 12

// Type is the type byte of an entry's value. The numbers are Redis's and
// frozen: they are in files.
type Type byte

// The types of values, drawn in the package's Layout.
const (
	TypeString            Type = 0
	TypeList              Type = 1
	TypeSet               Type = 2
	TypeZSet              Type = 3
	TypeHash              Type = 4
	TypeZSet2             Type = 5
	TypeModule            Type = 6
	TypeModule2           Type = 7
	TypeHashZipmap        Type = 9
	TypeListZiplist       Type = 10
	TypeSetIntset         Type = 11
	TypeZSetZiplist       Type = 12
	TypeHashZiplist       Type = 13
	TypeListQuicklist     Type = 14
	TypeStreamListpacks   Type = 15
	TypeHashListpack      Type = 16
	TypeZSetListpack      Type = 17
	TypeListQuicklist2    Type = 18
	TypeStreamListpacks2  Type = 19
	TypeSetListpack       Type = 20
	TypeStreamListpacks3  Type = 21
	TypeHashMetadataPreGA Type = 22
	TypeHashListpackPreGA Type = 23
	TypeHashMetadata      Type = 24
	TypeHashListpackEx    Type = 25
)

// String names what a value of the type holds, with its article.
func (t Type) String() string {
	switch t {
	case TypeString:
		return "a string"
	case TypeList, TypeListZiplist, TypeListQuicklist, TypeListQuicklist2:
		return "a list"
	case TypeSet, TypeSetIntset, TypeSetListpack:
		return "a set"
	case TypeZSet, TypeZSet2, TypeZSetZiplist, TypeZSetListpack:
		return "a sorted set"
	case TypeHash, TypeHashZipmap, TypeHashZiplist, TypeHashListpack,
		TypeHashMetadataPreGA, TypeHashListpackPreGA, TypeHashMetadata, TypeHashListpackEx:
		return "a hash"
	case TypeStreamListpacks, TypeStreamListpacks2, TypeStreamListpacks3:
		return "a stream"
	case TypeModule, TypeModule2:
		return "a module's value"
	}
	return fmt.Sprintf("the unknown type %d", byte(t))
}

func (t Type) known() bool { return t <= TypeHashListpackEx && t != 8 }

// Opcodes: the first bytes of records that are no entries.
const (
	opSlotInfo     = 244
	opFunction2    = 245
	opFunctionPre  = 246 // of release candidates of Redis 7.0
	opModuleAux    = 247
	opIdle         = 248
	opFreq         = 249
	opAux          = 250
	opResizeDB     = 251
	opExpireTimeMs = 252
	opExpireTime   = 253
	opSelectDB     = 254
	opEOF          = 255
)

// First bytes of lengths and strings.
const (
	len6Bit  = 0x00
	len14Bit = 0x40
	len32Bit = 0x80
	len64Bit = 0x81
	encoded  = 0xc0
	encInt8  = encoded | 0
	encInt16 = encoded | 1
	encInt32 = encoded | 2
	encLZF   = encoded | 3
)

const (
	magic        = "REDIS"
	headerSize   = len(magic) + 4
	checksumSize = 8

	// maxIntDigits: strings up to this long may be integers of 32 bits.
	maxIntDigits = 11
	// minCompress: strings up to this long are never compressed (rdb.c:
	// LZF gains nothing even on equal bytes).
	minCompress = 20
	// minSaving is how many bytes compression must save to be used.
	minSaving = 4
	// maxLZFHeader: the encoding byte and two lengths.
	maxLZFHeader = 1 + 9 + 9
	// maxCompress bounds the memory that compression takes beside the
	// string itself; longer strings are written as they are.
	maxCompress = 32 << 20
)

// The causes that an *Error can wrap, for errors.Is.
var (
	// ErrUnsupported: the file is sound but holds what this build cannot load.
	ErrUnsupported = errors.New("not supported")
	// ErrCorrupt: no writer of RDB files writes this.
	ErrCorrupt = errors.New("corrupt")
	// ErrChecksum: the file differs from what was written.
	ErrChecksum = errors.New("wrong checksum")
	// ErrTruncated: the file ends too early.
	ErrTruncated = errors.New("short read")
	// ErrVersion: not an RDB file, or of a version that is too new.
	ErrVersion = errors.New("unknown format")
)

// Error is a failure to decode, with the place in the file.
type Error struct {
	Offset int64  // of the item at fault, in bytes from the start
	Reason string // complete text
	Err    error  // one of the causes above, or what the reader returned
}

// Error implements error: "rdb: offset 0x1234: short read in string of 500 bytes".
func (e *Error) Error() string { return fmt.Sprintf("rdb: offset 0x%x: %s", e.Offset, e.Reason) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
