package admin

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/redoubt-kv/redoubt/core/clock"
	"github.com/redoubt-kv/redoubt/core/command"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/core/rdb"
	"github.com/redoubt-kv/redoubt/core/stats"
	"github.com/redoubt-kv/redoubt/internal/familytest"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// fake is a server that does nothing and says it did.
type fake struct{ asked []string }

func (f *fake) note(format string, args ...any) {
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
}

var errFake = errors.New("no room on the disk")

func (f *fake) Save(*command.Call) error { f.note("save"); return nil }
func (f *fake) BackgroundSave(_ *command.Call, schedule bool) (bool, error) {
	f.note("bgsave %v", schedule)
	return schedule, nil
}
func (f *fake) BackgroundRewrite(c *command.Call) (bool, error) {
	f.note("rewrite")
	return false, nil
}
func (f *fake) LoadAOF(*command.Call) error                { f.note("load aof"); return errFake }
func (f *fake) FlushSleep(us int64)                        { f.note("flush sleep %d", us) }
func (f *fake) LastSave() int64                            { return 1 }
func (f *fake) Reload(_ *command.Call, o Reload) error     { f.note("reload %+v", o); return nil }
func (f *fake) Shutdown(_ *command.Call, o Shutdown) error { f.note("shutdown %+v", o); return errFake }
func (f *fake) AbortShutdown() bool                        { return false }
func (f *fake) Crash(how Crash) error                      { f.note("crash %d", how); return errFake }
func (f *fake) Restart(_ *command.Call, graceful bool, ms int64) error {
	f.note("restart %v %d", graceful, ms)
	return errFake
}
func (f *fake) Get(patterns []string) []string      { return []string{"maxmemory", "0"} }
func (f *fake) RewriteAll() error                   { f.note("rewrite all"); return nil }
func (f *fake) Set(pairs []string, _, _ bool) error { f.note("set %v", pairs); return nil }
func (f *fake) Rewrite() error                      { return errors.New("ERR The server is running without a config file") }
func (f *fake) Purge() error                        { return nil }
func (f *fake) Report() string                      { return "report" }
func (f *fake) SetActiveExpire(on bool)             { f.note("active-expire %v", on) }
func (f *fake) PauseCron(on bool)                   { f.note("pause-cron %v", on) }
func (f *fake) SkipChecksums(on bool)               { f.note("skip-checksums %v", on) }
func (f *fake) ClientWeights() string               { return "" }
func (f *fake) FailJob()                            { f.note("fail job") }
func (f *fake) ChangeReplicationID()                { f.note("change id") }
func (f *fake) PackedThreshold(n int)               { f.note("packed-threshold %d", n) }
func (f *fake) Log(message string)                  { f.note("log %s", message) }
func (f *fake) CompressRDB() bool                   { return true }
func (f *fake) Info(*command.Call, Section) *Info   { return &Info{} }
func (f *fake) Memory(*command.Call) *Memory        { return &Memory{} }
func (f *fake) ResetStats(*command.Call)            { f.note("resetstat") }
func (f *fake) HashStats(*command.Call, int) (string, string) {
	const empty = "Hash table 0 stats (main hash table):\nNo stats available for empty dictionaries\n"
	return empty, empty
}

func options(f *fake) Options {
	empty, _ := command.NewTable()
	return Options{
		Table: func() *command.Table { return empty },
		Saver: f, Rewriter: f, Stopper: f, Config: f, Info: f, Memory: f, Debug: f, SlowLog: &stats.SlowLog{}, Latency: &stats.LatencyMonitor{},
		Clock: clock.NewFake(5), Version: "7.0.15", LatencyThreshold: func() int64 { return 0 },
	}
}

func pair(t *testing.T, args ...string) (*familytest.Pair, *fake) {
	f := &fake{}
	return familytest.New(t, Commands(options(f)), append([]string{"--enable-debug-command", "yes"}, args...)...), f
}

func words(line string) (args []any) {
	for _, w := range strings.Fields(line) {
		if w == "«»" {
			w = ""
		}
		args = append(args, w)
	}
	return args
}

func TestLikeRedis(t *testing.T) {
	p, _ := pair(t)
	for proto := 2; proto <= 3; proto++ {
		p.Proto(proto)
		p.Set("a", "hello")
		p.Set("i", "12345")
		p.Set("long", strings.Repeat("long", 100))
		for line := range strings.Lines(cases) {
			if args := words(line); len(args) > 0 {
				p.Same(args...)
			}
		}
	}
}

const cases = `
save x
bgsave x
bgsave schedule x
lastsave x
shutdown x
shutdown save nosave
shutdown abort
shutdown abort now
shutdown now abort
role
replicaof no one
slaveof NO ONE
replicaof 127.0.0.1 x
replicaof 127.0.0.1 65536
replicaof 127.0.0.1 -1
config get maxmemory
config set a
config set a b c
config rewrite
config resetstat
config help
module
module list
module list x
module help
module x
failover
failover abort
failover abort x
failover to a
failover to a 1
failover to a x
failover to a 1 force
failover to a 1 force timeout 100
failover to a 1 to b 2
failover timeout 0
failover timeout x
failover timeout 10
failover nonsense
lolwut version x
lolwut version 5 x
lolwut version 6 1 x
memory help
memory usage
memory usage none
memory usage a samples
memory usage a samples x
memory usage a samples -1
memory usage a x
memory usage none samples 0
memory purge
slowlog reset
slowlog get
slowlog get 5
slowlog get -1
slowlog get -2
slowlog get x
slowlog get 1 2
slowlog len
slowlog help
latency help
latency latest
latency history x
latency graph x
latency reset
latency reset x y
latency histogram nosuch
lolwut version x
debug nosuch
debug object
debug object none
debug object a b
debug sdslen none
debug sdslen i
debug listpack none
debug listpack a
debug quicklist none
debug quicklist a
debug quicklist a 1
debug htstats-key none
debug htstats-key a
debug htstats x
debug htstats 16
debug htstats -1
debug htstats 15
debug digest
debug digest x
debug digest-value
debug digest-value a none i long
debug reload x
debug reload nosave x
debug protocol string
debug protocol integer
debug protocol double
debug protocol bignum
debug protocol null
debug protocol array
debug protocol set
debug protocol map
debug protocol attrib
debug protocol true
debug protocol FALSE
debug protocol verbatim
debug protocol x
debug protocol
debug error x
debug sleep 0
debug sleep x
debug sleep -1
debug sleep 0.01
debug set-active-expire 0
debug set-active-expire 1
debug pause-cron x
debug pause-cron 0
debug set-skip-checksum-validation 0
debug change-repl-id
debug quicklist-packed-threshold 100b
debug quicklist-packed-threshold 0
debug quicklist-packed-threshold 1GB
debug quicklist-packed-threshold 4gb
debug quicklist-packed-threshold x
debug quicklist-packed-threshold -1
debug quicklist-packed-threshold 1x
debug quicklist-packed-threshold «»
debug quicklist-packed-threshold 99999999999999999999
debug quicklist-packed-threshold 200b
debug replybuffer resizing 0
debug replybuffer peak-reset-time never
debug replybuffer peak-reset-time reset
debug replybuffer peak-reset-time x
debug replybuffer peak-reset-time 100
debug replybuffer x y
debug clusterlink x y z
debug log hello
debug clusterlink kill to x
debug client-eviction
debug restart x
debug populate
debug populate x
debug populate -1
debug populate 10
debug populate 5 key
debug populate 3 pre 2
debug populate 3 pre2 20
debug populate 3 pre3 x
debug populate 3 pre3 -1
debug populate 3 pre3 1 1
debug digest
`

func TestErrorText(t *testing.T) {
	p, _ := pair(t)
	p.Same("DEBUG", "ERROR", "ERR two\r\nlines")
	p.Same("DEBUG", strings.Repeat("x", 200))
	p.Same("DEBUG", "PROTOCOL", "push") // with RESP3 its reply is two replies
}

// The signature covers databases, due times and all keys.
func TestDigestIsRedis(t *testing.T) {
	p, _ := pair(t)
	for i := range 300 {
		p.Set(fmt.Sprint("key", i), strings.Repeat("x", i))
		if i%50 == 0 {
			p.Same("DEBUG", "DIGEST")
		}
	}
	p.Same("DEBUG", "DIGEST-VALUE", "key1", "key299")
}

// The signature covers values of all types: they come from redis-server.
func TestDigestOfAllTypesIsRedis(t *testing.T) {
	p, _ := pair(t)
	o := p.Oracle()
	for _, n := range []int{1, 20, 600} {
		for i := range n {
			o.Must(t, "RPUSH", fmt.Sprint("list", n), i, fmt.Sprint("element", i))
			o.Must(t, "SADD", fmt.Sprint("ints", n), i*i)
			o.Must(t, "SADD", fmt.Sprint("set", n), fmt.Sprint("m", i))
			o.Must(t, "ZADD", fmt.Sprint("zset", n), math.Pow(-1.7, float64(i)), i, "inf", "most", "-inf", "least", "1e17", "m17", "3e15", "m15")
			o.Must(t, "HSET", fmt.Sprint("hash", n), fmt.Sprint("f", i), i)
			o.Must(t, "XADD", fmt.Sprint("stream", n), fmt.Sprintf("%d-7", i), "f", i, "g", strings.Repeat("v", i))
		}
	}
	o.Must(t, "PEXPIREAT", "set20", 4102444800000)
	tx := p.Store().NewTx()
	for _, key := range o.Must(t, "KEYS", "*").([]any) {
		name := []byte(key.(string))
		tx.LockKey(name, 0)
		v, err := rdb.Restore(tx.DB(0), name, []byte(o.Must(t, "DUMP", key).(string)), rdb.DecoderOptions{})
		if err != nil {
			t.Fatal(key, err)
		}
		due := o.Must(t, "PEXPIRETIME", key).(int64)
		v.Commit(max(due, keyspace.NoTTL))
		tx.Unlock()
	}
	p.Set("was", "there") // takes the events of all this
	for _, key := range o.Must(t, "KEYS", "*").([]any) {
		p.Same("DEBUG", "DIGEST-VALUE", key)
		p.SameBut(func(reply string) string { return reply[:1] }, "DEBUG", "HTSTATS-KEY", key)
		for _, samples := range []any{0, 1, 5, 10000} {
			if reply := p.Own("MEMORY", "USAGE", key, "SAMPLES", samples); reply < ":1" || reply >= "::" {
				t.Errorf("MEMORY USAGE %s SAMPLES %v: %q", key, samples, reply)
			}
		}
	}
	p.Same("DEBUG", "DIGEST")
}

// What the server is asked to do.
func TestRequests(t *testing.T) {
	f := &fake{}
	table, err := command.NewTable(Commands(options(f)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ line, reply, asked string }{
		{"save", "+OK\r\n", "save"},
		{"bgsave", "+Background saving started\r\n", "bgsave false"},
		{"bgsave SCHEDULE", "+Background saving scheduled\r\n", "bgsave true"},
		{"shutdown", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n", "shutdown {Save:false NoSave:false Now:false Force:false}"},
		{"shutdown nosave now FORCE", "-ERR Errors trying to SHUTDOWN. Check logs.\r\n", "shutdown {Save:false NoSave:true Now:true Force:true}"},
		{"debug reload", "+OK\r\n", "reload {Save:true Flush:true Merge:false}"},
		{"debug reload nosave noflush merge", "+OK\r\n", "reload {Save:false Flush:false Merge:true}"},
		{"debug panic", "-ERR no room on the disk\r\n", "crash 1"},
		{"debug restart -5", "-ERR failed to restart the server. Check server logs.\r\n", "restart true 0"},
		{"debug crash-and-recover 7", "-ERR failed to restart the server. Check server logs.\r\n", "restart false 7"},
		{"config set a b c d", "+OK\r\n", "set [a b c d]"},
		{"replicaof host 6379", "-ERR this version of Redoubt cannot be a replica; it stays a master\r\n", ""},
		{"debug loadaof", "-ERR Error trying to load the AOF files, check server logs.\r\n", "load aof"},
		{"debug aof-flush-sleep 20", "+OK\r\n", "flush sleep 20"},
		{"bgrewriteaof", "+Background append only file rewriting started\r\n", "rewrite"},
		{"debug stringmatch-test", "+Apparently Redis did not crash: test passed\r\n", ""},
		{"time", "*2\r\n$1\r\n0\r\n$4\r\n5000\r\n", ""},
	} {
		f.asked = nil
		var args [][]byte
		for _, w := range strings.Fields(tc.line) {
			args = append(args, []byte(w))
		}
		row := table.Lookup(args[0])
		if len(args) > 1 && row.Sub(args[1]) != nil {
			row = row.Sub(args[1])
		}
		got := runRow(row, args)
		if asked := strings.Join(f.asked, ", "); got != tc.reply || asked != tc.asked {
			t.Errorf("%s: %q, asked %q; want %q, %q", tc.line, got, asked, tc.reply, tc.asked)
		}
	}
}

// A graph of the samples that redis-server tells is the graph it draws.
func TestLatencyGraphIsRedis(t *testing.T) {
	s := redistest.Start(t, "--enable-debug-command", "yes", "--latency-monitor-threshold", "1")
	for _, ms := range []string{"0.002", "0.030"} {
		s.Must(t, "DEBUG", "SLEEP", ms)
		time.Sleep(1001 * time.Millisecond) // samples are by second
	}
	for range 5 { // the ages may turn between two questions
		want := s.Must(t, "LATENCY", "GRAPH", "command").(string)
		var samples []stats.LatencySample
		highest := int64(0)
		for _, v := range s.Must(t, "LATENCY", "HISTORY", "command").([]any) {
			pair := v.([]any)
			samples = append(samples, stats.LatencySample{UnixTime: pair[0].(int64), Ms: pair[1].(int64)})
			highest = max(highest, pair[1].(int64))
		}
		if got := graph("command", samples, highest, time.Now().Unix()); got == want {
			return
		} else {
			t.Logf("have\n%swant\n%s", got, want)
		}
	}
	t.Error("the graphs differ")
}
