package rdb

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

type ignore struct{}

func (ignore) Aux(name, value []byte) error        { return nil }
func (ignore) SelectDB(db uint64) error            { return nil }
func (ignore) ResizeDB(keys, expires uint64) error { return nil }
func (ignore) Entry(e *Entry) error                { return e.Read(nil) }

// benchValues are 100 bytes each: text that compresses, and random bytes.
func benchValues(kind string) [][]byte {
	list := make([][]byte, 1024)
	for i := range list {
		if kind == "text" {
			list[i] = []byte(strings.Repeat(fmt.Sprintf("user %d is here, ", i), 10))[:100]
		} else {
			list[i] = pattern(100 + 1024*i)[1024*i:]
		}
	}
	return list
}

func BenchmarkEncode(b *testing.B) {
	for _, kind := range []string{"text", "random"} {
		vals := benchValues(kind)
		for name, opts := range map[string]EncoderOptions{
			"plain": {}, "checksum": {Checksum: true}, "lzf+checksum": checked,
		} {
			b.Run(kind+"/"+name, func(b *testing.B) {
				e := NewEncoder(io.Discard, opts)
				b.SetBytes(116) // key of 16 bytes, value of 100
				b.ReportAllocs()
				key := []byte("key:000000000000")
				for i := 0; b.Loop(); i++ {
					e.StringEntry(key, vals[i&1023])
				}
			})
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, kind := range []string{"text", "random"} {
		for name, opts := range map[string]EncoderOptions{"plain": {Checksum: true}, "lzf": checked} {
			vals := benchValues(kind)
			file := encode(b, opts, func(e *Encoder) {
				for i := range 20000 {
					e.StringEntry([]byte("key:000000000000"), vals[i&1023])
				}
			})
			b.Run(kind+"/"+name, func(b *testing.B) {
				b.SetBytes(20000 * 116)
				for b.Loop() {
					if err := NewDecoder(bytes.NewReader(file), DecoderOptions{}).Decode(ignore{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkCRC(b *testing.B) {
	p := pattern(256 << 10)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		crcUpdate(0, p)
	}
}
