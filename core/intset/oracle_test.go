package intset

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// The DUMP of a set of integers is a type, a string and ten bytes of version
// and checksum.
func TestSameBytesAsRedis(t *testing.T) {
	redis := redistest.Start(t, "--rdbcompression", "no")
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 7))
		redis.Must(t, "DEL", "s")
		s := New(nil)
		for i := range 200 {
			v := int64(rng.Uint64()) >> (63 - rng.IntN(i/4+8))
			if Len(s) > 1 && rng.IntN(3) == 0 {
				v = Get(s, rng.IntN(Len(s)))
				s, _ = Remove(s, v)
				redis.Must(t, "SREM", "s", v)
			} else {
				s, _ = Add(s, v)
				redis.Must(t, "SADD", "s", v)
			}
			dump := redis.Must(t, "DUMP", "s").(string)
			head := 2
			if dump[1]>>6 == 1 {
				head = 3
			}
			if theirs := []byte(dump[head : len(dump)-10]); dump[0] != 11 || !bytes.Equal(theirs, s) {
				t.Fatalf("after %d: Redis has type %d\n%x, ours\n%x", v, dump[0], theirs, s)
			}
		}
	}
}
