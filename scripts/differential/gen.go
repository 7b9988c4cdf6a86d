package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// gen draws ops from the grammar. Same seed, same ops.
type gen struct {
	*rand.Rand
	rules []rule
	total int
	multi [connections]bool // MULTI was drawn last
}

func newGen(seed uint64, groups []group) *gen {
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 0x5265646f756274))}
	for _, gr := range groups {
		for _, line := range strings.Split(gr.rules, "\n") {
			words := strings.Fields(line)
			if len(words) == 0 {
				continue
			}
			g.rules = append(g.rules, rule{words: words, weight: gr.weight})
			g.total += gr.weight
		}
	}
	return g
}

// ops draws n ops, in bursts on one connection so that they pipeline.
func (g *gen) ops(n int) []op {
	all := make([]op, 0, n)
	for len(all) < n {
		conn := g.IntN(connections)
		for range 1 + g.IntN(maxBatch) {
			all = append(all, g.op(conn))
		}
	}
	return all[:n]
}

func (g *gen) op(conn int) op {
	if g.IntN(200) == 0 {
		return op{raw: g.rawBytes()}
	}
	argv := g.expand(g.pickRule().words)
	switch g.IntN(60) { // now and then spoil what the grammar made
	case 0:
		argv = argv[:1+g.IntN(len(argv))]
	case 1:
		argv = append(argv, g.junk())
	case 2:
		if len(argv) > 1 {
			argv[1+g.IntN(len(argv)-1)] = g.junk()
		}
	case 3:
		argv[0] = randomCase(g, argv[0])
	}
	if unsafeToSpoil(argv) || g.multi[conn] && random(argv[0]) {
		argv = []string{"PING"}
	}
	switch {
	case len(argv) > 1: // refused
	case strings.EqualFold(argv[0], "MULTI"):
		g.multi[conn] = true
	case strings.EqualFold(argv[0], "EXEC"), strings.EqualFold(argv[0], "DISCARD"), strings.EqualFold(argv[0], "RESET"):
		g.multi[conn] = false
	}
	return op{conn: conn, argv: argv}
}

// random tells whether a command's reply or effect is a matter of chance, or of
// the order of a table: among the replies of EXEC it could not be compared.
func random(name string) bool {
	switch strings.ToUpper(name) {
	case "SPOP", "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER", "RANDOMKEY", "SCAN", "HSCAN", "SSCAN", "ZSCAN", "KEYS",
		"SMEMBERS", "SINTER", "SUNION", "SDIFF", "HKEYS", "HVALS", "HGETALL", "SORT", "SORT_RO",
		"HELLO", "TIME", "CLIENT", "OBJECT", "MEMORY", "CONFIG", "COMMAND", "LASTSAVE", "TTL", "PTTL", "DEBUG":
		return true
	}
	return false
}

// unsafeToSpoil says that spoiling made a command that the run must not
// contain: one that ends the server, turns the connection into a stream or asks
// for the whole command table.
func unsafeToSpoil(argv []string) bool {
	switch strings.ToUpper(argv[0]) {
	case "COMMAND": // the whole table: compared row by row in its own test
		return len(argv) == 1 || len(argv) == 2 && strings.ToUpper(argv[1]) != "COUNT"
	case "DEBUG": // crashes, sleeps without an end, and what shows the inside of the server
		if len(argv) > 2 && strings.ToUpper(argv[1]) == "SLEEP" {
			return argv[2] != "0"
		}
		if len(argv) > 2 && strings.ToUpper(argv[1]) == "POPULATE" && len(argv[2]) > 5 {
			return true // fills all memory
		}
		if len(argv) > 2 && strings.ToUpper(argv[1]) == "PROTOCOL" && strings.ToUpper(argv[2]) == "PUSH" {
			return true // two replies
		}
		return len(argv) > 1 && strings.Contains(" SEGFAULT PANIC ASSERT OOM RESTART CRASH-AND-RECOVER HTSTATS HTSTATS-KEY JMAP LEAK MALLCTL ", " "+strings.ToUpper(argv[1])+" ")
	case "SLOWLOG": // what is slow depends on the machine
		return len(argv) > 1 && (strings.ToUpper(argv[1]) == "GET" || strings.ToUpper(argv[1]) == "LEN")
	case "CONFIG": // strings of many GB would be allowed
		if len(argv) > 2 && strings.EqualFold(argv[1], "GET") && strings.ContainsAny(strings.Join(argv[2:], ""), "*") {
			return true // all directives, of which 7.4 has more
		}
		if strings.Contains(strings.Join(argv, " "), "1844674407370955161") {
			return true // taken by Redis for a limit, refused here
		}
		return len(argv) > 3 && strings.EqualFold(argv[1], "SET") && strings.Contains(strings.ToLower(strings.Join(argv[2:], " ")), "proto-max-bulk-len 9")
	case "CLIENT": // ids differ
		return len(argv) > 3 && strings.EqualFold(argv[1], "KILL") && argv[3] != "999999" && argv[3] != "x" && argv[3] != "-1"
	case "BGSAVE": // whether one runs already is a matter of time
		return len(argv) == 1
	case "INFO":
		return len(argv) != 2 || argv[1] != "nosuchsection"
	case "LOLWUT": // a drawing of one's own
		return true
	case "ZRANK", "ZREVRANK": // WITHSCORE is of 7.2
		return len(argv) > 3
	case "XADD": // IDs by the clock
		return slices.Contains(argv, "*")
	case "BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BZPOPMIN", "BZPOPMAX": // may wait for ever
		last := argv[len(argv)-1]
		return !strings.HasPrefix(last, "0.0")
	case "BLMPOP", "BZMPOP":
		return len(argv) > 1 && !strings.HasPrefix(argv[1], "0.0")
	case "XREAD", "XREADGROUP":
		i := slices.IndexFunc(argv, func(a string) bool { return strings.EqualFold(a, "BLOCK") })
		return i > 0 && i+1 < len(argv) && argv[i+1] != "5"
	case "SHUTDOWN", "SYNC", "PSYNC", "MONITOR", "SUBSCRIBE", "PSUBSCRIBE":
		return true
	}
	return false
}

func (g *gen) pickRule() rule {
	n := g.IntN(g.total)
	for _, r := range g.rules {
		if n -= r.weight; n < 0 {
			return r
		}
	}
	panic("differential: weights do not add up")
}

// expand replaces the words of a rule, see grammar.go.
func (g *gen) expand(words []string) []string {
	var argv []string
	for _, w := range words {
		optional := strings.HasPrefix(w, "?")
		repeated := strings.HasSuffix(w, "+")
		w = strings.TrimSuffix(strings.TrimPrefix(w, "?"), "+")
		if optional && g.IntN(2) == 0 {
			continue
		}
		times := 1
		if repeated {
			times += g.IntN(3)
		}
		for range times {
			argv = append(argv, g.word(w)...)
		}
	}
	return argv
}

func (g *gen) word(w string) []string {
	if alternatives := strings.Split(w, "|"); len(alternatives) > 1 {
		w = alternatives[g.IntN(len(alternatives))]
	}
	var out []string
	for _, part := range strings.Split(w, ",") {
		if make, ok := terminals[part]; ok {
			out = append(out, make(g))
		} else if make, ok := listTerminals[part]; ok {
			out = append(out, make(g)...)
		} else if part != "-" {
			out = append(out, part)
		}
	}
	return out
}

func (g *gen) junk() string { return junkWords[g.IntN(len(junkWords))] }

func (g *gen) of(all ...string) string { return all[g.IntN(len(all))] }

func (g *gen) number(low, high int64) string {
	return fmt.Sprint(low + g.Int64N(high-low+1))
}

func (g *gen) value() string {
	switch g.IntN(8) {
	case 0:
		return g.of("", "0", "-1", "9223372036854775807", "-9223372036854775808", "3.14", "1e3", " 1", "01", "+1", "inf", "nan")
	case 1, 2:
		return g.number(-1000, 1000)
	case 3:
		return g.binary(g.IntN(64))
	case 4:
		return strings.Repeat(g.of("a", "ab", "xyz"), g.IntN(300))
	case 5:
		return g.of("ohmytext", "mynewtext", "foobar", "bar", "\x00\x00\xff", "\xff\xf0\x00")
	}
	return fmt.Sprintf("value-%d", g.IntN(100))
}

// seam is a length near one at which the layout of a string changes.
func (g *gen) seam() int {
	edges := []int{44, 1024, 4096, 16 << 10, 32 << 10, 48 << 10, 64 << 10}
	return max(0, edges[g.IntN(len(edges))]+g.IntN(81)-40)
}

// pattern is n bytes that differ from place to place.
func (g *gen) pattern(n int) string {
	b, step := make([]byte, n), byte(g.IntN(7))
	for i := range b {
		b[i] = byte(i/251)*step + byte(i)
	}
	return string(b)
}

func (g *gen) binary(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return string(b)
}

func (g *gen) rawBytes() string {
	s := rawRequests[g.IntN(len(rawRequests))]
	return strings.ReplaceAll(s, "{key}", terminals["key"](g))
}

func randomCase(g *gen, s string) string {
	b := []byte(strings.ToLower(s))
	for i := range b {
		if g.IntN(2) == 0 {
			b[i] = strings.ToUpper(string(b[i]))[0]
		}
	}
	return string(b)
}
