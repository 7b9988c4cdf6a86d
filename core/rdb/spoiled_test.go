package rdb

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/redoubt-kv/redoubt/core/keyspace"
	"github.com/redoubt-kv/redoubt/internal/redistest"
)

// Payloads with bytes changed: what this package takes, redis-server takes
// too, and for the same value. It may be stricter, and is where Redis does not
// look at what it stores: scores that are no numbers, order.
func TestSpoiledPayloadsLikeRedis(t *testing.T) {
	const seed, rounds = 1, 4000
	s := redistest.Start(t, "--enable-debug-command", "yes", "--sanitize-dump-payload", "yes", "--rdbcompression", "no",
		"--stream-node-max-entries", "20", "--list-max-listpack-size", "50")
	defer s.Stop()
	var sound [][]byte
	for _, key := range fill(t, s, 6) {
		if payload := []byte(s.Must(t, "DUMP", key).(string)); len(payload) < 3<<10 {
			sound = append(sound, payload[:len(payload)-dumpFooter])
		}
	}
	s.Must(t, "FLUSHALL")
	store := newStore(t)
	tx := store.NewTx()
	var d Dumper
	r := rand.New(rand.NewPCG(seed, 0))
	taken, stricter := 0, 0
	for i := range rounds {
		body := bytes.Clone(sound[i%len(sound)])
		for range 1 + r.IntN(3) {
			at := 1 + r.IntN(len(body)-1)
			if i%2 == 0 {
				at = 1 + r.IntN(min(30, len(body)-1)) // lengths and headers
			}
			body[at] = byte(r.Uint32())
		}
		payload := signAs(body, Version)
		theirs, _ := s.Do("RESTORE", "k", 0, payload)
		tx.LockAll(0)
		v, err := Restore(tx.DB(0), []byte("k"), payload, DecoderOptions{})
		switch {
		case err == nil && theirs != "OK":
			t.Errorf("round %d: %q is taken, Redis says %v", i, body, theirs)
			v.Drop()
		case err == nil:
			taken++
			v.Commit(keyspace.NoTTL)
			e, _ := tx.DB(0).Find([]byte("k"), keyspace.Peek)
			s.Must(t, "RESTORE", "ours", 0, d.Append(nil, e, false))
			a, b := fmt.Sprint(s.Must(t, "DEBUG", "DIGEST-VALUE", "k")), fmt.Sprint(s.Must(t, "DEBUG", "DIGEST-VALUE", "ours"))
			if a != b {
				t.Errorf("round %d: another value of %q", i, body)
			}
			tx.DB(0).Delete([]byte("k"))
		case theirs == "OK":
			stricter++
			if stricter < 20 {
				t.Logf("round %d, type %d: %v", i, body[0], err)
			}
		}
		tx.Unlock()
		s.Must(t, "DEL", "k", "ours")
	}
	t.Logf("%d of %d are taken by both, %d by Redis alone", taken, rounds, stricter)
	checkEmpty(t, store)
}
