package keys

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/family/lists"
	"github.com/redoubt-kv/redoubt/core/family/sets"
	"github.com/redoubt-kv/redoubt/core/family/zsets"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

func collections() []command.Row {
	return slices.Concat(Commands(options()), lists.Commands(), sets.Commands(), zsets.Commands())
}

const sorts = `
	RPUSH l 3 1 2 10 -5 1.5
	SORT l
	SORT l DESC
	SORT l ASC DESC ASC
	SORT l ALPHA
	SORT l ALPHA DESC
	SORT l LIMIT 1 2
	SORT l LIMIT 0 0
	SORT l LIMIT -3 2
	SORT l LIMIT 2 -1
	SORT l LIMIT 100 1
	SORT l LIMIT 5 100
	SORT l LIMIT 1 9223372036854775807
	SORT l LIMIT x 1
	SORT l LIMIT 1 x
	SORT l LIMIT 1
	SORT l BY
	SORT l GET
	SORT l STORE
	SORT l nonsense
	SORT_RO l STORE d
	SORT_RO l DESC
	SORT l BY nosort
	SORT l BY nosort DESC
	SORT l BY nosort LIMIT 1 3
	SORT l BY nosort DESC LIMIT 1 3
	SORT l BY nosort LIMIT 9 3
	SORT l BY nosort GET # GET #
	SORT l BY nosort BY w*
	SORT l BY w*
	SORT l BY w* DESC
	SORT l BY w* LIMIT 1 3
	SORT l BY w* ALPHA
	SORT l BY w* ALPHA DESC
	SORT l BY w*x
	SORT l BY w* GET #
	SORT l BY w* GET g* GET # GET fixed GET absent*
	SORT_RO l BY w* GET g*
	SORT l BY w*->f GET g*->f GET g*-> GET l*
	SORT l STORE d
	LRANGE d 0 -1
	SORT l DESC LIMIT 1 2 STORE d
	LRANGE d 0 -1
	SORT l GET g* GET # STORE d
	LRANGE d 0 -1
	SORT l LIMIT 9 9 STORE d
	EXISTS d
	SORT l LIMIT 9 9 STORE d
	SORT l STORE l
	LRANGE l 0 -1
	SORT l STORE w1
	TYPE w1
	SORT absent
	SORT absent BY w* GET # STORE d
	SORT absent STORE w1
	EXISTS w1
	SADD s 3 1 2 10
	SORT s
	SORT s DESC ALPHA
	SORT s BY nosort STORE d
	LRANGE d 0 -1
	SORT s BY nosort DESC STORE d
	LRANGE d 0 -1
	SORT s BY nosort LIMIT 1 2 STORE d
	LRANGE d 0 -1
	ZADD z 5 one 1 two 3 three 2 10
	SORT z
	SORT z ALPHA
	SORT z BY nosort
	SORT z BY nosort DESC
	SORT z BY nosort LIMIT 1 2
	SORT z BY nosort DESC LIMIT 1 2
	SORT z BY nosort LIMIT 1 -1
	SORT z BY nosort LIMIT 9 -1
	SORT z BY nosort GET # STORE d
	LRANGE d 0 -1
	SORT z BY w*
	SORT w10
	SORT w10 STORE d
	RPUSH bad 1 x
	SORT bad
	SORT bad ALPHA
	SORT bad STORE d
	EXISTS d
	SORT bad BY w*
	SORT bad BY t*
`

func TestSortLikeRedis(t *testing.T) {
	for _, proto := range []int{2, 3} {
		p := familytest.New(t, collections())
		p.Proto(proto)
		for key, val := range map[string]string{"w1": "7", "w2": "-3", "w3": "7", "w10": "text", "g1": "one", "g2": "two", "g3": "3", "t1": "x",
			"fixed": "f", "w-5": "1e3"} {
			p.Set(key, val)
		}
		for line := range strings.Lines(sorts) {
			if words := strings.Fields(line); len(words) > 0 {
				p.Same(asAny(words)...)
			}
		}
		// A BY pattern whose values are no numbers.
		p.Same("SORT", "l", "BY", "g*")
		p.SameEncoding("l", "d", "z")
	}
}

func asAny(words []string) (args []any) {
	for _, w := range words {
		args = append(args, w)
	}
	return args
}

// TestSortNumbers asks what is a number: all that C's strtod takes.
func TestSortNumbers(t *testing.T) {
	p := familytest.New(t, collections())
	for i, text := range []string{"", " 5", "5 ", "0x1f", "inf", "-inf", "nan", "1e3", "5\x00x", "\x005", ".", "1e",
		"+4", "--4", "9223372036854775808", "0x", "infinity", "1_0",
		// The last: to Redis, which does not reset errno, they may spoil what follows.
		"1e400", "1e-400", "1e-310"} {
		key := fmt.Sprint("n", i)
		p.Same("RPUSH", key, "5", text, "3", "-7")
		p.Same("SORT", key, "ALPHA")
		p.Same("SORT", key)
		p.Same("SORT", key, "ALPHA", "STORE", "d")
		p.Same("LRANGE", "d", 0, -1)
	}
	p.Same("RPUSH", "zeros", "a\x00z", "a\x00b", "a\x00a", "a")
	p.Same("SORT", "zeros", "ALPHA")
	p.Same("SORT", "zeros", "ALPHA", "DESC")
	p.Same("SORT", "zeros", "ALPHA", "STORE", "d")
	p.Same("LRANGE", "d", 0, -1)
	p.Same("SORT", "zeros", "BY", "x\x00*", "ALPHA")
	p.Same("SORT", "zeros", "BY", "nosort", "GET", "#\x00*")
}

// TestSortRandom sorts random collections in random ways.
func TestSortRandom(t *testing.T) {
	p := familytest.New(t, collections())
	seed := rand.Uint64()
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 60 {
		if i%3 != 0 {
			p.Set(fmt.Sprint("w", i), fmt.Sprint(r.IntN(20)-10))
		}
		if i%2 != 0 {
			p.Set(fmt.Sprint("g", i), strings.Repeat(fmt.Sprint(i), r.IntN(300)))
		}
	}
	for range 300 {
		n := 1 + r.IntN(200)
		p.Delete("k")
		for range n {
			v := r.IntN(60)
			switch n % 3 {
			case 0:
				p.Same("RPUSH", "k", v)
			case 1:
				p.Same("SADD", "k", v)
			case 2:
				p.Same("ZADD", "k", r.IntN(5), v)
			}
			if r.IntN(10) == 0 {
				break
			}
		}
		args := []any{"SORT", "k"}
		for range r.IntN(5) {
			switch r.IntN(6) {
			case 0:
				args = append(args, "DESC")
			case 1:
				args = append(args, "ALPHA")
			case 2:
				args = append(args, "LIMIT", r.IntN(60)-2, r.IntN(60)-2)
			case 3:
				args = append(args, "GET", []string{"#", "g*", "w*", "x"}[r.IntN(4)])
			case 4:
				args = append(args, "BY", "w*")
			case 5:
				args = append(args, "STORE", "d")
			}
		}
		if slices.Contains(args, any("BY")) && slices.Contains(args, any("ALPHA")) {
			args = append(args, "LIMIT", 0, -1)
			p.SameUnordered(args...) // those of the same weight come in any order
			p.Delete("d")
			continue
		}
		p.Same(args...)
		p.Same("LRANGE", "d", 0, -1)
		if t.Failed() {
			return
		}
	}
}

func TestSortKeys(t *testing.T) {
	for _, c := range []struct {
		line string
		keys string
		all  bool
	}{
		{"sort a", "a", true}, {"sort a store d", "a d", true}, {"sort a STORE d LIMIT 0 1 STORE e", "a e", true},
		{"sort a by store get store", "a", true}, {"sort a by w* store d", "a d", false}, {"sort a get # store d", "a d", true},
		{"sort a get w*", "a", false}, {"sort a limit store x", "a", true}, {"sort a limit 1", "a", true}, {"sort a store", "a", true},
		{"sort_ro a store d", "a", true},
	} {
		var args [][]byte
		for _, w := range strings.Fields(c.line) {
			args = append(args, []byte(w))
		}
		find := sortKeys
		if string(args[0]) == "sort_ro" {
			find = sortROKeys
		}
		refs, all := find(args)
		var names []string
		for _, r := range refs {
			names = append(names, string(args[r.Pos]))
		}
		if strings.Join(names, " ") != c.keys || all != c.all {
			t.Errorf("%s: %v %v", c.line, names, all)
		}
	}
}
