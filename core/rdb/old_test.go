package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/listpack"
	"github.com/redoubt-kv/redoubt/core/vfs"
)

// ziplist packs entries, each the bytes behind the length of the one before.
func ziplist(entries ...string) []byte {
	z := make([]byte, ziplistHeader)
	last, before := 0, 0
	for _, e := range entries {
		last = len(z)
		if before < ziplistBigLen {
			z = append(z, byte(before))
		} else {
			z = binary.LittleEndian.AppendUint32(append(z, ziplistBigLen), uint32(before))
		}
		z = append(z, e...)
		before = len(z) - last
	}
	z = append(z, ziplistEnd)
	binary.LittleEndian.PutUint32(z, uint32(len(z)))
	if last == 0 {
		last = ziplistHeader
	}
	binary.LittleEndian.PutUint32(z[4:], uint32(last))
	binary.LittleEndian.PutUint16(z[8:], uint16(len(entries)))
	return z
}

// short is the ziplist entry, or the zipmap string, of up to 63 bytes.
func short(s string) string { return string(byte(len(s))) + s }

var ziplistSamples = []struct{ entry, want string }{
	{short("hello"), "hello"},
	{short(""), ""},
	{"\x41\x2c" + strings.Repeat("a", 300), strings.Repeat("a", 300)},
	{"\x80\x00\x00\x40\x00" + strings.Repeat("b", 16384), strings.Repeat("b", 16384)},
	{"\xf1", "0"}, {"\xfd", "12"},
	{"\xfe\x80", "-128"}, {"\xfe\x7f", "127"},
	{"\xc0\x00\x80", "-32768"}, {"\xc0\x34\x12", "4660"},
	{"\xf0\x00\x00\x80", "-8388608"}, {"\xf0\xff\xff\x7f", "8388607"},
	{"\xd0\x00\x00\x00\x80", "-2147483648"}, {"\xd0\x15\xcd\x5b\x07", "123456789"},
	{"\xe0\x00\x00\x00\x00\x00\x00\x00\x80", "-9223372036854775808"},
}

func collect(z []byte) (list []string, err error) {
	err = eachZiplist(z, func(e []byte) error { list = append(list, string(e)); return nil })
	return list, err
}

func TestZiplist(t *testing.T) {
	var entries, want []string
	for _, s := range ziplistSamples {
		entries, want = append(entries, s.entry), append(want, s.want)
	}
	z := ziplist(entries...)
	got, err := collect(z)
	if err != nil || strings.Join(got, ",") != strings.Join(want, ",") {
		t.Fatalf("%v: %.200q", err, got)
	}
	if got, err := collect(ziplist()); err != nil || got != nil {
		t.Fatalf("empty: %v %q", err, got)
	}
	binary.LittleEndian.PutUint16(z[8:], 0xffff) // too many to be counted
	if _, err := collect(z); err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(z []byte) []byte{
		"total":      func(z []byte) []byte { z[0]++; return z },
		"tail":       func(z []byte) []byte { z[4]++; return z },
		"count":      func(z []byte) []byte { z[8]++; return z },
		"previous":   func(z []byte) []byte { z[ziplistHeader+7]++; return z },
		"first":      func(z []byte) []byte { z[ziplistHeader]++; return z },
		"end":        func(z []byte) []byte { z[len(z)-1] = 0; return z },
		"early end":  func(z []byte) []byte { z[ziplistHeader] = 0xff; return z },
		"long":       func(z []byte) []byte { z[ziplistHeader+1] = 60; return z },
		"longer":     func(z []byte) []byte { z[ziplistHeader+1] = 0x7f; return z },
		"longest":    func(z []byte) []byte { z[ziplistHeader+1] = 0xbf; return z },
		"wide":       func(z []byte) []byte { z[len(z)-2] = 0xe0; return z },
		"no integer": func(z []byte) []byte { z[len(z)-2] = 0xc1; return z },
		"short":      func(z []byte) []byte { return z[:5] },
	} {
		z := change(ziplist(short("hello"), short("you"), "\xf2"))
		if got, err := collect(z); !errors.Is(err, errZiplist) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
}

func TestZipmap(t *testing.T) {
	long := strings.Repeat("v", 300)
	z := "\x02" + short("f") + "\x03\x02xyz##" + short("long") + "\xfe\x2c\x01\x00\x00\x00" + long + "\xff"
	var got []string
	err := eachZipmap([]byte(z), func(f, v []byte) error { got = append(got, string(f)+"="+string(v)); return nil })
	if err != nil || strings.Join(got, ",") != "f=xyz,long="+long {
		t.Fatalf("%v: %q", err, got)
	}
	for _, bad := range []string{
		"", "\x01", "\x00\xff", "\x01\x01f\x01\x00v", "\x02\x01f\x01\x00v\xff",
		"\x01\x01f\x01\x05v\xff", "\x01\x01f\x02\x00v\xff", "\x01\x09f\x01\x00v\xff",
		"\x01\x01f\xff", "\x01\x01f\x01\xff", "\x01\xfe\x01\x00\x00\x00f\x01\x00v\xff",
		"\x01\xfe\xff\xff\xff\xfff\x01\x00v\xff", "\x01\x01f\xff\x00v\xff", "\x01\x01f\x01\x00v\xff\xff",
	} {
		if err := eachZipmap([]byte(bad), func(_, _ []byte) error { return nil }); !errors.Is(err, errZipmap) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// lenString is a string of a file as it is.
func lenString(b []byte) []byte { return append(appendLength(nil, uint64(len(b))), b...) }

func pack(list ...string) []byte {
	lp := listpack.New(nil)
	for _, e := range list {
		lp = listpack.Append(lp, []byte(e))
	}
	return lp
}

func le64(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// otherVersion is what only other versions than 7.0 write, or what none does.
type otherVersion struct {
	name  string
	value []byte // with its type
	want  string // of printer, or of the error
}

func otherVersions() []otherVersion {
	join := func(parts ...any) []byte { return raw(parts...)[headerSize:] }
	return []otherVersion{
		{"list", join(1, 2, short("a"), 0xc0, 7), "\"a\"\n\"7\"\n"},
		{"empty list", join(1, 0), ErrEmpty.Error()},
		{"set", join(2, 2, short("a"), short("b")), "\"a\"\n\"b\"\n"},
		{"set with duplicate", join(2, 2, short("a"), short("a")), "Duplicate set members detected"},
		{"zset", join(3, 4, short("a"), short("1.5"), short("b"), 254, short("c"), 255, short("d"), short("-17")), "\"a\" 1.5\n\"b\" +Inf\n\"c\" -Inf\n\"d\" -17\n"},
		{"zset with NaN", join(3, 1, short("a"), 253), "Zset with NAN score detected"},
		{"zset with text", join(3, 1, short("a"), short("x")), "a score that is no number"},
		{"zset2 with NaN", join(5, 1, short("a"), le64(0x7ff8000000000001)), "Zset with NAN score detected"},
		{"zset2 with duplicate", join(5, 2, short("a"), le64(0), short("a"), le64(0)), "Duplicate zset fields detected"},
		{"hash with duplicate", join(4, 2, short("a"), short("1"), short("a"), short("2")), "Duplicate hash fields detected"},
		{"zipmap", join(9, lenString([]byte("\x01\x01f\x01\x00v\xff"))), "\"f\" \"v\" 0\n"},
		{"zipmap with duplicate", join(9, lenString([]byte("\x02\x01f\x01\x00v\x01f\x01\x00w\xff"))), "Duplicate hash fields detected"},
		{"empty zipmap", join(9, lenString([]byte("\x00\xff"))), "Zipmap integrity check failed"},
		{"ziplist", join(10, lenString(ziplist(short("a"), "\xf3"))), "\"a\"\n\"2\"\n"},
		{"empty ziplist", join(10, lenString(ziplist())), ErrEmpty.Error()},
		{"zset ziplist", join(12, lenString(ziplist(short("a"), "\xf3", short("b"), short("2.5")))), "\"a\" 2\n\"b\" 2.5\n"},
		{"zset ziplist out of order", join(12, lenString(ziplist(short("b"), "\xf3", short("a"), "\xf3"))), "\"b\" 2\n\"a\" 2\n"},
		{"zset ziplist, odd", join(12, lenString(ziplist(short("a")))), "Zset ziplist integrity check failed"},
		{"zset listpack with NaN", join(17, lenString(pack("a", "nan"))), "with a score that is no number"},
		{"hash ziplist", join(13, lenString(ziplist(short("a"), "\xf3"))), "\"a\" \"2\" 0\n"},
		{"hash ziplist with duplicate", join(13, lenString(ziplist(short("2"), "\xf3", "\xf3", "\xf3"))), "Hash ziplist integrity check failed"},
		{"quicklist", join(14, 3, lenString(ziplist(short("a"))), lenString(ziplist()), lenString(ziplist(short("b")))), "\"a\"\n\"b\"\n"},
		{"quicklist of nothing", join(14, 1, lenString(ziplist())), ErrEmpty.Error()},
		{"quicklist 2", join(18, 2, 1, lenString([]byte("plain")), 2, lenString(pack("a", "1"))), "\"plain\"\n\"a\"\n\"1\"\n"},
		{"quicklist 2 without bytes", join(18, 1, 1, 0), "node without bytes"},
		{"set listpack", join(20, lenString(pack("a", "1"))), "\"a\"\n\"1\"\n"},
		{"set listpack with duplicate", join(20, lenString(pack("a", "1", "a"))), "Set listpack integrity check failed"},
		{"hash with due times", join(24, le64(1000), 3, 0, short("a"), short("1"), 1, short("b"), short("2"), 0x40, 101, short("c"), short("3")),
			"\"a\" \"1\" 0\n\"b\" \"2\" 1000\n\"c\" \"3\" 1100\n"},
		{"hash with due times before 7.4.0", join(22, 2, 0, short("a"), short("1"), 0x40, 100, short("b"), short("2")), "\"a\" \"1\" 0\n\"b\" \"2\" 100\n"},
		{"hash with a wild due time", join(24, le64(1<<48), 1, 1, short("a"), short("1")), "invalid due time of a hash field"},
		{"hash listpack ex", join(25, le64(5), lenString(pack("a", "1", "5", "b", "2", "0"))), "\"a\" \"1\" 5\n\"b\" \"2\" 0\n"},
		{"hash listpack ex out of order", join(25, le64(5), lenString(pack("b", "2", "0", "a", "1", "5"))), "\"b\" \"2\" 0\n\"a\" \"1\" 5\n"},
		{"hash listpack ex without number", join(25, le64(5), lenString(pack("b", "2", "x"))), "Hash listpack with an invalid due time"},
		{"hash listpack before 7.4.0", join(23, lenString(pack("a", "1", "5"))), "\"a\" \"1\" 5\n"},
		{"module", join(7, 0x81, le64(0)), "no matching module type 'AAAAAAAAA'"},
	}
}

// sign makes a DUMP payload of a value with its type.
func sign(value []byte) []byte { return signAs(value, MaxVersion) }

func signAs(value []byte, version uint16) []byte {
	payload := binary.LittleEndian.AppendUint16(bytes.Clone(value), version)
	return binary.LittleEndian.AppendUint64(payload, crcUpdate(0, payload))
}

func TestValuesOfOtherVersions(t *testing.T) {
	for _, c := range otherVersions() {
		var p printer
		got := ""
		if err := DecodeDump(sign(c.value), DecoderOptions{}, &p); err != nil {
			got = err.Error()
		} else {
			got = string(p.text)
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for cut := range c.value[1:] { // all of it was looked at
			r := valueReader{reader: reader{buf: c.value[1 : cut+1], end: cut, total: int64(cut), maxString: DefaultMaxString}}
			if err := r.read(Type(c.value[0]), &printer{}); err == nil {
				t.Errorf("%s: cut at %d is read", c.name, cut)
			}
		}
	}
}

// The files that Redis's own tests load, where its source is at hand.
func TestFilesOfRedisSuite(t *testing.T) {
	assets, _ := filepath.Glob(filepath.Join("..", "..", "build", "redis-src", "redis-*", "tests", "assets"))
	if len(assets) == 0 {
		t.Skip("Redis's source is not there: scripts/tcl-suite --fetch gets it")
	}
	for name, want := range map[string]int{
		"hash-ziplist.rdb": 1, "hash-zipmap.rdb": 1, "list-quicklist.rdb": 2, "zset-ziplist.rdb": 1, "encodings.rdb": 13, "corrupt_empty_keys.rdb": 0,
	} {
		path := filepath.Join(assets[0], name)
		var l log
		if err := LoadFile(vfs.OS, path, DecoderOptions{}, &l); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(l.entries) != want {
			t.Errorf("%s: %d keys, want %d", name, len(l.entries), want)
		}
	}
}
