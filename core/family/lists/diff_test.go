package lists

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	gostrings "strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// script runs lines of words on both sides, then compares the lists of keys;
// «» is the empty word, and 5000*x the letter as often.
func script(p *familytest.Pair, text string, keys ...string) {
	for _, line := range gostrings.Split(gostrings.TrimSpace(text), "\n") {
		var args []any
		for _, w := range gostrings.Fields(line) {
			var n int
			var letter string
			if w == "«»" {
				w = ""
			} else if k, _ := fmt.Sscanf(w, "%d*%s", &n, &letter); k == 2 {
				w = gostrings.Repeat(letter, n)
			}
			args = append(args, w)
		}
		if len(args) > 0 {
			p.Same(args...)
		}
	}
	for _, key := range keys {
		p.Same("lrange", key, 0, -1)
	}
}

func TestLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands())
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		p.Set("str", "x")
		script(p, basics, "a", "b", "c")
		script(p, searches, "p")
		script(p, moves, "m", "n", "o")
	}
}

const basics = `
lpush a
lpush a 1
lpush a 2 3 abc «» -1 9223372036854775807 007 +1 1.5
rpush a x y 5000*z x
rpush a 60000*big
llen a
llen nokey
llen str
lpush str 1
rpush str 1
lpushx str 1
lpushx nokey 1
rpushx nokey 1 2
lpushx a q
rpushx a q w
lrange a 0 -1
lrange a -3 2
lrange a 1 1
lrange a -100 100
lrange a 5 2
lrange a 100 200
lrange a -2 -1
lrange a x 1
lrange a 1 x
lrange a 1 9223372036854775807
lrange a -9223372036854775808 9223372036854775807
lrange a 1 9223372036854775808
lrange nokey 0 -1
lrange str 0 -1
lrange str x 1
lindex a 0
lindex a -1
lindex a 100
lindex a -100
lindex a x
lindex nokey x
lindex str x
lindex a 3
lindex a 9223372036854775807
lindex a -9223372036854775808
lset a 0 new
lset a -1 last
lset a 1 7000*y
lset a 1 13
lset a 100 x
lset a -100 x
lset a x x
lset nokey x x
lset nokey 0 x
lset str 0 x
lset a -9223372036854775808 x
linsert a before x 1
linsert a AFTER x 2
linsert a after last 3
linsert a before new 4
linsert a before 4 5000*b
linsert a after 4 70000*c
linsert a beside x 1
linsert a before nosuch 1
linsert nokey before x 1
linsert str before x 1
linsert a after 13 «»
linsert a before «» 8
lrem a 0 x
lrem a 1 nosuch
lrem a x x
lrem nokey 0 x
lrem str 0 x
rpush a d 1 d 2 d 3 d d
lrem a 2 d
lrem a -2 d
lrem a -9223372036854775808 d
lrem a 9223372036854775807 1
rpush c 1 1 1
lrem c -2 1
lrem c 0 1
rpush c one
lrem c 1 one
ltrim a 1 -2
ltrim a 0 -1
ltrim a -5 -2
ltrim a 0 x
ltrim a x 0
ltrim nokey 0 1
ltrim str 0 1
rpush b 1 2 3
ltrim b 2 1
rpush b 1 2 3
ltrim b 5 10
rpush b 1 2 3
ltrim b -100 100
ltrim b 0 0
lpop a
rpop a
lpop nokey
lpop nokey 1
lpop nokey 0
lpop nokey -1
lpop str
lpop str 1
lpop a 0
lpop a -1
lpop a x
lpop a 9223372036854775808
lpop a 1 2
lpop a 2
rpop a 2
rpop a 100
rpop a
rpush a 1 2 3 4 5
rpop a 3
lpop a 9223372036854775807
rpush a one
rpop a
rpush a one
lpop a
`

const searches = `
rpush p a b c 1 2 3 c c 01 1 «» a
lpos p c
lpos p c rank 2
lpos p c rank -1
lpos p c rank -2 count 0
lpos p c rank 5
lpos p c rank 0
lpos p c rank x
lpos p c rank -9223372036854775808
lpos p c rank -9223372036854775808 count 1
lpos p c rank -9223372036854775808 count 2
lpos p c rank 9223372036854775807
lpos p c rank
lpos p c count 0
lpos p c count 2
lpos p c count -1
lpos p c count x
lpos p c count 9223372036854775807
lpos p c maxlen 2
lpos p c maxlen 3
lpos p c maxlen -1
lpos p c maxlen x
lpos p c maxlen 0 count 0
lpos p c rank -1 maxlen 6
lpos p c RANK -1 MAXLEN 4 COUNT 0
lpos p c count 0 count 1
lpos p c foo 1
lpos p 1
lpos p 01
lpos p «»
lpos p a count 0
lpos p nosuch
lpos p nosuch count 1
lpos nokey x
lpos nokey x count 1
lpos nokey x rank 0
lpos str x
lpos str x rank 0
`

const moves = `
rpush m 1 2 3 4 5 6
lmove m n left right
lmove m n right left
lmove m n LEFT LEFT
lmove m m left right
lmove m m right left
lmove m m left left
lmove m n up down
lmove m n left down
lmove nokey n left left
lmove str n left left
lmove m str left left
lmove nokey str left left
lmove str str left left
rpoplpush m n
rpoplpush m m
rpoplpush m o
rpoplpush m o
rpoplpush m m
rpoplpush m o
rpoplpush m o
rpoplpush nokey m
rpoplpush str m
rpush m 6000*x
rpoplpush m m
lmove m n left right
lmpop 1 nokey left
lmpop 2 nokey n left
lmpop 2 nokey n right count 2
lmpop 2 n str right count 3
lmpop 2 str n right
lmpop 2 nokey str right
lmpop 0 n left
lmpop -1 n left
lmpop x n left
lmpop 1 n middle
lmpop 1 n left count
lmpop 1 n left count 0
lmpop 1 n left count -1
lmpop 1 n left count x
lmpop 1 n left count 1 count 1
lmpop 1 n left foo 1
lmpop 3 n left
lmpop 9223372036854775807 n left
lmpop 2147483647 n left
lmpop 1 n left count 9223372036854775807
rpush n 1 2 3
lmpop 1 n right count 3
`

// TestRandomLikeRedis sends random commands over a few keys to both sides.
func TestRandomLikeRedis(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			p := familytest.New(t, Commands())
			r := rand.New(rand.NewPCG(seed, 2))
			for range 1500 {
				p.Same(randomCommand(r)...)
				if t.Failed() {
					return
				}
			}
			for _, key := range keyNames {
				p.Same("lrange", key, 0, -1)
			}
		})
	}
}

var keyNames = []string{"k1", "k2", "k3"}

func randomElem(r *rand.Rand) []byte {
	switch n := r.IntN(40); {
	case n < 20:
		return fmt.Append(nil, r.IntN(30))
	case n < 36:
		return bytes.Repeat([]byte{'a' + byte(r.IntN(3))}, r.IntN(100))
	}
	return bytes.Repeat([]byte{'b'}, r.IntN(5000))
}

func randomCommand(r *rand.Rand) []any {
	key, other := keyNames[r.IntN(3)], keyNames[r.IntN(3)]
	i, j := r.IntN(400)-200, r.IntN(400)-200
	end, end2 := [2]string{"left", "right"}[r.IntN(2)], [2]string{"left", "right"}[r.IntN(2)]
	switch r.IntN(20) {
	case 0, 1, 2, 3, 4, 5:
		args := []any{[4]string{"lpush", "rpush", "rpush", "lpushx"}[r.IntN(4)], key}
		for range r.IntN(60) + 1 {
			args = append(args, randomElem(r))
		}
		return args
	case 6:
		return []any{"lpop", key, r.IntN(20)}
	case 7:
		return []any{"rpop", key, r.IntN(20)}
	case 8:
		return []any{"lrange", key, i, j}
	case 9, 10:
		return []any{"lset", key, i, randomElem(r)}
	case 11, 12:
		return []any{"linsert", key, [2]string{"before", "after"}[r.IntN(2)], r.IntN(30), randomElem(r)}
	case 13, 14:
		return []any{"lrem", key, r.IntN(9) - 4, randomElem(r)}
	case 15:
		return []any{"ltrim", key, r.IntN(20), -1 - r.IntN(20)}
	case 16:
		return []any{"lpos", key, randomElem(r), "rank", r.IntN(6)*2 - 5, "count", r.IntN(3)}
	case 17:
		return []any{"lmove", key, other, end, end2}
	case 18:
		return []any{"lmpop", 2, key, other, end, "count", r.IntN(9) + 1}
	}
	return []any{"lindex", key, i}
}

// What a queue does all day allocates nothing.
func TestHotPathAllocatesNothing(t *testing.T) {
	p := familytest.New(t, Commands())
	big := []string{"rpush", "big"}
	for i := range 3000 {
		big = append(big, fmt.Sprintf("element %d", i))
	}
	p.NoAllocs("rpush", "small", "x", "y")
	p.NoAllocs("lpop", "small")
	p.NoAllocs("llen", "big")
	args := make([]any, len(big))
	for i := range big {
		args[i] = big[i]
	}
	p.Same(args...)
	p.NoAllocs("lrange", "big", "0", "599")
	p.NoAllocs("lindex", "big", "1500")
	p.NoAllocs("lset", "big", "1500", "element")
	p.NoAllocs("lmove", "big", "big", "left", "right")
	p.NoAllocs("lpos", "big", "element 2500")
	p.NoAllocs("rpop", "big")
}

// TestLargeLikeRedis works in the middle of a list of a million elements.
func TestLargeLikeRedis(t *testing.T) {
	if testing.Short() {
		t.Skip("large")
	}
	p := familytest.New(t, Commands())
	const n = 1_000_000
	for i := 0; i < n; i += 2000 {
		args := []any{"rpush", "big"}
		for j := range 2000 {
			args = append(args, fmt.Sprint((i+j)%1009))
		}
		p.Same(args...)
	}
	for _, i := range []int{0, 1, 499_999, 500_000, 999_998, 999_999, -1, -500_000, -n, n} {
		p.Same("lindex", "big", i)
		p.Same("lrange", "big", i, i+100)
		p.Same("lset", "big", i, gostrings.Repeat("x", max(i, -i)%5000))
	}
	p.Same("linsert", "big", "after", "xxx", "y")
	p.Same("linsert", "big", "before", 1008, gostrings.Repeat("z", 3000))
	p.Same("lpos", "big", 7, "rank", -3, "count", 20)
	p.Same("lpos", "big", 1000, "rank", 500, "maxlen", 700_000)
	p.Same("lrem", "big", 300, 77)
	p.Same("lrem", "big", -300, 78)
	p.Same("lrem", "big", 0, 79)
	p.Same("lpop", "big", 100_000)
	p.Same("rpop", "big", 100_000)
	p.Same("lrange", "big", 0, -1)
	p.Same("ltrim", "big", 1000, -300_000)
	p.Same("lmpop", 1, "big", "right", "count", 10_000)
	p.Same("lrange", "big", 0, -1)
	p.Same("ltrim", "big", 4000, 4010)
	p.Same("lrange", "big", 0, -1)
	p.Same("ltrim", "big", 1, 0)
	if used := p.Store().Heap().Used(); used > 64<<10 {
		t.Errorf("%d bytes of nodes are left of an empty keyspace", used)
	}
}
