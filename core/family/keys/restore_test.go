package keys

import (
	"fmt"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/familytest"
)

// fillOracle makes values of all types and encodings in the pair's
// redis-server alone, and returns their names and payloads.
func fillOracle(t *testing.T, p *familytest.Pair) map[string]string {
	o := p.Oracle()
	for _, n := range []int{1, 20, 600} {
		list, ints, set, zset, hash := []any{"RPUSH", fmt.Sprint("list", n)}, []any{"SADD", fmt.Sprint("ints", n)},
			[]any{"SADD", fmt.Sprint("set", n)}, []any{"ZADD", fmt.Sprint("zset", n)}, []any{"HSET", fmt.Sprint("hash", n)}
		for i := range n {
			list, ints, set = append(list, i, fmt.Sprint("e", i)), append(ints, i*i), append(set, fmt.Sprint("m", i))
			zset, hash = append(zset, float64(i)/3, fmt.Sprint("m", i)), append(hash, fmt.Sprint("f", i), i)
			o.Must(t, "XADD", fmt.Sprint("stream", n), fmt.Sprintf("%d-1", i+1), "f", i)
		}
		for _, args := range [][]any{list, ints, set, zset, hash} {
			o.Must(t, args...)
		}
	}
	o.Must(t, "XGROUP", "CREATE", "stream20", "g", "0")
	o.Must(t, "XREADGROUP", "GROUP", "g", "c", "COUNT", 5, "STREAMS", "stream20", ">")
	payloads := map[string]string{}
	for _, key := range o.Must(t, "KEYS", "*").([]any) {
		payloads[key.(string)] = o.Must(t, "DUMP", key).(string)
	}
	o.Must(t, "FLUSHALL")
	p.Set("was", "there") // takes the events of all this
	return payloads
}

// Values of all types come by RESTORE, with its options, as to Redis: events,
// encodings, TTLs; and DUMP gives a payload that Redis takes for the same.
func TestRestoreOfAllTypesLikeRedis(t *testing.T) {
	p := familytest.New(t, Commands(options()), "--enable-debug-command", "yes")
	for key, payload := range fillOracle(t, p) {
		p.Same("RESTORE", key, 0, payload)
		p.Same("RESTORE", key, 0, payload)
		p.Same("TYPE", key)
		p.Same("OBJECT", "ENCODING", key)
		p.SameEncoding(key)
		p.Same("RESTORE", key, 100000, payload, "REPLACE")
		p.SameEncoding(key)
		p.Same("RESTORE", key, future*1000, payload, "REPLACE", "ABSTTL")
		p.SameEncoding(key)
		p.Same("RESTORE", key, 5, payload, "REPLACE", "ABSTTL")
		p.Same("TYPE", key)
		p.Same("RESTORE", key, 5, payload, "ABSTTL")
		p.Same("TYPE", key)
		p.Same("RESTORE", key, 0, payload, "IDLETIME", 1000)
		p.Near(2, "OBJECT", "IDLETIME", key)
		broken := payload[:5] + "\xff" + payload[6:]
		p.Same("RESTORE", key, 0, broken, "REPLACE")
		ours := p.Own("DUMP", key)
		p.Set("was", "there")
		p.Same("RESTORE", "was", 0, payload, "REPLACE")
		p.Oracle().Must(t, "RESTORE", "ours", 0, bulk(ours))
		digests := p.Oracle().Must(t, "DEBUG", "DIGEST-VALUE", "was", "ours").([]any)
		if digests[0] != digests[1] {
			t.Errorf("%s: our payload is another value", key)
		}
		p.Oracle().Must(t, "DEL", "ours")
		p.Set("was", "there")
		p.Same("COPY", key, "copy", "REPLACE")
		p.Same("RENAME", "copy", "renamed")
		p.Same("OBJECT", "ENCODING", "renamed")
	}
	p.SameState()
}

// bulk is what a bulk reply holds.
func bulk(reply string) string {
	var n, at int
	fmt.Sscanf(reply, "$%d", &n)
	for reply[at] != '\n' {
		at++
	}
	return reply[at+1 : at+1+n]
}
