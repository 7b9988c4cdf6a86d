package lzf

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
)

// The worked example of the package comment.
func TestGolden(t *testing.T) {
	var e Encoder
	dst := make([]byte, 64)
	n := e.Compress(dst, bytes.Repeat([]byte("a"), 30))
	if got, want := hex.EncodeToString(dst[:n]), "016161e01100016161"; got != want {
		t.Fatalf("30 a's: %s, want %s", got, want)
	}
}

const wantLiblzf = 0x2b2a5988

func samples(r *rand.Rand) [][]byte {
	var list [][]byte
	for _, size := range []int{1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23, 31, 32, 33, 34, 64, 100, 263, 264, 265, 266, 267, 300, 8190, 8192, 8195, 8200, 20000} {
		random, few, runs := make([]byte, size), make([]byte, size), make([]byte, size)
		for i := range size {
			random[i] = byte(r.Uint32())
			few[i] = 'a' + byte(r.IntN(3))
			if i > 0 && r.IntN(20) > 0 {
				runs[i] = runs[i-1]
			} else {
				runs[i] = byte(r.Uint32())
			}
		}
		text := []byte(strings.Repeat(fmt.Sprintf("user:%d:name ", size), size/10+1))[:size]
		list = append(list, random, few, runs, text, bytes.Repeat([]byte{'x'}, size))
	}
	return list
}

func TestRoundTripAtEveryOutputSize(t *testing.T) {
	var e Encoder
	for _, src := range samples(rand.New(rand.NewPCG(1, 2))) {
		full := make([]byte, len(src)*2+8)
		n := e.Compress(full, src)
		if n == 0 {
			t.Fatalf("%d bytes do not fit into %d", len(src), len(full))
		}
		back := make([]byte, len(src))
		if err := Decompress(back, full[:n]); err != nil || !bytes.Equal(back, src) {
			t.Fatalf("%d bytes: %v, equal %v", len(src), err, bytes.Equal(back, src))
		}
		if len(src) > n*MaxExpansion {
			t.Fatalf("%d bytes from %d: more than MaxExpansion", len(src), n)
		}
		for room := max(0, n-8); room < n+8; room++ { // a short dst is a 0, never a panic
			got := e.Compress(full[:room], src)
			if got != 0 && got != n || got > room || room >= n+4 && got == 0 {
				t.Fatalf("%d bytes into %d: %d, want %d or 0", len(src), room, got, n)
			}
		}
	}
}

// The choices of the encoder are frozen: the sum is that of liblzf's output
// for the same strings (its table cleared before each, INIT_HTAB=1).
func TestOutputEqualsLiblzf(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	e, sum := new(Encoder), crc32.NewIEEE()
	for range 5000 {
		src, letters := make([]byte, 5+r.IntN(700)), 1+r.IntN(20)
		for i := range src {
			if i > 20 && r.IntN(3) > 0 {
				src[i] = src[i-r.IntN(18)-1]
			} else {
				src[i] = byte(r.IntN(letters))
			}
		}
		dst := make([]byte, len(src)-4)
		sum.Write(dst[:e.Compress(dst, src)])
	}
	if got := sum.Sum32(); got != wantLiblzf {
		t.Fatalf("sum %#x, want %#x", got, wantLiblzf)
	}
}

// Entries that earlier strings left in the table must not change the output.
func TestOutputDependsOnInputAlone(t *testing.T) {
	var used Encoder
	used.base = 1<<32 - 60000 // reach the wrap of positions on the way
	wrapped := false
	for _, src := range samples(rand.New(rand.NewPCG(3, 4))) {
		before := used.base
		a, b := make([]byte, len(src)*2+8), make([]byte, len(src)*2+8)
		n, m := new(Encoder).Compress(a, src), used.Compress(b, src)
		wrapped = wrapped || used.base < before
		if !bytes.Equal(a[:n], b[:m]) {
			t.Fatalf("%d bytes: a used table gives another output", len(src))
		}
	}
	if !wrapped {
		t.Fatal("the positions never wrapped")
	}
}

func TestBrokenInput(t *testing.T) {
	for _, c := range []struct {
		src  string
		size int
		want error
	}{
		{"02 61 62", 3, ErrTruncated},
		{"00 61 20", 4, ErrTruncated},
		{"00 61 e0", 10, ErrTruncated},
		{"00 61 e0 00", 10, ErrTruncated},
		{"00 61 20 01", 4, ErrReference},
		{"20 00", 3, ErrReference},
		{"00 61 20 00", 3, ErrTooLong},
		{"01 61 62", 1, ErrTooLong},
		{"00 61", 2, ErrTooShort},
		{"", 1, ErrTooShort},
	} {
		src, _ := hex.DecodeString(strings.ReplaceAll(c.src, " ", ""))
		if err := Decompress(make([]byte, c.size), src); !errors.Is(err, c.want) {
			t.Errorf("%q into %d: %v, want %v", c.src, c.size, err, c.want)
		}
	}
}

func TestCompressDoesNotAllocate(t *testing.T) {
	e := new(Encoder)
	src := bytes.Repeat([]byte("allocation "), 20)
	dst := make([]byte, len(src))
	if n := testing.AllocsPerRun(100, func() { e.Compress(dst, src) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func FuzzDecompress(f *testing.F) {
	f.Add([]byte{1, 'a', 'a', 0xe0, 0x12, 0, 0, 'a'}, uint16(30))
	f.Add([]byte{0x20, 0}, uint16(3))
	f.Fuzz(func(t *testing.T, src []byte, size uint16) {
		dst := make([]byte, size)
		if Decompress(dst, src) == nil && int(size) > len(src)*MaxExpansion {
			t.Fatalf("%d bytes from %d", size, len(src))
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), uint16(20))
	e := new(Encoder)
	f.Fuzz(func(t *testing.T, src []byte, room uint16) {
		dst := make([]byte, room)
		n := e.Compress(dst, src)
		if n == 0 {
			return
		}
		back := make([]byte, len(src))
		if err := Decompress(back, dst[:n]); err != nil || !bytes.Equal(back, src) {
			t.Fatalf("round trip of %q: %v", src, err)
		}
	})
}

func BenchmarkCompress(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{100, 4096} {
		for _, kind := range []string{"text", "random"} {
			src := []byte(strings.Repeat("the quick brown fox 1234 ", size))[:size]
			if kind == "random" {
				for i := range src {
					src[i] = byte(r.Uint32())
				}
			}
			b.Run(fmt.Sprintf("%s-%d", kind, size), func(b *testing.B) {
				e, dst := new(Encoder), make([]byte, size)
				b.SetBytes(int64(size))
				for b.Loop() {
					e.Compress(dst, src)
				}
			})
		}
	}
}

func BenchmarkDecompress(b *testing.B) {
	src := []byte(strings.Repeat("the quick brown fox 1234 ", 400))[:4096]
	dst, back := make([]byte, len(src)), make([]byte, len(src))
	n := new(Encoder).Compress(dst, src)
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		if err := Decompress(back, dst[:n]); err != nil {
			b.Fatal(err)
		}
	}
}
