package hyperloglog

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/hll"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

func newPair(t *testing.T, sparseMax int64) *familytest.Pair {
	rows := Commands(Options{SparseMax: func() int64 { return sparseMax }})
	return familytest.New(t, rows, "--hll-sparse-max-bytes", fmt.Sprint(sparseMax))
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
	p := newPair(t, 3000)
	p.Set("int", "12345")
	p.Set("text", "HYLX and more than a header")
	p.Set("short", "HYLL")
	p.Set("header", "HYLL\x01"+strings.Repeat("\x00", 11))
	p.Set("toomany", "HYLL\x01"+strings.Repeat("\x00", 10)+"\x80\x7f\xff\x00")
	p.Set("toofew", "HYLL\x01"+strings.Repeat("\x00", 10)+"\x80\x7f\xf0")
	p.Set("encoding2", "HYLL\x02"+strings.Repeat("\x00", 10)+"\x80\x7f\xff")
	p.Set("densesize", "HYLL\x00"+strings.Repeat("\x00", hll.DenseSize-6))
	p.Set("cached", "HYLL\x01\x00\x00\x00\x2a"+strings.Repeat("\x00", 7)+"\x7f\xff")
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		script(p, tables)
	}
}

const tables = `
pfcount nokey
pfcount nokey nokey2
pfadd a
pfadd a
pfcount a
pfadd a x
pfadd a x
pfadd a x y z
pfcount a
pfcount a
pfdebug decode a
pfdebug encoding a
pfdebug getreg a
pfdebug encoding a
pfdebug decode a
pfdebug todense a
pfdebug todense nokey
pfdebug nope a
pfdebug nope nokey
pfdebug getreg int
pfadd a x q r s
pfcount a
pfcount a nokey
pfadd b 1 2 3 4 5
pfcount a b
pfdebug decode b
pfdebug todense b
pfdebug todense b
pfadd int x
pfcount int
pfadd text x
pfcount text
pfadd short x
pfcount short
pfadd encoding2 x
pfcount encoding2
pfcount densesize
pfadd densesize x
pfmerge densesize a
pfcount header
pfcount toomany
pfcount toofew
pfcount a toofew
pfcount toofew a
pfmerge a toofew
pfmerge toofew a
pfmerge new toomany
pfmerge new2
pfmerge new2 nokey
pfcount new2
pfmerge c a b nokey
pfcount c
pfmerge d d
pfadd e 1 2 3
pfmerge e new2
pfdebug decode e
pfdebug getreg toofew
pfcount cached
pfadd toofew x
pfadd toofew x y z
pfadd header x
pfdebug decode header
pfadd cached x
pfcount cached
`

// TestBytesLikeRedis adds until the encoding is dense and beyond, and compares
// the whole value after every few commands.
func TestBytesLikeRedis(t *testing.T) {
	for _, sparseMax := range []int64{0, 100, 3000, 20000} {
		p := newPair(t, sparseMax)
		const seed = 1
		rng := rand.New(rand.NewPCG(seed, 0))
		for round := range 60 {
			key := fmt.Sprint("h", round%3)
			p.Same(add(rng, key, 1<<rng.IntN(8))...)
			p.Same(add(rng, key, rng.IntN(3))...)
			p.Same("pfcount", key)
			p.Same("pfcount", "h0", "h1", "h2")
			if round%5 == 0 {
				p.Same("pfmerge", "m", key, "h1")
				p.Same("pfcount", "m")
			}
			p.SameState()
		}
	}
}

func add(rng *rand.Rand, key string, n int) []any {
	line := []any{"pfadd", key}
	for range n {
		line = append(line, fmt.Sprint(rng.Uint64N(1<<rng.IntN(40))))
	}
	return line
}

func TestSelfTest(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	f := family{Options{SparseMax: func() int64 { return 3000 }}}
	if err := testRegisters(rand.New(rand.NewPCG(1, 1))); err != nil {
		t.Error(err)
	}
	if err := f.testEstimate(1); err != nil {
		t.Error(err)
	}
}
