package sets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// script runs lines of words on both sides: ? before a line says that the
// elements of its reply come in any order, ~ that it is random and only its
// shape is compared. «» is the empty word.
func script(p *familytest.Pair, text string) {
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		run := p.Same
		switch words[0] {
		case "?":
			run, words = p.SameUnordered, words[1:]
		case "~":
			run, words = p.SameShape, words[1:]
		}
		args := make([]any, len(words))
		for i, w := range words {
			args[i] = strings.ReplaceAll(w, "«»", "")
		}
		run(args...)
	}
}

const basics = `
	SADD a 1 2 3 2
	SADD a 3
	SISMEMBER a 2
	SISMEMBER a 02
	SISMEMBER absent 2
	SMISMEMBER a 1 9 x 3
	SMISMEMBER absent 1 2
	SCARD a
	SCARD absent
	SMEMBERS a
	? SADD a x «»
	? SMEMBERS a
	? SMEMBERS absent
	SREM a x 1 nothing
	SREM absent x
	SREM a 2 3 «» more
	SCARD a
	SADD a
	SREM a
	SADD src 1 x
	SADD dst 1
	SMOVE src dst 1
	SMOVE src dst 1
	SMOVE src src x
	SMOVE src src y
	SMOVE src dst y
	SMOVE src new x
	SMOVE absent dst x
	? SMEMBERS dst
	? SMEMBERS new
	SADD str 1
	SMOVE str text 1
	SADD text 1
	SREM text 1
	SMEMBERS text
	SCARD text
	SISMEMBER text 1
	SMISMEMBER text 1
	SMOVE text a 1
	SMOVE absent text 1
	SPOP text
	SPOP text 1
	SRANDMEMBER text
	SRANDMEMBER text 1
	SSCAN text 0
	SINTER text absent
	SINTER absent text
	SINTERCARD 1 text
	SUNION absent text
	SDIFF absent text
	SDIFF text
	SINTERSTORE text text
	SUNIONSTORE text text
	SDIFFSTORE text text
`

const random = `
	SPOP absent
	SPOP absent 3
	SPOP absent x
	SPOP absent -1
	SPOP absent 1 2
	SADD one x
	SPOP one
	SCARD one
	SADD one x
	SPOP one 0
	? SPOP one 5
	SCARD one
	SADD many 1 2 3 4 5 6 7 8 9 10 a b c
	~ SPOP many 2
	~ SPOP many
	SCARD many
	~ SPOP many 9
	SCARD many
	~ SPOP many 1
	SCARD many
	SRANDMEMBER absent
	SRANDMEMBER absent 3
	SRANDMEMBER absent -3
	SRANDMEMBER absent x
	SRANDMEMBER absent -9223372036854775808
	SRANDMEMBER absent 1 2
	SADD r 1 2 3 4 5 6 7 8 9 10
	SRANDMEMBER r 0
	~ SRANDMEMBER r
	~ SRANDMEMBER r 1
	~ SRANDMEMBER r -1
	~ SRANDMEMBER r 4
	~ SRANDMEMBER r -40
	SRANDMEMBER r 10
	SRANDMEMBER r 11
	SRANDMEMBER r 9223372036854775807
	SSCAN r 0
	SSCAN r 0 MATCH *
	SSCAN r 0 MATCH 1*
	SSCAN r 0 COUNT 2
	SSCAN r 0 COUNT 0
	SSCAN r 0 COUNT x
	SSCAN r 0 TYPE set
	SSCAN r x
	SSCAN r 0 MATCH
	SSCAN absent 0
	SSCAN absent 0 COUNT 0
	SSCAN absent x
`

const algebra = `
	SADD a 1 2 3 4
	SADD b 2 3 x
	SADD c 3 x y
	SADD d 3 4
	? SINTER a
	? SINTER a b
	? SINTER b a c
	SINTER a d
	SINTER a absent
	? SINTER a a a
	SINTERCARD 2 a b
	SINTERCARD 2 a b LIMIT 1
	SINTERCARD 2 a b LIMIT 0
	SINTERCARD 2 a b LIMIT 10 LIMIT 1
	SINTERCARD 2 a b LIMIT
	SINTERCARD 2 a b LIMIT -1
	SINTERCARD 2 a b LIMIT x
	SINTERCARD 2 a b limit 1 x
	SINTERCARD 0 a
	SINTERCARD -1 a
	SINTERCARD x a
	SINTERCARD 3 a b
	SINTERCARD 2 a absent
	? SUNION a b c absent
	? SUNION a b c d a b
	? SUNION absent absent
	? SDIFF a
	? SDIFF a b
	? SDIFF a b absent c
	SDIFF a a
	SDIFF absent a
	SDIFF a b a
	SINTERSTORE s a d
	SINTERSTORE s a b c
	SINTERSTORE s a b
	? SMEMBERS s
	SINTERSTORE s a absent
	SINTERSTORE s a absent
	SUNIONSTORE s a d
	SMEMBERS s
	SUNIONSTORE s a b c
	? SMEMBERS s
	SUNIONSTORE a a b
	? SMEMBERS a
	SUNIONSTORE s absent
	SUNIONSTORE s absent
	SDIFFSTORE s a b
	? SMEMBERS s
	SDIFFSTORE s b a
	SDIFFSTORE s b b
	SDIFFSTORE a a c
	? SMEMBERS a
	SINTERSTORE text b c
	? SMEMBERS text
`

func TestLikeRedis(t *testing.T) {
	for _, proto := range []int{2, 3} {
		for name, lines := range map[string]string{"basics": basics, "random": random, "algebra": algebra} {
			t.Run(fmt.Sprint(name, proto), func(t *testing.T) {
				p := familytest.New(t, Commands())
				p.Proto(proto)
				p.Set("text", "a string")
				script(p, lines)
				for _, key := range []string{"a", "b", "c", "d", "s", "dst", "src", "new", "r"} {
					p.SameEncoding(key)
				}
			})
		}
	}
}

// numbers are n decimal numbers, texts n short texts.
func numbers(from, n int) (list []any) {
	for i := range n {
		list = append(list, from+i)
	}
	return list
}

func texts(n int) (list []any) {
	for i := range n {
		list = append(list, fmt.Sprint("t", i))
	}
	return list
}

func join(words ...any) (line []any) {
	for _, w := range words {
		if list, ok := w.([]any); ok {
			line = append(line, list...)
		} else {
			line = append(line, w)
		}
	}
	return line
}

// TestEncodingLikeRedis crosses every threshold, back and forth.
func TestEncodingLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands())
	step := func(words ...any) {
		t.Helper()
		p.Same(join(words...)...)
		p.SameEncoding("a", "b", "c", "d")
	}
	step("SADD", "a", numbers(0, 512))
	step("SADD", "a", 511)
	step("SADD", "a", 512)
	step("SREM", "a", numbers(2, 600))
	step("SADD", "b", texts(128))
	step("SADD", "b", "t129")
	step("SADD", "b", numbers(0, 300))
	step("SADD", "c", 1, 2, 3, strings.Repeat("x", 65))
	step("SREM", "c", strings.Repeat("x", 65))
	step("SADD", "d", "1", "-1", "9223372036854775807", "-9223372036854775808")
	step("SADD", "d", "9223372036854775808")
	step("SINTERSTORE", "d", "b", "a")
	step("SUNIONSTORE", "d", "c", "a")
	step("SADD", "c", numbers(100, 512))
	step("SUNIONSTORE", "d", "c", "b")
	step("SDIFFSTORE", "d", "c", "b")
	step("SDIFFSTORE", "d", "c", "b", "b", "b", "a", "absent") // by subtraction
	step("SADD", "a", "x", numbers(0, 100))
	step("SDIFFSTORE", "d", "a", "absent")
	step("SREM", "a", "x")
	p.SameShape("SPOP", "a", 97)
	p.SameEncoding("a")
	for i := range 6 {
		step("SADD", "few", numbers(10*i, 2))
	}
	step("SADD", "small", 3, "x")
	step("SREM", "small", "x")
	step("SDIFFSTORE", "d", "few", "small", "small", "small", "small", "small", "small")
}

// TestThresholds gives the encodings of other settings than Redis 7.0's, at
// which it is asked for intsets only.
func TestThresholds(t *testing.T) {
	p := familytest.New(t, Commands(), "--set-max-intset-entries", "5")
	limits := *value.DefaultLimits()
	limits.SetMaxIntsetEntries = 5
	p.Store().SetLimits(&limits)
	p.Same(join("SADD", "a", numbers(0, 5))...)
	p.SameEncoding("a")
	p.Same("SADD", "a", "5")
	p.SameEncoding("a")

	packs := limits
	packs.SetMaxListpackEntries, packs.SetMaxListpackValue = 8, 10
	p.Store().SetLimits(&packs)
	encoding := func(want string, words ...any) {
		t.Helper()
		words = join(words...)
		p.Delete("k")
		p.Own(join("SADD", "k", words)...)
		if got := p.Encoding("k"); got != want {
			t.Errorf("%v is %s, want %s", words, got, want)
		}
		for _, w := range words {
			if p.Own("SREM", "k", w) != ":1\r\n" {
				t.Errorf("%v: %v is not there", words, w)
			}
		}
	}
	encoding("intset", numbers(1, 5))
	encoding("hashtable", numbers(1, 6))
	encoding("listpack", numbers(1, 5), "x")
	encoding("listpack", "x", numbers(1, 7))
	encoding("hashtable", "x", numbers(1, 8))
	encoding("listpack", texts(8))
	encoding("hashtable", texts(9))
	encoding("listpack", "0123456789")
	encoding("hashtable", "0123456789x")
	encoding("hashtable", 1, "0123456789x")
	encoding("hashtable", "x", "0123456789x")
	encoding("hashtable", 10000000000, "x")
	encoding("hashtable", "x", strings.Repeat("y", 65))
}

// TestRandomOperations runs random commands beside redis-server.
func TestRandomOperations(t *testing.T) {
	p := familytest.New(t, Commands())
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	key := func() string { return string(rune('a' + r.IntN(6))) }
	keys := func() (list []any) {
		for range 1 + r.IntN(7) {
			list = append(list, key())
		}
		return list
	}
	some := func() (list []any) {
		switch n := 1 + r.IntN(12); r.IntN(8) {
		case 0, 1, 2:
			return numbers(r.IntN(40), n)
		case 3, 4:
			return texts(n)[r.IntN(n):]
		case 5:
			return numbers(r.IntN(20)*1000, 1+r.IntN(200))
		case 6:
			return []any{strings.Repeat("x", 60+r.IntN(10)), "", r.Int64()}
		}
		return texts(1 + r.IntN(300))
	}
	for i := range 2500 {
		switch r.IntN(14) {
		case 0, 1:
			p.Same(join("SADD", key(), some())...)
		case 2:
			p.Same(join("SREM", key(), some())...)
		case 3:
			p.Same(join("SMOVE", key(), key(), some()[0])...)
		case 4:
			p.Same(join("SMISMEMBER", key(), some())...)
		case 5:
			p.SameUnordered("SMEMBERS", key())
		case 6:
			op := []string{"SINTER", "SUNION", "SDIFF"}[r.IntN(3)]
			p.SameUnordered(join(op, keys())...)
		case 7, 8, 9:
			op := []string{"SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"}[r.IntN(3)]
			p.Same(join(op, key(), keys())...)
		case 10:
			k := keys()
			p.Same(join("SINTERCARD", len(k), k, "LIMIT", r.IntN(20))...)
		case 11:
			k := key()
			popSame(t, p, k, r.IntN(4))
		case 12:
			p.SameShape("SRANDMEMBER", key(), r.IntN(100)-50)
		case 13:
			p.Same("SCARD", key())
		}
		if i%50 == 0 {
			p.SameEncoding("a", "b", "c", "d", "e", "f")
		}
		if t.Failed() {
			return
		}
	}
}

// popSame pops on our side and removes the same members from the oracle's. The
// encodings of what is left may differ, so they are made the same.
func popSame(t *testing.T, p *familytest.Pair, key string, part int) {
	before := p.Members(p.Own("SMEMBERS", key))
	count := len(before) * (part + 1) / 4
	popped := p.Members(p.Own("SPOP", key, count))
	if len(popped) != min(count, len(before)) {
		t.Fatalf("SPOP %s %d of %d gave %d", key, count, len(before), len(popped))
	}
	left := p.Members(p.Own("SMEMBERS", key))
	all := append(slices.Clone(popped), left...)
	slices.Sort(all)
	slices.Sort(before)
	if !slices.Equal(all, before) {
		t.Fatalf("SPOP %s %d: %d popped and %d left of %d are not the same", key, count, len(popped), len(left), len(before))
	}
	p.Delete(key)
	for _, m := range left {
		p.Same("SADD", key, m)
	}
}

// TestEndlessReply: what would fill the memory is refused.
func TestEndlessReply(t *testing.T) {
	p := familytest.New(t, Commands())
	p.Own("SADD", "a", 1)
	for _, count := range []string{"-9223372036854775807", "-4000000000"} {
		if got := p.Own("SRANDMEMBER", "a", count); !strings.HasPrefix(got, "-ERR the reply would be longer") {
			t.Errorf("%s: %.50q", count, got)
		}
	}
}

func TestNoAllocs(t *testing.T) {
	p := familytest.New(t, Commands())
	add := func(key string, members []any) { p.Own(join("SADD", key, members)...) }
	add("ints", numbers(0, 300))
	add("few", numbers(0, 10))
	add("pack", texts(50))
	add("table", texts(5000))
	for _, key := range []string{"ints", "few", "pack", "table"} {
		p.NoAllocs("SADD", key, "5", "t5")
		p.NoAllocs("SISMEMBER", key, "7")
		p.NoAllocs("SMISMEMBER", key, "7", "t7", "x")
		p.NoAllocs("SCARD", key)
		p.NoAllocs("SRANDMEMBER", key)
		p.NoAllocs("SRANDMEMBER", key, "-20")
		p.NoAllocs("SREM", key, "absent")
	}
	p.NoAllocsOf([]string{"SADD", "table", "one more"}, []string{"SREM", "table", "one more"})
	p.NoAllocsOf([]string{"SADD", "pack", "one more"}, []string{"SREM", "pack", "one more"})
	p.NoAllocsOf([]string{"SADD", "few", "99"}, []string{"SREM", "few", "99"})
	p.NoAllocsOf([]string{"SADD", "new", "1", "2"}, []string{"SREM", "new", "1", "2"})
	p.NoAllocsOf([]string{"SADD", "new", "x"}, []string{"SPOP", "new"})
}

// TestMillion works on sets of a million members.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("a million members")
	}
	n := 1_000_000
	if invariant.Enabled {
		n = 100_000
	}
	p := familytest.New(t, Commands())
	for i := 0; i < n; i += 1000 {
		p.Own(join("SADD", "a", numbers(i, 1000))...)
	}
	m := n / 5 // of b, half of which a has too
	for i := 0; i < m; i += 1000 {
		p.Own(join("SADD", "b", numbers(n-m/2+i, 1000))...)
	}
	expect := func(want int, args ...any) {
		t.Helper()
		if got := p.Own(args...); got != fmt.Sprintf(":%d\r\n", want) {
			t.Fatalf("%v: %.100q, want %d", args, got, want)
		}
	}
	expect(n, "SCARD", "a")
	expect(m/2, "SINTERCARD", 2, "a", "b")
	expect(m/2, "SINTERSTORE", "c", "a", "b")
	expect(n+m/2, "SUNIONSTORE", "c", "a", "b")
	expect(n-m/2, "SDIFFSTORE", "c", "a", "b")
	for _, count := range []int{10, n / 10, n / 2, -10} {
		got := p.Members(p.Own("SRANDMEMBER", "a", count))
		slices.Sort(got)
		if distinct := len(slices.Compact(slices.Clone(got))); len(got) != max(count, -count) || count > 0 && distinct != count {
			t.Fatalf("%d members, %d distinct, want %d", len(got), distinct, count)
		}
	}
	seen := map[string]int{}
	for cursor := "0"; ; {
		reply := p.Own("SSCAN", "a", cursor, "COUNT", 5000)
		next, rest := p.Page(reply)
		for _, m := range rest {
			seen[m]++
		}
		if cursor = next; cursor == "0" {
			break
		}
	}
	if len(seen) != n {
		t.Fatalf("SSCAN saw %d members", len(seen))
	}
	if got := len(p.Members(p.Own("SPOP", "a", n-100))); got != n-100 {
		t.Fatalf("SPOP gave %d", got)
	}
	expect(100, "SCARD", "a")
	expect(m, "SCARD", "b")
	p.Delete("b")
	p.Delete("c")
}
