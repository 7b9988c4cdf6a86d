package server_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// The lines of a tracking script are "NAME command": connections are made when they are
// first named. $NAME stands for a connection's number.
const trackingScript = `
a HELLO 3
b CLIENT TRACKING ON
b GET k
w SET k 1
a CLIENT TRACKING ON
a GET k
w SET k 2
w SET k 3
a GET k
a SET k 4
a MGET k l m
w MSET k 1 l 2 m 3
a MULTI
a GET k
a INCR k
a GET k
a EXEC
w DEL k
a CLIENT LIST ID 0
a CLIENT TRACKINGINFO
a CLIENT GETREDIR
a CLIENT TRACKING ON BCAST
a CLIENT TRACKING ON PREFIX a
a CLIENT TRACKING ON OPTIN
a CLIENT TRACKING ON OPTOUT
a CLIENT TRACKINGINFO
a CLIENT TRACKING OFF
a CLIENT TRACKING ON OPTIN OPTOUT
a CLIENT TRACKING ON BCAST OPTIN
a CLIENT TRACKING ON REDIRECT 123456
a CLIENT TRACKING ON REDIRECT -1
a CLIENT TRACKING ON REDIRECT x
a CLIENT TRACKING ON REDIRECT $w REDIRECT $b
a CLIENT TRACKING MAYBE
a CLIENT TRACKING ON NOSUCH
a CLIENT CACHING YES
a CLIENT TRACKING ON OPTIN
a CLIENT CACHING NO
a CLIENT CACHING x
a GET k
w SET k 1
a CLIENT CACHING YES
a CLIENT TRACKINGINFO
a GET k
a GET l
a CLIENT TRACKINGINFO
w MSET k 1 l 1
a CLIENT CACHING YES
a MULTI
a GET k
a GET l
a EXEC
w MSET k 1 l 1
a MULTI
a CLIENT CACHING YES
a GET k
a EXEC
a GET l
w MSET k 1 l 1
a CLIENT TRACKING OFF
a CLIENT TRACKING ON OPTOUT
a CLIENT CACHING NO
a CLIENT TRACKINGINFO
a GET k
a GET l
w MSET k 1 l 1
a CLIENT TRACKING OFF
a CLIENT TRACKING ON NOLOOP
a MGET k l
a SET k 2
w SET l 2
w SET k 2
a CLIENT TRACKINGINFO
a CLIENT TRACKING OFF
a CLIENT TRACKING ON BCAST PREFIX k PREFIX kk
a CLIENT TRACKING ON BCAST PREFIX kk PREFIX k
a CLIENT TRACKING ON BCAST PREFIX k PREFIX l
a CLIENT TRACKING ON BCAST PREFIX lm
a CLIENT TRACKING ON BCAST PREFIX mm
a CLIENT TRACKINGINFO
w MSET kb 1 ka 1 l 2 mm 3 m 4
a MSET kb 1 ka 1 l 2 mm 3 m 4
a MULTI
a SET k 1
a SET l 1
a SET k 2
a EXEC
a CLIENT TRACKING OFF
a CLIENT TRACKING ON BCAST NOLOOP
w MULTI
w SET x 1
w SET y 1
w EXEC
a SET x 2
a DEL y
w DEL x y nosuch
a CLIENT TRACKING OFF
s SUBSCRIBE __redis__:invalidate
a CLIENT TRACKING ON REDIRECT $s
a MGET k l
w SET k 1
b CLIENT TRACKING ON REDIRECT $s
b MGET k l
w SET l 1
b GET l
w FLUSHDB
a CLIENT TRACKINGINFO
a CLIENT GETREDIR
a CLIENT TRACKING ON REDIRECT $w
a GET k
w SET k 1
t HELLO 3
a CLIENT TRACKING ON REDIRECT $t
a GET k
w SET k 1
a CLIENT TRACKING ON REDIRECT $a
a GET k
w SET k 2
a CLIENT TRACKING OFF
b CLIENT TRACKING OFF
a CLIENT TRACKING ON
a GET k
a GET nosuch
a HELLO 2
w SET k 1
a GET k
a HELLO 3
w SET k 1
a GET k
a RESET
w SET k 1
a HELLO 3
a CLIENT TRACKINGINFO
a CLIENT TRACKING ON
a HSET h f v
a HGETALL h
a HSCAN h 0
w HSET h f w
a SORT_RO l
w RPUSH l 1
a BITCOUNT k
a EVAL "return redis.call('get',KEYS[1])" 1 k
w SET k 3
a EVAL "redis.call('set',KEYS[1],1)" 1 k
w SET k 3
a EVAL_RO "return 1" 1 k
w SET k 3
a EVAL_RO "return redis.call('get','l2')" 2 k k2
w MSET k 3 k2 4 l2 5
a LRANGE l 0 -1
w FLUSHALL
a GET k
w RENAME h h2
w SET k2 v
w COPY k2 k
a GET k
w RENAME k2 k
a GET k
w MOVE k 1
a GET k
w EXPIRE k 100
a GET k
w PERSIST k
a GET k
w EXPIRE k -1
`

// trackerRun runs the script on a server.
type trackerRun struct {
	t     *testing.T
	addr  string
	names []string
	conns map[string]*redistest.Client
	ids   map[int64]string
	multi map[string]bool // in a transaction
}

// conn returns a connection.
func (r *trackerRun) conn(name string) *redistest.Client {
	if c := r.conns[name]; c != nil {
		return c
	}
	c := redistest.MustDial(r.t, r.addr)
	r.conns[name] = c
	r.names = append(r.names, name)
	r.ids[c.Must(r.t, "CLIENT", "ID").(int64)] = name
	return c
}

// argsOf splits a line; double quotes hold words together.
func argsOf(line string) (list []any) {
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		for _, w := range strings.Fields(part) {
			list = append(list, w)
		}
	}
	return list
}

// step sends one command and returns what all connections get.
func (r *trackerRun) step(line string) string {
	name, rest, _ := strings.Cut(line, " ")
	c, args := r.conn(name), argsOf(rest)
	for i, a := range args {
		if ref, ok := strings.CutPrefix(a.(string), "$"); ok {
			r.conn(ref)
			for id, name := range r.ids {
				if name == ref {
					args[i] = id
				}
			}
		}
	}
	if err := c.Send(args...); err != nil {
		r.t.Fatal(err)
	}
	var got strings.Builder
	// The one that has sent comes first, so that the command is over.
	fmt.Fprintf(&got, "  %s:%s", name, r.reply(c))
	r.multi[name] = rest == "MULTI" || r.multi[name] && rest != "EXEC"
	for _, n := range r.names {
		if !r.multi[n] {
			fmt.Fprintf(&got, "  %s:%s", n, r.collect(r.conn(n)))
		}
	}
	return got.String()
}

// reply returns one value.
func (r *trackerRun) reply(c *redistest.Client) string {
	v, err := c.Receive()
	if e, ok := err.(redistest.Error); ok {
		v = "-" + string(e)
	} else if err != nil {
		r.t.Fatal(err)
	}
	text := fmt.Sprintf("%q", r.named(v))
	if strings.Contains(text, "proto") { // what HELLO says of the server is another matter
		return ""
	}
	return text
}

// collect returns what a connection gets until the reply to a PING.
func (r *trackerRun) collect(c *redistest.Client) (all string) {
	if err := c.Send("PING", "mark"); err != nil {
		r.t.Fatal(err)
	}
	for {
		text := r.reply(c)
		if text == `"mark"` || strings.Contains(text, `"pong" "mark"`) {
			return all
		}
		all += " " + text
	}
}

// named puts names in the place of numbers of connections.
func (r *trackerRun) named(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = r.named(v[i])
		}
		return list
	case int64:
		if n := r.ids[v]; n != "" && v > 2 {
			return "client " + n
		}
		return fmt.Sprint(v)
	}
	return v
}

func newTrackerRun(t *testing.T, addr string) *trackerRun {
	// Numbers of connections are not to be mistaken for others that are replied.
	for range 300 {
		redistest.MustDial(t, addr).Close()
	}
	return &trackerRun{t: t, addr: addr, conns: map[string]*redistest.Client{}, ids: map[int64]string{}, multi: map[string]bool{}}
}

// TestTrackingLikeRedis compares what every connection is told, and when.
func TestTrackingLikeRedis(t *testing.T) {
	oracle := redistest.Start(t)
	ours := start(t, t.TempDir(), "--loops", "1", "--save", "")
	a, b := newTrackerRun(t, oracle.Addr), newTrackerRun(t, fmt.Sprintf("127.0.0.1:%d", ours.port))
	for i, line := range strings.Split(strings.TrimSpace(trackingScript), "\n") {
		want, got := a.step(line), b.step(line)
		if testing.Verbose() {
			t.Logf("%s: %s", line, got)
		}
		if want != got {
			t.Errorf("line %d, %s:\n  redis   %s\n  redoubt %s", i+1, line, want, got)
		}
	}
}

// cache is a client that keeps copies, as its server tells it to.
type cache struct {
	mode   []any
	c      *redistest.Client // reads
	told   *redistest.Client // gets invalidations: c, or another one
	copies map[string]any
	asked  map[string]bool // read, with no reply yet, and not invalid since
}

// invalid notes what an invalidation says.
func (k *cache) invalid(keys any) {
	list, some := keys.([]any)
	if !some {
		clear(k.copies)
		clear(k.asked)
		return
	}
	for _, key := range list {
		delete(k.copies, key.(string))
		delete(k.asked, key.(string))
	}
}

// invalidation returns the keys of a push or message that is one.
func invalidation(v any) (keys any, is bool) {
	list, ok := v.([]any)
	switch {
	case ok && len(list) == 2 && list[0] == "invalidate":
		return list[1], true
	case ok && len(list) == 3 && list[0] == "message" && list[1] == "__redis__:invalidate":
		return list[2], true
	}
	return nil, false
}

// read reads keys in one pipeline.
func (k *cache) read(t *testing.T, keys []string) {
	for _, key := range keys {
		if k.optin() {
			k.c.Send("CLIENT", "CACHING", "YES")
		}
		k.asked[key] = true
		k.c.Send("GET", key)
	}
	for _, key := range keys {
		if k.optin() {
			k.receive(t)
		}
		if v := k.receive(t); k.asked[key] || k.told == k.c {
			k.copies[key] = v
		}
		delete(k.asked, key)
	}
}

func (k *cache) optin() bool { return k.mode[len(k.mode)-1] == "OPTIN" }

// receive returns the next reply; what comes before it is noted.
func (k *cache) receive(t *testing.T) any {
	for {
		v, err := k.c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		keys, is := invalidation(v)
		if !is {
			return v
		}
		k.invalid(keys)
	}
}

// catchUp notes all invalidations that have come.
func (k *cache) catchUp(t *testing.T) {
	k.told.Send("PING", "mark")
	for {
		v, err := k.told.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if keys, is := invalidation(v); is {
			k.invalid(keys)
		} else {
			return
		}
	}
}

// TestTrackedCopiesAreNeverStale has clients that keep copies beside others that write
// from other loops. When all is quiet each copy is what the server has.
func TestTrackedCopiesAreNeverStale(t *testing.T) {
	const keys, rounds = 40, 150
	s := start(t, t.TempDir(), "--loops", "3", "--save", "", "--tracking-table-max-keys", "25")
	addr := fmt.Sprintf("127.0.0.1:%d", s.port)
	key := func(rnd *rand.Rand) string { return fmt.Sprint("key", rnd.IntN(keys)) }
	var caches []*cache
	for _, mode := range [][]any{{}, {}, {"NOLOOP"}, {"OPTIN"}, {"BCAST"}, {"BCAST", "PREFIX", "key"}, {"REDIRECT"}, {"BCAST", "REDIRECT"}} {
		k := &cache{mode: append([]any{"CLIENT", "TRACKING", "ON"}, mode...), copies: map[string]any{}, asked: map[string]bool{}}
		k.c = redistest.MustDial(t, addr)
		k.told = k.c
		if len(mode) > 0 && mode[len(mode)-1] == "REDIRECT" {
			k.told = redistest.MustDial(t, addr)
			k.mode = append(k.mode, k.told.Must(t, "CLIENT", "ID"))
			k.told.Must(t, "SUBSCRIBE", "__redis__:invalidate")
		} else {
			k.c.Must(t, "HELLO", 3)
		}
		k.c.Must(t, k.mode...)
		caches = append(caches, k)
	}
	for quiet := range 8 {
		var wg sync.WaitGroup
		for n := range 4 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(quiet), uint64(n)))
				c, err := redistest.Dial(addr)
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				for i := range rounds {
					line := []any{"SET", key(rnd), fmt.Sprint(quiet, n, i)}
					switch rnd.IntN(20) {
					case 0:
						line = []any{"DEL", key(rnd), key(rnd)}
					case 1:
						line = []any{"SET", key(rnd), i, "PX", 1 + rnd.IntN(3)}
					case 2:
						line = []any{"RENAME", key(rnd), key(rnd)}
					case 3:
						line = []any{"EVAL", "redis.call('append', KEYS[1], 'x') redis.call('set', 'key3', ARGV[1])", 1, key(rnd), i}
					case 4:
						if i%10 == 0 {
							line = []any{"FLUSHDB"}
						}
					}
					if _, err := c.Do(line...); err != nil && !strings.Contains(err.Error(), "no such key") {
						t.Error(err)
						return
					}
				}
			})
		}
		for n, k := range caches {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(n), 7))
				for range rounds {
					list := make([]string, 1+rnd.IntN(5))
					for i := range list {
						list[i] = key(rnd)
					}
					k.read(t, list)
					if rnd.IntN(3) == 0 {
						k.catchUp(t)
					}
				}
			})
		}
		wg.Wait()
		plain := redistest.MustDial(t, addr)
		for _, k := range caches {
			var stale string
			s.eventually("coherence", func() bool {
				k.catchUp(t)
				stale = ""
				for key, have := range k.copies {
					if now := plain.Must(t, "GET", key); now != have {
						stale = fmt.Sprintf("%v: %s is %v, the copy is %v", k.mode, key, now, have)
					}
				}
				if stale != "" {
					t.Log(stale)
				}
				return stale == ""
			})
		}
		if n := info(t, plain, "tracking_total_keys"); n > 25 {
			t.Errorf("%d keys in the table, at most 25", n)
		}
		plain.Close()
	}
}

// info is a number that INFO tells.
func info(t *testing.T, c *redistest.Client, field string) (n int64) {
	t.Helper()
	for _, line := range strings.Split(c.Must(t, "INFO", "everything").(string), "\r\n") {
		if v, ok := strings.CutPrefix(line, field+":"); ok {
			fmt.Sscan(v, &n)
			return n
		}
	}
	t.Fatalf("INFO has no %s", field)
	return 0
}

// TestTrackingTellsOfEvictedKeysFirst: a key that goes to make room for a command is
// told of before the command's reply.
func TestTrackingTellsOfEvictedKeysFirst(t *testing.T) {
	s := start(t, t.TempDir(), "--loops", "2", "--save", "", "--enable-debug-command", "yes", "--maxmemory-policy", "allkeys-lru")
	c := redistest.MustDial(t, fmt.Sprintf("127.0.0.1:%d", s.port))
	c.Must(t, "HELLO", 3)
	c.Must(t, "CLIENT", "TRACKING", "ON")
	c.Must(t, "SET", "old", strings.Repeat("x", 300<<10))
	c.Must(t, "STRLEN", "old")
	c.Must(t, "DEBUG", "PAUSE-CRON", "1") // nobody else is to evict it
	c.Must(t, "CONFIG", "SET", "maxmemory", info(t, c, "used_memory")-100<<10)
	c.Send("PING")
	first, _ := c.Receive()
	if keys, is := invalidation(first); !is || fmt.Sprint(keys) != "[old]" {
		t.Fatalf("%v comes first", first)
	}
	if second, err := c.Receive(); err != nil || second != "PONG" {
		t.Fatalf("then %v, %v", second, err)
	}
}

// TestInvalidationsPassReplyOff: a client that wants no replies is told nevertheless, at
// once, and nobody else gets what is its own.
func TestInvalidationsPassReplyOff(t *testing.T) {
	s := start(t, t.TempDir(), "--loops", "1", "--save", "")
	addr := fmt.Sprintf("127.0.0.1:%d", s.port)
	a, b := redistest.MustDial(t, addr), redistest.MustDial(t, addr)
	for _, c := range []*redistest.Client{a, b} {
		c.Must(t, "HELLO", 3)
		c.Must(t, "CLIENT", "TRACKING", "ON")
	}
	for i := range 20 {
		a.Must(t, "GET", "k")
		b.Must(t, "GET", "other")
		a.Send("CLIENT", "REPLY", "OFF")
		a.Send("SET", "k", i)
		v, err := a.Receive()
		if keys, is := invalidation(v); err != nil || !is || fmt.Sprint(keys) != "[k]" {
			t.Fatalf("with replies off: %v, %v", v, err)
		}
		b.Send("CLIENT", "REPLY", "SKIP")
		b.Send("SET", "other", i)
		v, err = b.Receive()
		if keys, is := invalidation(v); err != nil || !is || fmt.Sprint(keys) != "[other]" {
			t.Fatalf("with a reply skipped: %v, %v", v, err)
		}
		if v := b.Must(t, "PING"); v != "PONG" {
			t.Fatalf("%v for PING", v)
		}
		if v := a.Must(t, "CLIENT", "REPLY", "ON"); v != "OK" {
			t.Fatalf("%v for CLIENT REPLY ON", v)
		}
	}
}
