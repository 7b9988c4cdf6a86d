// Package rdb writes and reads RDB files, Redis's snapshot format, and the
// payloads of DUMP and RESTORE, which are made of the same parts.
//
// An Encoder writes a file piece by piece to any io.Writer; a Decoder reads
// one from any io.Reader and hands each record to a Visitor. SaveFile and
// LoadFile do this with files: SaveFile so that a crash or an error at any
// moment leaves either the old file or the new one, whole.
//
// # Layout
//
// A file is a header, records, and a footer. Each record starts with one
// byte: an opcode (from 244 up) or the type of a value.
//
//	+-----------+---------+----------+--------+---------+---+------+----------+
//	| REDIS0010 | AUX … → | SELECTDB | RESIZE | entry … → … | 0xff | crc64 LE |
//	+-----------+---------+----------+--------+---------+---+------+----------+
//	  5+4 bytes                        once per database            8 bytes
//
//	byte  name           followed by
//	0xff  EOF            checksum, 8 bytes little-endian (from version 5 on)
//	0xfe  SELECTDB       length: number of the database of what follows
//	0xfd  EXPIRETIME     int32 LE: Unix seconds when the next entry expires
//	0xfc  EXPIRETIME_MS  int64 LE: the same in milliseconds
//	0xfb  RESIZEDB       length: keys; length: keys with expiry (a hint)
//	0xfa  AUX            string: name; string: value
//	0xf9  FREQ           byte: LFU counter of the next entry
//	0xf8  IDLE           length: seconds since the next entry was used
//	0xf7  MODULE_AUX     data of a module
//	0xf6  FUNCTION       as FUNCTION2, of release candidates of 7.0: function.go
//	0xf5  FUNCTION2      string: source of a function library
//	0xf4  SLOT_INFO      length: slot; length: keys; length: with expiry
//	0-25  an entry       string: key; then the value, by its type (0: string)
//
// The checksum is CRC-64 Jones (see crc64.go) over all bytes before it; zero
// means that it was not computed.
//
// A length takes 1, 2, 5 or 9 bytes, by the two top bits of the first:
//
//	00LLLLLL                     0..63
//	01LLLLLL LLLLLLLL            up to 16383, big-endian
//	10000000 + 4 bytes           big-endian
//	10000001 + 8 bytes           big-endian
//	11EEEEEE                     no length: a string in encoding E follows
//
// A string is a length and that many bytes, or one of the encodings:
//
//	c0 + int8            the integer in decimal digits
//	c1 + int16 LE
//	c2 + int32 LE
//	c3 + length of the compressed bytes + length of the string + LZF bytes
//
// The value of an entry is made of these, by its type. n is a length, s a
// string, f 8 bytes of a float64, t 8 bytes of Unix milliseconds, both
// little-endian, and id 16 bytes of a stream's ID, big-endian:
//
//	type                      the value
//	 0 string                 s
//	 1 list, 2 set            n, s × n
//	 3 zset                   n, (s, score as text behind its length) × n
//	 4 hash                   n, (field s, value s) × n
//	 5 zset 2                 n, (s, f) × n
//	 9 hash zipmap            s: a zipmap
//	10 list, 12 zset, 13 hash ziplist
//	                          s: a ziplist, of members and scores, fields and values in turns
//	11 set intset             s: an intset
//	14 list quicklist         n, s × n: ziplists
//	15, 19, 21 stream         see streamReader
//	16 hash, 17 zset, 20 set listpack
//	                          s: a listpack
//	18 list quicklist 2       n, (1, s: an element | 2, s: a listpack) × n
//	22 hash with due times    n, (due n, field s, value s) × n
//	23 the same packed        s: a listpack of fields, values and due times
//	24 as 22                  t before: the earliest; dues count from one before it, 0: none
//	25 as 23                  t before: the earliest
//	6, 7                      a module's; refused, as is what follows MODULE_AUX
//
// The Encoder writes 0, 2, 4, 5, 11, 16 to 19, which Redis 7.0 reads, and 24
// and 25 for hashes whose fields expire. Function libraries stand before the first
// database; a payload of FUNCTION DUMP has just their records, and ends like one of
// DUMP.
//
// # Versions
//
// A file is of version 10, that of Redis 7.0, unless some hash in it may have
// fields that expire, which no Redis before 7.4 knows: then it is of version
// 12, so that an older one refuses it at its first bytes and not in the
// middle. That is known when the snapshot is cut, where hashes with such fields
// are counted. A payload of DUMP is of version 12 if it holds such a hash.
//
// # Loading
//
// Load fills a store, with several goroutines if it is told so (parallel.go has
// the picture): one finds where entries end (skimmer), workers decode them with
// the same code that a Decoder uses. What a Builder of a store gathers and makes
// in bulk is in gather.go and the files build_*.go.
//
// # Checks
//
// Nothing that a file or payload says is trusted: ziplists, zipmaps, listpacks,
// intsets and streams are checked in depth before anything is made of them,
// with the time that this takes, whatever sanitize-dump-payload says (Redis
// checks payloads only if it is told to). Duplicates are refused, empty
// collections left out of files and refused in payloads, as by Redis; a sorted
// set that is packed in another order is put in order.
//
// Worked example (TestGolden holds it to the code): database 0 with k → "v",
// n → "300" that expires at 1700000000000 ms:
//
//	52 45 44 49 53 30 30 31 30     REDIS0010
//	fe 00                          SELECTDB 0
//	fb 02 01                       RESIZEDB 2 keys, 1 with expiry
//	00 01 6b 01 76                 string, key "k", value "v"
//	fc 00 68 e5 cf 8b 01 00 00     EXPIRETIME_MS 1700000000000
//	00 01 6e c1 2c 01              string, key "n", value int16 300
//	ff                             EOF
//	0c 87 f5 71 24 9f e3 16        CRC-64 of all the above
package rdb
