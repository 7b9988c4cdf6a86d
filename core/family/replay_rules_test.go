package family_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// replayRules is the grammar of commands whose journal is replayed; the forms are
// those of scripts/differential:
//
//	?word   in half of the cases      word+   one to four times
//	a|b|c   one of                    a,b     several arguments
//
// A word that replayWord knows stands for what that makes; others are themselves.
// A number before a rule is its weight, 4 without.
const replayRules = `
set s val
set s val nx|xx|get|keepttl ?get
1 set any val px|pxat time
set s val ex|exat,secs ?nx|xx|get
setex s 1|2 val
psetex s ms val
setnx s val
getset s val
1 getdel any
getex s px|pxat time
getex s ex|exat,secs
getex s persist
mset s,val+
msetnx s,val+
append s val
setrange s small val
incr s
decrby s int
incrbyfloat s float
1 del any+
1 unlink any+
1 rename any any
1 renamenx any any
copy any any ?replace
1 copy any any db db ?replace
1 move any db
1 expire any secs-ish ?nx|xx|gt|lt
1 pexpire any ms ?nx|xx|gt|lt
1 pexpireat any time ?nx|xx|gt|lt
1 expireat any secs ?nx|xx|gt|lt
persist any
1 swapdb db db
1 randomkey
exists any+
1 type any
1 dbsize
1 keys *
1 scan 0 count 1000
1 select db
lpush l member+
rpush l member+
lpushx l member
rpushx l member
lpop l ?small
rpop l ?small
lset l small member
linsert l before|after member member
lrem l small member
1 ltrim l small 5
lmove l l left|right left|right
rpoplpush l l
lmpop 2 l l left|right ?count,small
blpop l l 0
brpop l 0
blmove l l left|right left|right 0
brpoplpush l l 0
blmpop 0 2 l l left|right ?count,small
sadd t member+
sadd t number+
srem t member+
smove t t member
spop t
spop t small
sinterstore t t+
sunionstore t t+
sdiffstore t t+
srandmember t
zadd z score,member+
zadd z nx|xx|gt|lt ?ch score,member
zadd z incr score member
zincrby z float member
zrem z member+
1 zremrangebyrank z small small
zremrangebyscore z score score
zpopmin z ?small
zpopmax z ?small
zmpop 2 z z min|max ?count,small
bzpopmin z z 0
bzpopmax z 0
bzmpop 0 2 z z min|max ?count,small
zunionstore z 2 z t
zinterstore z 2 z z weights score score aggregate sum|min|max
zdiffstore z 2 z z
zrangestore z z small 5
geoadd z lon lat member
geosearchstore z z fromlonlat lon lat byradius 2000 km ?asc count small ?any
georadius z lon lat 3000 km store z
hset h field,val+
hset h field,int+
hmset h field,val+
hsetnx h field val
hdel h field+
hincrby h field int
hincrbyfloat h field float
8 hpexpire h ms ?nx|xx|gt|lt fields 2 field field
hexpire h 0|1|2 fields 1 field
hpexpireat h time fields 3 field field field
hpersist h fields 2 field field
hgetex h px|pxat,time fields 2 field field
hgetex h persist fields 1 field
hgetdel h fields 2 field field
hsetex h px|pxat time fields 2 field val field val
hsetex h ?fnx|fxx ?keepttl fields 2 field val field val
hgetall h
hlen h
hrandfield h
sort l|z store l
sort t by w* get # get h1->f* store l
sort l by nosort get h*->f1 get # store l
sort t alpha store l
sort l|t by h*->f1 store l
sort l by s* get s* store l
setbit s small 0|1
bitop and|or|xor s s s
bitop not s s
bitfield s set u8 small int
bitfield s incrby i5 small int overflow fail incrby u3 0 int
pfadd p member+
pfadd p number+
pfcount p
pfcount p p
pfmerge p p+
pfdebug todense p
pfdebug getreg p
8 xadd x nextid field val
xadd x * field val
xadd x maxlen|minid ~ bound ?limit,0|1|5|200 nextid field val
xadd x maxlen|minid = bound nextid field val
xadd x nomkstream * field val
xtrim x maxlen|minid ?~|= bound
xdel x id+
xsetid x nextid
xgroup create x g $|0|id ?mkstream
1 xgroup destroy x g
xgroup setid x g id ?entriesread,small
xgroup createconsumer x g c
1 xgroup delconsumer x g c
8 xreadgroup group g c ?count,small ?noack streams x >
xreadgroup group g c streams x x > >
xreadgroup group g c ?noack ?count,small streams x 0
xreadgroup group g c ?noack block 0 streams x >
xack x g id+
8 xclaim x g c 0 id+ ?justid ?force ?retrycount,small
xclaim x g c 0 id force lastid id
8 xautoclaim x g c 0 0 ?count,small ?justid
1 debug sleep 0
`

// replayGen draws commands from replayRules.
type replayGen struct {
	*rand.Rand
	now   func() int64
	rules []string // a rule as often as it weighs
	// focus are the rules for one type, most of what is drawn, so that more comes
	// together there.
	focus []string
	kind  string // the type of focus
	id    int    // of streams: the last
}

func newReplayGen(seed uint64, now func() int64) *replayGen {
	g := &replayGen{Rand: rand.New(rand.NewPCG(seed, 1)), now: now}
	g.kind = string("shlxtxzp"[seed%8])
	for _, line := range strings.Split(replayRules, "\n") {
		rule, weight := strings.TrimSpace(line), 4
		if rule == "" {
			continue
		}
		if first, rest, _ := strings.Cut(rule, " "); first[0] >= '0' && first[0] <= '9' {
			fmt.Sscan(first, &weight)
			rule = rest
		}
		for range weight {
			g.rules = append(g.rules, rule)
			if strings.Contains(rule+" ", " "+g.kind+" ") {
				g.focus = append(g.focus, rule)
			}
		}
	}
	return g
}

func (g *replayGen) command() (args []string) {
	rule := g.rules[g.IntN(len(g.rules))]
	if g.IntN(4) > 0 {
		rule = g.focus[g.IntN(len(g.focus))]
	}
	for _, w := range strings.Fields(rule) {
		w, optional := strings.CutPrefix(w, "?")
		w, repeated := strings.CutSuffix(w, "+")
		if optional && g.IntN(2) == 0 {
			continue
		}
		times := 1
		if repeated {
			times += g.IntN(4)
		}
		for range times {
			one := w
			if alternatives := strings.Split(w, "|"); len(alternatives) > 1 {
				one = alternatives[g.IntN(len(alternatives))]
			}
			for _, part := range strings.Split(one, ",") {
				args = append(args, g.word(part))
			}
		}
	}
	return args
}

func (g *replayGen) pick(words ...string) string { return words[g.IntN(len(words))] }

func (g *replayGen) pickInt(numbers ...int64) int64 { return numbers[g.IntN(len(numbers))] }

func (g *replayGen) word(w string) string {
	switch w {
	case "s", "l", "t", "h", "z", "x", "p":
		return w + g.pick("1", "2", "3")
	case "any":
		return g.pick("s", "l", "t", "h", "h", "z", "x", "p") + g.pick("1", "2", "3")
	case "val":
		return g.pick("", "1", "17", "3.5", "text", strings.Repeat("long", 20+g.IntN(40)), g.word("member"))
	case "member":
		return g.pick("m", "1", "f") + fmt.Sprint(g.IntN(12))
	case "number", "small":
		return fmt.Sprint(g.IntN(10))
	case "field":
		return fmt.Sprint("f", g.IntN(16))
	case "int":
		return fmt.Sprint(g.IntN(200) - 100)
	case "float":
		return g.pick("0.1", "-2.75", "1e3", "3")
	case "score":
		return g.pick("1", "2", "-3", "0.5", "7", "inf")
	case "lon", "lat":
		return fmt.Sprintf("%.4f", g.Float64()*20)
	case "db":
		return g.pick("0", "0", "0", "1", "2")
	case "ms":
		return g.pick("0", fmt.Sprint(g.IntN(100)), fmt.Sprint(g.IntN(3000)), fmt.Sprint(g.IntN(30000)))
	case "secs-ish":
		return g.pick("-1", "0", "1", "2", "100")
	case "time":
		return fmt.Sprint(g.now() + g.pickInt(g.Int64N(20_000), g.Int64N(20_000), g.Int64N(2000)-500))
	case "secs":
		return fmt.Sprint((g.now() + g.Int64N(20_000)) / 1000)
	case "g", "c":
		return w + g.pick("1", "2")
	case "nextid":
		g.id++
		return fmt.Sprintf("%d-%s", g.id, g.pick("0", "*", "5"))
	case "id", "bound":
		id := fmt.Sprint(max(g.id-g.IntN(12), 0))
		if w == "bound" && g.IntN(2) == 0 {
			return g.pick("0", "3", "10")
		}
		return id + g.pick("-0", "-5", "")
	}
	return w
}
