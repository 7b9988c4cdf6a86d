package rdb

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

// seenEntry is an entry with its value: a string, or a collection as text.
type seenEntry struct {
	Entry
	Value []byte
}

// log is a Visitor that writes down what it sees.
type log struct {
	lines   []string
	entries map[string]seenEntry // by "db/key"
	empty   int
	refuse  error // returned for each entry
}

func (l *log) add(format string, args ...any) error {
	l.lines = append(l.lines, fmt.Sprintf(format, args...))
	return nil
}
func (l *log) Aux(name, value []byte) error        { return l.add("aux %s=%s", name, value) }
func (l *log) SelectDB(db uint64) error            { return l.add("select %d", db) }
func (l *log) ResizeDB(keys, expires uint64) error { return l.add("resize %d %d", keys, expires) }
func (l *log) Entry(e *Entry) error {
	c := seenEntry{Entry: *e}
	var p printer
	if err := e.Read(&p); err == ErrEmpty {
		l.empty++
		return l.refuse
	} else if err != nil {
		return err
	}
	c.from, c.Key, c.Value = nil, bytes.Clone(e.Key), p.text
	if l.entries == nil {
		l.entries = map[string]seenEntry{}
	}
	l.entries[fmt.Sprintf("%d/%s", e.DB, e.Key)] = c
	l.add("%d/%s=%.40q exp=%d idle=%d freq=%d", e.DB, e.Key, c.Value, e.ExpireAtMs, e.IdleSec, e.Freq)
	return l.refuse
}

var checked = EncoderOptions{Compress: true, Checksum: true}

func encode(t testing.TB, opts EncoderOptions, write func(*Encoder)) []byte {
	t.Helper()
	var b bytes.Buffer
	e := NewEncoder(&b, opts)
	e.Header()
	write(e)
	size := e.Size() + 1 + checksumSize
	if err := e.Footer(); err != nil {
		t.Fatal(err)
	}
	if e.Size() != size || size != int64(b.Len()) {
		t.Fatalf("Size %d, want %d, wrote %d", e.Size(), size, b.Len())
	}
	return b.Bytes()
}

// pattern gives size bytes that do not compress.
func pattern(size int) []byte {
	r := rand.New(rand.NewPCG(7, uint64(size)))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// values are strings at the borders of every encoding.
func values() [][]byte {
	var list [][]byte
	for _, v := range []int64{0, 1, -1, 127, 128, -128, -129, 32767, 32768, -32768, -32769,
		math.MaxInt32, math.MaxInt32 + 1, math.MinInt32, math.MinInt32 - 1, math.MaxInt64, math.MinInt64} {
		list = append(list, fmt.Append(nil, v))
	}
	for _, s := range []string{"", "a", "-", "-0", "00", "+1", " 1", "1 ", "01", "1.0", "12345678901", "99999999999", "\x00\xff\r\n"} {
		list = append(list, []byte(s))
	}
	for _, n := range []int{20, 21, 22, 63, 64, 65, 300, 16383, 16384, 16385, 70000} {
		list = append(list, bytes.Repeat([]byte("z"), n), pattern(n), []byte(strings.Repeat("ab12 ", n))[:n])
	}
	return append(list, pattern(1<<20), bytes.Repeat([]byte("redoubt "), 1<<17), pattern(encoderBuffer), pattern(encoderBuffer-20))
}

func writeValues(e *Encoder, dbs int) {
	for db := range uint64(dbs) {
		e.SelectDB(db * 7)
		e.ResizeDB(uint64(len(values())), 3)
		for i, v := range values() {
			switch i % 4 {
			case 1:
				e.ExpireMs(4102444800000 + int64(i))
			case 2:
				e.Idle(uint64(i) * 100)
			case 3:
				e.Freq(uint8(i))
			}
			e.StringEntry(fmt.Append(nil, "key:", i), v)
		}
	}
}

func checkValues(t *testing.T, got map[string]seenEntry, dbs int) {
	t.Helper()
	if len(got) != dbs*len(values()) {
		t.Fatalf("%d entries, want %d", len(got), dbs*len(values()))
	}
	for db := range uint64(dbs) {
		for i, v := range values() {
			e := got[fmt.Sprintf("%d/key:%d", db*7, i)]
			want := Entry{DB: db * 7, ExpireAtMs: -1, IdleSec: -1, Freq: -1}
			switch i % 4 {
			case 1:
				want.ExpireAtMs = 4102444800000 + int64(i)
			case 2:
				want.IdleSec = int64(i) * 100
			case 3:
				want.Freq = int16(uint8(i))
			}
			if !bytes.Equal(e.Value, v) {
				t.Fatalf("value %d: got %d bytes %.60q, want %d bytes %.60q", i, len(e.Value), e.Value, len(v), v)
			}
			e.Key = nil
			if fmt.Sprint(e.Entry) != fmt.Sprint(want) {
				t.Fatalf("entry %d: %+v, want %+v", i, e.Entry, want)
			}
		}
	}
}

func TestRoundTrip(t *testing.T) {
	for _, opts := range []EncoderOptions{checked, {}, {Checksum: true}} {
		file := encode(t, opts, func(e *Encoder) { writeValues(e, 2) })
		for name, d := range map[string]*Decoder{
			"sized":    NewDecoder(bytes.NewReader(file), DecoderOptions{Size: int64(len(file))}),
			"stream":   NewDecoder(bytes.NewReader(file), DecoderOptions{}),
			"dribbles": NewDecoder(iotest.HalfReader(bytes.NewReader(file)), DecoderOptions{}),
		} {
			var l log
			if err := d.Decode(&l); err != nil {
				t.Fatalf("%+v %s: %v", opts, name, err)
			}
			checkValues(t, l.entries, 2)
			if d.Version() != Version || d.Offset() != int64(len(file)) || len(d.Buffered()) != 0 {
				t.Fatalf("version %d, offset %d of %d", d.Version(), d.Offset(), len(file))
			}
		}
	}
}

// TestGolden holds the worked example of the package comment to the code.
func TestGolden(t *testing.T) {
	parts := []struct{ label, hex string }{
		{"REDIS0010", "52 45 44 49 53 30 30 31 30"},
		{"SELECTDB 0", "fe 00"},
		{"RESIZEDB 2 keys, 1 with expiry", "fb 02 01"},
		{`string "k" = "v"`, "00 01 6b 01 76"},
		{"EXPIRETIME_MS 1700000000000", "fc 00 68 e5 cf 8b 01 00 00"},
		{`string "n" = int16 300`, "00 01 6e c1 2c 01"},
		{"EOF", "ff"},
		{"CRC-64", "0c 87 f5 71 24 9f e3 16"},
	}
	got := encode(t, checked, func(e *Encoder) {
		e.SelectDB(0)
		e.ResizeDB(2, 1)
		e.StringEntry([]byte("k"), []byte("v"))
		e.ExpireMs(1700000000000)
		e.StringEntry([]byte("n"), []byte("300"))
	})
	at := 0
	for _, p := range parts {
		want, err := hex.DecodeString(strings.ReplaceAll(p.hex, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		if at+len(want) > len(got) || !bytes.Equal(got[at:at+len(want)], want) {
			t.Fatalf("%s: % x, want % x", p.label, got[at:min(len(got), at+len(want))], want)
		}
		at += len(want)
	}
	if at != len(got) {
		t.Fatalf("%d bytes more", len(got)-at)
	}
}

func TestCRC(t *testing.T) {
	if got := crcUpdate(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca { // the check value of CRC-64 Jones
		t.Fatalf("%x", got)
	}
	p := pattern(1000)
	for cut := range 40 {
		if crcUpdate(crcUpdate(0, p[:cut]), p[cut:]) != crcUpdate(0, p) {
			t.Fatalf("cut at %d", cut)
		}
	}
}

func TestPieces(t *testing.T) {
	big := pattern(3 * encoderBuffer)
	file := encode(t, checked, func(e *Encoder) {
		e.SelectDB(0)
		e.Type(TypeString)
		e.String([]byte("big"))
		e.BeginString(uint64(len(big)))
		for at := 0; at < len(big); at += 1000 {
			e.Piece(big[at:min(at+1000, len(big))])
		}
		e.StringEntry([]byte("after"), []byte("x"))
	})
	var l log
	if err := NewDecoder(bytes.NewReader(file), DecoderOptions{}).Decode(&l); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(l.entries["0/big"].Value, big) || string(l.entries["0/after"].Value) != "x" {
		t.Fatal("another string came back")
	}

	e := NewEncoder(io.Discard, checked)
	e.BeginString(5)
	e.Piece([]byte("abc"))
	e.Type(TypeString)
	if err := e.Footer(); err == nil || err.Error() != "write RDB: 2 bytes of a string are missing" {
		t.Fatal(err)
	}
	e = NewEncoder(io.Discard, checked)
	e.BeginString(1)
	e.Piece([]byte("abc"))
	if err := e.Footer(); err == nil || err.Error() != "write RDB: piece of 3 bytes where 1 are missing" {
		t.Fatal(err)
	}
}

func TestWriteErrorSticks(t *testing.T) {
	broken := errors.New("broken")
	pr, pw := io.Pipe()
	pr.CloseWithError(broken)
	e := NewEncoder(pw, checked)
	e.Header()
	for range 10 {
		e.StringEntry([]byte("k"), pattern(encoderBuffer))
	}
	if err := e.Footer(); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "write RDB at offset 0: ") {
		t.Fatal(err)
	}
	if !errors.Is(e.Err(), broken) || e.Footer() == nil {
		t.Fatal("the error did not stick")
	}
	e = NewEncoder(io.Discard, checked)
	if e.Footer() != nil || e.Footer() == nil {
		t.Fatal("a second footer was written")
	}
}

func raw(parts ...any) []byte {
	b := []byte("REDIS0010")
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			b = append(b, p...)
		case int:
			b = append(b, byte(p))
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func TestErrorsTellThePlaceAndTheReason(t *testing.T) {
	flipped := encode(t, checked, func(e *Encoder) { e.StringEntry([]byte("k"), []byte("v")) })
	flipped[13] ^= 1
	huge := []byte{0x81, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff}
	for _, c := range []struct {
		name string
		file []byte
		want string
		is   error
	}{
		{"empty", nil, "offset 0x0: short read in the header", ErrTruncated},
		{"signature", []byte("REDIX0010"), `offset 0x0: wrong signature "REDIX": not an RDB file`, ErrVersion},
		{"version 0", []byte("REDIS0000"), "offset 0x5: can't handle RDB format version 0 (1 to 12 are known)", ErrVersion},
		{"version 13", []byte("REDIS0013"), "offset 0x5: can't handle RDB format version 13 (1 to 12 are known)", ErrVersion},
		{"version text", []byte("REDIS00x1"), `offset 0x5: can't handle RDB format version "00x1"`, ErrVersion},
		{"no end", raw(), "offset 0x9: short read in the start of a record", ErrTruncated},
		{"no checksum", raw(0xff, "1234567"), "offset 0xa: short read in the checksum", ErrTruncated},
		{"flip", flipped, "offset 0xf: RDB CRC error: the file says", ErrChecksum},
		{"short", raw(0, 1, "k", 0x41, 0xf4, "only"), "offset 0xe: short read in a string of 500 bytes", ErrTruncated},
		{"huge", raw(0, 1, "k", huge), "offset 0x15: short read in a string of 4294967295 bytes", ErrTruncated},
		{"above the limit", raw(0, 1, "k", 0x81, 1, "1234567"), "offset 0x15: a string of 85905063397373495 bytes is longer than the limit of 4294967295", ErrCorrupt},
		{"length", raw(0, 0x82), "offset 0xa: unknown length encoding 0x82 of a key", ErrCorrupt},
		{"encoding", raw(0, 1, "k", 0xc4), "offset 0xc: unknown string encoding 0xc4 of a string", ErrCorrupt},
		{"no length", raw(0xfe, 0xc0), "offset 0xa: encoding byte 0xc0 where a database number should have a length", ErrCorrupt},
		{"lzf lie", raw(0, 1, "k", 0xc3, 1, huge, "x"), "offset 0xc: a string of 4294967295 bytes cannot come from 1 compressed bytes", ErrCorrupt},
		{"lzf", raw(0, 1, "k", 0xc3, 2, 30, 0x20, 0), "offset 0xc: invalid LZF compressed a string", ErrCorrupt},
		{"list", raw(0xfe, 3, 18, 4, "li\x01t", 1, 3), `offset 0x12: Quicklist integrity check failed: node of kind 3 (key "li\x01t" in database 3)`, ErrCorrupt},
		{"unknown type", raw(26, 1, "k"), "offset 0x9: unknown RDB type or opcode 26", ErrCorrupt},
		{"unknown opcode", raw(243, 1, "k"), "offset 0x9: unknown RDB type or opcode 243", ErrCorrupt},
		{"function", raw(0xf5, 1, "f"), "offset 0x9: the file holds a function library, which is not loaded here", ErrUnsupported},
		{"module", raw(0xf7, 0x81, 0x04, 0x10, 0x41, 0x04, 0x10, 0x41, 0x04, 0x01), "no matching module 'BBBBBBBBB'", ErrUnsupported},
	} {
		for _, size := range []int64{0, int64(len(c.file))} {
			err := NewDecoder(bytes.NewReader(c.file), DecoderOptions{Size: size}).Decode(&log{})
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) || !errors.Is(err, c.is) {
				t.Errorf("%s (size %d):\n got %v\nwant %s", c.name, size, err, c.want)
			}
		}
	}
}

func TestVisitorErrorCarriesTheOffset(t *testing.T) {
	refused := errors.New("duplicate key")
	err := NewDecoder(bytes.NewReader(raw(0, 1, "k", 1, "v", 0xff)), DecoderOptions{}).Decode(&log{refuse: refused})
	if !errors.Is(err, refused) || err.Error() != "rdb: offset 0x9: duplicate key" {
		t.Fatal(err)
	}
}

// A length that is only declared must not be allocated.
func TestDeclaredLengthIsNotAllocated(t *testing.T) {
	file := raw(0, 1, "k", 0x80, 0xff, 0xff, 0xff, 0xff, pattern(100))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	NewDecoder(bytes.NewReader(file), DecoderOptions{}).Decode(&log{})
	runtime.ReadMemStats(&after)
	got := after.TotalAlloc - before.TotalAlloc
	if got > 4<<20 {
		t.Fatalf("%d bytes for a file of %d", got, len(file))
	}
}

func TestOldAndNewVersions(t *testing.T) {
	for version := 1; version <= MaxVersion; version++ {
		file := fmt.Appendf(nil, "REDIS%04d\xfd\x00\x00\x00\x01\x00\x01k\x01v\xf4\x01\x02\x03\xff", version)
		if version >= 5 {
			file = append(file, 0, 0, 0, 0, 0, 0, 0, 0)
		}
		file = append(file, "*1\r\n"...)
		var l log
		d := NewDecoder(bytes.NewReader(file), DecoderOptions{})
		if err := d.Decode(&l); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if l.lines[0] != `0/k="v" exp=16777216000 idle=-1 freq=-1` || string(d.Buffered()) != "*1\r\n" {
			t.Fatalf("version %d: %q, rest %q", version, l.lines, d.Buffered())
		}
	}
}

func TestChecksumCanBeSkipped(t *testing.T) {
	file := encode(t, checked, func(e *Encoder) { e.StringEntry([]byte("k"), []byte("v")) })
	file[len(file)-1] ^= 1
	if err := NewDecoder(bytes.NewReader(file), DecoderOptions{}).Decode(&log{}); !errors.Is(err, ErrChecksum) {
		t.Fatal(err)
	}
	if err := NewDecoder(bytes.NewReader(file), DecoderOptions{SkipChecksum: true}).Decode(&log{}); err != nil {
		t.Fatal(err)
	}
}

// Every single-byte cut of a file is an error, never a panic or a success.
func TestTruncatedAnywhere(t *testing.T) {
	file := encode(t, checked, func(e *Encoder) {
		e.Info(Info{RedisVersion: "7.4.0", RedoubtVersion: "0"})
		e.SelectDB(300)
		e.ExpireMs(1)
		e.StringEntry([]byte("key"), bytes.Repeat([]byte("x"), 100))
		e.StringEntry([]byte("100000"), pattern(100))
	})
	for cut := range file {
		if err := NewDecoder(bytes.NewReader(file[:cut]), DecoderOptions{}).Decode(&log{}); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

// stringDump is the payload of a string.
func stringDump(v []byte, compress bool) []byte {
	var d Dumper
	return d.payload([]byte("before"), compress, func(e *Encoder) int {
		e.Type(TypeString)
		e.String(v)
		return Version
	})[len("before"):]
}

// Files and DUMP payloads hold the same strings, byte for byte.
func TestDumpEqualsFile(t *testing.T) {
	for i, v := range values() {
		file := encode(t, checked, func(e *Encoder) { e.String(v) })
		dump := stringDump(v, true)
		if !bytes.Equal(file[headerSize:len(file)-1-checksumSize], dump[1:len(dump)-dumpFooter]) {
			t.Errorf("value %d %.30q differs", i, v)
		}
	}
}

// Block is called in the middle of a long value, and can end the writing there.
func TestBlockEndsTheWriting(t *testing.T) {
	enough := errors.New("enough")
	var b bytes.Buffer
	blocks := 0
	e := NewEncoder(&b, EncoderOptions{Block: func() error {
		if blocks++; blocks == 3 {
			return enough
		}
		return nil
	}})
	e.Header()
	e.Type(TypeSet)
	e.String([]byte("k"))
	e.Length(1 << 20)
	members := 0
	for ; members < 1<<20 && e.Err() == nil; members++ {
		e.String(fmt.Append(nil, "member:", members))
	}
	if !errors.Is(e.Footer(), enough) || blocks != 3 || b.Len() > 3*encoderBuffer || members > 3*encoderBuffer/10 {
		t.Fatalf("%v after %d blocks, %d members", e.Err(), blocks, members)
	}
}
