package keys

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// settings are Redis's defaults.
type settings struct{}

func (settings) LazyUserFlush() bool  { return false }
func (settings) SharesIntegers() bool { return true }
func (settings) CompressRDB() bool    { return true }
func (settings) Refused(error)        {}
func (settings) SkipChecksums() bool  { return false }
func (settings) MaxStringLen() uint64 { return 512 << 20 }

func options() Options { return Options{Settings: settings{}} }

// script runs lines of words on both sides. "SET k v" is done by the pair; «»
// is the empty word; ~ is a due time in the future.
func script(p *familytest.Pair, text string) {
	for line := range strings.Lines(text) {
		words := strings.Fields(strings.ReplaceAll(line, "~", fmt.Sprint(future)))
		if len(words) == 0 {
			continue
		}
		if words[0] == "SET" {
			p.Set(words[1], words[2])
			continue
		}
		var args []any
		for _, w := range words {
			if w == "«»" {
				w = ""
			}
			args = append(args, w)
		}
		p.Same(args...)
	}
	p.SameState()
}

const future = 4102444800 // the year 2100, in seconds

func TestLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(options()))
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		p.Set("list", "x")
		script(p, cases)
	}
}

const cases = `
SET a 1
SET b two
exists a b a none list
exists
touch a none a
type a
type list
type none
del none
del a none a b
SET a 1
SET b two
unlink a b none
SET a 1
rename none x
rename none none
rename a a
rename a b
rename b list
type b
renamenx none x
renamenx list list
SET a 12345
renamenx a list
renamenx a c
object encoding c
expireat c ~
rename c d
expiretime d
copy d e
expiretime e
copy d e
copy d e replace
copy d e REPLACE replace
copy d d
copy d d db 0
copy d d db 3
copy d d db 3
copy d d db 3 replace
copy none d
copy none none
copy d f db
copy d f db x
copy d f db 16
copy d f db -1
copy d f db 99999999999
copy d f x
copy d f db 1 db 0
move d 0
move d 3
move e 3
move e 3
move none 4
move none x
move none 16
move none -1
move none 99999999999
move none -2147483648
SET a 1
SET b 1
keys [a]
dbsize
flushdb x
flushdb sync x
flushall sync async
flushdb ASYNC
dbsize
randomkey
scan 0
SET only 1
randomkey
keys ?nly
keys x*
scan 0
scan 0 match o*
scan 0 match x*
scan 0 match *
scan 0 type string
scan 0 type STRING count 5
scan 0 type list
scan 0 type nosuch
scan 0 count 0
scan 0 count -1
scan 0 count x
scan 0 count
scan 0 match
scan 0 x
scan 0 count 5 match
scan x
scan -x
scan -
scan «»
scan 18446744073709551616
scan 1x
swapdb 0 3
swapdb 0 0
dbsize
swapdb 0 3
swapdb x 0
swapdb 0 x
swapdb 0 16
swapdb -1 0
swapdb 99999999999 0
swapdb 0 99999999999
flushall sync
dbsize
ttl none
pttl none
expiretime none
pexpiretime none
SET a 1
ttl a
pttl a
expiretime a
pexpiretime a
persist a
persist none
expire a 1000
expire a 1000 nx
expire a 900 gt
expire a 900 lt
expire a 2000 lt
expire a 2000 xx
expire a 1500 xx gt
expire a 3000 xx gt
persist a
expire a 1000 xx
expire a 1000 gt
expire a 1000 lt
persist a
expire a 1000 nx
expire a 1000 nx xx
expire a 1000 nx gt
expire a 1000 nx lt
expire a 1000 gt lt
expire a 1000 gt lt xx
expire a 1000 ab
expire a x ab
expire a x
expire none x
expire none 10
expire a 9223372036854775807
expire a -9223372036854775807
expire a 9223372036854775
expire a 9223372036854774
pexpire a 9223372036854775807
pexpire a 9223372036854775000
pexpireat a 9223372036854775807
expireat a 9223372036854775807
expireat a 9223372036854776
expireat a ~
expiretime a
pexpiretime a
ttl a x
pexpireat a ~000
pexpiretime a
pexpireat a ~499
expiretime a
pexpireat a ~500
expiretime a
expire a -1
exists a
SET a 1
expire a 0
SET a 1
pexpireat a 0
SET a 1
expireat a 1 gt
expireat a 1 lt
SET a 1
pexpireat a -5 nx
SET a 1
SET b abc
SET c abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz
object encoding a
object encoding b
object encoding c
object encoding none
object refcount a
object refcount b
object refcount none
SET n 9999
object refcount n
SET n 10000
object refcount n
SET n -1
object refcount n
object idletime none
object freq none
object freq a
object help
OBJECT HELP
object encoding
dump none
dump a
dump b
dump c
del a b c n list
`

func TestAccessClocksLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(options()))
	sound := "\x00\x05hello\n\x00"
	sound += crcOf(p, t)
	for _, idle := range []string{"100", "100000", "16000000"} {
		p.Same("RESTORE", "k", 0, sound, "IDLETIME", idle, "REPLACE")
		p.Same("OBJECT", "FREQ", "k")
		p.Near(2, "OBJECT", "IDLETIME", "k")
	}
	p = familytest.New(t, Commands(options()), "--maxmemory-policy", "allkeys-lfu")
	p.Store().SetClockPolicy(true, 10, 1)
	for _, freq := range []int{0, 1, 100, 255} {
		p.Same("RESTORE", "k", 0, sound, "FREQ", freq, "REPLACE")
		p.Same("OBJECT", "FREQ", "k")
		p.Same("OBJECT", "IDLETIME", "k")
		p.Same("OBJECT", "FREQ", "none")
		p.Same("OBJECT", "IDLETIME", "none")
	}
}

func TestRestoreLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(options()))
	sound := "\x00\x05hello\n\x00"
	sound += crcOf(p, t)
	broken := sound[:len(sound)-1] + "x"
	tail := [][]any{
		{}, {"REPLACE"}, {"replace", "replace"}, {"ABSTTL"}, {"x"}, {"IDLETIME"}, {"IDLETIME", "x"}, {"IDLETIME", -1},
		{"IDLETIME", 10, "REPLACE"}, {"FREQ", 256}, {"FREQ", -1}, {"FREQ", "x"}, {"FREQ", 5, "REPLACE"},
		{"FREQ", 5, "IDLETIME", 5}, {"IDLETIME", 5, "FREQ", 5}, {"FREQ"}, {"ABSTTL", "REPLACE"},
	}
	for _, payload := range []string{sound, broken, "", "short", "\x00\x05hel\n\x00"} {
		for _, ttl := range []any{0, 5000, 100000, -1, "x"} {
			for _, options := range tail {
				p.Same(append([]any{"RESTORE", "k", ttl, payload}, options...)...)
				if _, isInt := ttl.(int); isInt && ttl != 0 {
					p.Same("DEL", "k")
				}
			}
			p.Same("DEL", "k")
			p.Same("RESTORE", "new", ttl, payload, "ABSTTL", "REPLACE")
			p.Same("RESTORE", "new", fmt.Sprint(future*1000), payload, "ABSTTL", "REPLACE")
			p.SameState()
			p.Same("DEL", "new")
		}
	}
}

// crcOf takes the checksum of the payload of "hello" from DUMP.
func crcOf(p *familytest.Pair, t *testing.T) string {
	p.Set("k", "hello")
	reply := p.Same("DUMP", "k")
	p.Same("DEL", "k")
	payload := strings.SplitN(reply, "\r\n", 2)[1]
	payload = strings.TrimSuffix(payload, "\r\n")
	if len(payload) < 8 {
		t.Fatalf("DUMP replied %q", reply)
	}
	return payload[len(payload)-8:]
}

// Keys whose time has come and that nobody has looked at since.
func TestExpiredLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(options()), "--enable-debug-command", "yes")
	p.Oracle().Must(t, "DEBUG", "SET-ACTIVE-EXPIRE", 0)
	for _, req := range []string{
		"del k", "unlink k k", "exists k k", "touch k", "type k", "rename k x", "renamenx k x", "rename live k", "renamenx live k",
		"copy k x", "copy live k", "copy live k replace", "move k 1", "ttl k", "pexpiretime k", "persist k", "expire k 100",
		"expire k 100 gt", "expire k -1", "object encoding k", "object refcount k", "dump k", "keys k*", "dbsize",
		"flushall", "copy k k db 1", "swapdb 0 1", "randomkey",
	} {
		p.Set("k", "v")
		if req != "randomkey" {
			p.Set("live", "w")
		}
		p.Same("PEXPIRE", "k", 30)
		time.Sleep(35 * time.Millisecond)
		p.Same(words(req)...)
		p.Same("EXISTS", "k", "x", "live")
		p.SameState()
		p.Same("FLUSHALL")
	}
}

func words(line string) (args []any) {
	for _, w := range strings.Fields(line) {
		args = append(args, w)
	}
	return args
}

// Random commands on few keys.
func TestRandomLikeRedis(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	p := familytest.New(t, Commands(options()))
	key := func() any { return string(rune('a' + r.IntN(4))) }
	for i := range 3000 {
		switch r.IntN(10) {
		case 0:
			p.Set(key().(string), []string{"1", "x", strings.Repeat("long", 20)}[r.IntN(3)])
		case 1:
			p.Same("DEL", key(), key())
		case 2:
			p.Same("RENAME", key(), key())
		case 3:
			p.Same("RENAMENX", key(), key())
		case 4:
			p.Same("COPY", key(), key(), "DB", r.IntN(2), []string{"REPLACE", "DB 9"}[r.IntN(2)])
		case 5:
			p.Same("MOVE", key(), r.IntN(3))
		case 6:
			p.Same("EXPIREAT", key(), future+r.IntN(10), []string{"NX", "XX", "GT", "LT"}[r.IntN(4)])
		case 7:
			p.Same("PERSIST", key())
		case 8:
			p.Same("PEXPIRETIME", key())
		case 9:
			p.Same([]any{"SWAPDB", "EXISTS", "UNLINK", "DBSIZE", "TOUCH"}[r.IntN(5)], r.IntN(2), r.IntN(2))
		}
		if i%100 == 0 {
			p.SameState()
		}
		if t.Failed() {
			return
		}
	}
}
