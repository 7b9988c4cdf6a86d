package server_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// eventScripts lead to events in every way there is; after each line the events that it
// has led to are compared. wait has times to live of a few ms pass, in the background.
var eventScripts = []struct{ classes, script string }{
	{"KEA", "SET k v; APPEND k w; RENAME k l; COPY l m; MSET a 1 b 2; DEL a b nothing; UNLINK l m"},
	{"KEA", "MULTI | SET k v | LPUSH l a | LPOP l | EXEC; DEL k"},
	{"KEA", "SELECT 3; SET k v; MOVE k 4; SELECT 4; DEL k; SELECT 0"},
	{"KEA", "EVAL return{redis.call('set',KEYS[1],1),redis.call('incr',KEYS[1]),redis.call('expire',KEYS[1],100)} 1 s; DEL s"},
	{"K$", "SET k v; LPUSH l a; DEL k l"},
	{"Eg", "SET k v; LPUSH l a; EXPIRE k 100; DEL k l"},
	{"Em", "GET none; EXISTS none; HGET none f; MGET a b; TTL none"},
	{"En", "SET k v; SET k v; LPUSH l a; LPUSH l b; DEL k l; SADD s a; DEL s"},
	{"KEAmn", "SET k v PX 5; wait; GET k; SET k v; PEXPIRE k 5; wait; EXISTS k"},
	{"KEx", "PSETEX k 5 v; wait; PSETEX l 5 v; wait"},
	{"KEA", "RPUSH l c a b; SORT l ALPHA STORE d; LMOVE l d LEFT RIGHT; BLPOP l d 1; DEL l d"},
	{"KEA", "XADD s 1-1 a b; XGROUP CREATE s g 0; XGROUP CREATECONSUMER s g c; XREADGROUP GROUP g c STREAMS s >; XSETID s 5-5; XTRIM s MAXLEN 0; XGROUP DELCONSUMER s g c; XGROUP DESTROY s g; XDEL s 1-1; DEL s"},
	{"KEA", "ZADD z 1 a 2 b; ZINCRBY z 1 a; ZRANGESTORE y z 0 -1; ZPOPMIN z; ZREM z b a; ZUNIONSTORE x 1 y; GEOADD geo 1 1 p; DEL x y geo"},
	{"", "SET k v; DEL k"},
	{"A", "SET k v; DEL k"},
	{"KEA", "FLUSHALL; SETBIT k 1 1; SETRANGE k 3 x; INCRBYFLOAT n 1.5; GETDEL n; GETEX k EX 100; PERSIST k; HSET h f v; HINCRBY h n 1; HDEL h f n; SADD s a; SPOP s; PFADD p a; PFMERGE q p; DEL k p q"},
}

// TestEventsLikeRedis compares what subscribers to events of keys hear.
func TestEventsLikeRedis(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--loops", "2")
	oracle := redistest.Start(t)
	var sides [2]*eventHearer
	for i, addr := range []string{address(r.port), oracle.Addr} {
		h := &eventHearer{t: t, c: dialWire(t, addr), ear: dialWire(t, addr)}
		h.ear.send("PSUBSCRIBE", "__key*__:*")
		h.ear.until(":1")
		sides[i] = h
	}
	for _, e := range eventScripts {
		for _, h := range sides {
			h.c.send("FLUSHALL")
			h.c.until("+OK")
			h.c.send("CONFIG", "SET", "notify-keyspace-events", e.classes)
			h.c.until("+OK")
		}
		for _, line := range strings.Split(e.script, "; ") {
			var got [2]string
			for i, h := range sides {
				got[i] = h.hear(line)
			}
			if got[0] != got[1] {
				t.Errorf("%q: %s\n got %q\nwant %q", e.classes, line, got[0], got[1])
			}
		}
	}
}

// eventHearer is a client and one that hears what it does.
type eventHearer struct {
	t      *testing.T
	c, ear *wire
	n      int
}

// hear runs the commands of a line and returns the events that they have led to.
func (h *eventHearer) hear(line string) string {
	h.n++
	token := fmt.Sprint("token", h.n)
	if line == "wait" {
		h.awaitEmpty()
	} else {
		for _, words := range strings.Split(line, " | ") {
			h.c.send(strings.Fields(words)...)
		}
	}
	h.c.send("PING", token)
	h.c.until(token)
	h.ear.send("PING", token)
	return h.ear.until(token)
}

// awaitEmpty waits until the last key is gone, without looking for any.
func (h *eventHearer) awaitEmpty() {
	for reply := ""; reply != ":0"; {
		h.c.send("DBSIZE")
		b, err := h.c.r.ReadString('\n')
		if err != nil {
			h.t.Fatal(err)
		}
		reply = strings.TrimSpace(b)
	}
}

// TestEvictionIsHeard: keys that make room are events of class e.
func TestEvictionIsHeard(t *testing.T) {
	r := start(t, t.TempDir(), "--save", "", "--notify-keyspace-events", "Ee", "--maxmemory-policy", "allkeys-random")
	ear, c := dialWire(t, address(r.port)), r.dial()
	for n := range 100 {
		c.Must(t, "SET", fmt.Sprint("key", n), strings.Repeat("x", 10_000))
	}
	ear.send("SUBSCRIBE", "__keyevent@0__:evicted")
	ear.until(":1")
	c.Must(t, "CONFIG", "SET", "maxmemory", "1000kb")
	c.Do("SET", "one", "more")
	ear.until("$7") // message, then the channel and the key
	if text := ear.until("*3"); !strings.Contains(text, "evicted") || !strings.Contains(text, "key") {
		t.Errorf("heard %q", text)
	}
}
