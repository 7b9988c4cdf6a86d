package zsets

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/family/sets"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// small makes both sides turn sets into trees beyond entries members or value
// bytes.
func small(t testing.TB, entries, val int) *familytest.Pair {
	p := familytest.New(t, append(sets.Commands(), Commands()...), "--zset-max-listpack-entries", fmt.Sprint(entries), "--zset-max-listpack-value", fmt.Sprint(val))
	l := *value.DefaultLimits()
	l.ZSetMaxListpackEntries, l.ZSetMaxListpackValue = entries, val
	p.Store().SetLimits(&l)
	return p
}

// words are the words of a line; «» is the empty word.
func words(line string) (args []any) {
	for _, w := range strings.Fields(line) {
		args = append(args, strings.ReplaceAll(w, "«»", ""))
	}
	return args
}

// script runs lines of words on both sides.
func script(p *familytest.Pair, text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		p.Same(words(line)...)
	}
	p.SameState()
}

func TestLikeRedis(t *testing.T) {
	for _, entries := range []int{128, 0, 3} {
		p := small(t, entries, 20)
		p.Set("string", "x")
		for proto := 2; proto <= 3; proto++ {
			p.Proto(proto)
			script(p, tables)
			script(p, "zremrangebyrank a 0 -1\nzremrangebyrank b 0 -1\nzremrangebyrank c 0 -1\nzremrangebyrank d 0 -1\nzremrangebyrank lex 0 -1")
		}
	}
}

const tables = `
zadd a
zadd a 1
zadd a 1 x 2
zadd a x y
zadd a nan y
zadd a «» y
zadd string 1 x
zadd string z x
zadd a nx xx 1 x
zadd a gt lt 1 x
zadd a gt nx 1 x
zadd a lt nx ch 1 x
zadd a xx 1 x
zadd a xx incr 1 x
zadd a incr 1 x 2 y
zadd a nx
zadd a gt 1
zadd a 1 x 2 y 3 z
zadd a 1 x 2 y 4 z 1 w
zadd a ch 1 x 2 y 3 z 2 w
zadd a nx 9 x 9 v
zadd a xx ch 9 x 9 u
zadd a gt ch 1 x 10 y 0 new
zadd a lt ch 1 x 20 y 0 new2
zadd a gt xx incr 5 x
zadd a gt xx incr -5 x
zadd a nx incr -5 x
zadd a incr -5 x
zadd a incr 5.5 fresh
zadd a NX InCr 5.5 fresh2
zadd a 1 x 2 x 3 x
zincrby a 1 x
zincrby a -1.5 x
zincrby a inf x
zincrby a -inf x
zincrby a 1 x
zincrby a nan x
zincrby a z x
zincrby string 1 x
zincrby a 1
zincrby a -0 zero
zadd a -0 zero2 0 zero3 -0 zero
zadd a 0 zero2 -0 zero3
zrange a 0 -1 withscores
zadd b 0.1 tenth 1e17 big 4611686018427387904 edge 4611686018427387905 edge2 4611686018427388928 beyond -1e300 low 1e-5 tiny
zadd b inf top -inf bottom 0x10 hex 1.5e3 exp
zrange b 0 -1 withscores
zrevrange b 0 -1 withscores
zscore a x
zscore a none
zscore none x
zscore string x
zmscore a x none y
zmscore none x y
zmscore string x
zcard a
zcard none
zcard string
zrank a x
zrank a none
zrank none x
zrank string x
zrevrank a x
zrevrank a y
zrevrank a none
zcount a -inf +inf
zcount a (1 (9
zcount a 2 1
zcount a 3 3
zcount a (3 3
zcount a x 3
zcount a 1 nan
zcount a «» «»
zcount a ( (
zcount none 1 2
zcount string 1 2
zcount string x 2
zlexcount a - +
zlexcount a x [z
zlexcount a [x «»
zlexcount none - +
zlexcount string - +
zadd lex 0 a 0 b 0 c 0 d 0 e 0 aa 0 bb
zlexcount lex - +
zlexcount lex + -
zlexcount lex - -
zlexcount lex + +
zlexcount lex [b [d
zlexcount lex (b (d
zlexcount lex [d [b
zlexcount lex [b [b
zlexcount lex (b [b
zlexcount lex [ +
zlexcount lex -x +
zlexcount lex [b +x
zrangebylex lex - +
zrangebylex lex - + limit 1 2
zrangebylex lex - + limit 1 -1
zrangebylex lex - + limit -1 2
zrangebylex lex - + limit 100 2
zrangebylex lex - + limit 1
zrangebylex lex - + limit x 1
zrangebylex lex - + limit 0 0
zrangebylex lex - + withscores
zrangebylex lex - + rev
zrangebylex lex [aa (c
zrevrangebylex lex + -
zrevrangebylex lex (c [aa
zrevrangebylex lex (c [aa limit 1 1
zrevrangebylex lex [aa (c
zrangebylex none - +
zrangebylex string - +
zrange a 0 1
zrange a 0 1 withscores
zrange a -2 -1
zrange a -100 100
zrange a 5 1
zrange a 100 200
zrange a 0 -100
zrange a x 1
zrange a 0 x
zrange a 0 1 limit 0 1
zrange a 0 1 limit 0 -1
zrange a 0 1 limit 3 -1
zrange a 0 1 rev
zrange a 0 1 rev rev
zrange a 0 1 byscore bylex
zrange a 0 1 nonsense
zrange a -9223372036854775808 9223372036854775807
zrange a (1 9 byscore
zrange a (1 9 byscore limit 1 2 withscores
zrange a 9 (1 byscore rev limit 1 2 withscores
zrange a 1 9 byscore limit 100 2
zrange a 1 9 byscore limit -1 2
zrange a 1 9 byscore limit 0 0
zrange a 1 9 byscore limit 0 -5
zrange lex [b [d bylex
zrange lex [d [b bylex rev
zrange lex [b [d bylex withscores
zrange lex [b [d byscore
zrange none 0 1
zrange string 0 1
zrange string 0 x
zrevrange a 0 1
zrevrange a 0 1 withscores
zrevrange a 0 1 rev
zrevrange a 0 1 byscore
zrangebyscore a -inf +inf
zrangebyscore a -inf +inf withscores
zrangebyscore a (2 3 withscores limit 0 1
zrangebyscore a 2 1
zrangebyscore a 2 x
zrangebyscore a 2 3 byscore
zrevrangebyscore a +inf -inf withscores
zrevrangebyscore a 3 (1 limit 1 10
zrevrangebyscore a 1 3
zrangebyscore none 0 1
zrangebyscore string 0 1
zrangestore d a 0 2
zrange d 0 -1 withscores
zrangestore d a 1 (9 byscore limit 1 2
zrange d 0 -1 withscores
zrangestore d a 0 2 rev
zrange d 0 -1 withscores
zrangestore d lex [b + bylex
zrange d 0 -1 withscores
zrangestore d a 0 1 withscores
zrangestore d a 100 200
zrangestore d none 0 1
zrangestore d a 0 1
zrangestore d none 0 1
zrangestore d string 0 1
zrangestore d a x 1
zrangestore string2 a 0 -1
zrangestore a a 0 -3
zrange a 0 -1 withscores
zrem a
zrem none x
zrem string x
zrem a x none y y
zrem string2 none
zrem string2 x y z v u w fresh fresh2 new new2 zero zero2 zero3 more
zremrangebyrank b 0 1
zremrangebyrank b -2 -1
zremrangebyrank b 5 1
zremrangebyrank b 100 200
zremrangebyrank b x 1
zremrangebyrank none 0 1
zremrangebyrank string 0 1
zremrangebyscore b (0.1 20
zremrangebyscore b x 1
zremrangebyscore b 2 1
zremrangebyscore none 0 1
zremrangebyscore string 0 1
zremrangebylex lex [b (c
zremrangebylex lex x y
zremrangebylex lex + -
zremrangebylex none - +
zremrangebylex string - +
zremrangebylex lex - +
zremrangebyscore b -inf inf
zadd c 1 a 2 b 3 c 4 d 5 e 6 f 7 g
zpopmin c
zpopmax c
zpopmin c 2
zpopmax c 2
zpopmin c 0
zpopmin c -1
zpopmin c x
zpopmin c 1 2
zpopmax c 10
zpopmin c
zpopmin none 3
zpopmin string
zadd c 1 a 2 b 3 c 4 d 5 e
zpopmin c 5
zadd c 1 a 2 b 3 c 4 d 5 e
zmpop 1 c min
zmpop 2 none c max
zmpop 2 none c max count 2
zmpop 1 c min count 10
zmpop 1 c min
zmpop 0 c min
zmpop x c min
zmpop -1 c min
zmpop 2 c min
zmpop 1 c
zmpop 1 c middle
zmpop 1 c min count
zmpop 1 c min count 0
zmpop 1 c min count x
zmpop 1 c min count 1 count 2
zmpop 1 c min count 1 x
zmpop 1 c min nope 1
zmpop 2 none string min
zmpop 2 string c min
bzpopmin none 0.01
bzpopmin none x
bzpopmin none -1
bzpopmin string 0.01
bzpopmax none string 0.01
bzmpop 0.01 1 none min
bzmpop x 1 none min
bzmpop 1 0 none min
bzmpop x 0 none min
bzmpop 1 1 none min count 0
bzmpop 1 1 string min
zadd c 1 a 2 b 3 c 4 d 5 e
bzpopmin none c 0.01
bzpopmax c none 0.01
bzmpop 1 2 none c max count 2
bzmpop 1 2 none c max count 2
zadd a 1 one 2 two 3 three
zadd b 10 two 20 three 30 four
zadd c 100 three inf x -inf y
zunion 2 a b
zunion 2 a b withscores
zunion 3 a b c weights 1 2 3 withscores
zunion 3 a b c weights 1 0 0 withscores
zunion 2 a b aggregate min withscores
zunion 2 a b aggregate max withscores
zunion 2 a b aggregate sum weights 2 2 withscores
zunion 2 a b aggregate avg
zunion 2 a b weights 1
zunion 2 a b weights 1 x
zunion 2 a b weights 1 nan
zunion 2 a b weights inf -inf withscores
zunion 2 c c weights 1 -1 withscores
zunion 1 a weights -0 withscores
zunion 2 a none withscores
zunion 0 a
zunion x a
zunion -1 a
zunion 3 a b
zunion 2 a string
zunion 2 a string nonsense
zunion 2 a b nonsense
zunion 2 a b limit 1
zinter 2 a b withscores
zinter 3 a b c withscores
zinter 3 a b c weights 1 2 3 aggregate min withscores
zinter 2 a a weights 1 2 withscores
zinter 2 a none
zinter 2 c c weights inf 1 aggregate min withscores
zinter 2 c c weights 0 0 withscores
zinter 2 a string
zdiff 2 a b
zdiff 2 a b withscores
zdiff 2 a a withscores
zdiff 2 a none withscores
zdiff 2 none a withscores
zdiff 2 a b weights 1 2
zdiff 2 a b aggregate min
zdiff 3 a b c withscores
zdiff 2 a string
zintercard 2 a b
zintercard 2 a b limit 1
zintercard 2 a b limit 0
zintercard 2 a b limit -1
zintercard 2 a b limit x
zintercard 2 a b limit
zintercard 2 a b withscores
zintercard 2 a b weights 1 2
zintercard 0 a
zintercard 2 a none
zunionstore d 2 a b
zrange d 0 -1 withscores
zunionstore d 2 a b weights 2 3 aggregate max
zrange d 0 -1 withscores
zunionstore d 2 a b withscores
zunionstore a 2 a b
zrange a 0 -1 withscores
zunionstore d 1 none
zunionstore d 1 none
zunionstore d 0 none
zunionstore d 1 string
zinterstore d 2 a b
zrange d 0 -1 withscores
zinterstore d 2 a none
zinterstore string2 2 a b
zdiffstore d 2 a b
zrange d 0 -1 withscores
zdiffstore d 2 a b weights 1 2
zdiffstore d 2 a a
zadd long 1 this-member-is-longer-than-twenty
zunionstore d 1 long
zrangestore d long 0 -1
zrandmember none
zrandmember none 5
zrandmember string
zrandmember a x
zrandmember a 5 x
zrandmember a 5 withscores x
zrandmember a 0
zrandmember a 100
zrandmember a 100 withscores
zrandmember a -9223372036854775808
zrandmember a -9223372036854775807 withscores
zrandmember a 9223372036854775807 withscores
zrandmember long
zrandmember long -3
zrandmember long -3 withscores
zrandmember long 1
zrandmember long 1 withscores
zrandmember long 2 withscores
sadd set1 1 2 3 -7
sadd set2 1 three two x
zadd a 1 one 2 two 3 three 4 1 5 -7
zunion 2 set1 set2 withscores
zunion 3 a set1 set2 weights 1 2 3 withscores
zinter 2 a set1 withscores
zinter 3 a set2 set2 aggregate max withscores
zinter 2 set1 set2 withscores
zinter 1 set2
zintercard 3 a set1 set2
zdiff 2 a set1 withscores
zdiff 3 set1 set2 a withscores
zunionstore d 2 a set1 aggregate min
zrange d 0 -1 withscores
zunionstore set1 2 set1 set2 weights 1 0.5
zrange set1 0 -1 withscores
zinterstore d 1 set2
zrange d 0 -1 withscores
zadd set2 1 x
zcard set2
zscan none 0
zscan none x
zscan none 0 nonsense
zscan string 0
zscan long 0
zscan long 0 match this*
zscan long 0 match that*
zscan long 0 count 100
zscan long 0 count 0
zscan long 0 count x
zscan long 0 type zset
zscan long 0 match
zrem string2 one two three four
zrem set1 1 2 3 -7 three two x
srem set2 1 three two x
zrem d 1 three two x
zrem d this-member-is-longer-than-twenty
zrem long this-member-is-longer-than-twenty
`

// TestLexOfMixedScores: a range of members of a set with different scores means
// nothing, but in a listpack Redis finds always the same.
func TestLexOfMixedScores(t *testing.T) {
	p := small(t, 128, 64)
	p.Same("zadd", "a", 1, "d", 2, "b", 3, "f", 4, "a", 5, "c", 6, "e")
	for _, from := range []string{"-", "[b", "(b", "[e", "+"} {
		for _, to := range []string{"+", "[c", "(e", "[a", "-"} {
			p.Same("zlexcount", "a", from, to)
			p.Same("zrangebylex", "a", from, to)
			p.Same("zrevrangebylex", "a", to, from, "limit", 1, 2)
		}
	}
	p.Same("zremrangebylex", "a", "[b", "[e")
	p.Same("zrange", "a", 0, -1)
}

// TestRankWithScore is about what came with Redis 7.2.
func TestRankWithScore(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		p := small(t, 128, 64)
		p.Proto(proto)
		p.Same("zadd", "z", 1.5, "a", 2, "b", 3, "c")
		null, double := "*-1\r\n", "$3\r\n1.5\r\n"
		if proto == 3 {
			null, double = "_\r\n", ",1.5\r\n"
		}
		for _, c := range []struct{ line, want string }{
			{"zrank z a withscore", "*2\r\n:0\r\n" + double},
			{"zrevrank z a WITHSCORE", "*2\r\n:2\r\n" + double},
			{"zrank z none withscore", null},
			{"zrevrank none a withscore", null},
			{"zrank z a withscores", "-ERR syntax error\r\n"},
			{"zrank z a withscore x", "-ERR wrong number of arguments for 'zrank' command\r\n"},
		} {
			if got := p.Own(words(c.line)...); got != c.want {
				t.Errorf("%s\n got %q\nwant %q", c.line, got, c.want)
			}
		}
	}
}

// TestLikeRedisAtRandom sends random commands about few keys and members, around
// the threshold of the representations.
func TestLikeRedisAtRandom(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3, 4} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			g := generator{rand.New(rand.NewPCG(seed, 0))}
			p := small(t, 8, 16)
			p.Proto(2 + int(seed%2))
			p.Same("sadd", "s1", "a", "b", "x", "m1")
			p.Same("sadd", "s2", 1, 2, 3, 10)
			for range 2500 {
				line := g.command()
				p.Same(line...)
				if t.Failed() {
					t.FailNow()
				}
			}
			p.SameState()
			for _, key := range []string{"k1", "k2", "k3"} {
				p.Same("zrange", key, 0, -1, "withscores")
			}
		})
	}
}

type generator struct{ *rand.Rand }

func (g generator) pick(words ...string) string { return words[g.IntN(len(words))] }
func (g generator) key() string                 { return g.pick("k1", "k2", "k3") }

func (g generator) member() string {
	if g.IntN(50) == 0 {
		return strings.Repeat("m", g.IntN(40))
	}
	return g.pick("a", "b", "c", "1", "2", "10", "-5", "x", "y", "aa", "ab", "m1", "m2", "m3", "m4", "m5")
}

func (g generator) score() string {
	return g.pick("0", "1", "2", "3", "-1", "1.5", "1.25", "0.1", "-0", "inf", "-inf", "100", "1e20", "3", "2")
}

func (g generator) scoreEnd() string { return g.pick("", "", "(") + g.score() }
func (g generator) lexEnd() string   { return g.pick("-", "+", "["+g.member(), "("+g.member()) }
func (g generator) rank() string     { return fmt.Sprint(g.IntN(24) - 12) }

// ends returns the ends of a range and the words that say what it is of.
func (g generator) ends() (from, to string, words []any) {
	switch g.IntN(2) {
	case 0:
		return g.rank(), g.rank(), nil
	}
	return g.scoreEnd(), g.scoreEnd(), []any{"byscore"}
}

func (g generator) sources(op string, first ...any) []any {
	n := 1 + g.IntN(3)
	line := append(first, n)
	for range n {
		line = append(line, g.pick("k1", "k2", "k3", "k1", "k2", "k3", "s1", "s2"))
	}
	if !strings.HasPrefix(op, "zdiff") && op != "zintercard" {
		if g.IntN(2) == 0 {
			line = append(line, "weights")
			for range n {
				line = append(line, g.score())
			}
		}
		if g.IntN(2) == 0 {
			line = append(line, "aggregate", g.pick("sum", "min", "max"))
		}
	}
	if !strings.HasSuffix(op, "store") && op != "zintercard" && g.IntN(2) == 0 {
		line = append(line, "withscores")
	}
	return line
}

func (g generator) command() []any {
	switch g.IntN(16) {
	case 0, 1, 2, 3:
		line := []any{"zadd", g.key()}
		for range g.IntN(3) {
			line = append(line, g.pick("nx", "xx", "gt", "lt", "ch", "ch", "incr"))
		}
		for range 1 + g.IntN(3) {
			line = append(line, g.score(), g.member())
		}
		return line
	case 4:
		return []any{"zincrby", g.key(), g.score(), g.member()}
	case 5:
		return []any{"zrem", g.key(), g.member(), g.member()}
	case 6:
		return []any{g.pick("zrank", "zrevrank", "zscore", "zmscore"), g.key(), g.member()}
	case 7:
		from, to, words := g.ends()
		line := append([]any{"zrange", g.key(), from, to}, words...)
		if g.IntN(2) == 0 {
			line = append(line, "rev")
		}
		if words != nil && g.IntN(2) == 0 {
			line = append(line, "limit", g.rank(), g.rank())
		}
		return append(line, "withscores")
	case 8:
		from, to, words := g.ends()
		return append([]any{"zrangestore", g.key(), g.key(), from, to}, words...)
	case 9:
		if g.IntN(3) == 0 {
			return []any{"zremrangebyrank", g.key(), g.rank(), g.rank()}
		}
		return []any{g.pick("zremrangebyscore", "zcount"), g.key(), g.scoreEnd(), g.scoreEnd()}
	case 10:
		return []any{g.pick("zpopmin", "zpopmax"), g.key(), g.IntN(4)}
	case 11:
		return []any{"zmpop", 2, g.key(), g.key(), g.pick("min", "max"), "count", 1 + g.IntN(3)}
	case 12:
		op := g.pick("zunion", "zinter", "zdiff", "zintercard")
		return g.sources(op, op)
	case 13, 14:
		op := g.pick("zunionstore", "zinterstore", "zdiffstore")
		return g.sources(op, op, g.key())
	}
	return []any{"zrange", g.key(), 0, -1, "withscores"}
}
