package hashes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// unordered are the commands whose replies are in no order once a hash is a
// table.
var unordered = []string{"hgetall", "hkeys", "hvals"}

// script runs lines of words on both sides; «» is the empty word, and a word*n
// is n times the word.
func script(p *familytest.Pair, text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		var args []any
		for _, w := range strings.Fields(line) {
			if w == "«»" {
				w = ""
			}
			if word, n, ok := strings.Cut(w, "*"); ok && word != "" {
				var k int
				fmt.Sscan(n, &k)
				w = strings.Repeat(word, k)
			}
			args = append(args, w)
		}
		switch {
		case len(args) == 0:
		case slices.Contains(unordered, strings.Fields(line)[0]):
			p.SameUnordered(args...)
		default:
			p.Same(args...)
		}
	}
	p.SameState()
}

func TestLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands())
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		p.Set("s", "text")
		for _, key := range []string{"h", "n", "f", "big", "t", "r"} {
			p.Delete(key)
		}
		script(p, commonCases)
		script(p, numberCases)
		script(p, conversionCases)
	}
}

const commonCases = `
hset h
hset h a
hset h a 1 b
hset h a 1
hset h a 1 b 2 c three
hset h a 2 a 3 d «»
hmset h a
hmset h a 1 e
hmset h a 4 e 5
hmset fresh x y
hsetnx h a 9
hsetnx h z 9
hsetnx nx a 9
hget h a
hget h nofield
hget nokey a
hget h d
hmget h a nofield b c d
hmget nokey a b
hexists h a
hexists h x
hexists nokey a
hlen h
hlen nokey
hstrlen h a
hstrlen h c
hstrlen h nofield
hstrlen nokey a
hkeys h
hvals h
hgetall h
hkeys nokey
hvals nokey
hgetall nokey
hset h -5 -0 007 +1 9223372036854775807 9223372036854775808
hgetall h
hset h «» empty
hget h «»
hdel h «» nofield
hdel nokey a b
hdel h nofield
hdel h a a b
hdel h c d e z -5 007 9223372036854775807
hlen h
hgetall h
hdel fresh x
hdel nx a nofield
hset s a 1
hsetnx s a 1
hmset s a 1
hget s a
hmget s a
hexists s a
hlen s
hstrlen s a
hkeys s
hvals s
hgetall s
hdel s a
hincrby s a 1
hincrby s a x
hincrbyfloat s a 1
hincrbyfloat s a x
hrandfield s
hrandfield s 1
hrandfield s x
hscan s 0
hscan s x
hrandfield nokey
hrandfield nokey 1
hrandfield nokey -1 withvalues
hrandfield nokey 1 withvalues x
hrandfield nokey 1 novalues
hrandfield nokey x
hrandfield nokey 0
hrandfield nokey -9223372036854775808
hrandfield nokey -9223372036854775808 withvalues
hrandfield nokey -9223372036854775807 withvalues
hrandfield nokey 9223372036854775807 withvalues
hrandfield nokey 4611686018427387903 withvalues
hrandfield nokey 4611686018427387904 withvalues
hrandfield nokey 9223372036854775808
hscan nokey 0
hscan nokey 0 foo
hscan nokey x
hset t one 1 two 2
hscan t 0
hscan t 5
hscan t -1
hscan t «»
hscan t 1x
hscan t 0 match t*
hscan t 0 count 1
hscan t 0 count 0
hscan t 0 count x
hscan t 0 count -1
hscan t 0 match
hscan t 0 foo bar
hscan t 0 type hash
hscan t 0 match *w* count 1
hscan t 0 match [ count 10
hscan t 0 MATCH *n* COUNT 5 match *
`

const numberCases = `
hincrby n a 5
hincrby n a -10
hincrby n a x
hincrby n a 1.5
hincrby n a «»
hset n t text m 9223372036854775807 l -9223372036854775808 s 010 b 9223372036854775808
hincrby n t 1
hincrby n m 1
hincrby n m 0
hincrby n m -1
hincrby n l -1
hincrby n l 9223372036854775807
hincrby n s 1
hincrby n b 1
hincrby n new -9223372036854775808
hincrby n new -1
hincrby nokey x x
hincrbyfloat f a 1.5
hincrbyfloat f a 1.5
hincrbyfloat f a -3
hincrbyfloat f a x
hincrbyfloat f a nan
hincrbyfloat f a inf
hincrbyfloat f a -inf
hincrbyfloat f a 1e400
hincrbyfloat f a 5e4000
hincrbyfloat f b 1e4932
hincrbyfloat f b 1.1e4932
hincrbyfloat f c 0.1
hincrbyfloat f c 0.2
hincrbyfloat f c 3.0e3
hset f d text e 1e5 g inf h 0x10 i 1..2 j 5.0 k «»
hincrbyfloat f d 1
hincrbyfloat f e 1
hincrbyfloat f g 1
hincrbyfloat f h 1
hincrbyfloat f i 1
hincrbyfloat f j 1
hincrbyfloat f k 1
hincrbyfloat f a 1e-17
hincrbyfloat f l 123456789012345678901234567890
hincrby f l 1
hincrbyfloat n a 0.5
hincrbyfloat n a 0.5
hincrby n a 1
hget n a
hget f a
hgetall n
hgetall f
`

const conversionCases = `
hset big a x*64
hset big x*64 b
hset big c x*65
hget big c
hget big a
hget big x*64
hgetall big
hset big d x*1000 e x*1024 f x*1025 g x*32760 h x*32768 i x*40000 j x*100000
hgetall big
hstrlen big j
hget big j
hget big i
hset big j x*99999
hset big j 5
hincrby big j 1
hincrbyfloat big j 0.5
hset big y*254 1 y*255 2 y*256 3 y*300 4 y*40000 5
hget big y*256
hdel big y*256 y*40000
hexists big y*256
hgetall big
hincrby big i 1
hincrbyfloat big i 1
hdel big a c d e f
hgetall big
hset r y*65 1
hdel r y*65
hsetnx r a y*65
hset r a 1
hincrbyfloat t one y*65
`

// Every number of fields around the limit, and the encoding there.
func TestLimitOfFields(t *testing.T) {
	p := familytest.New(t, Commands())
	for i := range 515 {
		p.Same("hset", "h", fmt.Sprint("field", i), i)
		if i > 508 {
			p.SameEncoding("h")
			p.SameUnordered("hgetall", "h")
		}
	}
	p.Same("hset", "h", "field1", "again")
	p.Same("hlen", "h")
	for i := range 515 {
		p.Same("hdel", "h", fmt.Sprint("field", i))
	}
	p.SameEncoding("h")
}

// Random commands on few fields, with the limits low so that hashes are often
// converted.
func TestRandomLikeRedis(t *testing.T) {
	for _, limits := range []string{"512 64", "0 64", "4 64", "1000 5"} {
		entries, val, _ := strings.Cut(limits, " ")
		p := familytest.New(t, Commands(), "--hash-max-listpack-entries", entries, "--hash-max-listpack-value", val)
		limit := value.DefaultLimits()
		fmt.Sscan(limits, &limit.HashMaxListpackEntries, &limit.HashMaxListpackValue)
		p.Store().SetLimits(limit)
		rng := rand.New(rand.NewPCG(8, uint64(len(limits))))
		for i := range 800 {
			p.Proto(2 + i%2)
			randomCommand(p, rng)
			if t.Failed() {
				t.Fatalf("limits %s, command %d", limits, i)
			}
		}
		p.SameState()
	}
}

func randomCommand(p *familytest.Pair, rng *rand.Rand) {
	key := fmt.Sprint("k", rng.IntN(3))
	field := func() any {
		if rng.IntN(20) == 0 {
			return strings.Repeat("f", 250+rng.IntN(20))
		}
		return rng.IntN(12)
	}
	val := func() any {
		switch rng.IntN(12) {
		case 0:
			return strings.Repeat("v", rng.IntN(80))
		case 1:
			return strings.Repeat("w", rng.IntN(50000))
		case 2:
			return rng.Int64()
		case 3:
			return fmt.Sprint(rng.NormFloat64())
		}
		return rng.IntN(1000) - 500
	}
	switch rng.IntN(14) {
	case 0, 1, 2:
		p.Same("hset", key, field(), val(), field(), val())
	case 3:
		p.Same("hsetnx", key, field(), val())
	case 4, 5:
		p.Same("hdel", key, field(), field(), field())
	case 6:
		p.Same("hincrby", key, field(), rng.IntN(100))
	case 7:
		p.Same("hincrbyfloat", key, field(), rng.NormFloat64())
	case 8:
		p.Same("hmget", key, field(), field())
	case 9:
		p.SameUnordered(unordered[rng.IntN(3)], key)
	case 10:
		p.Same("hstrlen", key, field())
	case 11:
		p.Same("hlen", key)
	case 12:
		p.SameShape("hrandfield", key, rng.IntN(30)-15, "withvalues")
	default:
		p.SameEncoding(key)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	p := familytest.New(t, Commands())
	for i := range 600 {
		p.Same("hset", "table", fmt.Sprint("f", i), fmt.Sprint("v", i))
		if i < 100 {
			p.Same("hset", "pack", fmt.Sprint("f", i), i)
		}
	}
	for _, key := range []string{"pack", "table"} {
		p.NoAllocs("hget", key, "f77")
		p.NoAllocs("hmget", key, "f77", "f3", "no")
		p.NoAllocs("hgetall", key)
		p.NoAllocs("hkeys", key)
		p.NoAllocs("hvals", key)
		p.NoAllocs("hlen", key)
		p.NoAllocs("hexists", key, "f5")
	}
	p.NoAllocs("hset", "pack", "f77", "other")
	p.NoAllocs("hincrby", "pack", "f78", "1")
}
