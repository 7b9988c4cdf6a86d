package hashes

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/value"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// Redis 7.0 has none of these commands. The expectations follow the reference
// of 7.4 and 8.0: replies, events and numbers of changes.

// ttlCase is a line of words with what is expected: the reply with its line ends
// as spaces, the events, and the number of changes.
type ttlCase struct {
	line, reply, events string
	changes             int64
}

func runCases(t *testing.T, p *familytest.Pair, cases []ttlCase) {
	t.Helper()
	for _, c := range cases {
		words := strings.Fields(c.line)
		for i, w := range words {
			if ms, ok := strings.CutPrefix(w, "now+"); ok { // within the half second that follows
				var n int64
				fmt.Sscan(ms, &n)
				words[i] = fmt.Sprint(p.Now() + n)
			}
			if w == "pass" {
				var n int64
				fmt.Sscan(words[1], &n)
				p.Advance(n)
			}
		}
		if words[0] == "pass" {
			continue
		}
		reply, events, changes := p.Alone(words...)
		reply = strings.TrimSpace(strings.ReplaceAll(reply, "\r\n", " "))
		if reply != c.reply || events != c.events || changes != c.changes {
			t.Errorf("%s\n got %s | %s | %d\nwant %s | %s | %d", c.line, reply, events, changes, c.reply, c.events, c.changes)
		}
	}
}

// forEachForm runs a test with packed hashes and with tables.
func forEachForm(t *testing.T, fn func(t *testing.T, p *familytest.Pair)) {
	for name, entries := range map[string]int{"packed": 512, "table": 0} {
		t.Run(name, func(t *testing.T) {
			p := familytest.New(t, Commands())
			limits := value.DefaultLimits()
			limits.HashMaxListpackEntries = entries
			p.Store().SetLimits(limits)
			fn(t, p)
		})
	}
}

func TestExpiryOfFields(t *testing.T) {
	forEachForm(t, func(t *testing.T, p *familytest.Pair) {
		p.Set("s", "text")
		runCases(t, p, []ttlCase{
			{"hexpire s 1 fields 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", 0},
			{"httl s fields 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", 0},
			{"hpersist s fields 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", 0},
			{"hexpire no 10 fields 2 a b", "*2 :-2 :-2", "", 0},
			{"httl no fields 2 a b", "*2 :-2 :-2", "", 0},
			{"hpersist no fields 1 a", "*1 :-2", "", 0},
			{"hset h a 1 b 2 c 3 d 4", ":4", "hset h", 4},
			{"httl h fields 2 a x", "*2 :-1 :-2", "", 0},
			{"hexpire h 100 fields 2 a x", "*2 :1 :-2", "hexpire h", 1},
			{"httl h fields 3 a b x", "*3 :100 :-1 :-2", "", 0},
			{"hexpire h 50 nx fields 2 a b", "*2 :0 :1", "hexpire h", 1},
			{"hexpire h 60 xx fields 2 a c", "*2 :1 :0", "hexpire h", 1},
			{"hexpire h 60000 gt fields 3 a b c", "*3 :1 :1 :0", "hexpire h", 2},
			{"hexpire h 70000 lt fields 3 a b c", "*3 :0 :0 :1", "hexpire h", 1},
			{"hexpire h 30 GT fields 1 a", "*1 :0", "", 0},
			{"httl h fields 4 a b c d", "*4 :60000 :60000 :70000 :-1", "", 0},
			{"hpersist h fields 4 a b d x", "*4 :1 :1 :-1 :-2", "hpersist h", 1},
			{"hpersist h fields 1 a", "*1 :-1", "", 0},
			{"httl h fields 3 a b c", "*3 :-1 :-1 :70000", "", 0},
			{"hpexpire h 5000 fields 1 c", "*1 :1", "hexpire h", 1},
			{"hset h c 9", ":0", "hset h", 1}, // takes the expiry away
			{"httl h fields 1 c", "*1 :-1", "", 0},
			{"hexpire h 9 fields 1 c", "*1 :1", "hexpire h", 1},
			{"hincrby h c 1", ":10", "hincrby h", 1}, // keeps it
			{"hincrbyfloat h c 0.5", "$4 10.5", "hincrbyfloat h", 1},
			{"httl h fields 1 c", "*1 :9", "", 0},
			{"hexpireat h 4000000000 fields 1 c", "*1 :1", "hexpire h", 1},
			{"hexpiretime h fields 3 c a x", "*3 :4000000000 :-1 :-2", "", 0},
			{"hpexpiretime h fields 1 c", "*1 :4000000000000", "", 0},
			{"hpexpireat h 4000000000001 fields 1 c", "*1 :1", "hexpire h", 1},
			{"hexpiretime h fields 1 c", "*1 :4000000001", "", 0}, // rounded up
			{"hexpireat h 1 fields 2 a x", "*2 :2 :-2", "hdel h", 1},
			{"hexpire h 0 fields 1 b", "*1 :2", "hdel h", 1},
			{"hmget h a b c d", "*4 $-1 $-1 $4 10.5 $1 4", "", 0},
			{"hpexpireat h 5 lt fields 1 d", "*1 :2", "hdel h", 1},
			{"hpexpireat h 5 fields 2 c c", "*2 :2 :-2", "hdel h, del h", 1},
			{"hlen h", ":0", "", 0},
		})
	})
}

func TestArgumentsOfFieldCommands(t *testing.T) {
	p := familytest.New(t, Commands())
	const position = "-ERR Mandatory argument FIELDS is missing or not at the right position"
	const mismatch = "-ERR The `numfields` parameter must match the number of arguments"
	runCases(t, p, []ttlCase{
		{"hset h a 1", ":1", "hset h", 1},
		{"hexpire h x fields 1 a", "-ERR value is not an integer or out of range", "", 0},
		{"hexpire h -1 fields 1 a", "-ERR invalid expire time, must be >= 0", "", 0},
		{"hexpire h 70368744178 fields 1 a", "-ERR invalid expire time in 'hexpire' command", "", 0},
		{"hexpire h 70368744177 fields 1 a", "-ERR invalid expire time in 'hexpire' command", "", 0},
		{"hexpire h 9223372036854775807 fields 1 a", "-ERR invalid expire time in 'hexpire' command", "", 0},
		{"hpexpireat h 70368744177664 fields 1 a", "-ERR invalid expire time in 'hpexpireat' command", "", 0},
		{"hpexpireat h 70368744177663 fields 1 a", "*1 :1", "hexpire h", 1},
		{"hexpire h 10 nx xx fields 1 a", position, "", 0},
		{"hexpire h 10 field 1 a", position, "", 0},
		{"hexpire h 10 fields 0 a", "-ERR Parameter `numFields` should be greater than 0", "", 0},
		{"hexpire h 10 fields x a", "-ERR Parameter `numFields` should be greater than 0", "", 0},
		{"hexpire h 10 fields 2 a", mismatch, "", 0},
		{"hexpire h 10 fields 1 a b", mismatch, "", 0},
		{"hexpire h 10 fields 9223372036854775807 a b", mismatch, "", 0},
		{"hexpire h 10 nx fields 1", mismatch, "", 0},
		{"hexpire h 10 fields 1", "-ERR wrong number of arguments for 'hexpire' command", "", 0},
		{"httl h 1 fields a", position, "", 0},
		{"httl h fields 0 a", "-ERR Number of fields must be a positive integer", "", 0},
		{"httl h fields 2 a", mismatch, "", 0},
		{"hpersist h fields -1 a", "-ERR Number of fields must be a positive integer", "", 0},
		{"hgetdel h fields 0 a", "-ERR Number of fields must be a positive integer", "", 0},
		{"hgetdel h x 1 a", position, "", 0},
		{"hgetdel h fields 3 a", mismatch, "", 0},
		{"hgetex h fields 0 a", "-ERR Number of fields must be a positive integer", "", 0},
		{"hgetex h ex 10 1 a", position, "", 0},
		{"hgetex h ex fields 1 a", "-ERR value is not an integer or out of range", "", 0},
		{"hgetex h ex -1 fields 1 a", "-ERR invalid expire time, must be >= 0", "", 0},
		{"hgetex h persist fields 2 a", mismatch, "", 0},
		{"hgetex h ex 10 fields 2 a", mismatch, "", 0},
		{"hgetex h ex 10 fields", "-ERR wrong number of arguments for 'hgetex' command", "", 0},
		{"hsetex h ex 10 px 10 fields 1 a 1", "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified", "", 0},
		{"hsetex h keepttl ex 10 fields 1 a 1", "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified", "", 0},
		{"hsetex h ex 10 keepttl fields 1 a 1", "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified", "", 0},
		{"hsetex h fnx fxx fields 1 a 1", "-ERR Only one of FXX or FNX arguments can be specified", "", 0},
		{"hsetex h nx fields 1 a 1", "-ERR unknown argument: nx", "", 0},
		{"hsetex h fnx keepttl ex 1", "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified", "", 0},
		{"hsetex h fnx fnx2 a 1", "-ERR unknown argument: fnx2", "", 0},
		{"hsetex h ex 5 fnx ex", "-ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified", "", 0},
		{"hsetex h fields 0 a 1", "-ERR invalid number of fields", "", 0},
		{"hsetex h fields x a 1", "-ERR invalid number of fields", "", 0},
		{"hsetex h fields 2 a 1", "-ERR wrong number of arguments for 'hsetex' command", "", 0},
		{"hsetex h fields 1 a 1 b", "-ERR wrong number of arguments for 'hsetex' command", "", 0},
		{"hsetex h ex 0 fields 1 a", "-ERR wrong number of arguments for 'hsetex' command", "", 0},
		{"hsetex h ex 99999999999999 fields 1 a 1", "-ERR invalid expire time in 'hsetex' command", "", 0},
		{"hgetall h", "*2 $1 a $1 1", "", 0},
	})
}

func TestGetAndSetWithExpiry(t *testing.T) {
	forEachForm(t, func(t *testing.T, p *familytest.Pair) {
		p.Set("s", "text")
		runCases(t, p, []ttlCase{
			{"hgetdel s fields 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", 0},
			{"hgetex s fields 1 a", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", 0},
			{"hsetex s fields 1 a 1", "-WRONGTYPE Operation against a key holding the wrong kind of value", "", 0},
			{"hgetdel no fields 2 a b", "*2 $-1 $-1", "", 0},
			{"hgetex no ex 10 fields 2 a b", "*2 $-1 $-1", "", 0},
			{"hsetex no fxx fields 1 a 1", ":0", "", 0},
			{"hsetex h fnx fields 2 a 1 b 2", ":1", "hset h", 2},
			{"hsetex h fnx fields 2 a 3 c 4", ":0", "", 0},
			{"hsetex h fxx fields 2 a 3 c 4", ":0", "", 0},
			{"hsetex h fxx ex 100 fields 2 a 3 b 4", ":1", "hset h, hexpire h", 2},
			{"httl h fields 2 a b", "*2 :100 :100", "", 0},
			{"hsetex h keepttl fields 2 a 5 c 6", ":1", "hset h", 2},
			{"httl h fields 3 a b c", "*3 :100 :100 :-1", "", 0},
			{"hsetex h fields 1 a 7", ":1", "hset h", 1},
			{"httl h fields 1 a", "*1 :-1", "", 0},
			{"hsetex h exat 4000000000 fields 1 a 8", ":1", "hset h, hexpire h", 1},
			{"hsetex h PXAT 4000000000007 fields 1 b 9", ":1", "hset h, hexpire h", 1},
			{"hpexpiretime h fields 2 a b", "*2 :4000000000000 :4000000000007", "", 0},
			{"hgetex h fields 3 a b x", "*3 $1 8 $1 9 $-1", "", 0},
			{"hgetex h persist fields 3 a c x", "*3 $1 8 $1 6 $-1", "hpersist h", 1},
			{"httl h fields 1 a", "*1 :-1", "", 0},
			{"hgetex h ex 50 fields 2 a x", "*2 $1 8 $-1", "hexpire h", 1},
			{"hgetex h px 60000 fields 1 b", "*1 $1 9", "hexpire h", 1},
			{"httl h fields 2 a b", "*2 :50 :60", "", 0},
			{"hgetex h exat 1 fields 2 a x", "*2 $1 8 $-1", "hdel h", 1},
			{"hexists h a", ":0", "", 0},
			{"hsetex h exat 1 fields 2 b 1 n 1", ":1", "hset h, hdel h", 2},
			{"hgetall h", "*2 $1 c $1 6", "", 0},
			{"hgetdel h fields 2 x y", "*2 $-1 $-1", "", 0},
			{"hset h a 1 b 2", ":2", "hset h", 2},
			{"hgetdel h fields 3 a x b", "*3 $1 1 $-1 $1 2", "hdel h", 2},
			{"hgetdel h fields 1 c", "*1 $1 6", "hdel h, del h", 1},
			{"hlen h", ":0", "", 0},
			{"hsetex h exat 1 fields 1 a 1", ":1", "hset h, hdel h, del h", 1},
			{"hset h a 1", ":1", "hset h", 1},
			{"hgetex h pxat 1 fields 1 a", "*1 $1 1", "hdel h, del h", 1},
			{"hlen h", ":0", "", 0},
		})
	})
}

// Expired fields are gone for every command at once.
func TestExpiredFieldsAreInvisible(t *testing.T) {
	forEachForm(t, func(t *testing.T, p *familytest.Pair) {
		prepare := []ttlCase{
			{"hset h a 1 b 2 c 3 l text", ":4", "hset h", 4},
			{"hpexpire h 100 fields 3 a b c", "*3 :1 :1 :1", "hexpire h", 3},
			{"pass 101", "", "", 0},
		}
		for _, c := range []ttlCase{
			{"hget h a", "$-1", "", 0},
			{"hmget h a b l", "*3 $-1 $-1 $4 text", "", 0},
			{"hexists h a", ":0", "", 0},
			{"hlen h", ":1", "", 0},
			{"hstrlen h a", ":0", "", 0},
			{"hkeys h", "*1 $1 l", "", 0},
			{"hvals h", "*1 $4 text", "", 0},
			{"hgetall h", "*2 $1 l $4 text", "", 0},
			{"hrandfield h", "$1 l", "", 0},
			{"hrandfield h 5", "*1 $1 l", "", 0},
			{"hrandfield h -2", "*2 $1 l $1 l", "", 0},
			{"hscan h 0", "*2 $1 0 *2 $1 l $4 text", "", 0},
			{"hscan h 0 novalues", "*2 $1 0 *1 $1 l", "", 0},
			{"httl h fields 2 a l", "*2 :-2 :-1", "", 0},
			{"hpexpire h 100 fields 2 a l", "*2 :-2 :1", "hexpire h", 1},
			{"hpersist h fields 1 a", "*1 :-2", "", 0},
			{"hdel h a", ":0", "", 0},
			{"hsetnx h a 9", ":1", "hset h", 1},
			{"hset h a 9 x 1", ":2", "hset h", 2},
			{"hincrby h a 9", ":9", "hincrby h", 1},
			{"hincrbyfloat h a 9", "$1 9", "hincrbyfloat h", 1},
			{"hgetdel h fields 1 a", "*1 $-1", "", 0},
			{"hgetex h ex 9 fields 1 a", "*1 $-1", "", 0},
			{"hsetex h fnx fields 1 a 1", ":1", "hset h", 1},
			{"hsetex h fxx fields 1 a 1", ":0", "", 0},
			{"hsetex h keepttl fields 1 a 1", ":1", "hset h", 1},
		} {
			p.Delete("h")
			runCases(t, p, prepare)
			packed := p.Encoding("h") == "listpackex"
			write := strings.Contains(" hpexpire hpersist hdel hsetnx hset hincrby hincrbyfloat hgetdel hgetex hsetex ", " "+strings.Fields(c.line)[0]+" ")
			if packed || write {
				c.events = strings.TrimSuffix("hexpired h, "+c.events, ", ")
			}
			if c.line == "hlen h" && !packed {
				c.reply = ":4" // in O(1), with those that are not removed yet
			}
			runCases(t, p, []ttlCase{c})
			if reply := p.Own("httl", "h", "fields", 1, "b"); reply != "*1\r\n:-2\r\n" {
				t.Errorf("after %s b has a time: %q", c.line, reply)
			}
		}
	})
}

// With its last field a hash goes: on access if it is packed or written to, else
// in the background.
func TestLastFieldExpires(t *testing.T) {
	forEachForm(t, func(t *testing.T, p *familytest.Pair) {
		prepare := []ttlCase{
			{"hset h a 1 b 2", ":2", "hset h", 2},
			{"hpexpire h 100 fields 2 a b", "*2 :1 :1", "hexpire h", 2},
			{"pass 101", "", "", 0},
		}
		for _, c := range []ttlCase{
			{"hset h a 1", ":1", "hexpired h, del h, hset h", 1},
			{"hincrby h a 1", ":1", "hexpired h, del h, hincrby h", 1},
			{"hdel h a", ":0", "hexpired h, del h", 0},
			{"hsetex h fxx fields 1 a 1", ":0", "hexpired h, del h", 0},
		} {
			p.Delete("h")
			runCases(t, p, prepare)
			runCases(t, p, []ttlCase{c})
		}
		p.Delete("h")
		runCases(t, p, prepare)
		for shard := range p.Store().Shards() {
			for more := true; more; {
				_, more = p.Store().ExpireFieldsStep(shard, p.Now())
			}
		}
		if got := p.TakeEvents(); got != "hexpired h, del h" || p.Encoding("h") != "<nil>" {
			t.Errorf("the background reports %q and leaves %s", got, p.Encoding("h"))
		}
	})
}

func TestEncodingWithExpiry(t *testing.T) {
	p := familytest.New(t, Commands())
	for _, c := range []struct{ line, want string }{
		{"hset h a 1", "listpack"},
		{"hexpire h 100 fields 1 x", "listpack"},
		{"hpersist h fields 1 a", "listpack"},
		{"hexpire h 100 fields 1 a", "listpackex"},
		{"hpersist h fields 1 a", "listpackex"},
		{"hset h b 2", "listpackex"},
		{"hset h b " + strings.Repeat("x", 65), "hashtable"},
	} {
		p.Own(toAny(strings.Fields(c.line))...)
		if got := p.Encoding("h"); got != c.want {
			t.Errorf("%.30s: %s, want %s", c.line, got, c.want)
		}
	}
}

func toAny(words []string) (list []any) {
	for _, w := range words {
		list = append(list, w)
	}
	return list
}
