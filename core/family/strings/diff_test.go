package strings

import (
	"fmt"
	"math/rand/v2"
	gostrings "strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/familytest"
)

func testOptions() Options {
	return Options{MaxBulk: func() int64 { return 512 << 20 }, LazyUserDel: func() bool { return false }}
}

// script runs lines of words on both sides; «» is the empty word.
func script(p *familytest.Pair, text string) {
	for _, line := range gostrings.Split(gostrings.TrimSpace(text), "\n") {
		var args []any
		for _, w := range gostrings.Fields(line) {
			if w == "«»" {
				w = ""
			}
			args = append(args, w)
		}
		if len(args) > 0 {
			p.Same(args...)
		}
	}
	p.SameState()
}

func TestLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(testOptions()))
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		script(p, tables)
	}
}

const tables = `
get a
set a 1
get a
set a b c
set a 1 nx
set a 2 XX
set nokey 1 xx
set a 3 GET
set a 4 nx get
set fresh 4 nx get
set fresh2 4 xx get
set a 1 nx xx
set a 1 xx nx
set a 1 ex
set a 1 ex x
set a 1 ex 0
set a 1 ex -1
set a 1 ex 10 px 10
set a 1 ex 10 ex 20
set a 1 ex 10 keepttl
set a 1 keepttl ex 10
set a 1 persist
set a 1 ex 9223372036854775807
set a 1 ex 9223372036854775
set a 1 px 9223372036854775807
set a 1 pxat 9223372036854775807
set a 1 exat 9223372036854775807
set a 1 exat 9223372036854775
set a 2 keepttl
set a 3
set a 1 ex 100
set a 2 keepttl get
set a 1 px 100000 NX
set a 1 px 100000 XX GET
set gone 1 pxat 1
get gone
set gone 2 exat 1 get
getdel gone
set gone 1 pxat 1
set gone 2
set gone 1 pxat 1
mset gone 3 gone2 4
set gone 1 pxat 1
setnx gone 5
set gone 1 pxat 1
incr gone
set gone 1 pxat 1
append gone x
set gone 1 pxat 1
setrange gone 1 x
set gone 1 pxat 1
getdel gone
set gone 1 pxat 1
getex gone
set gone 1 pxat 1
msetnx gone 6
setex s 10 v
setex s 0 v
setex s -1 v
setex s x v
setex s 9223372036854775807 v
setex s 9223372036854775 v
psetex s 10000 v
psetex s 0 v
psetex s 9223372036854775807 v
setnx s 1
setnx n 1
getset n 2
getset n2 2
getdel n
getdel n
getex a
getex a ex 100
getex a px 100 ex 10
getex a nx
getex a get
getex a keepttl
getex a persist ex 10
getex a ex 10 persist
getex a persist persist
getex a persist
getex a exat 0
getex a exat 1
getex a pxat 1
set a 7
getex a px 1000000
getex a ex 9223372036854775807
getex nokey ex 0
getex nokey ex
mset a 1 b 2 c 3
mset a 1 b
mset a 1 a 2
mset a
msetnx a 1 zz 2
msetnx m1 1 m2 2
msetnx m3 1 m4
mget a b c zz m1 m2 m3
incr a
incr newint
decr newint
decrby newint 9223372036854775807
decrby newint 1
decrby newint 2
decr newint
decr newint
decrby newint -9223372036854775808
incrby newint 9223372036854775807
incrby newint 9223372036854775807
incrby newint 9223372036854775807
incrby newint 01
incrby newint +1
incrby newint 1.0
set txt 01
incr txt
set txt -0
incr txt
set txt 9223372036854775808
incr txt
set txt «»
incr txt
incrbyfloat txt 1
append ap 12
append ap 3
append ap abc
append ap «»
append ap2 «»
append ap3 123456789012345678901234567890123456789012345678901234567890
strlen ap
strlen ap2
strlen nokey
setrange sr 0 «»
setrange sr 5 abc
setrange sr 6 XYZ123
setrange sr -1 x
setrange sr x x
setrange sr 536870911 xx
setrange sr 9223372036854775807 xx
setrange newsr 536870912 x
setrange sr 0 «»
set sr2 12345
setrange sr2 1 abc
setrange sr2 536870912 «»
set gr 0123456789
getrange gr 0 -1
getrange gr 2 4
getrange gr -3 -1
getrange gr -3 -5
getrange gr 5 2
getrange gr -100 100
getrange gr 100 200
getrange gr 0 -100
getrange gr x 0
getrange gr 0 x
getrange gr -9223372036854775808 9223372036854775807
getrange nokey 0 -1
set empty «»
getrange empty 0 -1
getrange empty 0 0
substr gr 1 3
lcs gr nokey
set x1 ohmytext
set x2 mynewtext
lcs x1 x2
lcs x1 x2 len
lcs x1 x2 LEN IDX
lcs x1 x2 idx
lcs x1 x2 idx withmatchlen
lcs x1 x2 idx minmatchlen 4 withmatchlen
lcs x1 x2 idx minmatchlen -4 withmatchlen
lcs x1 x2 minmatchlen
lcs x1 x2 minmatchlen x
lcs x1 x2 minmatchlen 2
lcs x1 x2 nonsense
lcs nokey nokey2
lcs nokey nokey2 idx
lcs x1 x1 idx
incrbyfloat f 3.0e3
incrbyfloat f 200
incrbyfloat f x
incrbyfloat f 1e5000
incrbyfloat f inf
incrbyfloat f -infinity
incrbyfloat f nan
incrbyfloat f 0x10
incrbyfloat f 0x1p-3
incrbyfloat f 1e
incrbyfloat f 1e-5000
incrbyfloat f 1e-4950
incrbyfloat f 3.6e-4951
incrbyfloat f 1.9e-4951
incrbyfloat f 1.8e-4951
incrbyfloat f 0x1p-16445
incrbyfloat f 0x1p-16446
incrbyfloat f 0x1.000001p-16446
incrbyfloat f 0x1.8p-16446
incrbyfloat f -0
incrbyfloat f 0e999999999999999999999
incrbyfloat f 1e999999999999999999999
incrbyfloat f 0x
incrbyfloat f 0x.
incrbyfloat f .
incrbyfloat f .5
incrbyfloat f 5.
incrbyfloat f 1.2.3
incrbyfloat f ++1
incrbyfloat f +1
incrbyfloat f -
incrbyfloat f «»
incrbyfloat f 1_0
incrbyfloat f 0b1
incrbyfloat f 0x1p
incrbyfloat f 0xep1
incrbyfloat f 1p3
incrbyfloat f 0x1e+3
incrbyfloat big 1.18e4932
incrbyfloat big 1.18e4932
incrbyfloat big 1.19e4932
incrbyfloat big -1.18e4932
incrbyfloat neg -0.00000000000000000001
incrbyfloat neg 0
set f3 10.5
incrbyfloat f3 0.1
set f4 5.0e3
incrbyfloat f4 2.0e2
set f5 inf
incrbyfloat f5 -inf
incrbyfloat f5 1
`

// TestFloatsLikeRedis adds random numbers of very different sizes and forms.
func TestFloatsLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(testOptions()))
	const seed = 1
	rng := rand.New(rand.NewPCG(seed, 0))
	p.Same("set", "f", "0")
	for i := range 3000 {
		if i%20 == 0 {
			p.Same("set", "f", randomFloat(rng))
		}
		p.Same("incrbyfloat", "f", randomFloat(rng))
	}
	p.SameState()
}

func randomFloat(rng *rand.Rand) string {
	sign := []string{"", "-", "+"}[rng.IntN(3)]
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0123456789"[rng.IntN(10)]
		}
		return string(b)
	}
	switch rng.IntN(6) {
	case 0:
		return sign + fmt.Sprint(rng.Int64())
	case 1:
		return sign + digits(1+rng.IntN(20)) + "." + digits(rng.IntN(25))
	case 2:
		return sign + digits(1+rng.IntN(40)) + "e" + fmt.Sprint(rng.IntN(60)-40)
	case 3:
		return sign + "0x" + fmt.Sprintf("%x", rng.Uint64()) + "." + fmt.Sprintf("%x", rng.Uint64()) + "p" + fmt.Sprint(rng.IntN(300)-200)
	case 4:
		return sign + "." + digits(1+rng.IntN(20))
	}
	return sign + digits(1+rng.IntN(3)) + "." + digits(1+rng.IntN(2))
}

// TestLCSLikeRedis compares random strings of few letters, which have many
// common subsequences of the same length.
func TestLCSLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(testOptions()))
	const seed = 2
	rng := rand.New(rand.NewPCG(seed, 0))
	word := func() []byte {
		b := make([]byte, rng.IntN(60))
		for i := range b {
			b[i] = "abcd"[rng.IntN(4)]
		}
		return b
	}
	for range 200 {
		p.Same("mset", "x", word(), "y", word())
		p.Same("lcs", "x", "y")
		p.Same("lcs", "x", "y", "LEN")
		p.Same("lcs", "x", "y", "IDX", "WITHMATCHLEN", "MINMATCHLEN", rng.IntN(4))
	}
}

// TestLimitsLikeRedis lowers proto-max-bulk-len, which bounds strings and the
// table of LCS.
func TestLimitsLikeRedis(t *testing.T) {
	const limit = 1 << 20
	p := familytest.New(t, Commands(Options{MaxBulk: func() int64 { return limit }}),
		"--proto-max-bulk-len", fmt.Sprint(limit))
	long := gostrings.Repeat("x", 600)
	for _, n := range []int{limit - 600, limit - 599} {
		p.Same("setrange", fmt.Sprint("k", n), n, long)
	}
	p.Same("append", fmt.Sprint("k", limit-600), "")
	p.Same("append", fmt.Sprint("k", limit-600), "x")
	p.Same("mset", "x", long, "y", gostrings.Repeat("x", 435), "z", gostrings.Repeat("x", 436))
	p.Same("lcs", "x", "y", "len")
	p.Same("lcs", "x", "z", "len")
}

// TestHotCommandsDoNotAllocate holds what makes the common commands fast.
func TestHotCommandsDoNotAllocate(t *testing.T) {
	p := familytest.New(t, Commands(testOptions()))
	value := gostrings.Repeat("v", 32)
	for _, line := range []string{
		"set k " + value, "get k", "set k " + value + " EX 100", "set k " + value + " XX KEEPTTL",
		"mset k " + value + " k2 v", "mget k k2 nokey", "getrange k 3 9", "strlen k",
		"incr n", "incrby n 1000000", "decr n", "setrange k 3 abc", "getset k " + value, "setnx k v",
		"setex k 100 v",
	} {
		p.NoAllocs(gostrings.Fields(line)...)
	}
}

// TestLongLikeRedis writes around the places where a string moves from its
// entry into a node, into chunks, and from chunk to chunk.
func TestLongLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(testOptions()))
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 0))
	place := func() int {
		edge := []int{0, 44, 500, 1000, 16376, 2 * 16376, 32760, 5 * 16376, 150000}[rng.IntN(9)]
		return max(edge+rng.IntN(80)-40, 0)
	}
	text := func() []byte {
		b := make([]byte, 1+rng.IntN(100)*rng.IntN(100)*rng.IntN(4))
		for i := range b {
			b[i] = byte('a' + rng.IntN(26))
		}
		return b
	}
	for i := range 1500 {
		key := fmt.Sprint("k", rng.IntN(4))
		switch rng.IntN(5) {
		case 0, 1:
			p.Same("setrange", key, place(), text())
		case 2:
			p.Same("append", key, text())
		case 3:
			p.Same("set", key, text())
		}
		p.Same("getrange", key, place(), place())
		p.Same("strlen", key)
		if i%100 == 0 {
			p.SameState()
		}
	}
}
