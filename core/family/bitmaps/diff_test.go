package bitmaps

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/familytest"
)

const testMaxBulk = 1 << 20

func newPair(t *testing.T) *familytest.Pair {
	rows := Commands(Options{MaxBulk: func() int64 { return testMaxBulk }})
	return familytest.New(t, rows, "--proto-max-bulk-len", fmt.Sprint(testMaxBulk))
}

// script runs lines of words on both sides.
func script(p *familytest.Pair, text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var args []any
		for _, w := range strings.Fields(line) {
			args = append(args, w)
		}
		p.Same(args...)
	}
	p.SameState()
}

func TestLikeRedis(t *testing.T) {
	p := newPair(t)
	p.Set("empty", "")
	p.Set("int", "12345")
	p.Set("text", "\x00\xff\xf0\x0f hello")
	p.Set("ones", strings.Repeat("\xff", 40))
	p.Set("zeros", strings.Repeat("\x00", 40))
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		script(p, tables)
	}
}

const tables = `
setbit a 0 1
setbit a 0 1
setbit a 7 1
setbit a 100 0
setbit a 100 0
setbit a -1 1
setbit a x 1
setbit a 8388607 1
setbit a 8388608 1
setbit a 9223372036854775807 1
setbit a 1 2
setbit a 1 x
setbit a 1 -1
setbit a x x
setbit int 0 0
setbit int 6 1
setbit text 3 0
setbit text 500 1
getbit a 0
getbit a 1
getbit a 8388607
getbit a 8388608
getbit a #1
getbit nokey 5
getbit int 2
getbit text 9
getbit text 100000
getbit empty 0
bitcount nokey
bitcount nokey 1
bitcount nokey x y z
bitcount text
bitcount text 0
bitcount text 0 x
bitcount text x 0
bitcount text 0 1 2
bitcount text 0 1 bit 3
bitcount text 0 1 bit
bitcount text 0 -1 BIT
bitcount text 5 30 bit
bitcount text 9 9 bit
bitcount text 8 8 bit
bitcount text 1 1 byte
bitcount text -2 -1
bitcount text -1 -2
bitcount text -1 -2 nonsense
bitcount text -100 100
bitcount text 100 200
bitcount text -9223372036854775808 9223372036854775807 bit
bitcount empty
bitcount empty 0 -1
bitcount empty 0 -1 bit
bitcount int 0 -1
bitpos nokey 0
bitpos nokey 1
bitpos nokey 2
bitpos nokey 1 x
bitpos text x
bitpos text 1 x
bitpos text 1 0 x
bitpos text 1 0 1 x
bitpos text 1 0 x x
bitpos text 1 0 1 bit x
bitpos text 1
bitpos text 0
bitpos text 0 1
bitpos text 0 1 1
bitpos text 0 1 2
bitpos text 1 0 0
bitpos text 1 0 7 bit
bitpos text 1 0 8 bit
bitpos text 1 12 14 bit
bitpos text 0 8 15 bit
bitpos text 0 9 9 bit
bitpos text 0 10 17 bit
bitpos text 1 -1
bitpos text 1 -3 -1
bitpos text 1 -1 -3
bitpos text 1 100
bitpos text 0 100
bitpos empty 0
bitpos empty 1
bitpos empty 0 0
bitpos empty 0 0 -1
bitpos empty 0 0 -1 bit
bitpos ones 0
bitpos ones 0 0
bitpos ones 0 3
bitpos ones 0 0 -1
bitpos ones 0 3 -1
bitpos ones 0 3 200 bit
bitpos ones 1 37 200 bit
bitpos ones 0 39
bitpos ones 0 40
bitpos zeros 1
bitpos zeros 1 3
bitpos zeros 0 3 7 bit
bitop and d
bitop nope d text
bitop not d text ones
bitop not d text
bitop NOT d ones
bitop and d text ones
bitop and d ones text
bitop or d text ones zeros
bitop xor d text ones
bitop xor d text ones text
bitop and d nokey ones
bitop and d ones nokey
bitop or d nokey ones
bitop or d nokey nokey2
bitop or d nokey
bitop xor d int empty
bitop not d empty
bitop not d int
bitop and text text ones
bitop or int int
bitop not ones ones
bitop or gone empty
bitfield f
bitfield nokey get u8 0
bitfield f get u8
bitfield f set u8 0
bitfield f nope
bitfield f get u64 0
bitfield f get i64 0
bitfield f get i65 0
bitfield f get u63 0
bitfield f get u0 0
bitfield f get x8 0
bitfield f get u 0
bitfield f get u08 0
bitfield f get u8 -1
bitfield f get u8 x
bitfield f get u8 #x
bitfield f get u8 #-1
bitfield f get u8 #
bitfield f get u8 #3
bitfield f get u8 8388607
bitfield f get u8 8388608
bitfield f set u8 #1048576 1
bitfield f get i64 #288230376151711744
bitfield f set u8 0 x
bitfield f set u8 0 255 get u8 0 get i8 0 get u4 2
bitfield f incrby u8 0 10
bitfield f overflow sat incrby u8 0 1000 overflow fail incrby u8 0 1 overflow wrap incrby u8 0 3
bitfield f overflow nope
bitfield f overflow
bitfield f OVERFLOW SAT SET i8 8 -9223372036854775808 SET i8 8 9223372036854775807
bitfield f OVERFLOW SAT incrby i8 8 -1000 incrby i8 8 1000
bitfield f overflow fail set u4 100 16 
bitfield f overflow fail set u4 1000 16 
bitfield g overflow fail set u4 100 16 
bitfield g overflow fail set u4 100 16 set u4 0 1
bitfield g set i64 3 -1 get i64 3 incrby i64 3 -9223372036854775808
bitfield g set u63 3 -1 get u63 3 incrby u63 3 9223372036854775807
bitfield g set u63 3 9223372036854775807 incrby u63 3 1 overflow sat incrby u63 3 -1 incrby u63 3 -9223372036854775808
bitfield g get u8 4 set u8 4 0 get u63 0
bitfield int get u8 0
bitfield int set u8 0 49
bitfield int set u8 1000 0
bitfield_ro f get u8 0 get i5 3
bitfield_ro f set u8 0 1
bitfield_ro f get u8
bitfield_ro f overflow sat get u8 0
bitfield_ro nokey get u8 0
`

// TestRandomLikeRedis tries ranges over a string of long stretches of equal
// bytes, and fields of all widths at all places.
func TestRandomLikeRedis(t *testing.T) {
	p := newPair(t)
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	number := func(n int) int { return rng.IntN(2*n) - n }
	for range 60 {
		var text []byte
		for range rng.IntN(8) {
			fill := []byte{0, 0xff, byte(rng.Uint32())}[rng.IntN(3)]
			for range rng.IntN(30) {
				text = append(text, fill)
			}
		}
		p.Set("s", string(text))
		n := len(text) + 3
		for range 12 {
			p.Same("bitcount", "s", number(n), number(n))
			p.Same("bitcount", "s", number(8*n), number(8*n), pick("bit", "byte"))
			bit := rng.IntN(2)
			p.Same("bitpos", "s", bit, number(n))
			p.Same("bitpos", "s", bit, number(n), number(n))
			p.Same("bitpos", "s", bit, number(8*n), number(8*n), "bit")
			p.Same("setbit", "s", rng.IntN(8*n), bit)
			p.Same("getbit", "s", rng.IntN(8*n))
			p.Same("bitop", pick("and", "or", "xor"), pick("s", "d"), pick("s", "d", "f"), pick("s", "d", "f"), pick("s", "f", "nokey"))
			var line []any
			line = append(line, "bitfield", "f")
			for range 1 + rng.IntN(3) {
				typ := fmt.Sprint("i", 1+rng.IntN(64))
				if rng.IntN(2) == 0 {
					typ = fmt.Sprint("u", 1+rng.IntN(63))
				}
				by := int64(rng.Uint64()) >> rng.IntN(64)
				line = append(line, "overflow", pick("wrap", "sat", "fail"),
					pick("set", "incrby"), typ, pick("", "#")+fmt.Sprint(rng.IntN(30)), by,
					"get", pick("u8", "i64", "i3", "u63"), rng.IntN(200))
			}
			p.Same(line...)
		}
		p.SameState()
	}
}

// TestHotCommandsDoNotAllocate holds what makes the common commands fast.
func TestHotCommandsDoNotAllocate(t *testing.T) {
	p := newPair(t)
	p.NoAllocs("setbit", "b", "1000", "1")
	p.NoAllocs("setbit", "b", "500000", "0")
	for _, line := range []string{"getbit b 1000", "getbit b 499999", "setbit b 1000 1", "bitcount b", "bitcount b 3 900 BIT", "bitpos b 1"} {
		p.NoAllocs(strings.Fields(line)...)
	}
}

// TestLongLikeRedis works on the bits around the seams of chunks.
func TestLongLikeRedis(t *testing.T) {
	p := newPair(t)
	const seed = 2
	rng := rand.New(rand.NewPCG(seed, 0))
	place := func() int {
		return max(8*[]int{0, 16376, 2 * 16376, 32760, 5 * 16376, 90000}[rng.IntN(6)]+rng.IntN(200)-100, 0)
	}
	for i := range 600 {
		key := fmt.Sprint("k", rng.IntN(3))
		p.Same("setbit", key, place(), rng.IntN(3)%2)
		p.Same("getbit", key, place())
		p.Same("bitfield", key, "incrby", "i33", place(), rng.Int32(), "get", "u60", place())
		p.Same("bitcount", key, place(), place(), "bit")
		p.Same("bitpos", key, rng.IntN(2), place(), place(), "bit")
		if i%50 == 0 {
			p.Same("bitop", []string{"and", "or", "xor"}[rng.IntN(3)], "k0", "k1", "k2", "k0")
			p.SameState()
		}
	}
}
