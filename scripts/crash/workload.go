package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// The databases: two that all connections share, two of each connection's own,
// which it also flushes and swaps, and one whose data never changes.
const (
	sharedDBs   = 2
	actors      = 6
	ballastDB   = 15
	databases   = 16
	sharedCount = 4 // counters that all connections increment
)

func ownDB(actor int) int { return sharedDBs + 2*actor }

// command is what is sent to one database.
type command struct {
	db   int
	args []string
}

// unit is what takes effect wholly or not at all: a command, or a transaction.
type unit struct {
	commands []command
	multi    bool

	replies []any // of the commands, once acknowledged
	when    moment
	shared  [sharedCount]int // how often each shared counter is incremented
	pushes  [queueKinds]int  // the last number pushed onto each queue so far
}

func (u *unit) String() string {
	var s []string
	for _, c := range u.commands {
		var words []string
		for _, a := range c.args {
			if len(a) > 40 {
				a = a[:40] + "…"
			}
			words = append(words, a)
		}
		s = append(s, fmt.Sprintf("[%d] %s", c.db, strings.Join(words, " ")))
	}
	if text := strings.Join(s, "; "); !u.multi {
		return text
	}
	return "MULTI; " + strings.Join(s, "; ") + "; EXEC"
}

// generator draws the units of one connection. It knows nothing of the data: each
// command does something sensible whatever its key holds.
type generator struct {
	r     *rand.Rand
	actor int
	n     int // numbers what is written, over all rounds
	next  [queueKinds]int
	noDue bool // no key is soon due
}

// The queues between a connection and its consumers: one that is moved from, one
// that is popped from.
const (
	moveQueue = iota
	popQueue
	queueKinds
)

func queueName(actor, kind int) string { return fmt.Sprintf("queue:%d:%d", actor, kind) }

func (g *generator) number() string {
	g.n++
	return strconv.Itoa(g.n)
}

func (g *generator) key(family string, n int) string {
	return fmt.Sprintf("a%d:%s:%d", g.actor, family, g.r.IntN(n))
}

func (g *generator) draw() *unit {
	u := &unit{}
	n := 1
	if g.r.IntN(5) == 0 {
		u.multi, n = true, 1+g.r.IntN(6)
	}
	for range n {
		g.command(u)
	}
	u.pushes = g.next
	return u
}

// anyDB is a database in which the connection has keys.
func (g *generator) anyDB() int {
	switch d := g.r.IntN(20); {
	case d < 9:
		return 0
	case d < 12:
		return 1
	}
	return ownDB(g.actor) + g.r.IntN(2)
}

// command adds one command to a unit.
func (g *generator) command(u *unit) {
	db := g.anyDB()
	add := func(args ...string) { u.commands = append(u.commands, command{db, args}) }
	switch d := g.r.IntN(100); {
	case d < 20:
		g.drawString(add)
	case d < 38:
		g.drawList(add)
	case d < 56:
		g.drawTable(add)
	case d < 66:
		g.drawZset(add)
	case d < 76:
		g.drawStream(add)
	case d < 84:
		g.drawGeneric(add)
	case d < 86:
		db = ownDB(g.actor) + g.r.IntN(2)
		g.drawDatabase(db, add)
	case d < 93:
		db = 0
		i := g.r.IntN(sharedCount)
		u.shared[i]++
		add("INCR", fmt.Sprintf("shared:%d", i))
	default:
		db = 0
		q := g.r.IntN(queueKinds)
		args := []string{"RPUSH", queueName(g.actor, q)}
		for range 1 + g.r.IntN(3) {
			g.next[q]++
			args = append(args, strconv.Itoa(g.next[q]))
		}
		add(args...)
	}
}

func (g *generator) drawString(add func(...string)) {
	switch k := g.key("str", 20); g.r.IntN(12) {
	case 0, 1:
		add("SET", k, "v"+g.number())
	case 2:
		add("APPEND", k, g.number())
	case 3:
		add("SETRANGE", k, strconv.Itoa(g.r.IntN(50)), g.number())
	case 4:
		add("GETDEL", k)
	case 5:
		add("GETSET", k, g.number())
	case 6:
		add("MSET", k, g.number(), g.key("str", 20), g.number())
	case 7:
		add("SET", k, g.number(), "PX", strconv.Itoa(100_000_000+g.r.IntN(1000)))
	case 8:
		if g.noDue || g.r.IntN(10) == 0 {
			n := g.number()
			add("SET", g.key("big", 3), strings.Repeat(n+",", (5_000+g.r.IntN(100_000))/len(n)))
			return
		}
		add("SET", g.key("due", 30), g.number(), "PX", strconv.Itoa(20+g.r.IntN(3000)))
	case 9:
		add("INCRBYFLOAT", g.key("float", 3), "0.25")
	default:
		add("INCR", g.key("count", 5))
	}
}

func (g *generator) drawList(add func(...string)) {
	switch k := g.key("list", 6); g.r.IntN(14) {
	case 0, 1, 2:
		add("RPUSH", k, g.number(), g.number())
	case 3:
		add("LPUSH", k, g.number(), g.number())
	case 4:
		add("LPOP", k)
	case 5:
		add("RPOP", k)
	case 6:
		add("LTRIM", k, strconv.Itoa(-50-g.r.IntN(300)), "-1")
	case 7:
		add("LREM", k, "1", strconv.Itoa(max(0, g.n-g.r.IntN(100))))
	case 8:
		add("LINSERT", k, "BEFORE", strconv.Itoa(max(0, g.n-g.r.IntN(100))), g.number())
	case 9:
		add("LSET", k, strconv.Itoa(g.r.IntN(20)), g.number())
	case 10:
		if to := g.key("list", 6); to != k {
			add("LMOVE", k, to, "LEFT", "RIGHT")
			return
		}
		add("RPUSH", k, g.number()+strings.Repeat("x", g.r.IntN(3000)))
	default: // everything that ever happened, as far as it is kept
		add("RPUSH", fmt.Sprintf("a%d:log", g.actor), g.number())
		if g.r.IntN(200) == 0 {
			add("LTRIM", fmt.Sprintf("a%d:log", g.actor), "-500", "-1")
		}
	}
}

// drawTable draws commands on hashes and sets, small and large.
func (g *generator) drawTable(add func(...string)) {
	field := func() string { return "f" + strconv.Itoa(g.r.IntN(30)) }
	wide := func() string { return "field:" + strconv.Itoa(g.r.IntN(2000)) }
	switch g.r.IntN(14) {
	case 0:
		add("HSET", g.key("hash", 6), field(), g.number(), field()+"x", g.number())
	case 1:
		add("HDEL", g.key("hash", 6), field())
	case 2:
		add("HINCRBY", g.key("tally", 2), field(), strconv.Itoa(g.r.IntN(9)-4))
	case 3, 4:
		add("HSET", g.key("wide", 1), wide(), g.number(), wide(), g.number())
	case 5:
		add("HDEL", g.key("wide", 1), wide())
	case 6:
		add("SADD", g.key("ints", 3), g.number(), strconv.Itoa(g.r.IntN(300)))
	case 7:
		add("SREM", g.key("ints", 3), strconv.Itoa(g.r.IntN(300)), strconv.Itoa(max(0, g.n-g.r.IntN(200))))
	case 8:
		add("SADD", g.key("set", 3), wide(), field())
	case 9:
		add("SREM", g.key("set", 3), wide(), wide())
	case 10:
		if k, to := g.key("set", 3), g.key("set", 3); k != to {
			add("SMOVE", k, to, field())
		} else {
			add("SUNIONSTORE", g.key("union", 2), k, g.key("ints", 3))
		}
	case 11, 12:
		add("SADD", g.key("pop", 2), "m"+g.number(), "m"+g.number())
	default:
		add("SPOP", g.key("pop", 2), strconv.Itoa(1+g.r.IntN(3)))
	}
}

func (g *generator) drawZset(add func(...string)) {
	member := func() string { return "m" + strconv.Itoa(g.r.IntN(40)) }
	switch g.r.IntN(8) {
	case 0:
		add("ZADD", g.key("zset", 4), g.number(), member(), g.number(), member()+"y")
	case 1:
		add("ZINCRBY", g.key("zset", 4), "0.5", member())
	case 2:
		add("ZREM", g.key("zset", 4), member())
	case 3:
		add("ZPOPMIN", g.key("zset", 4), "1")
	case 4:
		add("ZREMRANGEBYRANK", g.key("zset", 4), "0", "1")
	case 5:
		add("ZADD", g.key("rank", 1), g.number(), "member:"+strconv.Itoa(g.r.IntN(3000)))
	case 6:
		add("ZPOPMIN", g.key("rank", 1), "2")
	default:
		add("ZADD", g.key("rank", 1), g.number(), "member:"+g.number())
	}
}

func (g *generator) drawStream(add func(...string)) {
	recent := func() string { return strconv.Itoa(max(1, g.n-g.r.IntN(200))) + "-1" }
	switch k := g.key("stream", 2); g.r.IntN(10) {
	case 0, 1:
		n := g.number()
		add("XADD", k, n+"-1", "n", n)
	case 2:
		add("XADD", g.key("clock", 2), "*", "n", g.number())
	case 3:
		add("XTRIM", k, "MAXLEN", strconv.Itoa(20+g.r.IntN(100)))
	case 4:
		add("XTRIM", g.key("clock", 2), "MAXLEN", strconv.Itoa(20+g.r.IntN(100)))
	case 5:
		add("XDEL", k, recent())
	case 6:
		add("XGROUP", "CREATE", k, "g", "0", "MKSTREAM")
	case 7, 8:
		add("XREADGROUP", "GROUP", "g", "c"+strconv.Itoa(g.r.IntN(2)), "COUNT", "2", "STREAMS", k, ">")
	default:
		add("XACK", k, "g", recent())
	}
}

// drawGeneric draws what works on any key.
func (g *generator) drawGeneric(add func(...string)) {
	family, n := "str", 20
	switch g.r.IntN(3) {
	case 0:
		family, n = "list", 6
	case 1:
		family, n = "hash", 6
	}
	k, to := g.key(family, n), g.key(family, n)
	switch g.r.IntN(10) {
	case 0:
		add("DEL", k, g.key("zset", 4))
	case 1:
		add("UNLINK", k, to)
	case 2, 3:
		add("RENAME", k, to)
	case 4, 5:
		if to != k {
			add("COPY", k, to, "REPLACE")
			return
		}
		add("DEL", k)
	case 6:
		add("PEXPIRE", k, strconv.Itoa(100_000_000+g.r.IntN(1_000_000)))
	case 7:
		add("EXPIRE", k, strconv.Itoa(100_000+g.r.IntN(1000)))
	case 8:
		add("PEXPIREAT", k, strconv.Itoa(4_000_000_000_000+g.r.IntN(1_000_000)))
	default:
		add("PERSIST", k)
	}
}

// drawDatabase draws what works on one of the connection's own databases.
func (g *generator) drawDatabase(db int, add func(...string)) {
	a := ownDB(g.actor)
	switch g.r.IntN(6) {
	case 0:
		add("FLUSHDB")
	case 1:
		add("SWAPDB", strconv.Itoa(a), strconv.Itoa(a+1))
	default:
		add("MOVE", g.key("str", 20), strconv.Itoa(2*a+1-db))
	}
}
