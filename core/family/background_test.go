package family_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/redoubt-kv/redoubt/core/invariant"
	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// logLines are the requests of a peer's journal from offset on, as text.
func logLines(t *testing.T, p *familytest.Peer, from int) (lines []string) {
	for _, args := range familytest.Requests(t, p.Log.Bytes[from:]) {
		lines = append(lines, string(joined(args)))
	}
	return lines
}

func joined(args [][]byte) (line []byte) {
	for i, a := range args {
		if i > 0 {
			line = append(line, ' ')
		}
		line = append(line, a...)
	}
	return line
}

// TestBackgroundEffects: what expires or is evicted in the background is recorded
// effect by effect, of each database.
func TestBackgroundEffects(t *testing.T) {
	now := int64(1_700_000_000_000)
	p := newPeer(t, &lazy{}, 1, func() int64 { return now })
	c := p.Client()
	for db := range 2 {
		c.Do("SELECT", fmt.Sprint(db))
		c.Do("SET", "a", "1", "PX", "10")
		c.Do("SET", "b", "1", "PX", "10")
		c.Do("HSET", "h", "f", "1", "g", "2")
		c.Do("HPEXPIRE", "h", "10", "FIELDS", "2", "f", "g")
	}
	for _, lazily := range []bool{false, true} {
		p.Journal.SetLazy(lazily, lazily)
		name := map[bool]string{false: "DEL ", true: "UNLINK "}[lazily]
		if !lazily {
			now += 20
			from := len(p.Log.Bytes)
			p.Sweep()
			got := logLines(t, p, from)
			slices.Sort(got)
			want := []string{"DEL a", "DEL a", "DEL b", "DEL b", "HDEL h f g", "HDEL h f g"}
			if rest := got[:len(want)]; !slices.Equal(rest, want) || !strings.HasPrefix(strings.Join(got[len(want):], ","), "SELECT") {
				t.Errorf("the cycle has recorded %q", got)
			}
		}
		c.Do("SET", "k", "1")
		from := len(p.Log.Bytes)
		if !p.Store.Evict(keyspace.AllKeysRandom, 5, now) {
			t.Fatal("nothing was evicted")
		}
		if got := logLines(t, p, from); !slices.Equal(got, []string{name + "k"}) {
			t.Errorf("eviction has recorded %q", got)
		}
	}
}

// TestRecordingAllocs: that somebody listens makes writes copy, not allocate.
func TestRecordingAllocs(t *testing.T) {
	if invariant.Enabled {
		return // the checks do
	}
	now := int64(1_700_000_000_000)
	p := newPeer(t, &lazy{}, 1, func() int64 { return now })
	c := p.Client()
	for _, line := range []string{"SADD t a b c d e f", "XADD x * f v"} {
		c.Do(strings.Fields(line)...)
	}
	for _, line := range []string{
		"SET k v", "SET k v EX 100", "SET k v PX 100000", "SETEX k 100 v", "GETEX k EX 100", "EXPIRE k 100", "GETSET k v", "INCR n",
		"HSET h f v", "HINCRBY h n 1", "LPUSH l v,LPOP l", "LPUSH l v,BLPOP l 0", "SADD t x,SPOP t", "ZADD z 1 m,ZPOPMIN z", "ZADD z 1 m,BZPOPMIN z 0",
		"APPEND k2 v,GETDEL k2", "XADD x MAXLEN = 10 * f v",
	} {
		var requests [][][]byte
		for _, part := range strings.Split(line, ",") {
			var args [][]byte
			for _, w := range strings.Fields(part) {
				args = append(args, []byte(w))
			}
			requests = append(requests, args)
		}
		run := func() {
			p.Log.Bytes = p.Log.Bytes[:0]
			for _, args := range requests {
				c.RunQuietly(args)
			}
		}
		for range 50 {
			run()
		}
		if n := testing.AllocsPerRun(100, run); n > 0 {
			t.Errorf("%s allocates %v times", line, n)
		}
	}
}
