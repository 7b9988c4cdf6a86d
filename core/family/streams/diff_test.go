package streams

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// newPair runs the family beside redis-server, both with these sizes of packs.
func newPair(t *testing.T, maxBytes, maxEntries int) *familytest.Pair {
	p := familytest.New(t, Commands(), "--stream-node-max-bytes", fmt.Sprint(maxBytes), "--stream-node-max-entries", fmt.Sprint(maxEntries))
	limits := *value.DefaultLimits()
	limits.StreamNodeMaxBytes, limits.StreamNodeMaxEntries = maxBytes, maxEntries
	p.Store().SetLimits(&limits)
	return p
}

// times are absolute times in ms.
var times = regexp.MustCompile(`:1[6-9]\d{11}\r`)

func mask(reply string) string { return times.ReplaceAllString(reply, ":time\r") }

// idles are idle times, which are short in these tests: in XPENDING before the
// number of deliveries, in XINFO CONSUMERS behind a name.
var idles = regexp.MustCompile(`:\d{1,4}\r\n:|idle\r\n:\d+`)

func maskIdle(reply string) string { return idles.ReplaceAllString(mask(reply), ":idle:") }

// sameStream compares all that can be seen of a stream.
func sameStream(p *familytest.Pair, key string) {
	p.SameBut(mask, "XINFO", "STREAM", key, "FULL", "COUNT", 0)
	p.Same("XINFO", "STREAM", key)
	p.Same("XINFO", "GROUPS", key)
	p.Same("XLEN", key)
	p.Same("XREVRANGE", key, "+", "-")
}

func script(p *familytest.Pair, text string) {
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line == "" {
			continue
		}
		var args []any
		for _, w := range strings.Fields(line) {
			if w == `""` {
				w = ""
			}
			args = append(args, strings.NewReplacer(`\0`, "\x00", `\s`, " ", `\t`, "\t", `\n`, "\n").Replace(w))
		}
		switch strings.ToLower(args[0].(string)) {
		case "xpending", "xinfo":
			p.SameBut(maskIdle, args...)
		default:
			p.SameBut(mask, args...)
		}
	}
}

func TestLikeRedis(t *testing.T) {
	for proto := 2; proto <= 3; proto++ {
		p := newPair(t, 4096, 100)
		p.Set("str", "text")
		p.Proto(proto)
		script(p, entries)
		script(p, groups)
		script(p, reads)
		for _, key := range []string{"a", "b", "s", "g", "r"} {
			sameStream(p, key)
		}
	}
}

// Of an XADD with "15-*" behind 15-18446744073709551615 Redis says what an
// earlier call of its C library failed with.
const entries = `
xlen nokey
xlen str
xadd str * a b
xadd a 0-0 x y
xadd a 0 x y
xadd a 0-* x y
xadd a 0-* x y
xadd a 1-1 x y
xadd a 1-1 x y
xadd a 1-0 x y
xadd a 1-* x y
xadd a 0-* x y
xadd a 2 x y z
xadd a 2 x
xadd a 2
xadd a maxlen 5
xadd a maxlen ~ 5 2
xadd a maxlen
xadd a nomkstream
xadd nokey nomkstream 5-5 a b
xadd nokey nomkstream * a b
xadd a nomkstream 5-5 a b
xadd a 007-08 f v
xadd a +9 f v
xadd a \s10 f v
xadd a 10-+1 f v
xadd a 10-\s2 f v
xadd a 10--3 f v
xadd a 10--03x f v
xadd a x f v
xadd a "" f v
xadd a 1- f v
xadd a -1 f v
xadd a 11-*x f v
xadd a 11-** f v
xadd a + f v
xadd a - f v
xadd a -\0x f v
xadd a 12-1\0x f v
xadd a 18446744073709551616 f v
xadd a 99999999999999999999999999 f v
xadd a 1-1-1 f v
xadd a maxlen x 13-1 f v
xadd a maxlen -1 13-1 f v
xadd a maxlen = 4 13-1 f v
xadd a maxlen ~ 2 14-1 f v
xadd a maxlen 2 minid 1 14-1 f v
xadd a minid x 14-1 f v
xadd a minid 1-* 14-1 f v
xadd a minid = 13 14-2 f v
xadd a minid ~ 13 14-3 f v
xadd a limit 5 14-4 f v
xadd a limit 0 14-4 f v
xadd a limit -1 14-4 f v
xadd a limit x 14-4 f v
xadd a maxlen 5 limit 5 14-4 f v
xadd a maxlen ~ 5 limit 5 14-4 f v
xadd a maxlen ~ 5 limit 0 14-5 f v
xadd a maxlen 5 maxlen 4 14-6 f v
xadd a MAXLEN 100 NoMkStream 14-7 f v g 1 h -5
xadd a 15-0 f 1234567890123 f -1
xadd a 15-1 "" "" "" 007
xadd a 15-18446744073709551615 f v
xadd a 15-5 f v
xrange a - +
xrevrange a + -
xrange a - + count 2
xrange a - + COUNT 0
xrange a - + COUNT -2
xrange a - + COUNT x
xrange a - + COUNT
xrange a - + COUNT 1 COUNT 3
xrange a - + foo 2
xrange a (13-1 +
xrange a (13 (15
xrange a 13 14
xrange a 14-3 14-5
xrange a + -
xrange a (- +
xrange a - (+
xrange a ( +
xrange a (18446744073709551615-18446744073709551615 +
xrange a - (0-0
xrange a (0 +
xrange a x +
xrange a 1 y
xrange a 1-* +
xrange nokey - +
xrange nokey - + count 0
xrange str - +
xrange nokey x +
xrevrange nokey + -
xrevrange a - +
xrevrange a 15-1 14-3 count 2
xrevrange a (15-1 (14-3
xdel a 1-1 99-1
xdel a 14-4 14-4 x
xdel a 14-4 14-4 14-5
xdel nokey x
xdel nokey 1
xdel str 1
xlen a
xinfo stream a
xtrim a
xtrim a maxlen
xtrim a maxlen ~
xtrim a maxlen ~ 5 limit
xtrim a maxlen 4
xtrim a limit 5 maxlen
xtrim a limit 5
xtrim a limit 5 maxlen ~ 3
xtrim a limit 0 maxlen 3
xtrim a minid 15
xtrim a minid + 
xtrim a maxlen 1 foo
xtrim a foo 1 2
xtrim nokey maxlen 1
xtrim str maxlen 1
xtrim str maxlen x
xtrim a maxlen 0
xinfo stream a
xadd a * f
xadd a 16-1 f v
xdel a 16-1
xinfo stream a
xinfo stream a full
xadd b 18446744073709551615-18446744073709551614 f v
xadd b 18446744073709551615-* f v
xadd b 18446744073709551615-* f v
xadd b * f v
xadd b 1-1 f v
xread count 1 streams b 18446744073709551615-18446744073709551615
xsetid a 1-1
xsetid a 20-1
xsetid a x
xsetid a 20-1 entriesadded
xsetid a 20-1 entriesadded x
xsetid a 20-1 entriesadded -1
xsetid a 20-1 entriesadded 100
xsetid a 20-1 maxdeletedid 30-1
xsetid a 20-1 maxdeletedid 10-1 entriesadded 50
xsetid a 20-1 maxdeletedid x
xsetid a 20-1 foo 10-1
xadd a 21-1 f v
xsetid a 20-1
xsetid a 21-1 entriesadded 0
xsetid a 22-1 entriesadded 1 maxdeletedid 0-0
xsetid nokey 1-1
xsetid str 1-1
xinfo stream a
xinfo help
xinfo HELP x
xinfo nope
xinfo nope a
xinfo
xinfo stream
xinfo stream nokey
xinfo stream str
xinfo stream a ful
xinfo stream a full x
xinfo stream a full count
xinfo stream a full count x
xinfo stream a full count -3
xinfo stream a full count 1 2
xinfo stream nokey full nope
xinfo groups nokey
xinfo groups str
xinfo groups a
xinfo groups a b
xinfo consumers a
xinfo consumers a g
xinfo consumers nokey g
xinfo consumers str g
xinfo groups a
`

const groups = `
xgroup help
xgroup nope
xgroup
xgroup create
xgroup create s
xgroup create s g
xgroup create s g $
xgroup create str g $
xgroup create s g x mkstream
xgroup create s g $ mkstream
xgroup create s g $ mkstream
xgroup create s g 1-1
xgroup create s g2 1-1 entriesread
xgroup create s g2 1-1 entriesread x
xgroup create s g2 1-1 entriesread -2
xgroup create s g2 1-1 entriesread 5 mkstream
xgroup create s g3 1-1 mkstream mkstream
xgroup create s g4 1-1 mkstream mkstream mkstream entriesread 1
xgroup create s g5 -
xgroup create s g5 1-*
xgroup create s g5 0 foo
xgroup create s ab 0
xgroup create s a 0
xgroup create s abc 0
xgroup create s "" 0
xgroup create nokey g 0 entriesread 3
xgroup setid s nope 1
xgroup setid nokey g 1
xgroup setid str g 1
xgroup setid s g 5-5
xgroup setid s g +
xgroup setid s g -
xgroup setid s g $
xgroup setid s g x
xgroup setid s g 5 entriesread 7
xgroup setid s g 5 entriesread 7 entriesread 8
xgroup setid s g 5 mkstream
xgroup setid s g 5 entriesread
xgroup destroy s nope
xgroup destroy s g2
xgroup destroy s g2
xgroup destroy nokey g
xgroup destroy str g
xgroup createconsumer s g c1
xgroup createconsumer s g c1
xgroup createconsumer s nope c1
xgroup createconsumer nokey g c1
xgroup createconsumer str g c1
xgroup createconsumer s g ""
xgroup delconsumer s g c2
xgroup delconsumer s g c1
xgroup delconsumer s nope c1
xgroup delconsumer nokey g c1
xinfo groups s
xadd g 1-1 f v
xadd g 1-2 f v
xadd g 2-1 f v
xadd g 3-1 f v
xadd g 4-1 f v
xgroup create g g 0
xreadgroup group g c1 count 2 streams g >
xreadgroup group g c2 streams g >
xreadgroup group g c2 streams g >
xpending g g
xpending g g - + 10
xpending g g - + 0
xpending g g - + -1
xpending g g - + 10 c1
xpending g g - + 10 nope
xpending g g - + 10 c1 x y
xpending g g idle 0 - + 10
xpending g g idle 100000 - + 10
xpending g g idle 100000 - + 10 c1
xpending g g idle x - + 10
xpending g g idle 5 - +
xpending g g idle 5 -
xpending g g (1-1 (3-1 10
xpending g g 1-2 2 10
xpending g g x + 10
xpending g g - y 10
xpending g g - (- 10
xpending g g (+ + 10
xpending g g - (0 10
xpending g g (18446744073709551615-18446744073709551615 + 10
xpending g g - + x
xpending g g -
xpending g g - +
xpending g nope
xpending nokey g
xpending str g
xpending nokey g - + x
xpending g g - + 10 c1 a b c
xack g g 1-1
xack g g 1-1 1-2 9-9
xack g g x
xack g g 1-1 x
xack g nope x
xack nokey g x
xack str g 1
xdel g 3-1
xclaim g g c3 0 2-1
xclaim g g c3 x 2-1
xclaim g g c3 -5 3-1 4-1
xclaim g g c3 0 1-1
xclaim g g c3 0 1-1 force
xclaim g g c3 0 1-1 force justid
xclaim g g c3 0 1-1 3-1 9-9 force justid retrycount 7
xclaim g g c4 100000 1-1 justid
xclaim g g c4 100000 1-2 force justid
xclaim g g c4 0 1-1 idle 5000 justid
xclaim g g c4 0 1-1 time 5000 justid retrycount 0
xclaim g g c4 0 1-1 retrycount -5
xclaim g g c4 0 1-1 time
xclaim g g c4 0 1-1 time x
xclaim g g c4 0 1-1 idle x
xclaim g g c4 0 1-1 retrycount x
xclaim g g c4 0 1-1 lastid x
xclaim g g c4 0 1-1 nope
xclaim g g c4 0 nope
xclaim g g c4 0 9-9 lastid 8-8
xclaim g g c4 0 1-1 lastid 9-9 justid
xclaim g g c4 0 1-1 lastid 1-1 justid
xclaim g nope c4 0 1-1
xclaim nokey g c4 0 1-1
xclaim nokey g c4 x 1-1
xclaim str g c4 0 1-1
xclaim g g new 100000 4-1
xinfo consumers g g
xautoclaim g g c5 0 -
xautoclaim g g c5 0 - count 1
xautoclaim g g c5 0 (1-1 count 1 justid
xautoclaim g g c5 0 2-1 count 1 justid
xautoclaim g g c5 100000 - 
xautoclaim g g c5 x -
xautoclaim g g c5 0 x
xautoclaim g g c5 0 + count 3
xautoclaim g g c5 0 (18446744073709551615-18446744073709551615
xautoclaim g g c5 0 - count 0
xautoclaim g g c5 0 - count x
xautoclaim g g c5 0 - count 1152921504606846976
xautoclaim g g c5 0 - count
xautoclaim g g c5 0 - nope
xautoclaim g nope c5 0 -
xautoclaim nokey g c5 0 -
xautoclaim str g c5 0 -
xautoclaim str g c5 0 - nope
xdel g 1-1 4-1
xautoclaim g g c6 0 -
xautoclaim g g c6 0 -
xgroup delconsumer g g c5
xpending g g
xgroup destroy g g
`

const reads = `
xread
xread streams
xread streams a
xread streams a b
xread streams a b 0
xread count
xread count 1 streams a
xread count x streams a 0
xread count -1 streams g 0
xread block x streams a 0
xread block -1 streams a 0
xread block 1.5 streams a 0
xread foo streams a 0
xread group g c streams a 0
xread noack streams a 0
xread streams a >
xread streams a $
xread streams nokey $
xread streams str $
xread streams g str 0 0
xread streams nokey 0
xread streams a x
xread streams a 1-*
xread streams a -
xread streams g 1-2
xread streams g a 0-0 0-0
xread count 1 streams g a nokey 0-0 0-0 0
xread streams g 99
xread block 10 streams g 99
xreadgroup group g c streams
xreadgroup group g c streams r
xreadgroup group g c streams r g >
xreadgroup group g c streams r >
xreadgroup foo g c streams r >
xreadgroup count 1 noack streams r r
xreadgroup count 1 streams r x >
xgroup create r g $ mkstream
xreadgroup group g c streams r >
xreadgroup group g c streams r 0
xreadgroup group g c streams r $
xreadgroup group g c streams r x
xreadgroup group g c streams r -
xreadgroup group g2 c streams r >
xreadgroup group g c streams nokey >
xreadgroup group g c streams str >
xadd r 1-1 a 1
xadd r 1-2 b 2
xadd r 1-3 a 3
xadd r 1-4 a 4 b 5
xadd r 1-5 a 6
xreadgroup group g c count 1 streams r >
xreadgroup group g c count 1 noack streams r >
xreadgroup group g d noack streams r >
xadd r 1-6 a 7
xreadgroup group g d count -5 streams r >
xreadgroup group g d streams r 0
xreadgroup group g d streams r 1-5
xreadgroup group g d streams r 1-6
xreadgroup group g c noack streams r 0
xreadgroup group g new streams r 0
xreadgroup group g d streams r 18446744073709551615-18446744073709551615
xdel r 1-6 1-1
xreadgroup group g d streams r 0
xreadgroup group g c count 1 streams r 0
xpending r g - + 10
xgroup setid r g 0
xreadgroup group g c streams r >
xreadgroup group g d streams r >
xgroup setid r g 1-2 entriesread 2
xreadgroup group g d streams r >
xpending r g - + 10
xinfo groups r
xgroup create r h 0
xreadgroup group h c streams r g > >
xgroup create g h 1-2
xreadgroup group h c streams r g > >
xreadgroup group h c streams r g 0 >
xreadgroup group h c count 1 streams r g 0 0
xreadgroup group h c block 10 streams g >
`

// TestRandomLikeRedis runs random commands on few streams with few IDs.
func TestRandomLikeRedis(t *testing.T) {
	for i, size := range [][2]int{{4096, 100}, {0, 1}, {60, 0}, {100, 3}, {0, 0}} {
		p := newPair(t, size[0], size[1])
		p.Proto(2 + i%2)
		seed := rand.Uint64()
		t.Logf("packs of %v: seed %d", size, seed)
		r := random{rand.New(rand.NewPCG(seed, 0))}
		for range 40 {
			for range 40 {
				switch args := r.command(); args[0] {
				case "XPENDING":
					p.SameBut(maskIdle, args...)
				default:
					p.SameBut(mask, args...)
				}
			}
			sameStream(p, "s")
			sameStream(p, "t")
			if t.Failed() {
				return
			}
		}
	}
}

type random struct{ *rand.Rand }

func (r random) key() string      { return []string{"s", "s", "t"}[r.IntN(3)] }
func (r random) group() string    { return []string{"g", "h", "gg"}[r.IntN(3)] }
func (r random) consumer() string { return []string{"alice", "al", "bob", "bobby"}[r.IntN(4)] }

func (r random) id() string {
	switch r.IntN(10) {
	case 0:
		return "0"
	case 1:
		return fmt.Sprint(r.IntN(300))
	}
	return fmt.Sprintf("%d-%d", r.IntN(300), r.IntN(3))
}

func (r random) ids() (list []any) {
	for range 1 + r.IntN(6) {
		list = append(list, r.id())
	}
	return list
}

func (r random) start() string {
	return []string{"-", "", "("}[r.IntN(3)] + r.id()
}

func (r random) command() []any {
	key, group, consumer := r.key(), r.group(), r.consumer()
	switch r.IntN(22) {
	case 0:
		return append([]any{"XDEL", key}, r.ids()...)
	case 1:
		return r.trim([]any{"XTRIM", key})
	case 2:
		return []any{"XRANGE", key, r.id(), r.id(), "COUNT", r.IntN(10)}
	case 3:
		return []any{"XREVRANGE", key, r.id(), r.id()}
	case 4:
		return []any{"XGROUP", "CREATE", key, group, []string{"0", "$", r.id()}[r.IntN(3)], "MKSTREAM"}
	case 5:
		return []any{"XGROUP", "SETID", key, group, r.id(), "ENTRIESREAD", r.IntN(20) - 1}
	case 6:
		if r.IntN(4) > 0 {
			return []any{"XGROUP", "DELCONSUMER", key, group, consumer}
		}
		return []any{"XGROUP", "DESTROY", key, group}
	case 7, 8:
		return append([]any{"XACK", key, group}, r.ids()...)
	case 9:
		return []any{"XPENDING", key, group, "-", "+", 1000}
	case 10:
		return []any{"XPENDING", key, group, r.id(), r.id(), 5, consumer}
	case 11:
		return append(append([]any{"XCLAIM", key, group, consumer, 0}, r.ids()...), "FORCE", "RETRYCOUNT", r.IntN(9))
	case 12:
		return append([]any{"XCLAIM", key, group, consumer, 0}, r.ids()...)
	case 13:
		return []any{"XAUTOCLAIM", key, group, consumer, 0, r.id(), "COUNT", 1 + r.IntN(10)}
	case 14, 15, 16:
		return []any{"XREADGROUP", "GROUP", group, consumer, "COUNT", r.IntN(20), "STREAMS", key, []string{">", ">", r.id()}[r.IntN(3)]}
	case 17:
		return []any{"XREAD", "COUNT", 3, "STREAMS", "s", "t", r.id(), r.id()}
	case 18:
		if r.IntN(20) == 0 {
			return []any{"XSETID", key, fmt.Sprint(r.IntN(4000)), "ENTRIESADDED", r.IntN(4000)}
		}
		return []any{"XLEN", key}
	}
	return r.add(key)
}

func (r random) trim(args []any) []any {
	if r.IntN(2) == 0 {
		args = append(args, "MAXLEN")
	} else {
		args = append(args, "MINID")
	}
	exact := r.IntN(2) == 0
	if !exact {
		args = append(args, "~")
	}
	args = append(args, r.IntN(60))
	if !exact && r.IntN(2) == 0 {
		args = append(args, "LIMIT", r.IntN(30))
	}
	return args
}

func (r random) add(key string) []any {
	args := []any{"XADD", key}
	if r.IntN(6) == 0 {
		args = r.trim(args)
	}
	id := fmt.Sprintf("%d-*", r.IntN(4000)*r.IntN(1000)/1000)
	args = append(args, id)
	for range 1 + r.IntN(3)*r.IntN(2) {
		args = append(args, "f"+strings.Repeat("x", r.IntN(2)), r.value())
	}
	return args
}

func (r random) value() any {
	switch r.IntN(4) {
	case 0:
		return r.Int64() >> r.IntN(64)
	case 1:
		return strings.Repeat("v", 1<<r.IntN(13))
	}
	return "v"
}
